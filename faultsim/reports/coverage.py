"""Coverage: which defects the campaign's tests see at their default severity, weighted and unweighted, with bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from faultsim.campaigns.results import Detection, ThresholdRow
from faultsim.circuits.variant import NOMINAL
from faultsim.fault_models.defect import Defect
from faultsim.units import format_quantity


@dataclass(frozen=True)
class CoverageRow:
    """One defect of the universe.

    ``verdict`` is at the default severity: detected where any test fails there; unknown where none does and a
    simulation failed.
    """

    circuit: str
    defect_id: str
    kind: str
    location: str
    weight: float
    unit: str
    default: float
    default_ohm: float | None
    verdict: str
    lowest_threshold: float | None
    lowest_threshold_ohm: float | None
    seen_by: str
    reason: str


@dataclass(frozen=True)
class Coverage:
    """Fractions of the universe that are detected; an unknown defect counts as undetected in low, detected in high."""

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
    return [_row(defect, [row for row in nominal if row.defect_id == defect.id]) for defect in defects]


def coverage_of(rows: Sequence[CoverageRow]) -> Coverage:
    """Return the fractions."""
    weights = sum(row.weight for row in rows)
    seen = [row for row in rows if row.verdict == Detection.DETECTED]
    maybe = [row for row in rows if row.verdict == Detection.UNKNOWN]
    weight_seen, weight_maybe = sum(row.weight for row in seen), sum(row.weight for row in maybe)
    return Coverage(
        low=len(seen) / len(rows),
        high=(len(seen) + len(maybe)) / len(rows),
        weighted_low=weight_seen / weights,
        weighted_high=(weight_seen + weight_maybe) / weights,
        total=len(rows),
    )


def _row(defect: Defect, rows: Sequence[ThresholdRow]) -> CoverageRow:
    default = defect.definition.severity.default
    seen = [row for row in rows if row.threshold is not None and row.threshold <= default]
    unknown = [row for row in rows if row.verdict == Detection.UNKNOWN]
    lowest = min((row.threshold for row in rows if row.threshold is not None), default=None)
    in_ohm = defect.unit == "ohm"
    if seen:
        verdict, reason = Detection.DETECTED, ""
    elif not rows:
        verdict, reason = Detection.UNKNOWN, "no usable test is searched for it"
    elif unknown:
        verdict, reason = Detection.UNKNOWN, unknown[0].reason
    elif not any(max(row.passes_at or 0.0, row.threshold or 0.0) >= default for row in rows):
        verdict, reason = Detection.UNKNOWN, "no test was simulated at the default severity"
    else:
        verdict, reason = Detection.UNDETECTED, rows[0].reason
        if lowest is not None:
            from_there, at = (format_quantity(value, defect.unit) for value in (lowest, default))
            reason = f"seen from {from_there} on, which is more than its default of {at}"
    return CoverageRow(
        circuit=rows[0].circuit if rows else "",
        defect_id=defect.id,
        kind=defect.definition.kind,
        location=defect.site.location,
        weight=defect.weight,
        unit=defect.unit,
        default=default,
        default_ohm=default if in_ohm else None,
        verdict=verdict.value,
        lowest_threshold=lowest,
        lowest_threshold_ohm=lowest if in_ohm else None,
        seen_by="; ".join(_setting(row, rows) for row in seen),
        reason=reason,
    )


def _setting(row: ThresholdRow, rows: Sequence[ThresholdRow]) -> str:
    """Name a setting by test and window, and by its operating point where there are several."""
    several = len({(other.vdd_v, other.temperature_c) for other in rows}) > 1
    point = f", {row.vdd_v:g} V, {row.temperature_c:g} C" if several else ""
    return f"{row.test}, {row.window}{point}"
