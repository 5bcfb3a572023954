"""The neuron's threshold current, and how one boundary is another one stretched."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultsim.magnetics.batch import Cases, simulate
from faultsim.magnetics.curve import BoundaryCurve
from faultsim.magnetics.layer import Layer, Neuron, Reader
from faultsim.magnetics.threshold import thresholds
from faultsim.magnetics.train import rectangular

FULL_A = 108.44e-6
SPIN_PER_A = 3.640e3 / FULL_A
"""Damping-like field of the lif set's heavy metal, A/m per A; its field-like part is 0.45 of it."""
LIF = Layer(
    alpha=0.45,
    anisotropy_a_per_m=(0.0, 0.0, 636.6),
    metal_spin=(0.0, SPIN_PER_A, 0.0),
    metal_field=(0.0, 0.45 * SPIN_PER_A, 0.0),
    start=(0.0, -0.02436, (1 - 0.02436**2) ** 0.5),
)
NEURON = Neuron(LIF, rectangular(FULL_A, 5, 10e-9, 20e-12, 0.15e-9), Reader(level=0.5))


def test_the_threshold_currents_are_those_of_an_independent_study() -> None:
    # Another integrator, at the paper's three windows: 97.5, 82.7 and 96.8 uA.
    found = thresholds(NEURON, [1e-9, 1.2e-9, 1e-9], [9e-9, 9e-9, 8.9e-9])
    assert found.drive * FULL_A == pytest.approx([97.5e-6, 82.7e-6, 96.8e-6], rel=5e-3)
    assert found.monotone.all()


@settings(max_examples=20, deadline=None)
@given(integrate_ns=st.floats(0.3, 2.0), leaky_ns=st.floats(3.0, 14.0), pulses=st.integers(1, 6))
def test_just_above_the_threshold_it_spikes_and_just_below_it_does_not(
    integrate_ns: float, leaky_ns: float, pulses: int
) -> None:
    neuron = replace(NEURON, train=rectangular(FULL_A, pulses, 10e-9, 20e-12, 0.15e-9))
    windows = integrate_ns * 1e-9, leaky_ns * 1e-9
    drive = float(thresholds(neuron, *windows).drive)
    below, above = simulate([neuron], Cases.of(0, *windows, np.array([drive * (1 - 3e-5), drive]))).fired > 0
    assert (below, above) == (False, True)


def test_a_neuron_that_nothing_fires_has_no_threshold() -> None:
    dead = replace(NEURON, reader=Reader(level=-np.inf))
    assert np.isnan(thresholds(dead, 1e-9, 9e-9).drive)


def test_more_pulses_and_longer_integrate_windows_need_less_current() -> None:
    windows = np.linspace(0.5e-9, 1.5e-9, 6)
    drives = [
        thresholds(replace(NEURON, train=rectangular(FULL_A, pulses, 10e-9, 20e-12, 0.15e-9)), windows, 6e-9).drive
        for pulses in (1, 2, 4)
    ]
    assert (np.diff(drives, axis=0) < 0).all()
    assert (np.diff(drives, axis=1) < 0).all()


def test_a_precessing_neuron_is_told_to_have_no_simple_threshold() -> None:
    precessing = replace(LIF, alpha=0.0047, anisotropy_a_per_m=(0.0, 0.0, 6246.8), metal_field=(0.0, 0.0, 0.0))
    neuron = replace(NEURON, layer=precessing, reader=Reader(level=0.3))
    found = thresholds(neuron, 1e-9, np.linspace(3e-9, 14e-9, 40))
    assert not found.monotone.all()


LEAKY_S = np.geomspace(1e-9, 40e-9, 60)
CURVE = BoundaryCurve(LEAKY_S, 0.3e-9 * (1 + LEAKY_S / 4e-9 + (LEAKY_S / 12e-9) ** 2))


@given(gain=st.floats(0.4, 2.5), time=st.floats(0.5, 2.0))
def test_a_stretched_boundary_gives_its_stretch_back(gain: float, time: float) -> None:
    points = [(float(np.interp(leaky / time, LEAKY_S, CURVE.integrate_s)) / gain, leaky) for leaky in (3e-9, 9e-9)]
    found = CURVE.stretch(*points)
    assert found is not None
    assert (found.gain, found.time) == pytest.approx((gain, time), rel=1e-2)


def test_a_boundary_that_falls_with_the_leaky_window_is_no_stretched_one() -> None:
    assert CURVE.stretch((1e-9, 3e-9), (0.8e-9, 9e-9)) is None
