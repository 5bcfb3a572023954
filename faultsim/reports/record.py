"""coverage.json: the record of a campaign's coverage, after IEEE Std 2427-2025; fault_models/schema/ has its schema."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from math import log10
from typing import Any

from faultsim.campaigns.plan import Plan
from faultsim.campaigns.results import Detection, SettingKey, SettingRow, ThresholdRow
from faultsim.circuits.deck import text_of
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
    versions: Mapping[str, str],
) -> dict[str, Any]:
    """Return the record: what was run, coverage at the default severities and over resistance, and every defect.

    Args:
        plan: The campaign.
        rows: Coverage of each of its defects.
        thresholds: What its tests found.
        settings: What the fault-free circuit does in each of them.
        versions: Of what it was run with.
    """
    by_id = {row.defect_id: row for row in rows}
    found = _by_defect(thresholds)
    names = _names(settings)
    return {
        "record": VERSION,
        "standard": "IEEE Std 2427-2025, our reading of it",
        "campaign": plan.name,
        "title": plan.spec.title,
        "circuit": plan.network.name,
        "deck_sha256": hashlib.sha256(text_of(plan.network.cards).encode("utf-8", "surrogateescape")).hexdigest(),
        "simulation": {"versions": dict(versions), "options": plan.network.sidecar.simulation.model_dump()},
        "definition": {
            "coverage": "detected over considered, at each defect's default severity, at the nominal process corner",
            "low": "a failed simulation counts as undetected",
            "high": "a failed simulation counts as detected",
            "detected": "at least one of the tests fails",
        },
        "search": {
            "low_ohm": plan.spec.search.low,
            "high_ohm": plan.spec.search.high,
            "ratio": plan.spec.search.ratio,
        },
        "universe": {
            "chosen": [group.model_dump() for group in plan.spec.defects],
            "only": plan.only,
            "left_out": plan.left_out,
            "sampling": "none: every chosen defect is considered",
        },
        "weights": _weights(rows),
        "tests": [{"id": names[row.key], **asdict(row)} for row in settings],
        "verdicts": {verdict.value: sum(row.verdict == verdict for row in rows) for verdict in Detection},
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
        "defects": [
            {
                **row_of(defect),
                **_verdict(by_id[defect.id]),
                "results": [_result(row, names, by_id[defect.id].default) for row in found.get(defect.id, [])],
            }
            for defect in plan.defects
        ],
    }


def _by_defect(thresholds: Sequence[ThresholdRow]) -> dict[str, list[ThresholdRow]]:
    found: dict[str, list[ThresholdRow]] = {}
    for row in thresholds:
        found.setdefault(row.defect_id, []).append(row)
    return found


def _names(settings: Sequence[SettingRow]) -> dict[SettingKey, str]:
    """Return a name for each setting: test and window, and what else it takes to tell it from the others."""
    points = len({(row.vdd_v, row.temperature_c) for row in settings}) > 1
    return {
        row.key: ", ".join(
            [
                row.test,
                row.window,
                *[f"{row.vdd_v:g} V, {row.temperature_c:g} C"] * points,
                *[row.corner] * (row.corner != NOMINAL.name),
            ]
        )
        for row in settings
    }


def _weights(rows: Sequence[CoverageRow]) -> dict[str, Any]:
    by_kind: dict[str, float] = {}
    for row in rows:
        by_kind[row.kind] = by_kind.get(row.kind, 0.0) + row.weight
    return {"total": sum(row.weight for row in rows), "by_kind": dict(sorted(by_kind.items()))}


def _result(row: ThresholdRow, names: Mapping[SettingKey, str], default: float) -> dict[str, Any]:
    """Return what one test found: a verdict over all severities, and its bracket; whether it sees the default."""
    return {
        "test": names[row.setting],
        "verdict": row.verdict,
        "detects": row.corner == NOMINAL.name and row.fails(default),
        "passes_at": row.passes_at,
        "fails_at": row.fails_at,
        "threshold": row.threshold,
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
