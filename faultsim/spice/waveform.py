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
