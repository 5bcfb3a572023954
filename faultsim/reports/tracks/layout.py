"""Where everything on a track diagram is: rows of tracks, columns of devices, lanes of shorts and bridges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from faultsim.reports.tracks.ink import short, width
from faultsim.reports.tracks.marks import Mark, Place
from faultsim.reports.tracks.view import View

MARGIN = 16.0
"""What is free at the left and at the right."""
ROW = 17.0
"""From a track, or a line of text, to the next."""

_TOP, _LANE, _GAP = 52.0, 8.0, 16.0


@dataclass
class Layout:
    """Where everything is.

    Attributes:
        view: What is drawn.
        marks: What is marked.
        head: Lower edge of the columns' names.
        rows: Net -> height of its track.
        starts: For each column, where the tracks start that its group is the first on.
        bars: Where each column's bar is.
        edges: Where each column ends.
        lines: Short, bridge or open of a segment -> where it is.
        right: Where everything ends.
    """

    view: View
    marks: Mapping[Place, Mark]
    head: float
    rows: Mapping[str, float]
    starts: list[float] = field(default_factory=list)
    bars: list[float] = field(default_factory=list)
    edges: list[float] = field(default_factory=list)
    lines: dict[Place, float] = field(default_factory=dict)
    right: float = MARGIN

    @property
    def floor(self) -> float:
        """Return the lower edge of the tracks."""
        return max(self.rows.values(), default=self.head) + ROW

    def at(self, kind: str, column: int = -1) -> dict[Place, Mark]:
        """Return the marks of a kind at a column."""
        return {place: mark for place, mark in self.marks.items() if place[:2] == (kind, column)}

    def dots(self, number: int) -> list[tuple[str, float, float]]:
        """Return each terminal of a column, and where it touches its track."""
        column, x = self.view.columns[number], self.bars[number]
        return [(terminal, x + column.offsets[terminal], self.rows[net]) for terminal, net in column.pins]

    def end(self, net: str) -> float:
        """Return where a net's track ends."""
        last, y = self.view.uses[net][-1], self.rows[net]
        marked = [place for place in self.lines if net in place.what and place.kind != "short"]
        ends = [x for _, x, height in self.dots(last) if height == y]
        ends += [self.lines[place] + (8 if place.kind == "segment" else 0) for place in marked]
        if net not in self.view.driven:
            return max(ends)
        # Behind everything, so that the end can be seen.
        bridges = [self.lines[place] for place in self.lines if place.kind == "bridge"]
        bridged = any(place.kind == "bridge" for place in marked)
        return max([*ends, self.edges[self.view.runs[last][-1]], *(bridges if bridged else [])]) + 10


def laid_out(view: View, marks: Mapping[Place, Mark]) -> Layout:
    """Return where everything is that is drawn and marked."""
    names = [column.label for column in view.columns]
    names += [mark.numbers for place, mark in marks.items() if place.kind == "inside"]
    head = _TOP + max((width(name) for name in names), default=0.0)
    bridged = {net for place in marks if place.kind == "bridge" for net in place.what}
    rows = {net: head + ROW * (row + 1) for net, row in _rows(view, bridged).items()}
    layout = Layout(view, marks, head, rows)
    for number, column in enumerate(view.columns):
        run = view.runs[number]
        if number == run[0]:
            begun = [view.label(net) for net, used in view.uses.items() if used[0] in run]
            begun += map(view.label, view.again(run))
            layout.right += 8 + max(map(width, begun), default=0.0)
            start = layout.right
        layout.starts.append(start)
        _lay_column(layout, number, start + width(short(column.group), 10) if number == run[-1] else 0.0)
        layout.right += _GAP if number == run[-1] else 0.0
    bridges = layout.at("bridge")
    _lay_lines(layout, bridges, layout.right + 6)
    layout.right = max([layout.right, *(layout.lines[place] + _LANE + _widest(bridges) for place in bridges)]) + MARGIN
    return layout


def _rows(view: View, bridged: set[str]) -> dict[str, int]:
    """Return the row of each net: rails, wires and the rest of the top level; then those inside; ground.

    Nets inside of instances share a row where they are not beside each other.
    """
    layout, wires, uses = view.circuit.layout, view.circuit.wires.values(), view.uses
    supplies = [net for net, role in view.circuit.roles.items() if role == "supply"]
    declared = [net.lower() for net in (*supplies, *layout.rails, *layout.word_lines, *layout.bit_lines)]
    declared += [view.circuit.hierarchy.flat_net(wire.scope.lower(), wire.net) for wire in wires]
    others: dict[str, list[str]] = {"": []}
    for net in uses:
        if net not in declared and net != "0":
            others.setdefault(net.rpartition(".")[0], []).append(net)
    own = [net for net in dict.fromkeys([*declared, *others.pop("")]) if net in uses and net != "0"]
    rows = {net: row for row, net in enumerate(own)}
    ends: list[int] = []
    for net in (net for nets in others.values() for net in nets):
        start, last = view.runs[uses[net][0]][0], uses[net][-1]
        row = _first_free(ends, start)
        ends[row : row + 1] = [len(view.columns) if net in bridged else last]
        rows[net] = len(own) + row
    return rows | ({"0": len(own) + len(ends)} if "0" in uses else {})


def _lay_column(layout: Layout, number: int, least: float) -> None:
    """Put a column at the right of what there is: its bar, the names at its dots, its shorts, what is behind it."""
    column, shorts, segments = layout.view.columns[number], layout.at("short", number), layout.at("segment", number)
    bar = layout.right + column.widest + 8
    layout.bars.append(bar)
    beside = bar + max(column.offsets.values(), default=0.0) + 9 + _widest(layout.at("open", number))
    _lay_lines(layout, shorts, beside + 5)
    edge = max([beside, least, *(layout.lines[place] + _LANE for place in shorts), bar + 18 if column.whole else 0.0])
    layout.edges.append(edge)
    half = 7 + _widest(segments) / 2 if segments else 0.0
    layout.lines |= dict.fromkeys(segments, edge + half)
    layout.right = edge + 2 * half


def _lay_lines(layout: Layout, marks: Mapping[Place, Mark], left: float) -> None:
    """Put shorts or bridges: those that would touch stand side by side."""
    spans = {place: sorted(layout.rows[net] for net in place.what) for place in marks}
    ends: list[float] = []
    for place, (low, high) in sorted(spans.items(), key=lambda item: (item[1], item[0])):
        lane = _first_free(ends, low)
        ends[lane : lane + 1] = [high]
        layout.lines[place] = left + (_LANE + _widest(marks)) * lane


def _widest(marks: Mapping[Place, Mark]) -> float:
    return max((width(mark.label) for mark in marks.values()), default=0.0)


def _first_free(ends: Sequence[float], start: float) -> int:
    return next((number for number, end in enumerate(ends) if end < start), len(ends))
