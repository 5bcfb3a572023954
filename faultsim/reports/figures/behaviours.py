"""The map of behaviours: integration against leak, every defect a point, the tolerance band a box."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from faultsim.campaigns.results import BehaviourRow, ToleranceRow
from faultsim.reports.figures import blank, plain, svg_text

_MARKERS = "osD^vP*Xh<>d"
_GAINS, _RETENTIONS = (0.3, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0), (0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.4)
"""Ticks of the two axes; what lies beyond the first or the last is drawn there."""
_MOST_NAMES = 12
_GAIN, _RETENTION = "integration_gain", "leak_retention"
_WAYS = ((0.04, 0.06, "slow to integrate", "left"), (0.98, 0.06, "fast to integrate", "right"))


def behaviour_figure(rows: Sequence[BehaviourRow], tolerances: Sequence[ToleranceRow]) -> str:
    """Draw the rows of the first window that have both quantities; one marker for each combination of names."""
    from matplotlib.patches import Rectangle

    window = rows[0].window
    points = [(row, *_point(row)) for row in rows if row.window == window and _measured(row)]
    figure = blank(8.6, 4.4)
    axes = figure.add_subplot()
    bands = {row.quantity: row for row in tolerances if row.window == window}
    ends = [end for name in (_GAIN, _RETENTION) if name in bands for end in (bands[name].low, bands[name].high)]
    if len(ends) == 4 and None not in ends:
        left, right, bottom, top = (float(end or 0.0) for end in ends)
        box = Rectangle((left, bottom), right - left, top - bottom, facecolor="0.85", edgecolor="0.4", linewidth=0.8)
        axes.add_patch(box)
    for number, (name, members) in enumerate(_grouped(points).items()):
        style = {"marker": _MARKERS[number % len(_MARKERS)], "linestyle": "", "markersize": 5, "alpha": 0.75}
        axes.plot(*zip(*members, strict=True), label=plain(f"{name} ({len(members)})"), **style)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(_GAINS, [f"{tick:g}" for tick in _GAINS], fontsize=7)
    axes.set_yticks(_RETENTIONS, [f"{tick:g}" for tick in _RETENTIONS], fontsize=7)
    axes.minorticks_off()
    axes.set_xlim(0.95 * _GAINS[0], 1.05 * _GAINS[-1])
    axes.set_ylim(0.98 * _RETENTIONS[0], 1.02 * _RETENTIONS[-1])
    axes.set_xlabel("tilt of one integrate window, over the fault-free one")
    axes.set_ylabel("share left after the leaky window, over the fault-free one", fontsize=8)
    for x, y, text, side in _WAYS:
        axes.text(x, y, text, transform=axes.transAxes, ha=side, fontsize=7, style="italic")
    axes.text(0.01, 0.97, "slow to leak", transform=axes.transAxes, va="top", fontsize=7, style="italic")
    axes.text(0.01, 0.12, "fast to leak", transform=axes.transAxes, fontsize=7, style="italic")
    axes.grid(True, linewidth=0.3, alpha=0.6)
    figure.legend(loc="outside right upper", fontsize=7, frameon=False)
    return svg_text(figure)


def _measured(row: BehaviourRow) -> bool:
    return isinstance(row.integration_gain, float) and isinstance(row.leak_retention, float)


def _point(row: BehaviourRow) -> tuple[float, float]:
    """Return where a row is drawn."""
    pairs = ((row.integration_gain, _GAINS), (row.leak_retention, _RETENTIONS))
    x, y = (min(max(float(value or 0.0), ticks[0]), ticks[-1]) for value, ticks in pairs)  # type: ignore[arg-type]
    return x, y


def _grouped(points: Sequence[tuple[BehaviourRow, float, float]]) -> dict[str, list[tuple[float, float]]]:
    """Return points by their names; the rarest combinations share one entry where there are many."""
    found: dict[str, list[tuple[float, float]]] = {}
    for row, x, y in points:
        found.setdefault(row.behaviours, []).append((x, y))
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    if len(ordered) <= _MOST_NAMES:
        return dict(ordered)
    rest: list[Any] = [point for _, members in ordered[_MOST_NAMES - 1 :] for point in members]
    return {**dict(ordered[: _MOST_NAMES - 1]), "other combinations": rest}
