"""Physical constants, from CODATA; scipy's tables are loaded where one is asked for."""

from __future__ import annotations

from functools import cache


@cache
def gamma_mu0_m_per_a_s() -> float:
    """Return the electron's gyromagnetic ratio times the vacuum's permeability: turns a field in A/m into rad/s."""
    from scipy import constants

    return float(constants.physical_constants["electron gyromag. ratio"][0] * constants.mu_0)


@cache
def mu0_h_per_m() -> float:
    """Return the permeability of the vacuum."""
    from scipy import constants

    return float(constants.mu_0)


@cache
def spin_per_charge_wb() -> float:
    """Return half of hbar over the elementary charge: angular momentum of a coulomb of polarised electrons."""
    from scipy import constants

    return float(constants.hbar / (2 * constants.e))


@cache
def electron_charge_c() -> float:
    """Return the elementary charge."""
    from scipy import constants

    return float(constants.e)


@cache
def bohr_magneton_j_per_t() -> float:
    """Return the Bohr magneton."""
    from scipy import constants

    return float(constants.physical_constants["Bohr magneton"][0])


@cache
def boltzmann_j_per_k() -> float:
    """Return Boltzmann's constant."""
    from scipy import constants

    return float(constants.k)
