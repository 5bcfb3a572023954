"""Magnetisation dynamics outside SPICE: the reference that the device subcircuits are checked against."""

from faultsim.magnetics.macrospin import (
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

__all__ = [
    "Drive",
    "FreeLayer",
    "demagnetising_factors",
    "integrate",
    "integrate_to_knots",
    "larmor_frequency_hz",
    "relaxation_time_s",
    "spin_hall_field_a_per_m",
    "spin_transfer_field_a_per_m",
]
