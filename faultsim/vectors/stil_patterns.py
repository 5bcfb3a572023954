"""Reads the vectors of a STIL file: its patterns, and the bursts that say at which level each runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from faultsim.errors import did_you_mean
from faultsim.vectors.program import Cycle, Level, Signal, SignalKind, Vector, WaveformTable
from faultsim.vectors.stil_check import Report
from faultsim.vectors.stil_forms import Blocks, children, entries, is_new, ordered, single
from faultsim.vectors.stil_lexer import Statement, Token

_EXEC = {keyword: f"{keyword} NAME ;" for keyword in ("Category", "Selector", "Timing", "PatternBurst")}
_CHOOSES = {"W": "W NAME ;", "WaveformTable": "WaveformTable NAME ;"}
_PATTERN = {**_CHOOSES, "V": "V {", "Vector": "Vector {"}


@dataclass(frozen=True)
class Scope:
    """What patterns use.

    Attributes:
        references: What each signal and group stands for.
    """

    signals: Mapping[str, Signal]
    references: Mapping[str, tuple[str, ...]]
    levels: Mapping[str, Level]
    tables: Mapping[str, WaveformTable]


def read_vectors(blocks: Blocks, scope: Scope, report: Report) -> tuple[Vector, ...]:
    """Return the vectors in the order in which they are executed, whatever the order of the Pattern blocks."""
    level_of = _levels_of_patterns(blocks, scope, report)
    seen: dict[str, int] = {}
    vectors: dict[str, Vector] = {}
    for pattern in blocks["Pattern"]:
        name = pattern.tokens[1]
        is_new(seen, "pattern", name, report)
        cycles = _cycles(pattern, scope, report)
        level, where = level_of.get(name.text, ""), report.where(pattern.line)
        vectors[name.text] = Vector(name.text, level, cycles, pattern.comments, where)
    return tuple(vectors[name] for name in level_of if name in vectors)


def _levels_of_patterns(blocks: Blocks, scope: Scope, report: Report) -> dict[str, str]:
    """Return the level that each pattern is executed at, in the order of the PatternExecs and of their PatLists."""
    bursts = _bursts(blocks, report)
    levels: dict[str, str] = {}
    executed: dict[str, int] = {}
    names: dict[str, Collection[str]] = {"Category": scope.levels, "PatternBurst": bursts}
    names |= {keyword: [named.tokens[1].text for named in blocks[keyword]] for keyword in ("Selector", "Timing")}
    for block in blocks["PatternExec"]:
        parts = children(block, _EXEC, report)
        used = {keyword: single(block, keyword, parts, report) for keyword in _EXEC}
        for keyword, statement in used.items():
            if statement:
                report.known(statement.line, keyword, statement.tokens[1].text, names[keyword])
        if (burst := used["PatternBurst"]) and is_new(executed, "PatternExec of", burst.tokens[1], report):
            level = used["Category"].tokens[1].text if used["Category"] else ""
            levels |= dict.fromkeys(bursts.get(burst.tokens[1].text, ()), level)
    for block in blocks["PatternBurst"] if blocks["PatternExec"] else ():
        if block.tokens[1].text not in executed:
            report.add(block.line, f"{block.head} is in no PatternExec")
    return levels


def _bursts(blocks: Blocks, report: Report) -> dict[str, list[str]]:
    """Return the names of each burst's patterns; every pattern has to be in one."""
    patterns = {pattern.tokens[1].text: pattern for pattern in blocks["Pattern"]}
    bursts: dict[str, list[str]] = {}
    seen: dict[str, int] = {}
    listed: dict[str, int] = {}
    for block in blocks["PatternBurst"]:
        is_new(seen, "burst", block.tokens[1], report)
        burst = bursts.setdefault(block.tokens[1].text, [])
        pat_list = single(block, "PatList", children(block, {"PatList": "PatList {"}, report), report)
        for entry in entries(pat_list, "NAME ;", report) if pat_list else ():
            name = entry.tokens[0]
            report.known(name.line, "pattern", name.text, patterns)
            if is_new(listed, "in PatList, pattern", name, report):
                burst.append(name.text)
    for pattern in patterns.values() if bursts else ():
        if pattern.tokens[1].text not in listed:
            report.add(pattern.line, f"{pattern.head} is in no PatList", "add it to the PatList of its level")
    return bursts


def _cycles(pattern: Statement, scope: Scope, report: Report) -> tuple[Cycle, ...]:
    cycles = []
    chosen: Token | None = None
    found = tuple(ordered(pattern, _PATTERN, report))
    choosing = [statement for statement in found if statement.body is None]
    # Behind a W that does not read it is open which table is meant.
    tables = scope.tables if len(choosing) == sum(child.keyword in _CHOOSES for child in pattern.body or ()) else {}
    for statement in found:
        if statement.body is None:
            chosen = statement.tokens[1]
            report.known(chosen.line, "table", chosen.text, scope.tables)
        elif chosen is None:
            report.add(statement.line, f"{pattern.head} has a V before any W", "say with W which table it is of")
        else:
            cycles.append(Cycle(chosen.text, _characters(statement, tables.get(chosen.text), scope, report)))
    return tuple(cycles)


def _characters(statement: Statement, table: WaveformTable | None, scope: Scope, report: Report) -> str:
    """Return the characters of the pins in one V; those without a waveform go to the report."""
    found: dict[str, str] = {}
    for entry in entries(statement, "NAME = DATA ;", report):
        reference, _, *words = entry.tokens
        data = "".join(word.text for word in words)
        if not report.known(reference.line, "signal or group", reference.text, scope.references):
            return ""
        those = scope.references[reference.text]
        if len(those) != len(data):
            message = f"{reference.text} = {data} has {len(data)} characters for {len(those)} signals"
            report.add(reference.line, message)
            return ""
        for name, character in zip(those, data, strict=True):
            if name in found:
                report.add(reference.line, f"{name} has two characters")
            found[name] = character
            _check_wave(scope.signals[name], character, table, reference.line, report)
    return _of_pins(statement, found, scope, report)


def _of_pins(statement: Statement, found: Mapping[str, str], scope: Scope, report: Report) -> str:
    pins = [signal.name for signal in scope.signals.values() if signal.kind is not SignalKind.SUPPLY]
    missing = [name for name in pins if name not in found]
    if missing and scope.references:
        remedy = "give one, by the signal or its group, or take the signal out of Signals"
        report.add(statement.line, f"no character for {', '.join(missing)}", remedy)
    return "".join(found.get(name, "") for name in pins)


def _check_wave(signal: Signal, character: str, table: WaveformTable | None, line: int, report: Report) -> None:
    if signal.kind is SignalKind.SUPPLY:
        report.add(line, f"{signal.name} is a Supply, which has no characters")
    elif table is not None and table.waves and character not in (waves := table.waves.get(signal.name, {})):
        message = f"{signal.name} has no waveform for {character} in table {table.name}"
        report.add(line, message, did_you_mean(character, waves))
