"""Writes a run folder's tables, vectors and page; the manifest comes last and says that all of it is there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faultsim.campaigns.ledger import Ledger
from faultsim.campaigns.plan import Plan
from faultsim.campaigns.results import (
    BaselineRow,
    BehaviourRow,
    CampaignResult,
    CurrentRow,
    EquivalentRow,
    NeuronRow,
    ResistorRow,
    ResponseRow,
    SettingRow,
    ThresholdRow,
    ToleranceRow,
)
from faultsim.circuits.deck import text_of
from faultsim.reports.comparison import ComparisonRow, Side
from faultsim.reports.coverage import CoverageRow, coverage_of
from faultsim.reports.figures.figure import Figure
from faultsim.reports.figures.pictures import draw
from faultsim.reports.files import remove, remove_parts, write_bytes, write_file
from faultsim.reports.page.page import render
from faultsim.reports.planes import TrendRow, plane_maps, trend_rows
from faultsim.reports.points import PointRow
from faultsim.reports.report import Report, report_of
from faultsim.reports.tables import write_table
from faultsim.vectors.table import VectorRow

if TYPE_CHECKING:
    from faultsim.vectors.record import SetRecord

MANIFEST = "manifest.json"
PAGE = "report.html"


def write_folder(folder: Path, plan: Plan, result: CampaignResult, ledger: Ledger, versions: Mapping[str, str]) -> Path:
    """Write everything that a finished run consists of.

    Returns:
        The path of the page.

    Raises:
        StorageError: A file cannot be written.
    """
    begin_folder(folder)
    report = report_of(plan, result, versions, _chosen(folder / "vectors", plan))
    write_table(folder / "baseline.csv", BaselineRow, result.baseline)
    write_table(folder / "settings.csv", SettingRow, result.settings)
    write_table(folder / "currents.csv", CurrentRow, result.currents)
    write_table(folder / "thresholds.csv", ThresholdRow, result.thresholds)
    write_table(folder / "behaviours.csv", BehaviourRow, result.behaviours)
    write_table(folder / "coverage.csv", CoverageRow, report.coverage)
    write_file(folder / "coverage.json", json.dumps(report.record, indent=1) + "\n")
    _write_vectors(folder / "vectors", report)
    optional: list[tuple[str, type[Any], Sequence[Any]]] = [
        ("comparison.csv", ComparisonRow, report.comparison),
        ("contradictions.csv", Side, report.sides),
        ("responses.csv", ResponseRow, result.responses),
        ("equivalents.csv", EquivalentRow, result.equivalents),
        ("resistors.csv", ResistorRow, result.resistors),
        ("neuron.csv", NeuronRow, result.neurons),
        ("tolerance.csv", ToleranceRow, result.tolerances),
        (
            "trends.csv",
            TrendRow,
            trend_rows(plan, plane_maps(plan, result.settings, result.thresholds), result.neurons),
        ),
        ("points.csv", PointRow, report.points),
    ]
    for name, row_type, rows in optional:
        # What an earlier run with other options left would contradict this one.
        remove(folder / name)
        if rows:
            write_table(folder / name, row_type, rows)
    figures = draw(report)
    write_figures(folder / "figures", figures)
    page = folder / PAGE
    write_file(page, render(report, figures))
    write_file(folder / MANIFEST, json.dumps(_manifest(report, ledger), indent=2) + "\n")
    return page


def write_figures(folder: Path, figures: Mapping[str, Figure]) -> None:
    """Write figures as SVG, and as PNG where there is one, in place of all that an earlier run left."""
    files = {f"{name}.svg": figure.svg.encode() for name, figure in figures.items()}
    files |= {f"{name}.png": figure.png for name, figure in figures.items() if figure.png is not None}
    for old in (path for pattern in ("*.svg", "*.png") for path in folder.glob(pattern)):
        if old.name not in files:
            remove(old)
    for name, data in files.items():
        write_bytes(folder / name, data)


def _chosen(folder: Path, plan: Plan) -> SetRecord | None:
    """Return the vectors that were chosen for the campaign as it is now."""
    # Models of files that are seldom there take their time to build.
    from faultsim.vectors.record import is_of, read_record

    return read_record(folder) if is_of(folder, plan.name, plan.only, fingerprint(plan)) else None


def _write_vectors(folder: Path, report: Report) -> None:
    """Write the campaign's tests as vectors, where none were chosen for it as it is now."""
    from faultsim.vectors.record import clear

    if report.chosen is not None:
        return
    clear(folder)
    write_table(folder / "vectors.csv", VectorRow, report.vectors)


def begin_folder(folder: Path) -> None:
    """Take away what would make a folder look complete, and what a killed process left.

    Raises:
        StorageError: It cannot be removed.
    """
    remove(folder / MANIFEST)
    remove(folder / PAGE)
    remove_parts(folder)


def fingerprint(plan: Plan) -> dict[str, str]:
    """Return hashes of what a run depends on: the campaign's file, the circuit with its sidecar, what gives names."""
    rules = {"behaviours_sha256": _sha256(repr(plan.behaviours))} if plan.spec.behaviours.defects else {}
    return {
        "spec_sha256": spec_hash(plan.path),
        "sidecar_sha256": _sha256(plan.network.sidecar.model_dump_json()),
        "deck_sha256": _sha256(text_of(plan.network.cards)),
        **rules,
    }


def spec_hash(campaign: Path) -> str:
    """Return the hash of a campaign's file."""
    return _sha256(campaign.read_text())


def _manifest(report: Report, ledger: Ledger) -> dict[str, Any]:
    verdicts: dict[str, int] = {}
    for row in report.result.thresholds:
        verdicts[row.verdict] = verdicts.get(row.verdict, 0) + 1
    counts = {
        "defects": len(report.plan.defects),
        "defects_left_out": report.plan.left_out,
        "thresholds": len(report.result.thresholds),
        "verdicts": dict(sorted(verdicts.items())),
        "transients": len(ledger.transients()),
    }
    return {
        "campaign": report.plan.name,
        "circuit": report.plan.network.name,
        "only": report.plan.only,
        **fingerprint(report.plan),
        "versions": dict(report.versions),
        "options": report.plan.network.sidecar.simulation.model_dump(),
        "counts": counts,
        "coverage": asdict(coverage_of(report.coverage)),
    }


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
