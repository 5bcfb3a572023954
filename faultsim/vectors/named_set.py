"""A set of vectors as it is written: each vector with its name, and what it covers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from faultsim.fault_models.defect import Defect
from faultsim.units import format_quantity
from faultsim.vectors.assemble import Assembler, vector_name
from faultsim.vectors.check import Check
from faultsim.vectors.probe import Certificate
from faultsim.vectors.program import TestProgram
from faultsim.vectors.vector_set import VectorSet


class Covered(NamedTuple):
    """A defect that a vector sees, and from which severity on; the sign says on which side of it."""

    defect_id: str
    sign: str
    severity: float | None
    unit: str

    @property
    def exact(self) -> str:
        """To the last digit, for programs."""
        return f"{self.defect_id}{self.sign}{self.severity!r}"

    @property
    def words(self) -> str:
        """For people."""
        at = "?" if self.severity is None else format_quantity(self.severity, self.unit)
        return f"{self.defect_id}{self.sign}{at}"


PURPOSES = ("detection", "diagnosis")
"""What a vector is for; vectors are applied in this order."""


@dataclass(frozen=True)
class NamedSet:
    """A set whose vectors have names.

    Attributes:
        vectors: The set.
    """

    vectors: VectorSet

    @property
    def numbered(self) -> list[tuple[str, Check]]:
        """The vectors with their names."""
        return [(vector_name(number), check) for number, check in enumerate(self.vectors.checks, start=1)]

    @cached_property
    def program(self) -> TestProgram:
        """What the tester is told."""
        subject = self.vectors.subject
        assembler = Assembler(subject.network, subject.tester, subject.space.rest)
        names = ", ".join(plan.name for plan in subject.plans)
        title = f"{subject.network.name}: {names}, tester {subject.tester.name}"
        return assembler.program(title, self.vectors.checks, [list(self.comments(*pair)) for pair in self.numbered])

    def time_s(self, check: Check) -> float:
        """Return how long a vector takes."""
        subject = self.vectors.subject
        return float(f"{check.time_s(subject.tester, subject.space.rest):.12g}")

    def counts(self, defect: Defect, found: Certificate) -> bool:
        """Return whether a certificate covers a defect: from the demanded severity on it is seen."""
        first = found.seen.first
        return first is not None and first <= self.vectors.matrix.demanded[defect.id]

    def purpose(self, check: Check) -> str:
        """Return what a vector is for."""
        return PURPOSES[check in self.vectors.extras]

    def covers(self, check: Check) -> Iterator[Covered]:
        """Yield what a vector covers, with the severity from which on it is seen."""
        for defect in self.vectors.matrix.defects:
            found = self.vectors.certificates.get((check.id, defect.id))
            if found is not None and self.counts(defect, found):
                sign = "<=" if self.vectors.matrix.grids[defect.id].falling else ">="
                for identity in (defect.id, *self.vectors.subject.equals[defect.id]):
                    yield Covered(identity, sign, found.fails_at, defect.unit)

    def comments(self, name: str, check: Check) -> Iterator[str]:
        """Yield what people should read with a vector."""
        yield f"{name}, {self.purpose(check)}: {check.id}"
        low, high = check.limits.low, check.limits.high
        if check.candidate.measures:
            ends = " to ".join(format_quantity(end, "A", 6) for end in (low, high))
            yield f"measure {check.candidate.observable} where the trigger rises: {ends} (limits.csv)"
        elif check.silent:
            yield f"no spike in {check.candidate.stimulus.spec.pulses} windows"
        else:
            yield f"the first spike in window {low:g} to {high:g}"
        for covered in self.covers(check):
            yield f"covers {covered.words}"


def finite(value: float | None) -> float | None:
    """Return a number that JSON and CSV can say; None for what is infinite or nothing."""
    return value if value is not None and math.isfinite(value) else None
