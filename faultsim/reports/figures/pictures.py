"""The figures of a run, by name."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from faultsim.campaigns.drawn import WaveformTask, waveform_tasks
from faultsim.campaigns.results import WaveformRow
from faultsim.circuits.symbols import abridged
from faultsim.reports.drawings.gallery import drawings_of
from faultsim.reports.figures.behaviours import behaviour_figure
from faultsim.reports.figures.canvas import rendered
from faultsim.reports.figures.coverage import cost_figure, resistance_figure
from faultsim.reports.figures.curves import ALIKE, current_figure, response_figure
from faultsim.reports.figures.figure import Figure
from faultsim.reports.figures.maps import MARKS, map_figure, map_sheets
from faultsim.reports.figures.shmoo import shmoo_figure
from faultsim.reports.figures.waveforms import waveform_figure
from faultsim.reports.planes import fault_free_maps, plane_maps
from faultsim.reports.report import Report
from faultsim.spice.waveform import Waveform
from faultsim.units import format_quantity

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Plot

_LONGEST = 60
"""Letters of a test's name in that of a file."""

_Named = Iterator[tuple[str, Figure]]


def load_drawing() -> None:
    """Load the libraries that `draw` needs, which take a second: best while somebody else simulates."""
    import matplotlib.backends.backend_agg
    import matplotlib.backends.backend_svg
    import matplotlib.figure  # noqa: F401

    import faultsim.reports.drawings.crossbar
    import faultsim.reports.drawings.schedules  # noqa: F401


def draw(report: Report) -> dict[str, Figure]:
    """Return the campaign's figures by name."""
    figures: dict[str, Figure] = {}
    for part in (_circuit, _coverage, _currents, _behaviours, _planes, _responses, _waveforms):
        for name, figure in part(report):
            figures[_free(name, figures)] = figure
    return figures


def _circuit(report: Report) -> _Named:
    network = report.plan.network
    # Of a universe the drawings show what the sidecar names; a drawing with all of it would show nothing.
    sites = {defect.site.name: defect.site for defect in report.plan.defects if defect.site.name in network.sites}
    for name, drawing in drawings_of(network, list(sites.values())).items():
        yield name, Figure("circuit", drawing.shows, *drawing.rendered())


def _coverage(report: Report) -> _Named:
    if any(len(point) > 1 for point in report.record["over_resistance"]):
        shown = "Share of the defects that are detected if all of them have one resistance"
        bounds = "a band is what failed simulations leave open, dashed is the share by weight"
        plot = resistance_figure(report.record["over_resistance"])
        yield "coverage-over-resistance", _plotted("coverage", f"{shown}; {bounds}", plot)
    if report.chosen is not None and report.chosen.pareto:
        shown = "Most weight of the defects that vectors can cover at a cost"
        last = "the last point is the chosen set, without what only diagnoses"
        campaigns = ", ".join(report.chosen.campaigns)
        of = f"chosen for all {len(report.chosen.defects)} faulty circuits of {campaigns}"
        yield "coverage-against-cost", _plotted("coverage", f"{shown}; {of}; {last}", cost_figure(report.chosen))


def _currents(report: Report) -> _Named:
    sweep = report.plan.sweep
    if sweep is None:
        return
    over = f"{sweep.observable} against the resistance of each defect, input {abridged(sweep.stimulus.pattern)}"
    alike = f"curves that are nowhere further apart than {ALIKE:.1%} are drawn as one; all are in currents.csv"
    kinds = {defect.id: defect.definition.kind for defect in report.plan.defects}
    plot = current_figure(report.result.currents, sweep.observable, kinds)
    paper = "IM_WR at mid-integrate-window is the paper's Fig. 9"
    yield "currents", _plotted("currents", f"{over} ({paper}); {alike}", plot)


def _behaviours(report: Report) -> _Named:
    rows = report.result.behaviours
    if all(row.integration_gain is None for row in rows):
        return
    shown = "Each defect by what it does to integration and to leak; what lies beyond the axes is drawn at their ends"
    box = "the box is what the declared tolerances allow; numbers are those of the key, all are in behaviours.csv"
    plot = behaviour_figure(rows, report.result.tolerances)
    yield "behaviours", _plotted("behaviours", f"{shown}; {box}", plot)


def _planes(report: Report) -> _Named:
    plan, result, plane = report.plan, report.result, report.plan.spec.plane
    if plane is None:
        return
    spec = plan.network.sidecar.stimulus
    pulses = max((row.pulses for row in result.settings), default=spec.pulses)
    for tests, found in fault_free_maps(plan, result.settings):
        shown = f"The fault-free circuit under {tests}: the pulse on which it spikes over integrate and leaky window"
        plot = shmoo_figure([(f"fault-free, {tests}", found)], (spec.integrate, spec.leaky), pulses)
        yield _slug("shmoo", tests), _plotted("planes", shown, plot)
    signs = "; ".join(f"{sign}: {meaning}" for sign, meaning in MARKS.items())
    for sheet in map_sheets(plane_maps(plan, result.settings, result.thresholds)):
        first, last = sheet.maps[0].defect_id, sheet.maps[-1].defect_id
        which = first if first == last else f"{first} to {last}"
        shown = f"{which}, test {sheet.test}: threshold over integrate and leaky window, one scale for all maps"
        plot = map_figure(plane, sheet)
        yield _slug("maps", sheet.test, str(sheet.number)), _plotted("planes", f"{shown} ({signs})", plot)


def _responses(report: Report) -> _Named:
    for wanted in report.plan.spec.responses:
        curve = [row for row in report.result.responses if row.figure == wanted.figure]
        if curve:
            yield wanted.figure, _plotted("responses", wanted.caption, response_figure(curve))


def _waveforms(report: Report) -> _Named:
    tasks = {task.spec.figure: task for task in waveform_tasks(report.plan)}
    for row in report.result.waveforms:
        yield row.figure, _plotted("waveforms", row.caption, _transient(row, tasks[row.figure]))


def _transient(row: WaveformRow, task: WaveformTask) -> Plot:
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


def _plotted(group: str, caption: str, plot: Plot) -> Figure:
    return Figure(group, caption, *rendered(plot))


def _slug(*words: str) -> str:
    """Return words as a name for a file, short enough for any file system."""
    plain = (re.sub(r"[^a-z0-9]+", "-", word.lower())[:_LONGEST].strip("-") for word in words)
    return "-".join(filter(None, plain))


def _free(name: str, taken: Container[str]) -> str:
    """Return a name, numbered where another figure has it already."""
    numbered = (f"{name}-{number}" for number in count(2))
    return name if name not in taken else next(other for other in numbered if other not in taken)
