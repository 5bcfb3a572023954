"""``.if`` and ``.else`` in a deck: the branches that are not taken are kept, and say nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from faultsim.circuits.deck import Card, Cards
from faultsim.circuits.hierarchy import texts_of
from faultsim.circuits.parameters import Values, evaluate
from faultsim.errors import Problem

_WORDS = (".if", ".elseif", ".else", ".endif")
_OPENS = (".subckt", ".macro")
_CLOSES = (".ends", ".eom")


@dataclass
class _Branch:
    """An ``.if`` that is open.

    Attributes:
        card: Where it began.
        outer: What stands around it counts.
        taken: One of its branches has been taken.
        counts: What stands in it now counts.
    """

    card: Card
    outer: bool
    taken: bool
    counts: bool


def without_other_branches(cards: Cards) -> tuple[Cards, list[Problem]]:
    """Return a deck in which the branches that are not taken are inert, and what is wrong with the conditions.

    Conditions are worked out with the parameters that stand before them, those of a subcircuit at their defaults.
    """
    problems: list[Problem] = []
    if not any(card.name in _WORDS for card in cards):
        return cards, problems
    return tuple(_chosen(cards, problems)), problems


def _chosen(cards: Sequence[Card], problems: list[Problem]) -> list[Card]:
    found: list[Card] = []
    branches: list[_Branch] = []
    scopes = [dict[str, str]()]
    for card in cards:
        if card.name in _WORDS:
            _turn(card, branches, _values(scopes), problems)
            found.append(replace(card, inert=True))
            continue
        if branches and not branches[-1].counts:
            found.append(replace(card, inert=True))
            continue
        if card.name in _OPENS:
            scopes.append(texts_of(card))
        elif card.name in _CLOSES and len(scopes) > 1:
            scopes.pop()
        elif card.name.startswith(".param"):
            scopes[-1].update(texts_of(card))
        found.append(card)
    problems += [Problem(branch.card.where, ".if without .endif", "end it") for branch in branches]
    return found


def _turn(card: Card, branches: list[_Branch], values: Values, problems: list[Problem]) -> None:
    """Open, change or close a branch."""
    if card.name == ".if":
        outer = not branches or branches[-1].counts
        holds = outer and _holds(card, values, problems)
        branches.append(_Branch(card, outer, holds, holds))
        return
    if not branches:
        problems.append(Problem(card.where, f"{card.name} without .if", "remove it"))
        return
    branch = branches[-1]
    if card.name == ".endif":
        branches.pop()
        return
    open_to_it = branch.outer and not branch.taken
    branch.counts = open_to_it and (card.name == ".else" or _holds(card, values, problems))
    branch.taken = branch.taken or branch.counts


def _holds(card: Card, values: Values, problems: list[Problem]) -> bool:
    condition = card.text[card.words[0].end :].strip()
    value = evaluate(condition.splitlines()[0] if condition else "", values)
    if value is None:
        message = f"the condition {condition!r} cannot be worked out"
        problems.append(Problem(card.where, message, "define its parameters before it"))
    return bool(value)


def _values(scopes: Sequence[dict[str, str]]) -> Values:
    values = Values(scopes[0])
    for texts in scopes[1:]:
        values = Values(texts, outer=values)
    return values
