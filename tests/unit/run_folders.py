"""Run folders of a few rows, written by what writes real ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from faultsim.campaigns.results import BaselineRow, BehaviourRow, CurrentRow, SettingRow, ThresholdRow
from faultsim.reports.coverage import CoverageRow, coverage_of
from faultsim.reports.files import write_file
from faultsim.reports.tables import write_table
from faultsim.vectors.table import VectorRow


def threshold(defect: str = "R1", ohm: float | None = 16e3, **changed: Any) -> ThresholdRow:
    """Return a row of an open, on a grid of 1 per cent; without a resistance it is undetected."""
    row = ThresholdRow(
        circuit="c",
        defect_id=defect,
        kind="open",
        location="bl",
        test="t",
        window="w",
        observable="spiked",
        corner="nominal",
        vdd_v=1.1,
        temperature_c=27.0,
        weights="",
        program="",
        pattern="0111",
        integrate_window_s=1e-9,
        leaky_window_s=9e-9,
        pulses=3,
        verdict="undetected" if ohm is None else "detected",
        direction="fails_above",
        unit="ohm",
        passes_at=1e9 if ohm is None else ohm / 1.01,
        fails_at=ohm,
        threshold=ohm,
        r_pass_ohm=1e9 if ohm is None else ohm / 1.01,
        r_fail_ohm=ohm,
        threshold_ohm=ohm,
        crossings=0 if ohm is None else 1,
        transients=3,
        network="whole",
        reason="as fault-free" if ohm is None else "",
    )
    return replace(row, **changed)


def covered(defect: str = "R1", verdict: str = "detected", **changed: Any) -> CoverageRow:
    seen = verdict == "detected"
    row = CoverageRow(
        circuit="c",
        defect_id=defect,
        kind="open",
        location="bl",
        weight=1.0,
        unit="ohm",
        direction="fails_above",
        default=1e9,
        default_ohm=1e9,
        verdict=verdict,
        best_threshold=16e3 if seen else None,
        best_threshold_ohm=16e3 if seen else None,
        same_as="",
        undetectable="",
        seen_by="t, w" if seen else "",
        reason="" if seen else "why not",
    )
    return replace(row, **changed)


def setting(test: str = "t", window: str = "w", **changed: Any) -> SettingRow:
    row = SettingRow(
        circuit="c",
        test=test,
        window=window,
        corner="nominal",
        vdd_v=1.1,
        temperature_c=27.0,
        weights="0111",
        program="",
        program_delay_s=None,
        pattern="0111",
        start_s=1e-9,
        integrate_window_s=1e-9,
        leaky_window_s=9e-9,
        pulses=3,
        usable=True,
        reason="",
        observable="spiked",
        limits_relative=None,
        expected=True,
        spiked=True,
        pulses_to_spike=3,
        im_wr_a=1e-4,
    )
    return replace(row, **changed)


def write_run(
    folder: Path,
    thresholds: Sequence[ThresholdRow] = (),
    coverage: Sequence[CoverageRow] = (),
    settings: Sequence[SettingRow] = (),
    baseline: Sequence[BaselineRow] = (),
    **manifest: Any,
) -> Path:
    """Write as much of a finished run as its readers need."""
    write_table(folder / "thresholds.csv", ThresholdRow, thresholds)
    write_table(folder / "coverage.csv", CoverageRow, coverage)
    write_table(folder / "settings.csv", SettingRow, settings)
    write_table(folder / "baseline.csv", BaselineRow, baseline)
    write_table(folder / "currents.csv", CurrentRow, [])
    write_table(folder / "behaviours.csv", BehaviourRow, [])
    write_table(folder / "vectors" / "vectors.csv", VectorRow, [])
    write_file(folder / "coverage.json", json.dumps({"title": "A run"}))
    stated = {"campaign": folder.name, "circuit": "c", "coverage": asdict(coverage_of(coverage)), **manifest}
    write_file(folder / "manifest.json", json.dumps(stated))
    return folder
