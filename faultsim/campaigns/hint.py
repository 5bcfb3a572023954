"""What a search goes by: where a threshold is expected, and how a response tells how far it is away."""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass

from faultsim.campaigns.curve import Curve
from faultsim.campaigns.grid import Grid
from faultsim.campaigns.limits import number
from faultsim.campaigns.plan import MARGIN, Setting, ThresholdTask
from faultsim.spice.job import Outcome

_OPENING = 1.0
"""Deviation of a guide that a first search supposes at the threshold: that it has fallen to half."""
_FLIPS = 0.04
"""Within such a share of its threshold a response that switches may do either."""


@dataclass(frozen=True)
class Landmark:
    """What was seen at a threshold, to find the next one by.

    Attributes:
        place: Middle of the bracket, as a grid index.
        share: The swept quantity there, over its fault-free value in the same setting; None where it is not known.
        guide: The setting's guide there.
        track: Grid index and by how much the guide deviated, of each probe on the way there that deviated the same way;
            by rising index.
    """

    place: float
    share: float | None = None
    guide: float | None = None
    track: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Hint:
    """Where a threshold is expected, and how a response tells where it is.

    Attributes:
        place: Grid index, between two as a rule; None where nothing is known, or nothing is expected on the grid.
        guide: What the setting's guide is expected to be there.
        curve: The swept quantity of the defect over its fault-free value, if it is swept.
        track: How the guide of another defect deviates over the grid.
        spread: How many indices the place may be off by, where no response tells.
    """

    place: float | None = None
    guide: float | None = None
    curve: Curve | None = None
    track: tuple[tuple[float, float], ...] = ()
    spread: int = 1

    def margin(self, task: ThresholdTask, grid: Grid, index: int, healthy: Outcome, faulty: Outcome) -> float | None:
        """Return how far beyond its threshold a response is, in grid indices; None where it does not tell.

        The setting's guide, or the quantity that has limits, moves away from its fault-free value as the swept quantity
        does; without a curve, in proportion to the severity. Where it has not moved, or the other way, the threshold
        is far.
        """
        ours, there = self._deviations(task.setting, healthy, faulty)
        if ours is None or not there or math.isnan(ours):
            return None
        if ours / there <= 0:
            return -math.inf
        if self.curve is None or task.setting.stimulus.program:
            # As far away as the other defect was from its threshold when it deviated as much.
            if self.place is not None:
                flips = math.log(1 + _FLIPS) / math.log(grid.ratio)
                apart = [point for point in self.track if abs(point[0] - self.place) >= flips]
                place = _place(apart, (self.place, abs(there)), abs(ours))
                if place is not None:
                    return place - self.place
            return math.log(ours / there) / math.log(grid.ratio)
        share = 1 - (1 - self.curve.value_at(grid[index])) * there / ours
        severity = self.curve.severity_at(share)
        if severity is None:
            return None
        return index - grid.place(severity)

    def _deviations(self, setting: Setting, healthy: Outcome, faulty: Outcome) -> tuple[float | None, float | None]:
        """Return what the guide deviates by, and what it does at the threshold."""
        if self.guide is not None:
            here, there = (deviation(healthy, setting.guide, value) for value in (_guide(setting, faulty), self.guide))
            return here, there
        if led(setting):
            ours = deviation(healthy, setting.guide, _guide(setting, faulty))
            return None if ours is None else abs(ours), _OPENING
        if setting.limits is None:
            return None, None
        expected = healthy.values[setting.observable]
        measured, centre = number(faulty.values[setting.observable]), number(expected)
        if measured is None or not centre:
            return None, None
        return abs(measured / centre - 1), setting.limits.share(expected)


def led(setting: Setting) -> bool:
    """Return whether all defects share what a test is led by: one measurement says how far a threshold is."""
    return setting.guide not in ("", MARGIN)


def deviation(healthy: Outcome, name: str, value: float | None) -> float | None:
    """Return how far an observable is below its fault-free value: in proportion to a resistance, at first."""
    normal = healthy.values.get(name)
    # One that has changed its sign has gone through every deviation there is.
    if not isinstance(normal, int | float) or not value or not normal or value * normal < 0:
        return None
    return normal / value - 1


def _guide(setting: Setting, outcome: Outcome) -> float | None:
    value = outcome.values.get(setting.guide)
    return value if isinstance(value, int | float) else None


def _place(track: Sequence[tuple[float, float]], there: tuple[float, float], value: float) -> float | None:
    """Return where a track has a deviation, in straight lines over its logarithm; None where it is no track.

    Beyond its ends it goes on in the line from the threshold to its last point.

    Args:
        track: Places and deviations, by rising place; none next to the threshold, where a response that switches flips
            back and forth, and its guide with it.
        there: Those of the threshold.
        value: The deviation.
    """
    rising: list[tuple[float, float]] = []
    for point in sorted([*track, there]):
        while rising and rising[-1][1] >= point[1] and rising[-1] != there:
            rising.pop()
        if not rising or point[1] > rising[-1][1]:
            rising.append(point)
    if len(rising) < 2:
        return None
    values = [math.log(deviates) for _, deviates in rising]
    wanted, anchor = math.log(value), rising.index(there)
    after = bisect(values, wanted)
    low, high = max(after - 1, 0), min(after, len(rising) - 1)
    if low == high:
        low, high = min(low, anchor), max(high, anchor)
    if low == high:
        low, high = max(anchor - 1, 0), min(anchor + 1, len(rising) - 1)
    slope = (rising[high][0] - rising[low][0]) / (values[high] - values[low])
    return rising[low][0] + slope * (wanted - values[low])
