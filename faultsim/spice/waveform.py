"""A probed quantity over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Waveform:
    """Samples of one probe, taken at the simulator's own time points and read as straight lines between them.

    Attributes:
        time_s: Increasing times, shape (n,).
        values: The probe's values in SI units, shape (n,).
    """

    time_s: FloatArray
    values: FloatArray

    def at(self, times_s: FloatArray) -> FloatArray:
        """Return the values at given times."""
        return np.asarray(np.interp(times_s, self.time_s, self.values))

    def inside(self, start_s: float, stop_s: float) -> Waveform:
        """Return the part from start to stop, with interpolated samples at both ends."""
        picked = (self.time_s > start_s) & (self.time_s < stop_s)
        times = np.concatenate(([start_s], self.time_s[picked], [stop_s]))
        return Waveform(times, self.at(times))

    def thinned(self, tolerance: float) -> Waveform:
        """Return the fewest of its samples that straight lines connect to within a tolerance (Douglas and Peucker).

        Args:
            tolerance: Largest error, as a share of the waveform's range, or of a hundredth of its largest value where
                it hardly moves.
        """
        allowed = tolerance * max(float(np.ptp(self.values)), 0.01 * float(np.abs(self.values).max()))
        kept = np.zeros(self.time_s.size, dtype=bool)
        kept[[0, -1]] = True
        spans = [(0, self.time_s.size - 1)]
        while spans:
            first, last = spans.pop()
            if last - first < 2:
                continue
            inside = slice(first + 1, last)
            ends = [first, last]
            line = np.interp(self.time_s[inside], self.time_s[ends], self.values[ends])
            errors = np.abs(self.values[inside] - line)
            worst = int(np.argmax(errors))
            if errors[worst] > allowed:
                kept[first + 1 + worst] = True
                spans += [(first, first + 1 + worst), (first + 1 + worst, last)]
        return Waveform(self.time_s[kept], self.values[kept])

    def crossing_s(self, level: float, start_s: float, stop_s: float, rising: bool) -> float:
        """Return the first time inside (start, stop) at which the level is crossed, or nan."""
        part = self.inside(start_s, stop_s)
        above = part.values > level if rising else part.values < level
        steps = np.flatnonzero(~above[:-1] & above[1:])
        if steps.size == 0:
            return float("nan")
        left = steps[0]
        t0, t1 = part.time_s[left : left + 2]
        v0, v1 = part.values[left : left + 2]
        return float(t0 + (level - v0) / (v1 - v0) * (t1 - t0))
