"""Shmoo maps drawn and written: side by side, in print, as a table and as text for a terminal."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from faultsim.campaigns.shmoo import UNKNOWN, ShmooMap
from faultsim.reports.figures import blank, cell_edges, plain
from faultsim.reports.tables import cell

_SILENT, _FAILED = "#e4e4e4", "#ffffff"
_MOST_DIGITS = 26
_WIDTH_IN, _HEIGHT_IN = 4.0, 3.9


def shmoo_figure(
    maps: Sequence[tuple[str, ShmooMap]], nominal_s: tuple[float, float], pulses: int, title: str = ""
) -> Any:
    """Draw maps side by side on one scale; a cross marks the nominal windows.

    Args:
        maps: Title and map of each.
        nominal_s: Integrate and leaky window of the circuit's own stimulus.
        pulses: Coding windows observed.
        title: What all of them have in common.
    """
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    figure = blank(_WIDTH_IN * len(maps) + 0.6, _HEIGHT_IN)
    panels = figure.subplots(1, len(maps), sharey=True, squeeze=False)[0]
    shades = [_FAILED, _SILENT, *_shades(pulses)]
    cross: dict[str, Any] = {"marker": "+", "color": "black", "markersize": 9, "markeredgewidth": 1.4, "linestyle": ""}
    for axes, (name, found) in zip(panels, maps, strict=True):
        _fill(axes, found, shades)
        _outline(axes, found)
        axes.plot(*(value * 1e9 for value in nominal_s), **cross)
        axes.set_title(plain(name), fontsize=9)
        axes.set_xlabel("integrate window (ns)")
        axes.tick_params(labelsize=8)
    panels[0].set_ylabel("leaky window (ns)")
    seen = sorted({int(value) for _, found in maps for value in np.unique(found.first_spike)})
    names = {UNKNOWN: "simulation failed", 0: f"no spike in {pulses}"}
    patches = [
        Patch(facecolor=shades[value + 1], edgecolor="0.5", label=names.get(value, f"pulse {value}")) for value in seen
    ]
    keys: list[Any] = [*patches, Line2D([], [], label="windows of the stimulus", **cross)]
    if title:
        figure.suptitle(plain(title), fontsize=10)
    figure.legend(handles=keys, loc="outside lower center", ncols=min(len(keys), 8), fontsize=8, frameon=False)
    return figure


def shmoo_csv(columns: Sequence[tuple[str, ShmooMap]]) -> str:
    """Return one row per pair of windows, and for each map the pulse and whether SPICE said so."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    heads = [f"{name}_{what}" for name, _ in columns for what in ("first_spike", "in_spice")]
    writer.writerow(["integrate_window_s", "leaky_window_s", *heads])
    first = columns[0][1]
    for i, integrate_s in enumerate(first.integrate_s):
        for j, leaky_s in enumerate(first.leaky_s):
            pairs = [(int(found.first_spike[i, j]), bool(found.in_spice[i, j])) for _, found in columns]
            values = [cell(value) for pair in pairs for value in pair]
            writer.writerow([f"{integrate_s:.9g}", f"{leaky_s:.9g}", *values])
    return buffer.getvalue()


def shmoo_text(found: ShmooMap) -> list[str]:
    """Return a map as a tester prints it: a line per leaky window, longest on top, and what its signs mean.

    Of more windows than a terminal has room for every second, every third ... is shown.
    """
    digits = {UNKNOWN: "?", 0: "."} | {pulse: _digit(pulse) for pulse in range(1, int(found.first_spike.max()) + 1)}
    columns = _picked(found.integrate_s.size, 2 * _MOST_DIGITS)
    lines = []
    for row in reversed(_picked(found.leaky_s.size, _MOST_DIGITS)):
        cells = "".join(digits[int(found.first_spike[column, row])] for column in columns)
        lines.append(f"{found.leaky_s[row] * 1e9:8.4g} ns  {cells}")
    ends = [f"{found.integrate_s[place] * 1e9:.4g} ns" for place in (columns[0], columns[-1])]
    shown, size = (len(columns), len(lines)), (found.integrate_s.size, found.leaky_s.size)
    part = f"; {shown[0]} of {size[0]} IW x {shown[1]} of {size[1]} LW" if shown != size else ""
    failed = ", ? simulation failed" if UNKNOWN in found.first_spike else ""
    return [
        *lines,
        f"{'LW':>8}     {ends[0]} ... IW ... {ends[1]}",
        f"{'':>8}     1 first spike on pulse 1, . none{failed}{part}",
    ]


def _digit(pulse: int) -> str:
    return str(pulse) if pulse < 10 else chr(ord("a") + pulse - 10) if pulse < 36 else "*"


def _picked(count: int, most: int) -> list[int]:
    """Return places in equal steps from the first one on, all of them where there are few."""
    return list(range(0, count, -(-count // most)))


def _fill(axes: Any, found: ShmooMap, shades: Sequence[Any]) -> None:
    """Draw the cells: neighbours along the integrate window that do the same as one, which keeps the file small."""
    from matplotlib.collections import PolyCollection

    x, y = (cell_edges(values * 1e9) for values in (found.integrate_s, found.leaky_s))
    boxes, colours = [], []
    for row, pulses in enumerate(found.first_spike.T):
        starts = [0, *(np.flatnonzero(np.diff(pulses)) + 1)]
        for start, stop in zip(starts, [*starts[1:], pulses.size], strict=True):
            corners = [(x[start], y[row]), (x[stop], y[row]), (x[stop], y[row + 1]), (x[start], y[row + 1])]
            boxes.append(corners)
            colours.append(shades[pulses[start] + 1])
    # A hair of its own colour around each closes the seams that viewers leave.
    axes.add_collection(PolyCollection(boxes, facecolors=colours, edgecolors="face", linewidths=0.6))
    axes.set_xlim(x[0], x[-1])
    axes.set_ylim(y[0], y[-1])


def _outline(axes: Any, found: ShmooMap) -> None:
    """Draw the boundary between spike and no spike along the cells, which grey printing would lose."""
    from matplotlib.collections import LineCollection

    x, y = (cell_edges(values * 1e9) for values in (found.integrate_s, found.leaky_s))
    spikes = found.first_spike > 0
    across, along = np.nonzero(spikes[1:] != spikes[:-1]), np.nonzero(spikes[:, 1:] != spikes[:, :-1])
    lines = [[(x[i + 1], y[j]), (x[i + 1], y[j + 1])] for i, j in zip(*across, strict=True)]
    lines += [[(x[i], y[j + 1]), (x[i + 1], y[j + 1])] for i, j in zip(*along, strict=True)]
    axes.add_collection(LineCollection(lines, colors="black", linewidths=0.9, capstyle="round"))


def _shades(pulses: int) -> list[Any]:
    """Return a colour for each pulse: the sooner the darker, and apart in greyscale."""
    from matplotlib import colormaps

    shades = colormaps["viridis"](np.linspace(0.0, 0.92, pulses))
    return [tuple(shade) for shade in shades]
