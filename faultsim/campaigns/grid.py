"""The fixed grid that thresholds are bracketed on, so that an answer does not depend on the path that led to it."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Grid:
    """Severities low * ratio^k up to high, and high itself, from harmless to severe.

    Attributes:
        low: Smallest severity.
        high: Largest severity.
        ratio: Quotient of neighbours.
        falling: The smaller the more severe, as a bridge's resistance is.
    """

    low: float
    high: float
    ratio: float
    falling: bool = False

    def __len__(self) -> int:
        """Return how many severities there are."""
        return math.ceil(math.log(self.high / self.low) / math.log(self.ratio) - 1e-9) + 1

    def __getitem__(self, index: int) -> float:
        """Return one severity, harmless ones first."""
        last = len(self) - 1
        if not 0 <= index <= last:
            raise IndexError(index)
        step = last - index if self.falling else index
        return self.high if step == last else self.low * self.ratio**step

    @property
    def severest(self) -> float:
        """Return the most severe one."""
        return self[len(self) - 1]

    def place(self, value: float) -> float:
        """Return where a value lies between two indices, on the logarithmic scale; beyond an end that end."""
        last, value = len(self) - 1, min(max(value, self.low), self.high)
        if not last:
            return 0.0
        below = min(int(math.log(value / self.low) / math.log(self.ratio)), last - 1)
        ends = self.low * self.ratio**below, self.high if below + 1 == last else self.low * self.ratio ** (below + 1)
        step = below + min(max(math.log(value / ends[0]) / math.log(ends[1] / ends[0]), 0.0), 1.0)
        return last - step if self.falling else step

    def nearest(self, value: float) -> int:
        """Return the index nearest to a value on the logarithmic scale."""
        return round(self.place(value))
