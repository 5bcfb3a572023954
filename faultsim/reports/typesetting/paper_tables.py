"""The tables of a run that a paper prints: thresholds by window, published values beside ours, coverage."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from faultsim.campaigns.results import FAILS_BELOW, Detection, SettingRow, ThresholdRow
from faultsim.circuits.variant import NOMINAL
from faultsim.reports.comparison import ComparisonRow, Side
from faultsim.reports.coverage import CoverageRow, coverage_of
from faultsim.reports.run_folders.run_table import rows_of
from faultsim.reports.typesetting.typeset import Cell, Quantity, Share, Table

if TYPE_CHECKING:
    from faultsim.reports.run_folders.run import Run

KINDS = ("thresholds", "comparison", "coverage")
_WIDEST = 6
"""Windows side by side in a column of print."""
_LONGEST = 60
"""Letters of a name of a file."""
_NUMBER = re.compile(r"[-+]?\d.*")


def paper_tables(run: Run, kind: str) -> list[Table]:
    """Return the tables of one of `KINDS`, each of a name of its own.

    Raises:
        UsageError: A table of the run cannot be read.
    """
    makers = {"thresholds": _thresholds, "comparison": _comparison, "coverage": _coverage}
    tables: dict[str, Table] = {}
    for table in makers[kind](run):
        names = (table.name, *(f"{table.name}-{number}" for number in range(2, len(tables) + 2)))
        name = next(name for name in names if name not in tables)
        tables[name] = replace(table, name=name)
    return list(tables.values())


def file_name(text: str) -> str:
    """Return text as a name of letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[:_LONGEST].strip("-") or "table"


def _thresholds(run: Run) -> Iterator[Table]:
    """Yield a table per test, operating point and corner, and one more for each further page of windows."""
    settings = rows_of(run.settings, SettingRow)
    found = {(row.defect_id, row.setting): row for row in rows_of(run.thresholds, ThresholdRow)}
    defects = list(run.coverage["defect_id"])
    for group in _grouped(settings):
        for start in range(0, len(group), _WIDEST):
            page = group[start : start + _WIDEST]
            lines = [(name, [found.get((name, window.key)) for window in page]) for name in defects]
            searched = {name: rows for name, rows in lines if any(rows)}
            if searched:
                yield _threshold_table(page, searched)


def _threshold_table(windows: Sequence[SettingRow], searched: Mapping[str, Sequence[ThresholdRow | None]]) -> Table:
    first = windows[0]
    corner = "" if first.corner == NOMINAL.name else f", corner {first.corner}"
    point = f"{first.vdd_v:g} V, {first.temperature_c:g} °C{corner}"
    thresholds = [row for rows in searched.values() for row in rows if row is not None]
    return Table(
        name=file_name(f"thresholds {first.test}"),
        caption=f"{_what(thresholds)}, test {first.test} ({point})",
        head=("Defect", *(window.window for window in windows)),
        rows=tuple((name, *map(_threshold, rows, windows)) for name, rows in searched.items()),
        notes=tuple(_threshold_notes(thresholds)),
    )


def _grouped(settings: Sequence[SettingRow]) -> list[list[SettingRow]]:
    """Return the settings of each test at each operating point, in the order of the campaign."""
    groups: dict[tuple[str, float, float, str], list[SettingRow]] = {}
    for row in settings:
        groups.setdefault((row.test, row.vdd_v, row.temperature_c, row.corner), []).append(row)
    return list(groups.values())


def _what(rows: Sequence[ThresholdRow]) -> str:
    kinds = {(row.kind, row.direction == FAILS_BELOW) for row in rows}
    if kinds == {("open", False)}:
        return "Minimum detectable resistance of opens"
    if kinds and all(below and kind in ("bridge", "short") for kind, below in kinds):
        return "Maximum detectable resistance of bridges and shorts"
    return "Threshold of each defect"


def _threshold(row: ThresholdRow | None, setting: SettingRow) -> Cell:
    if row is None:
        return None if setting.usable else "unusable"
    if row.threshold is not None:
        return Quantity(row.threshold, row.unit)
    return "not detected" if row.verdict == Detection.UNDETECTED else row.verdict


def _threshold_notes(rows: Sequence[ThresholdRow]) -> Iterator[str]:
    below = {row.direction == FAILS_BELOW for row in rows}
    if below == {True, False}:
        yield "Opens and defects of devices are seen from the value on, bridges and shorts up to it."
    steps = [
        max(row.fails_at, row.passes_at) / min(row.fails_at, row.passes_at) - 1
        for row in rows
        if row.fails_at and row.passes_at
    ]
    if steps:
        yield f"Each value fails in SPICE, and one that is at most {max(steps):.1%} less severe passes."


def _comparison(run: Run) -> Iterator[Table]:
    rows = rows_of(run.comparison, ComparisonRow)
    if not rows:
        return
    agreeing = sum(row.agrees for row in rows)
    sides = rows_of(run.contradictions, Side)
    yield Table(
        name="comparison",
        caption=f"Published values beside ours: {agreeing} of {len(rows)} agree",
        head=("Source", "Item", "Published", "Ours", "Ratio", "Agrees", "Why"),
        rows=tuple(map(_compared, rows)),
        notes=(
            "Ratio: ours over the nearer end of what is published.",
            *(f"{side.text} {side.side[:1].upper()}{side.side[1:]}" for side in sides),
        ),
    )


def _compared(row: ComparisonRow) -> tuple[Cell, ...]:
    published, ours = (_published(text, row.unit) for text in (row.published, row.ours))
    return row.table, row.item, published, ours, row.ratio, row.agrees, row.why


def _published(text: str, unit: str) -> Cell:
    """Return a published value or ours as a quantity; a verdict stays a word."""
    if not _NUMBER.fullmatch(text):
        return text
    low, _, high = text.partition(" to ")
    return Quantity(float(low), unit, float(high) if high else None)


def _coverage(run: Run) -> Iterator[Table]:
    rows = rows_of(run.coverage, CoverageRow)
    groups = [("all", rows)]
    kinds = list(dict.fromkeys(row.kind for row in rows))
    groups += [(kind, [row for row in rows if row.kind == kind]) for kind in kinds if len(kinds) > 1]
    yield Table(
        name="coverage",
        caption="Coverage at the default severities",
        head=("Defects", "Number", *(verdict.value.capitalize() for verdict in Detection), "Coverage", "Weighted"),
        rows=tuple((name, *_counts(members)) for name, members in groups),
        notes=("A range is what unknown verdicts leave: counted as undetected, and as detected.",),
    )
    yield Table(
        name="coverage-defects",
        caption="Verdict of each defect at its default severity",
        head=("Defect", "Kind", "Weight", "Default", "Best threshold", "Verdict", "Why not"),
        rows=tuple(map(_judged, rows)),
    )


def _judged(row: CoverageRow) -> tuple[Cell, ...]:
    default = Quantity(row.default, row.unit)
    best = None if row.best_threshold is None else Quantity(row.best_threshold, row.unit)
    why = "; ".join(filter(None, (row.undetectable, row.reason)))
    return row.defect_id, row.kind, row.weight, default, best, row.verdict, why


def _counts(rows: Sequence[CoverageRow]) -> list[Cell]:
    coverage = coverage_of(rows)
    counts = [sum(row.verdict == verdict for row in rows) for verdict in Detection]
    shares = Share(coverage.low, coverage.high), Share(coverage.weighted_low, coverage.weighted_high)
    return [len(rows), *counts, *shares]
