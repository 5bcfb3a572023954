"""The page of the tables of a run folder: every column with its type and meaning, from the dataclasses of their rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, get_type_hints

from faultsim.cli.replay import ReplayRow
from faultsim.fault_models.behaviour import QUANTITIES
from faultsim.reports.runs.run import Run, RunTable
from faultsim.spice.expressions import Value
from faultsim.vectors.responses import ResponseRow
from faultsim.vectors.tables import LimitRow, MatrixRow

from .docstring import docstring_of
from .markup import code, prose, table
from .words import Words

_INTRO = """\
Comma-separated, UTF-8, a header line; an empty cell is a value that is not there. Numbers are in the unit that ends the column's name, with a dot;
where a column has the defect's own unit, the column `unit` says which. `true` and `false` are written out. Several values of one cell, as of
several outputs, have blanks between. A name that a spreadsheet would take for a formula has an apostrophe before it. A *measured value* is what an
observable showed: a number, true or false, or empty where there is none. `faultsim.load_run` gives the tables as
DataFrames ([Python](python.md)); how the severities are found is in [search and certificates](../explanation/search.md).
"""


@dataclass(frozen=True)
class FileOfRows:
    """A table.

    Attributes:
        path: Its file in a run folder.
        row_type: The dataclass of its rows.
        about: What it is about.
    """

    path: str
    row_type: type[Any]
    about: str


def tables_of(words: Words) -> list[FileOfRows]:
    """Return the tables of a run folder."""
    declared = [table for table in vars(Run).values() if isinstance(table, RunTable)]
    found = [FileOfRows(table.file, table.row_type, str(table.__doc__).partition(" (")[0]) for table in declared]
    of_vectors = {"limits": LimitRow, "matrix": MatrixRow, "replay": ReplayRow}
    found += [FileOfRows(f"vectors/{name}.csv", row, words.of("file tables", name)) for name, row in of_vectors.items()]
    return [*found, FileOfRows("RESPONSES", ResponseRow, words.of("file tables", "RESPONSES"))]


def tables_page(words: Words) -> str:
    """Return the page of the tables."""
    lines = ["# Tables", "", _INTRO]
    for file in tables_of(words):
        lines += [f"## {file.path} {{ #{anchor_of(file.path)} }}", "", prose(file.about) + ".", ""]
        lines += [prose(paragraph) + "\n" for paragraph in docstring_of(file.row_type).paragraphs]
        lines += table(["column", "type", "what"], _columns(file, words))
    return "\n".join(lines)


def anchor_of(path: str) -> str:
    """Return the name of a table's heading."""
    return path.rpartition("/")[2].removesuffix(".csv").lower()


def _columns(file: FileOfRows, words: Words) -> Iterator[list[str]]:
    hints = get_type_hints(file.row_type)
    said = docstring_of(file.row_type).sections.get("Attributes", {})
    quantities = {name: about for kind in QUANTITIES.values() for name, about in kind.items()}
    name_of_group = f"column {anchor_of(file.path)}"
    for field in fields(file.row_type):
        about = said.get(field.name)
        if about is None and words.has(name_of_group, field.name):
            about = words.of(name_of_group, field.name)
        about = about or quantities.get(field.name) or words.of("column any", field.name)
        yield [code(field.name, f"{anchor_of(file.path)}.{field.name}"), _type(hints[field.name]), prose(about)]


def _type(hint: Any) -> str:
    if hint in (Value, Any):
        return "measured value"
    names = {str: "text", int: "whole number", float: "number", bool: "true or false"}
    optional = {one | None: f"{name}, or empty" for one, name in names.items()}
    return {**names, **optional}.get(hint, "list")
