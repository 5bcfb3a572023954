"""What a fault map leaves: accuracies and their means, a figure for each moment, what resistances cost, a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faultsim.learning.twin.fault_kind import FaultKind
from faultsim.learning.twin.fault_map import FaultMap, FaultMeanRow, FaultRow, mean_rows
from faultsim.learning.twin.severities import CircuitBehaviour, SeverityRow, severity_rows
from faultsim.reports.figures.canvas import blank, label, plain, rendered
from faultsim.reports.figures.figure import Figure
from faultsim.reports.figures.palette import FAINT, curve_style
from faultsim.reports.learning.study import Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Plot

_SIDES = {"synapses": True, "outputs": False}
"""What has a fault, and whether that is a synapse."""
_LINE = 0.18
"""Of the legend, in inches."""
_MOMENTS = {"before": "before learning", "during": "half-way through learning", "after": "after learning"}


def fault_map_study(
    path: Path, made: FaultMap, rows: Sequence[FaultRow], behaviours: Sequence[CircuitBehaviour]
) -> Study:
    """Return what a fault map leaves."""
    spec, means = made.spec, mean_rows(rows)
    named = {one.name for one in spec.faults}
    severities = list(severity_rows(behaviours, [row for row in means if row.fault not in named]))
    return Study(
        kind="fault-map",
        verb="train",
        path=path,
        title=spec.title,
        source=spec.source,
        verdict=_sentence(made, means),
        tone="seen",
        notes=[*spec.notes, *made.academy.spec.notes],
        tables={
            "faults": (FaultRow, rows),
            "fault-means": (FaultMeanRow, means),
            "severities": (SeverityRow, severities),
        },
        figures=dict(_figures(made, means)),
        shown={
            "good": means[0],
            "means": [row for row in means[1:] if row.fault in named],
            "severities": severities,
            "size": made.academy.size,
            "tested": len(made.academy.tested),
            "samples": made.academy.spec.samples,
        },
        counts={"networks": len(rows), "unknown": 0},
    )


def _sentence(made: FaultMap, means: Sequence[FaultMeanRow]) -> str:
    good = means[0]
    said = [f"Without a fault {good.accuracy:.1%} of {len(made.academy.tested):,} held-out pictures are named right."]
    claimed = made.spec.claimed
    dead = {one.name for one in made.spec.faults if one.kind is FaultKind.DEAD_SYNAPSE}
    for row in means:
        if claimed is not None and row.fault in dead and row.share == claimed:
            reach = f" ({row.lost_low:.1%} to {row.lost_high:.1%})" if row.lost_low is not None else ""
            said.append(f"{claimed:.0%} dead synapses {_MOMENTS[row.moment]} cost {row.lost:.1%}{reach}.")
    return " ".join(said)


def _figures(made: FaultMap, means: Sequence[FaultMeanRow]) -> Iterator[tuple[str, Figure]]:
    for moment in made.spec.moments:
        for side, of_synapses in _SIDES.items():
            names = [one.name for one in made.spec.faults if one.kind.of_synapses == of_synapses]
            if names:
                text = f"Share of held-out pictures that are named right: {side} have faults {_MOMENTS[moment]}"
                drawn = f"{text}; mean over {means[0].networks} networks with Student's 95 % interval"
                yield f"faults-{moment}-{side}", Figure("faults", drawn, *rendered(_figure(names, side, moment, means)))


def _figure(names: Sequence[str], side: str, moment: str, means: Sequence[FaultMeanRow]) -> Plot:
    figure = blank(5.6, 3.6 + _LINE * -(-len(names) // 2))
    axes = figure.subplots()
    _panel(axes, names, moment, means)
    label(axes, f"{side} with the fault (%)", "named right")
    figure.legend(*axes.get_legend_handles_labels(), fontsize=8, frameon=False, loc="outside lower center", ncols=2)
    return figure


def _panel(axes: Any, names: Sequence[str], moment: str, means: Sequence[FaultMeanRow]) -> None:
    axes.axhline(means[0].accuracy, color=FAINT, linewidth=0.8, linestyle=":")
    for number, name in enumerate(names):
        own = [means[0], *(row for row in means if (row.fault, row.moment) == (name, moment))]
        style = curve_style(number)
        middle = np.array([row.accuracy for row in own])
        reach = [[row.accuracy - (row.low if row.low is not None else row.accuracy) for row in own]]
        reach += [[(row.high if row.high is not None else row.accuracy) - row.accuracy for row in own]]
        marks = {"marker": style["marker"], "markersize": 4, "color": style["color"], "linestyle": style["linestyle"]}
        shares = [100 * row.share for row in own]
        axes.errorbar(shares, middle, yerr=reach, linewidth=1.0, elinewidth=0.7, capsize=2, label=plain(name), **marks)
    axes.set_ylim(0, 1)
    axes.grid(True, linewidth=0.4, alpha=0.6)
