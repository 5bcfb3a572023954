"""Simulates what a campaign only draws, after its thresholds; whatever is finished is kept."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from faultsim.campaigns.drawn import ResponseTask, WaveformTask, response_tasks, waveform_tasks
from faultsim.campaigns.ledger import SKIPPED, Item
from faultsim.campaigns.plan import ThresholdTask
from faultsim.campaigns.results import ResponseRow, ThresholdRow, WaveformRow
from faultsim.campaigns.stage import Stage


@dataclass(frozen=True)
class Drawer(Stage):
    """The figures' part of a run.

    Attributes:
        threshold_items: The ledger's item of every threshold, by the task's id; a figure may be at one.
    """

    threshold_items: dict[str, Item]

    def waveforms(self, pool: ThreadPoolExecutor, thresholds: Sequence[ThresholdRow]) -> list[WaveformRow]:
        """Return the transients to draw, without those at a side that no threshold has."""
        if self._waveform_tasks:
            self.watcher.stage("waveforms", len(self._waveform_tasks))
        rows = pool.map(
            lambda task, item: self._waveform(task, item, thresholds), self._waveform_tasks, self.waveform_items
        )
        return [row for row in rows if row is not None]

    def responses(self, pool: ThreadPoolExecutor) -> list[ResponseRow]:
        """Return the points of all curves."""
        if self._response_tasks:
            self.watcher.stage("responses", len(self._response_tasks))
        parts = pool.map(self._response, self._response_tasks, self.response_items)
        return [row for part in parts for row in part]

    @cached_property
    def waveform_items(self) -> list[Item]:
        """The ledger's item of every transient to draw."""
        return [self._waveform_item(task) for task in self._waveform_tasks]

    @cached_property
    def response_items(self) -> list[Item]:
        """The ledger's item of every curve."""
        return [self._response_item(task) for task in self._response_tasks]

    @cached_property
    def _waveform_tasks(self) -> list[WaveformTask]:
        return waveform_tasks(self.plan)

    @cached_property
    def _response_tasks(self) -> list[ResponseTask]:
        return response_tasks(self.plan)

    def _waveform_item(self, task: WaveformTask) -> Item:
        healthy = self.labs.keys([task.setting.healthy])
        at = self.threshold_items.get(ThresholdTask(task.defect, task.setting).id) if task.defect else None
        return Item("waveforms", task.spec.figure, f"{task.spec!r} {healthy} {at.id if at else ''}")

    def _response_item(self, task: ResponseTask) -> Item:
        title = f"{task.spec.figure}|{task.defect.id if task.defect else ''}"
        return Item("responses", title, f"{task.spec!r} {self.labs.whole.keys(task.questions)}")

    def _waveform(self, task: WaveformTask, item: Item, thresholds: Sequence[ThresholdRow]) -> WaveformRow | None:
        stored, severity = self.ledger.result(item), task.severity(thresholds)
        if stored is None or (stored != SKIPPED and stored["network"] != self._network(task, severity)):
            stored, keys = self._drawn(task, severity)
            self.ledger.finish(item, stored, keys)
        self.watcher.advance()
        return None if stored == SKIPPED else WaveformRow(**stored)

    def _drawn(self, task: WaveformTask, severity: float | None) -> tuple[dict[str, Any], list[str]]:
        """Return what is kept of a transient to draw; nothing without such a side, or where the simulation failed."""
        if task.defect is not None and severity is None:
            return SKIPPED, []
        key, trace = self.labs.of(task.setting).trace(task.question(severity))
        row = task.row(severity, trace, self._network(task, severity))
        return (asdict(row) if trace.outcome.ok else SKIPPED), [key]

    def _network(self, task: WaveformTask, severity: float | None) -> str:
        """Return which network shows a waveform."""
        return self.labs.of(task.setting).network_kind(task.question(severity))

    def _response(self, task: ResponseTask, item: Item) -> list[ResponseRow]:
        stored = self.ledger.result(item)
        if stored is None:
            lab = self.labs.whole
            answers = [lab.submit(question) for question in task.questions]
            results = [answer.result().values.get(task.spec.observable) for answer in answers]
            rows = task.rows(self.plan.network.name, results)
            self.ledger.finish(item, [asdict(row) for row in rows], lab.keys(task.questions).split())
        else:
            rows = [ResponseRow(**row) for row in stored]
        self.watcher.advance()
        return rows
