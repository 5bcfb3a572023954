"""What functional networks leave: accuracy over the samples (the paper's Fig. 8), learned fields, tables, a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from faultsim.learning.twin.academy import Academy, mean_accuracy
from faultsim.learning.twin.course import AccuracyRow, Graduate
from faultsim.learning.twin.update_law import UpdateLaw
from faultsim.reports.figures.canvas import blank, label, rendered
from faultsim.reports.figures.figure import Figure
from faultsim.reports.figures.palette import FAINT, curve_style
from faultsim.reports.learning.study import Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Plot

_MS = 1e3
_MOST_SQUARES, _MOST_FIELDS, _ACROSS = 20_000, 100, 10


@dataclass(frozen=True)
class LawRow:
    """What an output's spike does to a junction.

    Attributes:
        age_s: Of the input's pulse at the onset of the spike.
        up: Probability that an antiparallel junction is parallel afterwards.
        down: Probability that a parallel one is antiparallel afterwards.
    """

    age_s: float
    up: float
    down: float


@dataclass(frozen=True)
class NamedOutputRow:
    """What an output stands for.

    Attributes:
        seed: Of the network.
        output: Counted from 1.
        label: What it answers to most; empty where it answers to nothing.
        share: The share of its spikes that answered to that.
        raised_v: By how much its threshold has risen.
    """

    seed: int
    output: int
    label: int | None
    share: float
    raised_v: float


@dataclass(frozen=True)
class ConfusionRow:
    """How often held-out pictures of one class were taken for another.

    Attributes:
        seed: Of the network.
        shown: What they show.
        said: What they were taken for; empty where nothing answered.
        pictures: How many.
    """

    seed: int
    shown: int
    said: int | None
    pictures: int


def network_study(academy: Academy, law: UpdateLaw, graduates: Sequence[Graduate]) -> Study:
    """Return what functional networks leave."""
    spec = academy.spec
    rows = [row for one in graduates for row in one.rows]
    finals = [one.rows[-1].accuracy for one in graduates]
    return Study(
        kind="network",
        verb="train",
        path=academy.path,
        title=spec.title,
        source=spec.source,
        verdict=_sentence(academy, finals),
        tone="seen",
        notes=spec.notes,
        tables={
            "accuracy": (AccuracyRow, rows),
            "outputs": (NamedOutputRow, [row for one in graduates for row in _named(one)]),
            "confusion": (ConfusionRow, [row for one in graduates for row in _confused(one)]),
            "law": (LawRow, [LawRow(*values) for values in zip(*_columns(law), strict=True)]),
        },
        figures=dict(_figures(academy, law, graduates)),
        shown={
            "size": academy.size,
            "learned": len(academy.learned),
            "tested": len(academy.tested),
            "samples": spec.samples,
            "named_by": min(spec.named_by or len(academy.learned), len(academy.learned)),
            "finals": [one.rows[-1] for one in graduates],
            "mean": mean_accuracy(graduates),
            "taken": np.sum([one.confusion for one in graduates], axis=0).tolist(),
        },
        counts={"networks": len(graduates), "accuracy": mean_accuracy(graduates), "unknown": 0},
    )


def _columns(law: UpdateLaw) -> tuple[list[float], list[float], list[float]]:
    return law.ages_s.tolist(), law.up.tolist(), law.down.tolist()


def _sentence(academy: Academy, finals: Sequence[float]) -> str:
    seeds = f"mean of {len(finals)} networks, {min(finals):.2%} to {max(finals):.2%}" if finals[1:] else "one network"
    pictures = f"{len(academy.tested):,} held-out pictures"
    return f"{np.mean(finals):.2%} of {pictures} are named right after {academy.spec.samples:,} samples ({seeds})."


def _named(graduate: Graduate) -> Iterator[NamedOutputRow]:
    raised_v = graduate.crossbar.neurons.raised_v
    for place, label_ in enumerate(graduate.names.likeliest):
        share = float(graduate.names.shares[place].max())
        named = int(label_) if label_ >= 0 else None
        yield NamedOutputRow(graduate.seed, place + 1, named, share, float(raised_v[place]))


def _confused(graduate: Graduate) -> Iterator[ConfusionRow]:
    classes = len(graduate.confusion)
    for (shown, said), count in np.ndenumerate(graduate.confusion):
        if count:
            yield ConfusionRow(graduate.seed, shown, said if said < classes else None, int(count))


def _figures(academy: Academy, law: UpdateLaw, graduates: Sequence[Graduate]) -> Iterator[tuple[str, Figure]]:
    text = "Share of held-out pictures that are named right: each network, and their mean"
    yield "accuracy", Figure("accuracy", text, *rendered(_accuracy_figure(graduates)))
    count = min(_MOST_FIELDS, academy.spec.outputs, max(1, _MOST_SQUARES // academy.learned.intensities.shape[1]))
    text = f"Weights of {count} outputs of the network with seed {graduates[0].seed}, each with what it answers to"
    named = f"{text}; black is a synapse whose junctions are all parallel"
    yield "fields", Figure("fields", named, *rendered(_fields_figure(academy, graduates[0], count)))
    text = "What a spike of an output does to a junction, over the age of the input's pulse, measured in SPICE"
    yield "law", Figure("law", text, *rendered(_law_figure(law)))


def _accuracy_figure(graduates: Sequence[Graduate]) -> Plot:
    figure = blank(6.2, 3.4)
    axes = figure.subplots()
    for one in graduates:
        samples, shares = [row.samples for row in one.rows], [row.accuracy for row in one.rows]
        axes.plot(samples, shares, color=FAINT, linewidth=0.8, marker="." if len(samples) == 1 else "")
    means = np.mean([[row.accuracy for row in one.rows] for one in graduates], axis=0)
    samples = [row.samples for row in graduates[0].rows]
    axes.plot(samples, means, color=curve_style(0)["color"], linewidth=1.6, marker="o", markersize=3)
    axes.set_ylim(0, 1)
    axes.grid(True, linewidth=0.4, alpha=0.6)
    label(axes, "pictures shown", "named right")
    return figure


def _law_figure(law: UpdateLaw) -> Plot:
    figure = blank(5.2, 2.8)
    axes = figure.subplots()
    sides = ((law.up, "antiparallel to parallel"), (law.down, "parallel to antiparallel"))
    for number, (values, said) in enumerate(sides):
        style = curve_style(number)
        axes.plot(law.ages_s * _MS, values, color=style["color"], linestyle=style["linestyle"], label=said)
    axes.set_ylim(-0.02, 1.02)
    axes.grid(True, linewidth=0.4, alpha=0.6)
    axes.legend(fontsize=7, frameon=False)
    label(axes, "age of the input's pulse (ms)", "probability")
    return figure


def _fields_figure(academy: Academy, graduate: Graduate, count: int) -> Plot:
    across = min(_ACROSS, count)
    down = -(-count // across)
    rows, columns = academy.learned.shape
    # A name above each, and some room beside it.
    wide, high = 1.15 * columns, 1.4 * rows
    figure = blank(5.6, 5.6 * down * high / (across * wide))
    axes = figure.subplots()
    axes.set_axis_off()
    shades: dict[float, list[Any]] = {}
    for place in range(count):
        left, top = (place % across) * wide, -(place // across) * high
        _squares(shades, graduate.crossbar.weights[:, place].reshape(rows, columns), left, top)
        named = graduate.names.likeliest[place]
        said = str(named) if named >= 0 else "-"
        axes.text(left + columns / 2, top + 0.04 * rows, said, fontsize=7, ha="center", va="bottom")
    _paint(axes, shades)
    axes.set_xlim(columns - wide, across * wide)
    axes.set_ylim(-(down - 1) * high - 1.05 * rows, high - rows)
    axes.set_aspect("equal")
    return figure


def _squares(shades: dict[float, list[Any]], field: Any, left: float, top: float) -> None:
    """Put the rectangle of each run of equal weights into the list of its shade, and the frame into that of 0."""
    rows, columns = field.shape
    shades.setdefault(0.0, []).append(_corners(left, top, columns, rows))
    for row in range(rows):
        stops = [*(np.flatnonzero(np.diff(field[row])) + 1).tolist(), columns]
        for start, stop in zip([0, *stops], stops, strict=False):
            if field[row, start] > 0:
                square = _corners(left + start, top - row, stop - start, 1)
                shades.setdefault(float(field[row, start]), []).append(square)


def _corners(left: float, top: float, width: float, height: float) -> list[tuple[float, float]]:
    return [(left, top), (left + width, top), (left + width, top - height), (left, top - height)]


def _paint(axes: Any, shades: dict[float, list[Any]]) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    for weight, squares in sorted(shades.items()):
        path = Path.make_compound_path_from_polys(np.array(squares))
        edge = {"edgecolor": "0.6", "linewidth": 0.4} if weight == 0 else {"linewidth": 0}
        axes.add_patch(PathPatch(path, facecolor=f"{1 - weight:.3f}", **edge))
