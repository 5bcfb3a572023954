"""What of a plan a stored transient was simulated for, by the title of the result that rests on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from faultsim.campaigns.drawn import response_tasks, waveform_tasks
from faultsim.campaigns.plan import Plan, Setting, ThresholdTask
from faultsim.campaigns.question import Question
from faultsim.campaigns.results import EquivalentRow, ThresholdRow

STAGES = ("settings", "baseline", "thresholds", "waveforms", "equivalents", "responses")
"""Stages whose transients are found again, those that say most about one first."""


@dataclass(frozen=True)
class Origin:
    """A transient that a plan may have asked for.

    Attributes:
        question: What was asked.
        setting: The test at its window and operating point; None for a pattern of the baseline.
        row: The threshold whose search asked, where one did.
    """

    question: Question
    setting: Setting | None = None
    row: ThresholdRow | None = None


@dataclass(frozen=True)
class Origins:
    """What the results of a run may rest on.

    Attributes:
        plan: The campaign.
        thresholds: Those that are finished.
        equivalents: The comparisons that are.
    """

    plan: Plan
    thresholds: Sequence[ThresholdRow]
    equivalents: Sequence[EquivalentRow]

    def of(self, stage: str, title: str) -> Iterator[Origin]:
        """Yield what the result of an item may have asked for, what is likely first; only of `STAGES` is it known."""
        match stage:
            case "settings":
                yield from (Origin(one.healthy, one) for one in self.plan.settings if _title(one) == title)
            case "baseline":
                point = self.plan.conditions[0]
                yield from (Origin(Question(one, point)) for one in self.plan.baseline if one.pattern == title)
            case "thresholds":
                for task in self.plan.thresholds:
                    if task.id == title:
                        yield from self._searched(task)
            case "waveforms":
                yield from self._drawn(title)
            case "equivalents":
                yield from self._compared(title)
            case "responses":
                yield from self._followed(title)

    def _searched(self, task: ThresholdTask) -> Iterator[Origin]:
        """Yield what a search may have probed, from its threshold outwards."""
        asked = (task.defect.id, task.setting.key)
        row = next((row for row in self.thresholds if (row.defect_id, row.setting) == asked), None)
        grid = self.plan.grid(task.defect)
        side = (row.fails_at or row.passes_at) if row else None
        centre = grid.nearest(side or grid.severest)
        yield Origin(task.setting.healthy, task.setting, row)
        for index in sorted(range(len(grid)), key=lambda index: abs(index - centre)):
            yield Origin(task.question(grid[index]), task.setting, row)

    def _drawn(self, figure: str) -> Iterator[Origin]:
        for task in waveform_tasks(self.plan):
            if task.spec.figure == figure:
                yield Origin(task.question(task.severity(self.thresholds)), task.setting)

    def _compared(self, title: str) -> Iterator[Origin]:
        for setting in self.plan.settings:
            if not title.startswith(_title(setting)):
                continue
            yield Origin(setting.healthy, setting)
            for row in self.equivalents:
                if row.defect_id and row.setting == setting.key:
                    defect = self.plan.known[row.defect_id]
                    yield Origin(replace(setting.healthy, defect=defect, severity=row.severity), setting)

    def _followed(self, title: str) -> Iterator[Origin]:
        for task in response_tasks(self.plan):
            if title == f"{task.spec.figure}|{task.defect.id if task.defect else ''}":
                yield from map(Origin, task.questions, task.settings)


def _title(setting: Setting) -> str:
    return "|".join(map(str, setting.key))
