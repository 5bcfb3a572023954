"""Where thresholds are expected: I(R) of the site meets the current at which the neuron ceases to spike.

What is predicted is never a result: it says where SPICE looks first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from faultsim.campaigns.curve import Curve
from faultsim.campaigns.hint import Hint, Landmark, led
from faultsim.campaigns.plan import Plan, Setting, ThresholdTask
from faultsim.campaigns.results import CurrentRow, NeuronRow

_PRINTED = 1 + 0.25 / 3
"""By which factor a value of a paper is off as a rule."""


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
        guide, curve = seen.guide if seen else None, self.curves.get(task.defect.id)
        share = self._share(task.setting, near, seen)
        if share is not None:
            return self._on_curve(task, share, guide)
        place = self._published(task)
        if place is not None:
            steps = math.log(_PRINTED) / math.log(self.plan.grid(task.defect).ratio)
            return Hint(place, guide, curve, spread=max(1, round(steps)))
        if seen is not None and seen.share is not None and self._spikes(task.setting):
            return self._on_curve(task, seen.share, guide)
        if guide is None and led(task.setting):
            place = len(self.plan.grid(task.defect)) / 2
        return Hint(place, guide, curve)

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
        """Return the share of the swept quantity at the threshold, where the neuron or the test's limits tell it."""
        if setting.limits is not None and not setting.stimulus.program:
            swept, limit = self.plan.spec.currents, setting.limits.share(None)
            measured = swept is not None and swept.observable == setting.observable
            return 1 - limit if limit is not None and measured else None
        if not self._spikes(setting) or setting.conditions != self.plan.conditions[0]:
            return None
        drive = self.drives.get(setting.window)
        before = self.drives.get(near.window) if near is not None else None
        if drive is None or seen is None or seen.share is None or not before:
            return drive
        return drive * seen.share / before

    def _spikes(self, setting: Setting) -> bool:
        return setting.observable == "spiked" and not setting.stimulus.program

    def _on_curve(self, task: ThresholdTask, share: float, guide: float | None) -> Hint:
        curve, grid = self.curves.get(task.defect.id), self.plan.grid(task.defect)
        severity = curve.severity_at(share) if curve is not None else None
        if severity is None or not grid.low <= severity <= grid.high:
            return Hint(None, guide, curve)
        return Hint(grid.place(severity), guide, curve)

    def _swept(self, task: ThresholdTask) -> bool:
        return task.defect.id in self.curves and not task.setting.stimulus.program

    def _published(self, task: ThresholdTask) -> float | None:
        """Return where a paper has the threshold, at the first operating point."""
        if task.setting.conditions != self.plan.conditions[0]:
            return None
        value = self.plan.published_thresholds.get((task.defect.id, task.setting.test, task.setting.window))
        grid = self.plan.grid(task.defect)
        return grid.place(value) if value is not None and grid.low <= value <= grid.high else None
