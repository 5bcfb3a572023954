"""One element card: its terminals, its model, what it says about its values."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from functools import cached_property

from faultsim.circuits.deck import Card

_TWO_NETS = ("p", "n")
_FOUR_NETS = ("p", "n", "cp", "cn")
TERMINALS = {
    "m": ("d", "g", "s", "b"),
    "q": ("c", "b", "e"),
    "j": ("d", "g", "s"),
    "z": ("d", "g", "s"),
    "d": ("a", "c"),
    **dict.fromkeys("rcl", ("1", "2")),
    **dict.fromkeys("vibfhw", _TWO_NETS),
    **dict.fromkeys("egs", _FOUR_NETS),
    **dict.fromkeys("to", ("1", "2", "3", "4")),
    "u": ("1", "2", "3"),
}
"""Terminal names by element letter, in the order of the nets on the card; other letters have none."""

MORE_TERMINALS = {"m": ("e", "n6", "n7"), "q": ("s", "tj"), "d": ("tj",)}
"""Further ones that a card may have in front of its model."""
_HAS_MODEL = frozenset("mqjzdsuo")
_CONTROLLED = re.compile(r"(poly|value|table|vol|cur|laplace|freq|pwl|vcvs|vccs|opamp|delay)", re.IGNORECASE)
_BINNED = re.compile(r"\.\d+$")


class MalformedElement(Exception):
    """An element card with too few words."""


@dataclass(frozen=True)
class Element:
    """One element card in its scope.

    Attributes:
        index: Position among all cards.
        scope: Name of the scope that it stands in.
        card: The card.
        terminals: Terminal name -> index of the word that names its net; none where they are not known.
        model: Subcircuit or model name in lower case, where it has one.
        body: For an instance the scope of its subcircuit, as the hierarchy calls it; empty where it has none.
    """

    index: int
    scope: str
    card: Card
    terminals: dict[str, int]
    model: str
    body: str = ""

    @property
    def letter(self) -> str:
        """Return the letter that says what it is."""
        return self.card.name[0]

    def net(self, terminal: str) -> str:
        """Return the net at a terminal."""
        return self.card.lowered[self.terminals[terminal]]

    @cached_property
    def nets(self) -> tuple[str, ...]:
        """Its nets in the order of its terminals; ground is ``0`` by any name."""
        words = self.card.lowered
        named = [words[place] for place in self.terminals.values()]
        return tuple(["0" if net == "gnd" else net for net in named])

    @cached_property
    def texts(self) -> dict[str, str]:
        """Its parameters as written, in lower case; the value of a resistor, capacitor or inductor by its letter."""
        words = self.card.lowered
        texts = {name: words[place] for name, place in self.card.assignments().items()}
        if self.letter in "rcl" and self.letter not in texts:
            values = [words[place] for place in self.card.positional()[3:5]]
            # A model may stand in front of the value.
            behind = len(values) == 2 and values[0][0].isalpha() and not values[1][0].isalpha()
            if values:
                texts[self.letter] = values[behind]
        return texts


def parse_element(index: int, scope: str, card: Card, models: Container[str]) -> Element:
    """Read an element card other than an instance of a subcircuit.

    Args:
        index: Position among all cards.
        scope: Scope that it stands in.
        card: The card.
        models: Names of the deck's ``.model`` cards: a transistor has its nets in front of one of them.

    Raises:
        MalformedElement: It has too few words.
    """
    letter = card.name[0]
    terminals = TERMINALS.get(letter)
    if terminals is None:
        return Element(index, scope, card, {}, "")
    words = card.lowered
    places = card.positional()
    if letter in "eg" and len(places) > 3 and _CONTROLLED.match(words[places[3]]):
        # Controlled by an expression or a list: its sensed nets are inside it.
        terminals = _TWO_NETS
    elif letter in "egb" and len(places) < 5:
        terminals = _TWO_NETS
    if letter in MORE_TERMINALS:
        terminals = _with_more(letter, terminals, card, places, models)
    # A source without a value is zero; a resistor's may stand behind an equals sign.
    wanted = len(terminals) + (2 if letter in _HAS_MODEL else 1)
    if len(places) < wanted or len(words) < len(terminals) + (1 if letter in "vi" else 2):
        raise MalformedElement(f"{card.name} needs {len(terminals)} nets and a model or value: {card.text.strip()}")
    model = words[places[len(terminals) + 1]] if letter in _HAS_MODEL else ""
    named = {terminal: places[place + 1] for place, terminal in enumerate(terminals)}
    return Element(index, scope, card, named, model)


def _with_more(
    letter: str, terminals: tuple[str, ...], card: Card, places: list[int], models: Container[str]
) -> tuple[str, ...]:
    """Return the terminals in front of the last word that is a model's name; the usual ones where none is.

    A net may have the name of a model, but what stands behind the model is none.
    """
    known = (*terminals, *MORE_TERMINALS[letter])
    # A power transistor has its bulk tied to its source.
    fewest = len(terminals) - (letter == "m")
    for count in range(len(known), fewest - 1, -1):
        if count + 1 < len(places) and card.lowered[places[count + 1]] in models:
            return known[:count]
    return terminals


def model_names(name: str) -> tuple[str, ...]:
    """Return what a ``.model`` card may be called by: its name, and without the number of its bin."""
    lowered = name.lower()
    return (lowered, _BINNED.sub("", lowered))
