"""What testers answer: the parts of a lot, with the outcome of every test."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True)
class TestResult:
    """One test of one part: functional, or a measurement with limits.

    Attributes:
        number: Of the test, from 1; the same in all parts.
        name: Of the vector.
        passed: None where the test was not executed, or gave a value but no verdict.
        value: What was measured; None for a functional test, and where nothing usable was measured.
        low: Smallest value that passes, in the unit of the value; None for no limit.
        high: Largest value that passes.
        unit: Of value and limits, without a prefix: ``A``.
        failing_cycle: Of a functional test that failed, the first cycle that did.
        spike_pulse: Input pulse at which the output spiked, 0 where it did not; None where the tester does not say.
        line: Of the table that says so; None for STDF. Two results are equal wherever they were read.
    """

    number: int
    name: str
    passed: bool | None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    failing_cycle: int | None = None
    spike_pulse: int | None = None
    line: int | None = field(default=None, compare=False)

    # Its name alone would make pytest collect it wherever it is imported.
    __test__: ClassVar[bool] = False

    @property
    def measured(self) -> bool:
        """Return whether it is a measurement, executed or not."""
        return bool(self.unit) or any(number is not None for number in (self.value, self.low, self.high))


@dataclass(frozen=True)
class PartResult:
    """One part, with its tests in the order in which they ran."""

    part_id: str
    results: tuple[TestResult, ...]

    @property
    def passed(self) -> bool | None:
        """Return False if a test failed, True if none failed and some passed, None if there is no verdict at all."""
        verdicts = {result.passed for result in self.results} - {None}
        return all(verdicts) if verdicts else None


@dataclass(frozen=True)
class Lot:
    """Parts that were tested with one program."""

    lot_id: str
    part_type: str
    program: str
    parts: tuple[PartResult, ...]
