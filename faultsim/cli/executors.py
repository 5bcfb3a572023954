"""What runs the transients of a command: processes on this machine, or a cluster's."""

from __future__ import annotations

import logging
import os
import re

from faultsim.cli.output import say
from faultsim.errors import UsageError
from faultsim.spice.pool import WorkerPool
from faultsim.spice.service import Executor

_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?(?:\[[^\]\s]+\]|[^\s:/\[\]]+):\d{1,5}/?", re.IGNORECASE)


def check_address(dask: str) -> None:
    """Check that there may be a scheduler at an address, before anything is prepared.

    Raises:
        UsageError: It is none.
    """
    if not _ADDRESS.fullmatch(dask):
        wanted = "tcp://host:port, as 'dask scheduler' prints it"
        raise UsageError(f"--dask {dask!r} is no address of a Dask scheduler; it is {wanted}")


def check_executor(dask: str | None, jobs: int | None) -> None:
    """Check what is to run transients, before anything is prepared.

    Args:
        dask: Address of a Dask scheduler.
        jobs: Processes on this machine.

    Raises:
        UsageError: Both are given, or the address is none.
    """
    if jobs is not None and dask is not None:
        raise UsageError("--jobs is about this machine, and --dask about others; give one of them")
    if dask is not None:
        check_address(dask)


def open_executor(dask: str | None, jobs: int | None, timeout_s: float) -> tuple[Executor, int]:
    """Return an executor, and how many transients it runs at a time.

    Args:
        dask: Address of a Dask scheduler; this machine if none.
        jobs: Processes on this machine; one per core if none.
        timeout_s: Time after which a transient counts as hung.

    Raises:
        UsageError: A cluster is asked for, and Dask is not installed.
        SimulatorError: There is no simulator, or no cluster at this address.
    """
    if dask is None:
        jobs = jobs or os.cpu_count() or 1
        return WorkerPool(jobs, timeout_s), jobs
    try:
        from faultsim.spice.cluster import DaskExecutor
    except ModuleNotFoundError as error:
        raise UsageError(f"--dask needs {error.name}: pip install 'faultsim-mtj[cluster]'") from error
    # Of a lost scheduler we say it ourselves, in a line and without Dask's tracebacks.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    say(f"simulating on the Dask workers of {dask}")
    executor = DaskExecutor(dask, timeout_s)
    return executor, executor.threads
