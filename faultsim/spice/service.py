"""The one place that is asked what a circuit does: job in, outcome out, simulated at most once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from types import TracebackType
from typing import Protocol

from faultsim.spice.job import Job, Outcome, Status, Trace
from faultsim.spice.store import Store


class Executor(Protocol):
    """What runs jobs: `faultsim.spice.pool.WorkerPool`, or anything shaped like it."""

    simulator: str

    def submit(self, job: Job, with_waveforms: bool = False) -> Future[Trace]:
        """Queue a job."""

    def close(self) -> None:
        """Stop."""


_TRANSIENT_FAILURES = (Status.TIMEOUT, Status.CRASHED)


class SimulationService:
    """Memoises outcomes in a store; jobs that are already under way are waited for, not run twice."""

    def __init__(self, executor: Executor, store: Store, since: int = 0) -> None:
        """Take over an executor and a store; both are closed with the service.

        Args:
            executor: Runs what is not stored.
            store: Keeps what is finished.
            since: Generation of the store from which on what is stored counts.
        """
        self._executor = executor
        self._store = store
        self._since = since
        self._lock = threading.Lock()
        self._asked: dict[str, Future[Outcome]] = {}
        self._closed = False
        self._notes = threading.local()
        self.simulated = 0
        self.reused = 0

    @property
    def simulator(self) -> str:
        """Name and version of the simulator behind the service."""
        return self._executor.simulator

    def key(self, job: Job) -> str:
        """Return the hash under which a job's outcome is stored."""
        return job.key(self.simulator)

    @contextmanager
    def noting(self) -> Iterator[set[str]]:
        """Collect the keys of all that is asked for in this thread meanwhile: what a result rests on."""
        outer, own = getattr(self._notes, "keys", None), set[str]()
        self._notes.keys = own
        try:
            yield own
        finally:
            self._notes.keys = outer
            if outer is not None:
                outer |= own

    def outcome(self, job: Job) -> Outcome:
        """Return what a job shows, from the store or by running it; blocks until it is there."""
        return self.submit(job).result()

    def trace(self, job: Job) -> Trace:
        """Return what a job shows, with its waveforms; the store keeps those, too, of what was asked for here."""
        key = self.key(job)
        stored = self._store.trace(key, self._since)
        if stored is not None and stored.outcome.status not in _TRANSIENT_FAILURES:
            with self._lock:
                self.reused += 1
            return stored
        with self._lock:
            self.simulated += 1
        trace = self._executor.submit(job, with_waveforms=True).result()
        self._put(key, trace)
        return trace

    def submit(self, job: Job, kept: bool = False) -> Future[Outcome]:
        """Ask for an outcome without waiting.

        Args:
            job: What to run.
            kept: Where it has to be run, keep its waveforms, which `trace` will be asked for.

        Raises:
            CancelledError: The service is closed.
        """
        key = self.key(job)
        if (keys := getattr(self._notes, "keys", None)) is not None:
            keys.add(key)
        with self._lock:
            if self._closed:
                raise CancelledError
            if key in self._asked:
                return self._asked[key]
            answer: Future[Outcome] = Future()
            self._asked[key] = answer
            stored = self._store.get(key, self._since)
            # A hang or a crash may have been the machine's fault; a new session tries it once more.
            if stored is not None and stored.status not in _TRANSIENT_FAILURES:
                self.reused += 1
                answer.set_result(stored)
                return answer
            self.simulated += 1
        self._executor.submit(job, with_waveforms=kept).add_done_callback(lambda done: self._finish(key, done, answer))
        return answer

    def close(self) -> None:
        """Stop the executor and close the store."""
        with self._lock:
            self._closed = True
        self._executor.close()
        self._store.close()

    def __enter__(self) -> SimulationService:
        """Return the service itself."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        """Close the service."""
        self.close()

    def _finish(self, key: str, done: Future[Trace], answer: Future[Outcome]) -> None:
        if done.cancelled():
            answer.cancel()
            return
        try:
            trace = done.result()
            self._put(key, trace)
        except BaseException as error:
            answer.set_exception(error)
        else:
            answer.set_result(trace.outcome)

    def _put(self, key: str, trace: Trace) -> None:
        self._store.put(key, trace, self._since)
