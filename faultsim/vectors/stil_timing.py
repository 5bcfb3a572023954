"""Reads the waveform tables of a STIL file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from faultsim.errors import did_you_mean
from faultsim.vectors.program import EVENTS, Edge, Signal, SignalKind, WaveformTable
from faultsim.vectors.stil_check import Report, time_fs
from faultsim.vectors.stil_forms import children, entries, is_new, single
from faultsim.vectors.stil_lexer import Kind, Statement, Token

_PARTS = {"Period": "Period 'EXPRESSION' ;", "Waveforms": "Waveforms {"}
_EDGE = "'TIME' EVENT ;"

Waves = dict[str, dict[str, tuple[Edge, ...]]]
"""Edges by signal and character."""


@dataclass(frozen=True)
class _Row:
    """A time, also as the file writes it, with an event for each of the characters that a waveform is for."""

    time_fs: int
    written: str
    events: tuple[Token, ...]


def read_tables(
    timing: Statement, signals: Mapping[str, Signal], references: Mapping[str, tuple[str, ...]], report: Report
) -> dict[str, WaveformTable]:
    """Return the tables of a Timing block by name.

    Args:
        timing: The block.
        signals: By name.
        references: What each signal and group stands for.
        report: Where to note what is wrong.
    """
    tables: dict[str, WaveformTable] = {}
    seen: dict[str, int] = {}
    for statement in children(timing, {"WaveformTable": "WaveformTable NAME {"}, report)["WaveformTable"]:
        name = statement.tokens[1]
        is_new(seen, "table", name, report)
        parts = children(statement, _PARTS, report)
        period, waveforms = (single(statement, keyword, parts, report) for keyword in _PARTS)
        length = _period(period, report) if period else None
        waves: Waves = {}
        for entry in entries(waveforms, "NAME {", report) if waveforms else ():
            reference = entry.tokens[0]
            those = references.get(reference.text, ())
            report.known(reference.line, "signal or group", reference.text, references)
            _read_waves(entry, [signals[signal] for signal in those], length, waves, report)
        if waveforms and not waveforms.body:
            report.add(waveforms.line, "Waveforms is empty")
        tables[name.text] = WaveformTable(name.text, length.time_fs if length else 0, waves)
    return tables


def _period(period: Statement, report: Report) -> _Row | None:
    written = period.tokens[1].text
    found_fs = time_fs(written, period.line, report)
    if found_fs == 0:
        report.add(period.line, "the period is zero")
    return _Row(found_fs, written, ()) if found_fs else None


def _read_waves(entry: Statement, those: list[Signal], period: _Row | None, waves: Waves, report: Report) -> None:
    """Add the waveforms of one signal or group to those of the table."""
    for signal in those:
        if signal.kind is SignalKind.SUPPLY:
            report.add(entry.line, f"{signal.name} is a Supply, which has no waveform")
    for statement in entries(entry, "DATA {", report):
        characters = "".join(token.text for token in statement.tokens)
        if not characters.isalnum():
            report.add(statement.line, f"{characters} are not all letters and digits")
        rows = _rows(statement, len(characters), report)
        _check_times(f"waveform {statement.head} of {entry.head}", rows, period, report)
        for at, character in enumerate(characters):
            for signal in those:
                found = waves.setdefault(signal.name, {})
                if character in found:
                    report.add(statement.line, f"{signal.name} has a second waveform for {character}")
                found[character] = tuple(Edge(row.time_fs, row.events[at].text) for _, row in rows)
                _check_events(signal, [row.events[at] for _, row in rows], report)


def _rows(statement: Statement, characters: int, report: Report) -> list[tuple[int, _Row]]:
    """Return the edges of a waveform, each with its line."""
    rows = []
    for child in statement.body or ():
        events = child.tokens[1::2]
        slashes = all(token.text == "/" for token in child.tokens[2::2])
        words = all(token.kind is Kind.WORD for token in events)
        if child.body is not None or not events or not words or not slashes or len(child.tokens) % 2:
            report.add(child.line, f"{child.head} does not read", f"write {_EDGE}")
        elif child.tokens[0].kind is not Kind.EXPRESSION:
            report.add(child.line, f"{child.head} does not begin with a time in quotes", f"write {_EDGE}")
        elif len(events) not in (1, characters):
            report.add(child.line, f"{child.head} has {len(events)} events for {characters} characters")
        elif (found_fs := time_fs(child.tokens[0].text, child.line, report)) is not None:
            rows.append(
                (child.line, _Row(found_fs, child.tokens[0].text, events * (characters if len(events) == 1 else 1)))
            )
    if not statement.body:
        report.add(statement.line, f"{statement.head} has no edges")
    return rows


def _check_times(what: str, rows: list[tuple[int, _Row]], period: _Row | None, report: Report) -> None:
    before: _Row | None = None
    for line, row in rows:
        if before is not None and row.time_fs <= before.time_fs:
            message = f"{what}: '{row.written}' comes after '{before.written}'"
            report.add(line, message, "sort the edges by time")
        if period is not None and row.time_fs >= period.time_fs:
            message = f"{what}: '{row.written}' is not before the end of the period, '{period.written}'"
            report.add(line, message)
        before = row


def _check_events(signal: Signal, events: list[Token], report: Report) -> None:
    allowed = EVENTS[signal.kind]
    every = "".join(EVENTS.values())
    for event in events:
        if len(event.text) != 1 or event.text not in every:
            report.add(event.line, f"{event.text} is not an event", did_you_mean(event.text, every))
        elif event.text not in allowed and allowed:
            message = f"{event.text} is no event of {signal.name}, which is an {signal.kind}"
            report.add(event.line, message, did_you_mean(event.text, allowed))
