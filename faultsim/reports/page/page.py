"""report.html: one file that works offline."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from faultsim import library
from faultsim.campaigns.drawn import WaveformTask, waveform_tasks
from faultsim.campaigns.plan import Plan
from faultsim.campaigns.results import BaselineRow, CampaignResult, ThresholdRow, WaveformRow
from faultsim.circuits.symbols import abridged
from faultsim.circuits.variant import NOMINAL
from faultsim.fault_models.accounting import Detectability
from faultsim.reports.behaviours import behaviour_figure
from faultsim.reports.comparison import ComparisonRow, Side
from faultsim.reports.coverage import CoverageRow, coverage_of
from faultsim.reports.figures import current_figure, response_figure, waveform_figure
from faultsim.reports.gallery import drawings_of
from faultsim.reports.planes import plane_figure, plane_maps
from faultsim.reports.points import PointRow
from faultsim.spice.waveform import Waveform
from faultsim.units import format_quantity
from faultsim.vectors.table import VectorRow

_HOPELESS = Detectability.STRUCTURALLY.value
_COVER = re.compile(r"(.+)([<>]=)(.+)")


@dataclass(frozen=True)
class Report:
    """Everything that a report shows."""

    plan: Plan
    result: CampaignResult
    coverage: Sequence[CoverageRow]
    comparison: Sequence[ComparisonRow]
    sides: Sequence[Side]
    vectors: Sequence[VectorRow]
    points: Sequence[PointRow]
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Figure:
    """One figure of the page.

    Attributes:
        group: Where on the page it belongs: ``circuit``, ``currents``, ``behaviours``, ``planes``, ``responses`` or
            ``waveforms``.
        caption: What it shows.
        svg: SVG text.
    """

    group: str
    caption: str
    svg: str


def load_drawing() -> None:
    """Load the libraries that `draw` needs, which take a second: best while somebody else simulates."""
    import matplotlib.backends.backend_svg
    import matplotlib.figure  # noqa: F401

    import faultsim.reports.crossbar
    import faultsim.reports.schedules  # noqa: F401


def draw(report: Report) -> dict[str, Figure]:
    """Return the campaign's figures by name."""
    plan, sweep = report.plan, report.plan.sweep
    figures: dict[str, Figure] = {}
    # Of a universe the drawings show what the sidecar names; a drawing with all of it would show nothing.
    named = plan.network.sites
    sites = list({defect.site.name: defect.site for defect in plan.defects if defect.site.name in named}.values())
    for name, drawing in drawings_of(plan.network, sites).items():
        figures[name] = Figure("circuit", drawing.shows, drawing.draw())
    if sweep:
        caption = f"{sweep.observable} against the resistance of each open, input {abridged(sweep.stimulus.pattern)}"
        svg = current_figure(report.result.currents, sweep.observable)
        figures["currents"] = Figure(
            "currents", f"{caption} (IM_WR at mid-integrate-window is the paper's Fig. 9)", svg
        )
    if any(row.integration_gain is not None for row in report.result.behaviours):
        shown = (
            "Each defect by what it does to integration and to leak; what lies beyond the axes is drawn at their ends"
        )
        svg = behaviour_figure(report.result.behaviours, report.result.tolerances)
        figures["behaviours"] = Figure("behaviours", f"{shown}; the box is what the declared tolerances allow", svg)
    for found in plane_maps(plan, report.result.settings, report.result.thresholds):
        shown = f"{found.defect_id}, test {found.test}: threshold over integrate and leaky window"
        marks = "u: not detected; ?: unknown; x: unusable, the fault-free circuit does not do what the test requires"
        figures[_slug(f"map-{found.test}-{found.defect_id}", figures)] = Figure(
            "planes", f"{shown} ({marks})", plane_figure(plan, found)
        )
    for wanted in plan.spec.responses:
        curve = [row for row in report.result.responses if row.figure == wanted.figure]
        if curve:
            figures[wanted.figure] = Figure("responses", wanted.caption, response_figure(curve))
    tasks = {task.spec.figure: task for task in waveform_tasks(plan)}
    for row in report.result.waveforms:
        figures[row.figure] = Figure("waveforms", row.caption, _waveforms(row, tasks[row.figure]))
    return figures


def _waveforms(row: WaveformRow, task: WaveformTask) -> str:
    stimulus, point = task.setting.stimulus, task.setting.conditions
    where = "fault-free"
    if task.defect is not None and row.severity is not None:
        stimulus = task.defect.disturb(stimulus, row.severity)
        where = f"{row.defect_id} {format_quantity(row.severity, row.unit)}"
    iw, lw = (format_quantity(value, "s") for value in (stimulus.spec.integrate, stimulus.spec.leaky))
    spiked = "spikes" if row.spiked else "no spike"
    waves = {name: Waveform(np.array(times), np.array(values)) for name, (times, values) in row.traces.items()}
    written = [f"weights {abridged(stimulus.weights)}"] if stimulus.weights else []
    written += [f"programmed {abridged(stimulus.program)}"] if stimulus.program else []
    title = ", ".join([where, *written, f"input {abridged(stimulus.pattern)}", f"IW {iw}, LW {lw}: {spiked}"])
    return waveform_figure(waves, stimulus, point.vdd_v, title)


def render(report: Report, figures: Mapping[str, Figure]) -> str:
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
    environment.filters["covers"] = _covers
    environment.filters["abridged"] = abridged
    environment.filters["seen"] = _seen
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
        "baseline": _by_pattern(report.result.baseline),
        "baseline_weights": list(dict.fromkeys(row.weights for row in report.result.baseline)),
        "settings": report.result.settings,
        "expressions": report.plan.observables,
        "first_point": report.result.settings[0] if report.result.settings else None,
        "unusable": [row for row in report.result.settings if not row.usable],
        "equivalents": report.result.equivalents,
        "resistors": report.result.resistors,
        "tolerances": report.result.tolerances,
        "behaviours": report.result.behaviours,
        "points": report.points,
        "point_names": list(dict.fromkeys(_point(row) for row in report.points)),
        "point_table": _point_table(report.points),
        "lowest": [row for row in report.points if row.lowest],
        "windows": windows,
        "defects": [(defect, _by_window(defect.id, report.result.thresholds)) for defect in report.plan.defects],
        "thresholds": report.result.thresholds,
        "coverage": report.coverage,
        "fraction": coverage_of(report.coverage),
        "without_hopeless": coverage_of([row for row in report.coverage if not row.undetectable.startswith(_HOPELESS)]),
        "plan_defects": len(report.plan.defects),
        "left_out": report.plan.left_out,
        "only": report.plan.only,
        "plan_circuits": len(report.plan.simulated),
        "comparison": _grouped(report.comparison),
        "agreeing": sum(row.agrees for row in report.comparison),
        "compared": len(report.comparison),
        "sides": report.sides,
        "vectors": report.vectors,
        "versions": report.versions,
    }


def _slug(text: str, taken: Container[str]) -> str:
    """Return text as a figure's name that is not taken yet."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    numbered = (f"{name}-{number}" for number in count(2))
    return name if name not in taken else next(other for other in numbered if other not in taken)


def _by_pattern(rows: Sequence[BaselineRow]) -> dict[str, list[BaselineRow]]:
    found: dict[str, list[BaselineRow]] = {}
    for row in rows:
        found.setdefault(row.pattern, []).append(row)
    return found


def _point(row: PointRow) -> str:
    corner = "" if row.corner == NOMINAL.name else f", {row.corner}"
    return f"{row.vdd_v:g} V, {row.temperature_c:g} °C{corner}"


def _point_table(rows: Sequence[PointRow]) -> dict[tuple[str, str, str], dict[str, PointRow]]:
    """Return thresholds by (test, window, defect), then by operating point."""
    table: dict[tuple[str, str, str], dict[str, PointRow]] = {}
    for row in rows:
        table.setdefault((row.test, row.window, row.defect_id), {})[_point(row)] = row
    return table


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


def _covers(row: VectorRow, thresholds: Sequence[ThresholdRow]) -> str:
    """Return what a vector sees, from which severity on."""
    units = {found.defect_id: found.unit for found in thresholds}
    parts = [_COVER.fullmatch(item) for item in row.covers.split()]
    found = [(part[1], "from" if part[2] == ">=" else "up to", float(part[3])) for part in parts if part is not None]
    return ", ".join(f"{name} {word} {format_quantity(at, units.get(name, ''))}" for name, word, at in found)


def _seen(value: Any) -> str:
    """Return what an observable showed, for people."""
    if value is None:
        return "none"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


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
