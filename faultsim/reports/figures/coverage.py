"""Figures of coverage: over the resistance of defects, and against the time that tests take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from faultsim.reports.figures.canvas import blank, label
from faultsim.reports.figures.palette import curve_style
from faultsim.units import format_quantity

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from faultsim.vectors.record import SetRecord

_PERCENT = 100
_GROUPS = {"bridges": "bridges and shorts"}
_SIZE_IN = (7.2, 3.6)
_TIMES = ((1.0, "s"), (1e3, "ms"), (1e6, "us"), (1e9, "ns"))


def resistance_figure(curve: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw which share of the opens, and of the bridges and shorts, is detected if all of them have one resistance.

    A band is what simulations that failed leave open; dashed is the share by weight, where it is another.

    Args:
        curve: Points as in ``over_resistance`` of coverage.json.
    """
    figure = blank(*_SIZE_IN)
    axes = figure.add_subplot()
    names = [name for name in curve[0] if name != "r_ohm"]
    for number, name in enumerate(names):
        points = [(point["r_ohm"], point[name]) for point in curve if name in point]
        ohms = [ohm for ohm, _ in points]
        low, high, weighed = ([_PERCENT * share[key] for _, share in points] for key in ("low", "high", "weighted_low"))
        style = curve_style(number)
        color, said = style["color"], f"{_GROUPS.get(name, name)} ({points[0][1]['total']})"
        axes.plot(ohms, low, color=color, marker=style["marker"], markersize=4, linewidth=1.4, label=said)
        if low != high:
            axes.fill_between(ohms, low, high, color=color, alpha=0.25, linewidth=0, label=f"{name}, unknown")
        if weighed != low:
            axes.plot(ohms, weighed, color=color, linewidth=1.0, linestyle="--", label=f"{name}, by weight")
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: format_quantity(value, ""))
    axes.minorticks_off()
    axes.set_ylim(-3, 103)
    label(axes, "resistance of every defect (ohm)", "detected (%)")
    axes.grid(True, which="major", linewidth=0.4, alpha=0.6)
    figure.legend(loc="outside upper center", ncols=4, fontsize=8, handlelength=3, frameon=False)
    return figure


def cost_figure(record: SetRecord) -> Figure:
    """Draw the most weight that can be covered in so much time on the tester, or by so many vectors.

    Filled points are proven: nothing cheaper covers as much. The dotted line is what all candidates together cover.
    """
    figure = blank(*_SIZE_IN)
    axes = figure.add_subplot()
    # Of defects that weigh nothing nothing is covered.
    total = sum(defect.weight for defect in record.defects) or 1.0
    scale, axis = _cost_axis(record)
    curve = [(point.cost * scale, _PERCENT * point.covered_weight / total) for point in record.pareto]
    color = curve_style(0)["color"]
    axes.step(*zip(*curve, strict=True), where="post", color=color, linewidth=1.2)
    for proven, face, said in ((True, color, "proven: nothing cheaper covers as much"), (False, "white", "best found")):
        points = [pair for pair, point in zip(curve, record.pareto, strict=True) if point.proven is proven]
        if points:
            style = {"linestyle": "", "marker": "o", "markersize": 4.5, "color": color, "markerfacecolor": face}
            axes.plot(*zip(*points, strict=True), label=said, **style)
    last = record.pareto[-1]
    place: dict[str, Any] = {"textcoords": "offset points", "ha": "right", "va": "bottom", "fontsize": 8}
    axes.annotate(f"chosen: {len(last.vectors)} vectors", curve[-1], (-3, 4), **place)
    coverable = _PERCENT * sum(defect.weight for defect in record.defects if defect.demanded is not None) / total
    axes.axhline(coverable, color="black", linewidth=0.8, linestyle=":", label="all that any candidate covers")
    axes.set_ylim(0, 105)
    label(axes, axis, "covered, by weight (%)")
    axes.grid(True, linewidth=0.4, alpha=0.6)
    axes.legend(fontsize=8, loc="lower right")
    return figure


def _cost_axis(record: SetRecord) -> tuple[float, str]:
    """Return the factor by which costs are drawn, and their axis' name."""
    if record.selection.aim.startswith("fewest"):
        return 1.0, "vectors (count)"
    highest = record.pareto[-1].cost
    scale, unit = next(((scale, unit) for scale, unit in _TIMES if highest * scale >= 1), _TIMES[-1])
    return scale, f"time on the tester ({unit})"
