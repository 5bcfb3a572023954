"""Transients on the workers of a dask.distributed cluster, behind ``submit(job) -> Future``."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future
from functools import partial
from typing import Any

from distributed import Client, KilledWorker, Security
from distributed.core import rpc

from faultsim.errors import FaultsimError, SimulatorError
from faultsim.spice.cluster_worker import Build, Simulators, greet, simulate
from faultsim.spice.job import Job, Outcome, Status, Trace

_CONNECT_TIMEOUT_S = 10.0
_LEAST_THREADS = 32


class DaskExecutor:
    """An executor shaped like `faultsim.spice.pool.WorkerPool`, whose workers are those of a Dask cluster."""

    def __init__(self, address: str, timeout_s: float) -> None:
        """Connect to the scheduler and wait for its first worker.

        Args:
            address: Of the scheduler, as Dask writes it: ``tcp://host:port``.
            timeout_s: Time after which a transient counts as hung.

        Raises:
            SimulatorError: Nothing answers there, a worker has no ngspice or no faultsim, or two workers differ.
        """
        self._address = address
        self._lock = threading.RLock()
        self._under_way: dict[Future[Trace], Any] = {}
        self._closed = False
        self._client = _connected(address)
        plugin = Simulators(timeout_s)
        try:
            self._client.register_plugin(plugin)
            build = self._agreed(plugin.name)
        except Exception as error:
            self._client.close()
            raise self._explained(error) from error
        self.simulator = build.simulator
        self._task = partial(simulate, plugin.name, build)

    shares: Sequence[float] = ()
    """Dask's workers do not say how far a transient is."""

    @property
    def threads(self) -> int:
        """How many transients it runs at a time; an adaptive cluster grows with what is asked of it."""
        return max(sum(self._client.nthreads().values()), _LEAST_THREADS)

    def submit(self, job: Job, with_waveforms: bool = False) -> Future[Trace]:
        """Queue a job; after `close` its future is cancelled, because nobody would ever run it."""
        future: Future[Trace] = Future()
        key = f"faultsim-{job.key(self.simulator)}{'-waveforms' if with_waveforms else ''}"
        with self._lock:
            if self._closed:
                future.cancel()
                return future
            # Dask runs again elsewhere what a lost worker had, which a pure function of the job allows.
            asked = self._client.submit(self._task, job, with_waveforms, key=key)
            self._under_way[future] = asked
        self._client.loop.add_callback(self._deliver, future, asked)
        return future

    def close(self) -> None:
        """Drop what is queued or under way, and leave the cluster."""
        with self._lock:
            self._closed = True
            for future in self._under_way:
                future.cancel()
            self._under_way.clear()
        self._client.close()

    async def _deliver(self, future: Future[Trace], asked: Any) -> None:
        """Hand on an answer, in the client's event loop."""
        answer: Trace | BaseException
        try:
            answer = await asked
        except KilledWorker as error:
            reason = f"faultsim: one Dask worker after the other died that had it ({error})"
            answer = Trace(Outcome(Status.CRASHED, log_tail=reason), {})
        except BaseException as error:
            answer = self._explained(error)
        # Under the lock: who has closed this closes the store next, and nothing may be half-way there.
        with self._lock:
            self._under_way.pop(future, None)
            if not future.set_running_or_notify_cancel():
                return
            if isinstance(answer, Trace):
                future.set_result(answer)
            else:
                future.set_exception(answer)

    def _agreed(self, plugin: str) -> Build:
        """Return what all workers run that are there now; the others are checked with their first transient."""
        ask = partial(self._client.submit, greet, plugin, pure=False)
        # An adaptive cluster has none yet, and starts one when it is asked for something.
        asked = [ask(workers=[one], allow_other_workers=True) for one in self._client.nthreads()] or [ask()]
        (first, build), *others = self._client.gather(asked)
        for address, other in others:
            build.check(f"Dask worker {first}", other, f"Dask worker {address}")
        Build(build.simulator).check("this process", build, f"Dask worker {first}")
        return build

    def _explained(self, error: BaseException) -> BaseException:
        """Return what to raise in place of what Dask raised."""
        if isinstance(error, FaultsimError):
            return error
        if isinstance(error, CancelledError | asyncio.CancelledError):
            return SimulatorError(f"{self._address}: the scheduler is gone; run it again to resume")
        if isinstance(error, ModuleNotFoundError):
            remedy = "the scheduler and all workers need the same packages as this process"
            return SimulatorError(f"{self._address}: {error} there; {remedy}")
        return SimulatorError(f"{self._address}: {type(error).__name__}: {error}")


def _connected(address: str) -> Client:
    try:
        # A client that cannot connect complains on its own when it is thrown away; so the question comes first.
        kind = asyncio.run(asyncio.wait_for(_kind(address), _CONNECT_TIMEOUT_S))
        if kind != "Scheduler":
            raise SimulatorError(f"{address} is a Dask {kind.lower()}; give the address of its scheduler")
        return Client(address, timeout=_CONNECT_TIMEOUT_S, set_as_default=False, name="faultsim")
    except FaultsimError:
        raise
    except Exception as error:
        # Whatever else answers there is taken for Dask's protocol, and fails in ways of its own.
        reason = str(error) or f"no answer within {_CONNECT_TIMEOUT_S:g} s"
        remedy = "start one with 'dask scheduler', which prints its address, tcp://host:port"
        raise SimulatorError(f"no Dask scheduler at {address}: {reason}; {remedy}") from error


async def _kind(address: str) -> str:
    """Return what is at an address, in Dask's word."""
    async with rpc(address, connection_args=Security().get_connection_args("client")) as there:
        return (await there.identity())["type"]
