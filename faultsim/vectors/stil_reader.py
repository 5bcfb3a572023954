"""Reads test programs back from STIL: the part of IEEE 1450-1999 that the writer uses, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from faultsim.errors import Problem, SpecError
from faultsim.vectors.program import Level, Signal, SignalKind, TestProgram, WaveformTable
from faultsim.vectors.stil_check import Report, quantity, references_in
from faultsim.vectors.stil_forms import Blocks, check_once, children, entries, is_new, single
from faultsim.vectors.stil_lexer import BLOCKS, Kind, Statement, Token, statements, tokens
from faultsim.vectors.stil_patterns import Scope, read_vectors
from faultsim.vectors.stil_timing import read_tables

_VERSION = [(Kind.WORD, "STIL"), (Kind.WORD, "1.0"), (Kind.MARK, ";")]
_REPEATED = ("PatternBurst", "PatternExec", "Pattern")
_NEVER_EMPTY = ("Signals", "SignalGroups", "Spec", "Timing")
_HEADER = {"Title": 'Title "TEXT" ;', "Date": 'Date "TEXT" ;', "Source": 'Source "TEXT" ;', "History": "History {"}


def read_stil(path: Path) -> TestProgram:
    """Read a test program; its vectors are in the order in which they are executed.

    Raises:
        SpecError: Everything that is wrong with the file, each with its line.
    """
    text = text_of(path)
    _check_version(text, path)
    report = Report(path)
    found = statements(tokens(text, report), report)
    # After a brace or quote that is missing, everything would be misread.
    report.stop()
    blocks = _blocks(found[1:], report)
    title = _title(blocks, report)
    scope = _scope(blocks, report)
    vectors = read_vectors(blocks, scope, report)
    report.stop()
    return TestProgram(
        title,
        tuple(scope.signals.values()),
        tuple(scope.tables.values()),
        tuple(scope.levels.values()),
        vectors,
        str(path),
    )


def text_of(path: Path) -> str:
    """Return the text of a STIL file.

    Raises:
        SpecError: It cannot be read, or is not UTF-8.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SpecError([Problem(str(path), f"cannot be read: {error.strerror}")]) from error
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SpecError([Problem(f"{path}:{line}", f"cannot be read: {error}", "save it as UTF-8")]) from error


def _check_version(text: str, path: Path) -> None:
    report = Report(path)
    first = list(islice((token for token in tokens(text, Report(path)) if token.kind is not Kind.COMMENT), 3))
    if [(token.kind, token.text) for token in first] != _VERSION:
        shown = " ".join(token.text for token in first)
        report.add(first[0].line if first else 1, f"begins with {shown or 'nothing'}", "a file begins with STIL 1.0;")
    report.stop()


def _blocks(found: tuple[Statement, ...], report: Report) -> Blocks:
    blocks = children(Statement((), 1, found), BLOCKS, report)
    present = {statement.keyword for statement in found}
    for keyword, those in blocks.items():
        # A block with a misspelled name is not a missing one as well.
        if keyword not in present and present <= BLOCKS.keys():
            report.add(1, f"there is no {keyword} block")
        if keyword not in _REPEATED:
            check_once(keyword, those, report)
        if keyword in _NEVER_EMPTY:
            for empty in (block for block in those if not block.body):
                report.add(empty.line, f"{keyword} is empty")
    return blocks


def _title(blocks: Blocks, report: Report) -> str:
    for header in blocks["Header"][:1]:
        if title := single(header, "Title", children(header, _HEADER, report), report):
            return title.tokens[1].text
    return ""


def _scope(blocks: Blocks, report: Report) -> Scope:
    signals = read_signals(blocks, report)
    references = _references(blocks, signals, report)
    levels = _levels(blocks, report)
    _check_selector(blocks, levels, report)
    tables: dict[str, WaveformTable] = {}
    for timing in blocks["Timing"][:1]:
        tables = read_tables(timing, signals, references, report)
    return Scope(signals, references, levels, tables)


def read_signals(blocks: Blocks, report: Report) -> dict[str, Signal]:
    """Return the signals of a file by name."""
    signals: dict[str, Signal] = {}
    seen: dict[str, int] = {}
    for block in blocks["Signals"][:1]:
        for name, kind in (entry.tokens for entry in entries(block, "NAME NAME ;", report)):
            kinds = [str(known) for known in SignalKind]
            report.known(kind.line, "kind of signal", kind.text, kinds)
            if is_new(seen, "signal", name, report):
                # What it may have meant keeps one misspelling from being told at every use.
                meant = (get_close_matches(kind.text, kinds, n=1) or kinds)[0]
                signals[name.text] = Signal(name.text, SignalKind(meant))
    return signals


def _references(blocks: Blocks, signals: Mapping[str, Signal], report: Report) -> dict[str, tuple[str, ...]]:
    references: dict[str, tuple[str, ...]] = {name: (name,) for name in signals}
    seen: dict[str, int] = {}
    for block in blocks["SignalGroups"][:1]:
        for name, _, members in (entry.tokens for entry in entries(block, "NAME = 'EXPRESSION' ;", report)):
            if name.text in signals:
                report.add(name.line, f"group {name.text} has the name of a signal")
            elif is_new(seen, "group", name, report):
                references[name.text] = _members(members, references, report)
    # Where a whole block is missing, that is told, and not at each use of what would be in it.
    return references if signals and blocks["SignalGroups"] else {}


def _members(expression: Token, references: Mapping[str, tuple[str, ...]], report: Report) -> tuple[str, ...]:
    members: dict[str, None] = {}
    for name in references_in(expression.text, expression.line, report):
        if report.known(expression.line, "signal or group", name, references):
            for twice in members.keys() & references[name]:
                report.add(expression.line, f"{twice} is twice in a group")
            members |= dict.fromkeys(references[name])
    return tuple(members)


def _levels(blocks: Blocks, report: Report) -> dict[str, Level]:
    levels: dict[str, Level] = {}
    seen: dict[str, int] = {}
    for block in blocks["Spec"][:1]:
        for category in children(block, {"Category": "Category NAME {"}, report)["Category"]:
            if is_new(seen, "category", category.tokens[1], report):
                name, values = category.tokens[1].text, _values(category, report)
                levels[name] = Level(name, values, report.where(category.line))
    return levels


def _values(category: Statement, report: Report) -> dict[str, float]:
    values: dict[str, float] = {}
    seen: dict[str, int] = {}
    for name, _, expression in (entry.tokens for entry in entries(category, "NAME = 'EXPRESSION' ;", report)):
        value = quantity(name.text, expression.text, expression.line, report)
        if is_new(seen, "variable", name, report):
            values[name.text] = 0.0 if value is None else value
    return values


def _check_selector(blocks: Blocks, levels: Mapping[str, Level], report: Report) -> None:
    names = {name for level in levels.values() for name in level.values}
    for block in blocks["Selector"][:1]:
        for name, choice in (entry.tokens for entry in entries(block, "NAME NAME ;", report)):
            report.known(name.line, "variable", name.text, names)
            report.known(choice.line, "selection", choice.text, ["Typ"])
