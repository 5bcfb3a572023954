"""Draws a crossbar from its sidecar: the cells along each bit line, its neuron, and where the defects are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

from faultsim.circuits.element import Element
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.network import Network
from faultsim.circuits.sites import Cut, Site
from faultsim.errors import Problem, SpecError
from faultsim.reports.drawings.sheet import Sheet
from faultsim.reports.figures.palette import DEFECT, FAINT

_CELL = 2.4
"""Width of a cell's box."""
_GAP = 1.3
"""Length of the bit line between two boxes: room for an open."""
_MARGIN = -2.2
_LINE = 0.3
_SMALL = 8.0


@dataclass(frozen=True)
class Column:
    """A bit line: its cells from the far end, its receiver, and what stands at each.

    Attributes:
        wire: Name of the wire in the sidecar.
        cells: Names of the instances that tap in, from the far end.
        receiver: Name of the instance at the near end.
        segments: Index of a cell -> names of the sites on the wire after it.
        inside: Name of one of these instances -> names of the sites inside it.
    """

    wire: str
    cells: tuple[str, ...]
    receiver: str
    segments: Mapping[int, list[str]]
    inside: Mapping[str, list[str]]

    @property
    def labels(self) -> list[str]:
        """Return what stands beside its segments."""
        return [", ".join(names) for names in self.segments.values()]

    @property
    def marked(self) -> list[str]:
        """Return the names of all its sites."""
        return [name for names in (*self.segments.values(), *self.inside.values()) for name in names]


@dataclass(frozen=True)
class _Page:
    """What all columns share; rows are (upper edge, height)."""

    sheet: Sheet
    network: Network
    top: Mapping[str, Element]
    rows: Sequence[tuple[float, float]]
    indexed: bool


def is_crossbar(network: Network) -> bool:
    """Return whether a network has columns to draw: wires whose last tap drives an output."""
    return any(True for _ in _columns(network, _top(network), ()))


def crossbar_drawing(network: Network, sites: Sequence[Site] = ()) -> str:
    """Draw a crossbar with the places of defects marked (LATS 2024 Fig. 5).

    Columns are those wires of the sidecar whose last tap drives an output; rows are their taps, the far end at
    the top.

    Args:
        network: The circuit.
        sites: Those on a column are marked between its cells and those inside a cell in its box; others are
            written under the drawing.

    Returns:
        SVG text, the same bytes for the same input.

    Raises:
        SpecError: No wire of the sidecar ends at an element that drives an output.
    """
    top = _top(network)
    columns = list(_columns(network, top, sites))
    if not columns:
        where, wanted = f"{network.path}: wires", "the last tap of a bit line is the neuron that drives the output"
        raise SpecError([Problem(where, "none ends at an element with an output port", wanted)])
    page = _Page(Sheet(), network, top, _rows(columns), indexed=len(columns) > 1)
    pitch = _CELL + 4.6 + 0.2 * max(len(label) for column in columns for label in (*column.labels, ""))
    floor = min(_draw_column(page, column, place, pitch * place) for place, column in enumerate(columns))
    for number, line in enumerate(reversed(wrap(network.sidecar.title, 44))):
        page.sheet.text((_MARGIN, 0.9 + 0.4 * number), line, size=12)
    marked = {name for column in columns for name in column.marked}
    notes = [(f"{site.name}: {site.location}", DEFECT) for site in sites if site.name not in marked]
    notes += [(line, FAINT) for line in wrap(_not_drawn(columns, top), 60)]
    for number, (line, color) in enumerate(notes):
        page.sheet.text((_MARGIN, floor - 0.5 - 0.32 * number), line, size=_SMALL, color=color)
    return page.sheet.svg(f"{network.sidecar.title}: crossbar")


def _not_drawn(columns: Sequence[Column], top: Mapping[str, Element]) -> str:
    """Return the subcircuits of the top level that no column shows, with how often each is there."""
    drawn = {name for column in columns for name in (*column.cells, column.receiver)}
    others = Counter(element.model for name, element in top.items() if name.startswith("x") and name not in drawn)
    counted = [f"{model} ({count})" if count > 1 else model for model, count in others.items()]
    return "Not drawn: " + ", ".join(counted) if counted else ""


def _top(network: Network) -> dict[str, Element]:
    return {element.card.name: element for element in Hierarchy(network.cards).inside[""]}


def _columns(network: Network, top: Mapping[str, Element], sites: Sequence[Site]) -> Iterator[Column]:
    for name, wire in network.sidecar.wires.items():
        taps = [tap.lower().rpartition(".")[0] for tap in wire.order]
        receiver = top.get(taps[-1])
        if wire.scope or receiver is None or not _on(_outputs(network), receiver):
            continue
        segments: dict[int, list[str]] = {}
        inside: dict[str, list[str]] = {}
        for site in sites:
            owner, within, _ = site.device.partition(".")
            if not isinstance(site, Cut):
                continue
            if site.wire == name:
                segments.setdefault(len(site.terminals) - 1, []).append(site.name)
            elif within and owner in taps:
                inside.setdefault(owner, []).append(site.name)
        yield Column(name, tuple(taps[:-1]), taps[-1], segments, inside)


def _rows(columns: Sequence[Column]) -> list[tuple[float, float]]:
    """Return the upper edge and the height of every row; a row is as high as the fullest of its cells."""
    rows: list[tuple[float, float]] = []
    upper = 0.0
    for number in range(max(len(column.cells) for column in columns)):
        cells = [(column, column.cells[number]) for column in columns if number < len(column.cells)]
        height = max(1.0 + _LINE * len(_wrapped(column.inside.get(cell, ()))) for column, cell in cells)
        rows.append((upper, height))
        upper -= height + _GAP
    return rows


def _draw_column(page: _Page, column: Column, place: int, left: float) -> float:
    """Draw one bit line and return the height of its lower end."""
    line, middles = left + _CELL + 1.0, [upper - height / 2 for upper, height in page.rows]
    upper, height = page.rows[len(column.cells) - 1]
    floor = upper - height - _GAP
    page.sheet.line([(line, middles[0]), (line, floor)])
    page.sheet.text((line + 0.2, middles[0]), column.wire, color=FAINT)
    for number, cell in enumerate(column.cells):
        middle = middles[number]
        index = f",{place + 1}" if page.indexed else ""
        _draw_cell(page, left, page.rows[number], f"W{number + 1}{index}", (cell, column.inside.get(cell, ())))
        page.sheet.line([(left + _CELL, middle), (line, middle)])
        if number:
            page.sheet.dot((line, middle))
        for net in _on(page.network.inputs, page.top[cell]):
            page.sheet.arrow((left - 1.0, middle), (left, middle))
            page.sheet.text((left - 1.1, middle), net, "right")
        if names := column.segments.get(number):
            centre = page.rows[number][0] - page.rows[number][1] - _GAP / 2
            page.sheet.open((line, centre + 0.35), (line, centre - 0.35))
            page.sheet.text((line + 0.3, centre), ", ".join(names), color=DEFECT)
    return _draw_receiver(page, column, (line, floor))


def _draw_cell(
    page: _Page, left: float, row: tuple[float, float], weight: str, cell: tuple[str, Sequence[str]]
) -> None:
    (upper, height), (name, sites) = row, cell
    page.sheet.box((left, upper - height), (left + _CELL, upper))
    lines, centre = _wrapped(sites), left + _CELL / 2
    at = upper - height / 2 + 0.15 + _LINE * len(lines) / 2
    page.sheet.text((centre, at), weight, "center", 12)
    page.sheet.text((centre, at - 0.36), name, "center", _SMALL, FAINT)
    for number, line in enumerate(lines):
        page.sheet.text((centre, at - 0.7 - _LINE * number), line, "center", _SMALL, DEFECT)


def _draw_receiver(page: _Page, column: Column, at: tuple[float, float]) -> float:
    (line, upper), receiver = at, page.top[column.receiver]
    lines = _wrapped(column.inside.get(column.receiver, ()))
    lower = upper - 1.2 - _LINE * len(lines)
    page.sheet.box((line - 1.3, lower), (line + 1.3, upper))
    page.sheet.text((line, upper - 0.45), receiver.model or receiver.card.name, "center", 11)
    page.sheet.text((line, upper - 0.85), receiver.card.name, "center", _SMALL, FAINT)
    for number, text in enumerate(lines):
        page.sheet.text((line, upper - 1.2 - _LINE * number), text, "center", _SMALL, DEFECT)
    for net in _on(_outputs(page.network), receiver):
        page.sheet.arrow((line + 1.3, upper - 0.6), (line + 2.1, upper - 0.6))
        page.sheet.text((line + 2.2, upper - 0.6), net)
    return lower


def _outputs(network: Network) -> list[str]:
    return network.nets("output")


def _on(nets: Sequence[str], element: Element) -> list[str]:
    """Return those of the nets that an element is connected to."""
    own = {element.net(terminal) for terminal in element.terminals}
    return [net for net in nets if net.lower() in own]


def _wrapped(names: Sequence[str]) -> list[str]:
    return wrap(", ".join(names), width=15, break_long_words=False, break_on_hyphens=False)
