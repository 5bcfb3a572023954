"""What the sections of the page are filled with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from faultsim.campaigns.results import BaselineRow, BehaviourRow, Detection, SettingRow, ThresholdRow
from faultsim.circuits.variant import NOMINAL
from faultsim.reports.comparison import ComparisonRow
from faultsim.reports.coverage import CoverageRow
from faultsim.reports.page.wording import quantity
from faultsim.reports.points import PointRow
from faultsim.reports.report import Report
from faultsim.reports.summary import summary_of

_WIDEST = 6
"""Settings that have a column each; where there are more, a defect has one strip for all of them."""
_LONGEST = 400
"""Lines of a table that nobody can sort or filter; of a longer one the page says where it is."""
_ORDER = (Detection.UNDETECTED, Detection.UNKNOWN, Detection.DETECTED)


@dataclass(frozen=True)
class Column:
    """A setting that has a column in the table of defects.

    Attributes:
        place: Of the setting, among all.
        name: For people.
    """

    place: int
    name: str


@dataclass(frozen=True)
class Line:
    """A line of the table of defects.

    Attributes:
        coverage: The defect and its verdict.
        cells: Its threshold in every column; empty where settings have none.
        best: The columns in which it is seen best.
        seen: In how many settings it has a threshold.
        searched: In how many settings it was searched.
        behaviours: What it is called.
    """

    coverage: CoverageRow
    cells: list[str]
    best: frozenset[int]
    seen: int
    searched: int
    behaviours: str


def contents(report: Report) -> dict[str, Any]:
    """Return what the templates name."""
    result, plan = report.result, report.plan
    columns = _columns(result.settings)
    return {
        "title": plan.spec.title,
        "campaign": plan.name,
        "spec": plan.spec,
        "sidecar": plan.network.sidecar,
        "circuit": plan.network.name,
        "summary": summary_of(report.coverage),
        "not_seen": [row for row in _worst_first(report.coverage) if row.verdict != Detection.DETECTED],
        "kinds": sorted({row.kind for row in report.coverage}),
        "columns": columns,
        "defects": _lines(report, columns),
        "baseline": _by_pattern(result.baseline),
        "baseline_weights": list(dict.fromkeys(row.weights for row in result.baseline)),
        "expressions": plan.observables,
        "first_point": result.settings[0] if result.settings else None,
        "longest": _LONGEST,
        "unusable": [row for row in result.settings if not row.usable],
        "equivalents": result.equivalents,
        "resistors": result.resistors,
        "tolerances": result.tolerances,
        "behaviours": result.behaviours,
        "points": report.points,
        "point_names": list(dict.fromkeys(_point(row) for row in report.points)),
        "point_table": _point_table(report.points),
        "lowest": [row for row in report.points if row.lowest],
        "thresholds": result.thresholds,
        "plan_defects": len(plan.defects),
        "left_out": plan.left_out,
        "only": plan.only,
        "plan_circuits": len(plan.simulated),
        "comparison": _grouped(report.comparison),
        "agreeing": sum(row.agrees for row in report.comparison),
        "compared": len(report.comparison),
        "sides": report.sides,
        "vectors": report.vectors,
        "chosen": report.chosen,
        "versions": report.versions,
    }


def _worst_first(rows: Sequence[CoverageRow]) -> list[CoverageRow]:
    """Return defects in the order in which somebody looks at them: the likeliest of what is not seen first."""
    places = {verdict.value: place for place, verdict in enumerate(_ORDER)}
    return sorted(rows, key=lambda row: (places[row.verdict], -row.weight))


def _columns(settings: Sequence[SettingRow]) -> list[Column]:
    if len(settings) > _WIDEST:
        return []
    tests = len({row.test for row in settings})
    points = len({(row.vdd_v, row.temperature_c, row.corner) for row in settings})
    return [Column(place, _setting_name(row, tests > 1, points > 1)) for place, row in enumerate(settings)]


def _setting_name(row: SettingRow, test: bool, point: bool) -> str:
    where = f"{row.vdd_v:g} V, {row.temperature_c:g} °C" + (f", {row.corner}" if row.corner != NOMINAL.name else "")
    return ", ".join([row.test] * test + [row.window] + [where] * point)


def _lines(report: Report, columns: Sequence[Column]) -> list[Line]:
    """Return a line for each defect, in the order of the plan, which is that of the page's data."""
    thresholds: dict[str, list[ThresholdRow]] = {}
    for row in report.result.thresholds:
        thresholds.setdefault(row.defect_id, []).append(row)
    behaviours: dict[str, list[BehaviourRow]] = {}
    for called in report.result.behaviours:
        behaviours.setdefault(called.defect_id, []).append(called)
    settings = report.result.settings
    lines = []
    for defect in report.coverage:
        found = thresholds.get(defect.defect_id, [])
        by_setting = {row.setting: row for row in found}
        lines.append(
            Line(
                coverage=defect,
                cells=[_cell(settings[column.place], by_setting) for column in columns],
                best=_best(defect, [by_setting.get(settings[column.place].setting) for column in columns]),
                seen=sum(row.threshold is not None for row in found),
                searched=len(found),
                behaviours=", ".join(dict.fromkeys(row.behaviours for row in behaviours.get(defect.defect_id, []))),
            )
        )
    return lines


def _cell(setting: SettingRow, found: Mapping[Any, ThresholdRow]) -> str:
    row = found.get(setting.setting)
    if row is None:
        return "not searched" if setting.usable else "unusable"
    if row.threshold is None:
        return "not seen" if row.verdict == Detection.UNDETECTED else row.verdict
    return quantity(row.threshold, row.unit)


def _best(defect: CoverageRow, rows: Sequence[ThresholdRow | None]) -> frozenset[int]:
    found = [place for place, row in enumerate(rows) if row is not None and row.threshold == defect.best_threshold]
    return frozenset(found) if defect.best_threshold is not None and len(rows) > 1 else frozenset()


def _by_pattern(rows: Sequence[BaselineRow]) -> dict[str, list[BaselineRow]]:
    found: dict[str, list[BaselineRow]] = {}
    for row in rows:
        found.setdefault(row.pattern, []).append(row)
    return found


def _point(row: PointRow) -> str:
    corner = "" if row.corner == NOMINAL.name else f", {row.corner}"
    return f"{row.vdd_v:g} V, {row.temperature_c:g} °C{corner}"


def _point_table(rows: Sequence[PointRow]) -> dict[tuple[str, str, str], dict[str, PointRow]]:
    """Return thresholds by (test, window, defect), then by operating point."""
    table: dict[tuple[str, str, str], dict[str, PointRow]] = {}
    for row in rows:
        table.setdefault((row.test, row.window, row.defect_id), {})[_point(row)] = row
    return table


def _grouped(rows: Sequence[ComparisonRow]) -> dict[str, list[ComparisonRow]]:
    groups: dict[str, list[ComparisonRow]] = {}
    for row in rows:
        groups.setdefault(row.table, []).append(row)
    return groups
