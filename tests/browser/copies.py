"""A report of many defects and windows, as copies of what a real run has found: as large as one of 500 x 25."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

from faultsim.campaigns.results import CampaignResult, PortraitRow, SettingRow, ThresholdRow
from faultsim.campaigns.runner import stored_result
from faultsim.cli.finished import finished_of
from faultsim.cli.status import open_ledger
from faultsim.fault_models.defect import Defect
from faultsim.reports.figures.pictures import draw
from faultsim.reports.page.page import render
from faultsim.reports.report import report_of


def large_page(run: Path, defects: int, windows: int) -> str:
    """Return the page of a finished run whose defects and windows are there as often as it takes.

    Each copy has what its original has: thresholds in every window, a curve of currents, a portrait.
    """
    with closing(open_ledger(run)) as ledger:
        found = finished_of(run, ledger)
        plan, result = found.plan, stored_result(ledger, found.plan)
    originals = list(islice(cycle(plan.defects), defects))
    copies = [replace(defect, id=f"{defect.id} {place}") for place, defect in enumerate(originals)]
    setting, *more = result.settings
    names = [f"window {place}" for place in range(windows - 1 - len(more))]
    pairs = list(zip(originals, copies, strict=True))
    result = replace(
        result,
        settings=(*result.settings, *(replace(setting, window=name) for name in names)),
        thresholds=tuple(_thresholds(result, setting, names, pairs)),
        currents=tuple(
            replace(row, defect_id=copy.id)
            for original, copy in pairs
            for row in result.currents
            if row.defect_id == original.id
        ),
        portraits=tuple(_portraits(result, pairs)),
    )
    plan = replace(plan, defects=tuple(copies))
    report = report_of(plan, result, found.versions)
    return render(report, draw(report))


def _thresholds(
    result: CampaignResult, setting: SettingRow, windows: list[str], pairs: list[tuple[Defect, Defect]]
) -> Iterator[ThresholdRow]:
    for original, copy in pairs:
        own = [replace(row, defect_id=copy.id) for row in result.thresholds if row.defect_id == original.id]
        yield from own
        first = next(row for row in own if row.setting == setting.setting)
        yield from (replace(first, window=window) for window in windows)


def _portraits(result: CampaignResult, pairs: list[tuple[Defect, Defect]]) -> Iterator[PortraitRow]:
    rows = {row.defect_id: row for row in result.portraits}
    yield from (row for row in result.portraits if not row.defect_id)
    yield from (replace(rows[original.id], defect_id=copy.id) for original, copy in pairs if original.id in rows)
