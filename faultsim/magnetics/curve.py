"""A neuron's boundary between spike and no spike, and how another's is that one stretched in both windows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from faultsim.magnetics.train import Floats

Point = tuple[float, float]
"""A point of a boundary: the smallest integrate window that spikes, and the leaky window at which that is so, s."""

_TOLERANCE, _LOOKS = 1e-9, 41
_FURTHEST = 2.5
"""Largest stretch of the leaky window that is looked for: beyond, another part of the curve looks alike."""


@dataclass(frozen=True)
class Stretch:
    """How a boundary differs from a good neuron's.

    Attributes:
        gain: How much faster the neuron integrates: its boundary is reached with 1/gain of the integrate window.
        time: How much longer its tilt lasts: a leaky window does to it what 1/time of it does to the good neuron.
    """

    gain: float
    time: float


@dataclass(frozen=True, eq=False)
class BoundaryCurve:
    """The smallest integrate window that spikes over the leaky window, of a good neuron.

    All that integrates and leaks alike, but for a factor on each, has the same curve, stretched: a torque or a current
    by the first, an anisotropy by the second, which moves leak and precession together.

    Attributes:
        leaky_s: Leaky windows, rising, shape (K,).
        integrate_s: The boundary there, shape (K,).
    """

    leaky_s: Floats
    integrate_s: Floats

    def stretch(self, first: Point, second: Point) -> Stretch | None:
        """Return how the curve has to be stretched to go through two points of another neuron's boundary.

        Args:
            first: The point at the shorter leaky window.
            second: The one at the longer.

        Returns:
            None where no stretch does, or one that leaves the curve.
        """
        from scipy.interpolate import PchipInterpolator
        from scipy.optimize import brentq

        logs = PchipInterpolator(np.log(self.leaky_s), np.log(self.integrate_s))
        wanted = np.log(second[0] / first[0])

        def excess(shift: float) -> float:
            ends = [float(logs(np.log(point[1]) + shift)) for point in (first, second)]
            return ends[1] - ends[0] - wanted

        low = max(np.log(self.leaky_s[0] / first[1]), -np.log(_FURTHEST))
        high = min(np.log(self.leaky_s[-1] / second[1]), np.log(_FURTHEST))
        if not low < high:
            return None
        # Where pulses no longer help each other the curve is flat, and there a second solution is: the nearer counts.
        shifts = np.linspace(low, high, _LOOKS)
        signs = np.sign([excess(shift) for shift in shifts])
        places = np.flatnonzero(signs[1:] != signs[:-1])
        if not places.size:
            return None
        place = places[np.argmin(np.abs(shifts[places]))]
        shift = float(brentq(excess, shifts[place], shifts[place + 1], xtol=_TOLERANCE))
        gain = np.exp(float(logs(np.log(first[1]) + shift))) / first[0]
        return Stretch(float(gain), float(np.exp(-shift)))
