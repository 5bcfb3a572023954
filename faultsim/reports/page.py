"""report.html: one file that works offline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from faultsim import library
from faultsim.campaigns.plan import Plan
from faultsim.campaigns.results import CampaignResult, ThresholdRow
from faultsim.reports.comparison import ComparisonRow, Side
from faultsim.reports.coverage import CoverageRow, coverage_of
from faultsim.reports.figures import current_figure
from faultsim.units import format_quantity
from faultsim.vectors.table import VectorRow


@dataclass(frozen=True)
class Report:
    """Everything that a report shows."""

    plan: Plan
    result: CampaignResult
    coverage: Sequence[CoverageRow]
    comparison: Sequence[ComparisonRow]
    sides: Sequence[Side]
    vectors: Sequence[VectorRow]
    versions: Mapping[str, str]


def draw(report: Report) -> dict[str, str]:
    """Return the campaign's figures as SVG text by name."""
    sweep = report.plan.sweep
    return {"currents": current_figure(report.result.currents, sweep.observable)} if sweep else {}


def render(report: Report, figures: Mapping[str, str]) -> str:
    """Return the page."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    template = library.template("report.html.j2")
    environment = Environment(
        loader=FileSystemLoader(template.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["quantity"] = _quantity
    environment.filters["percent"] = lambda value: f"{value:.1%}"
    return environment.get_template(template.name).render(**_context(report), figures=figures)


def _context(report: Report) -> dict[str, Any]:
    windows = list(dict.fromkeys(row.window for row in report.result.thresholds))
    return {
        "title": report.plan.spec.title,
        "campaign": report.plan.name,
        "spec": report.plan.spec,
        "sidecar": report.plan.network.sidecar,
        "circuit": report.plan.network.name,
        "baseline": report.result.baseline,
        "windows": windows,
        "defects": [(defect, _by_window(defect.id, report.result.thresholds)) for defect in report.plan.defects],
        "thresholds": report.result.thresholds,
        "coverage": report.coverage,
        "fraction": coverage_of(report.coverage),
        "comparison": _grouped(report.comparison),
        "agreeing": sum(row.agrees for row in report.comparison),
        "compared": len(report.comparison),
        "sides": report.sides,
        "vectors": report.vectors,
        "versions": report.versions,
    }


def _by_window(defect: str, rows: Sequence[ThresholdRow]) -> dict[str, list[ThresholdRow]]:
    found: dict[str, list[ThresholdRow]] = {}
    for row in rows:
        if row.defect_id == defect:
            found.setdefault(row.window, []).append(row)
    return found


def _grouped(rows: Sequence[ComparisonRow]) -> dict[str, list[ComparisonRow]]:
    groups: dict[str, list[ComparisonRow]] = {}
    for row in rows:
        groups.setdefault(row.table, []).append(row)
    return groups


def _quantity(value: Any, unit: str = "") -> str:
    """Return a number with an SI prefix for people; other text as it is, nothing for None."""
    if value is None or value == "":
        return ""
    try:
        numbers = [float(part) for part in str(value).split(" to ")]
    except ValueError:
        return str(value)
    if not unit:
        return " to ".join(f"{number:g}" for number in numbers)
    return " to ".join(format_quantity(number, unit) for number in numbers)
