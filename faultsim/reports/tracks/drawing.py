"""A track diagram of any circuit: a net is a line across, a device a bar down, a mark is where a defect is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from xml.etree.ElementTree import Element, SubElement, tostring

from faultsim.circuits.circuit import Circuit
from faultsim.circuits.flatten import FlatDevice
from faultsim.circuits.sites import Cut
from faultsim.errors import UsageError
from faultsim.fault_models.defect import Defect
from faultsim.reports.figures.palette import DEFECT, FAINT, FONT, INK
from faultsim.reports.figures.svg import XY
from faultsim.reports.tracks.ink import (
    SMALL,
    UNDETECTABLE,
    add,
    clean,
    cross,
    dot,
    path_of,
    short,
    width,
    write,
    zigzag,
)
from faultsim.reports.tracks.layout import MARGIN, ROW, Layout, laid_out
from faultsim.reports.tracks.marks import BELOW, Mark, Place
from faultsim.reports.tracks.view import MOST_DEVICES, View, view_of

MOST_BRIDGES = 2000
"""More are refused: nobody could tell them apart."""

_BAND, _TRACK, _LEADER = "#f2f2f2", "#9a9a9a", "#d4d4d4"
_KINDS = {
    "open": "open of a terminal",
    "segment": "open of a wire's segment",
    "short": "short of a device",
    "bridge": "bridge between two nets",
    "inside": "inside of an instance; the numbers stand at its name",
}


@dataclass(frozen=True)
class Part(Circuit):
    """A few devices of a circuit.

    Attributes:
        kept: The devices.
        whole: How many the circuit has.
    """

    kept: Sequence[FlatDevice] = ()
    whole: int = 0

    @cached_property
    def devices(self) -> list[FlatDevice]:
        """The devices that are kept."""
        return list(self.kept)


def part_of(circuit: Circuit, defects: Sequence[Defect]) -> Circuit:
    """Return the part of a circuit that defects touch: their devices, and what else is on their nets where it fits.

    Args:
        circuit: The circuit; one of few devices is returned as it is.
        defects: Where they touch too many devices to draw each, the circuit is returned as it is.
    """
    if len(circuit.devices) <= MOST_DEVICES:
        return circuit
    numbers = {device.path: number for number, device in enumerate(circuit.devices)}
    kept = {number for defect in defects for number in _touched(circuit, numbers, defect)}
    if not 0 < len(kept) <= MOST_DEVICES:
        return circuit
    on_net = {net: _on(circuit, net) for defect in defects for net in defect.site.nets}
    for others in sorted(on_net.values(), key=len):
        if len(kept.union(others)) <= MOST_DEVICES:
            kept.update(others)
    given = {field.name: getattr(circuit, field.name) for field in fields(circuit)}
    return Part(**given, kept=[circuit.devices[number] for number in sorted(kept)], whole=len(circuit.devices))


def _touched(circuit: Circuit, numbers: Mapping[str, int], defect: Defect) -> Iterator[int]:
    """Yield the devices without which a defect has no place: its own, all of a wire, one on each net of a bridge."""
    site = defect.site
    if isinstance(site, Cut) and site.wire:
        yield from _on(circuit, site.net)
    elif site.device in numbers:
        yield numbers[site.device]
    else:
        yield from (number for net in site.nets for number in _on(circuit, net)[:1])


def _on(circuit: Circuit, net: str) -> list[int]:
    """Return the devices that have metal on a net."""
    found: list[int] = []
    for number, place in circuit.taps.get(net, ()):
        device = circuit.devices[number]
        terminal = list(device.element.terminals)[place]
        if device.device.name not in ("source", "opaque") and device.device.is_metal(terminal):
            found.append(number)
    return found


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
    view = view_of(circuit)
    marks: dict[Place, Mark] = {}
    bridges = 0
    for defect in defects:
        place = view.place(defect)
        bridges += place.kind == "bridge" and place not in marks
        if bridges > MOST_BRIDGES:
            raise UsageError(f"{circuit.name}: more than {MOST_BRIDGES:,} bridges are too many to draw; choose some")
        marks.setdefault(place, Mark()).add(defect, place, defect.site.name in circuit.sites)
    return _drawn(laid_out(view, marks))


def _drawn(layout: Layout) -> str:
    view, marks = layout.view, layout.marks
    top = "top level of " if any(column.whole for column in view.columns) else ""
    total = sum(mark.count for mark in marks.values())
    devices = f"{len(view.circuit.devices):,} devices"
    if isinstance(view.circuit, Part):
        devices = f"{len(view.circuit.devices):,} of {view.circuit.whole:,} devices"
    title = f"{short(view.circuit.name)}: {top}{devices}, {len(view.uses):,} nets drawn, {total:,} defects"
    legend = list(_legend(view, marks))
    right = max([layout.right, 2 * MARGIN + width(title, 12), *(60 + width(text) for _, _, text in legend)])
    bottom = layout.floor + 30 + ROW * len(legend)
    size = {"width": f"{right:.0f}", "height": f"{bottom:.0f}", "viewBox": f"0 0 {right:.0f} {bottom:.0f}"}
    root = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "font-family": FONT, **size})
    SubElement(root, "title").text = title
    add(root, "rect", width="100%", height="100%", fill="white")
    write(root, (MARGIN, 22), title, size=12)
    for number, run in enumerate(view.runs):
        if number == run[0] and view.columns[number].group:
            _draw_band(root, layout, run)
    for net in view.uses:
        _draw_track(root, layout, net)
    for number, run in enumerate(view.runs):
        for net in view.again(run) if number == run[0] else ():
            write(root, (layout.starts[number] - 4, layout.rows[net] - 3), view.label(net), "end", color=FAINT)
    for number in range(len(view.columns)):
        _draw_column(root, layout, number)
    for place, mark in marks.items():
        if place != BELOW:
            _draw_mark(root, layout, place, mark)
    for line, (kind, color, text) in enumerate(legend):
        y = layout.floor + 24 + ROW * line
        _draw_sample(root, kind, color, (MARGIN + 10, y))
        write(root, (MARGIN + 26, y + 3), text, color=INK if kind else color)
    return tostring(root, encoding="unicode") + "\n"


def _legend(view: View, marks: Mapping[Place, Mark]) -> Iterator[tuple[str, str, str]]:
    """Yield what stands below the tracks: the kind of mark, its colour, the text."""
    for kind, text in _KINDS.items():
        count = sum(mark.count for place, mark in marks.items() if place.kind == kind)
        if count:
            yield kind, DEFECT, f"{text} ({count:,})"
    undetectable = sum(mark.undetectable for mark in marks.values())
    if undetectable:
        yield "open", UNDETECTABLE, f"grey and hollow: structurally undetectable ({undetectable:,})"
    yield "terminal", INK, "a net runs across, a device down; a dot is a terminal, a crossing without one joins nothing"
    if view.driven:
        yield "driven", INK, "the end of a wire that the test bench drives"
    if any(column.kind == "source" for column in view.columns):
        yield "terminal", FAINT, "a source: it has no defects"
    if isinstance(view.circuit, Part):
        yield "", FAINT, "a part of the circuit: more may be on these nets"
    if view.hidden:
        few = ", ".join(short(path) for path in view.hidden[:6])
        dots = ", ..." if len(view.hidden) > 6 else ""
        yield "", FAINT, f"not drawn, because they join no two nets of metal ({len(view.hidden):,}): {few}{dots}"
    if BELOW in marks:
        yield "", FAINT, f"without a place in the drawing ({marks[BELOW].count:,}):"
        yield from (("", DEFECT, line) for line in marks[BELOW].text)


def _draw_band(root: Element, layout: Layout, run: Sequence[int]) -> None:
    group = layout.view.columns[run[0]].group
    left, right = layout.starts[run[0]] - 2, layout.edges[run[-1]] + 3
    band = add(root, "g", ("group", group))
    add(band, "rect", x=left, y=30, width=right - left, height=layout.floor - 30, fill=_BAND)
    write(band, (left + 5, 43), short(group), size=10)


def _draw_track(root: Element, layout: Layout, net: str) -> None:
    y, start, end = layout.rows[net], layout.starts[layout.view.uses[net][0]], layout.end(net)
    track = add(root, "g", ("track", net), [clean(net)])
    add(track, "path", d=path_of((start, y), (end, y)), stroke=_TRACK)
    write(track, (start - 4, y + 3), layout.view.label(net), "end")
    if net in layout.view.driven:
        dot(track, (end, y), 2.6, "white", INK)


def _draw_column(root: Element, layout: Layout, number: int) -> None:
    column, x, dots = layout.view.columns[number], layout.bars[number], layout.dots(number)
    color = FAINT if column.kind in ("source", "opaque") else INK
    heights = [y for _, _, y in dots] or [layout.head + 9]
    top, bottom = min(heights), max(heights)
    device = add(root, "g", ("device", column.path), [clean(f"{column.path}: {column.kind}")])
    write(device, (x + 3, layout.head - 3), column.label, color=color, upright=True)
    add(device, "path", d=path_of((x, layout.head), (x, top)), stroke=_LEADER, stroke_width=0.7)
    if column.whole:
        add(device, "rect", x=x - 4, y=top - 4, width=8, height=bottom - top + 8, fill="white", stroke=color)
    else:
        add(device, "path", d=path_of((x, top), (x, bottom)), stroke=color, stroke_width=1.5)
    for terminal, at, y in dots:
        below = at > x and (y > top or bottom == top)
        if at > x:
            add(device, "path", d=path_of((x, y - 6 if below else y + 6), (at, y)), stroke=color, stroke_width=1.2)
        dot(device, (at, y), 2, color, color)
        corner = (at + 3, y + 9) if below else (at - (6 if column.whole else 4), y - 3)
        write(device, corner, short(terminal), "middle" if below else "end", SMALL, color)


def _draw_mark(root: Element, layout: Layout, place: Place, mark: Mark) -> None:
    name = place.what[0] if place.kind != "inside" else layout.view.columns[place.column].path
    node = add(root, "g", (place.kind, name), mark.text, fill="none", stroke=mark.color, stroke_width=1.5)
    hollow = mark.color == UNDETECTABLE
    if place.kind == "inside":
        at = (layout.bars[place.column] + 13, layout.head - 3)
        write(node, at, mark.numbers, color=mark.color, upright=True)
    elif place.kind == "open":
        x, y = next((x, y) for terminal, x, y in layout.dots(place.column) if terminal == name)
        cross(node, (x, y), hollow)
        right = max(at for _, at, height in layout.dots(place.column) if height == y)
        write(node, (right + 6, y - 3), mark.label, color=mark.color)
    elif place.kind == "segment":
        x, y = layout.lines[place], layout.rows[name]
        cross(node, (x, y), hollow)
        write(node, (x, y - 5), mark.label, "middle", color=mark.color)
    else:
        x = layout.lines[place]
        top, bottom = sorted(layout.rows[net] for net in place.what)
        zigzag(node, x, top, bottom, hollow)
        write(node, (x + 4, top + 11), mark.label, color=mark.color)


def _draw_sample(root: Element, kind: str, color: str, at: XY) -> None:
    """Draw what a line of the legend is about."""
    x, y = at
    node = add(root, "g", ("sample", kind), fill="none", stroke=color, stroke_width=1.5)
    if kind in ("open", "segment", "driven", "terminal"):
        add(node, "path", d=path_of((x - 9, y), (x if kind == "driven" else x + 9, y)), stroke=_TRACK, stroke_width=1)
    if kind in ("open", "segment"):
        cross(node, at, color == UNDETECTABLE)
    elif kind in ("short", "bridge"):
        zigzag(node, x, y - 6, y + 5, hollow=False)
    elif kind == "inside":
        write(node, (x, y + 3), "1, 2", "middle", color=color)
    elif kind == "driven":
        dot(node, at, 2.6, "white", INK)
    elif kind == "terminal":
        add(node, "path", d=path_of((x, y - 6), (x, y + 6)))
        dot(node, at, 2, color, color)
