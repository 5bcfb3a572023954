"""Edits of a deck: an instance gets a body of its own, a net is split at a terminal or along a wire."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from faultsim.circuits.deck import Card, Cards, generated
from faultsim.circuits.hierarchy import Element, Hierarchy


@dataclass(frozen=True)
class Split:
    """A deck in which one connection was cut in two.

    Attributes:
        cards: The deck.
        insert_at: Index at which cards that join the two halves belong.
        prefix: Flattened path of that place with a trailing dot, empty at the top level.
        near: Net on the side of the device or of the wire's start.
        far: Net on the other side.
    """

    cards: Cards
    insert_at: int
    prefix: str
    near: str
    far: str

    @property
    def floating(self) -> dict[str, str]:
        """The new net by its flattened name, and the top-level net that it was a part of, where there is one."""
        path, net = self.prefix.rstrip("."), self.far
        hierarchy = Hierarchy(self.cards)
        while path:
            instance = hierarchy.resolve(path)
            if net not in instance.terminals:
                return {}
            path, net = path.rpartition(".")[0], instance.net(net)
        return {self.prefix + self.near: net}

    def joined_by(self, lines: Sequence[str]) -> Cards:
        """Return the deck with element lines put between the halves."""
        return (*self.cards[: self.insert_at], *generated(lines), *self.cards[self.insert_at :])


def split_terminal(cards: Cards, path: str, terminal: str) -> Split:
    """Cut one terminal of one device off its net.

    Args:
        cards: The deck.
        path: Hierarchical path of the device; its siblings in other instances stay as they are.
        terminal: Terminal name.
    """
    cards = _own_body(cards, path)
    element = Hierarchy(cards).resolve(path)
    far = element.net(terminal)
    near = _fresh_net(cards, far)
    return _split(cards, [(element, terminal)], path, near, far)


def split_wire(cards: Cards, path: str, net: str, taps: Sequence[tuple[str, str]]) -> Split:
    """Cut a wire in two.

    Args:
        cards: The deck.
        path: Hierarchical path of the instance that the wire runs in; empty for the top level.
        net: The wire's net.
        taps: (element, terminal) of every connection on the near side, named within that scope.
    """
    inside = f"{path}." if path else ""
    cards = _own_body(cards, f"{inside}{taps[0][0]}")
    hierarchy = Hierarchy(cards)
    near = _fresh_net(cards, net)
    places = [(hierarchy.resolve(inside + element), terminal) for element, terminal in taps]
    return _split(cards, places, f"{inside}{taps[0][0]}", near, net)


def free_suffix(cards: Cards, names: Sequence[str]) -> str:
    """Return what makes all names new to a deck: nothing, or a number."""
    used = {card.name for card in cards}
    suffix, number = "", 2
    while any(name.lower() + suffix in used for name in names):
        suffix, number = str(number), number + 1
    return suffix


def _split(cards: Cards, places: Sequence[tuple[Element, str]], path: str, near: str, far: str) -> Split:
    edited = list(cards)
    for element, terminal in places:
        edited[element.index] = edited[element.index].with_word(element.terminals[terminal], near)
    prefix = path.lower().rpartition(".")[0]
    return Split(tuple(edited), places[0][0].index + 1, f"{prefix}." if prefix else "", near, far)


def _own_body(cards: Cards, path: str) -> Cards:
    """Give every instance on a path a copy of its subcircuit that nobody else uses."""
    depth = path.count(".")
    for level in range(depth):
        hierarchy = Hierarchy(cards)
        instance = hierarchy.instances(path)[level]
        scope = hierarchy.scopes[instance.model]
        name = _fresh_name(f"{instance.model}_{instance.card.name}", set(hierarchy.scopes))
        edited = list(cards)
        edited[instance.index] = _renamed_model(instance, name)
        cards = (*edited, *_copied_body(cards[scope.start : scope.stop], name))
    return cards


def _renamed_model(instance: Element, name: str) -> Card:
    return instance.card.with_word(max(instance.terminals.values(), default=0) + 1, name)


def _copied_body(body: Sequence[Card], name: str) -> Cards:
    head = body[0].with_word(1, name)
    tail = replace(body[-1], text=f".ends {name}\n")
    return (head, *body[1:-1], tail)


def _fresh_net(cards: Cards, net: str) -> str:
    used = {word.text.lower() for card in cards for word in card.words}
    return _fresh_name(f"{net}_cut", used)


def _fresh_name(stem: str, used: set[str]) -> str:
    name, number = stem, 2
    while name in used:
        name, number = f"{stem}{number}", number + 1
    return name
