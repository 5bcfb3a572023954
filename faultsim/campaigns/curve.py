"""What a swept quantity does over the severity of a defect, between the points of the sweep as well."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

_NEAR_AN_END = 1e-5
"""Share of a sweep's whole way below which a value is noise."""


@dataclass(frozen=True)
class Curve:
    """A swept quantity.

    Between two points the logit of the value's share of its whole way is a straight line over the severity's logarithm:
    exactly so where the defect is a resistance in series with another one and a voltage.

    Attributes:
        points: (severity, value), by rising severity.
    """

    points: tuple[tuple[float, float], ...]

    def severity_at(self, value: float) -> float | None:
        """Return the smallest severity at which the quantity has a value; None where it never does."""
        for (r0, v0), (r1, v1) in pairwise(self.points):
            if min(v0, v1) <= value <= max(v0, v1) and v0 != v1:
                t0, t1, t = (self._logit(point) for point in (v0, v1, value))
                share = (t - t0) / (t1 - t0) if t1 != t0 else (value - v0) / (v1 - v0)
                return math.exp(math.log(r0) + share * math.log(r1 / r0))
        return None

    def value_at(self, severity: float) -> float:
        """Return the quantity at a severity; beyond the sweep that of its end."""
        first, last = self.points[0], self.points[-1]
        if severity <= first[0] or len(self.points) == 1:
            return first[1]
        for (r0, v0), (r1, v1) in pairwise(self.points):
            if severity <= r1:
                share = math.log(severity / r0) / math.log(r1 / r0)
                t0, t1 = self._logit(v0), self._logit(v1)
                if t0 == t1:
                    return v0 + share * (v1 - v0)
                t = t0 + share * (t1 - t0)
                return first[1] + (last[1] - first[1]) / (1 + math.exp(-t))
        return last[1]

    def _logit(self, value: float) -> float:
        first, last = self.points[0][1], self.points[-1][1]
        share = (value - first) / (last - first) if last != first else 0.0
        inside = min(max(share, _NEAR_AN_END), 1 - _NEAR_AN_END)
        return math.log(inside / (1 - inside))
