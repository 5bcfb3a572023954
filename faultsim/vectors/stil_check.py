"""Collects everything that is wrong with a STIL file, and reads the expressions in it."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from fractions import Fraction
from pathlib import Path

from faultsim.errors import Problem, SpecError, did_you_mean
from faultsim.units import number_of

_EXPONENTS = {"": 0, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15}
_FS_PER_S = 10**15
# Times that nobody writes are no times, so that a number of a million digits is not computed with.
_TIME = re.compile(r"\s*(\d{1,30}(?:\.\d{0,30})?)([munpf]?)s\s*", re.ASCII)
_QUANTITY = re.compile(r"\s*([+-]?\d+(?:\.\d*)?)(?:[eE]([+-]?\d{1,3}))?([munpf]?)([sV]?)\s*", re.ASCII)
_SUMMAND = re.compile(r'\s*(?:"([^"]+)"|([A-Za-z_]\w*))\s*(\+|\Z)', re.ASCII)


class Report:
    """What is wrong with one file, to be raised all at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: list[tuple[int, str, str]] = []

    def add(self, line: int, message: str, remedy: str = "") -> None:
        """Note what is wrong on a line."""
        self._found.append((line, message, remedy))

    def where(self, line: int) -> str:
        """Return a line of the file, for messages."""
        return f"{self._path}:{line}"

    def known(self, line: int, what: str, name: str, names: Collection[str]) -> bool:
        """Return whether a name is among those that are defined, and note it where it is not.

        Where none is defined, the block that defines them is missing or wrong, which is noted itself.
        """
        if names and name not in names:
            self.add(line, f"{what} {name} is not defined", did_you_mean(name, names))
        return name in names

    def stop(self) -> None:
        """Raise what was noted, by line, if there is anything; the same on several lines once, on the first of them.

        Raises:
            SpecError: Everything that is wrong.
        """
        lines: dict[tuple[str, str], list[int]] = {}
        for line, message, remedy in sorted(self._found, key=lambda item: item[0]):
            lines.setdefault((message, remedy), []).append(line)
        if lines:
            raise SpecError(self._problem(*said, those) for said, those in lines.items())

    def _problem(self, message: str, remedy: str, lines: list[int]) -> Problem:
        more = len(set(lines)) - 1
        also = f"; the same on {number_of(more, 'more line')}, up to {lines[-1]}" if more else ""
        return Problem(self.where(lines[0]), message + also, remedy)


def time_fs(text: str, line: int, report: Report) -> int | None:
    """Return a time such as ``1.25ns`` in fs, or note why it is none."""
    match = _TIME.fullmatch(text)
    if match is None:
        report.add(line, f"'{text}' is not a time", "write a number with s, ms, us, ns, ps or fs, such as '1.25ns'")
        return None
    found = Fraction(match[1]) * Fraction(10) ** _EXPONENTS[match[2]] * _FS_PER_S
    if found.denominator != 1:
        report.add(line, f"'{text}' is not a whole number of femtoseconds")
        return None
    return int(found)


def quantity(name: str, text: str, line: int, report: Report) -> float | None:
    """Return the SI value of a variable, such as ``1.1`` or ``20ps``, or note why it is none.

    The end of the name says which unit the value may have; without such an end it may have any.
    """
    units = "s" if name.endswith("_s") else "V" if name.endswith("_v") or name.startswith("high_") else "sV"
    return _value(name, text, units, line, report)


def volts(name: str, text: str, line: int, report: Report) -> float | None:
    """Return a voltage, such as ``1.1V``, or note why it is none."""
    return _value(name, text, "V", line, report)


def _value(name: str, text: str, units: str, line: int, report: Report) -> float | None:
    match = _QUANTITY.fullmatch(text)
    if match is None or (match[3] and not match[4]) or match[4] not in units:
        report.add(line, f"{name} = '{text}' is not a value", f"write a number, in {' or '.join(units)}")
        return None
    value = float(f"{match[1]}e{int(match[2] or 0) + _EXPONENTS[match[3]]}")
    if not math.isfinite(value):
        report.add(line, f"{name} = '{text}' is not finite")
        return None
    return value


def references_in(text: str, line: int, report: Report) -> list[str]:
    """Return the names in a sum such as ``in1+"in[2]"``, or note that it is none."""
    names: list[str] = []
    at = 0
    while match := _SUMMAND.match(text, at):
        names.append(match[1] or match[2])
        at = match.end()
        if not match[3]:
            return names
    report.add(line, f"'{text}' is not a sum of signals", "write names with + between them")
    return []
