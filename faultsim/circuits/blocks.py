"""Blocks: what is left of a deck's top level when it is cut at its bit lines and at the nets that a source holds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from faultsim.circuits.chains import find_chains
from faultsim.circuits.deck import Cards
from faultsim.circuits.element import Element
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.sidecar import WeightsSpec

_KNOWN = frozenset("xrcldmqjzvi")
"""Letters of cards that touch the nets that they list, and nothing else; others take values from elsewhere by name."""
_TOLD = frozenset({".ic", ".nodeset"})
_BY_NAME = re.compile(r"\b[vi]\s*\(")
_DRAWN = re.compile(r"\b(a?gauss|a?unif|limit)\s*\(")
_NO_NAMES: Mapping[str, str] = MappingProxyType({})


class Unclear(Exception):
    """A deck that cannot be told apart into blocks; the text says why."""


@dataclass(frozen=True)
class Surroundings:
    """What the test bench does to a deck's nets, all by flattened names in lower case.

    Attributes:
        lines: Nets that blocks meet at.
        held: Net that an ideal source holds -> what the source does.
        fed: Net with a source behind a resistance -> both.
        starts: Net -> what it starts from, where that is said.
        touched: Elements that a defect changes without a trace on a card.
        watched: Vectors that are recorded.
    """

    lines: frozenset[str]
    held: Mapping[str, str]
    fed: Mapping[str, str]
    starts: Mapping[str, float]
    touched: frozenset[str] = frozenset()
    watched: frozenset[str] = frozenset()


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


def find_blocks(
    hierarchy: Hierarchy, around: Surroundings, weights: WeightsSpec | None, names: Mapping[str, str] = _NO_NAMES
) -> list[Block]:
    """Return the blocks of a deck's top level, in the order of their first elements.

    Args:
        hierarchy: The deck.
        around: What the test bench does to its nets.
        weights: Where weights are written.
        names: Net of a line that is several nets -> what they are all called.

    Raises:
        Unclear: Something reaches from one block into another without a net between them.
    """
    elements = hierarchy.inside[""]
    _check(hierarchy, elements, around)
    places = {element.card.name: place for place, element in enumerate(elements)}
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
            other = first.setdefault(net, places.get(hierarchy.instance_of(net), place))
            low, high = sorted((root(place), root(other)))
            group[high] = low
    found: dict[int, list[Element]] = {}
    for place, element in enumerate(elements):
        found.setdefault(root(place), []).append(element)
    reader = _Reader(hierarchy, around, weights, names)
    return [reader.block(tuple(members)) for members in found.values()]


def kind_of(cards: Cards, around: Surroundings, weights: WeightsSpec | None) -> Hashable | None:
    """Return what is equal for decks that are the same circuit but for the order of their blocks.

    Without resistance along its lines a block has no place: which of several blocks that are alike is driven does not
    matter to the others.

    Returns:
        None where lines have resistance, or blocks cannot be told apart.
    """
    if not around.lines:
        return None
    hierarchy = Hierarchy(cards)
    if find_chains(hierarchy, around.lines, around.touched):
        return None
    try:
        blocks = find_blocks(hierarchy, around, weights)
    except Unclear:
        return None
    return frozenset(Counter((block.likeness, block.weights) for block in blocks).items())


def _check(hierarchy: Hierarchy, elements: Sequence[Element], around: Surroundings) -> None:
    for element in elements:
        text = element.card.text.lower()
        if element.letter not in _KNOWN or not element.terminals or _BY_NAME.search(text):
            raise Unclear(f"{element.card.where}: {element.card.name} may depend on more than the nets that it lists")
    for card in hierarchy.cards:
        if card.name in _TOLD:
            raise Unclear(f"{card.where}: {card.name} names nets")
        if _DRAWN.search(card.text.lower()) and card.lowered:
            raise Unclear(f"{card.where}: a value is drawn at random, for each device anew")
    loose = sorted(hierarchy.globals - {"0", "gnd"} - around.held.keys())
    if loose:
        raise Unclear(f"the global net {loose[0]} is not held by a source")
    measured = sorted(vector for vector in around.watched if vector.startswith("i(") and "." not in vector)
    if measured:
        raise Unclear(f"{measured[0]} is recorded: a source of the top level carries the current of all rows")


@dataclass(frozen=True)
class _Reader:
    """Makes blocks out of elements."""

    hierarchy: Hierarchy
    around: Surroundings
    weights: WeightsSpec | None
    names: Mapping[str, str]

    def block(self, elements: tuple[Element, ...]) -> Block:
        around = self.around
        numbers: dict[str, int] = {}
        order = {element.card.name: place for place, element in enumerate(elements)}
        taps: list[Tap] = []
        likeness: list[Hashable] = []
        for place, element in enumerate(elements):
            words = list[Hashable](element.card.lowered)
            on_lines = [terminal for terminal in element.terminals if element.net(terminal) in around.lines]
            weight = ""
            # What carries no tap cannot be told apart by its taps' weights.
            at = self._weight_at(element) if on_lines else None
            if at is not None:
                weight, words[at] = element.card.lowered[at], "*"
            taps += [Tap(place, terminal, weight) for terminal in on_lines]
            for terminal, word in element.terminals.items():
                words[word] = self._label(element.net(terminal), numbers, order)
            likeness.append((element.letter, *words[1:], *self._inner_starts.get(element.card.name, ())))
        own = next((name for name in order if name in around.touched), "")
        nets = tuple(net for element in elements for net in element.nets)
        return Block(elements, nets, (own, *likeness), tuple(taps))

    def _weight_at(self, element: Element) -> int | None:
        weights = self.weights
        if weights is None or element.card.name not in self._cells:
            return None
        return element.card.assignments().get(weights.parameter.lower())

    @cached_property
    def _cells(self) -> frozenset[str]:
        return frozenset(cell.lower() for cell in self.weights.cells) if self.weights else frozenset()

    @cached_property
    def _inner_starts(self) -> dict[str, list[tuple[str, float]]]:
        """Instance -> what nets inside it start from."""
        found: dict[str, list[tuple[str, float]]] = {}
        for net, share in sorted(self.around.starts.items()):
            instance = self.hierarchy.instance_of(net)
            found.setdefault(instance, []).append((net[len(instance) :], share))
        return found

    def _label(self, net: str, numbers: dict[str, int], order: Mapping[str, int]) -> Hashable:
        """Return what a net is the same as another block's by.

        That is its name, what holds it, where inside which instance it is, or its number and what feeds it.
        """
        if net in ("0", "gnd"):
            return "0"
        if net in self.around.lines:
            return self.names.get(net, net)
        if net in self.around.held:
            return ("held", self.around.held[net])
        instance = self.hierarchy.instance_of(net)
        inner = (order.get(instance), net[len(instance) :]) if instance else ()
        number = numbers.setdefault(net, len(numbers))
        return (number, inner, self.around.fed.get(net), self.around.starts.get(net))
