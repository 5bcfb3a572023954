"""Who writes a run folder: one process at a time."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shlex
import socket
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from faultsim.errors import StorageError, UsageError

_NAME = "campaign.lock"
# Whoever only looks whether a folder is taken holds its lock for a moment.
_PATIENCE_S, _RETRY_EVERY_S = 0.5, 0.02
_NO_LOCKS_HERE = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


@dataclass(frozen=True)
class Holder:
    """The process that holds a lock.

    Attributes:
        verb: The command that it runs.
        pid: Its number, 0 where it has not said yet.
        host: The machine that it is on.
        since: When it took the lock, in local time.
    """

    verb: str = "run"
    pid: int = 0
    host: str = "?"
    since: str = "just now"

    def __str__(self) -> str:
        """Return who it is, for people."""
        return f"faultsim {self.verb}, process {self.pid} on {self.host}, since {self.since}"


class FolderLock:
    """A context in which no other process writes a run folder.

    The kernel takes the lock away when the process ends, however it ends. On a file system without locks the folder
    is not protected.
    """

    def __init__(self, folder: Path, verb: str) -> None:
        """Say which folder, and which command wants it."""
        self._folder, self._verb = folder, verb
        self._file = -1

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            UsageError: Another process has it.
            StorageError: The folder cannot be made or written.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            deadline = time.monotonic() + _PATIENCE_S
            while not self._taken():
                if time.monotonic() > deadline:
                    raise UsageError(_refusal(self._folder, _read(self._folder / _NAME)))
                time.sleep(_RETRY_EVERY_S)
        except OSError as error:
            raise StorageError.of(self._folder, error) from error
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        """Let go of it."""
        with suppress(OSError):
            (self._folder / _NAME).unlink()
        os.close(self._file)

    def _taken(self) -> bool:
        path = self._folder / _NAME
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if not _locked(file, path):
                os.close(file)
                return False
            holder = Holder(self._verb, os.getpid(), socket.gethostname(), time.strftime("%Y-%m-%d %H:%M:%S"))
            os.ftruncate(file, 0)
            os.write(file, json.dumps(asdict(holder)).encode())
        except OSError:
            os.close(file)
            raise
        self._file = file
        return True


def holder_of(folder: Path) -> Holder | None:
    """Return who writes a folder right now."""
    path = folder / _NAME
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(path)
    except OSError:
        return None
    finally:
        os.close(file)
    return None


def _locked(file: int, path: Path) -> bool:
    """Lock an open file; False where another process has it, or has just removed what was opened."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        return error.errno in _NO_LOCKS_HERE
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


def _read(path: Path) -> Holder:
    try:
        return Holder(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return Holder()


def _refusal(folder: Path, holder: Holder) -> str:
    status = shlex.join(["faultsim", "status", str(folder)])
    return (
        f"{folder} is being written by another process ({holder}); {status} shows how far it is; "
        "wait for its end, or choose another folder with --out"
    )
