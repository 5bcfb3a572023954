"""Decides where the equivalent of a network may stand for it: in each setting, by simulating both."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

from faultsim.campaigns.lab import Lab, Question
from faultsim.campaigns.ledger import Item, Ledger
from faultsim.campaigns.plan import Plan, Setting, ThresholdTask
from faultsim.campaigns.results import Detection, EquivalentRow, SettingKey, ThresholdRow
from faultsim.campaigns.search import Verdict
from faultsim.campaigns.threshold import judge_response
from faultsim.campaigns.watcher import Watcher
from faultsim.fault_models.defect import Defect
from faultsim.spice.expressions import Value
from faultsim.spice.job import Outcome

_CURRENT = "im_wr_a"
_SAME = ("spiked", "pulses_to_spike")
_LEAST_SHARE = 0.01
"""Of the fault-free current: where a defect leaves less, a deviation counts against this."""


@dataclass(frozen=True)
class Labs:
    """The whole network and its equivalent, and where the latter is to be trusted.

    Attributes:
        whole: Simulates the network as it is.
        lumped: Simulates its equivalent.
        trusted: Settings in which nothing has been seen to differ.
    """

    whole: Lab
    lumped: Lab
    trusted: set[SettingKey] = field(default_factory=set)

    def of(self, setting: Setting) -> Lab:
        """Return what answers the questions of a setting."""
        return self.lumped if setting.key in self.trusted else self.whole

    def of_all(self, settings: Sequence[Setting]) -> Lab:
        """Return what answers a question that is about no setting: the equivalent where all of them trust it."""
        return self.lumped if all(setting.key in self.trusted for setting in settings) else self.whole


@dataclass(frozen=True)
class Prover:
    """The comparison of a network with its equivalent.

    Attributes:
        plan: What is simulated.
        labs: Both; those settings are trusted that have stood the comparison.
        ledger: Keeps what is finished.
        watcher: Is told how it gets on.
    """

    plan: Plan
    labs: Labs
    ledger: Ledger
    watcher: Watcher

    def compare(self, pool: ThreadPoolExecutor) -> list[EquivalentRow]:
        """Compare the fault-free circuit in every setting; where it is the same the setting is trusted from now on."""
        if not self._settings:
            return []
        self.watcher.stage("equivalents", len(self._settings))
        rows = list(pool.map(self._healthy_row, self._settings, self.healthy_items))
        # What an earlier run has found out about thresholds counts from the start.
        known = [_rows(self.ledger.result(item)) for item in self.sample_items]
        refuted = {row.setting for found in known for row in found if not row.harmless}
        self.labs.trusted.update({row.setting for row in rows if row.harmless} - refuted)
        return rows

    def confirm(self, pool: ThreadPoolExecutor, thresholds: Sequence[ThresholdRow]) -> list[EquivalentRow]:
        """Compare both sides of some thresholds; the settings where one is not the same are not trusted any more."""
        if not self._settings:
            return []
        found = {(row.setting, row.defect_id): row for row in thresholds}
        self.watcher.stage("equivalent thresholds", len(self._settings))
        parts = pool.map(lambda tasks, item: self._sampled_rows(tasks, item, found), self._samples, self.sample_items)
        rows = [row for part in parts for row in part]
        self.labs.trusted.difference_update(row.setting for row in rows if not row.harmless)
        return rows

    @cached_property
    def healthy_items(self) -> list[Item]:
        """The ledger's item of every setting."""
        return [self._item(setting, "fault-free", ()) for setting in self._settings]

    @cached_property
    def sample_items(self) -> list[Item]:
        """The ledger's item of the thresholds that are looked at twice, for every setting."""
        return [
            self._item(setting, "thresholds", tasks)
            for setting, tasks in zip(self._settings, self._samples, strict=True)
        ]

    @property
    def _settings(self) -> list[Setting]:
        return self.plan.settings if self.plan.spec.equivalent else []

    @cached_property
    def _samples(self) -> list[list[ThresholdTask]]:
        """For every setting the thresholds to look at twice: by their names' hash, so always the same ones."""
        count = self.plan.spec.equivalent.sample if self.plan.spec.equivalent else 0
        by_setting: dict[SettingKey, list[ThresholdTask]] = {}
        for task in self.plan.thresholds:
            by_setting.setdefault(task.setting.key, []).append(task)
        return [sorted(by_setting.get(setting.key, []), key=_shuffled)[:count] for setting in self._settings]

    def _item(self, setting: Setting, what: str, tasks: Sequence[ThresholdTask]) -> Item:
        title = "|".join(map(str, (*setting.key, what)))
        healthy = Question(setting.stimulus, setting.conditions)
        severe = [replace(healthy, defect=task.defect, severity=self.plan.grid(task.defect).severest) for task in tasks]
        keys = [lab.keys([healthy, *severe]) for lab in (self.labs.whole, self.labs.lumped)]
        return Item("equivalents", title, f"{keys} {setting.criteria} {self.plan.spec.equivalent!r}")

    def _healthy_row(self, setting: Setting, item: Item) -> EquivalentRow:
        rows = _rows(self.ledger.result(item))
        if _finished(rows):
            [row] = rows
        else:
            row, keys = self._row(setting, None, None)
            self.ledger.finish(item, [asdict(row)], keys)
        self.watcher.advance()
        return row

    def _sampled_rows(
        self, tasks: Sequence[ThresholdTask], item: Item, found: dict[tuple[SettingKey, str], ThresholdRow]
    ) -> list[EquivalentRow]:
        stored = self.ledger.result(item)
        rows = _rows(stored)
        if stored is None or (rows and not _finished(rows)):
            sides = [
                (task, severity)
                for task in tasks
                if task.setting.key in self.labs.trusted
                for severity in _sides(found.get((task.setting.key, task.defect.id)))
            ]
            answers = [self._row(task.setting, task.defect, severity) for task, severity in sides]
            rows = [row for row, _ in answers]
            self.ledger.finish(item, [asdict(row) for row in rows], [key for _, keys in answers for key in keys])
        self.watcher.advance()
        return rows

    def _row(self, setting: Setting, defect: Defect | None, severity: float | None) -> tuple[EquivalentRow, list[str]]:
        """Return the comparison of one transient, and the keys of both."""
        healthy = Question(setting.stimulus, setting.conditions)
        asked = replace(healthy, defect=defect, severity=severity)
        layout = self.labs.lumped.equivalent(asked)
        labs = [self.labs.whole, self.labs.lumped] if layout.gone else [self.labs.whole]
        answers = [lab.ask(question) for lab in labs for question in (healthy, asked)]
        outcomes = [outcome for _, outcome in answers]
        normal, whole, *_, lumped = outcomes
        reasons = [layout.reason] if not layout.gone else list(self._differences(setting, outcomes))
        row = EquivalentRow(
            circuit=self.plan.network.name,
            test=setting.test,
            window=setting.window,
            corner=setting.conditions.corner.name,
            vdd_v=setting.conditions.vdd_v,
            temperature_c=setting.conditions.temperature_c,
            defect_id=defect.id if defect else "",
            severity=severity,
            unit=defect.unit if defect else "",
            taps_kept=layout.kept,
            taps_merged=layout.gone,
            exact=layout.exact,
            observable=setting.observable,
            whole=whole.values.get(setting.observable),
            equivalent=lumped.values.get(setting.observable),
            im_wr_whole_a=whole.values.get(_CURRENT),
            im_wr_equivalent_a=lumped.values.get(_CURRENT),
            deviation=_deviation(normal, whole, lumped),
            harmless=not reasons,
            reason="; ".join(reasons),
        )
        return row, [key for key, _ in answers]

    def _differences(self, setting: Setting, outcomes: Sequence[Outcome]) -> Iterator[str]:
        """Yield in what the equivalent differs.

        Args:
            setting: The test.
            outcomes: The whole network without and with the defect, then the equivalent.
        """
        normal, one, like, other = outcomes
        spec = self.plan.spec.equivalent
        if any(not outcome.ok for outcome in outcomes):
            yield "simulations ended with " + ", ".join(outcome.status for outcome in outcomes)
            return
        changed = [name for name in _SAME if one.values.get(name) != other.values.get(name)]
        if judge_response(setting, one, other) is not Verdict.PASS:
            changed.append(setting.observable)
        for name in dict.fromkeys(changed):
            yield f"{name} is {other.values.get(name)} in place of {one.values.get(name)}"
        if judge_response(setting, normal, one) is not judge_response(setting, like, other):
            yield f"{setting.observable} decides otherwise"
        deviation = _deviation(normal, one, other)
        if spec is not None and deviation is not None and deviation > spec.tolerance:
            yield f"{_CURRENT} is off by {deviation:.2g}"


def _deviation(healthy: Outcome, whole: Outcome, lumped: Outcome) -> float | None:
    """Return how far the equivalent's current is off, relative."""
    normal, one, other = (_number(outcome.values.get(_CURRENT)) for outcome in (healthy, whole, lumped))
    if one is None or other is None:
        return None
    scale = max(abs(one), _LEAST_SHARE * abs(normal or 0.0))
    return abs(other - one) / scale if scale else 0.0


def _number(value: Value) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _rows(stored: Sequence[dict[str, Any]] | None) -> list[EquivalentRow]:
    return [EquivalentRow(**row) for row in stored or ()]


def _finished(rows: Sequence[EquivalentRow]) -> bool:
    """Return whether there are rows, and none rests on a simulation that failed: such a one is asked for again."""
    return bool(rows) and all(row.deviation is not None for row in rows)


def _sides(row: ThresholdRow | None) -> list[float]:
    """Return the severities that a verdict rests on."""
    if row is None or row.verdict == Detection.UNKNOWN:
        return []
    return [side for side in (row.passes_at, row.fails_at) if side is not None]


def _shuffled(task: ThresholdTask) -> str:
    return hashlib.sha256(task.id.encode()).hexdigest()
