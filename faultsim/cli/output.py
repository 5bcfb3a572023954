"""Prints tables and JSON to stdout and talk to stderr."""

from __future__ import annotations

import json as json_format
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from faultsim.errors import FaultsimError, UsageError

_LOOKED_AT = 2000


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    print(json_format.dumps(value, indent=2))


def print_rows(rows: Sequence[Mapping[str, Any]], json: bool) -> None:
    """Print rows with the same keys as a table, or as a JSON list."""
    if json:
        print_json([dict(row) for row in rows])
        return
    if not rows:
        say("nothing to list")
        return
    for line in table_lines(rows):
        print(line)


def table_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the lines of a table of rows with the same keys, the keys above them; none where there are no rows."""
    headers = list(rows[0]) if rows else []
    lines = [headers, *([_text(row[header]) for header in headers] for row in rows)] if rows else []
    widths = [max(len(line[column]) for line in lines) for column in range(len(headers))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]


def print_stream(rows: Iterable[Mapping[str, Any]], shown: Sequence[str], json: bool) -> None:
    """Print rows as they come: as a JSON list with all keys, or as a table of some columns.

    The columns are as wide as the first rows need them to be.
    """
    if json:
        separator = "["
        for row in rows:
            sys.stdout.write(f"{separator}\n{json_format.dumps(row)}")
            separator = ","
        print("[]" if separator == "[" else "\n]")
        return
    waiting = iter(rows)
    first = [[_text(row[name]) for name in shown] for row in islice(waiting, _LOOKED_AT)]
    if not first:
        say("nothing to list")
        return
    widths = [max(len(line[column]) for line in (shown, *first)) for column in range(len(shown))]
    for line in chain([shown], first, ([_text(row[name]) for name in shown] for row in waiting)):
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def say(message: str) -> None:
    """Print talk to stderr."""
    print(printable(message), file=sys.stderr)


def printable(text: str) -> str:
    """Return text in which no character of a deck can move the cursor or change a terminal's state."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() or character == "\n" else f"\\x{ord(character):02x}" for character in text
    )


def write_text(path: Path, text: str, read: Iterable[str | Path] = ()) -> None:
    """Write a file that the user named.

    Args:
        path: The file.
        text: What it holds.
        read: Files that this comes from, and that are not written over.

    Raises:
        UsageError: It is one of the files that were read.
        FaultsimError: It cannot be written.
    """
    if path.exists() and any(path.samefile(source) for source in set(read) if Path(source).exists()):
        raise UsageError(f"{path} is read here; give another name to write to")
    try:
        path.write_text(text, errors="surrogateescape", newline="")
    except OSError as error:
        raise FaultsimError(f"{path}: cannot be written: {error.strerror}") from error


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return " ".join(map(_text, value))
    return printable(str(value))
