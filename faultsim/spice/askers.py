"""Threads that wait for answers of a service, and do not outlast it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager

from faultsim.errors import Interrupted
from faultsim.spice.service import SimulationService


@contextmanager
def askers(service: SimulationService, threads: int) -> Iterator[ThreadPoolExecutor]:
    """Open a pool of threads that ask a service; what goes wrong in the context closes the service, too.

    Args:
        service: Answers transients.
        threads: How many wait at a time.

    Raises:
        Interrupted: Ctrl-C; what was finished is stored.
    """
    pool = ThreadPoolExecutor(threads)
    try:
        yield pool
    except BaseException as error:
        # The service drops what is queued, so that whoever waits for it ends.
        pool.shutdown(wait=False, cancel_futures=True)
        service.close()
        if isinstance(error, KeyboardInterrupt | CancelledError):
            raise Interrupted("stopped; what was finished is stored") from error
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
