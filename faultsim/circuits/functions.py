"""A deck's own functions: ``.func`` cards, put in place where parameters call them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from faultsim.circuits.deck import Card, Cards

_HEAD = re.compile(r"\s*\.func\s+([a-z_]\w*)\s*\(([^)]*)\)\s*=?\s*(.*)", re.DOTALL)
_NAME = re.compile(r"(?<![\w.])[a-z_]\w*")
_CALL = re.compile(r"\b([a-z_]\w*)\s*\(")


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
        meant = dict(zip(self.arguments, given, strict=True))
        return _NAME.sub(lambda word: f"({meant[word[0]]})" if word[0] in meant else word[0], self.body)


def inlined(cards: Cards) -> Cards:
    """Return the deck with the calls of its own functions in ``.param`` cards replaced by what they stand for.

    A call of a function by itself is left where it is, and so is one with another number of arguments: neither has a
    value.
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
            card = replace(card.with_word(place, _expanded(text, functions, ())))
    return card


def _expanded(text: str, functions: Mapping[str, Function], inside: tuple[str, ...]) -> str:
    """Return a formula without calls of the given functions; those that it is inside of are left."""
    done, place = "", 0
    while (match := _CALL.search(text, place)) is not None:
        end = _closing(text, match.end())
        function = functions.get(match[1])
        given = _arguments(text[match.end() : end])
        if function is None or end < 0 or match[1] in inside or len(given) != len(function.arguments):
            done, place = done + text[place : match.end()], match.end()
            continue
        meant = [_expanded(part, functions, inside) for part in given]
        # The arguments are free of calls by now, but for those that are left: only the body's own are expanded.
        body = Function(function.arguments, _expanded(function.body, functions, (*inside, match[1]))).of(meant)
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
