"""Sweeps of a current over severities: what they say between their points, and when transients contradict them."""

from __future__ import annotations

import math

import pytest

from faultsim.campaigns.grid import Grid
from faultsim.vectors.curves import Curves

GRID = Grid(10, 1e6, 10**0.1)
FALLING = Grid(10, 1e6, 10**0.1, falling=True)
KEY = ("1111", 1.1, "it")
CURVES = Curves({"it": (10.0, 1e3, 1e5), "mild first": (1e5, 1e3, 10.0)}, {KEY: (1.0, 0.8, 0.2)})


def test_a_share_is_read_off_on_a_logarithmic_scale_in_either_direction() -> None:
    assert CURVES.share(*KEY, 10, GRID) == pytest.approx(0.9)
    falling = Curves(CURVES.severities, {("1111", 1.1, "mild first"): (1.0, 0.8, 0.2)})
    assert falling.share("1111", 1.1, "mild first", 20, FALLING) == pytest.approx(0.9)
    assert math.isnan(CURVES.share("0000", 1.1, "it", 10, GRID))


@pytest.mark.parametrize(("severity", "share", "agrees"), [
    (1e3, 0.8, True),
    (100, 0.85, True),
    (100, 0.7, False),
    (1e5, 0.2, True),
    (1e5, 0.9, False),
    (1e5, 0.75, False),
    (10, 1.005, True),
    (10, 1.1, False),
])  # fmt: skip
def test_a_transient_has_to_be_between_the_points_around_it(severity: float, share: float, agrees: bool) -> None:
    assert CURVES.agree(*KEY, [(severity, share)]) is agrees


def test_a_sweep_with_a_hole_is_not_known_and_what_misleads_is_left_out() -> None:
    assert CURVES.known(*KEY)
    assert not CURVES.known("1111", 0.9, "it")
    assert not Curves(CURVES.severities, {KEY: (1.0, math.nan, 0.2)}).known(*KEY)
    assert CURVES.without({"it"}).shares == {}
    assert CURVES.without({"other"}).shares == CURVES.shares
