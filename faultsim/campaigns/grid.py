"""The fixed grid that thresholds are bracketed on, so that an answer does not depend on the path that led to it."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Grid:
    """Severities low * ratio^k up to high, and high itself as the last.

    Attributes:
        low: First severity.
        high: Last severity.
        ratio: Quotient of neighbours.
    """

    low: float
    high: float
    ratio: float

    def __len__(self) -> int:
        """Return how many severities there are."""
        return math.ceil(math.log(self.high / self.low) / math.log(self.ratio) - 1e-9) + 1

    def __getitem__(self, index: int) -> float:
        """Return one severity."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        return self.high if index == len(self) - 1 else self.low * self.ratio**index

    def nearest(self, value: float) -> int:
        """Return the index nearest to a value on the logarithmic scale."""
        value = min(max(value, self.low), self.high)
        below = min(int(math.log(value / self.low) / math.log(self.ratio)), len(self) - 1)
        # Not simply rounded: the step to the last severity is shorter than the others.
        around = range(below, min(below + 2, len(self)))
        return min(around, key=lambda index: abs(math.log(self[index] / value)))
