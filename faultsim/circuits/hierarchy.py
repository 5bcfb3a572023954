"""Subcircuits and instances: finds a device by its hierarchical path and gives one instance a body of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass

from faultsim.circuits.deck import Card, Cards
from faultsim.errors import Problem, SpecError, did_you_mean

_TWO_NETS = ("p", "n")
TERMINALS = {
    "m": ("d", "g", "s", "b"),
    "q": ("c", "b", "e"),
    "j": ("d", "g", "s"),
    "d": ("a", "c"),
    **dict.fromkeys("rcl", ("1", "2")),
    **dict.fromkeys("vibfh", _TWO_NETS),
    **dict.fromkeys("eg", ("p", "n", "cp", "cn")),
}
"""Terminal names by element letter, in the order of the nets on the card; other letters have none."""

_CONTROLLED = re.compile(r"(poly|value|table|vol|cur|laplace)$")


@dataclass(frozen=True)
class Scope:
    """A run of cards that share names: the top level, or one subcircuit's body.

    Attributes:
        name: Subcircuit name in lower case; empty for the top level.
        start: Index of its first card.
        stop: Index one past its last card.
        ports: Port names in order.
    """

    name: str
    start: int
    stop: int
    ports: tuple[str, ...]


@dataclass(frozen=True)
class Element:
    """One element card in its scope.

    Attributes:
        index: Position among all cards.
        scope: Name of the scope that it stands in.
        card: The card.
        terminals: Terminal name -> index of the word that names its net.
        model: Subcircuit or model name in lower case, where it has one.
    """

    index: int
    scope: str
    card: Card
    terminals: dict[str, int]
    model: str

    def net(self, terminal: str) -> str:
        """Return the net at a terminal."""
        return self.card.words[self.terminals[terminal]].text.lower()


class Hierarchy:
    """Index of a deck's subcircuits and elements."""

    def __init__(self, cards: Cards, part: bool = False) -> None:
        """Read the structure.

        Args:
            cards: The deck.
            part: It is only a part, such as a cell: subcircuits that it does not define are somebody else's.

        Raises:
            SpecError: ``.subckt`` without ``.ends``, nested definitions, names defined twice.
        """
        self.cards = cards
        self._part = part
        problems: list[Problem] = []
        self.scopes = _scopes(cards, problems)
        self._inside = _owners(cards, self.scopes)
        self.elements: dict[tuple[str, str], Element] = {}
        for index, card in enumerate(cards):
            element = self._element(index, card, problems)
            if element is not None:
                self._add(element, problems)
        if problems:
            raise SpecError(problems)

    def resolve(self, path: str) -> Element:
        """Return the element at a path such as ``xcell1.ma1``.

        Raises:
            SpecError: A step of the path does not exist.
        """
        return self._chain(path)[-1]

    def instances(self, path: str) -> list[Element]:
        """Return the subcircuit instances on the way to the element at a path, outermost first."""
        return self._chain(path)[:-1]

    def nets(self, scope: str) -> set[str]:
        """Return the nets that elements of a scope connect to."""
        inside = [element for (owner, _), element in self.elements.items() if owner == scope]
        return {element.net(terminal) for element in inside for terminal in element.terminals}

    def mentions(self, scope: str, net: str) -> list[tuple[Element, str]]:
        """Return every (element, terminal) of a scope that sits on a net."""
        inside = [element for (owner, _), element in self.elements.items() if owner == scope]
        return [
            (element, terminal) for element in inside for terminal in element.terminals if element.net(terminal) == net
        ]

    def opaque(self, scope: str, net: str) -> list[Element]:
        """Return elements of a scope that mention a net, but whose terminals are not known."""
        inside = [element for (owner, _), element in self.elements.items() if owner == scope]
        unknown = [element for element in inside if not element.terminals]
        return [element for element in unknown if net in {word.text.lower() for word in element.card.words[1:]}]

    def _chain(self, path: str) -> list[Element]:
        """Return the element at a path and the instances around it, outermost first."""
        chain: list[Element] = []
        for step in path.lower().split("."):
            scope = chain[-1].model if chain else ""
            # Only an instance has an inside; a resistor's empty model would lead back to the top level.
            enters = not chain or chain[-1].card.name.startswith("x")
            element = self.elements.get((scope, step)) if enters else None
            if element is None:
                known = [name for owner, name in self.elements if owner == scope] if enters else []
                where = ".".join(outer.card.name for outer in chain) or "the top level"
                raise SpecError([Problem(path, f"{where} has no element {step!r}", did_you_mean(step, known))])
            chain.append(element)
        return chain

    def _add(self, element: Element, problems: list[Problem]) -> None:
        key = (element.scope, element.card.name)
        if key in self.elements:
            first = self.elements[key].card.where
            problems.append(
                Problem(element.card.where, f"{element.card.name} is already defined at {first}", "rename one")
            )
        self.elements[key] = element

    def _element(self, index: int, card: Card, problems: list[Problem]) -> Element | None:
        name = card.name
        if not name or not name[0].isalpha():
            return None
        scope = self._inside[index]
        if name.startswith("x"):
            return self._instance(index, card, scope, problems)
        terminals = TERMINALS.get(name[0])
        if terminals is None:
            return Element(index, scope, card, {}, "")
        words = card.words
        if name[0] in "eg" and len(words) > 3 and _CONTROLLED.match(words[3].text.lower()):
            # Controlled by an expression: its nets are inside it.
            terminals = _TWO_NETS
        # A source without a value is zero.
        if len(words) < len(terminals) + (1 if name[0] in "vi" else 2):
            problems.append(
                Problem(card.where, f"{name} needs {len(terminals)} nets and a model or value: {card.text.strip()}")
            )
            return None
        model = words[len(terminals) + 1].text.lower() if name[0] in "mdqj" else ""
        return Element(index, scope, card, {terminal: place + 1 for place, terminal in enumerate(terminals)}, model)

    def _instance(self, index: int, card: Card, scope: str, problems: list[Problem]) -> Element | None:
        words = [word.text.lower() for word in card.words]
        end = next((place - 1 for place, word in enumerate(words) if word == "="), len(words))
        model = words[end - 1]
        if model not in self.scopes and self._part:
            return Element(index, scope, card, {}, model)
        if model not in self.scopes:
            problems.append(
                Problem(card.where, f"no subcircuit {model!r}", did_you_mean(model, filter(None, self.scopes)))
            )
            return None
        ports = self.scopes[model].ports
        if len(ports) != end - 2:
            problems.append(Problem(card.where, f"{words[0]} connects {end - 2} nets; {model} has {len(ports)} ports"))
            return None
        return Element(index, scope, card, {port: place + 1 for place, port in enumerate(ports)}, model)


def _scopes(cards: Cards, problems: list[Problem]) -> dict[str, Scope]:
    scopes = {"": Scope("", 0, len(cards), ())}
    opened: tuple[int, str, tuple[str, ...]] | None = None
    for index, card in enumerate(cards):
        if card.name == ".subckt":
            if opened is not None:
                problems.append(Problem(card.where, "a .subckt inside another is not supported", "move it out"))
                continue
            words = [word.text.lower() for word in card.words]
            if len(words) < 2:
                problems.append(Problem(card.where, ".subckt has no name"))
                words.append("?")
            end = next((place - 1 for place, word in enumerate(words) if word == "="), len(words))
            opened = (index, words[1], tuple(words[2:end]))
        elif card.name == ".ends":
            if opened is None:
                problems.append(Problem(card.where, ".ends without .subckt"))
                continue
            start, name, ports = opened
            if name in scopes:
                problems.append(Problem(cards[start].where, f"subcircuit {name!r} is defined twice"))
            scopes[name] = Scope(name, start, index + 1, ports)
            opened = None
    if opened is not None:
        problems.append(Problem(cards[opened[0]].where, f".subckt {opened[1]} has no .ends"))
    return scopes


def _owners(cards: Cards, scopes: dict[str, Scope]) -> list[str]:
    owners = [""] * len(cards)
    for scope in scopes.values():
        if scope.name:
            owners[scope.start : scope.stop] = [scope.name] * (scope.stop - scope.start)
    return owners
