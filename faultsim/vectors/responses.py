"""Reads what a tester says about parts, as STDF or as a CSV table, for a diagnosis."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
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
        self._check_header(line, names)
        parts: dict[str, list[TestResult]] = {}
        numbers: dict[str, int] = {}
        lines: dict[tuple[str, str], int] = {}
        for line, cells in rows:
            if len(cells) != len(names):
                self._add(line, "", f"has {len(cells)} cells where the header has {len(names)}", "quote separators")
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

    def _check_header(self, line: int, names: list[str]) -> None:
        if not any(names):
            self._add(line, "", "is empty", f"write a header: {', '.join(_COLUMNS)}")
            return
        for name in dict.fromkeys(names):
            if name not in _COLUMNS:
                self._add(line, name, "unknown column", did_you_mean(name, _COLUMNS))
            elif names.count(name) > 1:
                self._add(line, name, "is the name of more than one column")
        for name in _REQUIRED:
            if name not in names:
                self._add(line, name, "is missing")

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
        try:
            value = parse_quantity(text) if text else None
        except ValueError as error:
            self._add(line, "im_wr_a", str(error))
            return None
        if _ATTO.fullmatch(text):
            self._add(line, "im_wr_a", f"{text!r} would be atto in SPICE", "leave the unit out")
        elif value is not None and not math.isfinite(value):
            self._add(line, "im_wr_a", f"{text!r} is no current", "a finite number of amperes")
        return value

    def _add(self, line: int, column: str, message: str, remedy: str = "") -> None:
        where = f"{self.path}:{line}" + (f": {column}" if column else "")
        self.problems.append(Problem(where, message, remedy))
