"""Searches all thresholds of a run, each near where it is predicted; whatever is finished is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cached_property

from faultsim.campaigns.lab import Question
from faultsim.campaigns.ledger import SKIPPED, Item
from faultsim.campaigns.plan import Plan, ThresholdTask
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
from faultsim.campaigns.threshold import Finding, find_threshold, predicted_index


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
        """Search the first defect of every setting, then the others near where it predicts them.

        The first one is looked for where the neuron's threshold current has it, if that is known.
        """
        tasks = self.plan.thresholds
        self.watcher.stage("thresholds", len(tasks))
        items = self.by_task
        usable = {row.key for row in settings if row.usable}
        skipped = [task for task in tasks if task.setting.key not in usable]
        for task in skipped:
            self.ledger.finish(items[task.id], SKIPPED, ())
            self.watcher.advance()
        asked = [task for task in tasks if task.setting.key in usable]
        leaders = list({task.setting.key: task for task in reversed(asked)}.values())
        followers = [task for task in asked if task not in leaders]
        ahead = _predictor(self.plan, _threshold_currents(self.plan, currents, neurons), currents)
        first = list(pool.map(lambda task: self._finding(task, items[task.id], ahead(task)), leaders))
        levels = {task.setting.key: found.level for task, found in zip(leaders, first, strict=True)}
        guess = _predictor(self.plan, levels, currents)
        rest = list(pool.map(lambda task: self._finding(task, items[task.id], guess(task)), followers))
        rows = {task.id: found.row for task, found in zip([*leaders, *followers], [*first, *rest], strict=True)}
        return [rows[task.id] for task in asked]

    def _finding(self, task: ThresholdTask, item: Item, guess: int | None) -> Finding:
        stored, lab, setting = self.ledger.result(item), self.labs.of(task.setting), task.setting
        severe = Question(setting.stimulus, setting.conditions, task.defect, self.plan.grid(task.defect).severest)
        usable = stored not in (None, SKIPPED) and stored["verdict"] != Detection.UNKNOWN
        if not usable or stored["network"] != lab.network_kind(severe):
            found = find_threshold(self.plan, lab, task, guess)
            if found.row.verdict == Detection.UNKNOWN and found.row.network == EQUIVALENT:
                # Where only the equivalent fails, there is an answer all the same.
                found = find_threshold(self.plan, self.labs.whole, task, guess)
            self.ledger.finish(item, {**asdict(found.row), "level": found.level}, found.transients)
        else:
            level = stored.pop("level")
            found = Finding(ThresholdRow(**stored), (), level)
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
        for task in self.plan.thresholds:
            setting = task.setting
            healthy = Question(setting.stimulus, setting.conditions)
            grid = self.plan.grid(task.defect)
            severe = Question(setting.stimulus, setting.conditions, task.defect, grid.severest)
            rest = f"{setting.criteria} {grid!r} {self.plan.spec.currents!r} {self.plan.spec.equivalent!r}"
            items[task.id] = Item("thresholds", task.id, f"{self.labs.keys([healthy, severe])} {rest}")
        return items


def _threshold_currents(
    plan: Plan, currents: Sequence[CurrentRow], neurons: Sequence[NeuronRow]
) -> dict[SettingKey, float | None]:
    """Return the swept current at which the neuron ceases to spike, in the settings that ask for just that."""
    whole = next((row.im_wr_a for row in currents if row.r_ohm == 0), None)
    drives = {row.window: row.threshold_drive for row in neurons if row.monotone}
    if not isinstance(whole, int | float):
        return {}
    return {
        setting.key: drive * whole
        for setting in plan.settings
        if setting.observable == "spiked" and setting.conditions == plan.conditions[0] and not setting.stimulus.program
        if (drive := drives.get(setting.window)) is not None
    }


def _predictor(
    plan: Plan, levels: dict[SettingKey, float | None], currents: Sequence[CurrentRow]
) -> Callable[[ThresholdTask], int | None]:
    curves: dict[str, list[tuple[float, float]]] = {}
    for row in currents:
        if row.r_ohm > 0 and isinstance(row.im_wr_a, int | float):
            curves.setdefault(row.defect_id, []).append((row.r_ohm, float(row.im_wr_a)))

    def guess(task: ThresholdTask) -> int | None:
        level = levels.get(task.setting.key)
        grid, curve = plan.grid(task.defect), curves.get(task.defect.id, [])
        return None if level is None else predicted_index(grid, level, curve)

    return guess
