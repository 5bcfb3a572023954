"""Long work that several tests look at, done once, by the first process of the test session that wants it."""

from __future__ import annotations

import fcntl
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

Work = Callable[[Path], Any]


class SharedWork:
    """Does a piece of work where it is first asked for; all processes of the session have its result."""

    def __init__(self, root: Path) -> None:
        """Take the folder that the processes of the session share."""
        self._root = root
        self._root.mkdir(exist_ok=True)

    def result(self, name: str, work: Work) -> Any:
        """Return what a piece of work returned, which can be pickled; it is given a folder of its own.

        While another process is at it, its end is waited for. What failed is tried again by the next who asks.
        """
        folder, kept = self._root / name, self._root / f"{name}.pickle"
        with (self._root / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not kept.exists():
                folder.mkdir(exist_ok=True)
                kept.write_bytes(pickle.dumps(work(folder)))
            return pickle.loads(kept.read_bytes())
