"""What a response has to be for a test to pass."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultsim.campaigns.limits import LimitsSpec, Range, passes
from faultsim.spice.expressions import Value

finite = st.floats(-1e3, 1e3)


@pytest.mark.parametrize(
    ("limits", "expected", "seen", "passing"),
    [
        (None, 3, 3, True),
        (None, 3, None, False),
        (None, True, True, True),
        (LimitsSpec(relative=0.05), 100.0, 104.9, True),
        (LimitsSpec(relative=0.05), 100.0, 94.9, False),
        (LimitsSpec(relative=0.05), -100.0, -104.9, True),
        (LimitsSpec(relative=0.05), 100.0, None, False),
        (LimitsSpec(relative=0.05), None, None, True),
        (Range(2, 4), 3, 2, True),
        (Range(2, 4), 3, 1, False),
        (Range(2, 4), 3, None, False),
        (Range(7, math.inf), None, None, True),
        (Range(7, math.inf), None, 6, False),
        (Range(1e-6, 2e-6, math.nan), 1.5e-6, None, False),
    ],
)
def test_what_passes(limits: LimitsSpec | Range | None, expected: Value, seen: Value, passing: bool) -> None:
    assert passes(limits, expected, seen) is passing


@given(finite.filter(lambda value: abs(value) > 1e-6), st.floats(0.001, 0.5), finite)
def test_relative_limits_are_the_range_around_what_is_expected(expected: float, relative: float, seen: float) -> None:
    ends = sorted(expected * (1 + sign * relative) for sign in (-1, 1))
    if min(abs(seen - end) for end in ends) > 1e-9 * abs(expected):
        assert passes(LimitsSpec(relative=relative), expected, seen) == passes(Range(*ends), expected, seen)


def test_how_far_a_measured_quantity_may_fall() -> None:
    assert LimitsSpec(relative=0.05).share(3.0) == 0.05
    assert Range(90.0, 105.0).share(100.0) == pytest.approx(0.1)
    assert Range(90.0, 105.0).share(None) is None
