"""Which transients a process is simulating right now, for others that share its store."""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import suppress
from pathlib import Path

_NO_LOCKS_HERE = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)
_TAKEN = (errno.EACCES, errno.EAGAIN)
_DIGITS = 15
"""Of a key, as hexadecimal: what fits into a place in a file."""


class Claims:
    """Locks on an empty file beside the store, one byte for each transient.

    The kernel takes them away when the process ends, however it ends. They hold between processes, not between threads.
    Where there are no locks, or no file can be made, every claim is granted.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, made where missing."""
        self._file = -1
        with suppress(OSError):
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)

    def take(self, key: str) -> bool:
        """Claim a transient; False where another process has it."""
        if self._file < 0:
            return True
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _place(key))
        except OSError as error:
            if error.errno in _TAKEN:
                return False
            if error.errno not in _NO_LOCKS_HERE:
                raise
        return True

    def release(self, key: str) -> None:
        """Let others have a transient."""
        if self._file >= 0:
            with suppress(OSError):
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, _place(key))

    def close(self) -> None:
        """Let go of all."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _place(key: str) -> int:
    return int(key[:_DIGITS], 16)
