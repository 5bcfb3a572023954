"""A SPICE deck as cards: logical lines that keep their exact text, so that what is not edited stays as it was."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

_WORD = re.compile(r"\{[^{}]*\}|'[^']*'|\"[^\"]*\"|[^\s=(),]+|[=(),]")
_CONTINUATION = re.compile(r"^[^\S\n]*(\+|\*.*)", re.MULTILINE)
# A dollar ends a card only behind a space or comma: ngspice and HSPICE both have it in names and numbers elsewhere.
_COMMENT_TAIL = re.compile(r"(?:(?<=[\s,])\$|^\$|;|(?<=\s)//|^//).*", re.MULTILINE)
_JOINT = re.compile(r"\\\\[^\S\n]*$", re.MULTILINE)
_PUNCTUATION = frozenset("=(),")


class Word(NamedTuple):
    """A word of a card and where it stands in the card's text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Card:
    """One statement with its continuation lines, or one comment or blank line.

    Attributes:
        text: Exact source text, line ends included.
        source: File that it came from.
        line: Number of its first line there, from 1.
        inert: It is kept, but says nothing about the circuit: the title, a control block, a branch not taken.
    """

    text: str
    source: str
    line: int
    inert: bool = False

    @property
    def where(self) -> str:
        """Return ``file:line``."""
        return f"{self.source}:{self.line}"

    @property
    def words(self) -> tuple[Word, ...]:
        """Its words and where they stand; none for a comment, a blank line or an inert card."""
        return tuple(_words_of(self._blanked()))

    @cached_property
    def lowered(self) -> list[str]:
        """Its words in lower case."""
        # Without their places, which only an edit asks for: that takes a third of the time.
        text = self._blanked().lower()
        found = [word.text for word in _words_of(text)] if _may_have_brackets(text) else _WORD.findall(text)
        return list(map(sys.intern, found))

    @property
    def name(self) -> str:
        """Its first word in lower case: an element's name or a dot command."""
        lowered = self.lowered
        return lowered[0] if lowered else ""

    def positional(self) -> list[int]:
        """Return the indices of its words that are not part of a ``name = value`` and not punctuation."""
        words = self.lowered
        end = words.index("=") - 1 if "=" in words else len(words)
        return [place for place in range(end) if words[place] not in _PUNCTUATION]

    def assignments(self) -> dict[str, int]:
        """Return, for each ``name = value``, the index of the value's word; the last one of a name counts."""
        words = self.lowered
        if "=" not in words:
            return {}
        return {
            words[place - 1]: place + 1
            for place in range(1, len(words) - 1)
            if words[place] == "=" and words[place + 1] not in _PUNCTUATION
        }

    def _blanked(self) -> str:
        """Return its text with comments and continuation marks blanked, not cut, so that positions stay true."""
        text = self.text
        if self.inert or text.lstrip().startswith("*"):
            return ""
        if "\n" in text[:-1]:
            text = _CONTINUATION.sub(_blank, text)
            text = _JOINT.sub(_blank, text)
        if "$" in text or ";" in text or "//" in text:
            text = _COMMENT_TAIL.sub(_blank, text)
        return text

    def with_word(self, index: int, text: str) -> Card:
        """Return the card with one word replaced and all other text untouched."""
        word = self.words[index]
        return replace(self, text=self.text[: word.start] + text + self.text[word.end :])

    def with_more(self, text: str) -> Card:
        """Return the card with words added behind its last one."""
        end = self.words[-1].end
        return replace(self, text=f"{self.text[:end]} {text}{self.text[end:]}")


Cards = tuple[Card, ...]


def split_cards(text: str, source: str, title: bool = False) -> Cards:
    """Split deck text into cards; joined again, they are the text.

    Args:
        text: The deck.
        source: Name of its file.
        title: The first line is a title, as in every deck that is not included by another.
    """
    runs: list[tuple[int, list[str]]] = []
    statement: int | None = None
    joined = False
    for number, line in enumerate(re.findall(r"[^\n]*\n|[^\n]+", text), start=1):
        continues = joined or line.lstrip().startswith("+")
        joined = bool(_JOINT.search(line)) and not line.lstrip().startswith("*")
        if continues and statement is not None:
            # Past comments and blank lines, as in ngspice: what stands between belongs to it.
            between = [other for _, lines in runs[statement + 1 :] for other in lines]
            del runs[statement + 1 :]
            runs[statement][1].extend((*between, line))
            continue
        if Card(line, source, number, inert=title and number == 1).name:
            statement = len(runs)
        runs.append((number, [line]))
    return tuple([Card("".join(lines), source, number, inert=title and number == 1) for number, lines in runs])


def text_of(cards: Iterable[Card]) -> str:
    """Return deck text."""
    return "".join(card.text if card.text.endswith("\n") else card.text + "\n" for card in cards)


def generated(lines: Sequence[str], source: str = "faultsim") -> Cards:
    """Return cards for lines that faultsim writes itself."""
    return tuple(Card(line + "\n", source, number) for number, line in enumerate(lines, start=1))


def _words_of(text: str) -> Iterator[Word]:
    """Yield words; the value behind an equals sign is one, with the brackets in it: ``w=2*(a + b)``."""
    words = [Word(match[0], match.start(), match.end()) for match in _WORD.finditer(text)]
    closing = _closing(words) if _may_have_brackets(text) else {}
    place = 0
    while place < len(words):
        stop = _end_of_value(words, place, closing) if closing and place and words[place - 1].text == "=" else place + 1
        start, end = words[place].start, words[stop - 1].end
        yield Word(text[start:end], start, end)
        place = stop


def _may_have_brackets(text: str) -> bool:
    return "=" in text and "(" in text


def _closing(words: Sequence[Word]) -> dict[int, int]:
    """Return the index of each opening bracket that is closed, and of the bracket that closes it."""
    opened: list[int] = []
    closing: dict[int, int] = {}
    for place, word in enumerate(words):
        if word.text == "(":
            opened.append(place)
        elif word.text == ")" and opened:
            closing[opened.pop()] = place
    return closing


def _end_of_value(words: Sequence[Word], start: int, closing: dict[int, int]) -> int:
    """Return the index one past the last word of a value."""
    place = start
    while place < len(words):
        apart = place > start and words[place].start > words[place - 1].end
        if apart or (words[place].text in "=,()" and place not in closing):
            break
        place = closing.get(place, place) + 1
    return max(place, start + 1)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])
