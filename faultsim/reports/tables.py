"""CSV tables: one dataclass per row, plain floats with a dot, the same bytes for the same rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from faultsim.reports.files import write_file

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_table(path: Path, row_type: type[Any], rows: Sequence[Any]) -> None:
    """Write rows of one dataclass; an empty table still has its header.

    Raises:
        StorageError: The file cannot be written.
    """
    write_file(path, table_text(row_type, rows))


def table_text(row_type: type[Any], rows: Sequence[Any]) -> str:
    """Return the CSV text of rows of one dataclass."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([field.name for field in fields(row_type)])
    writer.writerows([cell(value) for value in asdict(row).values()] for row in rows)
    return buffer.getvalue()


def cell(value: Any) -> str:
    """Return a value as the text of a CSV cell.

    Names come from decks that others wrote: one that a spreadsheet would take for a formula gets an apostrophe.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, list | tuple):
        return _harmless(" ".join(cell(item) for item in value))
    return _harmless(str(value)) if isinstance(value, str) else str(value)


def told(text: str) -> str:
    """Return the text that a CSV cell was made of: without the apostrophe in front of a formula."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
