"""A table of a run folder as a DataFrame: numbers as numbers, text as text, an empty cell as a missing value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from faultsim.errors import UsageError
from faultsim.reports.tables import told
from faultsim.spice.expressions import Value

if TYPE_CHECKING:
    from pandas import DataFrame, Series

Row = TypeVar("Row")

_FLAGS = {"true": True, "false": False}


def read_table(folder: Path, file: str, row_type: type[Any]) -> DataFrame:
    """Return a CSV table of a run folder.

    A column has the type of its field in the row's dataclass: text, float64, int64 or bool. Where a flag may be
    missing it is pandas' ``boolean``. A measured value, of which only the run knows what it is, gives flags if all of
    its cells are, float64 if all are numbers, and else objects: flags, numbers, text, and tuples of several outputs.
    Columns that the dataclass does not have are text; those that the file of another version does not have are empty.

    Args:
        folder: The run folder.
        file: Of the table, in this folder.
        row_type: The dataclass of its rows.

    Raises:
        UsageError: It is missing, cannot be read, has no column of the dataclass, or a cell is not of its column's
            type.
    """
    import pandas as pd

    path, again = folder / file, f"faultsim report {folder} writes the tables again"
    try:
        raw = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except FileNotFoundError as error:
        raise UsageError(f"{path} is missing; {again}") from error
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read as a table: {error}; {again}") from error
    hints = get_type_hints(row_type)
    names = _names(row_type)
    if not set(names) & set(raw.columns):
        raise UsageError(f"{path} has none of the columns {', '.join(names[:3])} ...; {again}")
    columns = {}
    for name in raw.columns:
        try:
            columns[name] = _reader_of(hints.get(name, str))([str(cell) for cell in raw[name]])
        except _Misfit as misfit:
            raise UsageError(f"{path}: row {misfit.row + 1}, column {name}: {misfit}; {again}") from misfit
    missing = [name for name in names if name not in columns]
    columns |= {name: _blank(hints[name], len(raw)) for name in missing}
    return pd.DataFrame(columns)[[*names, *(name for name in raw.columns if name not in names)]]


def empty_table(row_type: type[Any]) -> DataFrame:
    """Return a table of no rows, with the columns of its dataclass."""
    import pandas as pd

    hints = get_type_hints(row_type)
    return pd.DataFrame({name: _reader_of(hints[name])([]) for name in _names(row_type)})


def rows_of(table: DataFrame, row_type: type[Row]) -> list[Row]:
    """Return a table's rows as those of its dataclass, missing text as empty text and other missing values as None."""
    hints = get_type_hints(row_type)
    columns = []
    for name in _names(row_type):
        blank = "" if hints[name] is str else None
        column = table[name]
        columns.append([blank if empty else value for value, empty in zip(column, column.isna(), strict=True)])
    return [row_type(*values) for values in zip(*columns, strict=True)]


def _names(row_type: type[Any]) -> list[str]:
    return [field.name for field in fields(row_type)]


class _Misfit(Exception):
    """A cell that is not of its column's type."""

    def __init__(self, row: int, message: str) -> None:
        super().__init__(message)
        self.row = row


def _reader_of(hint: Any) -> Callable[[Sequence[str]], Series]:
    """Return what makes a column of the cells of a field."""
    if hint in (Value, Any):
        return _measured
    readers = {float: _numbers, float | None: _numbers, int: _counts, bool: _flags, bool | None: _flags}
    return readers.get(hint, _texts)


def _blank(hint: Any, length: int) -> Series:
    """Return a column that a file does not have: missing values, which a whole number cannot be."""
    reader = _numbers if hint is int else _reader_of(hint)
    return reader([""] * length)


def _texts(cells: Sequence[str]) -> Series:
    import pandas as pd

    # What pandas takes for text by itself, which its version 3 changed.
    return pd.Series([told(cell) if cell else None for cell in cells], dtype=pd.Series(["text"]).dtype)


def _numbers(cells: Sequence[str]) -> Series:
    import pandas as pd

    found = [_converted(cells, row, float, "a number") if cells[row] else None for row in range(len(cells))]
    return pd.Series(found, dtype=float)


def _counts(cells: Sequence[str]) -> Series:
    import pandas as pd

    return pd.Series([_converted(cells, row, int, "a whole number") for row in range(len(cells))], dtype="int64")


def _flags(cells: Sequence[str]) -> Series:
    import pandas as pd

    rows = range(len(cells))
    found = [_converted(cells, row, _FLAGS.__getitem__, "true or false") if cells[row] else None for row in rows]
    return pd.Series(found, dtype="boolean" if None in found else "bool")


def _measured(cells: Sequence[str]) -> Series:
    import pandas as pd

    filled = [cell for cell in cells if cell]
    if filled and all(cell in _FLAGS for cell in filled):
        return _flags(cells)
    values = [_value(cell) for cell in cells]
    if all(value is None or isinstance(value, float) for value in values):
        return pd.Series(values, dtype=float)
    return pd.Series(values, dtype=object)


def _value(cell: str) -> Any:
    """Return what a measured value is: of several outputs a tuple."""
    cell = told(cell)
    if " " in cell and all(part in _FLAGS or not part or _is_number(part) for part in cell.split(" ")):
        return tuple(_value(part) for part in cell.split(" "))
    if cell in _FLAGS:
        return _FLAGS[cell]
    return None if not cell else float(cell) if _is_number(cell) else cell


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _converted(cells: Sequence[str], row: int, convert: Callable[[str], Any], what: str) -> Any:
    try:
        return convert(cells[row])
    except (ValueError, KeyError):
        raise _Misfit(row, f"{cells[row]!r} is not {what}") from None
