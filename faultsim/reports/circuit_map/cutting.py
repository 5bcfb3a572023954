"""Folds and cuts a lattice: many rows become panels beside each other, what has no defects is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from faultsim.fault_models.defect import Defect
from faultsim.reports.circuit_map.content import Content, content_of
from faultsim.reports.circuit_map.ink import XY
from faultsim.reports.circuit_map.lattice import Lattice
from faultsim.reports.circuit_map.layout import FOLD, Panel, Run
from faultsim.reports.circuit_map.places import Behind, Between, Place, ToRail

GAP = 22.0
"""Between panels."""

_HIGH = 900.0
"""A drawing that is higher than this is cut into panels, and tried with narrower cells."""
_HIGHEST_PANEL = 620.0
_SHAPES = (2.2, 1.1, 0.6)
"""Shapes of cells that are tried, the best first."""
_FEW_ROWS, _FEW_COLUMNS = 8, 4
_LEAST_FOLDED = 3


@dataclass(frozen=True)
class Arrangement:
    """Panels, each with its upper left corner, and the size of all of them."""

    panels: Sequence[tuple[Panel, XY]]
    size: XY


def arranged(lattice: Lattice, places: Mapping[Place, Sequence[Defect]], room: float) -> Arrangement:
    """Return a lattice as panels, within the room where that can be; of several ways to draw cells the lowest."""
    tried = []
    for shape in _SHAPES:
        tried.append(_placed(_panels(content_of(lattice, places, shape), room), room))
        if tried[-1].size[1] <= _HIGH:
            break
    return min(tried, key=lambda arrangement: arrangement.size[1])


def _placed(panels: Sequence[Panel], room: float) -> Arrangement:
    placed: list[tuple[Panel, XY]] = []
    x, y, right, high = 0.0, 0.0, 0.0, 0.0
    for panel in panels:
        wide, tall = panel.size
        if x and x + wide > room:
            x, y, high = 0.0, y + high + GAP, 0.0
        placed.append((panel, (x, y)))
        right, high = max(right, x + wide), max(high, tall)
        x += wide + GAP
    return Arrangement(placed, (right, y + high))


def _panels(content: Content, room: float) -> list[Panel]:
    """Cut a lattice into panels, none wider than the room where that can be, and as few as are not too high."""
    rows = _folded(len(content.lattice.rows), _busy(content, "row"), _FEW_ROWS)
    columns = _folded(len(content.lattice.columns), _busy(content, "column"), _FEW_COLUMNS)
    bands = _bands(content, rows, columns, room)
    wide = Panel(content, rows, bands[0], first=True, last=True).size[0]
    heights = [FOLD if run.folded else content.height(run.first) for run in rows]
    beside = int((room + GAP) // (wide + GAP)) if len(bands) == 1 and sum(heights) > _HIGH else 1
    pieces = _pieces(rows, heights, max(1, min(beside, ceil(sum(heights) / _HIGHEST_PANEL))))
    return [
        Panel(content, piece, band, first=band is bands[0], last=piece is pieces[-1])
        for piece in pieces
        for band in bands
    ]


def _bands(content: Content, rows: Sequence[Run], columns: Sequence[Run], room: float) -> list[list[Run]]:
    """Return columns in bands that are no wider than the room, each of one at least."""
    bands: list[list[Run]] = [[]]
    for run in columns:
        longer = [*bands[-1], run]
        if bands[-1] and Panel(content, rows, longer, first=len(bands) == 1, last=True).size[0] > room:
            bands.append([run])
        else:
            bands[-1] = longer
    return bands


def _pieces(rows: Sequence[Run], heights: Sequence[float], parts: int) -> list[list[Run]]:
    """Return rows in about so many pieces of about the same height."""
    pieces: list[list[Run]] = [[]]
    total, done = sum(heights), 0.0
    for run, height in zip(rows, heights, strict=True):
        if pieces[-1] and done + height / 2 > total * len(pieces) / parts:
            pieces.append([])
        pieces[-1].append(run)
        done += height
    return pieces


def _busy(content: Content, kind: str) -> set[int]:
    """Return the rows or columns that have a defect."""
    lattice = content.lattice
    full = {name for name, box in content.boxes.items() if box.count}
    busy: set[int] = set()
    for place in content.places:
        if isinstance(place, Between):
            busy |= {key.number for key in (place.first, place.second) if key.kind == kind}
        elif isinstance(place, ToRail) and place.line.kind == kind:
            busy.add(place.line.number)
        elif isinstance(place, Behind):
            full.add(place.stop)
            busy |= {place.line.number} if place.line.kind == kind else set()
    if kind == "row":
        return busy | {
            index
            for index, row in enumerate(lattice.rows)
            if not full.isdisjoint((*row.cells.values(), *row.companions))
        }
    return busy | {
        index for index, column in enumerate(lattice.columns) if not full.isdisjoint((*column.cells, column.receiver))
    }


def _folded(count: int, busy: set[int], few: int) -> list[Run]:
    """Return rows or columns as runs; of many, those without defects are folded, the first and the last never."""
    runs: list[Run] = []
    kept = sorted({0, count - 1, *busy}) if count > few else range(count)
    after = 0
    for index in kept:
        if index - after >= _LEAST_FOLDED:
            runs.append(Run(after, index - 1))
        else:
            runs += [Run(idle, idle) for idle in range(after, index)]
        runs.append(Run(index, index))
        after = index + 1
    return runs
