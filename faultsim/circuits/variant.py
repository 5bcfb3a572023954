"""A deck's variants: other weights, and a corner that scales or shifts its parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from faultsim.circuits.deck import Card, Cards
from faultsim.circuits.sidecar import WeightsSpec
from faultsim.circuits.standins import NONE, StandIns
from faultsim.errors import Problem, SpecError, did_you_mean


@dataclass(frozen=True)
class Corner:
    """A process corner.

    Attributes:
        name: Its name in tables.
        scale: ``.param`` of the deck -> factor.
        shift: ``.param`` of the deck -> what is added.
    """

    name: str = "nominal"
    scale: Mapping[str, float] = field(default_factory=dict)
    shift: Mapping[str, float] = field(default_factory=dict)

    def along(self, other: Corner) -> Corner:
        """Return the corner at which another one is met on top of this one."""
        scale = {name: self.scale.get(name, 1.0) * other.scale.get(name, 1.0) for name in {*self.scale, *other.scale}}
        shift = {name: self.shift.get(name, 0.0) + other.shift.get(name, 0.0) for name in {*self.shift, *other.shift}}
        return Corner(other.name if self == NOMINAL else f"{self.name}, {other.name}", scale, shift)

    def __hash__(self) -> int:
        """Hash by name and content, so that conditions can be keys."""
        return hash((self.name, *sorted(self.scale.items()), *sorted(self.shift.items())))


NOMINAL = Corner()


@dataclass(frozen=True)
class EditedDeck:
    """A deck that takes the place of a network's own: other weights, a corner, a defect.

    Attributes:
        cards: The deck.
        alters: Flattened element name -> value that ``alter`` sets before the run.
        follows: Net that an edit made -> net that it was a part of, at whose voltage it starts; both flattened.
        merged: What is gone from the top level, and what stands for it.
    """

    cards: Cards
    alters: Mapping[str, float] = field(default_factory=dict)
    follows: Mapping[str, str] = field(default_factory=dict)
    merged: StandIns = NONE


def at_corner(cards: Cards, corner: Corner) -> Cards:
    """Return the deck with its parameters scaled and shifted.

    Raises:
        SpecError: The deck defines no such parameter at its top level, or defines it twice.
    """
    problems: list[Problem] = []
    edited = list(cards)
    for name in dict.fromkeys([*corner.scale, *corner.shift]):
        places = list(_definitions(edited, name))
        if len(places) != 1:
            known = [word.text.lower() for index in _params(edited) for word in edited[index].words[1::3]]
            found = f"is defined {len(places)} times" if places else "is not a .param of the deck"
            problems.append(Problem(f"corner {corner.name!r}: {name}", found, did_you_mean(name, known)))
            continue
        index, place = places[0]
        value = edited[index].words[place].text.strip("{}'\"")
        formula = f"({value})*{corner.scale.get(name, 1.0):.12g}+({corner.shift.get(name, 0.0):.12g})"
        edited[index] = edited[index].with_word(place, f"{{{formula}}}")
    if problems:
        raise SpecError(problems)
    return tuple(edited)


def with_weights(cards: Cards, weights: str, spec: WeightsSpec) -> Cards:
    """Return the deck with the weights of its cells set.

    Raises:
        SpecError: A symbol is unknown, or a cell's instance does not state the parameter.
    """
    problems = check_symbols(weights, spec)
    edited = list(cards)
    cells = {cell.lower() for cell in spec.cells}
    assignments = dict(_assignments(cards, cells, spec.parameter.lower()))
    for cell, symbol in zip(spec.cells, weights, strict=False):
        place = assignments.get(cell.lower())
        if place is None:
            problems.append(Problem(f"weights: {cell}", f"the deck's instance does not state {spec.parameter}="))
        elif symbol in spec.values:
            index, word = place
            edited[index] = edited[index].with_word(word, spec.values[symbol])
    if problems:
        raise SpecError(problems)
    return tuple(edited)


def check_symbols(weights: str, spec: WeightsSpec) -> list[Problem]:
    """Return what is wrong with weights as typed."""
    if len(weights) == len(spec.cells) and set(weights) <= set(spec.values):
        return []
    wanted = f"{len(spec.cells)} symbols out of {', '.join(sorted(spec.values))}"
    return [Problem(f"weights {weights!r}", "do not fit", f"the circuit takes {wanted}")]


def _params(cards: list[Card]) -> Iterator[int]:
    depth = 0
    for index, card in enumerate(cards):
        depth += (card.name == ".subckt") - (card.name == ".ends")
        if card.name == ".param" and depth == 0:
            yield index


def _definitions(cards: list[Card], name: str) -> Iterator[tuple[int, int]]:
    for index in _params(cards):
        words = [word.text.lower() for word in cards[index].words]
        for place in range(1, len(words) - 2):
            if words[place] == name.lower() and words[place + 1] == "=":
                yield index, place + 2


def _assignments(cards: Cards, elements: set[str], parameter: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield where each element's card states a parameter: the card's index and the word's; the first one last."""
    for index in reversed(range(len(cards))):
        card = cards[index]
        if card.name not in elements:
            continue
        words = [word.text.lower() for word in card.words]
        for place in reversed(range(1, len(words) - 2)):
            if words[place] == parameter and words[place + 1] == "=":
                yield card.name, (index, place + 2)
