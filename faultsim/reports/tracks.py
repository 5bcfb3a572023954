"""A track diagram of any circuit: a net is a line across, a device a bar down, a mark is where a defect is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby, pairwise
from typing import NamedTuple
from unicodedata import east_asian_width
from xml.etree.ElementTree import Element, SubElement, tostring

from faultsim.circuits.circuit import Circuit
from faultsim.circuits.device import device_classes
from faultsim.circuits.sidecar import WireSpec
from faultsim.circuits.sites import Cut, Pair
from faultsim.errors import UsageError
from faultsim.fault_models.accounting import Detectability
from faultsim.fault_models.defect import Defect, Double
from faultsim.reports.sheet import DEFECT, FAINT, FONT, INK, XY

MOST_DEVICES = 120
"""A circuit of more is drawn at its top level only."""
MOST_COLUMNS = 400
MOST_BRIDGES = 2000

_UNDETECTABLE, _BAND, _TRACK, _LEADER = "#8a8a8a", "#f2f2f2", "#9a9a9a", "#d4d4d4"
_MARGIN, _TOP, _ROW, _LANE, _GAP = 16.0, 52.0, 17.0, 8.0, 16.0
_SIZE, _SMALL = 8.0, 7.0
_LONGEST = 60
_FEW = {"inside": 8, "below": 60}
"""Kind of place -> of how many defects the ids are given there; of all where nothing is said."""
_KINDS = {
    "open": "open of a terminal",
    "segment": "open of a wire's segment",
    "short": "short of a device",
    "bridge": "bridge between two nets",
    "inside": "inside of an instance; the numbers stand at its name",
}


class Column(NamedTuple):
    """What is drawn as one bar.

    Attributes:
        path: A device's path; or the name of an instance at the top level, with all that is inside.
        kind: Class of the device, or name of the subcircuit.
        group: The instance at the top level that the device is in, if any.
        pins: (terminal, net) of those that are metal.
        whole: It is an instance.
    """

    path: str
    kind: str
    group: str
    pins: tuple[tuple[str, str], ...]
    whole: bool = False

    @property
    def label(self) -> str:
        """Return its name inside its group, and what it is."""
        return _short(f"{_within(self.path, self.group)} · {self.kind}")

    @property
    def offsets(self) -> dict[str, float]:
        """Return how far right of the bar each terminal touches its track: several on one stand side by side."""
        nets = [net for _, net in self.pins]
        return {terminal: (self.widest + 6) * nets[:at].count(net) for at, (terminal, net) in enumerate(self.pins)}

    @property
    def widest(self) -> float:
        """Return how wide the names of its terminals are."""
        return max((_width(_short(terminal), _SMALL) for terminal, _ in self.pins), default=0.0)

    @property
    def is_shown(self) -> bool:
        """Return whether it is on a track; of a source, whether it joins two."""
        return self.whole or len({net for _, net in self.pins}) > (self.kind in ("source", "opaque"))


class Place(NamedTuple):
    """Where a mark is: its kind, the column at or behind which it is, the terminal or nets."""

    kind: str
    column: int = -1
    what: tuple[str, ...] = ()


_BELOW = Place("below")


@dataclass
class Mark:
    """The defects at one place.

    Attributes:
        lines: Their ids.
        names: Those of their sites that the sidecar names.
        opens: How many are cuts.
        count: How many there are.
        undetectable: How many of them nothing could detect.
    """

    lines: list[str] = field(default_factory=list)
    names: dict[str, None] = field(default_factory=dict)
    opens: int = 0
    count: int = 0
    undetectable: int = 0

    def add(self, defect: Defect, place: Place, named: bool) -> None:
        """Add a defect; where there are too many its id is not kept."""
        accounting = defect.accounting
        structurally = accounting.detectability is Detectability.STRUCTURALLY
        self.count += 1
        self.opens += isinstance(defect.site, Cut)
        self.undetectable += structurally
        self.names |= {defect.site.name: None} if named else {}
        if len(self.lines) < _FEW.get(place.kind, self.count):
            where = f": {defect.location}" if place == _BELOW else ""
            why = f" ({accounting.detectability}: {accounting.reason})" if structurally else ""
            self.lines.append(_clean(defect.id + where + why))

    @property
    def text(self) -> list[str]:
        """Return a line per defect, and how many more there are."""
        more = self.count - len(self.lines)
        return [*self.lines, f"and {more:,} more"] if more else self.lines

    @property
    def label(self) -> str:
        """Return the names of its sites."""
        return _short(", ".join(self.names))

    @property
    def numbers(self) -> str:
        """Return how many opens and how many others there are, and the names."""
        counts = {"opens": self.opens, "shorts": self.count - self.opens}
        said = [f"{count:,} {kind}" for kind, count in counts.items() if count]
        return _short(", ".join([*said, *self.names]), 2 * _LONGEST)

    @property
    def color(self) -> str:
        """Return grey where nothing could detect any of them."""
        return _UNDETECTABLE if self.undetectable == self.count else DEFECT


@dataclass(frozen=True)
class View:
    """What of a circuit is drawn.

    Attributes:
        circuit: The circuit.
        columns: The bars from left to right.
        hidden: Devices that are not drawn.
    """

    circuit: Circuit
    columns: Sequence[Column]
    hidden: Sequence[str]

    @cached_property
    def uses(self) -> dict[str, list[int]]:
        """Net -> the columns on it, in the order of first use."""
        uses: dict[str, list[int]] = {}
        for number, column in enumerate(self.columns):
            for _, net in column.pins:
                uses.setdefault(net, []).append(number)
        return uses

    @cached_property
    def runs(self) -> list[list[int]]:
        """For each column the neighbouring ones of the same group, itself among them."""
        groups = groupby(range(len(self.columns)), key=lambda number: self.columns[number].group)
        runs = [list(run) for _, run in groups]
        return [run for run in runs for _ in run]

    @cached_property
    def driven(self) -> frozenset[str]:
        """Nets of wires that have the test bench at their end."""
        return frozenset(wire.net.lower() for wire in self.circuit.wires.values() if wire.driven)

    def label(self, net: str) -> str:
        """Return a net's name inside the group that it starts in, and what drives it."""
        role = self.circuit.roles.get(net, "")
        name = _within(net, self.columns[self.uses[net][0]].group)
        return _short(f"{name} · {role}" if role else name)

    def place(self, defect: Defect) -> Place:
        """Return where a defect is marked; below the drawing if it has no place in it."""
        site = defect.site
        if isinstance(site, Cut) and not isinstance(defect, Double):
            return self._segment(site) if site.wire else self._at(site.device, "open", (site.terminals[0][1],))
        if isinstance(site, Pair) and not isinstance(defect, Double) and site.nets[0] != site.nets[1]:
            if site.device:
                return self._at(site.device, "short", site.nets)
            return Place("bridge", -1, (min(site.nets), max(site.nets))) if set(site.nets) <= set(self.uses) else _BELOW
        return _BELOW

    def _at(self, path: str, kind: str, what: tuple[str, ...]) -> Place:
        """Return the place at the column that a device is, or is in."""
        number = next((self._numbers[name] for name in (path, *_around(path)) if name in self._numbers), -1)
        if number >= 0 and self.columns[number].whole:
            return Place("inside", number)
        known = {pin[kind == "short"] for pin in self.columns[number].pins} if number >= 0 else set()
        return Place(kind, number, what) if known.issuperset(what) else _BELOW

    def _segment(self, cut: Cut) -> Place:
        """Return the place behind the last tap of the near side, where all others of the net are right of it."""
        taps = [f"{cut.scope}.{tap}" if cut.scope else tap for tap in cut.cuts]
        near = [number for number, column in enumerate(self.columns) if _is_in(column.path, taps)]
        last = [number for number in near if _is_in(self.columns[number].path, taps[-1:])]
        if not last or cut.net not in self.uses:
            return self._at(cut.scope, "segment", (cut.net,))
        ordered = all((number <= last[-1]) == (number in near) for number in self.uses[cut.net])
        return Place("segment", last[-1], (cut.net,)) if ordered else _BELOW

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {column.path: number for number, column in enumerate(self.columns)}


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
    right: float = _MARGIN

    @property
    def floor(self) -> float:
        """Return the lower edge of the tracks."""
        return max(self.rows.values(), default=self.head) + _ROW

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


def tracks_drawing(circuit: Circuit, defects: Iterable[Defect]) -> str:
    """Draw a circuit with the places of defects marked.

    Args:
        circuit: The circuit; one of many devices is drawn at its top level.
        defects: Those without a place in the drawing are written below it.

    Returns:
        SVG text, the same bytes for the same input.

    Raises:
        UsageError: There is too much at the top level, or there are too many bridges.
    """
    view = _view(circuit)
    marks: dict[Place, Mark] = {}
    bridges = 0
    for defect in defects:
        place = view.place(defect)
        bridges += place.kind == "bridge" and place not in marks
        if bridges > MOST_BRIDGES:
            raise UsageError(f"{circuit.name}: more than {MOST_BRIDGES:,} bridges are too many to draw; choose some")
        marks.setdefault(place, Mark()).add(defect, place, defect.site.name in circuit.sites)
    return _drawn(_laid_out(view, marks))


def _view(circuit: Circuit) -> View:
    top = len(circuit.hierarchy.inside[""])
    if len(circuit.devices) > MOST_DEVICES and top > MOST_COLUMNS:
        what = f"{circuit.name} has {top:,} devices and instances at its top level"
        raise UsageError(f"{what}; the most that a drawing shows is {MOST_COLUMNS}: choose a part of it")
    columns = list(_devices(circuit) if len(circuit.devices) <= MOST_DEVICES else _top_level(circuit))
    shown = [column for column in columns if column.is_shown]
    hidden = [column.path for column in columns if not column.is_shown]
    return View(circuit, tuple(_arranged(shown, circuit.wires)), hidden)


def _devices(circuit: Circuit) -> Iterator[Column]:
    tops = {element.card.name for element in circuit.hierarchy.inside[""]}
    for device in circuit.devices:
        group = next((name for name in _around(device.path) if name in tops), "") if device.element.scope else ""
        pins = [pin for pin in circuit.terminals(device) if device.device.is_metal(pin[0]) and pin[1] in circuit.metal]
        yield Column(device.path, device.device.name, group, tuple(pins))


def _top_level(circuit: Circuit) -> Iterator[Column]:
    classes = device_classes(circuit.hierarchy)
    joined = _joined_inside(circuit)
    for element in circuit.hierarchy.inside[""]:
        name = element.card.name
        pins = [pin for pin in zip(element.terminals, element.nets, strict=True) if pin[1] in circuit.metal]
        if element.body and not classes.is_device(element):
            pins += [(net, net) for net in sorted(joined.get(name, ())) if net not in element.nets]
            yield Column(name, element.model, "", tuple(pins), whole=True)
        else:
            device = classes.of(element)
            pins = [pin for pin in pins if device.is_metal(pin[0])]
            yield Column(name, device.name, "", tuple(pins))


def _joined_inside(circuit: Circuit) -> dict[str, set[str]]:
    """Return the nets that each instance of the top level joins without a port: ground, and others that are global."""
    joined: dict[str, set[str]] = {}
    for net in sorted(circuit.hierarchy.globals & circuit.metal):
        for index, place in circuit.taps[net]:
            device = circuit.devices[index]
            if device.element.scope and device.device.is_metal(list(device.element.terminals)[place]):
                for name in _around(device.path):
                    joined.setdefault(name, set()).add(net)
    return joined


def _arranged(columns: Sequence[Column], wires: Mapping[str, WireSpec], scope: str = "") -> Iterator[Column]:
    """Yield columns in the deck's order, but along a wire in the order of its taps; instances are kept together."""
    depth = scope.count(".") + 1 if scope else 0
    units: dict[str, list[Column]] = {}
    for column in columns:
        units.setdefault(".".join(column.path.split(".")[depth : depth + 1]), []).append(column)
    before: dict[str, set[str]] = {name: set() for name in units}
    for wire in wires.values():
        taps = dict.fromkeys(tap.lower().rpartition(".")[0] for tap in wire.order if wire.scope.lower() == scope)
        for first, second in pairwise(tap for tap in taps if tap in units):
            before[second].add(first)
    waiting = dict.fromkeys(units)
    while waiting:
        # Where wires contradict each other, the deck's order counts.
        name = next((name for name in waiting if before[name].isdisjoint(waiting)), next(iter(waiting)))
        del waiting[name]
        unit = units[name]
        yield from unit if len(unit) == 1 else _arranged(unit, wires, f"{scope}.{name}" if scope else name)


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


def _first_free(ends: Sequence[float], start: float) -> int:
    return next((number for number, end in enumerate(ends) if end < start), len(ends))


def _laid_out(view: View, marks: Mapping[Place, Mark]) -> Layout:
    names = [column.label for column in view.columns]
    names += [mark.numbers for place, mark in marks.items() if place.kind == "inside"]
    head = _TOP + max((_width(name) for name in names), default=0.0)
    bridged = {net for place in marks if place.kind == "bridge" for net in place.what}
    rows = {net: head + _ROW * (row + 1) for net, row in _rows(view, bridged).items()}
    layout = Layout(view, marks, head, rows)
    for number, column in enumerate(view.columns):
        run = view.runs[number]
        if number == run[0]:
            begun = [view.label(net) for net, used in view.uses.items() if used[0] in run]
            layout.right += 8 + max(map(_width, begun), default=0.0)
            start = layout.right
        layout.starts.append(start)
        _lay_column(layout, number, start + _width(_short(column.group), 10) if number == run[-1] else 0.0)
        layout.right += _GAP if number == run[-1] else 0.0
    bridges = layout.at("bridge")
    _lay_lines(layout, bridges, layout.right + 6)
    layout.right = max([layout.right, *(layout.lines[place] + _LANE + _widest(bridges) for place in bridges)]) + _MARGIN
    return layout


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
    return max((_width(mark.label) for mark in marks.values()), default=0.0)


def _drawn(layout: Layout) -> str:
    view, marks = layout.view, layout.marks
    top = "top level of " if any(column.whole for column in view.columns) else ""
    total = sum(mark.count for mark in marks.values())
    devices = f"{len(view.circuit.devices):,} devices"
    title = f"{_short(view.circuit.name)}: {top}{devices}, {len(view.uses):,} nets drawn, {total:,} defects"
    legend = list(_legend(view, marks))
    width = max([layout.right, 2 * _MARGIN + _width(title, 12), *(60 + _width(text) for _, _, text in legend)])
    height = layout.floor + 30 + _ROW * len(legend)
    size = {"width": f"{width:.0f}", "height": f"{height:.0f}", "viewBox": f"0 0 {width:.0f} {height:.0f}"}
    root = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "font-family": FONT, **size})
    SubElement(root, "title").text = title
    _add(root, "rect", width="100%", height="100%", fill="white")
    _write(root, (_MARGIN, 22), title, size=12)
    for number, run in enumerate(view.runs):
        if number == run[0] and view.columns[number].group:
            _draw_band(root, layout, run)
    for net in view.uses:
        _draw_track(root, layout, net)
    for number in range(len(view.columns)):
        _draw_column(root, layout, number)
    for place, mark in marks.items():
        if place != _BELOW:
            _draw_mark(root, layout, place, mark)
    for line, (kind, color, text) in enumerate(legend):
        y = layout.floor + 24 + _ROW * line
        _draw_sample(root, kind, color, (_MARGIN + 10, y))
        _write(root, (_MARGIN + 26, y + 3), text, color=INK if kind else color)
    return tostring(root, encoding="unicode") + "\n"


def _legend(view: View, marks: Mapping[Place, Mark]) -> Iterator[tuple[str, str, str]]:
    """Yield what stands below the tracks: the kind of mark, its colour, the text."""
    for kind, text in _KINDS.items():
        count = sum(mark.count for place, mark in marks.items() if place.kind == kind)
        if count:
            yield kind, DEFECT, f"{text} ({count:,})"
    undetectable = sum(mark.undetectable for mark in marks.values())
    if undetectable:
        yield "open", _UNDETECTABLE, f"grey and hollow: structurally undetectable ({undetectable:,})"
    yield "terminal", INK, "a net runs across, a device down; a dot is a terminal, a crossing without one joins nothing"
    if view.driven:
        yield "driven", INK, "the end of a wire that the test bench drives"
    if any(column.kind == "source" for column in view.columns):
        yield "terminal", FAINT, "a source: it has no defects"
    if view.hidden:
        few = ", ".join(_short(path) for path in view.hidden[:6])
        dots = ", ..." if len(view.hidden) > 6 else ""
        yield "", FAINT, f"not drawn, because they join no two nets of metal ({len(view.hidden):,}): {few}{dots}"
    if _BELOW in marks:
        yield "", FAINT, f"without a place in the drawing ({marks[_BELOW].count:,}):"
        yield from (("", DEFECT, line) for line in marks[_BELOW].text)


def _draw_band(root: Element, layout: Layout, run: Sequence[int]) -> None:
    group = layout.view.columns[run[0]].group
    left, right = layout.starts[run[0]] - 2, layout.edges[run[-1]] + 3
    band = _add(root, "g", ("group", group))
    _add(band, "rect", x=left, y=30, width=right - left, height=layout.floor - 30, fill=_BAND)
    _write(band, (left + 5, 43), _short(group), size=10)


def _draw_track(root: Element, layout: Layout, net: str) -> None:
    y, start, end = layout.rows[net], layout.starts[layout.view.uses[net][0]], layout.end(net)
    track = _add(root, "g", ("track", net), [_clean(net)])
    _add(track, "path", d=_path((start, y), (end, y)), stroke=_TRACK)
    _write(track, (start - 4, y + 3), layout.view.label(net), "end")
    if net in layout.view.driven:
        _dot(track, (end, y), 2.6, "white", INK)


def _draw_column(root: Element, layout: Layout, number: int) -> None:
    column, x, dots = layout.view.columns[number], layout.bars[number], layout.dots(number)
    color = FAINT if column.kind in ("source", "opaque") else INK
    heights = [y for _, _, y in dots] or [layout.head + 9]
    top, bottom = min(heights), max(heights)
    device = _add(root, "g", ("device", column.path), [_clean(f"{column.path}: {column.kind}")])
    _write(device, (x + 3, layout.head - 3), column.label, color=color, upright=True)
    _add(device, "path", d=_path((x, layout.head), (x, top)), stroke=_LEADER, stroke_width=0.7)
    if column.whole:
        _add(device, "rect", x=x - 4, y=top - 4, width=8, height=bottom - top + 8, fill="white", stroke=color)
    else:
        _add(device, "path", d=_path((x, top), (x, bottom)), stroke=color, stroke_width=1.5)
    for terminal, at, y in dots:
        below = at > x and (y > top or bottom == top)
        if at > x:
            _add(device, "path", d=_path((x, y - 6 if below else y + 6), (at, y)), stroke=color, stroke_width=1.2)
        _dot(device, (at, y), 2, color, color)
        corner = (at + 3, y + 9) if below else (at - (6 if column.whole else 4), y - 3)
        _write(device, corner, _short(terminal), "middle" if below else "end", _SMALL, color)


def _draw_mark(root: Element, layout: Layout, place: Place, mark: Mark) -> None:
    name = place.what[0] if place.kind != "inside" else layout.view.columns[place.column].path
    node = _add(root, "g", (place.kind, name), mark.text, fill="none", stroke=mark.color, stroke_width=1.5)
    hollow = mark.color == _UNDETECTABLE
    if place.kind == "inside":
        at = (layout.bars[place.column] + 13, layout.head - 3)
        _write(node, at, mark.numbers, color=mark.color, upright=True)
    elif place.kind == "open":
        x, y = next((x, y) for terminal, x, y in layout.dots(place.column) if terminal == name)
        _draw_cross(node, (x, y), hollow)
        right = max(at for _, at, height in layout.dots(place.column) if height == y)
        _write(node, (right + 6, y - 3), mark.label, color=mark.color)
    elif place.kind == "segment":
        x, y = layout.lines[place], layout.rows[name]
        _draw_cross(node, (x, y), hollow)
        _write(node, (x, y - 5), mark.label, "middle", color=mark.color)
    else:
        x = layout.lines[place]
        top, bottom = sorted(layout.rows[net] for net in place.what)
        _draw_zigzag(node, x, top, bottom, hollow)
        _write(node, (x + 4, top + 11), mark.label, color=mark.color)


def _draw_sample(root: Element, kind: str, color: str, at: XY) -> None:
    """Draw what a line of the legend is about."""
    x, y = at
    node = _add(root, "g", ("sample", kind), fill="none", stroke=color, stroke_width=1.5)
    if kind in ("open", "segment", "driven", "terminal"):
        _add(node, "path", d=_path((x - 9, y), (x if kind == "driven" else x + 9, y)), stroke=_TRACK, stroke_width=1)
    if kind in ("open", "segment"):
        _draw_cross(node, at, color == _UNDETECTABLE)
    elif kind in ("short", "bridge"):
        _draw_zigzag(node, x, y - 6, y + 5, hollow=False)
    elif kind == "inside":
        _write(node, (x, y + 3), "1, 2", "middle", color=color)
    elif kind == "driven":
        _dot(node, at, 2.6, "white", INK)
    elif kind == "terminal":
        _add(node, "path", d=_path((x, y - 6), (x, y + 6)))
        _dot(node, at, 2, color, color)


def _draw_cross(node: Element, at: XY, hollow: bool) -> None:
    (x, y), arm = at, 3
    if hollow:
        _dot(node, at, 3.6, "white", _UNDETECTABLE)
    strokes = _path((x - arm, y - arm), (x + arm, y + arm)), _path((x - arm, y + arm), (x + arm, y - arm))
    _add(node, "path", d=" ".join(strokes))


def _draw_zigzag(node: Element, x: float, top: float, bottom: float, hollow: bool) -> None:
    middle = (top + bottom) / 2
    teeth = [(x + (-2.5, 2.5)[tooth % 2], middle + 1.5 * (tooth - 2.5)) for tooth in range(6)]
    _add(node, "path", d=_path((x, top), (x, middle - 5), *teeth, (x, middle + 5), (x, bottom)), stroke_width=1.1)
    for y in (top, bottom):
        _dot(node, (x, y), 1.7, "white" if hollow else DEFECT, _UNDETECTABLE if hollow else DEFECT)


def _dot(parent: Element, at: XY, radius: float, fill: str, stroke: str) -> None:
    _add(parent, "circle", cx=at[0], cy=at[1], r=radius, fill=fill, stroke=stroke, stroke_width=0.8)


def _add(
    parent: Element, tag: str, says: tuple[str, str] = ("", ""), title: Sequence[str] = (), **values: float | str
) -> Element:
    """Add an element; one that stands for something says of which kind it is, and its name."""
    said = {"class": says[0], "data-name": _clean(says[1])} if says[0] else {}
    plain = {key: value if isinstance(value, str) else f"{value:.6g}" for key, value in values.items()}
    node = SubElement(parent, tag, {**said, **{key.replace("_", "-"): value for key, value in plain.items()}})
    if title:
        SubElement(node, "title").text = "\n".join(title)
    return node


def _write(
    parent: Element,
    at: XY,
    text: str,
    anchor: str = "start",
    size: float = _SIZE,
    color: str = INK,
    upright: bool = False,
) -> None:
    """Write a line, if there is one."""
    if text:
        turn = {"transform": f"rotate(-90 {at[0]:.6g} {at[1]:.6g})"} if upright else {}
        node = _add(parent, "text", x=at[0], y=at[1], font_size=size, fill=color, stroke="none", text_anchor=anchor)
        node.attrib |= turn
        node.text = text


def _path(*points: XY) -> str:
    return "M" + " L".join(f"{x:.6g},{y:.6g}" for x, y in points)


def _around(path: str) -> list[str]:
    """Return what the instances around a device may be called, the outermost first: names may have dots."""
    steps = path.split(".")
    return [".".join(steps[:count]) for count in range(1, len(steps))]


def _is_in(path: str, instances: Sequence[str]) -> bool:
    return any(path == instance or path.startswith(f"{instance}.") for instance in instances)


def _within(path: str, group: str) -> str:
    """Return a name as it is inside of an instance."""
    return path.removeprefix(f"{group}.") if group else path


def _clean(text: str) -> str:
    """Return text without characters that XML cannot hold."""
    return "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in text)


def _short(text: str, most: int = _LONGEST) -> str:
    """Return a name as it is drawn."""
    text = _clean(text)
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _width(text: str, size: float = _SIZE) -> float:
    """Return about how wide a text is."""
    return size * sum(1.1 if east_asian_width(each) in "WF" else 1 if each in "mwMW@%" else 0.62 for each in text)
