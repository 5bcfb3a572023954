"""The same transient twice: where the second outcome is not the first."""

from __future__ import annotations

import math
from dataclasses import dataclass

from faultsim.spice.expressions import Value
from faultsim.spice.job import Outcome

_TOLERANCE = 1e-6
"""Relative: one machine gives the same digits again, another one may round otherwise."""


@dataclass(frozen=True)
class Difference:
    """What is not the same.

    Attributes:
        name: ``status``, or an observable.
        first: Value at first; None where there was none.
        again: Value now; None where there is none.
    """

    name: str
    first: Value | str
    again: Value | str

    def __str__(self) -> str:
        """Return ``name: now 2, was 1``."""
        return f"{self.name}: now {self.again}, was {self.first}"


def differences(first: Outcome, again: Outcome) -> list[Difference]:
    """Return in what two outcomes of one transient differ, the status before the observables."""
    found = []
    if first.status is not again.status:
        found.append(Difference("status", first.status.value, again.status.value))
    if first.ok and again.ok:
        names = dict.fromkeys((*first.values, *again.values))
        both = ((name, first.values.get(name), again.values.get(name)) for name in names)
        found += [Difference(*one) for one in both if not _same(one[1], one[2])]
    return found


def _same(first: Value, again: Value) -> bool:
    if isinstance(first, list) and isinstance(again, list):
        return len(first) == len(again) and all(map(_same, first, again))
    if isinstance(first, float) and isinstance(again, float):
        return math.isclose(first, again, rel_tol=_TOLERANCE) or (math.isnan(first) and math.isnan(again))
    return first == again
