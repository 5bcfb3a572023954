"""Reads what a tester says about parts, as STDF or as a CSV table, for a diagnosis."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path

from faultsim.errors import Problem, SpecError, did_you_mean
from faultsim.reports.tables import table_text
from faultsim.units import parse_quantity
from faultsim.vectors.lot import Lot, PartResult, TestResult
from faultsim.vectors.stdf_reader import file_bytes, is_stdf, parse_stdf

_STDF_SUFFIXES = (".stdf", ".std", ".stdf.gz", ".std.gz")
_SEPARATORS = ",;\t"
_VERDICTS = {"pass": True, "p": True, "1": True, "true": True, "fail": False, "f": False, "0": False, "false": False}
_ONLY_PART = "1"
_UNIT = "A"
_PULSE = re.compile(r"[0-9]{1,9}")
_ATTO = re.compile(r".*[0-9.]a", re.IGNORECASE)
_SPACED = re.compile(r"(?<=[0-9.]) +(?=[A-Za-z])")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+([a-z].*)?", re.IGNORECASE)
_MICRO = str.maketrans("\u00b5\u03bc", "uu")
_FORMULA = re.compile(r"'[=+\-@]")


@dataclass(frozen=True)
class ResponseRow:
    """What a part answered to a vector.

    Attributes:
        result: pass, fail, or empty where it was not run or no verdict is known.
        spike_pulse: Pulse at which the output spiked, 0 for no spike.
    """

    part: str
    vector: str
    result: str
    spike_pulse: int | None
    im_wr_a: float | None


_COLUMNS = tuple(column.name for column in fields(ResponseRow))
_REQUIRED = ("vector", "result")
_OPTIONAL = tuple(name for name in _COLUMNS if name not in _REQUIRED)


def read_responses(path: Path) -> Lot:
    """Read the responses of parts: STDF V4 by its suffix or by its first bytes, otherwise CSV; both may be gzipped.

    A CSV table has the columns of :class:`ResponseRow` in any order, separated by comma, semicolon or tab; only vector
    and result have to be there. Without the column part, or a line below the header, there is one part, 1. Tests are
    numbered by the first line of their vector, and what the table does not say of a lot is empty.

    Raises:
        SpecError: Everything that is wrong with it.
    """
    data = file_bytes(path)
    if path.name.lower().endswith(_STDF_SUFFIXES) or is_stdf(data):
        return parse_stdf(data, path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SpecError([Problem(f"{path}:{line}", "is not UTF-8", "save it as CSV UTF-8")]) from error
    if path.suffix.lower() == ".json" or _is_json(text):
        remedy = f"write a table that begins with {','.join(_REQUIRED)}, or give the tester's STDF"
        raise SpecError([Problem(str(path), "is JSON; responses are a CSV table or STDF", remedy)])
    table = _Table(path)
    lot = table.read(text)
    if table.problems:
        raise SpecError(table.problems)
    return lot


def responses_text(lot: Lot) -> str:
    """Return a lot as the CSV table that :func:`read_responses` reads.

    Limits, failing cycles and the names of the lot have no column, nor has a value in another unit than A.
    """
    rows = [_row(part, result) for part in lot.parts for result in part.results]
    return table_text(ResponseRow, rows)


def _row(part: PartResult, result: TestResult) -> ResponseRow:
    verdict = "" if result.passed is None else "pass" if result.passed else "fail"
    value = result.value if result.unit == _UNIT else None
    return ResponseRow(part.part_id, result.name, verdict, result.spike_pulse, value)


def _is_json(text: str) -> bool:
    """Return whether a text is a JSON object or list."""
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


@dataclass
class _Table:
    """A CSV table while it is read, with what is wrong so far."""

    path: Path
    problems: list[Problem] = field(default_factory=list)

    def read(self, text: str) -> Lot:
        """Return the lot that the valid rows make."""
        rows = self._rows(text)
        line, header = next(rows, (1, []))
        names = [name.lower() for name in header]
        if not self._is_header(line, names):
            return Lot("", "", "", ())
        parts: dict[str, list[TestResult]] = {}
        numbers: dict[str, int] = {}
        lines: dict[tuple[str, str], int] = {}
        for line, cells in rows:
            if len(cells) != len(names):
                have = f"has {len(cells)} {'cell' if len(cells) == 1 else 'cells'} where the header has {len(names)}"
                self._add(line, "", have, "each column has a separator, and a name with one is quoted")
                continue
            row = dict(zip(names, cells, strict=True))
            part, result = self._name(line, row, "part", _ONLY_PART), self._result(line, row)
            earlier = lines.setdefault((part, result.name), line)
            if earlier != line and result.name:
                message = f"{result.name!r} of part {part!r} is in line {earlier} already"
                self._add(line, "vector", message, "give each part another name, and each vector one line")
            number = numbers.setdefault(result.name, len(numbers) + 1)
            parts.setdefault(part, []).append(replace(result, number=number))
        # A table that says nothing yet is of a part that nothing was applied to.
        parts = parts or {_ONLY_PART: []}
        return Lot("", "", "", tuple(PartResult(name, tuple(results)) for name, results in parts.items()))

    def _rows(self, text: str) -> Iterator[tuple[int, list[str]]]:
        """Yield the line and the cells of every row that is not blank; the first one is the header."""
        first = next((line for line in text.splitlines() if line.strip()), "")
        separator = max(_SEPARATORS, key=first.count)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True)
        line = 1
        try:
            for cells in reader:
                stripped = [cell.strip() for cell in cells]
                if any(stripped):
                    yield line, stripped
                line = reader.line_num + 1
        except csv.Error as error:
            self._add(line, "", f"not valid CSV: {error}", "check its quotation marks")

    def _is_header(self, line: int, names: list[str]) -> bool:
        """Note what is wrong with a header; return whether it is one at all."""
        if not any(names):
            if not self.problems:
                self._add(line, "", "is empty", f"write a header: {', '.join(_COLUMNS)}")
            return False
        if not any(name in _COLUMNS or get_close_matches(name, _COLUMNS) for name in names):
            remedy = f"begin with a line {','.join(_REQUIRED)}; there may be {', '.join(_OPTIONAL)}, too"
            self._add(line, "", f"{names[0]!r} is no column: there is no header", remedy)
            return False
        for name in dict.fromkeys(names):
            if name not in _COLUMNS:
                self._add(line, name, "unknown column", did_you_mean(name, _COLUMNS))
            elif names.count(name) > 1:
                self._add(line, name, "is the name of more than one column")
        for name in _REQUIRED:
            if name not in names:
                self._add(line, name, "is missing")
        return True

    def _result(self, line: int, row: dict[str, str]) -> TestResult:
        name, value = self._name(line, row, "vector", ""), self._current(line, row.get("im_wr_a", ""))
        verdict = row.get("result", "").lower()
        if verdict and verdict not in _VERDICTS:
            remedy = "pass or fail, P or F, 1 or 0, true or false; empty where it was not run"
            self._add(line, "result", f"{row['result']!r} is no result", remedy)
        return TestResult(
            number=0,
            name=name,
            passed=_VERDICTS.get(verdict),
            value=value,
            unit="" if value is None else _UNIT,
            spike_pulse=self._pulse(line, row.get("spike_pulse", "")),
            line=line,
        )

    def _name(self, line: int, row: dict[str, str], column: str, default: str) -> str:
        """Return a name without the apostrophe that keeps a spreadsheet from taking it for a formula."""
        if column not in row:
            return default
        name = row[column]
        if not name:
            self._add(line, column, "is empty")
        return name[1:] if _FORMULA.match(name) else name

    def _pulse(self, line: int, text: str) -> int | None:
        if not text or text.lower() == "none":
            return 0 if text else None
        if _PULSE.fullmatch(text):
            return int(text)
        self._add(line, "spike_pulse", f"{text!r} is no pulse", "a number from 1, 0 or none for no spike, or empty")
        return None

    def _current(self, line: int, text: str) -> float | None:
        # 20.5 uA, as people and instruments write it, is 20.5uA.
        plain = _SPACED.sub("", text.translate(_MICRO), count=1)
        try:
            value = parse_quantity(plain) if plain else None
        except ValueError:
            comma = _DECIMAL_COMMA.fullmatch(plain)
            remedy = "with a decimal point, not a comma" if comma else "amperes, such as 2.05e-5, 20.5u or 20.5 uA"
            self._add(line, "im_wr_a", f"{text!r} is no current", remedy)
            return None
        if _ATTO.fullmatch(plain):
            self._add(line, "im_wr_a", f"{text!r} would be atto in SPICE", "leave the unit out")
        elif value is not None and not math.isfinite(value):
            self._add(line, "im_wr_a", f"{text!r} is no current", "a finite number of amperes")
        return value

    def _add(self, line: int, column: str, message: str, remedy: str = "") -> None:
        where = f"{self.path}:{line}" + (f": {column}" if column else "")
        self.problems.append(Problem(where, message, remedy))
