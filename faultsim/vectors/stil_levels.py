"""Checks a file of levels, after IEEE 1450.2, as far as the writer uses it: forms, names and values."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from faultsim.vectors.stil_check import Report, volts
from faultsim.vectors.stil_forms import children, entries, is_new
from faultsim.vectors.stil_lexer import Statement, statements, tokens
from faultsim.vectors.stil_reader import read_signals, text_of

_HEAD = "STIL 1.0 {"
_BLOCKS = {
    "Header": "Header {",
    "Signals": "Signals {",
    "DCLevels": "DCLevels NAME {",
    "DCSets": "DCSets NAME {",
    "STIL": _HEAD,
}
_VALUES = {name: f"{name} 'EXPRESSION' ;" for name in ("VIL", "VIH", "VOL", "VOH", "VForce")}


def is_levels(path: Path) -> bool:
    """Return whether a STIL file is one of levels: its version says so.

    Raises:
        SpecError: It cannot be read.
    """
    report = Report(path)
    found = statements(tokens(text_of(path), report), report)
    return bool(found) and found[0].fits(_HEAD) and any(child.fits("DCLevels 2002 ;") for child in found[0].body or ())


def check_levels(path: Path) -> None:
    """Check a file of levels.

    Raises:
        SpecError: Everything that is wrong with it, each with its line.
    """
    report = Report(path)
    found = statements(tokens(text_of(path), report), report)
    # After a brace or quote that is missing, everything would be misread.
    report.stop()
    blocks = children(Statement((), 1, found), _BLOCKS, report)
    signals = read_signals(blocks, report)
    for keyword in ("Signals", "DCLevels"):
        if not blocks[keyword]:
            report.add(1, f"there is no {keyword} block")
    levels: dict[str, int] = {}
    for block in blocks["DCLevels"]:
        is_new(levels, "level", block.tokens[1], report)
        _check_signals(block, signals, report)
    for block in blocks["DCSets"]:
        for entry in entries(block, "NAME ;", report):
            report.known(entry.line, "level", entry.tokens[0].text, levels)
    report.stop()


def _check_signals(block: Statement, signals: Collection[str], report: Report) -> None:
    for entry in entries(block, "NAME {", report):
        report.known(entry.line, "signal", entry.tokens[0].text, signals)
        for name, values in children(entry, _VALUES, report).items():
            for value in values:
                volts(name, value.tokens[1].text, value.line, report)
