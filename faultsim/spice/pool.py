"""Worker processes behind ``submit(job) -> Future``; a crash or a hang costs one transient."""

from __future__ import annotations

import multiprocessing
import queue
import signal
import threading
import time
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import NamedTuple

from faultsim.errors import SimulatorError
from faultsim.spice.job import Job, Outcome, Status, Trace
from faultsim.spice.orphan import serve_parent
from faultsim.spice.worker import Headway, Ready

_START_TIMEOUT_S = 60.0
_END_TIMEOUT_S = 2.0


class _Request(NamedTuple):
    job: Job
    with_waveforms: bool
    future: Future[Trace]


class WorkerPool:
    """A fixed number of spawned workers, each with its own libngspice."""

    def __init__(self, workers: int, timeout_s: float) -> None:
        """Start the workers.

        Args:
            workers: How many processes.
            timeout_s: Time after which a transient counts as hung and its worker is replaced.

        Raises:
            SimulatorError: ngspice is missing or does not start.
        """
        self._timeout_s = timeout_s
        self._requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        # All start at once, and are waited for together.
        self._workers = [_Worker() for _ in range(workers)]
        try:
            self.simulator, *_ = [self._ready(place) for place in range(workers)]
        except BaseException:
            for worker in self._workers:
                worker.end()
            raise
        self._threads = [threading.Thread(target=self._feed, args=(place,), daemon=True) for place in range(workers)]
        for thread in self._threads:
            thread.start()

    def submit(self, job: Job, with_waveforms: bool = False) -> Future[Trace]:
        """Queue a job; after `close` its future is cancelled, because nobody would ever run it."""
        future: Future[Trace] = Future()
        with self._lock:
            if self._closed:
                future.cancel()
            else:
                self._requests.put(_Request(job, with_waveforms, future))
        return future

    @property
    def shares(self) -> list[float]:
        """Which share is over of each transient that is under way and lasts long enough to say so."""
        return [worker.share for worker in self._workers if worker.share]

    def close(self) -> None:
        """Drop what is queued, let running transients end, and stop the workers."""
        with self._lock:
            self._closed = True
        with suppress(queue.Empty):
            while True:
                request = self._requests.get_nowait()
                if request is not None:
                    request.future.cancel()
        for _ in self._threads:
            self._requests.put(None)
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> WorkerPool:
        """Return the pool itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the pool."""
        self.close()

    def _feed(self, place: int) -> None:
        while (request := self._requests.get()) is not None:
            if not request.future.set_running_or_notify_cancel():
                continue
            try:
                trace = self._run(place, request)
                if trace.outcome.status is Status.CRASHED:
                    # Something else than the transient may have killed the worker.
                    trace = self._run(place, request)
                request.future.set_result(trace)
            except BaseException as error:
                request.future.set_exception(error)
        self._workers[place].end()

    def _run(self, place: int, request: _Request) -> Trace:
        """Run a request on a worker, which has a successor if it does not survive that.

        Raises:
            CancelledError: The pool is closed and the worker did not survive.
        """
        trace = self._workers[place].run(request.job, request.with_waveforms, self._timeout_s)
        if trace.outcome.status in (Status.TIMEOUT, Status.CRASHED):
            if self._closed:
                raise CancelledError
            self._renew(place)
            self._ready(place)
        return trace

    def _renew(self, place: int) -> None:
        self._workers[place].end()
        self._workers[place] = _Worker()

    def _ready(self, place: int) -> str:
        """Return a worker's simulator once it is ready; one that dies while it starts is tried once more."""
        try:
            return self._workers[place].wait_until_ready()
        except EOFError:
            self._renew(place)
        try:
            return self._workers[place].wait_until_ready()
        except EOFError as error:
            raise SimulatorError("a simulation worker ended while it started; see faultsim doctor") from error


class _Worker:
    """The parent's end of one worker process."""

    def __init__(self) -> None:
        self.share = 0.0
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(target=serve_parent, args=(theirs,), daemon=True)
        # Ctrl-C reaches the whole process group, and a worker that is still importing would print a traceback. Blocked
        # signals are inherited; the tracker has to run before, because starting it unblocks them again.
        resource_tracker.ensure_running()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()

    def wait_until_ready(self) -> str:
        """Return the worker's simulator.

        Raises:
            EOFError: The worker died.
            SimulatorError: It has no simulator, or does not start.
        """
        ready = _receive(self._connection, _START_TIMEOUT_S)
        if not isinstance(ready, Ready):
            raise SimulatorError(f"a simulation worker is not ready after {_START_TIMEOUT_S:g} s; see faultsim doctor")
        if ready.error:
            raise SimulatorError(ready.error)
        return ready.simulator

    def run(self, job: Job, with_waveforms: bool, timeout_s: float) -> Trace:
        try:
            self._connection.send((job, with_waveforms))
            trace = self._answer(timeout_s)
        except (EOFError, OSError):
            self._process.join(_END_TIMEOUT_S)
            reason = f"faultsim: the simulation worker died (exit code {self._process.exitcode})"
            return Trace(Outcome(Status.CRASHED, log_tail=reason), {})
        if isinstance(trace, Trace):
            return trace
        return Trace(Outcome(Status.TIMEOUT, log_tail=f"faultsim: no end after {timeout_s:g} s"), {})

    def _answer(self, timeout_s: float) -> object:
        """Return a trace, or None after the timeout; takes note of how far it is meanwhile."""
        until_s = time.monotonic() + timeout_s
        try:
            while isinstance(message := _receive(self._connection, until_s - time.monotonic()), Headway):
                self.share = message.share
        finally:
            self.share = 0.0
        return message

    def end(self) -> None:
        self._connection.close()
        self._process.join(_END_TIMEOUT_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _receive(connection: Connection, timeout_s: float) -> object:
    """Return the next message, or None after the timeout."""
    return connection.recv() if connection.poll(max(timeout_s, 0.0)) else None
