"""Reference integrator for the macrospin Landau-Lifshitz-Gilbert equation.

It integrates the Gilbert equation by an 8th-order Runge-Kutta method, far more accurately than a SPICE transient, so
that the SPICE subcircuits of the same equation can be checked against it. Fields are in A/m, the magnetisation m is a
unit vector (x, y, z), and x is the direction of a positive heavy-metal current.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from faultsim.magnetics.physical import gamma_mu0_m_per_a_s, mu0_h_per_m, spin_per_charge_wb

Floats = NDArray[np.float64]
Vector = tuple[float, float, float]

NO_FIELD: Vector = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class FreeLayer:
    """A single-domain layer; its effective anisotropy fields have the demagnetisation already inside."""

    thickness_m: float
    ms_a_per_m: float
    alpha: float
    hkz_a_per_m: float = 0.0
    hky_a_per_m: float = 0.0


@dataclass(frozen=True, eq=False)
class Drive:
    """A piecewise-linear current and what one ampere of it does to the magnetisation.

    Attributes:
        times_s: Knots, strictly increasing, shape (K,), or (K, N) for N cases that run together.
        currents_a: Current at each knot, same shape.
        spin_field_per_amp: Damping-like spin field S, A/m per A: the torque pulls m towards S.
        field_per_amp: Field, A/m per A (Oersted, or the field-like part of a spin torque): m precesses about it.
    """

    times_s: Floats
    currents_a: Floats
    spin_field_per_amp: Vector = NO_FIELD
    field_per_amp: Vector = NO_FIELD

    def __post_init__(self) -> None:
        if np.shape(self.times_s) != np.shape(self.currents_a):
            raise ValueError(f"{np.shape(self.times_s)} times but {np.shape(self.currents_a)} currents in a drive")
        if not np.all(np.diff(self.times_s, axis=0) > 0):
            raise ValueError("the times of a drive must increase")


def spin_transfer_field_a_per_m(current_density_a_per_m2: float, layer: FreeLayer, polarisation: float) -> float:
    """Damping-like field of a spin current, hbar P J / (2 e mu0 Ms tf): Slonczewski, JMMM 159 (1996) L1."""
    areal_moment_wb_per_m = mu0_h_per_m() * layer.ms_a_per_m * layer.thickness_m
    return spin_per_charge_wb() * polarisation * current_density_a_per_m2 / areal_moment_wb_per_m


def spin_hall_field_a_per_m(
    current_density_a_per_m2: float,
    layer: FreeLayer,
    spin_hall_angle: float,
    metal_thickness_m: float,
    diffusion_length_m: float,
    transparency: float = 1.0,
) -> float:
    """Damping-like field, along y, of a heavy-metal current along x: Liu et al., PRL 106 (2011) 036601.

    The spin current is theta (1 - sech(t / lambda)) of the charge current, times the transparency of the interface.
    """
    accumulated = 1 - 1 / math.cosh(metal_thickness_m / diffusion_length_m)
    return spin_transfer_field_a_per_m(current_density_a_per_m2, layer, spin_hall_angle * accumulated * transparency)


def larmor_frequency_hz(field_a_per_m: float, alpha: float = 0.0) -> float:
    """Frequency of the precession about a field: gamma mu0 H / (2 pi (1 + alpha^2))."""
    return gamma_mu0_m_per_a_s() * field_a_per_m / (2 * math.pi * (1 + alpha**2))


def relaxation_time_s(field_a_per_m: float, alpha: float) -> float:
    """Time constant of the return to a field or an easy axis: (1 + alpha^2) / (alpha gamma mu0 H)."""
    return (1 + alpha**2) / (alpha * gamma_mu0_m_per_a_s() * field_a_per_m)


def demagnetising_factors(length_m: float, width_m: float, thickness_m: float) -> Vector:
    """Demagnetising factors (Nx, Ny, Nz) of a rectangular prism: Aharoni, J. Appl. Phys. 83 (1998) 3432, eq. 1."""
    x, y, z = length_m, width_m, thickness_m
    return _demag_along_last(y, z, x), _demag_along_last(z, x, y), _demag_along_last(x, y, z)


def _demag_along_last(a: float, b: float, c: float) -> float:
    ab, bc, ca, abc = math.hypot(a, b), math.hypot(b, c), math.hypot(c, a), math.hypot(a, b, c)
    # Aharoni's ln((r + a) / (r - a)) is 2 arsinh(a / sqrt(r^2 - a^2)); r - a would cancel where a is the long edge.
    logarithms = (c**2 - b**2) / (b * c) * math.asinh(a / bc) + (c**2 - a**2) / (a * c) * math.asinh(b / ca)
    logarithms += b / c * math.asinh(a / b) + a / c * math.asinh(b / a)
    logarithms -= c / a * math.asinh(b / c) + c / b * math.asinh(a / c)
    cubes = a**3 + b**3 - 2 * c**3 + (a**2 + b**2 - 2 * c**2) * abc - ab**3 - bc**3 - ca**3
    rest = 2 * math.atan(a * b / (c * abc)) + cubes / (3 * a * b * c) + c * (ca + bc) / (a * b)
    return (logarithms + rest) / math.pi


def integrate(
    layer: FreeLayer, m0: ArrayLike, drive: Drive, t_eval_s: ArrayLike, field_a_per_m: Vector = NO_FIELD
) -> Floats:
    """Integrate one case.

    Args:
        layer: The free layer.
        m0: Unit magnetisation at the drive's first knot, shape (3,).
        drive: One current, knots of shape (K,).
        t_eval_s: Times within the drive, shape (T,).
        field_a_per_m: Constant applied field.

    Returns:
        The magnetisation at `t_eval_s`, shape (T, 3).

    Raises:
        ValueError: A time lies outside the drive.
    """
    knots, times = np.asarray(drive.times_s), np.asarray(t_eval_s)
    if times.min() < knots[0] or times.max() > knots[-1]:
        raise ValueError(f"times must lie within the drive, {knots[0]:g} s to {knots[-1]:g} s")
    segment = np.clip(np.searchsorted(knots, times, side="right") - 1, 0, knots.size - 2)
    m, magnetisation = np.array(m0, dtype=float), np.empty((times.size, 3))
    for k, duration_s in enumerate(np.diff(knots)):
        solution = _cross_segment(layer, m, drive, k, field_a_per_m, dense_output=True)
        wanted = segment == k
        if wanted.any():
            magnetisation[wanted] = solution.sol((times[wanted] - knots[k]) / duration_s).T
        m = solution.y[:, -1]
    return magnetisation


def integrate_to_knots(layer: FreeLayer, m0: ArrayLike, drive: Drive, field_a_per_m: Vector = NO_FIELD) -> Floats:
    """Integrate N cases together, each over its own knots.

    Args:
        layer: The free layer, the same for all cases.
        m0: Unit magnetisation at the first knot, shape (3,) for all cases or (3, N).
        drive: N currents, knots of shape (K, N).
        field_a_per_m: Constant applied field.

    Returns:
        The magnetisation at the knots, shape (K, 3, N).
    """
    knot_count, case_count = np.shape(drive.times_s)
    states = np.empty((knot_count, 3, case_count))
    states[0] = np.reshape(m0, (3, -1))
    for k in range(knot_count - 1):
        states[k + 1] = _cross_segment(layer, states[k], drive, k, field_a_per_m).y[:, -1].reshape(3, case_count)
    return states


def _cross_segment(
    layer: FreeLayer, m: Floats, drive: Drive, k: int, field_a_per_m: Vector, dense_output: bool = False
) -> Any:
    """Integrate from knot k to the next, in units of the segment, so that cases with different knots run together."""
    # Loaded where it is needed, as numba is: most runs integrate nothing here.
    from scipy.integrate import solve_ivp

    (start_s, stop_s), (start_a, stop_a) = drive.times_s[k : k + 2], drive.currents_a[k : k + 2]
    vectors = (field_a_per_m, (0, layer.hky_a_per_m, layer.hkz_a_per_m), drive.field_per_amp, drive.spin_field_per_amp)
    applied, anisotropy, field_per_amp, spin_field_per_amp = np.array(vectors, dtype=float)[:, :, np.newaxis]

    def rate(fraction: float, flat_m: Floats) -> Floats:
        m, current_a = flat_m.reshape(3, -1), start_a + fraction * (stop_a - start_a)
        field = applied + anisotropy * m + field_per_amp * current_a
        return ((stop_s - start_s) * _gilbert_rate(m, field, spin_field_per_amp * current_a, layer.alpha)).ravel()

    solution = solve_ivp(rate, (0, 1), m.ravel(), "DOP853", dense_output=dense_output, rtol=1e-10, atol=1e-12)
    if not solution.success:
        raise RuntimeError(f"segment {k} of the drive: {solution.message}")
    return solution


def _gilbert_rate(m: Floats, field: Floats, spin_field: Floats, alpha: float) -> Floats:
    """Solve dm/dt = T + alpha m x dm/dt with T = -gamma mu0 m x (H + m x S); arrays of shape (3, N).

    T is perpendicular to m, so m x (m x dm/dt) = -dm/dt, and (1 + alpha m x) applied to both sides isolates dm/dt.
    """
    torque = -gamma_mu0_m_per_a_s() * np.cross(m, field + np.cross(m, spin_field, axis=0), axis=0)
    return (torque + alpha * np.cross(m, torque, axis=0)) / (1 + alpha**2)
