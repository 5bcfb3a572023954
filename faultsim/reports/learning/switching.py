"""What a measurement of switching leaves: its table, how well it agrees with the law, Fig. 1B of the paper, a page."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faultsim.learning.switching import AgreementRow, Pulse, Switching, SwitchingRow, agreement_rows
from faultsim.reports.figures.canvas import blank, label, rendered
from faultsim.reports.figures.figure import Figure
from faultsim.reports.figures.palette import curve_style
from faultsim.reports.learning.study import Study
from faultsim.units import format_quantity

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Plot

_LEVEL = 0.01
_MV = 1e3
_NAMES = {"law": "", "as-published": ", as published"}


def switching_study(path: Path, measure: Switching, rows: Sequence[SwitchingRow]) -> Study:
    """Return what a measurement leaves."""
    spec, agreement = measure.spec, agreement_rows(measure.spec, rows)
    failed = [row for row in rows if row.reason]
    first = [row for row, finer in zip(rows, itertools.cycle(spec.finer)) if finer == spec.finer[0]]
    points = f"{spec.trials:,} trials a point with Wilson's 95 % interval, the law as lines"
    text = f"Probability that a junction switches, over the height of a pulse: {points} (Fig. 1B of the paper)"
    return Study(
        kind="switching",
        verb="measure",
        path=path,
        title=spec.title,
        source=spec.source,
        verdict=_sentence(agreement, failed),
        tone="unknown" if failed else "seen" if all(row.p_value > _LEVEL for row in agreement) else "missed",
        notes=spec.notes,
        tables={"switching": (SwitchingRow, rows), "agreement": (AgreementRow, agreement)},
        figures={"probability": Figure("probability", text, *rendered(probability_figure(measure, first)))},
        shown={"trials": spec.trials, "level": _LEVEL},
        counts={"pulses": len(measure.pulses), "unknown": len(failed)},
    )


def _sentence(agreement: Sequence[AgreementRow], failed: Sequence[SwitchingRow]) -> str:
    parts = [
        f"{row.law}, step / {row.finer}: chi-square {row.chi_square:.1f} of {row.pulses} pulses, p = {row.p_value:.2g}"
        for row in agreement
    ]
    unlike = sum(row.unlike for row in agreement)
    trials = sum(row.all_trials for row in agreement if row.finer != agreement[0].finer)
    said = f"{'; '.join(parts)}. {unlike} of {trials:,} trials end otherwise in finer steps."
    return said + (f" {len(failed)} transients failed." if failed else "")


def probability_figure(measure: Switching, rows: Sequence[SwitchingRow]) -> Plot:
    """Draw how likely a junction switches, in one direction beside the other."""
    figure = blank(8.4, 3.9)
    left, right = figure.subplots(1, 2, sharey=True)
    sides = ((left, 1, "antiparallel to parallel (potentiation)"), (right, -1, "parallel to antiparallel (depression)"))
    for axes, sign, title in sides:
        _side(axes, measure, [row for row in rows if row.trials and row.bias_v * sign > 0])
        axes.set_title(title, fontsize=9)
        label(axes, "height of the pulse (mV)", "switched" if sign > 0 else "")
        axes.set_ylim(-0.03, 1.03)
        axes.grid(True, linewidth=0.4, alpha=0.6)
    return figure


def _side(axes: Any, measure: Switching, rows: Sequence[SwitchingRow]) -> None:
    kinds = dict.fromkeys((row.law, row.width_s) for row in rows)
    for number, (law, width_s) in enumerate(kinds):
        own = [row for row in rows if (row.law, row.width_s) == (law, width_s)]
        style = curve_style(number)
        heights = np.array([row.bias_v for row in own])
        shares = np.array([row.share for row in own], dtype=float)
        bounds = [np.abs(shares - np.array([getattr(row, end) for row in own], dtype=float)) for end in ("low", "high")]
        said = f"{format_quantity(width_s, 's')}{_NAMES[law]}"
        marks = {"marker": style["marker"], "markersize": 4, "linestyle": "", "color": style["color"]}
        axes.errorbar(heights * _MV, shares, yerr=bounds, elinewidth=0.8, label=said, **marks)
        fine = np.linspace(heights.min(), heights.max(), 200)
        expected = [measure.expected(Pulse(law, float(height), width_s)) for height in fine]
        axes.plot(fine * _MV, expected, color=style["color"], linestyle=style["linestyle"], linewidth=1.0)
    axes.legend(fontsize=7, frameon=False)
