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
        wanted_first: Whether it is to spike there, if it spikes at only one of the ends.
        changes: How often the verdict changes from the low end to the high one, at the resolution that was looked at.
    """

    at_s: float | None
    width_s: float
    spikes_first: bool
    wanted_first: bool
    changes: int

    @property
    def monotone(self) -> bool:
        """Return whether there is one boundary at most, and one on the side of which it spikes where it is to."""
        return not self.trouble

    @property
    def trouble(self) -> str:
        """Return why it is not monotone, in words; nothing where it is."""
        if self.changes > 1:
            return f"the verdict changes {self.changes} times"
        turned = self.changes == 1 and self.spikes_first != self.wanted_first
        return f"it {'ceases' if self.spikes_first else 'begins'} to spike there" if turned else ""


def boundary(
    spikes: Spikes, low_s: float, high_s: float, looks: int, rounds: int, wanted_first: bool = False
) -> Boundary:
    """Look at a line, then ever closer at its first change of the verdict.

    Args:
        spikes: The neuron.
        low_s: Shortest window.
        high_s: Longest window.
        looks: Windows per round, the ends of the bracket included.
        rounds: How often the bracket is narrowed.
        wanted_first: The neuron is to spike at the shortest window rather than at the longest.
    """
    windows = np.linspace(low_s, high_s, looks)
    verdicts = spikes(windows)
    places = np.flatnonzero(verdicts[1:] != verdicts[:-1])
    first = bool(verdicts[0])
    if not places.size:
        return Boundary(None, 0.0, first, wanted_first, 0)
    changes, place = int(places.size), int(places[0])
    ends, before = (windows[place], windows[place + 1]), bool(verdicts[place])
    for _ in range(rounds):
        windows = np.linspace(*ends, looks)
        inside = spikes(windows[1:-1])
        passed = np.flatnonzero(inside != before)
        step = int(passed[0]) if passed.size else looks - 2
        ends = (windows[step], windows[step + 1])
    return Boundary(float(sum(ends) / 2), float(ends[1] - ends[0]), first, wanted_first, changes)
