"""Edits of one device that is a subcircuit: its parameters change, cards are added to its inside."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from faultsim.circuits.deck import Card, Cards, generated
from faultsim.circuits.edit import alone, is_shared, own_body
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.errors import Problem, SpecError, did_you_mean

_NUMBER = r"(?<![\w.])(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?[a-z]*"
# What a bracket follows is a function.
_WORD = re.compile(rf"{_NUMBER}|\b(?P<name>[a-z_]\w*+)(?!\s*\()", re.IGNORECASE)
_SEVERITY = "severity"


@dataclass(frozen=True)
class DeviceChange:
    """A device that has a card of its own, and what becomes of it.

    Attributes:
        cards: The deck; with cards to add, the device has a subcircuit of its own as well.
        path: What the device is called there.
        formulas: Parameter -> formula over `severity` and the good device's parameters.
        inside: Cards for its subcircuit, with `severity` in braces.
    """

    cards: Cards
    path: str
    formulas: Mapping[str, str] = field(default_factory=dict)
    inside: Sequence[str] = ()

    def at(self, severity: float) -> Cards:
        """Return the deck at a severity."""
        hierarchy = Hierarchy(self.cards)
        element = hierarchy.resolve(self.path)
        good = {**hierarchy.scopes[element.body].defaults, **element.texts}
        card = element.card
        for name, formula in self.formulas.items():
            card = _given(card, name, f"{{{_written(formula, good, severity)}}}")
        cards = [*self.cards[: element.index], card, *self.cards[element.index + 1 :]]
        if self.inside:
            end = hierarchy.scopes[element.body].stop - 1
            cards[end:end] = generated([_with_severity(line, severity) for line in self.inside])
        return tuple(cards)


def changed_device(cards: Cards, path: str, formulas: Mapping[str, str], inside: Sequence[str] = ()) -> DeviceChange:
    """Give one device a card of its own, whose siblings stay as they are, and say how it changes.

    Raises:
        SpecError: The device has no such parameter.
    """
    cards, path = alone(cards, path)
    hierarchy = Hierarchy(cards)
    element = hierarchy.resolve(path)
    known = hierarchy.scopes[element.body].defaults
    used = {*formulas, *(name for formula in formulas.values() for name in _names(formula))} - {_SEVERITY}
    unknown = sorted(used - known.keys())
    if unknown:
        raise SpecError([Problem(path, f"has no parameter {name!r}", did_you_mean(name, known)) for name in unknown])
    problems = list(_mistaken(path, formulas, {**known, **element.texts}))
    if problems:
        raise SpecError(problems)
    if inside and is_shared(hierarchy, element):
        cards = own_body(cards, hierarchy, element)
    return DeviceChange(cards, path, formulas, inside)


def _mistaken(path: str, formulas: Mapping[str, str], good: Mapping[str, str]) -> Iterator[Problem]:
    """Yield where a formula would take the ill device's parameter for one of the same name outside.

    In ngspice a name on an instance's card means the subcircuit's own parameter of that name, but for the one that it
    is given to.
    """
    for name, formula in formulas.items():
        for used in sorted(_names(formula) - {_SEVERITY, name}):
            own = sorted(_names(good[used]) & good.keys())
            if own:
                message = (
                    f"gives {used} by {good[used]}; {own[0]} is a parameter of its own, and {name} follows from it"
                )
                yield Problem(path, message, "call the one outside otherwise")


def _names(formula: str) -> set[str]:
    return {match["name"].lower() for match in _WORD.finditer(formula) if match["name"]}


def _written(formula: str, good: Mapping[str, str], severity: float) -> str:
    """Return a formula with the severity, and with what the good device has for each of its parameters."""

    def meant(match: re.Match[str]) -> str:
        if not match["name"]:
            return match[0]
        name = match["name"].lower()
        text = repr(severity) if name == _SEVERITY else good[name].strip("{}'\"")
        return f"({text})"

    return _WORD.sub(meant, formula)


def _with_severity(line: str, severity: float) -> str:
    return re.sub(rf"\b{_SEVERITY}\b", f"({severity!r})", line)


def _given(card: Card, name: str, value: str) -> Card:
    place = card.assignments().get(name)
    return card.with_more(f"{name}={value}") if place is None else card.with_word(place, value)
