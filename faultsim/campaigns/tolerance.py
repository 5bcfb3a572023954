"""What a good circuit may measure: the declared tolerances, each at its ends and all of them together."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

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
Run = Callable[[Measure, Sequence[Corner]], Iterable[Signature]]
"""A map over corners that may run several at a time, such as a thread pool's."""


@dataclass(frozen=True)
class BandRow:
    """The band of one quantity, and what makes it.

    Attributes:
        quantity: Its name.
        low: Smallest value of a good circuit; minus infinity where some good circuit has none.
        high: Largest value.
        root_sum_low: Root of the sum of squares of the deviations downwards; None where no good circuit has a value.
        root_sum_high: The same upwards.
        together_low: Value where all tolerances move in their most probable direction downwards; None where it has none
            there, and where they are not combined for it.
        together_high: The same upwards.
        largest: The tolerance that moves it most.
        reason: Why the band is open: the good circuits without a value.
    """

    quantity: str
    low: float
    high: float
    root_sum_low: float | None
    root_sum_high: float | None
    together_low: float | None
    together_high: float | None
    largest: str
    reason: str = ""

    @property
    def band(self) -> Band:
        """Return the band."""
        return Band(self.low, self.high)


def end_corners(network: Network) -> list[Corner]:
    """Return each tolerance at its low end, then at its high end."""
    return [_corner(f"{name}:{end}", [(spec, at)]) for name, spec in _specs(network) for end, at in _ENDS.items()]


def corner_at(network: Network, shares: Mapping[str, float]) -> Corner:
    """Return a good circuit at shares of tolerances: -1 at the low end of one, 1 at its high end."""
    name = ", ".join(f"{tolerance} {share:+.3f}" for tolerance, share in shares.items())
    return _corner(name, [(network.sidecar.tolerance[tolerance], share) for tolerance, share in shares.items()])


def bands(network: Network, measured: Measure, run: Run) -> list[BandRow]:
    """Measure the bands of a circuit; none where it declares no tolerances.

    Args:
        network: Declares the tolerances.
        measured: Measures a good circuit at a corner.
        run: Maps over corners.
    """
    corners = end_corners(network)
    if not corners:
        return []
    ends = list(run(measured, corners))
    names = [name for name, _ in _specs(network)]
    moved = {
        quantity: [_deviations(quantity, ends[2 * place : 2 * place + 2]) for place in range(len(names))]
        for quantity in NOMINAL
    }
    directions = {quantity: _direction(rows) for quantity, rows in moved.items()}
    asked = [(quantity, sign) for quantity in _TOGETHER if directions[quantity] for sign in (-1.0, 1.0)]
    combined = [_together(network, quantity, sign, directions[quantity]) for quantity, sign in asked]
    found = dict(zip(asked, run(measured, combined), strict=True))
    rows = [_row(quantity, moved[quantity], names, found) for quantity in NOMINAL]
    for place, row in enumerate(rows):
        own = [(corner, found[key]) for key, corner in zip(asked, combined, strict=True) if key[0] == row.quantity]
        rows[place] = replace(row, reason=_open_at(row, [*zip(corners, ends, strict=True), *own]))
    return rows


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
    low, high = (
        None if value is None else value - NOMINAL[quantity] for value in (_value(end, quantity) for end in ends)
    )
    return low, high


def _value(found: Signature, quantity: str) -> float | None:
    """Return what was measured of a quantity; a bound is no value."""
    value = found.measured.get(quantity)
    return None if value is None or quantity in found.notes else float(value)


def _open_at(row: BandRow, seen: Sequence[tuple[Corner, Signature]]) -> str:
    """Return which good circuits leave a band open, and why."""
    if not math.isinf(row.low):
        return ""
    without = [(corner.name, found) for corner, found in seen if _value(found, row.quantity) is None]
    notes = dict.fromkeys(found.notes.get(row.quantity, "it has none") for _, found in without)
    return f"no value at {', '.join(name for name, _ in without)}: {'; '.join(notes)}"


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
    combined = [_value(found[quantity, sign], quantity) for sign in (-1.0, 1.0) if (quantity, sign) in found]
    low, high = combined or (None, None)
    open_ended = None in combined or any(None in row for row in rows)
    measured, known_combined = any(known), [value for value in combined if value is not None]
    reach = [max([0.0, *map(abs, values)]) for values in known]
    return BandRow(
        quantity,
        low=-math.inf if open_ended else min([nominal - down, *known_combined]),
        high=math.inf if open_ended else max([nominal + up, *known_combined]),
        root_sum_low=nominal - down if measured else None,
        root_sum_high=nominal + up if measured else None,
        together_low=low,
        together_high=high,
        largest=names[reach.index(max(reach))] if names and max(reach) else "",
    )
