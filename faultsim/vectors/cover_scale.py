"""In what costs and weights are counted for a solver that is exact to a millionth."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from faultsim.vectors.cover import Floats

# What counts as equal is 1e-9 of a value, what HiGHS takes for whole is 1e-6 off.
_RANGE, _MARGIN, _LOOSE = 1e4, 5e-6, 2e-2
_MOST_PARTS, _MOST_UNITS, _WHOLE, _NEARLY = 1000, 1e6, 1e-9, 1e-4


@dataclass(frozen=True)
class Scale:
    """In what values are counted.

    Attributes:
        unit: What 1 is.
        whole: All values are whole numbers of it.
    """

    unit: float
    whole: bool

    @classmethod
    def of(cls, values: Floats, upper: float) -> Scale:
        """Return the largest unit of which all values are multiples, or one in which an upper end is large."""
        least, most = (float(values.min()), float(values.max())) if values.size else (1.0, 1.0)
        for parts in range(1, min(_MOST_PARTS, int(_MOST_UNITS * least / most)) + 1):
            counts = values * (parts / least)
            if (abs(counts - np.rint(counts)) < _WHOLE).all():
                return cls(least / parts, True)
        return cls(upper / _RANGE, False)

    def counted(self, values: Floats) -> Floats:
        """Return values in the unit."""
        return np.rint(values / self.unit) if self.whole else values / self.unit

    def below(self, value: float) -> float:
        """Return, in the unit, what is less than a value and no less than all that counts as less."""
        end = value / self.unit
        return math.ceil(end - _NEARLY) - 0.5 if self.whole else end - _MARGIN

    def up_to(self, value: float) -> float:
        """Return, in the unit, what is no less than a value and all that counts as equal to it."""
        end = value / self.unit
        return math.floor(end + _NEARLY) + 0.5 if self.whole else end + _MARGIN

    def least(self, value: float) -> float:
        """Return the lower end of a row, in the unit, so far below a value that near misses are no help."""
        return self.below(value) if self.whole else value / self.unit - _LOOSE

    def most(self, value: float, strict: bool) -> float:
        """Return the upper end of a row in the same way; strict: for what is less than the value."""
        if self.whole:
            return self.below(value) if strict else self.up_to(value)
        return value / self.unit + _LOOSE

    def rounded(self, bound: float) -> float:
        """Return a lower bound in the unit, as far up as whole values allow."""
        return float(math.ceil(bound - _NEARLY)) if self.whole and math.isfinite(bound) else bound
