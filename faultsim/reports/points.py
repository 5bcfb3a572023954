"""What operating points and process corners do to thresholds: each beside the campaign's first point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from faultsim.campaigns.results import SettingRow, ThresholdRow, best_threshold
from faultsim.circuits.variant import NOMINAL


@dataclass(frozen=True)
class PointRow:
    """One threshold beside that of the same defect, test and window at the first operating point that has one.

    ``ratio`` below 1 means that the test sees smaller opens here, and that it sees bridges less well. ``lowest`` marks
    the operating point (not the process corner, which nobody can set) at which a test sees the defect best.
    """

    circuit: str
    defect_id: str
    test: str
    window: str
    corner: str
    vdd_v: float
    temperature_c: float
    verdict: str
    unit: str
    threshold: float | None
    reference: float | None
    ratio: float | None
    lowest: bool


def point_rows(settings: Sequence[SettingRow], thresholds: Sequence[ThresholdRow]) -> list[PointRow]:
    """Return a row per defect and setting; empty where the campaign has one operating point and no corners.

    A setting in which the test is unusable has rows as well, with the verdict ``unusable``.
    """
    if len({(row.vdd_v, row.temperature_c, row.corner) for row in settings}) < 2:
        return []
    searched = {(row.defect_id, row.setting): row for row in thresholds}
    defects: dict[str, list[str]] = {}
    for row in thresholds:
        defects.setdefault(row.test, [])
        if row.defect_id not in defects[row.test]:
            defects[row.test].append(row.defect_id)
    rows = []
    for setting in settings:
        for defect in defects.get(setting.test, []):
            rows.append(_row(defect, setting, searched.get((defect, setting.key)), thresholds))
    return rows


def _row(defect: str, setting: SettingRow, found: ThresholdRow | None, thresholds: Sequence[ThresholdRow]) -> PointRow:
    alike = [row for row in thresholds if (row.defect_id, row.test) == (defect, setting.test)]
    reference = next((row.threshold for row in alike if row.threshold and row.window == setting.window), None)
    settable = [row for row in alike if row.corner == NOMINAL.name]
    threshold = found.threshold if found is not None else None
    return PointRow(
        circuit=setting.circuit,
        defect_id=defect,
        test=setting.test,
        window=setting.window,
        corner=setting.corner,
        vdd_v=setting.vdd_v,
        temperature_c=setting.temperature_c,
        verdict=found.verdict if found is not None else "unusable",
        unit=found.unit if found is not None else "",
        threshold=threshold,
        reference=reference,
        ratio=threshold / reference if threshold is not None and reference else None,
        lowest=setting.corner == NOMINAL.name and threshold is not None and threshold == best_threshold(settable),
    )
