"""Draws a cell whose drawing agrees with the deck."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from schemdraw.elements import Element2Term

from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.sites import Cut, Site
from faultsim.reports.drawings.agreement import devices_of, drawn_devices, parameter, stands_for
from faultsim.reports.drawings.cell import DrawingSpec, EndSpec, PartSpec, WireSpec
from faultsim.reports.drawings.layout import junctions, lead_of, placed, point_of, points_of, terminals, turned
from faultsim.reports.drawings.sheet import Align, Sheet
from faultsim.reports.drawings.symbols import SYMBOLS
from faultsim.reports.figures.palette import DEFECT, FAINT
from faultsim.reports.figures.svg import XY

_WAYS: dict[str, XY] = {"left": (-1, 0), "right": (1, 0), "above": (0, 1), "below": (0, -1)}
_SMALL = 8.0


def draw(spec: DrawingSpec, hierarchy: Hierarchy, sites: Sequence[Site]) -> str:
    """Draw a cell.

    Args:
        spec: The drawing, checked.
        hierarchy: The deck that it was checked against.
        sites: Sites inside the cell; one at a terminal that is not drawn is written under the drawing.

    Returns:
        SVG text.
    """
    sheet = Sheet()
    known = terminals(spec)
    for wire in spec.wires:
        _draw_wire(sheet, spec, wire, known)
    devices = devices_of(hierarchy, spec.cell)
    for part in spec.parts:
        _place(sheet, part)
        inside = [devices[name] for name in drawn_devices(part)]
        values = [parameter(inside[0], key) or "" for key in part.values]
        _name(sheet, part, " ".join(device.card.words[0].text for device in inside), "/".join(values))
    inexact = _mark(sheet, spec, sites)
    _frame(sheet, spec, known, inexact)
    return sheet.svg(f"{spec.title}: subcircuit {spec.cell}")


def _place(sheet: Sheet, part: PartSpec) -> None:
    symbol = SYMBOLS[part.symbol]
    element = symbol.make()
    if isinstance(element, Element2Term):
        first, second = (lead.outer for lead in symbol.leads.values())
        sheet.place(element.endpoints(placed(part, first), placed(part, second)))
        return
    if part.mirror:
        element.reverse()
    sheet.place(element.anchor("center").at(part.at).theta(part.turn))
    for at, text, size in symbol.texts:
        sheet.text(placed(part, at), text, "center", size)


def _name(sheet: Sheet, part: PartSpec, name: str, values: str) -> None:
    beside = SYMBOLS[part.symbol].label
    way = _WAYS[part.label] if part.label else turned(part, beside)
    at = (part.at[0] + 0.6 * way[0], part.at[1] + 0.6 * way[1]) if part.label else placed(part, beside)
    align, lift = _align(way), 0.16 if values else 0.0
    if align == "center":
        away = 0.25 + lift
        at = (at[0], at[1] + (away if way[1] > 0 else -away))
    sheet.text((at[0], at[1] + lift), name, align)
    if values:
        sheet.text((at[0], at[1] - lift), values, align, _SMALL, FAINT)


def _align(way: XY) -> Align:
    return "left" if way[0] > 0.01 else "right" if way[0] < -0.01 else "center"


def _draw_wire(sheet: Sheet, spec: DrawingSpec, wire: WireSpec, known: dict[str, XY]) -> None:
    for path in wire.paths:
        points = points_of(path, known)
        if len(set(points)) > 1:
            sheet.line(points)
    for point in junctions(spec, wire, known):
        sheet.dot(point)
    for end in wire.ends:
        _draw_end(sheet, end, wire.net, point_of(end.at, known))


def _draw_end(sheet: Sheet, end: EndSpec, net: str, at: XY) -> None:
    if end.mark == "ground":
        for number, half in enumerate((0.3, 0.18, 0.06)):
            y = at[1] - 0.12 * number
            sheet.line([(at[0] - half, y), (at[0] + half, y)])
        return
    way = _WAYS[end.side]
    if end.mark == "supply":
        sheet.line([(at[0] - 0.3, at[1]), (at[0] + 0.3, at[1])], width=1.8)
        sheet.text((at[0], at[1] + 0.25), net, "center")
        return
    sheet.dot(at, 0.09, "white")
    name = (at[0] + 0.25 * way[0], at[1] + 0.3 * way[1])
    sheet.text(name, net, _align(way))
    if end.note:
        below = -0.32 if way[1] <= 0 else 0.32
        sheet.text((name[0], name[1] + below), end.note, _align(way), _SMALL, FAINT)


def _mark(sheet: Sheet, spec: DrawingSpec, sites: Sequence[Site]) -> list[Site]:
    """Draw the opens at drawn terminals; return the sites of which the drawing does not say exactly where they are."""
    places = {name: (part, drawn) for part in spec.parts for drawn, names in stands_for(part).items() for name in names}
    found: dict[str, list[str]] = defaultdict(list)
    inexact: list[Site] = []
    for site in sites:
        if not isinstance(site, Cut):
            inexact.append(site)
            continue
        name = f"{site.device.rpartition('.')[2]}.{site.terminals[0][1]}"
        part, drawn = places.get(name, (None, ""))
        if part is not None and not site.wire:
            found[f"{part.key}.{drawn}"].append(site.name)
        if part is None or part.joins or site.wire:
            inexact.append(site)
    for part in spec.parts:
        for drawn in SYMBOLS[part.symbol].leads:
            if names := found.get(f"{part.key}.{drawn}"):
                _mark_lead(sheet, part, drawn, ", ".join(names))
    return inexact


def _mark_lead(sheet: Sheet, part: PartSpec, terminal: str, label: str) -> None:
    lead = lead_of(part, terminal)
    sheet.open(lead.outer, lead.inner)
    if lead.side[0]:
        at = (lead.outer[0] + 0.25 * lead.side[0], (lead.outer[1] + lead.inner[1]) / 2)
        sheet.text(at, label, _align(lead.side), color=DEFECT)
        return
    # Away from the body, which may be as high as the label.
    away = 1 if lead.outer[0] > lead.inner[0] else -1
    at = (lead.inner[0] + 0.05 * away, lead.inner[1] + 0.32 * lead.side[1])
    sheet.text(at, label, _align((away, 0)), color=DEFECT)


def _frame(sheet: Sheet, spec: DrawingSpec, known: dict[str, XY], inexact: Sequence[Site]) -> None:
    """Write the title above the drawing and below it what it does not show."""
    points = [*known.values(), *(p for wire in spec.wires for path in wire.paths for p in points_of(path, known))]
    left, top = min(x for x, _ in points), max(y for _, y in points) + 1.3
    sheet.text((left, top), spec.title, size=12)
    sheet.text((left, top - 0.35), f"subcircuit {spec.cell}; {spec.source}".rstrip("; "), size=_SMALL, color=FAINT)
    bottom = min(y for _, y in points) - 1.2
    for number, (line, color) in enumerate(_footer(spec, inexact)):
        sheet.text((left, bottom - 0.32 * number), line, size=_SMALL, color=color)


def _footer(spec: DrawingSpec, inexact: Sequence[Site]) -> Iterator[tuple[str, str]]:
    for omit in spec.omit:
        yield f"Not drawn: {', '.join(omit.devices)} ({omit.reason})", FAINT
    for hide in spec.hide:
        yield f"Not drawn: {hide.reason}", FAINT
    for site in inexact:
        yield f"{site.name}: {site.location}", DEFECT
