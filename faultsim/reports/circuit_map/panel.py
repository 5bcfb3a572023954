"""Draws a panel of a circuit map: word lines, bit lines, cells, neurons, and the defects on and between lines."""

from __future__ import annotations

from collections.abc import Sequence

from faultsim.fault_models.defect import Defect
from faultsim.reports.circuit_map.boxes import Grid, draw_box
from faultsim.reports.circuit_map.content import DROP
from faultsim.reports.circuit_map.ink import NOTE, XY, Ink, brief
from faultsim.reports.circuit_map.lattice import LineKey, Row
from faultsim.reports.circuit_map.layout import (
    FOLD,
    FOLD_WIDTH,
    HEAD_ROOM,
    LONGEST_NET,
    REACH,
    SHOULDER,
    Panel,
    Run,
    Spot,
)

_STUB = 16.0
"""From the left edge of a box to where its word line taps in."""
_TAP = DROP + 8.0
"""From a word line down to where a cell taps into its bit line."""
_SOURCE = 8.0
"""From the source line to a cell."""


class PanelPen:
    """Draws a panel at a place."""

    def __init__(self, ink: Ink, panel: Panel, origin: XY) -> None:
        """Take the ink."""
        self._ink, self._panel, self._origin = ink, panel, origin
        self._content, self._lattice = panel.content, panel.content.lattice
        self._pitch = panel.content.pitch
        self._half = panel.content.cells.half

    def draw(self) -> None:
        """Draw it."""
        for run, y in self._panel.tops():
            if run.folded:
                self._folded_rows(run, y)
            else:
                self._row(run.first, y)
        for spot in self._panel.spots:
            if spot.run.folded:
                self._folded_columns(spot)
            else:
                self._column(spot)
        self._bit_bridges()

    def _at(self, x: float, y: float) -> XY:
        return self._origin[0] + x, self._origin[1] + y

    def _wire(self, *points: XY, look: str = "wire") -> None:
        self._ink.wire(*(self._at(*point) for point in points), look=look)

    def _shown(self) -> list[Spot]:
        return [spot for spot in self._panel.spots if not spot.run.folded]

    def _row(self, index: int, y: float) -> None:
        row, key = self._lattice.rows[index], LineKey("row", index)
        if row.line is not None:
            self._word_line(row.line.net, y)
        if self._panel.first:
            for x, (rail, defect) in zip(self._panel.rails, self._content.to_rails(key), strict=False):
                self._ink.mark(defect, self._at(x, y + 13), self._half, *_rail(rail, -13.0))
            self._word_bridges(index, y)
            for x, name in zip(self._panel.companions, row.companions, strict=False):
                self._stop(key, name, self._content.companions, (x, self._panel.companion_width), y)
        for spot in self._shown():
            cell = row.cells.get(spot.run.first)
            if cell is not None:
                self._cell(row, key, cell, spot, y)
            self._crossing(key, spot, y)

    def _word_line(self, net: str, y: float) -> None:
        start = self._panel.start
        self._ink.word(self._at(start - 8, y + 4), brief(net, LONGEST_NET), "label", "end")
        self._ink.arrow(self._at(start, y))
        end, x = self._panel.spots[-1].line + 9, start
        for spot in self._panel.spots:
            if spot.run.folded:
                self._wire((x, y), (spot.left, y))
                self._wire((spot.left, y), (spot.right, y), look="wire fold")
                x = spot.right
        self._wire((x, y), (end, y))

    def _stop(self, key: LineKey, name: str, grid: Grid, across: tuple[float, float], y: float) -> None:
        """Draw a box under its word line, and the opens of the line behind it."""
        left, wide = across
        box = self._content.boxes[name]
        self._wire((left + _STUB, y), (left + _STUB, y + DROP))
        if self._lattice.rows[key.number].line is not None:
            self._ink.dot(self._at(left + _STUB, y))
        draw_box(self._ink, box, grid, self._at(left, y + DROP), (wide, grid.size(box)[1]))
        for number, defect in enumerate(self._content.behind(key, name)):
            at = self._at(left + _STUB - 13 - number * self._pitch, y)
            self._ink.mark(defect, at, self._half, on="across")

    def _cell(self, row: Row, key: LineKey, cell: str, spot: Spot, y: float) -> None:
        if row.line is None:
            own = [net for net in self._lattice.inputs if net in self._lattice.top[cell].nets]
            self._ink.word(self._at(spot.left + _STUB + 5, y + 5), brief(", ".join(own), LONGEST_NET))
        self._stop(key, cell, self._content.cells, (spot.left, spot.line - REACH - spot.left), y)
        self._wire((spot.line - REACH, y + _TAP), (spot.line, y + _TAP))
        self._ink.dot(self._at(spot.line, y + _TAP))
        if self._lattice.source:
            self._wire((spot.left - _SOURCE, y + _TAP), (spot.left, y + _TAP), look="wire soft")
        middle = (y + _TAP + y + self._content.height(key.number)) / 2
        for number, defect in enumerate(self._content.behind(LineKey("column", spot.run.first), cell)):
            at = self._at(spot.line + number * self._pitch, middle)
            self._ink.mark(defect, at, self._half, on="" if number else "down")

    def _crossing(self, key: LineKey, spot: Spot, y: float) -> None:
        for number, defect in enumerate(self._content.between(key, LineKey("column", spot.run.first))):
            self._ink.mark(defect, self._at(spot.line + number * self._pitch, y), self._half)

    def _word_bridges(self, index: int, y: float) -> None:
        """Draw the bridges to the word line below, with leads to both."""
        below = index + 1
        high = self._content.height(index)
        for number, defect in enumerate(self._content.between(LineKey("row", index), LineKey("row", below))):
            x = self._panel.bridges + number * self._pitch
            leads = [[(0.0, 0.0), (0.0, -high / 2)], [(0.0, 0.0), (0.0, high / 2)]]
            reaches = any(run == Run(below, below) for run in self._panel.rows)
            dots = [lead[1] for lead in leads[: 1 + reaches]]
            self._ink.mark(defect, self._at(x, y + high / 2), self._half, leads, dots)

    def _folded_rows(self, run: Run, y: float) -> None:
        names = [self._lattice.rows[index].line for index in (run.first, run.last)]
        said = " … ".join(brief(line.net, LONGEST_NET) for line in names if line is not None)
        count = f"{run.last - run.first + 1} rows without defects"
        at = self._at(self._panel.start, y + FOLD / 2 - 3)
        self._ink.word(at, f"{said}: {count}" if said else count, "note over")

    def _folded_columns(self, spot: Spot) -> None:
        ends = [self._lattice.columns[index].line.net for index in (spot.run.first, spot.run.last)]
        at = self._at(spot.line, HEAD_ROOM - 17)
        said = " … ".join(brief(net, FOLD_WIDTH / 2 - 8, NOTE) for net in ends)
        self._ink.word(at, said, "note", "middle")

    def _column(self, spot: Spot) -> None:
        column, panel = self._lattice.columns[spot.run.first], self._panel
        self._ink.word(self._at(spot.line, HEAD_ROOM - 17), brief(column.line.net, LONGEST_NET), "label", "middle")
        self._vertical(spot.line, HEAD_ROOM - 12, panel.roof, "wire")
        if self._lattice.source:
            self._vertical(spot.left - _SOURCE, HEAD_ROOM + _TAP, panel.floor, "wire soft")
            at = self._at(spot.left - _SOURCE, panel.floor + 11)
            self._ink.word(at, brief(self._lattice.source, LONGEST_NET), "note", "middle")
        if not panel.last:
            self._ink.arrow(self._at(spot.line, panel.roof + 6), 90)
            return
        for number, (rail, defect) in enumerate(self._content.to_rails(LineKey("column", spot.run.first))):
            y = panel.lanes[1] + (number + 0.5) * panel.lane
            leads, dots = _rail(rail, -14.0)
            turned = [[(-v, u) for u, v in lead] for lead in leads]
            self._ink.mark(defect, self._at(spot.line - 14, y), self._half, turned, [(-v, u) for u, v in dots])
        self._neuron(spot)

    def _vertical(self, x: float, top: float, bottom: float, look: str) -> None:
        """Draw a line down through all rows, broken where they are folded."""
        y = top
        for run, start in self._panel.tops():
            if run.folded:
                self._wire((x, y), (x, start), look=look)
                self._wire((x, start), (x, start + FOLD), look="wire fold")
                y = start + FOLD
        self._wire((x, y), (x, bottom), look=look)

    def _neuron(self, spot: Spot) -> None:
        column, panel = self._lattice.columns[spot.run.first], self._panel
        box, grid = self._content.boxes[column.receiver], self._content.receivers
        wide, high = grid.size(box)
        wide = max(wide, spot.line + SHOULDER - spot.left)
        draw_box(self._ink, box, grid, self._at(spot.line + SHOULDER - wide, panel.roof), (wide, high), "box neuron")
        foot = panel.roof + high
        self._wire((spot.line, foot), (spot.line, foot + 12))
        self._ink.arrow(self._at(spot.line, foot + 16), 90)
        self._ink.word(self._at(spot.line, foot + 28), brief(", ".join(column.outputs), LONGEST_NET), "label", "middle")

    def _bit_bridges(self) -> None:
        """Draw the bridges from each bit line to the next, with leads to both."""
        if not self._panel.last:
            return
        spots = {spot.run.first: spot for spot in self._shown()}
        for index, spot in spots.items():
            for number, defect in enumerate(self._between(index)):
                y = self._panel.lanes[0] + (number + 0.5) * self._panel.lane
                end = spots[index + 1].line if index + 1 in spots else self._panel.spots[-1].right
                half = (end - spot.line) / 2
                leads = [[(0.0, 0.0), (-half, 0.0)], [(0.0, 0.0), (half, 0.0)]]
                dots = [lead[1] for lead in leads[: 1 + (index + 1 in spots)]]
                self._ink.mark(defect, self._at(spot.line + half, y), self._half, leads, dots)

    def _between(self, index: int) -> Sequence[Defect]:
        return self._content.between(LineKey("column", index), LineKey("column", index + 1))


def _rail(rail: str, line: float) -> tuple[list[list[XY]], list[XY]]:
    """Return the leads of a bridge from a line at a height to a rail, and the dot on the line."""
    leads: list[list[XY]] = [[(0.0, 0.0), (0.0, line)], [(0.0, 0.0), (0.0, 10.0)]]
    bars = [(10.0, 5.0), (12.5, 3.0), (15.0, 1.0)] if rail == "0" else [(10.0, 5.0)]
    leads += [[(-wide, y), (wide, y)] for y, wide in bars]
    return leads, [(0.0, line)]
