"""Corners of pulses: in ngspice's order whatever lies between two of them, and high wherever a pulse is."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from faultsim.circuits.stimulus import pulse_points

EDGE_S = 20e-12
widths = st.floats(1.5 * EDGE_S, 5e-9)
gaps = st.one_of(st.just(0.0), st.just(EDGE_S), st.floats(0.0, 3 * EDGE_S), st.floats(0.0, 5e-9))


@given(st.lists(st.tuples(gaps, widths), min_size=1, max_size=6))
def test_times_rise_and_the_level_is_high_in_every_pulse(pulses: list[tuple[float, float]]) -> None:
    spans, at = [], EDGE_S
    for gap, width in pulses:
        spans.append((at + gap, at + gap + width))
        at += gap + width
    times, levels = np.transpose(pulse_points(spans, EDGE_S, 1.0))
    assert (np.diff(times) > 0).all()
    for start, stop in spans:
        inside = np.linspace(start + EDGE_S / 2, stop - EDGE_S / 2, 7)
        np.testing.assert_allclose(np.interp(inside, times, levels), 1.0, atol=1e-6)


def test_pulses_that_touch_are_one_and_others_are_not() -> None:
    assert len(pulse_points([(1e-9, 2e-9), (2e-9, 3e-9)], EDGE_S, 1.0)) == 5
    assert len(pulse_points([(1e-9, 2e-9), (2.1e-9, 3e-9)], EDGE_S, 1.0)) == 9
