"""The process that owns an ngspice: takes jobs from a pipe, answers traces, ends when the pipe closes."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection

from faultsim.errors import SimulatorError
from faultsim.spice.engine import EngineExit, open_engine
from faultsim.spice.job import Job, Outcome, Status, Trace


@dataclass(frozen=True)
class Headway:
    """What a worker says while a transient runs: the share of it that is over."""

    share: float


@dataclass(frozen=True)
class Ready:
    """First message of a worker: the simulator that it runs, or why it has none."""

    simulator: str
    error: str = ""


def serve(connection: Connection) -> None:
    """Answer jobs until the connection closes."""
    # Ctrl-C reaches the whole process group; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with tempfile.TemporaryDirectory(prefix="faultsim-") as folder:
        # ngspice reads .spiceinit from the working folder and from HOME; neither may change a result.
        os.chdir(folder)
        os.environ["HOME"] = folder
        try:
            engine = open_engine()
        except SimulatorError as error:
            _send(connection, Ready("", str(error)))
            return
        if not _send(connection, Ready(engine.version)):
            return
        while (request := _next(connection)) is not None:
            job, with_waveforms = request
            started_s = time.perf_counter()
            try:
                trace = engine.run(job, watcher=partial(_tell, connection))
            except EngineExit as error:
                _send(connection, Trace(Outcome(Status.CRASHED, log_tail=str(error)), {}))
                return
            waveforms = trace.waveforms if with_waveforms else {}
            if not _send(connection, Trace(trace.outcome, waveforms, time.perf_counter() - started_s)):
                return


def _tell(connection: Connection, share: float) -> None:
    _send(connection, Headway(share))


def _send(connection: Connection, message: Ready | Headway | Trace) -> bool:
    """Send a message; False where nobody waits for it any more, after a timeout or when the parent is gone."""
    try:
        connection.send(message)
    except (BrokenPipeError, ConnectionResetError):
        return False
    return True


def _next(connection: Connection) -> tuple[Job, bool] | None:
    try:
        return connection.recv()
    except (EOFError, OSError):
        return None
