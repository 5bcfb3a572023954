"""What a Dask worker has of faultsim: ngspice processes of its own, and the task that hands them a transient."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from distributed import WorkerPlugin, get_worker

from faultsim import __version__
from faultsim.errors import SimulatorError
from faultsim.spice.job import ENGINE_VERSION, Job, Trace
from faultsim.spice.pool import WorkerPool

_IDLE_S = 60.0


@dataclass(frozen=True)
class Build:
    """What answers transients: all of a cluster have to be the same, or their answers could differ.

    Attributes:
        simulator: Name and version of the simulator.
        faultsim: Version of this package.
        engine: Version of what a transient's answer depends on.
    """

    simulator: str
    faultsim: str = __version__
    engine: int = ENGINE_VERSION

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.simulator} by faultsim {self.faultsim} (engine {self.engine})"

    def check(self, whose: str, other: Build, whose_other: str) -> None:
        """Check that another one is the same.

        Raises:
            SimulatorError: It is not; both are named.
        """
        if self != other:
            remedy = "install the same versions on all of them"
            raise SimulatorError(f"{whose} runs {self}, and {whose_other} {other}; {remedy}")


class Simulators(WorkerPlugin):
    """The ngspice processes of one Dask worker, one for each of its threads.

    ngspice never runs in the Dask worker itself, where a crash would take along all that the worker holds. The
    processes start with the first transient and end when none has come for a while: a killed run leaves nothing behind.
    """

    # A second run on the cluster shares those of the first, in place of ending what that one has under way.
    idempotent = True

    def __init__(self, timeout_s: float) -> None:
        """Describe the processes.

        Args:
            timeout_s: Time after which a transient counts as hung and its process is replaced.
        """
        self.name = f"faultsim-{__version__}-{ENGINE_VERSION}-{timeout_s:g}s"
        self._timeout_s = timeout_s

    def setup(self, worker: Any) -> None:
        """Attach it to a worker; Dask does so for those that join later, too."""
        self._address, self._processes = worker.address, worker.state.nthreads
        self._lock = threading.Lock()
        self._pool: WorkerPool | None = None
        self._users = 0
        self._idle: threading.Timer | None = None

    def teardown(self, worker: Any) -> None:
        """End the processes with the worker."""
        # Not in the worker's event loop, which this is: closing waits for the transients that are under way.
        threading.Thread(target=self._end, args=[True], daemon=True).start()

    def greet(self) -> tuple[str, Build]:
        """Return the worker's address and what it runs."""
        with self._used() as pool:
            return self._address, Build(pool.simulator)

    def run(self, expected: Build, job: Job, with_waveforms: bool) -> Trace:
        """Run a transient in one of the processes.

        Raises:
            SimulatorError: The worker has no ngspice, or runs something else than is expected.
        """
        with self._used() as pool:
            Build(pool.simulator).check(f"Dask worker {self._address}", expected, "the others")
            return pool.submit(job, with_waveforms).result()

    @contextmanager
    def _used(self) -> Iterator[WorkerPool]:
        with self._lock:
            if self._idle is not None:
                self._idle.cancel()
            self._pool = pool = self._pool or self._started()
            self._users += 1
        try:
            yield pool
        finally:
            with self._lock:
                self._users -= 1
                self._idle = threading.Timer(_IDLE_S, self._end, [False])
                self._idle.daemon = True
                self._idle.start()

    def _started(self) -> WorkerPool:
        # A nanny starts its worker as a daemonic process. multiprocessing forbids those to have children, which might
        # outlive them; ours do not: they watch for their parent's end, however it comes.
        multiprocessing.current_process().daemon = False
        try:
            return WorkerPool(self._processes, self._timeout_s)
        except SimulatorError as error:
            raise SimulatorError(f"Dask worker {self._address}: {error}") from error

    def _end(self, in_any_case: bool) -> None:
        """End the processes; if not in any case, then where nobody uses them."""
        with self._lock:
            if self._pool is None or (self._users and not in_any_case):
                return
            pool, self._pool = self._pool, None
        pool.close()


def simulate(plugin: str, expected: Build, job: Job, with_waveforms: bool) -> Trace:
    """Run a transient on this worker; a task of Dask's."""
    return _simulators(plugin).run(expected, job, with_waveforms)


def greet(plugin: str) -> tuple[str, Build]:
    """Return this worker's address and what it runs; a task of Dask's."""
    return _simulators(plugin).greet()


def _simulators(plugin: str) -> Simulators:
    found = get_worker().plugins[plugin]
    assert isinstance(found, Simulators)
    return found
