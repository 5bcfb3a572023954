"""Prints tables and JSON to stdout and talk to stderr."""

from __future__ import annotations

import json as json_format
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from faultsim.errors import FaultsimError


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
    headers = list(rows[0])
    lines = [headers, *([_text(row[header]) for header in headers] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headers))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def say(message: str) -> None:
    """Print talk to stderr."""
    print(message, file=sys.stderr)


def write_text(path: Path, text: str) -> None:
    """Write a file that the user named.

    Raises:
        FaultsimError: It cannot be written.
    """
    try:
        path.write_text(text)
    except OSError as error:
        raise FaultsimError(f"{path}: cannot be written: {error.strerror}") from error


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return " ".join(map(_text, value))
    return str(value)
