"""Figures as SVG text; matplotlib is loaded only when one is drawn."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from faultsim.campaigns.results import CurrentRow, ResponseRow
from faultsim.circuits.stimulus import Stimulus
from faultsim.spice.waveform import Waveform
from faultsim.units import format_quantity

_LINE_STYLES = ("-", "--", "-.", ":")
_MARKERS = "osD^vP*X"
_PREFIXES = ((1.0, ""), (1e3, "m"), (1e6, "u"), (1e9, "n"), (1e12, "p"))
_TICKS = 4
"""Steps of a scale of a waveform."""
_SPIKING = "out"
"""A spike crosses half the supply."""
_INPUT = re.compile(r"in\d*")
_WEIGHT = re.compile(r"w\d+")
_PROGRAMMING = re.compile(r"ramp\d*|pe|p[ab]\d*")


def current_figure(rows: Sequence[CurrentRow], observable: str) -> str:
    """Draw a measured quantity over the severity of each defect (LATS 2024 Fig. 9)."""
    figure = blank(7.2, 4.2)
    axes = figure.add_subplot()
    defects = dict.fromkeys(row.defect_id for row in rows)
    for number, defect in enumerate(defects):
        points = [(row.r_ohm, _micro(row.im_wr_a)) for row in rows if row.defect_id == defect and row.r_ohm > 0]
        style = {
            "linestyle": _LINE_STYLES[number % 4],
            "marker": _MARKERS[number % 8],
            "markersize": 3,
            "linewidth": 1.2,
        }
        axes.plot(*zip(*points, strict=True), label=plain(defect), **style)
    axes.set_xscale("log")
    # In words, because matplotlib's powers of ten are typeset, which takes longer than all the rest.
    axes.xaxis.set_major_formatter(lambda value, _: format_quantity(value, ""))
    axes.xaxis.set_minor_formatter(lambda value, _: "")
    axes.set_xlabel("resistance of the open (ohm)")
    axes.set_ylabel(f"{observable.removesuffix('_a')} (uA)")
    axes.grid(True, which="major", linewidth=0.4, alpha=0.6)
    axes.legend(fontsize=8, ncols=2)
    return svg_text(figure)


def response_figure(rows: Sequence[ResponseRow]) -> str:
    """Draw an observable over one quantity of the stimulus, a curve for the fault-free circuit and each defect."""
    figure = blank(7.2, 3.4)
    axes = figure.add_subplot()
    curves: dict[tuple[str, float | None, str], list[ResponseRow]] = {}
    for row in rows:
        curves.setdefault((row.defect_id, row.severity, row.unit), []).append(row)
    highest = max(abs(row.value) for row in rows)
    scale, prefix = next(((factor, name) for factor, name in _PREFIXES if highest * factor >= 1), (1.0, ""))
    for number, ((defect, severity, unit), points) in enumerate(curves.items()):
        label = f"{defect} {format_quantity(severity, unit)}" if severity is not None else "fault-free"
        values = [float("nan") if row.result is None else float(row.result) for row in points]  # type: ignore[arg-type]
        style = {"linestyle": _LINE_STYLES[number % 4], "marker": _MARKERS[number % 8], "markersize": 3}
        axes.plot([row.value * scale for row in points], values, linewidth=1.2, label=plain(label), **style)
    axes.set_xlabel(f"{rows[0].over} ({prefix}s)")
    axes.set_ylabel(rows[0].observable)
    axes.grid(True, linewidth=0.4, alpha=0.6)
    axes.legend(fontsize=8)
    return svg_text(figure)


def waveform_figure(waveforms: Mapping[str, Waveform], stimulus: Stimulus, vdd_v: float, title: str) -> str:
    """Draw inputs, bit-line current, magnetisation and output over time (LATS 2024 Figs. 7, 8, 11, 12)."""
    inputs = {name: wave for name, wave in waveforms.items() if _INPUT.fullmatch(name)}
    weights = {name: wave for name, wave in waveforms.items() if _WEIGHT.fullmatch(name)}
    others = [name for name in waveforms if name not in inputs and name not in weights]
    if not stimulus.program:
        # A synapse's state and its ramp say nothing where nothing is programmed.
        weights, others = {}, [name for name in others if not _PROGRAMMING.fullmatch(name)]
    figure, rows = _tracks(1 + len(others) + bool(weights))
    _draw_inputs(rows[0], inputs, vdd_v)
    for axes, name in zip(rows[1:], others, strict=False):
        scale, unit = _scale(name)
        axes.plot(waveforms[name].time_s * 1e9, waveforms[name].values * scale, linewidth=0.9, color="black")
        axes.set_ylabel(f"{name}{unit}", fontsize=8)
        if unit == " (V)":
            # From rail to rail: millivolts of coupling on a scale of their own would look like a signal.
            values = waveforms[name].values
            axes.set_ylim(min(-0.1 * vdd_v, 1.05 * values.min()), max(1.1 * vdd_v, 1.05 * values.max()))
        if name == _SPIKING:
            axes.axhline(vdd_v / 2, linewidth=0.6, linestyle=":", color="0.4")
    if weights:
        for number, (name, wave) in enumerate(weights.items()):
            # The later ones thinner, so that equal ones can be told apart.
            style = {"linewidth": 2.8 - 0.6 * min(number, 3), "linestyle": _LINE_STYLES[number % 4], "label": name}
            rows[-1].plot(wave.time_s * 1e9, wave.values, **style)
        rows[-1].set_ylim(-1.2, 1.2)
        rows[-1].set_ylabel("m of the cells", fontsize=8)
        rows[-1].legend(fontsize=6, ncols=4, loc="center left")
    for axes in rows:
        for start, stop in stimulus.scope(vdd_v)["integrate"]:
            axes.axvspan(start * 1e9, stop * 1e9, color="0.88", linewidth=0)
        axes.tick_params(labelsize=7)
    rows[-1].set_xlabel("time (ns); integrate windows shaded")
    figure.suptitle(plain(title), fontsize=9, y=1 - 0.1 / figure.get_size_inches()[1])
    return svg_text(figure)


def _tracks(count: int) -> tuple[Any, list[Any]]:
    """Return a figure and so many axes, one below the other over one time.

    Their places are worked out here: matplotlib's own layout draws every label twice over, half of a report's time.
    """
    from matplotlib.ticker import MaxNLocator

    figure = blank(8.0, 1.3 * count, layout=None)
    # Shares of an inch that labels take, and what axes are apart.
    left, right, top, bottom, gap = 0.75, 0.1, 0.35, 0.5, 0.14
    width, height = figure.get_size_inches()
    each = (height - top - bottom - gap * (count - 1)) / count
    rows: list[Any] = []
    for row in range(count):
        base = height - top - each * (row + 1) - gap * row
        place = (left / width, base / height, (width - left - right) / width, each / height)
        rows.append(figure.add_axes(place, sharex=rows[0] if rows else None))
        # Ticks are most of the work.
        rows[-1].xaxis.set_visible(row == count - 1)
        rows[-1].yaxis.set_major_locator(MaxNLocator(_TICKS))
        # Labels in one line, however wide the numbers beside them are.
        rows[-1].yaxis.set_label_coords(-0.6 / (width - left - right), 0.5)
    return figure, rows


def _draw_inputs(axes: Any, inputs: Mapping[str, Waveform], vdd_v: float) -> None:
    for lift, (name, wave) in enumerate(inputs.items()):
        offset = lift * 1.25 * vdd_v
        axes.plot(wave.time_s * 1e9, wave.values + offset, linewidth=0.9, color="black")
        axes.annotate(name, (0, offset), fontsize=7, xytext=(2, 2), textcoords="offset points")
    axes.set_ylim(-0.1 * vdd_v, (1.25 * max(1, len(inputs)) + 0.1) * vdd_v)
    axes.set_yticks([])
    axes.set_ylabel("inputs", fontsize=8)


def _scale(probe: str) -> tuple[float, str]:
    if probe.startswith("im"):
        return 1e6, " (uA)"
    return 1.0, "" if re.fullmatch(r"m[xyz].*", probe) else " (V)"


def _micro(value: Any) -> float:
    return float("nan") if value is None else float(value) * 1e6


def plain(text: str) -> str:
    """Return text for matplotlib to take as it is: a dollar in a name starts no formula, an underscore hides none."""
    escaped = text.replace("$", r"\$")
    return f" {escaped}" if escaped.startswith("_") else escaped


def cell_edges(values: Any) -> Any:
    """Return the edges of cells around values, an array; a single one gets a cell of two per cent."""
    if values.size == 1:
        return np.array([values[0] * 0.99, values[0] * 1.01])
    between = (values[1:] + values[:-1]) / 2
    return np.concatenate(([2 * values[0] - between[0]], between, [2 * values[-1] - between[-1]]))


def blank(width_in: float, height_in: float, layout: Literal["constrained"] | None = "constrained") -> Any:
    """Return an empty matplotlib figure."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width_in, height_in), layout=layout)


def svg_text(figure: Any) -> str:
    """Return a figure as SVG text: the same bytes for the same figure, text as text."""
    import matplotlib

    buffer = io.StringIO()
    # A fixed salt and no date: the same figure is the same bytes.
    with matplotlib.rc_context({"svg.hashsalt": "faultsim", "svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]
