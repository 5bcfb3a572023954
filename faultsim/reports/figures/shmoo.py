"""Shmoo maps drawn and written: side by side, in print, as a table and as text for a terminal."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from faultsim.campaigns.shmoo import UNKNOWN, ShmooMap
from faultsim.reports.figures.canvas import blank, label, plain
from faultsim.reports.figures.grid import NS, cell_edges, fill_cells
from faultsim.reports.figures.palette import INK
from faultsim.reports.tables import cell

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SILENT, _FAILED = "#e4e4e4", "#ffffff"
_MOST_DIGITS = 26
_KEYS = 3
"""What fits into a line below each map."""
_WIDTH_IN, _HEIGHT_IN = 4.0, 3.9


def shmoo_figure(
    maps: Sequence[tuple[str, ShmooMap]], nominal_s: tuple[float, float], pulses: int, title: str = ""
) -> Figure:
    """Draw maps side by side on one scale; a cross marks the nominal windows.

    Args:
        maps: Title and map of each.
        nominal_s: Integrate and leaky window of the circuit's own stimulus.
        pulses: Coding windows observed.
        title: What all of them have in common.
    """
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch
    from matplotlib.patheffects import withStroke

    figure = blank(_WIDTH_IN * len(maps) + 0.6, _HEIGHT_IN)
    panels = figure.subplots(1, len(maps), sharey=True, squeeze=False)[0]
    shades = [_FAILED, *_shades(pulses)]
    cross: dict[str, Any] = {"marker": "+", "color": INK, "markersize": 9, "markeredgewidth": 1.4, "linestyle": ""}
    # On a dark page the cross is light, and so are late pulses.
    cross["path_effects"] = [withStroke(linewidth=3, foreground="white")]
    for axes, (name, found) in zip(panels, maps, strict=True):
        spikes = found.first_spike
        # What is silent is the ground on which the rest is drawn.
        axes.set_facecolor(_SILENT)
        fill_cells(axes, found.integrate_s, found.leaky_s, np.where(spikes, np.maximum(spikes, 0), -1), shades)
        _outline(axes, found)
        axes.plot(*(value * NS for value in nominal_s), **cross)
        axes.set_title(plain(name), fontsize=9)
        label(axes, "integrate window (ns)", "leaky window (ns)" if axes is panels[0] else "")
    seen = sorted({int(value) for _, found in maps for value in np.unique(found.first_spike)})
    special = {UNKNOWN: (_FAILED, "simulation failed"), 0: (_SILENT, f"no spike in {pulses}")}
    keyed = [special[value] if value in special else (shades[value], f"pulse {value}") for value in seen]
    patches = [Patch(facecolor=shade, edgecolor="0.5", label=name) for shade, name in keyed]
    keys: list[Any] = [*patches, Line2D([], [], label="windows of the stimulus", **cross)]
    if title:
        figure.suptitle(plain(title), fontsize=10)
    figure.legend(handles=keys, loc="outside lower center", ncols=_KEYS * len(maps), fontsize=8, frameon=False)
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
        lines.append(f"{found.leaky_s[row] * NS:8.4g} ns  {cells}")
    ends = [f"{found.integrate_s[place] * NS:.4g} ns" for place in (columns[0], columns[-1])]
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


def _outline(axes: Any, found: ShmooMap) -> None:
    """Draw the boundary between spike and no spike along the cells, which grey printing would lose."""
    from matplotlib.collections import LineCollection

    x, y = (cell_edges(values * NS) for values in (found.integrate_s, found.leaky_s))
    spikes = found.first_spike > 0
    across, along = np.nonzero(spikes[1:] != spikes[:-1]), np.nonzero(spikes[:, 1:] != spikes[:, :-1])
    lines = [[(x[i + 1], y[j]), (x[i + 1], y[j + 1])] for i, j in zip(*across, strict=True)]
    lines += [[(x[i], y[j + 1]), (x[i + 1], y[j + 1])] for i, j in zip(*along, strict=True)]
    axes.add_collection(LineCollection(lines, colors=INK, linewidths=0.9, capstyle="round"))


def _shades(pulses: int) -> list[Any]:
    """Return a colour for each pulse: the sooner the darker, and apart in greyscale."""
    from matplotlib import colormaps

    shades = colormaps["viridis"](np.linspace(0.0, 0.92, pulses))
    return [tuple(shade) for shade in shades]
