"""What a good circuit may measure: the declared tolerances, each at its ends and all of them together."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from faultsim.campaigns.examiner import Signature
from faultsim.circuits.network import Network
from faultsim.circuits.process import ToleranceSpec
from faultsim.circuits.variant import Corner
from faultsim.fault_models.behaviour import Band

NOMINAL: Mapping[str, float] = {
    "integration_gain": 1.0,
    "leak_retention": 1.0,
    "phase_advance_rad": 0.0,
    "level_shift": 0.0,
    "integrate_ratio": 1.0,
    "leak_ratio": 1.0,
}
"""The quantities that have a band, and what the nominal circuit measures of each."""

_TOGETHER = ("integration_gain", "leak_retention", "integrate_ratio", "leak_ratio")
"""The quantities for which the tolerances are combined as well."""

Measure = Callable[[Corner], Signature]
Run = Callable[[Measure, Iterable[Corner]], Iterable[Signature]]
"""A map over corners that may run several at a time, such as a thread pool's."""


@dataclass(frozen=True)
class BandRow:
    """The band of one quantity, and what makes it.

    Attributes:
        quantity: Its name.
        low: Smallest value of a good circuit; minus infinity where some good circuit has none.
        high: Largest value.
        root_sum_low: Root of the sum of squares of the deviations downwards.
        root_sum_high: The same upwards.
        together_low: Value where all tolerances move in their most probable direction downwards; None where it has none
            there, the nominal value where they are not combined for it.
        together_high: The same upwards.
        largest: The tolerance that moves it most.
    """

    quantity: str
    low: float
    high: float
    root_sum_low: float
    root_sum_high: float
    together_low: float | None
    together_high: float | None
    largest: str

    @property
    def band(self) -> Band:
        """Return the band."""
        return Band(self.low, self.high)


def end_corners(network: Network) -> list[Corner]:
    """Return each tolerance at its low end, then at its high end."""
    return [_corner(f"{name}:{end}", [(spec, at)]) for name, spec in _specs(network) for end, at in _ENDS.items()]


def bands(network: Network, measured: Measure, run: Run) -> list[BandRow]:
    """Measure the bands of a circuit.

    Args:
        network: Declares the tolerances.
        measured: Measures a good circuit at a corner.
        run: Maps over corners.
    """
    ends = list(run(measured, end_corners(network)))
    names = [name for name, _ in _specs(network)]
    moved = {
        quantity: [_deviations(quantity, ends[2 * place : 2 * place + 2]) for place in range(len(names))]
        for quantity in NOMINAL
    }
    directions = {quantity: _direction(rows) for quantity, rows in moved.items()}
    asked = [(quantity, sign) for quantity in _TOGETHER if directions[quantity] for sign in (-1.0, 1.0)]
    corners = [_together(network, quantity, sign, directions[quantity]) for quantity, sign in asked]
    found = dict(zip(asked, run(measured, corners), strict=True))
    return [_row(quantity, moved[quantity], names, found) for quantity in NOMINAL]


_ENDS = {"min": -1.0, "max": 1.0}
Deviation = tuple[float | None, float | None]


def _specs(network: Network) -> list[tuple[str, ToleranceSpec]]:
    return list(network.sidecar.tolerance.items())


def _corner(name: str, moves: Sequence[tuple[ToleranceSpec, float]]) -> Corner:
    """Return a corner at shares of tolerances: -1 at the low end, 1 at the high one."""
    scale: dict[str, float] = {}
    shift: dict[str, float] = {}
    for spec, share in moves:
        factor, added = (spec.min_scale, spec.min_shift) if share < 0 else (spec.max_scale, spec.max_shift)
        for parameter in spec.parameters:
            scale[parameter] = scale.get(parameter, 1.0) * (1 + abs(share) * (factor - 1))
            shift[parameter] = shift.get(parameter, 0.0) + abs(share) * added
    return Corner(name, scale, shift)


def _deviations(quantity: str, ends: Sequence[Signature]) -> Deviation:
    """Return by how much a tolerance moves a quantity at its two ends; None where it has no value there."""
    values = [end.measured.get(quantity) for end in ends]
    low, high = (None if value is None else float(value) - NOMINAL[quantity] for value in values)
    return low, high


def _direction(rows: Sequence[Deviation]) -> list[float]:
    """Return the most probable direction in which a quantity leaves its band: a unit vector over the tolerances."""
    slopes = [0.0 if low is None or high is None else (high - low) / 2 for low, high in rows]
    size = math.hypot(*slopes)
    return [slope / size for slope in slopes] if size else []


def _together(network: Network, quantity: str, sign: float, direction: Sequence[float]) -> Corner:
    moves = [(spec, sign * share) for (_, spec), share in zip(_specs(network), direction, strict=True)]
    return _corner(f"{quantity}:{'min' if sign < 0 else 'max'}", moves)


def _row(
    quantity: str, rows: Sequence[Deviation], names: Sequence[str], found: Mapping[tuple[str, float], Signature]
) -> BandRow:
    nominal = NOMINAL[quantity]
    known = [[value for value in row if value is not None] for row in rows]
    up = math.hypot(*(max([0.0, *values]) for values in known))
    down = math.hypot(*(min([0.0, *values]) for values in known))
    together = [
        found[quantity, sign].measured.get(quantity) if (quantity, sign) in found else nominal for sign in (-1.0, 1.0)
    ]
    low, high = (None if value is None else float(value) for value in together)
    open_ended = None in (low, high) or any(None in row for row in rows)
    reach = [max([0.0, *map(abs, values)]) for values in known]
    return BandRow(
        quantity,
        low=-math.inf if open_ended else min(nominal - down, low or 0.0, high or 0.0),
        high=math.inf if open_ended else max(nominal + up, low or 0.0, high or 0.0),
        root_sum_low=nominal - down,
        root_sum_high=nominal + up,
        together_low=low,
        together_high=high,
        largest=names[reach.index(max(reach))] if names and max(reach) else "",
    )
