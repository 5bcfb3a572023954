"""The lattice of a crossbar: word lines, bit lines and what stands at their crossings, as deck and sidecar say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import Literal, NamedTuple

from faultsim.circuits.chains import Chain, find_chains, spread
from faultsim.circuits.element import Element
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.network import Network

_LUMPED = "rcl"
"""Letters of elements that belong to a line itself; it passes them and stops at others."""


class LineKey(NamedTuple):
    """Names a line: a word line is a row, a bit line a column."""

    kind: Literal["row", "column"]
    number: int


@dataclass(frozen=True)
class Line:
    """A line of the lattice.

    Attributes:
        net: What it is called.
        nets: All its nets; several where it has resistance.
        stops: Elements of the top level that it leads to, from its far end.
        after: Element on it, or in it -> the stop that it is, or that it is behind as seen from the far end.
    """

    net: str
    nets: tuple[str, ...]
    stops: tuple[str, ...]
    after: Mapping[str, str]


@dataclass(frozen=True)
class Column:
    """A bit line, its cells from the far end, the neuron at its near end, and the nets that this drives."""

    line: Line
    cells: tuple[str, ...]
    receiver: str
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """A row of cells, one of each column that is so long.

    Attributes:
        line: The word line of all of them, if they have one and no cell of another row is on it.
        cells: Number of a column -> its cell.
        companions: What else is on this word line and on no other, from the input.
    """

    line: Line | None
    cells: Mapping[int, str]
    companions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lattice:
    """A circuit as rows and columns; one that is no crossbar has none.

    Attributes:
        hierarchy: The deck.
        top: Name of an element of the top level -> it.
        columns: Its bit lines.
        rows: Its rows, the far end of the bit lines first.
        inputs: Nets of its inputs.
        source: The net that all cells share as their source line; empty where there is none.
        rails: Supplies and ground.
        others: Instances of the top level that are at no line.
    """

    hierarchy: Hierarchy
    top: Mapping[str, Element]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    inputs: tuple[str, ...]
    source: str
    rails: frozenset[str]
    others: tuple[str, ...]

    @cached_property
    def drawn(self) -> frozenset[str]:
        """Elements that have a box of their own."""
        columns = [name for column in self.columns for name in (*column.cells, column.receiver)]
        return frozenset([*columns, *(name for row in self.rows for name in row.companions), *self.others])

    def stops(self, key: LineKey) -> frozenset[str]:
        """Return the stops of a line that are drawn at it, with room for a defect behind them."""
        if key.kind == "column":
            return frozenset(self.columns[key.number].cells)
        row = self.rows[key.number]
        return frozenset([*row.cells.values(), *row.companions])

    def lines(self) -> Iterator[tuple[LineKey, Line]]:
        """Return its lines by key."""
        yield from ((LineKey("column", index), column.line) for index, column in enumerate(self.columns))
        yield from ((LineKey("row", index), row.line) for index, row in enumerate(self.rows) if row.line is not None)


def lattice_of(network: Network) -> Lattice:
    """Return the lattice of a network.

    A column is a line whose order the sidecar gives, or one of its layout's bit lines, that ends at an element which
    drives an output; the cells are what else it leads to.
    """
    hierarchy = Hierarchy(network.cards)
    top = {element.card.name: element for element in hierarchy.inside[""]}
    inputs = [net.lower() for net in network.inputs]
    outputs = {net.lower(): net for net in network.nets("output")}
    lines = _Lines(network, hierarchy)
    receivers = {name for name, element in top.items() if not outputs.keys().isdisjoint(element.nets)}
    columns = tuple(_columns(lines.bit_lines(receivers), receivers, outputs, top))
    rows = tuple(_rows(columns, [lines.line(net) for net in inputs]))
    cells = {cell for column in columns for cell in column.cells}
    drawn = {*cells, *(column.receiver for column in columns), *(name for row in rows for name in row.companions)}
    sources = [net.lower() for net in network.nets("source")]
    return Lattice(
        hierarchy,
        top,
        columns,
        rows,
        tuple(inputs),
        source=next((net for net in sources if all(net in top[cell].nets for cell in cells)), "") if cells else "",
        rails=frozenset({"0", *(net.lower() for net in (*network.sidecar.layout.rails, *network.nets("supply")))}),
        others=tuple(name for name in top if name.startswith("x") and name not in drawn),
    )


class _Lines:
    """Finds the order along lines: in the sidecar's wires, or by resistors from net to net."""

    def __init__(self, network: Network, hierarchy: Hierarchy) -> None:
        self.network, self.hierarchy = network, hierarchy
        self.wires = {wire.net.lower(): wire for wire in network.sidecar.wires.values() if not wire.scope}
        layout = network.sidecar.layout
        self.layout = [net.lower() for net in layout.bit_lines]
        lines = {*self.layout, *(net.lower() for net in (*layout.word_lines, *network.inputs))}
        ports = {net.lower() for port in network.sidecar.ports for net in port.nets}
        chains = find_chains(hierarchy, spread(hierarchy, lines, ports - lines), ())
        self.chains = {end: chain for chain in chains for end in (chain.nets[0], chain.nets[-1]) if end in lines}

    def bit_lines(self, receivers: set[str]) -> Iterator[Line]:
        """Return every line that may be one."""
        ends = {net: wire.order[-1].lower().rpartition(".")[0] for net, wire in self.wires.items() if not wire.driven}
        for net in dict.fromkeys([*(net for net, end in ends.items() if end in receivers), *self.layout]):
            yield self.line(net)

    def line(self, net: str) -> Line:
        """Return the line with a net; without any order the elements on it are as in the deck."""
        if net in self.chains:
            chain = _ending_at(net, self.chains[net])
            return self._along(net, chain.nets, self._chained(chain))
        if net in self.wires:
            return self._along(net, (net,), [tap.lower().rpartition(".")[0] for tap in self.wires[net].order])
        return self._along(net, (net,), self._on(net))

    def _chained(self, chain: Chain) -> Iterator[str]:
        resistors = [element.card.name for element in chain.resistors]
        for net, resistor in zip_longest(chain.nets, resistors):
            yield from (name for name in self._on(net) if name not in resistors)
            if resistor is not None:
                yield resistor

    def _on(self, net: str) -> list[str]:
        return list(dict.fromkeys(element.card.name for element, _ in self.hierarchy.mentions("", net)))

    @staticmethod
    def _along(net: str, nets: Sequence[str], elements: Iterable[str]) -> Line:
        stops: dict[str, None] = {}
        after: dict[str, str] = {}
        for name in elements:
            if name[0] not in _LUMPED:
                stops[name] = None
            after[name] = next(reversed(stops), "")
        first = next(iter(stops), "")
        return Line(net, tuple(nets), tuple(stops), {name: stop or first for name, stop in after.items()})


def _ending_at(net: str, chain: Chain) -> Chain:
    if chain.nets[-1] == net:
        return chain
    return Chain(chain.nets[::-1], chain.resistors[::-1], chain.ohm[::-1])


def _columns(
    lines: Iterable[Line], receivers: set[str], outputs: Mapping[str, str], top: Mapping[str, Element]
) -> Iterator[Column]:
    taken: set[str] = set()
    for line in lines:
        receiver = next((stop for stop in reversed(line.stops) if stop in receivers), None)
        cells = tuple(stop for stop in line.stops if stop != receiver)
        # What is at two bit lines has its place at the first.
        if receiver is None or not cells or not taken.isdisjoint(line.stops):
            continue
        taken.update(line.stops)
        yield Column(line, cells, receiver, tuple(outputs[net] for net in top[receiver].nets if net in outputs))


def _rows(columns: Sequence[Column], inputs: Sequence[Line]) -> Iterator[Row]:
    place = {cell: number for column in columns for number, cell in enumerate(column.cells)}
    receivers = {column.receiver for column in columns}
    line_of: dict[int, Line] = {}
    for each in inputs:
        numbers = {place[stop] for stop in each.stops if stop in place}
        if len(numbers) == 1:
            line_of.setdefault(numbers.pop(), each)
    taken = [stop for each in line_of.values() for stop in each.stops]
    for number in range(max((len(column.cells) for column in columns), default=0)):
        cells = {index: column.cells[number] for index, column in enumerate(columns) if number < len(column.cells)}
        line = line_of.get(number)
        if line is None or not set(cells.values()) <= set(line.stops):
            yield Row(None, cells)
            continue
        others = [stop for stop in reversed(line.stops) if stop not in place and stop not in receivers]
        yield Row(line, cells, tuple(stop for stop in others if taken.count(stop) == 1))
