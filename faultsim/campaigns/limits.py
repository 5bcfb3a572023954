"""What a response has to be for a test to pass: equal, near the fault-free one, or in a range."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from pydantic import Field

from faultsim.specfile import Quantity, Spec
from faultsim.spice.expressions import Value


class Limits(Protocol):
    """Decides whether a response passes."""

    def passes(self, expected: Value, seen: Value) -> bool:
        """Return whether a test passes with a response, where another one is expected."""

    def share(self, expected: Value) -> float | None:
        """Return how far a measured quantity may fall, relative to the expected one; None where that is no number."""


class LimitsSpec(Spec):
    """Limits of a measured quantity around its fault-free value."""

    relative: Quantity = Field(gt=0)

    def passes(self, expected: Value, seen: Value) -> bool:
        """Return whether a response is near the expected one."""
        measured, centre = number(seen), number(expected)
        if measured is None or centre is None:
            return seen == expected
        return abs(measured - centre) <= self.relative * abs(centre)

    def share(self, expected: Value) -> float | None:
        """Return the limit."""
        return self.relative


@dataclass(frozen=True)
class Range:
    """A range that a response has to be in, ends included; of a spike's pulse infinity is no spike at all.

    Attributes:
        low: Its lower end.
        high: Its upper end.
        never: What a response counts as that is not there, such as the pulse of a spike that does not come.
    """

    low: float
    high: float
    never: float = math.inf

    def passes(self, expected: Value, seen: Value) -> bool:
        """Return whether a response is in the range."""
        value = number(seen)
        return self.low <= (self.never if value is None else value) <= self.high

    def share(self, expected: Value) -> float | None:
        """Return how far the lower end is from the expected value, relative to it."""
        centre = number(expected)
        return None if not centre else abs(1 - self.low / centre)


def passes(limits: Limits | None, expected: Value, seen: Value) -> bool:
    """Return whether a response passes; without limits it has to be equal."""
    return seen == expected if limits is None else limits.passes(expected, seen)


def first_pulse(value: Value | None) -> int:
    """Return the pulse of a first spike, 0 for none."""
    found = number(value)
    return 0 if found is None else int(found)


def number(value: Value | None) -> float | None:
    """Return a value as a number, if it is one."""
    return float(value) if isinstance(value, int | float) else None
