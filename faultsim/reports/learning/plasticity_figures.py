"""Figures of plasticity: the change over the delay, and the waveforms that make it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from faultsim.learning.bi_sigmoid import FitRow, bi_sigmoid, curves_of
from faultsim.learning.measure_spec import PlasticitySpec
from faultsim.learning.plasticity import ChangeRow
from faultsim.learning.portraits import NEURONS, Portraits
from faultsim.learning.training import spikes_of
from faultsim.reports.figures.canvas import blank, label
from faultsim.reports.figures.palette import FAINT, curve_style
from faultsim.spice.job import Trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Plot

_MS, _MV, _US = 1e3, 1e3, 1e6
_NAMES = {"law": "by the law", "as-published": "as published"}
_AROUND_S = 12e-6


def change_figure(spec: PlasticitySpec, width_s: float, rows: Sequence[ChangeRow], fits: Sequence[FitRow]) -> Plot:
    """Draw the change over the delay for pulses of one width, with fitted and published rule."""
    figure = blank(7.2, 3.8)
    axes = figure.add_subplot()
    fine = np.linspace(0, width_s * _MS, 400)
    curves = [(curve, own) for curve, own in curves_of(spec, rows) if curve.width == width_s]
    for number, (curve, own) in enumerate(curves):
        style = curve_style(number)
        delays = np.array([row.delay_s for row in own]) * _MS
        changes, errors = (np.array([getattr(row, name) for row in own], dtype=float) for name in ("change", "error"))
        marks = {"marker": style["marker"], "markersize": 3.5, "linestyle": "", "color": style["color"]}
        axes.errorbar(delays, changes, yerr=errors, elinewidth=0.7, label=_NAMES[curve.law], **marks)
        fitted = {row.parameter: row.fitted for row in fits if (row.law, row.width_s) == (curve.law, curve.width)}
        rule = bi_sigmoid(fine, fitted["k0"], fitted["t0"], fitted["k1"], fitted["t1"])
        axes.plot(fine, rule, color=style["color"], linestyle=style["linestyle"], linewidth=1.0)
    published = {row.parameter: row.published for row in fits if row.width_s == width_s}
    rule = bi_sigmoid(fine, published["k0"], published["t0"], published["k1"], published["t1"])
    axes.plot(fine, rule, color=FAINT, linestyle=":", linewidth=1.4, label="published rule")
    axes.axhline(0, color=FAINT, linewidth=0.5)
    label(axes, "delay from the input's onset to the output's spike (ms)", "change of conductance (of its range)")
    axes.grid(True, linewidth=0.4, alpha=0.6)
    axes.legend(fontsize=8, frameon=False)
    return figure


def pairs_figure(drawn: Portraits) -> Plot:
    """Draw input, output and the voltage between them, for each delay around the output's spike."""
    figure = blank(8.4, 4.6)
    grid = figure.subplots(3, len(drawn.pairs), sharey="row", squeeze=False)
    for column, (delay_s, trace) in enumerate(zip(drawn.delays_s, drawn.pairs, strict=True)):
        waves = trace.waveforms
        times_s = waves["input"].time_s
        before, after = waves["input"].values, waves["output"].values
        # The output stands out by what no input does to a column.
        spike_s = times_s[np.argmax(np.abs(after))]
        near = np.abs(times_s - spike_s) < _AROUND_S
        shown = {"input (mV)": before, "output (mV)": after, "across (mV)": before - after}
        for row, (name, values) in enumerate(shown.items()):
            axes, color = grid[row, column], curve_style(row)["color"]
            axes.plot((times_s[near] - spike_s) * _US, values[near] * _MV, color=color, linewidth=0.9)
            axes.axhline(0, color=FAINT, linewidth=0.5)
            label(axes, "time (us)" if row == 2 else "", name if column == 0 else "")
            axes.tick_params(labelsize=6.5)
        grid[0, column].set_title(f"{delay_s * _MS:g} ms", fontsize=8)
    return figure


def input_figure(neurons: Trace) -> Plot:
    """Draw input neurons of several intensities over a presentation."""
    names = [name for name in NEURONS if name.startswith("intensity")]
    figure = blank(7.2, 1.2 * len(names) + 0.4)
    for axes, name in zip(figure.subplots(len(names), 1, sharex=True), names, strict=True):
        wave = neurons.waveforms[name]
        axes.plot(wave.time_s * _MS, wave.values * _MV, color="black", linewidth=0.8)
        label(axes, "time (ms)" if name == names[-1] else "", "mV")
        axes.set_title(name, fontsize=8, loc="left")
    return figure


def output_figure(neurons: Trace) -> Plot:
    """Draw an output neuron's membrane and column over time, and one spike enlarged."""
    waves = neurons.waveforms
    figure = blank(7.2, 4.2)
    upper, lower = figure.subplots(2, 1)
    upper.plot(waves["membrane"].time_s * _MS, waves["membrane"].values * _MV, color="black", linewidth=0.8)
    upper.set_xlim(0, 60)
    label(upper, "time (ms)", "membrane (mV)")
    start_s = float(spikes_of(waves["turn"])[0])
    near = waves["column"].inside(start_s - 3e-6, start_s + _AROUND_S)
    lower.plot((near.time_s - start_s) * _US, near.values * _MV, color=curve_style(0)["color"], linewidth=1.0)
    lower.axhline(0, color=FAINT, linewidth=0.5)
    label(lower, "time since the first spike began (us)", "column (mV)")
    return figure
