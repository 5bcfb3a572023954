"""Responses against what vectors can answer: what cannot be meant is an error, what contradicts itself is said."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path

from faultsim.errors import Problem, SpecError
from faultsim.units import format_quantity
from faultsim.vectors.assemble import INITIAL
from faultsim.vectors.dictionary import Dictionary
from faultsim.vectors.lot import Lot, PartResult, TestResult
from faultsim.vectors.record import SetRecord, VectorRecord

_ROUNDED = 1e-6
"""By how much a reading at a limit may be off, relative: STDF has single precision."""
_OTHER_UNIT = 1000.0
"""A current that is so many times what flows in any good circuit is probably in another unit."""


@dataclass(frozen=True)
class Believed:
    """What is believed of a lot.

    Attributes:
        lot: Every verdict in it fits its value and its pulse.
        warnings: What did not, and what was believed.
    """

    lot: Lot
    warnings: tuple[str, ...]


def believed(path: Path, lot: Lot, record: SetRecord, dictionary: Dictionary) -> Believed:
    """Return what is believed of a lot: a value before a verdict, a verdict before a pulse.

    A result without a verdict is judged by its vector's limits, a failing cycle says on which pulse the spike came, and
    what the lot says of the vector that writes the weights is left out.

    Args:
        path: Of the lot's file, for messages.
        lot: What the file says.
        record: The tester's program: limits and pulses.
        dictionary: All candidates; those that are not in the program have no limits.

    Raises:
        SpecError: It names vectors that there are not, pulses that a vector does not have, or values of the wrong kind.
    """
    check = _Check(path, {vector.name: vector for vector in record.vectors}, dictionary, bool(record.initial))
    parts = tuple(PartResult(part.part_id, tuple(check.results(part))) for part in lot.parts)
    if check.problems:
        raise SpecError(check.problems.values())
    return Believed(replace(lot, parts=parts), (*check.warnings.values(), *check.judged_warning()))


@dataclass
class _Check:
    """A lot while it is checked, with what is wrong so far; an unknown vector is said once."""

    path: Path
    vectors: Mapping[str, VectorRecord]
    dictionary: Dictionary
    writes: bool
    problems: dict[object, Problem] = field(default_factory=dict)
    warnings: dict[object, str] = field(default_factory=dict)
    judged: list[str] = field(default_factory=list)

    def results(self, part: PartResult) -> list[TestResult]:
        """Return what is believed of a part."""
        found = []
        for result in part.results:
            if result.name == INITIAL and self.writes:
                said = f"{INITIAL} writes the weights and has no expected response; it is left out"
                self.warnings.setdefault(INITIAL, f"{self._where(part, result, 'vector')}: {said}")
                continue
            if result.name not in self.dictionary.times_s:
                message = f"{result.name!r} is none of the vectors"
                where = self._where(part, result, "vector")
                self.problems.setdefault(result.name, Problem(where, message, self._known(result.name)))
                continue
            found.append(self._measured(part, result) if self._measures(result) else self._spiked(part, result))
        return found

    def judged_warning(self) -> list[str]:
        """Return what to say of results without a verdict."""
        return [f"{self.path}: no result, so judged by the limits: {', '.join(self.judged)}"] if self.judged else []

    def _measures(self, result: TestResult) -> bool:
        return result.name in self.dictionary.measured

    def _measured(self, part: PartResult, result: TestResult) -> TestResult:
        """Return a measurement whose verdict is that of its value."""
        if result.spike_pulse is not None:
            message = f"{result.name} measures a current; it has no pulse"
            self._refuse(part, result, "spike_pulse", message, "leave it empty; the current is im_wr_a")
            return result
        if result.value is None:
            return result
        largest = max(abs(one.expected) for one in self.dictionary.measured.values())
        shown = format_quantity(result.value, "A")
        if abs(result.value) > _OTHER_UNIT * largest:
            said = f"{result.name} reads {shown}, and no good part more than {format_quantity(largest, 'A')}"
            self._warn(part, result, "im_wr_a", f"{said}; is it in A (20.5 uA is 20.5u)?")
        low, high = self._limits(result)
        if low is None and high is None:
            return result
        inside = (low is None or result.value >= low - _ROUNDED * abs(low)) and (
            high is None or result.value <= high + _ROUNDED * abs(high)
        )
        if result.passed is None:
            self.judged.append(self._short(part, result))
        elif result.passed is not inside:
            ends = " to ".join("" if end is None else format_quantity(end, "A", 6) for end in (low, high))
            said = (
                f"{result.name} {_verb(result.passed)} with {shown}, {'within' if inside else 'outside of'} its limits"
            )
            self._warn(part, result, "im_wr_a", f"{said} {ends}; the value is believed")
        return replace(result, passed=inside)

    def _limits(self, result: TestResult) -> tuple[float | None, float | None]:
        """Return the limits that a tester says it compared with, or the program's."""
        vector = self.vectors.get(result.name)
        if vector is None or result.low is not None or result.high is not None:
            return result.low, result.high
        return vector.limit_low, vector.limit_high

    def _spiked(self, part: PartResult, result: TestResult) -> TestResult:
        """Return a result of a vector that compares the spike; a pulse that contradicts its verdict is left out."""
        if result.value is not None:
            measuring = ", ".join(name for name in self.vectors if name in self.dictionary.measured)
            message = f"{result.name} compares the spike; it measures no current"
            remedy = f"leave it empty; those that measure are {measuring}" if measuring else "leave it empty"
            self._refuse(part, result, "im_wr_a", message, remedy)
            return result
        vector = self.vectors.get(result.name)
        if vector is None:
            return result
        result = _with_pulse(result, vector)
        pulse, pulses = result.spike_pulse, max((pulse for _, pulse, _ in vector.compares), default=0)
        if pulse is None:
            return result
        if pulse > pulses:
            has = f"{result.name} has {pulses} {'pulse' if pulses == 1 else 'pulses'}"
            self._refuse(part, result, "spike_pulse", f"{has}, not {pulse}", "0 or none where no spike came")
            return result
        good = (vector.limit_low or 0) <= (pulse or math.inf) <= (vector.limit_high or math.inf)
        if result.passed is None:
            self.judged.append(self._short(part, result))
            return replace(result, passed=good)
        if result.passed is good:
            return result
        shown = f"with a spike on pulse {pulse}" if pulse else "without a spike"
        said = f"{result.name} {_verb(result.passed)} {shown}, where a good part has {_good(vector)}"
        self._warn(part, result, "spike_pulse", f"{said}; the verdict is believed")
        return replace(result, spike_pulse=None)

    def _known(self, name: str) -> str:
        """Return a remedy that names the nearest vectors, the program's first, and says where all are listed."""
        program, candidates = list(self.vectors), [one for one in self.dictionary.times_s if one not in self.vectors]
        lower = {one.lower(): one for one in (*candidates, *program)}
        same = [lower[name.lower()]] if name.lower() in lower else []
        close = same or get_close_matches(name, program) or get_close_matches(name, candidates)
        meant = [f"did you mean {' or '.join(map(repr, close))}?"] if close else []
        named = " to ".join(dict.fromkeys([*program[:1], *program[-1:]]))
        listed = f"vectors.csv lists the program's, {named}, and matrix.csv {len(candidates)} other candidates"
        return " ".join([*meant, listed])

    def _warn(self, part: PartResult, result: TestResult, column: str, message: str) -> None:
        self.warnings[self._where(part, result, column), message] = f"{self._where(part, result, column)}: {message}"

    def _refuse(self, part: PartResult, result: TestResult, column: str, message: str, remedy: str) -> None:
        where = self._where(part, result, column)
        self.problems[where, message] = Problem(where, message, remedy)

    def _where(self, part: PartResult, result: TestResult, column: str) -> str:
        if result.line is None:
            return f"{self.path}: part {part.part_id}"
        return f"{self.path}:{result.line}: {column}"

    def _short(self, part: PartResult, result: TestResult) -> str:
        return f"{result.name} of part {part.part_id}" if result.line is None else f"line {result.line}"


def _with_pulse(result: TestResult, vector: VectorRecord) -> TestResult:
    """Return a result with the pulse that the output spiked on, where the cycle in which it failed tells it."""
    if result.spike_pulse is not None or result.failing_cycle is None:
        return result
    for cycle, pulse, event in vector.compares:
        if cycle == result.failing_cycle:
            # Low was compared before as well, so that the latch was set just now; high says only that none came.
            return replace(result, spike_pulse=pulse if event == "L" else 0)
    return result


def _verb(passed: bool) -> str:
    return "passes" if passed else "fails"


def _good(vector: VectorRecord) -> str:
    """Say what a good part does under a vector that compares the spike."""
    low = int(vector.limit_low or 1)
    if vector.limit_high is None:
        return "none"
    high = int(vector.limit_high)
    return f"one on pulse {low}" if low == high else f"one on pulse {low} to {high}"
