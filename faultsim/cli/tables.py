"""Puts tables of reports on a terminal, on stdout in the format of a document, or into files."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from pathlib import Path

from faultsim.cli.output import printable
from faultsim.reports.files import write_file
from faultsim.reports.typesetting.latex_table import latex_text
from faultsim.reports.typesetting.markup import one_line
from faultsim.reports.typesetting.paper_tables import file_name
from faultsim.reports.typesetting.typeset import Table, csv_text, markdown_text, shown

FORMATS = ("csv", "markdown", "latex")
_SUFFIXES = {"csv": ".csv", "markdown": ".md", "latex": ".tex"}
_PREAMBLE = "% In the preamble: \\usepackage{array,booktabs,longtable}\n"
_MOST_ROWS = 25
"""Of a table that people look at."""
_UNBROKEN = 10_000
"""Columns of a page for programs, whose lines are not to be broken."""


def print_tables(tables: Iterable[Table]) -> None:
    """Print tables for people, as wide as the terminal; elsewhere as wide as they are."""
    for table in tables:
        print(f"\n{one_line(printable(table.caption))}\n{_drawn(table)}")
        more = len(table.rows) - _MOST_ROWS
        for note in (*[f"... and {more} more; --format or --json gives all of them"] * (more > 0), *table.notes):
            print(one_line(printable(note)))


def print_typeset(tables: Mapping[str, Sequence[Table]], format: str, label: str) -> None:
    """Print tables in one of `FORMATS`, an empty line between them.

    Args:
        tables: What they are about -> tables.
        format: Of the document.
        label: What LaTeX's labels begin with.
    """
    texts = [_text(table, format, label) for found in tables.values() for table in found]
    sys.stdout.write(_head(format) + "\n".join(texts))


def write_typeset(tables: Mapping[str, Sequence[Table]], format: str, label: str, folder: Path) -> list[Path]:
    """Write tables into files: one for all that are about the same; of CSV one for each table.

    Args:
        tables: What they are about -> tables.
        format: One of `FORMATS`.
        label: What LaTeX's labels begin with.
        folder: Where they go; what of these names is there is written over.

    Raises:
        StorageError: A file cannot be written.
    """
    files: dict[str, str] = {}
    for kind, found in tables.items():
        texts = {table.name: _text(table, format, label) for table in found}
        files |= texts if format == "csv" else {kind: _head(format) + "\n".join(texts.values())} if texts else {}
    paths = {folder / f"{name}{_SUFFIXES[format]}": text for name, text in files.items()}
    for path, text in paths.items():
        write_file(path, text)
    return list(paths)


def _head(format: str) -> str:
    return _PREAMBLE if format == "latex" else ""


def _text(table: Table, format: str, label: str) -> str:
    if format == "latex":
        return latex_text(table, f"tab:{file_name(label)}-{table.name}")
    return csv_text(table) if format == "csv" else markdown_text(table)


def _drawn(table: Table) -> str:
    from rich import box
    from rich.console import Console
    from rich.table import Table as Drawn
    from rich.text import Text

    drawn = Drawn(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in table.head:
        drawn.add_column(Text(printable(name)), overflow="fold")
    for row in table.rows[:_MOST_ROWS]:
        drawn.add_row(*(Text(one_line(printable(shown(cell)))) for cell in row))
    lines = StringIO()
    width = None if sys.stdout.isatty() else _UNBROKEN
    Console(file=lines, color_system=None, force_terminal=False, width=width or Console().width).print(drawn)
    return "\n".join(line.rstrip() for line in lines.getvalue().splitlines()).strip("\n")
