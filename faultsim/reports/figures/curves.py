"""Figures of measured quantities over the severity of defects, and over the stimulus."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from faultsim.campaigns.results import CurrentRow, ResponseRow
from faultsim.reports.figures.canvas import blank, label, plain, shortened
from faultsim.reports.figures.palette import curve_style
from faultsim.spice.expressions import Value
from faultsim.units import format_quantity

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ALIKE = 0.005
"""Curves that are nowhere further apart, relative, are drawn as one."""

_UNITS = {"_a": (1e6, "uA"), "_s": (1e9, "ns"), "_v": (1.0, "V"), "_rad": (1.0, "rad"), "_ohm": (1.0, "ohm")}
"""End of an observable's name -> factor and unit in which it is drawn."""
_PREFIXES = ((1.0, ""), (1e3, "m"), (1e6, "u"), (1e9, "n"), (1e12, "p"))
_GROUPS = {"open": "opens", "bridge": "bridges and shorts", "short": "bridges and shorts"}
_MOST_NAMED = 12
_NAME = 34
_DECADE = 10.0
_FAINT = {"color": "0.6", "linewidth": 0.7}

_Curve = list[tuple[float, float]]


def current_figure(rows: Sequence[CurrentRow], observable: str, kinds: Mapping[str, str]) -> Figure:
    """Draw a measured quantity over the severity of each defect (LATS 2024 Fig. 9), side by side for each kind.

    Curves that do the same are drawn as one. Of more than can be told apart, those furthest from the fault-free
    circuit have a style and a name, the others are thin and grey.

    Args:
        rows: Points of all curves; that of severity 0 is the fault-free circuit.
        observable: What is measured.
        kinds: Of each defect.
    """
    scale, axis = _axis(observable)
    panels: dict[str, dict[str, _Curve]] = {}
    for row in rows:
        if row.r_ohm > 0:
            panel = panels.setdefault(_GROUPS.get(kinds.get(row.defect_id, ""), "defects"), {})
            panel.setdefault(row.defect_id, []).append((row.r_ohm, _number(row.im_wr_a) * scale))
    healthy = next((_number(row.im_wr_a) * scale for row in rows if row.r_ohm == 0), math.nan)
    figure = blank(7.2 if len(panels) == 1 else 10.0, 4.4)
    places = figure.subplots(1, max(1, len(panels)), squeeze=False)[0]
    for axes, (name, curves) in zip(places, panels.items(), strict=False):
        _draw_alike(axes, curves, healthy)
        axes.set_xscale("log")
        # In words, because matplotlib's powers of ten are typeset, which takes longer than all the rest.
        axes.xaxis.set_major_formatter(lambda value, _: format_quantity(value, ""))
        axes.minorticks_off()
        label(axes, f"resistance of the {name} (ohm)", axis)
    return figure


def response_figure(rows: Sequence[ResponseRow]) -> Figure:
    """Draw an observable over one quantity of the stimulus, a curve for the fault-free circuit and each defect."""
    figure = blank(7.2, 3.4)
    axes = figure.add_subplot()
    curves: dict[tuple[str, float | None, str], list[ResponseRow]] = {}
    for row in rows:
        curves.setdefault((row.defect_id, row.severity, row.unit), []).append(row)
    highest = max(abs(row.value) for row in rows)
    factor, prefix = next(((factor, name) for factor, name in _PREFIXES if highest * factor >= 1), (1.0, ""))
    scale, axis = _axis(rows[0].observable)
    for number, ((defect, severity, unit), points) in enumerate(curves.items()):
        name = f"{defect} {format_quantity(severity, unit)}" if severity is not None else "fault-free"
        values = [_number(row.result) * scale for row in points]
        axes.plot([row.value * factor for row in points], values, label=plain(name), **_style(number))
    label(axes, f"{rows[0].over} ({prefix}s)", axis)
    axes.grid(True, linewidth=0.4, alpha=0.6)
    axes.legend(fontsize=8, handlelength=3)
    return figure


def _draw_alike(axes: Any, curves: Mapping[str, _Curve], healthy: float) -> None:
    """Draw the curves of one panel, those that are alike as one, and the fault-free value as a line."""
    groups = sorted(_alike(curves), key=lambda names: -_away(curves[names[0]], healthy))
    named = groups if len(groups) <= _MOST_NAMED else groups[: _MOST_NAMED - 1]
    # In the order in which they were asked for, which people look names up in.
    for number, names in enumerate(sorted(named, key=lambda names: list(curves).index(names[0]))):
        axes.plot(*zip(*curves[names[0]], strict=True), label=plain(_title(names)), **_style(number))
    others = groups[len(named) :]
    for names in others:
        count = sum(map(len, others))
        said = f"{count} others, nearer to fault-free" if names is others[0] else None
        axes.plot(*zip(*curves[names[0]], strict=True), label=said, zorder=1, **_FAINT)
    values = [value for curve in curves.values() for _, value in curve if math.isfinite(value)]
    if math.isfinite(healthy):
        values.append(healthy)
        axes.axhline(healthy, color="black", linewidth=0.8, linestyle=(0, (1, 3)), label="fault-free", zorder=1)
    if values and min(values) > 0 and max(values) > _DECADE * min(values):
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.grid(True, which="major", linewidth=0.4, alpha=0.6)
    axes.legend(fontsize=7.5, ncols=2, handlelength=3, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)


def _alike(curves: Mapping[str, _Curve]) -> list[list[str]]:
    """Return the names of curves, those together that are nowhere further apart than `ALIKE`."""
    groups: list[list[str]] = []
    for name, curve in curves.items():
        own = next((names for names in groups if _same(curve, curves[names[0]])), None)
        if own is None:
            groups.append([name])
        else:
            own.append(name)
    return groups


def _same(one: _Curve, other: _Curve) -> bool:
    if [x for x, _ in one] != [x for x, _ in other]:
        return False
    pairs = [(a, b) for (_, a), (_, b) in zip(one, other, strict=True)]
    return all(
        math.isclose(a, b, rel_tol=ALIKE) if math.isfinite(a) and math.isfinite(b) else str(a) == str(b)
        for a, b in pairs
    )


def _away(curve: _Curve, healthy: float) -> float:
    """Return how far a curve gets from the fault-free value, as a factor."""
    ratios = [abs(value / healthy) for _, value in curve if value and healthy and math.isfinite(value / healthy)]
    return max((max(ratio, 1 / ratio) for ratio in ratios), default=math.inf)


def _title(names: Sequence[str]) -> str:
    title = ", ".join(names)
    if len(title) <= _NAME:
        return title
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return shortened(names[0], _NAME - len(more)) + more


def _style(number: int) -> dict[str, Any]:
    return {**curve_style(number), "markersize": 3, "linewidth": 1.2}


def _axis(observable: str) -> tuple[float, str]:
    """Return the factor by which an observable is drawn, and its axis' name."""
    for end, (factor, unit) in _UNITS.items():
        if observable.endswith(end):
            return factor, f"{observable.removesuffix(end)} ({unit})"
    return 1.0, observable


def _number(value: Value) -> float:
    return float(value) if isinstance(value, int | float) else math.nan
