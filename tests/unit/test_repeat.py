"""The same transient twice: what counts as another outcome."""

from __future__ import annotations

import math

import pytest

from faultsim.spice.expressions import Value
from faultsim.spice.job import Outcome, Status
from faultsim.spice.repeat import differences


@pytest.mark.parametrize(
    ("first", "again", "same"),
    [
        (1e-4, 1e-4 * (1 + 1e-9), True),
        (1e-4, 1e-4 * (1 + 1e-5), False),
        (0.0, 1e-30, False),
        (math.nan, math.nan, True),
        (True, False, False),
        (3, None, False),
        ([0.5, None], [0.5 + 1e-12, None], True),
        ([0.5, None], [0.5, 0.5], False),
        ([0.5], [0.5, 0.5], False),
    ],
)
def test_values_are_the_same_up_to_rounding(first: Value, again: Value, same: bool) -> None:
    found = differences(Outcome(Status.OK, {"a": 1, "b": first}), Outcome(Status.OK, {"a": 1, "b": again}))
    assert [difference.name for difference in found] == ([] if same else ["b"])


def test_an_observable_that_is_gone_or_new_is_a_difference() -> None:
    found = differences(Outcome(Status.OK, {"a": 1}), Outcome(Status.OK, {"b": 2}))
    assert [str(difference) for difference in found] == ["a: now None, was 1", "b: now 2, was None"]


def test_another_status_is_all_that_is_said() -> None:
    found = differences(Outcome(Status.TIMEOUT), Outcome(Status.OK, {"a": 1}))
    assert [str(difference) for difference in found] == ["status: now ok, was timeout"]
    assert differences(Outcome(Status.CONVERGENCE), Outcome(Status.CONVERGENCE)) == []
