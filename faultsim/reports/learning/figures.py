"""Figures of trainings: pictures before and after (the paper's Fig. 6), weights and membrane over time (Fig. 7)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from faultsim.learning.training import Learner, Training, Verdict
from faultsim.learning.trial import Curriculum
from faultsim.reports.figures.canvas import blank, label, plain, rendered
from faultsim.reports.figures.figure import Figure
from faultsim.reports.figures.palette import DEFECT, FAINT, curve_style
from faultsim.spice.waveform import FloatArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Plot

_ACROSS = 5
"""Pairs of pictures beside each other."""
_MOST_PAIRS = 40
_MS, _MV = 1e3, 1e3
_APART = 0.5
"""Of the distance of two states: how far lines in the same one are drawn apart."""


def training_figures(curriculum: Curriculum, trainings: Sequence[Training]) -> dict[str, Figure]:
    """Return the figures of trainings by name."""
    return dict(_figures(curriculum, trainings))


def _figures(curriculum: Curriculum, trainings: Sequence[Training]) -> Iterator[tuple[str, Figure]]:
    shape = (*curriculum.glyphs.size(trainings[0].trial.character), curriculum.glyphs.channels)
    pairs = list({_kind(one): one for one in reversed(trainings) if one.winner}.values())[::-1]
    weights = "Weights of the output that learned, at the start and at the end"
    full = "black is a synapse whose junctions are all parallel"
    coloured = "a pixel has the colours of its synapses whose junctions are parallel"
    shown = f"{weights}; {full if curriculum.glyphs.channels == 1 else coloured}"
    if pairs:
        text = f"{shown}. Of trainings that differ in nothing but the seed, the first is shown (Fig. 6 of the paper)"
        yield "learned", _plotted("learned", text, pairs_figure(pairs[:_MOST_PAIRS], shape))
    failed = [one for one in trainings if one.verdict == Verdict.NOT_LEARNED]
    if failed:
        left_out = f"; {len(failed) - _MOST_PAIRS} more are in synapses.csv" if failed[_MOST_PAIRS:] else ""
        text = f"{shown}, marked where a synapse is not on its side{left_out}"
        yield "not-learned", _plotted("not-learned", text, pairs_figure(failed[:_MOST_PAIRS], shape))
    for training in drawn(curriculum, trainings):
        if training.winner is not None:
            panels = "weights of dark pixels, of light ones, and the membrane potential with its spikes"
            text = f"{training.trial.id}: {panels} (Fig. 7 of the paper); lines in one state are drawn apart"
            yield f"history-{training.trial.id}", _plotted("history", text, history_figure(training, training.winner))


def drawn(curriculum: Curriculum, trainings: Sequence[Training]) -> list[Training]:
    """Return the trainings whose histories are drawn: those of the file, or else the first."""
    return [one for one in trainings if one.trial.id in curriculum.drawn] or list(trainings[:1])


def pairs_figure(trainings: Sequence[Training], shape: tuple[int, int, int]) -> Plot:
    """Draw the winner's weights before and after, training by training.

    Args:
        trainings: None of them unknown.
        shape: Rows and columns of a picture, and inputs of a pixel.
    """
    across = min(_ACROSS, len(trainings))
    figure = blank(1.75 * across, 1.25 * ceil(len(trainings) / across))
    grid = figure.subplots(ceil(len(trainings) / across), 2 * across, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for place, training in enumerate(trainings):
        assert training.winner is not None
        row, column = divmod(place, across)
        before, after = grid[row, 2 * column : 2 * column + 2]
        _field(before, training.winner.weights[0], shape)
        _field(after, training.winner.weights[-1], shape, ~training.winner.right)
        before.set_title(plain(training.trial.id), fontsize=7, loc="left")
    return figure


def _field(axes: Any, weights: FloatArray, shape: tuple[int, int, int], wrong: Any = None) -> None:
    from matplotlib.colors import to_hex
    from matplotlib.patches import Rectangle

    for place, pixel in enumerate(weights.reshape(-1, shape[2])):
        row, column = divmod(place, shape[1])
        color = f"{1 - pixel[0]:.3f}" if shape[2] == 1 else to_hex(tuple(np.clip(pixel, 0, 1).tolist()))
        axes.add_patch(Rectangle((column, -row - 1), 1, 1, facecolor=color, edgecolor="0.6", linewidth=0.4))
        if wrong is not None and wrong.reshape(-1, shape[2])[place].any():
            axes.plot(column + 0.5, -row - 0.5, marker="x", color=DEFECT, markersize=5, markeredgewidth=1.4)
    axes.set_xlim(-0.05, shape[1] + 0.05)
    axes.set_ylim(-shape[0] - 0.05, 0.05)
    axes.set_aspect("equal")


def history_figure(training: Training, learner: Learner) -> Plot:
    """Draw an output's weights and its membrane over time."""
    junctions = training.trial.request.junctions
    dark = np.array(training.trial.request.intensities) > 0.5
    figure = blank(7.2, 5.6)
    upper, middle, lower = figure.subplots(3, 1, sharex=True)
    for axes, picked, name, color in (
        (upper, dark, "dark", curve_style(0)["color"]),
        (middle, ~dark, "light", curve_style(1)["color"]),
    ):
        _weights(axes, learner, picked, junctions, color)
        label(axes, "", f"weight, {name} pixels")
    lower.plot(learner.membrane.time_s * _MS, learner.membrane.values * _MV, color="black", linewidth=0.8)
    top = float(learner.membrane.values.max()) * _MV
    lower.plot(
        learner.spikes_s * _MS,
        np.full(learner.spikes_s.size, 1.12 * top),
        linestyle="",
        marker="|",
        color=DEFECT,
        markersize=7,
    )
    lower.set_ylim(-0.08 * top, 1.25 * top)
    label(lower, "time (ms); marks are spikes of the output", "membrane (mV)")
    lower.set_xlim(0, learner.times_s[-1] * _MS)
    return figure


def _weights(axes: Any, learner: Learner, picked: Any, junctions: int, color: str) -> None:
    places = np.flatnonzero(picked)
    axes.axhline(0.5, color=FAINT, linewidth=0.6, linestyle=":")
    for number, place in enumerate(places):
        shift = _APART / junctions * ((number + 0.5) / places.size - 0.5)
        axes.plot(learner.times_s * _MS, learner.weights[:, place] + shift, color=color, linewidth=0.7)
    axes.set_ylim(-0.5 / junctions - 0.02, 1 + 0.5 / junctions + 0.02)
    axes.set_yticks(
        [count / junctions for count in range(junctions + 1)],
        [f"{count}/{junctions}" for count in range(junctions + 1)],
    )


def _kind(training: Training) -> tuple[Any, ...]:
    request = training.trial.request
    return training.trial.character, request.junctions, request.outputs, request.law, *training.trial.explored.items()


def _plotted(group: str, caption: str, plot: Plot) -> Figure:
    return Figure(group, caption, *rendered(plot))
