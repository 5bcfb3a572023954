"""What a circuit map shows of a lattice: the box of each element, its grid, and the defects on and between lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from faultsim.fault_models.defect import Defect
from faultsim.reports.circuit_map.boxes import Box, Grid, boxes_of, grid_for, pitch_for
from faultsim.reports.circuit_map.lattice import Lattice, LineKey
from faultsim.reports.circuit_map.places import Behind, Between, Place, ToRail

DROP = 9.0
"""From a word line down to the boxes under it."""

_LOWEST_ROW = 40.0


@dataclass(frozen=True)
class Content:
    """What is drawn of a lattice.

    Attributes:
        lattice: The lattice.
        places: Place -> the defects there.
        boxes: Name of an element -> its box.
        shape: How many times as wide as high the fullest cell is.
    """

    lattice: Lattice
    places: Mapping[Place, Sequence[Defect]]
    boxes: Mapping[str, Box]
    shape: float

    @cached_property
    def pitch(self) -> float:
        """From mark to mark."""
        return pitch_for(self.boxes.values())

    @cached_property
    def cells(self) -> Grid:
        """The grid of all cells."""
        cells = [self.boxes[cell] for column in self.lattice.columns for cell in column.cells]
        return grid_for(cells, self.pitch, self.shape)

    @cached_property
    def companions(self) -> Grid:
        """The grid of what else is in rows."""
        boxes = [self.boxes[name] for row in self.lattice.rows for name in row.companions]
        return grid_for(boxes, self.pitch, self.shape / 2)

    @cached_property
    def receivers(self) -> Grid:
        """The grid of all neurons."""
        boxes = [self.boxes[column.receiver] for column in self.lattice.columns]
        return grid_for(boxes, self.pitch, 6.0, max(map(self.cell_width, range(len(boxes)))))

    def cell_width(self, column: int) -> float:
        """Return how wide the cells of a column are."""
        return max(self.cells.size(self.boxes[cell])[0] for cell in self.lattice.columns[column].cells)

    def behind(self, line: LineKey, stop: str) -> Sequence[Defect]:
        """Return the defects of a line behind a stop."""
        return self.places.get(Behind(line, stop), ())

    def between(self, first: LineKey, second: LineKey) -> Sequence[Defect]:
        """Return the defects between two lines."""
        return self.places.get(Between(first, second), ())

    def to_rails(self, line: LineKey) -> Sequence[tuple[str, Defect]]:
        """Return the rails that a line may touch, each with a defect."""
        return self._rails.get(line, ())

    def height(self, row: int) -> float:
        """Return how high a row is."""
        content = self.lattice.rows[row]
        boxes = [self.cells.size(self.boxes[cell])[1] for cell in content.cells.values()]
        boxes += [self.companions.size(self.boxes[name])[1] for name in content.companions]
        return max(_LOWEST_ROW, DROP + max(boxes) + 14)

    @cached_property
    def _rails(self) -> dict[LineKey, list[tuple[str, Defect]]]:
        found: dict[LineKey, list[tuple[str, Defect]]] = {}
        for place, defects in self.places.items():
            if isinstance(place, ToRail):
                found.setdefault(place.line, []).extend((place.rail, defect) for defect in defects)
        return found


def content_of(lattice: Lattice, places: Mapping[Place, Sequence[Defect]], shape: float) -> Content:
    """Return what is drawn of a lattice, with a box for each of its elements."""
    groups = boxes_of(places)
    names = [cell for column in lattice.columns for cell in column.cells]
    names += [name for row in lattice.rows for name in row.companions]
    neurons = [column.receiver for column in lattice.columns]
    boxes = {name: Box(name, "", groups.get(name, {})) for name in names}
    boxes |= {name: Box(name, lattice.top[name].model, groups.get(name, {})) for name in neurons}
    return Content(lattice, places, boxes, shape)
