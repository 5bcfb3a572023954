"""Where everything of a panel is: a part of the lattice that is drawn in one piece."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import ceil

from faultsim.reports.circuit_map.content import Content
from faultsim.reports.circuit_map.ink import TITLE, brief
from faultsim.reports.circuit_map.lattice import LineKey
from faultsim.reports.tracks.ink import width

REACH = 18.0
"""From a cell to its bit line."""
SHOULDER = 14.0
"""By which a neuron reaches beyond its bit line."""
FOLD = 26.0
"""Height of a run of rows that is left out."""
FOLD_WIDTH = 74.0
"""Width of a run of columns that is left out."""
HEAD_ROOM = 26.0
"""From the upper edge of a panel to its first word line."""
LONGEST_NET = 84.0
"""Room for the name of a net at a line."""

_OUTPUT = 32.0
"""Room for the arrow and the name of an output."""
_SOURCE_NAME = 18.0
"""Room for the name of the source line under the last row."""


@dataclass(frozen=True)
class Run:
    """Rows or columns next to each other: one that is drawn, or several that are left out."""

    first: int
    last: int

    @property
    def folded(self) -> bool:
        """Return whether it is left out."""
        return self.first != self.last


@dataclass(frozen=True)
class Spot:
    """Where a column is, or a run of columns that is left out.

    Attributes:
        run: Which.
        left: Left edge of its cells.
        line: Its bit line.
        right: Where it ends.
    """

    run: Run
    left: float
    line: float
    right: float


@dataclass(frozen=True)
class Panel:
    """A part of the lattice that is drawn in one piece.

    Attributes:
        content: What is drawn.
        rows: Its rows, from above.
        columns: Its columns, from the left.
        first: Whether it has the first column, and so what stands before it.
        last: Whether it has the last row, and so the neurons under it.
    """

    content: Content
    rows: Sequence[Run]
    columns: Sequence[Run]
    first: bool
    last: bool

    @cached_property
    def spots(self) -> list[Spot]:
        """Where its columns are."""
        return list(self._spots())

    @cached_property
    def start(self) -> float:
        """Where word lines begin, behind the names of their nets."""
        names = [row.line.net for row in self.content.lattice.rows if row.line is not None]
        return ceil(max((width(brief(name, LONGEST_NET), TITLE) for name in names), default=0.0)) + 14.0

    @cached_property
    def rails(self) -> list[float]:
        """Where bridges of word lines to rails are."""
        count = max((len(self.content.to_rails(LineKey("row", row))) for row in self._shown_rows), default=0)
        return [self.start + 14 + (self.content.pitch + 3) * number for number in range(count if self.first else 0)]

    @cached_property
    def bridges(self) -> float:
        """Where bridges from word line to word line are."""
        return max([self.start, *self.rails]) + 16

    @cached_property
    def companions(self) -> list[float]:
        """The left edges of what stands in rows before the cells."""
        rows = [(LineKey("row", row), self.content.lattice.rows[row].companions) for row in self._shown_rows]
        x, edges = self._gutter + 12, []
        for number in range(max((len(names) for _, names in rows), default=0) if self.first else 0):
            opens = [len(self.content.behind(key, names[number])) for key, names in rows if number < len(names)]
            x += self._extra(opens)
            edges.append(x)
            x += self.companion_width + 16
        return edges

    @cached_property
    def companion_width(self) -> float:
        """How wide these are."""
        names = [name for row in self.content.lattice.rows for name in row.companions]
        return max((self.content.companions.size(self.content.boxes[name])[0] for name in names), default=0.0)

    @cached_property
    def floor(self) -> float:
        """Where the last row ends."""
        return HEAD_ROOM + sum(self.height(run) for run in self.rows)

    @cached_property
    def lanes(self) -> tuple[float, float]:
        """Where the lanes of bit lines' bridges begin: of those from line to line, and under them of those to rails."""
        keys = [LineKey("column", index) for index in range(len(self.content.lattice.columns))]
        between = max((len(self.content.between(*pair)) for pair in pairwise(keys)), default=0)
        top = self.floor + (_SOURCE_NAME if self.content.lattice.source else 4)
        return top, top + self.lane * between

    @property
    def lane(self) -> float:
        """How high a lane is."""
        return self.content.pitch + 5

    @cached_property
    def roof(self) -> float:
        """The upper edge of the neurons, or where bit lines leave for another panel."""
        if not self.last:
            return self.floor + _SOURCE_NAME
        columns = range(len(self.content.lattice.columns))
        rails = max(len(self.content.to_rails(LineKey("column", index))) for index in columns)
        return self.lanes[1] + self.lane * rails + 8

    @property
    def size(self) -> tuple[float, float]:
        """Its width and height."""
        sizes = [
            self.content.receivers.size(self.content.boxes[self.content.lattice.columns[spot.run.first].receiver])
            for spot in self.spots
            if not spot.run.folded
        ]
        foot = max((high for _, high in sizes), default=0.0) + _OUTPUT if self.last else 16.0
        return self.spots[-1].right + 6, self.roof + foot

    def height(self, run: Run) -> float:
        """Return how high a run of rows is."""
        return FOLD if run.folded else self.content.height(run.first)

    def tops(self) -> Iterator[tuple[Run, float]]:
        """Return each run of rows and its word line, or its upper edge."""
        y = HEAD_ROOM
        for run in self.rows:
            yield run, y
            y += self.height(run)

    @property
    def _shown_rows(self) -> list[int]:
        return [run.first for run in self.rows if not run.folded]

    @property
    def _gutter(self) -> float:
        """Where the bridges of word lines end."""
        keys = [LineKey("row", index) for index in range(len(self.content.lattice.rows))]
        most = max((len(self.content.between(*pair)) for pair in pairwise(keys)), default=0)
        if most and self.first:
            return self.bridges + self._extra([most])
        return max([self.start, *self.rails])

    def _extra(self, counts: Iterable[int]) -> float:
        """Return the room for more than one defect at a place."""
        return self.content.pitch * max(0, max(counts, default=0) - 1)

    def _spots(self) -> Iterator[Spot]:
        content, source = self.content, 12 if self.content.lattice.source else 0
        x = self.companions[-1] + self.companion_width + 14 if self.companions else self._gutter + 14
        for run in self.columns:
            if run.folded:
                yield Spot(run, x, x + FOLD_WIDTH / 2, x + FOLD_WIDTH)
                x += FOLD_WIDTH
                continue
            column, key = content.lattice.columns[run.first], LineKey("column", run.first)
            rows = [(LineKey("row", number), cell) for number, cell in enumerate(column.cells)]
            left = x + self._extra(len(content.behind(row, cell)) for row, cell in rows) + source
            wide = content.cell_width(run.first)
            neuron = content.receivers.size(content.boxes[column.receiver])[0] if self.last else 0.0
            line = max(left + wide + REACH, x + neuron - SHOULDER)
            opens = [len(content.behind(key, cell)) for cell in column.cells]
            crossings = [len(content.between(LineKey("row", row), key)) for row in range(len(content.lattice.rows))]
            right = line + SHOULDER + self._extra([*opens, *crossings])
            yield Spot(run, line - REACH - wide, line, right)
            x = right + 14
