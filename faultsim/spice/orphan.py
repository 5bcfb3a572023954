"""Keeps a worker process from outliving the process that started it, and from ending before that one says so."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path

from faultsim.spice.worker import serve

_GRACE_S = 0.3
# Of a worker's own folder, which is empty.
_FOLDER_PREFIX = "faultsim-"


def serve_parent(connection: Connection) -> None:
    """Answer jobs until the connection closes, or until the parent is gone."""
    # What is sent to the whole process group, on a terminal or by a batch system, is for the parent to act on.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    serve(connection)


def _end_with_parent() -> None:
    """Wait for the parent's end; then end this process, even in the middle of a transient."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    wait([parent.sentinel])
    # Between two transients the closed connection ends the worker, and its temporary folder goes with it; here nobody
    # else removes that.
    threading.Event().wait(_GRACE_S)
    folder = Path.cwd()
    if folder.name.startswith(_FOLDER_PREFIX):
        with suppress(OSError):
            folder.rmdir()
    os._exit(1)
