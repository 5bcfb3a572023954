"""A deck's own functions: ``.func`` cards, put in place where parameters call them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from faultsim.circuits.deck import Card, Cards

_HEAD = re.compile(r"\s*\.func\s+([a-z_]\w*)\s*\(([^)]*)\)\s*=?\s*(.*)", re.DOTALL)
_NAME = re.compile(r"[a-z_]\w*")
_CALL = re.compile(r"\b([a-z_]\w*)\s*\(")
_DEEPEST = 20


@dataclass(frozen=True)
class Function:
    """A function of a deck.

    Attributes:
        arguments: Names of its arguments.
        body: Its formula over them.
    """

    arguments: tuple[str, ...]
    body: str

    def of(self, given: Sequence[str]) -> str:
        """Return the formula for given arguments."""
        meant = dict(zip(self.arguments, given, strict=False))
        return _NAME.sub(lambda word: f"({meant[word[0]]})" if word[0] in meant else word[0], self.body)


def inlined(cards: Cards) -> Cards:
    """Return the deck with the calls of its own functions in ``.param`` cards replaced by what they stand for.

    A function that calls itself is left where it is, and has no value.
    """
    functions = dict(found for card in cards if card.name == ".func" if (found := _function(card)))
    if not functions:
        return cards
    return tuple(_without_calls(card, functions) if card.name == ".param" else card for card in cards)


def _function(card: Card) -> tuple[str, Function] | None:
    match = _HEAD.match(" ".join(" ".join(card.lowered).split()))
    if match is None:
        return None
    name, arguments, body = match.groups()
    return name, Function(tuple(word.strip() for word in arguments.split(",")), body.strip().strip("{}'\""))


def _without_calls(card: Card, functions: Mapping[str, Function]) -> Card:
    for place in reversed(range(len(card.words))):
        text = " ".join(card.words[place].text.lower().split())
        if any(called in functions for called in _CALL.findall(text)):
            card = replace(card.with_word(place, _expanded(text, functions, 0)))
    return card


def _expanded(text: str, functions: Mapping[str, Function], depth: int) -> str:
    """Return a formula without calls of the given functions."""
    done, place = "", 0
    while (match := _CALL.search(text, place)) is not None:
        end = _closing(text, match.end())
        function = functions.get(match[1])
        if function is None or end < 0 or depth == _DEEPEST:
            done, place = done + text[place : match.end()], match.end()
            continue
        given = [_expanded(part, functions, depth) for part in _arguments(text[match.end() : end])]
        body = _expanded(function.of(given), functions, depth + 1)
        done, place = f"{done}{text[place : match.start()]}({body})", end + 1
    return done + text[place:]


def _closing(text: str, start: int) -> int:
    """Return where the bracket that is open at a place closes, or -1."""
    depth = 1
    for place in range(start, len(text)):
        depth += (text[place] == "(") - (text[place] == ")")
        if depth == 0:
            return place
    return -1


def _arguments(text: str) -> list[str]:
    parts, depth = [""], 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts
