"""The map of behaviours: integration against leak, every defect a point, the tolerance band a box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Any

from faultsim.campaigns.results import BehaviourRow, ToleranceRow
from faultsim.reports.figures.canvas import blank, label, plain, shortened
from faultsim.reports.figures.palette import MARKERS, curve_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_GAINS, _RETENTIONS = (0.3, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0), (0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.4)
"""Ticks of the two axes; what lies beyond the first or the last is drawn there."""
_MOST_COMBINATIONS = len(MARKERS)
_MOST_NUMBERS = 24
_APART_IN = 0.16
"""Points that are nearer to each other share a number: the size of one."""
_NAME = 34
_WIDTH_IN, _HEIGHT_IN, _LINE_IN = 6.2, 4.2, 0.155
_GAIN, _RETENTION = "integration_gain", "leak_retention"
_WAYS = (
    (0.012, 0.22, "slow to integrate", {"rotation": 90, "va": "center"}),
    (0.988, 0.22, "fast to integrate", {"rotation": 90, "va": "center", "ha": "right"}),
    (0.22, 0.98, "slow to leak", {"va": "top", "ha": "center"}),
    (0.22, 0.02, "fast to leak", {"ha": "center"}),
)


@dataclass(frozen=True)
class _Point:
    """A defect where it is drawn."""

    row: BehaviourRow
    x: float
    y: float


def behaviour_figure(rows: Sequence[BehaviourRow], tolerances: Sequence[ToleranceRow]) -> Figure:
    """Draw the rows of the first window that have both quantities.

    A marker for each combination of names, and a number for each place: the key says which defects are there. Of more
    places than the key has room for, those furthest from the fault-free circuit have a number.
    """
    window = rows[0].window
    points = [_point(row) for row in rows if row.window == window and _measured(row)]
    bands = {row.quantity: row for row in tolerances if row.window == window}
    box = [end for name in (_GAIN, _RETENTION) if name in bands for end in (bands[name].low, bands[name].high)]
    ends = [float(end) for end in box if end is not None]
    whole = ends if len(ends) == 4 else []
    ticks = [
        _covering(_GAINS, [point.x for point in points] + whole[:2]),
        _covering(_RETENTIONS, [point.y for point in points] + whole[2:]),
    ]
    places = _places(points, ticks)
    groups = _grouped(points)
    lines = len(groups) + len(places) + 1
    figure = blank(_WIDTH_IN + 2.6, max(_HEIGHT_IN, _LINE_IN * lines + 0.3))
    axes = figure.add_subplot()
    _frame(axes, ticks, whole)
    for number, (name, members) in enumerate(groups.items()):
        style = {**curve_style(number), "linestyle": "", "markersize": 5, "alpha": 0.8}
        where = [[point.x for point in members], [point.y for point in members]]
        axes.plot(*where, label=plain(f"{shortened(name, _NAME + 10)} ({len(members)})"), **style)
    for number, members in enumerate(places, 1):
        at: dict[str, Any] = {"textcoords": "offset points", "fontsize": 6.5, "va": "bottom"}
        axes.annotate(f"{number}", (members[0].x, members[0].y), (3.5, 2), **at)
        axes.plot([], [], linestyle="", label=plain(f"{number}  {_title(members)}"))
    figure.legend(loc="outside right upper", fontsize=7, frameon=False, handletextpad=0.2)
    return figure


def _frame(axes: Any, ticks: Sequence[Sequence[float]], box: Sequence[float]) -> None:
    """Draw what the points stand on: axes, the tolerances' box, and where each way lies."""
    from matplotlib.patches import Rectangle

    label(
        axes,
        "tilt of one integrate window, relative to fault-free",
        "share left after the leaky window, relative to fault-free",
    )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(ticks[0], [f"{tick:g}" for tick in ticks[0]])
    axes.set_yticks(ticks[1], [f"{tick:g}" for tick in ticks[1]])
    axes.minorticks_off()
    axes.set_xlim(*_widened(ticks[0]))
    axes.set_ylim(*_widened(ticks[1]))
    axes.grid(True, linewidth=0.3, alpha=0.6)
    if box:
        left, right, bottom, top = box
        style: dict[str, Any] = {"facecolor": "0.85", "edgecolor": "0.4", "linewidth": 0.8, "label": "within tolerance"}
        axes.add_patch(Rectangle((left, bottom), right - left, top - bottom, **style))
    for x, y, text, place in _WAYS:
        axes.text(x, y, text, transform=axes.transAxes, fontsize=7, style="italic", color="0.35", **place)


def _measured(row: BehaviourRow) -> bool:
    return isinstance(row.integration_gain, float) and isinstance(row.leak_retention, float)


def _point(row: BehaviourRow) -> _Point:
    pairs = ((row.integration_gain, _GAINS), (row.leak_retention, _RETENTIONS))
    x, y = (min(max(float(value or 0.0), ticks[0]), ticks[-1]) for value, ticks in pairs)  # type: ignore[arg-type]
    return _Point(row, x, y)


def _covering(ticks: Sequence[float], values: Sequence[float]) -> list[float]:
    """Return the ticks between which all values lie, with the nominal 1 and its neighbours at least."""
    one = ticks.index(1.0)
    first = max((place for place, tick in enumerate(ticks) if tick <= min(values, default=1.0)), default=0)
    last = min((place for place, tick in enumerate(ticks) if tick >= max(values, default=1.0)), default=len(ticks) - 1)
    return list(ticks[min(first, one - 1) : max(last, one + 1) + 1])


def _widened(ticks: Sequence[float]) -> tuple[float, float]:
    """Return the ends of an axis: a little beyond its ticks, so that markers there are whole."""
    margin = (ticks[-1] / ticks[0]) ** 0.04
    return ticks[0] / margin, ticks[-1] * margin


def _places(points: Sequence[_Point], ticks: Sequence[Sequence[float]]) -> list[list[_Point]]:
    """Return the points that share a number, each time the furthest from the fault-free circuit first."""
    spans = [log(each[-1] / each[0]) for each in ticks]
    sizes = (_WIDTH_IN - 0.6, _HEIGHT_IN - 0.6)

    def inches(one: _Point, x: float, y: float) -> float:
        return max(abs(log(one.x / x)) / spans[0] * sizes[0], abs(log(one.y / y)) / spans[1] * sizes[1])

    places: list[list[_Point]] = []
    for point in sorted(points, key=lambda point: -inches(point, 1.0, 1.0)):
        own = next((place for place in places if inches(point, place[0].x, place[0].y) < _APART_IN), None)
        if own is None:
            places.append([point])
        else:
            own.append(point)
    return places[:_MOST_NUMBERS]


def _title(members: Sequence[_Point]) -> str:
    short = shortened(members[0].row.defect_id, _NAME)
    return short if len(members) == 1 else f"{short} and {len(members) - 1} more"


def _grouped(points: Sequence[_Point]) -> dict[str, list[_Point]]:
    """Return points by their names; the rarest combinations share one entry where there are many."""
    found: dict[str, list[_Point]] = {}
    for point in points:
        found.setdefault(point.row.behaviours, []).append(point)
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    if len(ordered) <= _MOST_COMBINATIONS:
        return dict(ordered)
    rest = [point for _, members in ordered[_MOST_COMBINATIONS - 1 :] for point in members]
    return {**dict(ordered[: _MOST_COMBINATIONS - 1]), "other combinations": rest}
