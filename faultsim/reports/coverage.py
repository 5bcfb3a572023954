"""Coverage: which defects the campaign's tests see at their default severity, weighted and unweighted, with bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from faultsim.campaigns.results import FAILS_BELOW, Detection, ThresholdRow, best_threshold
from faultsim.circuits.variant import NOMINAL
from faultsim.fault_models.defect import Defect
from faultsim.units import format_quantity


@dataclass(frozen=True)
class CoverageRow:
    """One defect of the universe.

    ``verdict`` is at the default severity: detected where any test fails there; unknown where none does and a
    simulation failed. ``best_threshold`` is that of the test that sees it best: an open's smallest, a bridge's largest.
    ``same_as`` names the defect of the campaign that was simulated for it. ``undetectable`` is what the circuit's
    structure says.
    """

    circuit: str
    defect_id: str
    kind: str
    location: str
    weight: float
    unit: str
    direction: str
    default: float
    default_ohm: float | None
    verdict: str
    best_threshold: float | None
    best_threshold_ohm: float | None
    same_as: str
    undetectable: str
    seen_by: str
    reason: str


@dataclass(frozen=True)
class Coverage:
    """Fractions of the universe that are detected; an unknown defect counts as undetected in low, detected in high.

    Attributes:
        low: Share of the defects.
        high: Share of the defects, unknown ones counted as detected.
        weighted_low: Share of the weights.
        weighted_high: Share of the weights, unknown ones counted as detected.
        total: How many defects these are.
    """

    low: float
    high: float
    weighted_low: float
    weighted_high: float
    total: int


def coverage_rows(defects: Sequence[Defect], thresholds: Sequence[ThresholdRow]) -> list[CoverageRow]:
    """Return a row per defect, over all settings of the campaign at the nominal process corner.

    A corner is nothing that a test chooses: a defect that only slow transistors show is not covered.
    """
    nominal = [row for row in thresholds if row.corner == NOMINAL.name]
    leads: dict[str, str] = {}
    rows = []
    for defect in defects:
        # Of a universe a campaign may consider a part without the defect that the others are named after.
        lead = leads.setdefault(defect.accounting.same_as or defect.id, defect.id)
        own = [row for row in nominal if row.defect_id == defect.id]
        rows.append(_row(defect, own, lead if lead != defect.id else ""))
    return rows


def coverage_of(rows: Sequence[CoverageRow]) -> Coverage:
    """Return the fractions; of nothing they are zero."""
    weights = sum(row.weight for row in rows)
    seen = [row for row in rows if row.verdict == Detection.DETECTED]
    maybe = [row for row in rows if row.verdict in (Detection.DETECTED, Detection.UNKNOWN)]
    return Coverage(
        low=_share(len(seen), len(rows)),
        high=_share(len(maybe), len(rows)),
        weighted_low=_share(sum(row.weight for row in seen), weights),
        weighted_high=_share(sum(row.weight for row in maybe), weights),
        total=len(rows),
    )


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _row(defect: Defect, rows: Sequence[ThresholdRow], same_as: str) -> CoverageRow:
    default = defect.definition.severity.default
    seen = [row for row in rows if row.fails(default)]
    best = best_threshold(rows)
    in_ohm = defect.unit == "ohm"
    verdict, reason = (Detection.DETECTED, "") if seen else _unseen(defect, rows, best)
    accounting = defect.accounting
    return CoverageRow(
        circuit=rows[0].circuit if rows else "",
        defect_id=defect.id,
        kind=defect.definition.kind,
        location=defect.location,
        weight=defect.weight,
        unit=defect.unit,
        direction=defect.definition.severity.direction,
        default=default,
        default_ohm=default if in_ohm else None,
        verdict=verdict.value,
        best_threshold=best,
        best_threshold_ohm=best if in_ohm else None,
        same_as=same_as,
        undetectable=": ".join(filter(None, (accounting.detectability.value, accounting.reason))),
        seen_by="; ".join(_setting(row, rows) for row in seen),
        reason=reason,
    )


def _unseen(defect: Defect, rows: Sequence[ThresholdRow], best: float | None) -> tuple[Detection, str]:
    """Return the verdict on a defect that no test was found to see at its default, and why."""
    default = defect.definition.severity.default
    unknown = [row for row in rows if row.verdict == Detection.UNKNOWN]
    if not rows:
        return Detection.UNKNOWN, "no usable test is searched for it"
    if unknown:
        return Detection.UNKNOWN, unknown[0].reason
    if not any(row.reaches(default) for row in rows):
        return Detection.UNKNOWN, "no test was simulated at the default severity"
    if best is None:
        return Detection.UNDETECTED, _reasons(rows)
    from_there, at = (format_quantity(value, defect.unit) for value in (best, default))
    below = rows[0].direction == FAILS_BELOW
    word, than = ("down", "less") if below else ("on", "more")
    return Detection.UNDETECTED, f"seen from {from_there} {word}, which is {than} than its default of {at}"


def _reasons(rows: Sequence[ThresholdRow]) -> str:
    """Return why no test sees a defect: each test's reason in its first setting, by name where there are several."""
    first: dict[str, str] = {}
    for row in rows:
        first.setdefault(row.test, row.reason)
    return "; ".join(f"{test}: {reason}" for test, reason in first.items()) if len(first) > 1 else rows[0].reason


def _setting(row: ThresholdRow, rows: Sequence[ThresholdRow]) -> str:
    """Name a setting by test and window, and by its operating point where there are several."""
    several = len({(other.vdd_v, other.temperature_c) for other in rows}) > 1
    point = f", {row.vdd_v:g} V, {row.temperature_c:g} C" if several else ""
    return f"{row.test}, {row.window}{point}"
