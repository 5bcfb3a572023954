"""Edits of a deck: an instance gets a body of its own, a net is split at a terminal or along a wire."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice, takewhile

from faultsim.circuits.deck import Card, Cards, generated
from faultsim.circuits.element import Element
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.parameters import Values, evaluate
from faultsim.errors import SpecError


@dataclass(frozen=True)
class Split:
    """A deck in which one connection was cut in two.

    Attributes:
        cards: The deck.
        insert_at: Index at which cards that join the two halves belong.
        inside: Path of the instance that they are in, empty at the top level.
        near: Net on the side of the device or of the wire's start.
        far: Net on the other side.
        device: The cut-off device as the deck calls it now, named within that instance.
    """

    cards: Cards
    insert_at: int
    inside: str
    near: str
    far: str
    device: str

    @property
    def prefix(self) -> str:
        """Return the path with a trailing dot, empty at the top level."""
        return f"{self.inside}." if self.inside else ""

    @property
    def floating(self) -> dict[str, str]:
        """The new net, and the net that it was a part of, by their flattened names."""
        return {self.prefix + self.near: Hierarchy(self.cards).flat_net(self.inside, self.far)}

    def net(self, terminal: str) -> str:
        """Return the net at another terminal of the cut-off device."""
        return Hierarchy(self.cards).resolve(self.prefix + self.device).net(terminal)

    def joined_by(self, lines: Sequence[str]) -> Cards:
        """Return the deck with element lines put between the halves."""
        return (*self.cards[: self.insert_at], *generated(lines), *self.cards[self.insert_at :])


def split_terminal(cards: Cards, path: str, terminal: str) -> Split:
    """Cut one terminal of one device off its net.

    Args:
        cards: The deck.
        path: Hierarchical path of the device; its siblings in other instances stay as they are, and so do the others
            of several that one card stands for by its multiplier.
        terminal: Terminal name.
    """
    cards, path = alone(cards, path)
    element = Hierarchy(cards).resolve(path)
    far = element.net(terminal)
    return _split(cards, [(element, terminal)], path, _fresh_net(cards, far), far)


def split_wire(cards: Cards, path: str, taps: Sequence[tuple[str, str]]) -> Split:
    """Cut a wire in two.

    Args:
        cards: The deck.
        path: Hierarchical path of the instance that the wire runs in; empty for the top level.
        taps: (element, terminal) of every connection on the near side, named within that scope.
    """
    inside = f"{path}." if path else ""
    cards, first = alone(cards, inside + taps[0][0], whole=True)
    inside = first[: len(first) - len(taps[0][0])]
    hierarchy = Hierarchy(cards)
    places = [(hierarchy.resolve(inside + element), terminal) for element, terminal in taps]
    # Where the wire has been cut already, nearer to its start, this cut is in what is left.
    far = places[-1][0].net(places[-1][1])
    return _split(cards, places, first, _fresh_net(cards, far), far)


def one_of_each(cards: Cards, nets: Sequence[str]) -> tuple[Cards, tuple[str, ...]]:
    """Take instances out of the several that their cards stand for, so that a net in them is one net, and not several.

    Args:
        cards: The deck.
        nets: Flattened names; two in the same instance stay in the same one.

    Returns:
        The deck, and what the nets are called now.
    """
    whole = Hierarchy(cards)
    was: list[str] = []
    now: list[str] = []
    named: list[str] = []
    for net in nets:
        steps = _instances(whole, net)
        if _stands_for_several(whole, steps):
            shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(was, steps, strict=False)))
            cards, path = alone(cards, ".".join([*now[:shared], *steps[shared:]]))
            was, now = steps, [step.card.name for step in Hierarchy(cards).chain(path)]
            net = f"{path}.{net.rpartition('.')[2]}"
        named.append(net)
    return cards, tuple(named)


def free_suffix(cards: Cards, names: Iterable[str]) -> str:
    """Return what makes all names new to a deck: nothing, or a number."""
    used = {card.name for card in cards}
    suffix, number = "", 2
    while any(name.lower() + suffix in used for name in names):
        suffix, number = str(number), number + 1
    return suffix


def _split(cards: Cards, places: Sequence[tuple[Element, str]], path: str, near: str, far: str) -> Split:
    edited = list(cards)
    for element, terminal in places:
        if element.net(terminal) == far:
            edited[element.index] = edited[element.index].with_word(element.terminals[terminal], near)
    device = places[0][0].card.name
    inside = path.lower()[: -len(device) - 1]
    return Split(tuple(edited), places[0][0].index + 1, inside, near, far, device)


def alone(cards: Cards, path: str, whole: bool = False) -> tuple[Cards, str]:
    """Give every instance on a path that shares its subcircuit with others a copy of it.

    Args:
        cards: The deck.
        path: Hierarchical path of a device.
        whole: Leave the device itself together with those that its multiplier stands for.

    Returns:
        The deck, and the path as it is called now: one of several that a multiplier stood for has a name of its own.
    """
    levels = len(Hierarchy(cards).chain(path))
    path, values = path.lower(), Values()
    for level in range(levels):
        hierarchy = Hierarchy(cards)
        chain = hierarchy.chain(path)
        element, last = chain[level], level == levels - 1
        values = values.inside(hierarchy, chain[level - 1] if level else None)
        if not (last and whole) and _count(element, values) > 1:
            cards, name = _one_of_many(cards, element)
            names = [step.card.name for step in chain]
            path = ".".join([*names[:level], name, *names[level + 1 :]])
            hierarchy = Hierarchy(cards)
            element = hierarchy.chain(path)[level]
        if not last and is_shared(hierarchy, element):
            cards = own_body(cards, hierarchy, element)
    return cards, path


def is_shared(hierarchy: Hierarchy, instance: Element) -> bool:
    """Return whether another instance has the same body; those around this one are its own already."""
    users = (element for inside in hierarchy.inside.values() for element in inside if element.body == instance.body)
    return len(list(islice(users, 2))) > 1


def _instances(hierarchy: Hierarchy, net: str) -> list[str]:
    """Return the names of the instances that a net is in, outermost first; none where its dots are its name's own."""
    path = net.rpartition(".")[0]
    try:
        return [step.card.name for step in hierarchy.chain(path)] if path else []
    except SpecError:
        return []


def _stands_for_several(hierarchy: Hierarchy, steps: Sequence[str]) -> bool:
    """Return whether the card of one of the instances on the way is several."""
    values, around = Values(), None
    for element in hierarchy.chain(".".join(steps)) if steps else ():
        values = values.inside(hierarchy, around)
        if _count(element, values) > 1:
            return True
        around = element
    return False


def own_body(cards: Cards, hierarchy: Hierarchy, instance: Element) -> Cards:
    """Point an instance at a copy of its subcircuit, which stands right behind it."""
    scope = hierarchy.scopes[instance.body]
    known = {name.rpartition("/")[2] for name in hierarchy.scopes}
    name = _fresh_name(f"{instance.model}_{instance.card.name}", known)
    edited = list(cards)
    places = [place for place in instance.card.positional() if instance.card.words[place].text.lower() != "params:"]
    edited[instance.index] = instance.card.with_word(places[-1], name)
    return (*edited[: scope.stop], *_copied_body(cards[scope.start : scope.stop], name), *edited[scope.stop :])


def _one_of_many(cards: Cards, element: Element) -> tuple[Cards, str]:
    """Take one device or instance out of the several that a card stands for."""
    card = element.card
    name = _fresh_name(f"{card.name}_one", {other.name for other in cards})
    place = card.assignments()["m"]
    fewer = card.with_word(place, f"{{({card.words[place].text.strip(chr(39) + '{}')})-1}}")
    one = _ended(card).with_word(place, "1").with_word(0, name)
    return (*cards[: element.index], _ended(fewer), one, *cards[element.index + 1 :]), name


def _count(element: Element, values: Values) -> int:
    """Return how many devices a card stands for; 1 where that is no whole number."""
    count = evaluate(element.texts.get("m", "1"), values)
    return int(count) if count is not None and count >= 1 and count == int(count) else 1


def _copied_body(body: Sequence[Card], name: str) -> Cards:
    head = _ended(body[0]).with_word(1, name)
    return (head, *map(_ended, body[1:-1]), replace(body[-1], text=f".ends {name}\n"))


def _ended(card: Card) -> Card:
    return card if card.text.endswith("\n") else replace(card, text=card.text + "\n")


def _fresh_net(cards: Cards, net: str) -> str:
    used = {word for card in cards for word in card.lowered}
    return _fresh_name(f"{net}_cut", used)


def _fresh_name(stem: str, used: set[str]) -> str:
    name, number = stem, 2
    while name in used:
        name, number = f"{stem}{number}", number + 1
    return name
