"""The reference integrator against closed forms, published numbers and symmetries."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import constants

from faultsim.magnetics import (
    Drive,
    FreeLayer,
    demagnetising_factors,
    integrate,
    integrate_to_knots,
    larmor_frequency_hz,
    relaxation_time_s,
    spin_hall_field_a_per_m,
    spin_transfer_field_a_per_m,
)

LAYER = FreeLayer(thickness_m=1.3e-9, ms_a_per_m=1335e3, alpha=0.05, hkz_a_per_m=5e3)
ISOTROPIC = replace(LAYER, hkz_a_per_m=0.0)
UNDAMPED = replace(ISOTROPIC, alpha=0.0)
OBLIQUE = np.array([0.36, 0.48, 0.8])

edge_lengths = st.floats(0.5, 50.0)
vectors = st.tuples(*[st.integers(-100, 100)] * 3).filter(any).map(lambda v: np.array(v) / 100)


def idle(duration_s: float) -> Drive:
    return Drive(np.array([0.0, duration_s]), np.zeros(2))


def angle_to_z_rad(m: np.ndarray) -> np.ndarray:
    return np.arctan2(np.hypot(m[:, 0], m[:, 1]), m[:, 2])


def test_precession_is_counterclockwise_about_the_field_at_the_larmor_frequency() -> None:
    times_s = np.linspace(0, 10e-9, 300)
    layer = replace(UNDAMPED, alpha=0.3)
    m = integrate(layer, OBLIQUE, idle(10e-9), times_s, field_a_per_m=(0, 0, 20e3))
    turns = np.unwrap(np.arctan2(m[:, 1], m[:, 0])) / (2 * math.pi)
    assert turns - turns[0] == pytest.approx(larmor_frequency_hz(20e3, 0.3) * times_s, abs=1e-7)


def test_larmor_frequency_is_28_ghz_per_tesla() -> None:
    assert larmor_frequency_hz(1 / constants.mu_0) == pytest.approx(28.0249514e9, rel=1e-8)


@pytest.mark.parametrize("alpha", [0.005, 0.05, 0.45])
def test_relaxation_to_the_easy_axis_is_exponential_in_the_tangent_of_the_angle(alpha: float) -> None:
    time_constant_s = relaxation_time_s(5e3, alpha)
    times_s = np.linspace(0, 2 * time_constant_s, 20)
    m = integrate(replace(LAYER, alpha=alpha), OBLIQUE, idle(times_s[-1]), times_s)
    assert np.tan(angle_to_z_rad(m)) == pytest.approx(0.75 * np.exp(-times_s / time_constant_s), rel=1e-7)


@pytest.mark.parametrize("alpha", [0.0, 0.05, 0.45])
def test_spin_field_pulls_the_magnetisation_towards_itself(alpha: float) -> None:
    # A spin field alone: the tangent of half the angle decays with gamma mu0 S / (1 + alpha^2), and alpha S precesses.
    spin_a_per_m = 2e3
    times_s = np.linspace(0, 5e-9, 20)
    drive = Drive(np.array([0, 5e-9]), np.ones(2), spin_field_per_amp=(0, 0, spin_a_per_m))
    m = integrate(replace(ISOTROPIC, alpha=alpha), OBLIQUE, drive, times_s)
    phase_rad = 2 * math.pi * larmor_frequency_hz(spin_a_per_m, alpha) * times_s
    expected = math.tan(math.acos(0.8) / 2) * np.exp(-phase_rad)
    assert np.tan(angle_to_z_rad(m) / 2) == pytest.approx(expected, rel=1e-6)
    assert np.unwrap(np.arctan2(m[:, 1], m[:, 0])) == pytest.approx(math.atan2(0.48, 0.36) - alpha * phase_rad)


@pytest.mark.parametrize("pulse_s", [1e-12, 20e-12, 1e-9])
def test_no_pulse_is_stepped_over(pulse_s: float) -> None:
    # Undamped, a field pulse turns m by its area, here a quarter turn, however short it is in 1 us of rest.
    peak_a_per_m = 1 / (4 * larmor_frequency_hz(1.0) * pulse_s)
    times_s = 0.5e-6 + pulse_s * np.array([-1, 0, 0.5, 1.0, 1.5, 2])
    levels = np.array([0, 0, 1, 1, 0, 0])
    drive = Drive(np.array([0, *times_s[1:5], 1e-6]), peak_a_per_m * levels, field_per_amp=(0, 0, 1))
    m = integrate(UNDAMPED, (1, 0, 0), drive, [0.0, times_s[0], times_s[-1], 1e-6])
    assert m == pytest.approx(np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0]]), abs=1e-8)


@settings(max_examples=25, deadline=None)
@given(start=vectors, field=vectors, spin=vectors)
def test_the_magnetisation_keeps_its_length(start: np.ndarray, field: np.ndarray, spin: np.ndarray) -> None:
    m0 = start / np.linalg.norm(start)
    drive = Drive(np.array([0, 1e-9, 3e-9]), np.array([0, 5e3, 0]), spin_field_per_amp=spin, field_per_amp=field)
    m = integrate(replace(LAYER, hky_a_per_m=-2e3), m0, drive, np.linspace(0, 3e-9, 7))
    assert np.linalg.norm(m, axis=1) == pytest.approx(np.ones(7), abs=1e-8)


@settings(max_examples=25, deadline=None)
@given(start=vectors, field=vectors)
def test_the_energy_of_an_undriven_layer_never_rises(start: np.ndarray, field: np.ndarray) -> None:
    m0, field_a_per_m = start / np.linalg.norm(start), 3e3 * field
    layer = replace(LAYER, hky_a_per_m=-8e3)
    m = integrate(layer, m0, idle(5e-9), np.linspace(0, 5e-9, 100), field_a_per_m=field_a_per_m)
    energy = -m @ field_a_per_m - (layer.hky_a_per_m * m[:, 1] ** 2 + layer.hkz_a_per_m * m[:, 2] ** 2) / 2
    assert np.diff(energy).max() < 1e-4


def test_cases_that_run_together_end_where_each_ends_alone() -> None:
    times_s = np.array([[0, 0], [1e-9, 2e-9], [1.5e-9, 4e-9]])
    currents_a = np.array([[0, 0], [1, -2], [0, 1]])
    torque = {"spin_field_per_amp": (0, 4e3, 0), "field_per_amp": (1e3, 0, 0)}
    together = integrate_to_knots(LAYER, OBLIQUE, Drive(times_s, currents_a, **torque), (0, 500.0, 0))
    assert together.shape == (3, 3, 2)
    for case in range(2):
        drive = Drive(times_s[:, case], currents_a[:, case], **torque)
        alone = integrate(LAYER, OBLIQUE, drive, times_s[:, case], (0, 500.0, 0))
        assert together[:, :, case] == pytest.approx(alone, abs=1e-8)


def test_cases_may_start_apart() -> None:
    starts = np.array([[1, 0], [0, 1], [0, 0]])
    quarter_turn_s = 1 / (4 * larmor_frequency_hz(1e3))
    drive = Drive(np.outer([0, quarter_turn_s], [1, 2]), np.zeros((2, 2)))
    end = integrate_to_knots(UNDAMPED, starts, drive, (0, 0, 1e3))[-1]
    assert end == pytest.approx(np.array([[0, 0], [1, -1], [0, 0]]), abs=1e-8)


def test_spin_hall_field_of_the_lats_neuron() -> None:
    # 1188 Oe theta_eff / tf[nm] at 108.44 uA through 45 nm x 5 nm of metal and Ms = 1335 kA/m.
    diffused = 1 - 1 / math.cosh(2.5)
    field_a_per_m = spin_hall_field_a_per_m(108.44e-6 / (45e-9 * 5e-9), LAYER, 0.07, 5e-9, 2e-9, transparency=0.5)
    assert field_a_per_m == pytest.approx(1188 / 1.3 * 0.07 * 0.5 * diffused * 1e3 / (4 * math.pi), rel=1e-3)


def test_spin_transfer_field_carries_half_a_quantum_per_electron() -> None:
    # The field times the areal moment mu0 Ms tf is the spin angular momentum per area and time, P J hbar / (2 e).
    areal_moment = constants.mu_0 * LAYER.ms_a_per_m * LAYER.thickness_m
    electrons_per_m2_s = 1e10 / constants.e
    field_a_per_m = spin_transfer_field_a_per_m(1e10, LAYER, polarisation=0.6)
    assert field_a_per_m * areal_moment == pytest.approx(0.6 * electrons_per_m2_s * constants.hbar / 2)


@given(a=edge_lengths, b=edge_lengths, c=edge_lengths)
def test_demagnetising_factors_add_up_to_one(a: float, b: float, c: float) -> None:
    factors = demagnetising_factors(a, b, c)
    assert sum(factors) == pytest.approx(1, abs=1e-9)
    assert min(factors) > 0


@given(a=edge_lengths, b=edge_lengths, c=edge_lengths)
def test_demagnetising_factors_follow_their_edges(a: float, b: float, c: float) -> None:
    nx, ny, nz = demagnetising_factors(a, b, c)
    assert demagnetising_factors(b, c, a) == pytest.approx((ny, nz, nx), abs=1e-9)
    assert demagnetising_factors(b * 1e-9, a * 1e-9, c * 1e-9) == pytest.approx((ny, nx, nz), abs=1e-9)


@pytest.mark.parametrize(
    ("thickness_nm", "nz", "nx"),
    [(0.45, 0.9660, 0.0170), (0.70, 0.9515, 0.0242), (1.0, 0.9358, 0.0321), (1.3, 0.9213, 0.0394)],
)
def test_demagnetising_factors_of_45_nm_films(thickness_nm: float, nz: float, nx: float) -> None:
    assert demagnetising_factors(45, 45, thickness_nm) == pytest.approx((nx, nx, nz), abs=6e-5)


def test_demagnetising_factors_of_a_cube_and_of_a_long_rod() -> None:
    assert demagnetising_factors(1, 1, 1) == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    assert demagnetising_factors(1, 1, 1e4) == pytest.approx((0.5, 0.5, 0.0), abs=1e-4)


@pytest.mark.parametrize(
    ("times_s", "currents_a", "message"),
    [([0, 1, 1], [0, 0, 1], "must increase"), ([0, 1], [0, 1, 2], "2,.* times but .*3,.* currents")],
)
def test_a_drive_that_makes_no_sense_is_refused(times_s: list, currents_a: list, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Drive(np.array(times_s), np.array(currents_a))


@pytest.mark.parametrize("times_s", [[-1e-12, 1e-9], [0, 1.1e-9]])
def test_times_outside_the_drive_are_refused(times_s: list[float]) -> None:
    with pytest.raises(ValueError, match="within the drive, 0 s to 1e-09 s"):
        integrate(LAYER, OBLIQUE, idle(1e-9), times_s)
