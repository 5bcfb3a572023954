"""Counts pictures while networks learn: how far they are, and how many a second that is."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Pictures of all networks together.

    Attributes:
        total: How many are to be shown.
    """

    total: int
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _done: int = 0
    _shown: int = 0
    _began_s: float = field(default_factory=time.perf_counter)

    def found(self, count: int) -> None:
        """Say how many a network had been shown before."""
        with self._lock:
            self._done += count

    def shown(self) -> None:
        """Say that one more was shown."""
        with self._lock:
            self._done += 1
            self._shown += 1

    @property
    def per_s(self) -> float:
        """Pictures shown a second, measurements in between included; 0 where none was."""
        return self._shown / (time.perf_counter() - self._began_s)

    def __str__(self) -> str:
        """Return how far it is."""
        speed = f", {self.per_s:,.0f} a second" if self._shown else ""
        return f"{self._done:,} of {self.total:,} pictures{speed}"
