"""Tables of a report, as CSV and Markdown; latex_table sets them in LaTeX."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from faultsim.reports.tables import cell as csv_cell
from faultsim.reports.typesetting.markup import markdown
from faultsim.units import format_quantity


@dataclass(frozen=True)
class Quantity:
    """A number in an SI unit, or a range of them."""

    value: float
    unit: str
    to: float | None = None

    @property
    def ends(self) -> list[float]:
        """Return the number, or both ends of the range."""
        return [self.value] if self.to in (None, self.value) else [self.value, self.to or 0.0]


@dataclass(frozen=True)
class Share:
    """A fraction with its two bounds, shown as per cent."""

    low: float
    high: float

    @property
    def ends(self) -> list[float]:
        """Return the fraction, or both bounds where they differ."""
        return list(dict.fromkeys((self.low, self.high)))


Cell = str | int | float | bool | Quantity | Share | None


@dataclass(frozen=True)
class Table:
    """A table of a report.

    Attributes:
        name: Letters, digits and dashes; files and labels are called after it.
        caption: What it shows.
        head: Names of its columns.
        rows: Cells, as many as there are columns.
        notes: What belongs below it.
    """

    name: str
    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()

    @property
    def columns(self) -> list[tuple[Cell, ...]]:
        """Return its cells by column."""
        return [tuple(row[place] for row in self.rows) for place in range(len(self.head))]


def shown(cell: Cell) -> str:
    """Return a cell for people; units are in letters that every terminal has."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, Quantity):
        return " to ".join(format_quantity(end, cell.unit) for end in cell.ends)
    if isinstance(cell, Share):
        return " to ".join(dict.fromkeys(f"{end:.1%}" for end in cell.ends))
    return f"{cell:.4g}" if isinstance(cell, float) else str(cell)


def csv_text(table: Table) -> str:
    """Return a table as CSV: plain numbers in SI units, and these in a column of their own where there are any."""
    units = [dict.fromkeys(cell.unit for cell in row if isinstance(cell, Quantity)) for row in table.rows]
    with_units = any(units)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([*map(csv_cell, table.head), *["unit"] * with_units])
    for row, unit in zip(table.rows, units, strict=True):
        writer.writerow([*map(_plain, row), *[csv_cell(" ".join(unit))] * with_units])
    return buffer.getvalue()


def markdown_text(table: Table) -> str:
    """Return a table as Markdown, in GitHub's dialect: a heading, the table, and its notes as a list."""
    rule = ["--:" if right else "---" for right in flush_right(table)]
    rows = [[markdown(signed(cell)) for cell in row] for row in table.rows]
    lines = [[markdown(name) for name in table.head], rule, *rows]
    body = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    notes = "".join(f"- {markdown(note)}\n" for note in table.notes)
    return f"### {markdown(table.caption)}\n\n{body}" + (f"\n{notes}" if notes else "")


def flush_right(table: Table) -> list[bool]:
    """Return which columns hold numbers."""
    return [any(map(_is_number, column)) for column in table.columns]


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, Quantity | Share | float | int) and not isinstance(cell, bool)


def _plain(cell: Cell) -> str:
    if isinstance(cell, Quantity | Share):
        return " to ".join(map(csv_cell, cell.ends))
    return csv_cell(cell)


def signed(cell: Cell) -> str:
    """Return a cell for people, with the signs of units: Ω and µ."""
    text = shown(cell)
    if not isinstance(cell, Quantity) or not cell.unit or cell.unit.startswith("of "):
        return text
    text = re.sub(rf"(?<= )u(?={re.escape(cell.unit)}\b)", "µ", text)
    return re.sub(r"ohm\b", "Ω", text) if cell.unit == "ohm" else text
