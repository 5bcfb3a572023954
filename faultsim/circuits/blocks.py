"""Blocks: what is left of a deck's top level when it is cut at its bit lines and at the nets that a source holds."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from faultsim.circuits.element import Element
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.sidecar import WeightsSpec

_KNOWN = frozenset("xrcldmqjzvi")
"""Letters of cards that touch the nets that they list, and nothing else; others take values from elsewhere by name."""
_TOLD = frozenset({".ic", ".nodeset"})


class Unclear(Exception):
    """A deck that cannot be told apart into blocks; the text says why."""


@dataclass(frozen=True)
class Surroundings:
    """What the test bench does to a deck's nets, all by flattened names in lower case.

    Attributes:
        lines: Nets that blocks meet at.
        names: Net of a line that is several -> what they are all called.
        held: Net that an ideal source holds -> what the source does.
        fed: Net with a source behind a resistance -> both.
        starts: Net -> what it starts from, where that is said.
        touched: Elements and nets that a defect changes without a trace on a card.
    """

    lines: frozenset[str]
    held: Mapping[str, str]
    fed: Mapping[str, str]
    starts: Mapping[str, float]
    touched: frozenset[str] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)


class Tap(NamedTuple):
    """A connection of a block to a line.

    Attributes:
        place: Which of the block's elements.
        terminal: Its terminal.
        weight: What the element's card says as its weight.
    """

    place: int
    terminal: str
    weight: str


@dataclass(frozen=True)
class Block:
    """Elements that hang together by nets of their own.

    Attributes:
        elements: In the deck's order.
        nets: All nets of all elements, in order.
        likeness: Equal for blocks that are the same circuit with the same around it, whatever their weights.
        taps: Where it meets the lines.
    """

    elements: tuple[Element, ...]
    nets: tuple[str, ...]
    likeness: Hashable
    taps: tuple[Tap, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """Return the net of the line at each tap."""
        return tuple(self.elements[tap.place].net(tap.terminal) for tap in self.taps)

    @property
    def weights(self) -> tuple[str, ...]:
        """Return the weight at each tap."""
        return tuple(tap.weight for tap in self.taps)


def find_blocks(hierarchy: Hierarchy, around: Surroundings, weights: WeightsSpec | None) -> list[Block]:
    """Return the blocks of a deck's top level, in the order of their first elements.

    Raises:
        Unclear: Something reaches from one block into another without a net between them.
    """
    elements = hierarchy.inside[""]
    _check(hierarchy, elements, around)
    names = {element.card.name: place for place, element in enumerate(elements)}
    group = list(range(len(elements)))

    def root(place: int) -> int:
        while group[place] != place:
            group[place] = group[group[place]]
            place = group[place]
        return place

    first: dict[str, int] = {}
    for place, element in enumerate(elements):
        for net in element.nets:
            if net == "0" or net in around.lines or net in around.held:
                continue
            # A bridge may reach into an instance, by the flattened name of a net there.
            other = first.setdefault(net, names.get(net.partition(".")[0], place) if "." in net else place)
            low, high = sorted((root(place), root(other)))
            group[high] = low
    found: dict[int, list[Element]] = {}
    for place, element in enumerate(elements):
        found.setdefault(root(place), []).append(element)
    return [_block(tuple(members), around, weights) for members in found.values()]


def _check(hierarchy: Hierarchy, elements: Sequence[Element], around: Surroundings) -> None:
    for element in elements:
        if element.letter not in _KNOWN or not element.terminals:
            raise Unclear(f"{element.card.where}: {element.card.name} may depend on more than the nets that it lists")
    for card in hierarchy.cards:
        if card.name in _TOLD:
            raise Unclear(f"{card.where}: {card.name} names nets")
    loose = sorted(hierarchy.globals - {"0", "gnd"} - around.held.keys())
    if loose:
        raise Unclear(f"the global net {loose[0]} is not held by a source")


def _block(elements: tuple[Element, ...], around: Surroundings, weights: WeightsSpec | None) -> Block:
    cells = {cell.lower() for cell in weights.cells} if weights else set()
    numbers: dict[str, int] = {}
    taps: list[Tap] = []
    likeness: list[Hashable] = []
    touched = False
    for place, element in enumerate(elements):
        name, words = element.card.name, list[Hashable](element.card.lowered)
        touched = touched or name in around.touched or bool(around.touched.intersection(element.nets))
        weight = ""
        at = element.card.assignments().get(weights.parameter.lower()) if weights and name in cells else None
        if at is not None:
            weight, words[at] = element.card.lowered[at], "*"
        for terminal, word in element.terminals.items():
            net = element.net(terminal)
            words[word] = _label(net, numbers, around)
            if net in around.lines:
                taps.append(Tap(place, terminal, weight))
        inside = tuple(sorted((net, share) for net, share in around.starts.items() if net.startswith(name + ".")))
        likeness.append((element.letter, *words[1:], *((net[len(name) :], share) for net, share in inside)))
    own = elements[0].card.name if touched else ""
    nets = tuple(net for element in elements for net in element.nets)
    return Block(elements, nets, (own, *likeness), tuple(taps))


def _label(net: str, numbers: dict[str, int], around: Surroundings) -> Hashable:
    """Return what a net is the same as another block's by: its name, what holds it, or its number and what feeds it."""
    if net in ("0", "gnd"):
        return "0"
    if net in around.lines:
        return around.names.get(net, net)
    if net in around.held:
        return ("held", around.held[net])
    return (numbers.setdefault(net, len(numbers)), around.fed.get(net), around.starts.get(net))
