"""What changed between two runs, as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from faultsim.reports.coverage import Coverage
from faultsim.reports.run_folders.changes import Changes, CoverageChange, Difference
from faultsim.reports.run_folders.moves import Move
from faultsim.reports.typesetting.typeset import Cell, Quantity, Share, Table

KINDS = ("coverage", "verdicts", "thresholds", "defects", "circuit", "sources")
_HASH = 64
_HASH_SHOWN = 12


def change_tables(changes: Changes, kind: str) -> list[Table]:
    """Return the tables of one of `KINDS`, those in which something changed.

    ``defects`` is which ones there are, ``circuit`` what the fault-free circuit does, ``sources`` what the runs were
    made with.
    """
    makers = {
        "coverage": _coverage,
        "verdicts": _verdicts,
        "thresholds": _thresholds,
        "defects": _defects,
        "circuit": _circuit,
        "sources": _sources,
    }
    return [table for table in makers[kind](changes) if table.rows]


def _coverage(changes: Changes) -> Iterator[Table]:
    yield Table(
        "changes-coverage",
        "Coverage at the default severities",
        ("Defects", *(f"{what} {side}" for what in ("Number", "Coverage", "Weighted") for side in ("before", "after"))),
        tuple(map(_covered, changes.coverage)),
    )


def _defects(changes: Changes) -> Iterator[Table]:
    for name, ids in (("added", changes.added), ("removed", changes.removed)):
        yield Table(f"changes-{name}", f"Defects {name}", ("Defect",), tuple((identity,) for identity in ids))
    yield _differences("changes-defects", "What is told of defects", changes.defects)


def _covered(change: CoverageChange) -> tuple[Cell, ...]:
    sides: list[Coverage] = [change.before, change.after]
    totals = (side.total for side in sides)
    shares = (Share(side.low, side.high) if side.total else None for side in sides)
    weighted = (Share(side.weighted_low, side.weighted_high) if side.total else None for side in sides)
    return change.of, *totals, *shares, *weighted


def _verdicts(changes: Changes) -> Iterator[Table]:
    yield Table(
        "changes-verdicts",
        "Defects with another verdict at their default severity",
        ("Defect", "Weight", "Before", "After", "Change", "Why"),
        tuple((row.defect_id, row.weight, row.before, row.after, row.change, row.reason) for row in changes.verdicts),
    )


def _thresholds(changes: Changes) -> Iterator[Table]:
    found = changes.thresholds
    points = len({(move.vdd_v, move.temperature_c, move.corner) for move in found.found}) > 1
    others = [f"{found.unchanged} thresholds are where they were, within one step of the search."]
    for count, side in ((found.only_before, "earlier"), (found.only_after, "later")):
        others += [f"{count} are of defects or settings that only the {side} run has."] * (count > 0)
    yield Table(
        "changes-thresholds",
        "Thresholds that moved, the furthest first",
        ("Defect", "Test", "Window", *["Point"] * points, "Before", "After", "Ratio", "Test sees"),
        tuple(_moved(move, points) for move in found.found),
        tuple(others),
    )


def _moved(move: Move, points: bool) -> tuple[Cell, ...]:
    corner = "" if move.corner == "nominal" else f", {move.corner}"
    point = [f"{move.vdd_v:g} V, {move.temperature_c:g} °C{corner}"] * points
    before = _threshold(move.threshold_before, move.unit, move.verdict_before)
    after = _threshold(move.threshold_after, move.unit, move.verdict_after)
    return move.defect_id, move.test, move.window, *point, before, after, move.ratio, move.sees


def _threshold(value: float | None, unit: str, verdict: str) -> Cell:
    return Quantity(value, unit) if value is not None else verdict


def _circuit(changes: Changes) -> Iterator[Table]:
    yield _differences("changes-baseline", "The fault-free circuit", changes.baseline)
    yield _differences("changes-settings", "Tests, and the fault-free circuit in them", changes.settings)


def _sources(changes: Changes) -> Iterator[Table]:
    yield _differences("changes-sources", "What the runs were made with", changes.sources)


def _differences(name: str, caption: str, found: Sequence[Difference]) -> Table:
    rows = tuple((one.what, _value(one.before), _value(one.after)) for one in found)
    return Table(name, caption, ("What", "Before", "After"), rows)


def _value(value: Any) -> Cell:
    if isinstance(value, str) and len(value) == _HASH:
        return value[:_HASH_SHOWN]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
