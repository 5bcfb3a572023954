"""Waveforms are straight lines between samples, so every answer has a closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from faultsim.spice.waveform import Waveform

levels = st.floats(-10, 10)
shares = st.floats(0.01, 0.99)
curves = st.lists(levels, min_size=2, max_size=12)


def waveform(*values: float) -> Waveform:
    """Return a waveform with a sample per second."""
    return Waveform(np.arange(len(values), dtype=float), np.array(values, dtype=float))


def area(wave: Waveform) -> float:
    return float(np.trapezoid(wave.values, wave.time_s))


@given(levels, levels, shares)
def test_between_two_samples_the_value_lies_on_their_line(first: float, last: float, share: float) -> None:
    assert waveform(first, last).at(np.array([share])) == pytest.approx([first + share * (last - first)], abs=1e-12)


@given(curves, shares, shares)
def test_a_part_starts_and_stops_where_asked_on_the_same_curve(values: list[float], one: float, two: float) -> None:
    wave = waveform(*values)
    start, stop = (share * wave.time_s[-1] for share in sorted((one, two)))
    assume(start < stop)
    part = wave.inside(start, stop)
    assert (part.time_s[0], part.time_s[-1]) == (start, stop)
    assert part.values == pytest.approx(wave.at(part.time_s), abs=0)
    assert set(wave.time_s[(wave.time_s > start) & (wave.time_s < stop)]) == set(part.time_s[1:-1])


@given(curves, shares)
def test_the_areas_of_two_parts_add_up(values: list[float], share: float) -> None:
    wave = waveform(*values)
    end = wave.time_s[-1]
    parts = area(wave.inside(0.0, share * end)) + area(wave.inside(share * end, end))
    assert parts == pytest.approx(area(wave), abs=1e-9)


@given(levels, levels, shares)
def test_a_line_crosses_a_level_where_algebra_says_and_in_its_direction_only(
    first: float, last: float, share: float
) -> None:
    assume(abs(last - first) > 1e-3)
    wave, level = waveform(first, last), first + share * (last - first)
    rising = last > first
    assert wave.crossing_s(level, 0.0, 1.0, rising) == pytest.approx(share, abs=1e-9)
    assert math.isnan(wave.crossing_s(level, 0.0, 1.0, not rising))


@pytest.mark.parametrize("rising", [True, False])
def test_a_crossing_at_a_sample_is_found_there(rising: bool) -> None:
    wave = waveform(0, 1, 2) if rising else waveform(2, 1, 0)
    assert wave.crossing_s(1.0, 0.0, 2.0, rising) == 1.0


def test_of_several_crossings_the_first_counts() -> None:
    assert waveform(0, 2, 0, 2, 0).crossing_s(1.0, 0.0, 4.0, rising=True) == 0.5
    assert waveform(0, 2, 0, 2, 0).crossing_s(1.0, 0.0, 4.0, rising=False) == 1.5


def test_only_a_crossing_inside_the_window_counts() -> None:
    wave = waveform(0, 2, 0, 2, 0)
    assert wave.crossing_s(1.0, 0.75, 4.0, rising=True) == 2.5
    assert math.isnan(wave.crossing_s(1.0, 0.75, 2.25, rising=True))


def test_a_window_that_opens_above_the_level_waits_for_the_next_rise() -> None:
    assert math.isnan(waveform(2, 3).crossing_s(1.0, 0.0, 1.0, rising=True))
    assert waveform(2, 0, 2).crossing_s(1.0, 0.0, 2.0, rising=True) == 1.5


@pytest.mark.parametrize("values", [(0, 0, 0), (1, 1, 1), (0, 1, 0), (0, 0.5, 0)])
def test_a_curve_that_does_not_pass_the_level_never_crosses_it(values: tuple[float, ...]) -> None:
    assert math.isnan(waveform(*values).crossing_s(1.0, 0.0, 2.0, rising=True))


@given(curves, st.floats(1e-4, 0.5))
def test_a_thinned_waveform_is_made_of_its_own_samples_and_stays_close(values: list[float], tolerance: float) -> None:
    wave = waveform(*values)
    thin = wave.thinned(tolerance)
    assert set(zip(thin.time_s, thin.values, strict=True)) <= set(zip(wave.time_s, wave.values, strict=True))
    allowed = tolerance * max(np.ptp(wave.values), 0.01 * np.abs(wave.values).max())
    assert np.abs(thin.at(wave.time_s) - wave.values).max() <= allowed + 1e-12


def test_a_straight_line_is_thinned_to_its_ends() -> None:
    thin = waveform(0.0, 1.0, 2.0, 3.0, 4.0).thinned(1e-3)
    assert thin.values.tolist() == [0.0, 4.0]
