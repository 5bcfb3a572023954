"""coverage.json: the record of a campaign's coverage, after IEEE Std 2427-2025; fault_models/schema/ has its schema."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from math import log10
from typing import Any

from faultsim.campaigns.plan import Plan
from faultsim.campaigns.results import Detection, SettingRow, ThresholdRow
from faultsim.circuits.variant import NOMINAL
from faultsim.fault_models.accounting import Detectability
from faultsim.fault_models.defect import Defect
from faultsim.fault_models.record import VERSION, row_of
from faultsim.reports.coverage import CoverageRow, coverage_of

_PER_DECADE = 2


def coverage_record(
    plan: Plan,
    rows: Sequence[CoverageRow],
    thresholds: Sequence[ThresholdRow],
    settings: Sequence[SettingRow],
) -> dict[str, Any]:
    """Return the record: fractions at the default severities and over resistance, and every defect with its verdict.

    Args:
        plan: The campaign.
        rows: Coverage of each of its defects.
        thresholds: What its tests found.
        settings: What the fault-free circuit does in each of them.
    """
    by_id = {row.defect_id: row for row in rows}
    return {
        "record": VERSION,
        "standard": "IEEE Std 2427-2025, our reading of it",
        "campaign": plan.name,
        "circuit": plan.network.name,
        "definition": {
            "coverage": "detected over considered, at each defect's default severity, at the nominal process corner",
            "low": "a failed simulation counts as undetected",
            "high": "a failed simulation counts as detected",
            "detected": "at least one of the tests fails",
        },
        "tests": [asdict(row) for row in settings],
        "coverage": _fractions(plan.defects, rows),
        "by_kind": {
            kind: _fractions(
                [defect for defect in plan.defects if defect.definition.kind == kind],
                [row for row in rows if row.kind == kind],
            )
            for kind in sorted({row.kind for row in rows})
        },
        "simulated": {"defects": len(plan.defects), "circuits": len(plan.simulated)},
        "over_resistance": _curve(plan, rows, thresholds),
        "defects": [{**row_of(defect), **_verdict(by_id[defect.id])} for defect in plan.defects],
    }


def _fractions(defects: Sequence[Defect], rows: Sequence[CoverageRow]) -> dict[str, Any]:
    hopeless = {defect.id for defect in defects if defect.accounting.detectability is Detectability.STRUCTURALLY}
    return {
        "all": asdict(coverage_of(rows)),
        "without_structurally_undetectable": asdict(
            coverage_of([row for row in rows if row.defect_id not in hopeless])
        ),
    }


def _curve(plan: Plan, rows: Sequence[CoverageRow], thresholds: Sequence[ThresholdRow]) -> list[dict[str, Any]]:
    """Return coverage of opens, and of bridges and shorts, if all of them had one resistance."""
    low, high = plan.spec.search.low, plan.spec.search.high
    steps = round(_PER_DECADE * log10(high / low))
    points = [low * (high / low) ** (step / steps) for step in range(steps + 1)]
    nominal = [row for row in thresholds if row.corner == NOMINAL.name]
    found: dict[str, list[ThresholdRow]] = {row.defect_id: [] for row in rows}
    for row in nominal:
        found[row.defect_id].append(row)
    groups: dict[str, Callable[[CoverageRow], bool]] = {
        "opens": lambda row: row.kind == "open",
        "bridges": lambda row: row.kind in ("bridge", "short"),
    }
    curve = []
    for point in points:
        there = [replace(row, verdict=_verdict_at(found[row.defect_id], point)) for row in rows if row.unit == "ohm"]
        fractions = {name: asdict(coverage_of([row for row in there if asked(row)])) for name, asked in groups.items()}
        curve.append({"r_ohm": point, **{name: value for name, value in fractions.items() if value["total"]}})
    return curve


def _verdict_at(rows: Sequence[ThresholdRow], severity: float) -> str:
    if any(row.fails(severity) for row in rows):
        return Detection.DETECTED.value
    sure = bool(rows) and all(row.verdict != Detection.UNKNOWN and row.reaches(severity) for row in rows)
    return (Detection.UNDETECTED if sure else Detection.UNKNOWN).value


def _verdict(row: CoverageRow) -> dict[str, Any]:
    return {
        "verdict": row.verdict,
        "best_threshold": row.best_threshold,
        "seen_by": row.seen_by,
        "reason": row.reason,
    }
