"""The equivalent of the rows that do the same: one stays, and sources bring the others' current to the bit line."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from faultsim.circuits.blocks import Block, Surroundings, Unclear, find_blocks
from faultsim.circuits.chains import Chain, find_chains
from faultsim.circuits.deck import Card, Cards, generated
from faultsim.circuits.edit import free_suffix
from faultsim.circuits.element import Element
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.sections import Section, sections_of
from faultsim.circuits.sidecar import WeightsSpec
from faultsim.circuits.standins import NONE, StandIns

_TAP, _SECTION = "fs_tap", "fs_line"


@dataclass(frozen=True)
class Equivalent:
    """A deck in which rows stand for others.

    A cell that stays has an ammeter towards its bit line; a current-controlled source adds what each cell like it
    would bring. Cells see the same word line, the same bit line and the same start, so that without wire resistance
    this is the same circuit: nothing is linearised, and a bit line that a defect pulls anywhere pulls them along.

    Attributes:
        cards: The deck.
        merged: What is gone, and what stands for it.
        follows: Net that is new -> net that it starts at the voltage of.
        kept: How many taps on bit lines are left.
        gone: How many are gone.
        exact: Each row is stood for by one that is the same in every cell and on the same net.
        reason: Why nothing is gone.
    """

    cards: Cards
    merged: StandIns = NONE
    follows: Mapping[str, str] = field(default_factory=dict)
    kept: int = 0
    gone: int = 0
    exact: bool = True
    reason: str = ""


def equivalent(cards: Cards, around: Surroundings, weights: WeightsSpec | None, exact: bool = False) -> Equivalent:
    """Return the equivalent of a deck; the deck itself where no two rows are alike.

    Rows that differ in nothing but their weights are a family. In it enough of them stay that every weight is there on
    every bit line; a row that goes is stood for, bit line by bit line, by one that has its weight there. On a bit line
    with resistance cells stand for each other by stretches of it.

    Args:
        cards: The deck, with or without a defect.
        around: What the test bench does to its nets.
        weights: Where weights are written.
        exact: Only let rows stand for others that are the same in every cell and on the same nets.
    """
    if not around.lines:
        return Equivalent(cards, reason="the sidecar's layout names no bit_lines")
    hierarchy = Hierarchy(cards)
    chains = find_chains(hierarchy, around.lines, around.touched)
    names = {net: chain.nets[0] for chain in chains for net in chain.nets}
    try:
        blocks = find_blocks(hierarchy, around, weights, names)
    except Unclear as error:
        return Equivalent(cards, reason=str(error))
    wires = {resistor.index for chain in chains for resistor in chain.resistors}
    rows = [block for block in blocks if block.taps and block.elements[0].index not in wires]
    edits = _Edits(free_suffix(cards, [f"v{_TAP}_1", f"v{_SECTION}_1_0"]))
    for family in _families(rows, names, chained=False, weighted=exact):
        edits.merge(family)
    for chain in () if exact else chains:
        on_it = [row for row in rows if len(row.taps) == 1 and names.get(row.lines[0]) == chain.nets[0]]
        alike = [family for family in _families(on_it, names, chained=True, weighted=True) if len(family) > 1]
        for section in sections_of(chain, alike, _pinned(hierarchy, chain, alike, around)):
            edits.lump(section)
    taps = sum(len(row.taps) for row in rows)
    if not edits.gone_taps:
        across = any(len(row.taps) > 1 and names.keys() & row.lines for row in rows)
        why = "rows are on several bit lines with resistance" if across else "no two rows are alike"
        return Equivalent(cards, kept=taps, reason=why)
    return edits.applied(cards, taps)


def _families(rows: Iterable[Block], names: Mapping[str, str], chained: bool, weighted: bool) -> list[list[Block]]:
    """Return the rows that differ in nothing but their weights, or not even in these.

    Args:
        rows: Of the deck.
        names: Nets of lines with resistance.
        chained: Those on such lines; those on others if not.
        weighted: Weights have to be the same.
    """
    families: dict[Hashable, list[Block]] = {}
    for row in rows:
        if any(net in names for net in row.lines) is chained:
            families.setdefault((row.likeness, row.weights if weighted else ()), []).append(row)
    return list(families.values())


def _pinned(hierarchy: Hierarchy, chain: Chain, alike: Sequence[Sequence[Block]], around: Surroundings) -> set[str]:
    """Return the nets of a line that are recorded, or that something is on besides cells that others do the same as."""
    free = {element.index for family in alike for row in family for element in row.elements}
    free |= {resistor.index for resistor in chain.resistors}
    others = [element for element in hierarchy.inside[""] if element.index not in free]
    recorded = {net for net in chain.nets if f"v({net})" in around.watched}
    return recorded | {net for element in others for net in element.nets}.intersection(chain.nets)


@dataclass
class _Edits:
    """What becomes of the deck, as families come in.

    Attributes:
        suffix: What makes new names new.
        gains: (index of an element, its terminal) -> the element, and how many more it stands for there.
        moved: Index of a card -> the card with a terminal on another net.
        lines: Cards to add.
        gone: Indices of the cards that go.
    """

    suffix: str
    gains: dict[tuple[int, str], tuple[Element, int]] = field(default_factory=dict)
    moved: dict[int, Card] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    gone: set[int] = field(default_factory=set)
    elements: dict[str, str] = field(default_factory=dict)
    nets: dict[str, str] = field(default_factory=dict)
    follows: dict[str, str] = field(default_factory=dict)
    gone_taps: int = 0
    exact: bool = True
    sections: int = 0

    def merge(self, family: Sequence[Block]) -> None:
        """Let enough rows of a family stand for the others."""
        stays: dict[tuple[int, str], Block] = {}
        for row in family:
            new = {at: row for at in enumerate(row.weights) if at not in stays}
            if new:
                stays |= new
                continue
            standing = [stays[at] for at in enumerate(row.weights)]
            self.exact = self.exact and all(other.weights == row.weights for other in standing)
            self._drop(row, standing[0])
            for tap, other in zip(row.taps, standing, strict=True):
                element = other.elements[tap.place]
                self.elements[row.elements[tap.place].card.name] = element.card.name
                key = (element.index, tap.terminal)
                self.gains[key] = (element, self.gains.get(key, (element, 0))[1] + 1)

    def lump(self, section: Section) -> None:
        """Let the first cell of each family of a section stand for the others."""
        self.sections += 1
        self.exact = False
        name = f"{_SECTION}{self.suffix}_{self.sections}"
        nets = []
        for number, family in enumerate(section.families):
            first = family[0][0]
            tap = first.taps[0]
            nets.append(f"{name}_{number}")
            self._move(first.elements[tap.place], tap.terminal, nets[-1], section.near)
            for row, _ in family[1:]:
                self._drop(row, first)
        self.lines += section.cards(name, nets)
        self.gone.update(section.resistors)
        self.nets |= dict.fromkeys(section.nets, section.near)

    def applied(self, cards: Cards, taps: int) -> Equivalent:
        """Return the deck without what is gone, with an ammeter and a source for each cell that stands for others."""
        for number, ((_, terminal), (element, gain)) in enumerate(self.gains.items(), 1):
            line, sense = element.net(terminal), f"{_TAP}{self.suffix}_{number}"
            self._move(element, terminal, sense, line)
            self.lines += [f"V{sense} {sense} {line} 0", f"F{sense} 0 {line} V{sense} {gain}"]
        end = next((place for place, card in enumerate(cards) if card.name == ".end"), len(cards))
        body = [self.moved.get(place, card) for place, card in enumerate(cards[:end]) if place not in self.gone]
        edited = (*body, *generated(self.lines), *cards[end:])
        left = Hierarchy(edited).nets("")
        merged = StandIns(self.elements, {net: other for net, other in self.nets.items() if net not in left})
        return Equivalent(edited, merged, self.follows, taps - self.gone_taps, self.gone_taps, self.exact)

    def _move(self, element: Element, terminal: str, net: str, start: str) -> None:
        card = self.moved.get(element.index, element.card)
        self.moved[element.index] = card.with_word(element.terminals[terminal], net)
        self.follows[net] = start

    def _drop(self, row: Block, standing: Block) -> None:
        """Forget a row whose own nets and elements another one's show."""
        self.gone.update(element.index for element in row.elements)
        self.gone_taps += len(row.taps)
        pairs = zip(row.elements, standing.elements, strict=True)
        self.elements |= {gone.card.name: stays.card.name for gone, stays in pairs}
        self.nets |= {gone: stays for gone, stays in zip(row.nets, standing.nets, strict=True) if gone != stays}
