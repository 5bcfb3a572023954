"""Sheets of small maps: thresholds of many defects over the plane of windows, in one scale of shades."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from faultsim.campaigns.windows import PlaneSpec
from faultsim.reports.figures.canvas import blank, plain, shortened
from faultsim.reports.figures.grid import NS, fill_cells
from faultsim.reports.figures.palette import INK
from faultsim.reports.planes import PlaneMap
from faultsim.units import format_quantity

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_MAPS = 24
"""On one sheet."""
MARKS: Mapping[str, str] = MappingProxyType({"u": "not detected", "?": "unknown", "x": "unusable"})
"""What is written into a cell without a threshold, and what it means."""

_COLUMNS = 6
_LEVELS = 8
"""Shades of a sheet, few enough to be told apart in print."""
_NAME = 26


@dataclass(frozen=True, eq=False)
class MapSheet:
    """Maps that are drawn together.

    Attributes:
        test: Under which they were found.
        number: Of the sheets of this test, from 1.
        unit: Of the thresholds.
        maps: One for each defect.
    """

    test: str
    number: int
    unit: str
    maps: Sequence[PlaneMap]


def map_sheets(maps: Sequence[PlaneMap]) -> list[MapSheet]:
    """Return the sheets that hold all maps: a test's together, thresholds of one unit on one sheet."""
    grouped: dict[str, dict[str, list[PlaneMap]]] = {}
    for found in maps:
        grouped.setdefault(found.test, {}).setdefault(found.unit, []).append(found)
    sheets = []
    for test, units in grouped.items():
        parts = [
            (unit, own[start : start + MOST_MAPS])
            for unit, own in units.items()
            for start in range(0, len(own), MOST_MAPS)
        ]
        sheets += [MapSheet(test, number, unit, part) for number, (unit, part) in enumerate(parts, 1)]
    return sheets


def map_figure(plane: PlaneSpec, sheet: MapSheet) -> Figure:
    """Draw a sheet: thresholds in shades, a mark where there is none, one scale for all of its maps."""
    from matplotlib import colormaps

    integrate, leaky = (np.array(steps.values_s) for steps in (plane.integrate, plane.leaky))
    known = [_thresholds(found, plane) for found in sheet.maps]
    ends = _levels(np.concatenate([values[np.isfinite(values)] for values in known]))
    shades = [tuple(shade) for shade in colormaps["cividis"](np.linspace(0, 1, _LEVELS))]
    figure, places, scale = _places(len(sheet.maps))
    for axes, found, values in zip(places, sheet.maps, known, strict=True):
        level = np.clip(np.searchsorted(ends, values, side="right") - 1, 0, _LEVELS - 1)
        fill_cells(axes, integrate, leaky, np.where(np.isfinite(values), level, -1), shades)
        _mark(axes, found, plane)
        axes.set_title(plain(shortened(found.defect_id, _NAME)), fontsize=7, y=1.0, pad=3)
    _scale(scale, ends, shades, sheet.unit)
    _key(figure)
    box = _extent(places)
    width, height = figure.get_size_inches()
    figure.supxlabel("integrate window (ns)", x=(box.x0 + box.x1) / 2, y=box.y0 - 0.24 / height, va="top", fontsize=9)
    figure.supylabel("leaky window (ns)", x=0.08 / width, y=(box.y0 + box.y1) / 2, fontsize=9)
    return figure


def _thresholds(found: PlaneMap, plane: PlaneSpec) -> Any:
    """Return thresholds over integrate and leaky window; nan in cells that are marked."""
    cells = [[(iw, lw) for lw in plane.leaky.values_s] for iw in plane.integrate.values_s]
    return np.array([[math.nan if found.mark(cell) else found.value(cell) for cell in line] for line in cells])


def _levels(values: Any) -> Any:
    """Return the ends of the shades: equal factors between the smallest and the largest threshold."""
    if not values.size:
        return np.array([])
    low, high = values.min(), values.max()
    # One threshold alone gets one shade.
    return np.geomspace(low, high, _LEVELS + 1) if high > low else np.array([low, 1.01 * low])


def _places(count: int) -> tuple[Any, list[Any], Any]:
    """Return a figure with so many small axes in rows, and one for the scale at the right.

    Their places are worked out here, in inches: matplotlib's own layout takes a second for a sheet.
    """
    from matplotlib.ticker import MaxNLocator

    columns = min(count, _COLUMNS)
    rows = -(-count // columns)
    side = 1.3 if columns > 3 else 2.2
    left, right, top, bottom, gap = 0.62, 1.05, 0.25, 0.62, (0.12, 0.26)
    width = left + columns * side + (columns - 1) * gap[0] + right
    height = top + rows * side + (rows - 1) * gap[1] + bottom
    figure = blank(width, height, layout=None)
    places = []
    for number in range(count):
        row, column = divmod(number, columns)
        x, y = left + column * (side + gap[0]), height - top - side - row * (side + gap[1])
        axes = figure.add_axes((x / width, y / height, side / width, side / height))
        axes.tick_params(labelsize=6.5, length=2)
        # Ticks are most of the work, and at the edges of the sheet they serve all maps.
        for axis, outer in ((axes.xaxis, number + columns >= count), (axes.yaxis, column == 0)):
            axis.set_visible(outer)
            axis.set_major_locator(MaxNLocator(3))
        places.append(axes)
    tall = min(rows * side + (rows - 1) * gap[1], 4.0)
    scale = figure.add_axes(
        ((width - right + 0.15) / width, (height - top - tall) / height, 0.14 / width, tall / height)
    )
    return figure, places, scale


def _extent(places: Sequence[Any]) -> Any:
    """Return what so many axes take up together, as shares of the figure."""
    from matplotlib.transforms import Bbox

    return Bbox.union([axes.get_position() for axes in places])


def _mark(axes: Any, found: PlaneMap, plane: PlaneSpec) -> None:
    """Write the marks of the cells without a threshold, as large as a cell lets them be."""
    integrate, leaky = plane.integrate.values_s, plane.leaky.values_s
    box = axes.get_position()
    width, height = axes.figure.get_size_inches()
    cell = 72 * min(box.width * width / len(integrate), box.height * height / len(leaky))
    for sign in MARKS:
        cells = [(iw * NS, lw * NS) for iw in integrate for lw in leaky if found.mark((iw, lw)) == sign]
        if cells:
            axes.plot(*zip(*cells, strict=True), **_sign(sign), markersize=min(0.55 * cell, 5.0))


def _sign(sign: str) -> dict[str, Any]:
    """Return a letter as a marker: hundreds of texts would take seconds."""
    from matplotlib.path import Path
    from matplotlib.textpath import TextPath

    letter = TextPath((0, 0), sign, size=10)
    middle = letter.get_extents().get_points().mean(axis=0)
    marker = Path(letter.vertices - middle, letter.codes)
    return {"marker": marker, "color": INK, "markeredgewidth": 0, "linestyle": "", "label": MARKS[sign]}


def _scale(axes: Any, ends: Any, shades: Any, unit: str) -> None:
    """Draw the scale of shades."""
    count = ends.size - 1
    if count < 1:
        axes.remove()
        return
    for number in range(count):
        axes.axhspan(number, number + 1, facecolor=shades[number], edgecolor="none")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, count)
    axes.set_xticks([])
    axes.yaxis.tick_right()
    axes.yaxis.set_label_position("right")
    places = range(count + 1) if count > 1 else [0.5]
    axes.set_yticks(list(places), [format_quantity(end, digits=3) for end in ends[: len(places)]], fontsize=7)
    axes.set_ylabel(plain(f"threshold ({unit})"), fontsize=8)


def _key(figure: Any) -> None:
    """Say what the marks mean that are on the sheet."""
    from matplotlib.lines import Line2D

    used = {line.get_label() for axes in figure.axes for line in axes.lines}
    keys = [Line2D([], [], **_sign(sign), markersize=5) for sign, meaning in MARKS.items() if meaning in used]
    if keys:
        figure.legend(handles=keys, loc="lower right", ncols=3, fontsize=7, frameon=False, borderaxespad=0.1)
