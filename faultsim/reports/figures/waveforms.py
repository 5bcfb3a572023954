"""The figure of a transient: inputs, currents, magnetisation and output over time, one below the other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from faultsim.circuits.stimulus import Stimulus
from faultsim.reports.figures.canvas import blank, plain
from faultsim.reports.figures.palette import curve_style
from faultsim.spice.waveform import Waveform

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TICKS = 4
"""Steps of a scale of a waveform."""
_SPIKING = "out"
"""A spike crosses half the supply."""
_BEHIND: Mapping[str, Any] = MappingProxyType({"linewidth": 1.1, "linestyle": "--", "color": "0.6"})
_INPUT = re.compile(r"in\d*")
_WEIGHT = re.compile(r"w\d+")
_PROGRAMMING = re.compile(r"ramp\d*|pe|p[ab]\d*")


def waveform_figure(
    waveforms: Mapping[str, Waveform],
    stimulus: Stimulus,
    vdd_v: float,
    title: str,
    behind: Mapping[str, Waveform] = MappingProxyType({}),
) -> Figure:
    """Draw inputs, bit-line current, magnetisation and output over time (LATS 2024 Figs. 7, 8, 11, 12).

    Args:
        waveforms: Probe -> its waveform.
        stimulus: What was applied.
        vdd_v: Supply.
        title: Above the figure.
        behind: The same of the fault-free circuit, drawn dashed and grey behind.
    """
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
        if name in behind:
            axes.plot(behind[name].time_s * 1e9, behind[name].values * scale, **_BEHIND)
        axes.plot(waveforms[name].time_s * 1e9, waveforms[name].values * scale, linewidth=0.9, color="black")
        axes.set_ylabel(plain(f"{name}{unit}"), fontsize=8)
        if unit == " (V)":
            # From rail to rail: millivolts of coupling on a scale of their own would look like a signal.
            values = np.concatenate([found[name].values for found in (waveforms, behind) if name in found])
            axes.set_ylim(min(-0.1 * vdd_v, 1.05 * values.min()), max(1.1 * vdd_v, 1.05 * values.max()))
        if name == _SPIKING:
            axes.axhline(vdd_v / 2, linewidth=0.6, linestyle=":", color="0.4")
    if weights:
        for number, (name, wave) in enumerate(weights.items()):
            # The later ones thinner, so that equal ones can be told apart.
            style = {**curve_style(number), "marker": "", "linewidth": 2.8 - 0.6 * min(number, 3)}
            rows[-1].plot(wave.time_s * 1e9, wave.values, label=plain(name), **style)
        rows[-1].set_ylim(-1.2, 1.2)
        rows[-1].set_ylabel("m of the cells", fontsize=8)
        rows[-1].legend(fontsize=6, ncols=4, loc="center left")
    for axes in rows:
        for start, stop in stimulus.scope(vdd_v)["integrate"]:
            axes.axvspan(start * 1e9, stop * 1e9, color="0.88", linewidth=0)
        axes.tick_params(labelsize=7)
    dashed = ", fault-free dashed" if behind else ""
    rows[-1].set_xlabel(f"time (ns); integrate windows shaded{dashed}", fontsize=8)
    figure.suptitle(plain(title), fontsize=9, y=1 - 0.1 / figure.get_size_inches()[1])
    return figure


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
    for lift, wave in enumerate(inputs.values()):
        offset = lift * 1.25 * vdd_v
        axes.plot(wave.time_s * 1e9, wave.values + offset, linewidth=0.9, color="black")
    axes.set_ylim(-0.1 * vdd_v, (1.25 * max(1, len(inputs)) + 0.1) * vdd_v)
    axes.set_yticks([1.25 * lift * vdd_v for lift in range(len(inputs))], list(map(plain, inputs)))
    axes.set_ylabel("inputs", fontsize=8)


def _scale(probe: str) -> tuple[float, str]:
    if probe.startswith("im"):
        return 1e6, " (uA)"
    return 1.0, "" if re.fullmatch(r"m[xyz].*", probe) else " (V)"
