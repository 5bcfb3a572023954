"""Where thresholds are expected: I(R) of the site meets the current at which the neuron ceases to spike.

What is predicted is never a result: it says where SPICE looks first.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from faultsim.campaigns.curve import Curve
from faultsim.campaigns.grid import Grid
from faultsim.campaigns.plan import MARGIN, Plan, Setting, ThresholdTask
from faultsim.campaigns.results import CurrentRow, NeuronRow
from faultsim.spice.job import Outcome

_OPENING = 0.25
"""Deviation of a guide that a first search supposes at the threshold."""


@dataclass(frozen=True)
class Landmark:
    """What was seen at a threshold, to find the next one by.

    Attributes:
        place: Middle of the bracket, as a grid index.
        share: The swept quantity there, over its fault-free value in the same setting; None where it is not known.
        guide: The setting's guide there.
        track: Grid index and the guide's deviation, of each probe on the way there, by rising index.
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
    """

    place: float | None = None
    guide: float | None = None
    curve: Curve | None = None
    track: tuple[tuple[float, float], ...] = ()

    def margin(self, task: ThresholdTask, grid: Grid, index: int, healthy: Outcome, faulty: Outcome) -> float | None:
        """Return how far beyond its threshold a response is, in grid indices; None where it does not tell.

        The setting's guide, or the quantity that has limits, moves away from its fault-free value as the swept quantity
        does; without a curve, in proportion to the severity.
        """
        ours, there = self._deviations(task.setting, healthy, faulty)
        if not ours or not there:
            return None
        if self.curve is None or task.setting.stimulus.program:
            if len(self.track) > 1 and self.place is not None:
                # As far away as the other defect was from its threshold when it deviated as much.
                return _place(self.track, ours) - self.place
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
            return deviation(healthy, setting.guide, _guide(setting, faulty)), _OPENING
        if setting.limits is None:
            return None, None
        measured, centre = faulty.values[setting.observable], healthy.values[setting.observable]
        if not isinstance(measured, int | float) or not isinstance(centre, int | float) or not centre:
            return None, None
        return abs(measured / centre - 1), setting.limits.relative


@dataclass(frozen=True)
class Predictor:
    """Expects thresholds from a sweep, the neuron's threshold currents, a paper's values, and finished neighbours.

    Attributes:
        plan: The campaign.
        curves: Defect -> the swept quantity over its fault-free value.
        drives: Window -> the drive at which the neuron ceases to spike, over its own.
    """

    plan: Plan
    curves: Mapping[str, Curve] = field(default_factory=dict)
    drives: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, plan: Plan, currents: Sequence[CurrentRow], neurons: Sequence[NeuronRow]) -> Predictor:
        """Make one of what the earlier stages of a run have found."""
        whole = next((row.im_wr_a for row in currents if row.r_ohm == 0), None)
        points: dict[str, list[tuple[float, float]]] = {}
        for row in currents:
            if row.r_ohm > 0 and isinstance(row.im_wr_a, int | float) and isinstance(whole, int | float) and whole:
                points.setdefault(row.defect_id, []).append((row.r_ohm, row.im_wr_a / whole))
        curves = {defect: Curve(tuple(sorted(found))) for defect, found in points.items()}
        drives = {row.window: row.threshold_drive for row in neurons if row.monotone and row.threshold_drive}
        return cls(plan, curves, drives)

    def hint(self, task: ThresholdTask, near: Setting | None, seen: Landmark | None) -> Hint:
        """Return where a threshold is expected.

        Args:
            task: What is searched.
            near: A setting of the same test, or the same one; None where no threshold is known yet.
            seen: At a threshold there.
        """
        if near is not None and near.key == task.setting.key:
            return self._beside(task, seen)
        guide = seen.guide if seen else None
        share = self._share(task.setting, near, seen)
        if share is not None:
            return self._on_curve(task, share, guide)
        place = self._published(task)
        if place is None and guide is None and led(task.setting):
            place = len(self.plan.grid(task.defect)) / 2
        return Hint(place, guide, self.curves.get(task.defect.id))

    def _beside(self, task: ThresholdTask, seen: Landmark | None) -> Hint:
        """Return where a threshold is expected from another one of the same setting."""
        if seen is None:
            return Hint()
        if self._swept(task) and seen.share is not None:
            return self._on_curve(task, seen.share, seen.guide)
        return Hint(seen.place, seen.guide, track=seen.track) if led(task.setting) else Hint()

    def follows(self, task: ThresholdTask) -> bool:
        """Return whether the first threshold of a setting says anything about another one."""
        return self._swept(task) or led(task.setting)

    def _share(self, setting: Setting, near: Setting | None, seen: Landmark | None) -> float | None:
        """Return the expected share of the swept quantity at the threshold."""
        if setting.stimulus.program:
            return None
        if setting.limits is not None:
            swept = self.plan.spec.currents
            return 1 - setting.limits.relative if swept and swept.observable == setting.observable else None
        if setting.observable != "spiked":
            return None
        drive = self.drives.get(setting.window) if setting.conditions == self.plan.conditions[0] else None
        if seen is None or seen.share is None or near is None:
            return drive
        before = self.drives.get(near.window)
        if drive is not None and before:
            return drive * seen.share / before
        return seen.share

    def _on_curve(self, task: ThresholdTask, share: float, guide: float | None) -> Hint:
        curve, grid = self.curves.get(task.defect.id), self.plan.grid(task.defect)
        severity = curve.severity_at(share) if curve is not None else None
        if severity is None or not grid.low <= severity <= grid.high:
            return Hint(None, guide, curve)
        return Hint(grid.place(severity), guide, curve)

    def _swept(self, task: ThresholdTask) -> bool:
        return task.defect.id in self.curves and not task.setting.stimulus.program

    def _published(self, task: ThresholdTask) -> float | None:
        value = self.plan.published_thresholds.get((task.defect.id, task.setting.test, task.setting.window))
        grid = self.plan.grid(task.defect)
        return grid.place(value) if value is not None and grid.low <= value <= grid.high else None


def led(setting: Setting) -> bool:
    """Return whether all defects share what a test is led by: one measurement says how far a threshold is."""
    return setting.guide not in ("", MARGIN)


def deviation(healthy: Outcome, name: str, value: float | None) -> float | None:
    """Return how far an observable is from its fault-free value: in proportion to a resistance, at first."""
    normal = healthy.values.get(name)
    if not isinstance(normal, int | float) or not value or not normal:
        return None
    return abs(normal / value - 1)


def _guide(setting: Setting, outcome: Outcome) -> float | None:
    value = outcome.values.get(setting.guide)
    return value if isinstance(value, int | float) else None


def _place(track: Sequence[tuple[float, float]], value: float) -> float:
    """Return where a track has a deviation, in straight lines over its logarithm, beyond its ends as well."""
    rising = [track[0]]
    for place, deviates in track[1:]:
        if deviates > rising[-1][1]:
            rising.append((place, deviates))
    if len(rising) < 2:
        return rising[0][0]
    values = [math.log(deviates) for _, deviates in rising]
    after = min(max(bisect(values, math.log(value)), 1), len(rising) - 1)
    (low, high), (before, behind) = (rising[after - 1][0], rising[after][0]), (values[after - 1], values[after])
    return low + (high - low) * (math.log(value) - before) / (behind - before)
