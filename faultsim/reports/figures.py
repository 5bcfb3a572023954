"""Figures as SVG text; matplotlib is loaded only when one is drawn."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from faultsim.campaigns.results import CurrentRow
from faultsim.circuits.stimulus import Stimulus
from faultsim.spice.waveform import Waveform

_LINE_STYLES = ("-", "--", "-.", ":")
_MARKERS = "osD^vP*X"


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
        axes.plot(*zip(*points, strict=True), label=defect, **style)
    axes.set_xscale("log")
    axes.set_xlabel("resistance of the open (ohm)")
    axes.set_ylabel(f"{observable.removesuffix('_a')} (uA)")
    axes.grid(True, which="major", linewidth=0.4, alpha=0.6)
    axes.legend(fontsize=8, ncols=2)
    return svg_text(figure)


def waveform_figure(waveforms: Mapping[str, Waveform], stimulus: Stimulus, vdd_v: float, title: str) -> str:
    """Draw inputs, bit-line current, magnetisation and output over time (LATS 2024 Figs. 7, 8, 11, 12)."""
    inputs = {name: wave for name, wave in waveforms.items() if re.fullmatch(r"in\d*", name)}
    others = [name for name in waveforms if name not in inputs]
    figure = blank(8.0, 1.3 * (1 + len(others)))
    rows = figure.subplots(1 + len(others), 1, sharex=True)
    for lift, (name, wave) in enumerate(inputs.items()):
        offset = lift * 1.25 * vdd_v
        rows[0].plot(wave.time_s * 1e9, wave.values + offset, linewidth=0.9, color="black")
        rows[0].annotate(name, (0, offset), fontsize=7, xytext=(2, 2), textcoords="offset points")
    rows[0].set_yticks([])
    rows[0].set_ylabel("inputs", fontsize=8)
    for axes, name in zip(rows[1:], others, strict=True):
        scale, unit = _scale(name)
        axes.plot(waveforms[name].time_s * 1e9, waveforms[name].values * scale, linewidth=0.9, color="black")
        axes.set_ylabel(f"{name}{unit}", fontsize=8)
    for axes in rows:
        for start, stop in stimulus.scope(vdd_v)["integrate"]:
            axes.axvspan(start * 1e9, stop * 1e9, color="0.88", linewidth=0)
        axes.tick_params(labelsize=7)
    rows[-1].set_xlabel("time (ns); integrate windows shaded")
    figure.suptitle(title, fontsize=9)
    return svg_text(figure)


def _scale(probe: str) -> tuple[float, str]:
    if probe.startswith("im"):
        return 1e6, " (uA)"
    return 1.0, "" if re.fullmatch(r"m[xyz].*", probe) else " (V)"


def _micro(value: Any) -> float:
    return float("nan") if value is None else float(value) * 1e6


def blank(width_in: float, height_in: float) -> Any:
    """Return an empty matplotlib figure."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width_in, height_in), layout="constrained")


def svg_text(figure: Any) -> str:
    """Return a figure as SVG text: the same bytes for the same figure, text as text."""
    import matplotlib

    buffer = io.StringIO()
    # A fixed salt and no date: the same figure is the same bytes.
    with matplotlib.rc_context({"svg.hashsalt": "faultsim", "svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]
