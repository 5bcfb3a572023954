"""Searches all thresholds of a run, each near where it is predicted; whatever is finished is kept."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from faultsim.campaigns.hint import Landmark
from faultsim.campaigns.ledger import SKIPPED, Item
from faultsim.campaigns.plan import Setting, ThresholdTask
from faultsim.campaigns.prediction import Predictor
from faultsim.campaigns.results import (
    EQUIVALENT,
    CurrentRow,
    Detection,
    NeuronRow,
    SettingKey,
    SettingRow,
    ThresholdRow,
)
from faultsim.campaigns.stage import Stage
from faultsim.campaigns.threshold import Finding, find_threshold

Above = tuple[ThresholdTask, "Future[Finding]"]
"""A search that another one waits for, and its result."""


@dataclass(frozen=True)
class Searcher(Stage):
    """The search for thresholds."""

    def rows(
        self,
        pool: ThreadPoolExecutor,
        settings: Sequence[SettingRow],
        currents: Sequence[CurrentRow],
        neurons: Sequence[NeuronRow],
    ) -> list[ThresholdRow]:
        """Search the first defect of every setting, each near where another setting has it, then the others.

        Which one helps which is settled by the plan alone, so that a search takes the same way whatever is finished
        first, and on whichever machine.
        """
        tasks = self.plan.thresholds
        self.watcher.stage("thresholds", len(tasks))
        usable = {row.key for row in settings if row.usable}
        for task in tasks:
            if task.setting.key not in usable:
                self.ledger.finish(self.by_task[task.id], SKIPPED, ())
                self.watcher.advance()
        asked = [task for task in tasks if task.setting.key in usable]
        predictor = Predictor.of(self.plan, currents, neurons)
        leaders = _leaders(asked)
        heads = {task.setting.key: task for task in leaders}
        parents = {task.id: _parent(task, leaders[:place]) for place, task in enumerate(leaders)}
        waits = {
            task.id: parents[task.id] if task.id in parents else self._head(predictor, task, heads) for task in asked
        }
        found: dict[str, Future[Finding]] = {}

        def above(task: ThresholdTask) -> Iterator[Above]:
            while (next_up := waits[task.id]) is not None:
                task = next_up
                yield task, found[task.id]

        # What is waited for is submitted before, so that it is never in the way; what waits for nothing comes first.
        for task in sorted(asked, key=lambda task: (waits[task.id] is not None, task.id not in parents)):
            found[task.id] = pool.submit(self._after, predictor, task, list(above(task)))
        return [found[task.id].result().row for task in asked]

    def _head(
        self, predictor: Predictor, task: ThresholdTask, heads: Mapping[SettingKey, ThresholdTask]
    ) -> ThresholdTask | None:
        """Return the first task of a setting, where its threshold says anything about that of another."""
        return heads[task.setting.key] if predictor.follows(task) else None

    def _after(self, predictor: Predictor, task: ThresholdTask, above: Sequence[Above]) -> Finding:
        """Search a threshold once those that help are found; of them the nearest that has one does."""
        for helper, answer in above:
            seen = answer.result().landmark
            if seen is not None:
                return self._finding(predictor, task, helper.setting, seen)
        return self._finding(predictor, task, None, None)

    def _finding(
        self, predictor: Predictor, task: ThresholdTask, near: Setting | None, seen: Landmark | None
    ) -> Finding:
        item = self.by_task[task.id]
        stored, lab = self.ledger.result(item), self.labs.of(task.setting)
        severe = task.question(self.plan.grid(task.defect).severest)
        usable = stored not in (None, SKIPPED) and stored["verdict"] != Detection.UNKNOWN
        if not usable or stored["network"] != lab.network_kind(severe):
            hint = predictor.hint(task, near, seen)
            found = find_threshold(self.plan, lab, task, hint)
            if found.row.verdict == Detection.UNKNOWN and found.row.network == EQUIVALENT:
                # Where only the equivalent fails, there is an answer all the same.
                found = find_threshold(self.plan, self.labs.whole, task, hint)
            landmark = asdict(found.landmark) if found.landmark else None
            self.ledger.finish(item, {**asdict(found.row), _LANDMARK: landmark}, found.transients)
        else:
            landmark = stored[_LANDMARK]
            found = Finding(stored_row(stored), (), _landmark(landmark))
        self.watcher.advance(found.row.verdict)
        return found

    @property
    def items(self) -> list[Item]:
        """The ledger's item of every threshold."""
        return list(self.by_task.values())

    @cached_property
    def by_task(self) -> dict[str, Item]:
        """Id of a task -> the ledger's item of its threshold."""
        items = {}
        leaders = {task.id for task in _leaders(self.plan.thresholds)}
        helped = ""
        for task in self.plan.thresholds:
            setting = task.setting
            healthy = setting.healthy
            grid = self.plan.grid(task.defect)
            severe = task.question(grid.severest)
            rest = f"{setting.criteria} {grid!r} {self.plan.spec.currents!r} {self.plan.spec.equivalent!r}"
            rest += f" {self.plan.spec.search.checks}" if self.plan.spec.search.checks else ""
            content = f"{self.labs.keys([healthy, severe])} {rest}"
            # How many transients a search takes depends on the first ones of the settings before.
            items[task.id] = Item("thresholds", task.id, f"{content} {helped}")
            if task.id in leaders:
                helped = items[task.id].id
        return items


_LANDMARK = "landmark"


def stored_row(stored: Mapping[str, Any]) -> ThresholdRow:
    """Return the row of a finished item."""
    return ThresholdRow(**{name: value for name, value in stored.items() if name != _LANDMARK})


def _landmark(stored: Mapping[str, Any] | None) -> Landmark | None:
    return Landmark(**{**stored, "track": tuple(map(tuple, stored["track"]))}) if stored else None


def _leaders(tasks: Sequence[ThresholdTask]) -> list[ThresholdTask]:
    """Return the first task of every setting."""
    return list({task.setting.key: task for task in reversed(tasks)}.values())[::-1]


def _parent(task: ThresholdTask, others: Sequence[ThresholdTask]) -> ThresholdTask | None:
    """Return the task of the same test whose setting is most like: at the same operating point, the nearest windows."""
    own = task.setting.stimulus.spec

    def distance(other: ThresholdTask) -> tuple[bool, float]:
        spec = other.setting.stimulus.spec
        windows = math.hypot(math.log(spec.integrate / own.integrate), math.log(spec.leaky / own.leaky))
        return other.setting.conditions != task.setting.conditions, windows

    return min((other for other in others if other.setting.test == task.setting.test), key=distance, default=None)
