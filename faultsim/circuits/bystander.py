"""Whether an edit of a deck leaves an instance alone: itself, what is inside of it, and the nets that it is on."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from faultsim.circuits.deck import Card, Cards

_TOP = ""


def leaves_alone(before: Cards, after: Cards, instance: str, shared: Collection[str]) -> bool:
    """Return whether an instance of the top level is in the same place in both decks, and is the same.

    Args:
        before: The deck.
        after: The deck as edited.
        instance: Name of the instance, in lower case.
        shared: Nets whose voltage is somebody else's business: what sits on them besides does not count.
    """
    if after is before:
        return True
    old, new = _bodies(before), _bodies(after)
    own = next((card for card in new[_TOP] if card.name == instance), None)
    if own is None:
        return False
    edited = {scope for scope in new if scope and _texts(old.get(scope, ())) != _texts(new[scope])}
    if not edited.isdisjoint(_inside(own, new)):
        return False
    before_it, after_it = _texts(old[_TOP]), _texts(new[_TOP])
    changed = [card for card in new[_TOP] if card.text not in before_it or _is_of(card, edited, new)]
    changed += [card for card in old[_TOP] if card.text not in after_it]
    nets = set(own.lowered) - set(shared)
    return not any(_touches(card, instance, nets) for card in changed)


def _touches(card: Card, instance: str, nets: Collection[str]) -> bool:
    # A parameter or a model may be anybody's.
    if card.name.startswith("."):
        return True
    return any(word in nets or word.startswith(f"{instance}.") for word in card.lowered)


def _is_of(card: Card, edited: Collection[str], bodies: dict[str, list[Card]]) -> bool:
    """Return whether a card is an instance of something that was edited, in whatever depth."""
    return bool(edited) and card.name.startswith("x") and not set(edited).isdisjoint(_inside(card, bodies))


def _bodies(cards: Cards) -> dict[str, list[Card]]:
    """Return the cards of the top level and of each subcircuit; those of inner definitions are the outer one's."""
    found: dict[str, list[Card]] = {_TOP: []}
    scope, depth = _TOP, 0
    for card in cards:
        if card.name == ".subckt":
            depth += 1
            if depth == 1:
                scope = card.lowered[1]
        found.setdefault(scope, []).append(card)
        if card.name == ".ends":
            depth -= 1
            scope = scope if depth else _TOP
    return found


def _inside(card: Card, bodies: dict[str, list[Card]]) -> Iterator[str]:
    """Yield the subcircuits that an instance is made of."""
    waiting, seen = [card], set[str]()
    while waiting:
        for name in {word for word in waiting.pop().lowered[1:] if word in bodies} - seen:
            seen.add(name)
            waiting += [inner for inner in bodies[name] if inner.name.startswith("x")]
            yield name


def _texts(cards: Collection[Card]) -> set[str]:
    return {card.text for card in cards if card.name}
