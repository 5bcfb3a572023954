"""Decides where the equivalent of a network may stand for it: in each setting, by simulating both."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

from faultsim.campaigns.lab import Lab
from faultsim.campaigns.ledger import Item
from faultsim.campaigns.plan import Plan, Setting, Sweep, ThresholdTask
from faultsim.campaigns.question import Question
from faultsim.campaigns.results import Detection, EquivalentRow, SettingKey, ThresholdRow
from faultsim.campaigns.stage import Stage
from faultsim.campaigns.threshold import judge_response
from faultsim.fault_models.defect import Defect
from faultsim.spice.expressions import Value
from faultsim.spice.job import Outcome

_CURRENT = "im_wr_a"
_SAME = ("spiked", "pulses_to_spike", _CURRENT)
_LEAST_SHARE = 0.01
"""Of the fault-free current: where a defect leaves less, a deviation counts against this."""


@dataclass(frozen=True)
class Prover(Stage):
    """The comparison of a network with its equivalent."""

    def ahead(self) -> None:
        """Ask for the whole network's part of `begin`, the longest of the first transients, without waiting."""
        for setting, item in zip(self._settings, self.healthy_items, strict=True):
            if self.labs.lumped.exact and self.ledger.result(item) is None:
                self.labs.whole.submit(setting.healthy)

    def known(self) -> None:
        """Trust nothing where an earlier run has seen that structure is no proof, or there is nothing to compare."""
        stored = [row for item in self.healthy_items for row in _rows(self.ledger.result(item))]
        if self.labs.lumped.exact and not (self._settings and all(row.harmless for row in stored)):
            self.labs.trusted.clear()

    def begin(self) -> list[EquivalentRow]:
        """Compare the fault-free circuit once where structure is the proof."""
        if not self.labs.lumped.exact:
            return []
        return [self._healthy_row(*pair) for pair in zip(self._settings, self.healthy_items, strict=True)]

    def compare(self, pool: ThreadPoolExecutor) -> list[EquivalentRow]:
        """Compare the fault-free circuit in every setting; where it is the same the setting is trusted from now on."""
        if self.labs.lumped.exact or not self._settings:
            return []
        self.watcher.stage("equivalents", len(self._settings))
        rows = []
        for row in pool.map(self._healthy_row, self._settings, self.healthy_items):
            rows.append(row)
            self.watcher.advance()
        self.labs.trusted.update(row.setting for row in rows if row.harmless)
        return rows

    def sweep_lab(self, sweep: Sweep) -> Lab:
        """Return what answers a sweep: the equivalent where all settings trust it and it is right about the sweep, too.

        Args:
            sweep: What is swept, under a stimulus of its own.
        """
        if self.labs.lumped.exact:
            return self.labs.healthy
        if not self._settings or any(setting.key not in self.labs.trusted for setting in self._settings):
            return self.labs.whole
        asked = Question(sweep.stimulus, sweep.conditions, simulation=sweep.simulation)
        one, other = (lab.ask(asked)[1] for lab in (self.labs.whole, self.labs.lumped))
        return self.labs.lumped if self._agree(sweep.observable, one, one, other) else self.labs.whole

    def confirm(self, pool: ThreadPoolExecutor, thresholds: Sequence[ThresholdRow]) -> list[EquivalentRow]:
        """Compare both sides of some thresholds; the settings where one is not the same are not trusted any more."""
        if not self.sample_items:
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
        if self.labs.lumped.exact:
            return []
        return [
            self._item(setting, "thresholds", tasks)
            for setting, tasks in zip(self._settings, self._samples, strict=True)
        ]

    @cached_property
    def _settings(self) -> list[Setting]:
        """Settings in which the fault-free circuit is compared; of a proof by structure the first with like rows."""
        settings = self.plan.settings
        if self.plan.spec.equivalent is None:
            return []
        if not self.labs.lumped.exact:
            return settings
        first = next((setting for setting in settings if self.labs.lumped.equivalent(setting.healthy).gone), None)
        return [] if first is None else [first]

    @cached_property
    def _samples(self) -> list[list[ThresholdTask]]:
        """For every setting the thresholds to look at twice."""
        found = samples(self.plan)
        return [found[setting.key] for setting in self._settings]

    def _item(self, setting: Setting, what: str, tasks: Sequence[ThresholdTask]) -> Item:
        title = "|".join(map(str, (*setting.key, what)))
        healthy = setting.healthy
        severe = [task.question(self.plan.grid(task.defect).severest) for task in tasks]
        spec = self.plan.spec
        rest = f"{setting.criteria} {self._compared} {spec.search!r} {spec.equivalent!r}"
        return Item("equivalents", title, f"{self.labs.keys([healthy, *severe])} {rest}")

    def _healthy_row(self, setting: Setting, item: Item) -> EquivalentRow:
        rows = _rows(self.ledger.result(item))
        if _finished(rows):
            [row] = rows
        else:
            row, keys = self._row(setting, None, None)
            self.ledger.finish(item, [asdict(row)], keys)
        return row

    def _sampled_rows(
        self, tasks: Sequence[ThresholdTask], item: Item, found: dict[tuple[SettingKey, str], ThresholdRow]
    ) -> list[EquivalentRow]:
        sides = [
            (task, severity)
            for task in tasks
            if task.setting.key in self.labs.trusted
            for severity in _sides(found.get((task.setting.key, task.defect.id)))
        ]
        rows = _rows(self.ledger.result(item))
        wanted = [(task.defect.id, severity) for task, severity in sides]
        if not _finished(rows) or [(row.defect_id, row.severity) for row in rows] != wanted:
            answers = [self._row(task.setting, task.defect, severity) for task, severity in sides]
            rows = [row for row, _ in answers]
            self.ledger.finish(item, [asdict(row) for row in rows], [key for _, keys in answers for key in keys])
        self.watcher.advance()
        return rows

    def _row(self, setting: Setting, defect: Defect | None, severity: float | None) -> tuple[EquivalentRow, list[str]]:
        """Return the comparison of one transient, and the keys of both."""
        healthy = setting.healthy
        # All of both, although the test itself may look at less.
        asked = replace(healthy, defect=defect, severity=severity)
        layout = self.labs.lumped.equivalent(asked)
        answers = [self.labs.whole.ask(question) for question in (healthy, asked)]
        if layout.gone:
            answers += [self.labs.lumped.ask(question) for question in (healthy, asked)]
        outcomes = [outcome for _, outcome in answers]
        normal, whole, lumped = outcomes[0], outcomes[1], outcomes[-1]
        reasons = list(self._differences(setting, outcomes)) if layout.gone else [layout.reason]
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
            deviation=_deviation(_CURRENT, normal, whole, lumped),
            # A defect that leaves no two rows alike is simulated whole, which harms nothing.
            harmless=not reasons or (defect is not None and not layout.gone),
            reason="; ".join(reasons),
        )
        return row, [key for key, _ in answers]

    def _differences(self, setting: Setting, outcomes: Sequence[Outcome]) -> Iterator[str]:
        """Yield in what the equivalent differs.

        Args:
            setting: The test.
            outcomes: The whole network without and with the defect, then the equivalent.
        """
        if any(not outcome.ok for outcome in outcomes):
            yield "simulations ended with " + ", ".join(outcome.status for outcome in outcomes)
            return
        normal, one, like, other = outcomes
        for name in dict.fromkeys((setting.observable, *self._compared)):
            if not self._agree(name, normal, one, other):
                off = _deviation(name, normal, one, other)
                instead = f"is {other.values.get(name)} in place of {one.values.get(name)}"
                yield f"{name} {instead if off is None else f'is off by {off:.2g}'}"
        if judge_response(setting, normal, one) is not judge_response(setting, like, other):
            yield f"{setting.observable} decides otherwise"

    @property
    def _compared(self) -> list[str]:
        """What has to be the same in every setting: the spike, and whatever else the campaign reads off."""
        spec = self.plan.spec
        more = [spec.currents.observable] if spec.currents else []
        more += spec.resistors.observables if spec.resistors else []
        return list(dict.fromkeys((*_SAME, *more)))

    def _agree(self, name: str, healthy: Outcome, whole: Outcome, lumped: Outcome) -> bool:
        """Return whether an observable is the same, within the tolerance where it is a measured number."""
        deviation = _deviation(name, healthy, whole, lumped)
        if deviation is None:
            return whole.values.get(name) == lumped.values.get(name)
        return self.plan.spec.equivalent is not None and deviation <= self.plan.spec.equivalent.tolerance


def samples(plan: Plan) -> dict[SettingKey, list[ThresholdTask]]:
    """Return for every setting the thresholds to look at twice: by their names' hash, so always the same ones."""
    if plan.spec.equivalent is None or plan.spec.equivalent.proof == "structure":
        return {}
    found: dict[SettingKey, list[ThresholdTask]] = {setting.key: [] for setting in plan.settings}
    for task in plan.thresholds:
        found[task.setting.key].append(task)
    return {key: sorted(tasks, key=_shuffled)[: plan.spec.equivalent.sample] for key, tasks in found.items()}


def _deviation(name: str, healthy: Outcome, whole: Outcome, lumped: Outcome) -> float | None:
    """Return how far a measured number is off, relative; None where it is not one in both."""
    normal, one, other = (_measured(outcome.values.get(name)) for outcome in (healthy, whole, lumped))
    if one is None or other is None:
        return None
    scale = max(abs(one), _LEAST_SHARE * abs(normal or 0.0))
    return abs(other - one) / scale if scale else 0.0


def _measured(value: Value) -> float | None:
    return value if isinstance(value, float) else None


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
