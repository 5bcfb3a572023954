"""A SPICE deck as cards: logical lines that keep their exact text, so that what is not edited stays as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from faultsim.errors import Problem, SpecError

_WORD = re.compile(r"\{[^{}]*\}|'[^']*'|\"[^\"]*\"|[^\s=(),]+|[=(),]")
_BETWEEN = re.compile(r"^[^\S\n]*(\+|\*.*)", re.MULTILINE)
_COMMENT_TAIL = re.compile(r"(\$(?=\s)|;|(?<=\s)//).*")


@dataclass(frozen=True)
class Word:
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
    """

    text: str
    source: str
    line: int

    @property
    def where(self) -> str:
        """Return ``file:line``."""
        return f"{self.source}:{self.line}"

    @property
    def words(self) -> tuple[Word, ...]:
        """Return its words; none for a comment or a blank line."""
        if self.text.lstrip().startswith("*"):
            return ()
        # Continuation marks and comments are blanked, not cut, so that positions stay true.
        blanked = _BETWEEN.sub(lambda match: " " * len(match[0]), self.text)
        blanked = _COMMENT_TAIL.sub(lambda match: " " * len(match[0]), blanked)
        return tuple(Word(match[0], match.start(), match.end()) for match in _WORD.finditer(blanked))

    @property
    def name(self) -> str:
        """Return its first word in lower case: an element's name or a dot command."""
        words = self.words
        return words[0].text.lower() if words else ""

    def with_word(self, index: int, text: str) -> Card:
        """Return the card with one word replaced and all other text untouched."""
        word = self.words[index]
        return replace(self, text=self.text[: word.start] + text + self.text[word.end :])


Cards = tuple[Card, ...]


def read_cards(path: Path) -> Cards:
    """Read a deck with its ``.include`` files put in place.

    Raises:
        SpecError: A file is missing, or files include each other in a circle; all such problems at once.
    """
    problems: list[Problem] = []
    cards = tuple(_read(path, (), problems))
    if problems:
        raise SpecError(problems)
    return cards


def split_cards(text: str, source: str) -> Cards:
    """Split deck text into cards; joined again, they are the text."""
    cards: list[Card] = []
    for number, line in enumerate(re.findall(r"[^\n]*\n|[^\n]+", text), start=1):
        if line.lstrip().startswith("+") and cards:
            # ngspice continues the last statement, past comments and blank lines.
            last = next((place for place in reversed(range(len(cards))) if cards[place].words), len(cards) - 1)
            joined = "".join(card.text for card in cards[last:]) + line
            cards[last:] = [replace(cards[last], text=joined)]
        else:
            cards.append(Card(line, source, number))
    return tuple(cards)


def text_of(cards: Sequence[Card]) -> str:
    """Return deck text."""
    return "".join(card.text if card.text.endswith("\n") else card.text + "\n" for card in cards)


def generated(lines: Sequence[str], source: str = "faultsim") -> Cards:
    """Return cards for lines that faultsim writes itself."""
    return tuple(Card(line + "\n", source, number) for number, line in enumerate(lines, start=1))


def _read(path: Path, open_files: tuple[Path, ...], problems: list[Problem]) -> Iterator[Card]:
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        problems.append(Problem(str(path), f"cannot be read: {error}"))
        return
    for card in split_cards(text, str(path)):
        if card.name not in (".include", ".inc"):
            yield card
            continue
        words = card.words
        if len(words) < 2:
            problems.append(Problem(card.where, ".include names no file"))
            continue
        target = (path.parent / words[1].text.strip("'\"")).resolve()
        if target in open_files or target == path.resolve():
            problems.append(Problem(card.where, f"{words[1].text} includes itself in a circle"))
        elif not target.is_file():
            problems.append(Problem(card.where, f"no file {words[1].text}", "paths count from the including file"))
        else:
            yield from _read(target, (*open_files, path.resolve()), problems)
