"""Reads a deck from its files: includes and library sections put in place, code refused unless it is trusted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from faultsim.circuits.branches import without_other_branches
from faultsim.circuits.deck import Card, Cards, split_cards
from faultsim.circuits.element import MalformedElement, parse_element
from faultsim.errors import Problem, SpecError, did_you_mean

_COMMANDS = frozenset({"shell", "system", "write", "wrdata", "source"})
"""First words that no element has, and that ngspice runs in a control block."""
_MOST_BYTES = 256_000_000
_MOST_CARDS = 5_000_000
_MOST_INCLUDES = 20_000
_MANY_TIMES = "do files include each other many times?"
_LAYOUT_FOLDER, _NETWORKS_FOLDER = "circuits", "networks"
_PATH = re.compile(r"\s*(?:'([^']*)'|\"([^\"]*)\"|(\S+))")
_FROM_HERE = "paths count from the including file"
_TRUST = "read it, and if you trust it say --trust"
_HIDDEN = re.compile(r"^\s*(\*(?:#|ng_script))", re.IGNORECASE | re.MULTILINE)
"""Comments that ngspice runs; one may stand between a card and its continuation."""
_STATEMENT = re.compile(r"\s*\.(?!title\b)[a-z]{2}", re.IGNORECASE)

Stack = tuple[tuple[Path, str], ...]
"""The files that are open, each with the library section that is read."""


@dataclass(frozen=True)
class Reading:
    """A deck as far as it could be read.

    Attributes:
        cards: Its cards, includes and library sections put in place.
        problems: Files that are missing or include each other in a circle, commands that are not trusted, conditions
            without a value.
        whole: No file or section is missing.
    """

    cards: Cards
    problems: tuple[Problem, ...]
    whole: bool


def read(path: Path, trust: bool = False, part: bool = False) -> Reading:
    """Read a deck with its ``.include`` files and ``.lib`` sections put in place, and say all that is wrong.

    Args:
        path: The deck.
        trust: Take control blocks and other commands along, and includes from anywhere.
        part: It is itself an include, such as a cell, so that its first line is no title.
    """
    reader = _Reader(_root(path), trust, part)
    cards, branches = without_other_branches(tuple(reader.file(path, (), "")))
    # A condition may name a parameter of a file that is missing.
    problems = [*reader.problems, *(branches if reader.whole else ())]
    return Reading(cards, tuple(dict.fromkeys(problems)), reader.whole)


def read_cards(path: Path, trust: bool = False, part: bool = False) -> Cards:
    """Read a deck as :func:`read` does.

    Raises:
        SpecError: All that is wrong with its files.
    """
    reading = read(path, trust, part)
    if reading.problems:
        raise SpecError(reading.problems)
    return reading.cards


def is_part(path: Path) -> bool:
    """Return whether a file begins with a statement, where a deck has its title."""
    try:
        with path.open("rb") as stream:
            return bool(_STATEMENT.match(stream.read(200).decode("utf-8", "replace")))
    except OSError:
        return False


@dataclass
class _Reader:
    """What is read so far.

    Attributes:
        root: Folder that includes have to lie in, unless they are trusted.
        trust: Take commands along.
        part: The first file has no title.
        problems: Everything that is wrong.
        count: Cards so far.
        includes: Includes so far.
        whole: No file or section is missing.
    """

    root: Path
    trust: bool
    part: bool
    problems: list[Problem] = field(default_factory=list)
    count: int = 0
    includes: int = 0
    whole: bool = True
    _files: dict[Path, Cards | None] = field(default_factory=dict)

    def file(self, path: Path, stack: Stack, section: str) -> Iterator[Card]:
        """Yield the cards of a file; of one section where one is named."""
        main = not stack
        if path not in self._files:
            text = self._text(path)
            self._files[path] = None if text is None else split_cards(text, str(path), main and not self.part)
        cards = self._files[path]
        if cards is None:
            return
        if main and cards and cards[0].inert and _is_statement(cards):
            title = cards[0].text.strip()
            message = f"the first line of a deck is its title, and not read: {title}"
            self._say(cards[0], message, "put a title line before it")
        yield from self._cards(self._section(cards, path, section), (*stack, (path.resolve(), section)))

    def _cards(self, cards: Sequence[Card], stack: Stack) -> Iterator[Card]:
        control = ended = False
        sections = {place for place, _ in _sections(cards)}
        inside = ""
        for place, card in enumerate(cards):
            name = card.name
            self.count += 1
            if self.count == _MOST_CARDS:
                self._lacks(card, f"more than {_MOST_CARDS:,} cards", _MANY_TIMES)
            if self.count >= _MOST_CARDS:
                return
            if name.startswith(".control") or control:
                control = not name.startswith(".endc")
                yield self._command(card, ".control") if name.startswith(".control") else replace(card, inert=True)
                continue
            if "*" in card.text and (hidden := _HIDDEN.search(card.text)):
                self._command(card, hidden[1].lower())
            if ended or card.inert or not name:
                yield card if not name else replace(card, inert=True)
            elif name in _COMMANDS:
                yield self._command(card, card.words[0].text)
            elif name == ".end":
                ended = len(stack) == 1
                yield card if ended else replace(card, inert=True)
            elif place in sections or inside:
                inside = "" if name == ".endl" else inside or name
                yield replace(card, inert=True)
            elif name.startswith((".inc", ".lib")):
                yield from self._included(card, stack)
            else:
                if name == ".model":
                    self._check_files(card, stack)
                yield card

    def _included(self, card: Card, stack: Stack) -> Iterator[Card]:
        command = card.words[0].text
        arguments = _PATH.findall(card.text, card.words[0].end, card.words[-1].end)
        names = [name for name in map("".join, arguments) if name != "+"]
        if not names:
            self._lacks(card, f"{command} names no file")
            return
        given = names[0]
        section = names[1].strip("'\"").lower() if command.lower().startswith(".lib") and len(names) > 1 else ""
        target = self._target(card, given, stack[-1][0])
        if target is None:
            return
        if (target, section) in stack:
            self._lacks(card, f"{given} includes itself in a circle")
        elif not _is_file(target):
            self._lacks(card, f"no file {given}", _FROM_HERE)
        else:
            self.includes += 1
            if self.includes == _MOST_INCLUDES:
                self._lacks(card, f"more than {_MOST_INCLUDES:,} includes", _MANY_TIMES)
            if self.includes < _MOST_INCLUDES:
                yield from self.file(target, stack, section)

    def _section(self, cards: Cards, path: Path, section: str) -> Sequence[Card]:
        if not section:
            return cards
        known = {name: place for place, name in _sections(cards)}
        if section not in known:
            message = f"has no library section {section!r}"
            self.problems.append(Problem(str(path), message, did_you_mean(section, known)))
            self.whole = False
            return ()
        start = known[section] + 1
        stop = next((at for at in range(start, len(cards)) if cards[at].name == ".endl"), len(cards))
        return cards[start:stop]

    def _target(self, card: Card, given: str, including: Path) -> Path | None:
        """Return the file that a path means, or None where it may not be read."""
        try:
            target = (including.parent / given).resolve()
        except (OSError, ValueError, RuntimeError):
            self._lacks(card, f"no file {given}", _FROM_HERE)
            return None
        if not self.trust and not target.is_relative_to(self.root):
            self._lacks(
                card, f"{given} lies outside of {self.root}", f"{self._renaming(target)}move it there, or {_TRUST}"
            )
            return None
        return target

    def _renaming(self, target: Path) -> str:
        """Return what to do where a copy of the whole folder of circuits has another name."""
        copy = self.root.parent
        moved = self.root.name == _NETWORKS_FOLDER and target.is_relative_to(copy)
        return f"name the copied folder {_LAYOUT_FOLDER}, as it was, in place of {copy.name}; or " if moved else ""

    def _check_files(self, card: Card, stack: Stack) -> None:
        """Refuse models that read or write a file somewhere else, as some of ngspice's code models do."""
        if "file" not in card.text.lower():
            return
        for key, place in card.assignments().items():
            if key.endswith(("file", "file_name", "filename")):
                self._target(card, card.words[place].text.strip("'\""), stack[0][0])

    def _command(self, card: Card, what: str) -> Card:
        if not self.trust:
            self._say(card, f"{what} is code that a simulator runs", f"remove it; or {_TRUST}")
        return replace(card, inert=True)

    def _text(self, path: Path) -> str | None:
        try:
            if path.stat().st_size > _MOST_BYTES:
                raise OSError(f"is larger than {_MOST_BYTES // 1_000_000} MB")
            data = path.read_bytes()
        except OSError as error:
            self.problems.append(Problem(str(path), f"cannot be read: {error.strerror or error}"))
            self.whole = False
            return None
        if b"\0" in data:
            self.whole = False
            self.problems.append(Problem(str(path), "cannot be read: it is not text", "save it as plain UTF-8"))
            return None
        # Old decks have comments in other encodings; they come out as they went in.
        return data.decode("utf-8", "surrogateescape")

    def _lacks(self, card: Card, message: str, remedy: str = "") -> None:
        self._say(card, message, remedy)
        self.whole = False

    def _say(self, card: Card, message: str, remedy: str = "") -> None:
        self.problems.append(Problem(card.where, message, remedy))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        # A name that no file system takes.
        return False


def _is_statement(cards: Cards) -> bool:
    """Return whether what stands as a deck's title looks like a statement: lost, it would be missed by nobody."""
    title = replace(cards[0], inert=False)
    if _STATEMENT.match(title.text):
        return True
    nets = _nets(title)
    return bool(nets) and nets <= {net for card in cards[1:] for net in _nets(card)}


def _nets(card: Card) -> set[str]:
    """Return the nets of a card, as far as it is an element."""
    if card.name.startswith("x"):
        return {card.lowered[place] for place in card.positional()[1:-1]}
    try:
        return set(parse_element(0, "", card, ()).nets) if card.name[:1].isalpha() else set()
    except MalformedElement:
        return set()


def _sections(cards: Sequence[Card]) -> list[tuple[int, str]]:
    """Return where sections of a library start, and what they are called: ``.lib NAME`` that an ``.endl`` ends."""
    found: list[tuple[int, str]] = []
    opened: tuple[int, str] | None = None
    for place, card in enumerate(cards):
        if card.name == ".lib" and len(card.words) == 2:
            opened = (place, card.words[1].text.strip("'\"").lower())
        elif card.name == ".endl" and opened is not None:
            found.append(opened)
            opened = None
    return found


def _root(path: Path) -> Path:
    """Return the folder that a deck may include from: its own, or all of ``circuits/`` where it lies in one."""
    folder = path.resolve().parent
    return next((above for above in folder.parents if above.name == _LAYOUT_FOLDER), folder)
