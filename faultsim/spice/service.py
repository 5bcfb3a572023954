"""The one place that is asked what a circuit does: job in, outcome out, simulated at most once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol

from faultsim.errors import StorageError
from faultsim.spice.job import Job, Outcome, Status, Trace
from faultsim.spice.store import Store


class Executor(Protocol):
    """What runs jobs: `faultsim.spice.pool.WorkerPool`, or anything shaped like it."""

    simulator: str

    @property
    def shares(self) -> Sequence[float]:
        """Which share is over of each transient that is under way, as far as that is known."""

    def submit(self, job: Job, with_waveforms: bool = False) -> Future[Trace]:
        """Queue a job."""

    def close(self) -> None:
        """Stop."""


_TRANSIENT_FAILURES = (Status.TIMEOUT, Status.CRASHED)
_LOOK_EVERY_S = 0.02
"""How often to see whether another process has finished what both want."""


@dataclass(frozen=True, eq=False)
class _Wanted:
    """A job that somebody waits for.

    Attributes:
        key: Its hash.
        job: What to run.
        kept: Its waveforms are wanted, too.
        answer: Where the outcome goes.
    """

    key: str
    job: Job
    kept: bool
    answer: Future[Outcome] = field(default_factory=Future)


class SimulationService:
    """Memoises outcomes in a store; what is under way, here or in another process, is waited for, not run twice."""

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
        self._waiting: list[_Wanted] = []
        self._closed = False
        self._notes = threading.local()
        self.simulated = 0
        self.reused = 0
        self.redrawn = 0

    @property
    def simulator(self) -> str:
        """Name and version of the simulator behind the service."""
        return self._executor.simulator

    @property
    def shares(self) -> Sequence[float]:
        """Which share is over of each transient that is under way, as far as that is known."""
        return self._executor.shares

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

    def trace(self, job: Job, keep: bool = True) -> Trace:
        """Return what a job shows, with its waveforms.

        Args:
            job: What to run, unless the store has its waveforms.
            keep: Let the store keep the waveforms, too.

        Raises:
            CancelledError: The service is closed.
        """
        key = self.key(job)
        while not self._store.claims.take(key):
            time.sleep(_LOOK_EVERY_S)
            if self._closed:
                raise CancelledError
        try:
            stored = self._store.trace(key, self._since)
            if stored is not None and stored.outcome.status not in _TRANSIENT_FAILURES:
                with self._lock:
                    self.reused += 1
                return stored
            # What is only to be looked at again adds nothing to the store.
            known = not keep and self._store.get(key, self._since) is not None
            with self._lock:
                self.simulated += not known
                self.redrawn += known
            trace = self._executor.submit(job, with_waveforms=True).result()
            if not known:
                self._put(key, trace if keep else Trace(trace.outcome, {}, trace.seconds))
            return trace
        finally:
            self._store.claims.release(key)

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
            wanted = _Wanted(key, job, kept)
            self._asked[key] = wanted.answer
            due = self._due(wanted)
            if due is None:
                self._waiting.append(wanted)
                if len(self._waiting) == 1:
                    threading.Thread(target=self._wait, daemon=True).start()
        if due:
            self._run(wanted)
        return wanted.answer

    def close(self) -> None:
        """Stop the executor and close the store."""
        with self._lock:
            self._closed = True
            for wanted in self._waiting:
                wanted.answer.cancel()
            self._waiting.clear()
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

    def _due(self, wanted: _Wanted) -> bool | None:
        """Return whether something has to be run here: not what is stored; None where another process is at it."""
        for last in (False, True):
            stored = self._store.get(wanted.key, self._since)
            # A hang or a crash may have been the machine's fault; a new session tries it once more.
            if stored is not None and stored.status not in _TRANSIENT_FAILURES:
                if last:
                    self._store.claims.release(wanted.key)
                self.reused += 1
                wanted.answer.set_result(stored)
                return False
            # Whoever had it may have finished it just before it is ours.
            if not last and not self._store.claims.take(wanted.key):
                return None
        self.simulated += 1
        return True

    def _wait(self) -> None:
        """Look after what other processes are at: each is stored there, or to be run here, in the end."""
        while True:
            time.sleep(_LOOK_EVERY_S)
            with self._lock:
                due = {wanted.key: self._asked_again(wanted) for wanted in self._waiting}
                ours = [wanted for wanted in self._waiting if due[wanted.key]]
                self._waiting = [wanted for wanted in self._waiting if due[wanted.key] is None]
                done = not self._waiting
            for wanted in ours:
                self._run(wanted)
            if done:
                return

    def _asked_again(self, wanted: _Wanted) -> bool | None:
        """Return what `_due` does; where the store cannot be read nothing is run, and whoever waits is told."""
        try:
            return self._due(wanted)
        except StorageError as error:
            wanted.answer.set_exception(error)
            return False

    def _run(self, wanted: _Wanted) -> None:
        future = self._executor.submit(wanted.job, with_waveforms=wanted.kept)
        future.add_done_callback(lambda done: self._finish(wanted, done))

    def _finish(self, wanted: _Wanted, done: Future[Trace]) -> None:
        try:
            if done.cancelled():
                wanted.answer.cancel()
                return
            trace = done.result()
            self._put(wanted.key, trace)
        except BaseException as error:
            wanted.answer.set_exception(error)
        else:
            wanted.answer.set_result(trace.outcome)
        finally:
            self._store.claims.release(wanted.key)

    def _put(self, key: str, trace: Trace) -> None:
        self._store.put(key, trace, self._since)
