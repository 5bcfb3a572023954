"""Draws each defect by the transient behind its best threshold, after all of these; whatever is finished is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cached_property

from faultsim.campaigns.lab import Lab
from faultsim.campaigns.ledger import SKIPPED, Item
from faultsim.campaigns.plan import Setting
from faultsim.campaigns.portrait import Pose, backdrop_of, portrait_of, pose_of, question_of
from faultsim.campaigns.question import Question
from faultsim.campaigns.results import EQUIVALENT, PortraitRow, SettingKey, ThresholdRow
from faultsim.campaigns.stage import Stage
from faultsim.fault_models.defect import Defect
from faultsim.spice.job import Trace

_METHOD = 1
"""Part of every item; raised whenever the same transients could give another portrait."""


@dataclass(frozen=True)
class Portraitist(Stage):
    """The portraits of a run's circuits.

    Attributes:
        threshold_items: The ledger's item of every threshold, by the task's id; which one is best is known in the end.
    """

    threshold_items: Mapping[str, Item]

    def rows(self, pool: ThreadPoolExecutor, thresholds: Sequence[ThresholdRow]) -> list[PortraitRow]:
        """Return the fault-free circuit in every setting that is drawn, then a row for each circuit that has one."""
        poses = {defect.id: self._pose(defect, thresholds) for defect in self._sitters}
        wanted = {pose.row.setting for pose in poses.values() if pose is not None}
        if self.items:
            self.watcher.stage("portraits", len(self.items))
        behind = dict(
            zip(self._settings, pool.map(lambda key: self._backdrop(key, key in wanted), self._settings), strict=True)
        )
        drawn = pool.map(lambda defect: self._portrait(defect, poses[defect.id], behind), self._sitters)
        return [row for row in (*behind.values(), *drawn) if row is not None]

    @cached_property
    def items(self) -> list[Item]:
        """The ledger's item of every portrait, those of the fault-free circuit first."""
        return [*self._backdrop_items.values(), *self._portrait_items.values()]

    @cached_property
    def _sitters(self) -> list[Defect]:
        """One defect for each circuit; none of a part of a campaign, which has no page of its own."""
        return list(self.plan.simulated) if self.plan.complete is self.plan else []

    @cached_property
    def _settings(self) -> dict[SettingKey, Setting]:
        return {setting.key: setting for setting in self.plan.settings} if self._sitters else {}

    @cached_property
    def _backdrop_items(self) -> dict[SettingKey, Item]:
        # Whether a setting is drawn depends on all that is found.
        found = _digest(self.threshold_items.values())
        return {
            key: Item("portraits", "|".join(map(str, key)), f"{self.labs.keys([setting.healthy])} {found}")
            for key, setting in self._settings.items()
        }

    @cached_property
    def _portrait_items(self) -> dict[str, Item]:
        own: dict[str, list[Item]] = {defect.id: [] for defect in self._sitters}
        for task in self.plan.thresholds:
            if task.defect.id in own:
                own[task.defect.id].append(self.threshold_items[task.id])
        return {identity: Item("portraits", identity, _digest(items)) for identity, items in own.items()}

    def _pose(self, defect: Defect, thresholds: Sequence[ThresholdRow]) -> Pose | None:
        return pose_of([row for row in thresholds if row.defect_id == defect.id])

    def _backdrop(self, key: SettingKey, wanted: bool) -> PortraitRow | None:
        setting, lab = self._settings[key], self.labs.of(self._settings[key])

        def row(trace: Trace, transient: str) -> PortraitRow:
            return backdrop_of(setting, trace, transient, lab.network_kind(setting.healthy))

        return self._row(self._backdrop_items[key], lab, setting.healthy if wanted else None, row)

    def _portrait(
        self, defect: Defect, pose: Pose | None, behind: Mapping[SettingKey, PortraitRow | None]
    ) -> PortraitRow | None:
        item = self._portrait_items[defect.id]
        backdrop = behind[pose.row.setting] if pose is not None else None
        if pose is None or backdrop is None:
            return self._row(item, self.labs.whole, None, lambda trace, key: None)
        lab = self.labs.lumped if pose.row.network == EQUIVALENT else self.labs.whole
        vectors = self.plan.network.sidecar.probes
        question = question_of(defect, self._settings[pose.row.setting], pose)
        return self._row(item, lab, question, lambda trace, key: portrait_of(pose, trace, backdrop, key, vectors))

    def _row(
        self, item: Item, lab: Lab, question: Question | None, row_of: Callable[[Trace, str], PortraitRow | None]
    ) -> PortraitRow | None:
        """Return what is kept of a transient, as it was stored if it is the same one; None where there is nothing."""
        stored, key = self.ledger.result(item), "" if question is None else lab.keys([question])
        if stored is None or stored.get("transient", "") != key:
            row = None
            if question is not None:
                _, trace = lab.trace(question, keep=False)
                row = row_of(trace, key) if trace.outcome.ok else None
            stored = SKIPPED if row is None else asdict(row)
            self.ledger.finish(item, stored, [key] if row is not None else [])
        self.watcher.advance()
        return None if stored == SKIPPED else PortraitRow(**stored)


def _digest(items: Iterable[Item]) -> str:
    """Return what portraits depend on that are drawn of the best of some thresholds."""
    return hashlib.sha256(" ".join([str(_METHOD), *(item.id for item in items)]).encode()).hexdigest()
