"""A junction with two states that switches at random: the law that circuits/devices/stt_two_state.cir follows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from faultsim.magnetics.physical import (
    bohr_magneton_j_per_t,
    boltzmann_j_per_k,
    electron_charge_c,
    gamma_mu0_m_per_a_s,
    mu0_h_per_m,
)

FloatArray = NDArray[np.float64]
_EULER = float(np.euler_gamma)


@dataclass(frozen=True)
class TwoStateJunction:
    """A perpendicular spin-transfer-torque junction, parallel or antiparallel.

    Bias is the voltage from the free to the fixed layer: positive drives antiparallel to parallel. Below the critical
    current switching is thermally activated (Neel-Brown), above it the mean delay is Sun's (PRB 62 (2000) 570); the
    delay is exponentially distributed in both. Forms as in Zhang et al., IEEE Trans. Electron Devices 62 (2015) 2048.

    Attributes:
        radius_m: Radius of the free layer.
        thickness_m: Its thickness.
        saturation_a_per_m: Its saturation magnetisation.
        anisotropy_a_per_m: Its out-of-plane anisotropy field.
        damping: Gilbert damping.
        polarisation: Spin polarisation of the current.
        ra_ohm_m2: Resistance-area product, parallel.
        tmr: Relative change of the resistance, without bias.
        half_tmr_v: Bias at which that has fallen to one half.
        temperature_k: Temperature.
        attempt_s: Attempt time.
        least_v_antiparallel: Bias from which on it may leave the antiparallel state.
        least_v_parallel: Bias, the other way, from which on it may leave the parallel state.
        activated_below: Share of the critical current up to which Neel-Brown holds.
    """

    radius_m: float
    thickness_m: float
    saturation_a_per_m: float
    anisotropy_a_per_m: float
    damping: float
    polarisation: float
    ra_ohm_m2: float
    tmr: float
    half_tmr_v: float
    temperature_k: float
    attempt_s: float
    least_v_antiparallel: float
    least_v_parallel: float
    activated_below: float

    @classmethod
    def of_deck(cls, parameters: Mapping[str, float]) -> TwoStateJunction:
        """Return the junction with the parameters that its subcircuit has in a deck.

        Raises:
            KeyError: One of them is missing.
        """
        names = ("r", "tf", "ms", "hkz", "alpha", "pol", "ra", "tmr", "vh", "tk", "tau0", "vap", "vp", "below")
        return cls(*(parameters[name] for name in names))

    @cached_property
    def area_m2(self) -> float:
        """Area of the junction."""
        return math.pi * self.radius_m**2

    @cached_property
    def moment_a_m2(self) -> float:
        """Magnetic moment of the free layer."""
        return self.saturation_a_per_m * self.area_m2 * self.thickness_m

    @cached_property
    def stability(self) -> float:
        """Energy barrier between the states, in kT."""
        barrier_j = mu0_h_per_m() * self.moment_a_m2 * self.anisotropy_a_per_m / 2
        return barrier_j / (boltzmann_j_per_k() * self.temperature_k)

    @cached_property
    def critical_current_a(self) -> float:
        """Critical current, with the efficiency that belongs to the TMR."""
        efficiency = math.sqrt(self.tmr * (self.tmr + 2)) / (2 * (self.tmr + 1))
        rate = self.damping * gamma_mu0_m_per_a_s() * self.anisotropy_a_per_m
        return rate * electron_charge_c() * self.moment_a_m2 / (bohr_magneton_j_per_t() * efficiency)

    def conductance_s(self, bias_v: ArrayLike, parallel: ArrayLike) -> FloatArray:
        """Return the conductance at a bias in a state, S."""
        bias, state = np.asarray(bias_v, dtype=float), np.asarray(parallel, dtype=float)
        lost = self.tmr / (1 + self.tmr + (bias / self.half_tmr_v) ** 2)
        return self.area_m2 / self.ra_ohm_m2 * (1 - (1 - state) * lost)

    def hazard_per_s(self, bias_v: ArrayLike) -> FloatArray:
        """Return the rate at which a bias makes the junction leave the state that it drives it out of, 1/s."""
        bias = np.asarray(bias_v, dtype=float)
        active = np.where(bias > 0, bias > self.least_v_antiparallel, -bias > self.least_v_parallel)
        share = np.abs(bias) * self.conductance_s(bias, bias < 0) / self.critical_current_a
        activated = np.exp(-self.stability * (1 - np.minimum(share, self.activated_below))) / self.attempt_s
        return np.where(active, activated + np.maximum(share - 1, 0) / self.sun_s, 0.0)

    @cached_property
    def sun_s(self) -> float:
        """Mean delay at twice the critical current, by Sun."""
        angles = _EULER + math.log(math.pi**2 * self.stability / 4)
        carried = electron_charge_c() * self.moment_a_m2 * (1 + self.polarisation**2)
        return angles * carried / (2 * bohr_magneton_j_per_t() * self.polarisation * self.critical_current_a)

    def switching_probability(self, bias_v: ArrayLike, width_s: ArrayLike, redraw_s: float = 0.0) -> FloatArray:
        """Return how likely a pulse makes the junction leave the state that it drives it out of.

        Args:
            bias_v: Height of the pulse.
            width_s: Its length.
            redraw_s: 0 for the law itself. Or the time step in which the published model draws a delay anew: the
                hazard rate then grows with the time that the pulse has lasted.
        """
        width = np.asarray(width_s, dtype=float)
        lasted = width**2 / (2 * redraw_s) if redraw_s else width
        return -np.expm1(-self.hazard_per_s(bias_v) * lasted)
