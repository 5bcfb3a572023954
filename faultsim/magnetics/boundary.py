"""Where along a line of windows a neuron begins or ceases to spike, and whether that happens once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faultsim.magnetics.train import Floats

Spikes = Callable[[Floats], NDArray[np.bool_]]
"""Windows along the line -> whether the neuron spikes there."""


@dataclass(frozen=True)
class Boundary:
    """The first change of a verdict along a line.

    Attributes:
        at_s: Window in the middle of the last bracket; None where the verdict never changes.
        width_s: Width of that bracket.
        spikes_first: The neuron spikes at the line's low end.
        changes: How often the verdict changes from the low end to the high one, at the resolution that was looked at.
    """

    at_s: float | None
    width_s: float
    spikes_first: bool
    changes: int

    @property
    def monotone(self) -> bool:
        """Return whether there is one boundary at most."""
        return self.changes <= 1


def boundary(spikes: Spikes, low_s: float, high_s: float, looks: int, rounds: int) -> Boundary:
    """Look at a line, then ever closer at its first change of the verdict.

    Args:
        spikes: The neuron.
        low_s: Shortest window.
        high_s: Longest window.
        looks: Windows per round, the ends of the bracket included.
        rounds: How often the bracket is narrowed.
    """
    windows = np.linspace(low_s, high_s, looks)
    verdicts = spikes(windows)
    places = np.flatnonzero(verdicts[1:] != verdicts[:-1])
    first = bool(verdicts[0])
    if not places.size:
        return Boundary(None, 0.0, first, 0)
    changes, place = int(places.size), int(places[0])
    ends, before = (windows[place], windows[place + 1]), bool(verdicts[place])
    for _ in range(rounds):
        windows = np.linspace(*ends, looks)
        inside = spikes(windows[1:-1])
        passed = np.flatnonzero(inside != before)
        step = int(passed[0]) if passed.size else looks - 2
        ends = (windows[step], windows[step + 1])
    return Boundary(float(sum(ends) / 2), float(ends[1] - ends[0]), first, changes)
