"""The Bi-sigmoid rule and the five regions of Fig. 2, read from curves of plasticity."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from faultsim.learning.measure_spec import PlasticitySpec, PulseSpec
from faultsim.learning.plasticity import ChangeRow
from faultsim.spice.waveform import FloatArray

REGIONS = ("high potentiation", "low potentiation", "unchanged", "low depression", "high depression")
"""Of Fig. 2, in the order in which delays go through them."""


@dataclass(frozen=True)
class RegionRow:
    """One of the five regions of a curve.

    Attributes:
        law: Of the junctions.
        width_s: Of the input's pulse.
        region: Its name.
        from_s: First delay in it; None where the curve does not reach it.
        to_s: Last delay in it.
        from_share: The same, in widths of the pulse.
        to_share: Likewise.
    """

    law: str
    width_s: float
    region: str
    from_s: float | None
    to_s: float | None
    from_share: float | None
    to_share: float | None


@dataclass(frozen=True)
class FitRow:
    """A parameter of the Bi-sigmoid rule, fitted to a curve.

    Attributes:
        law: Of the junctions.
        width_s: Of the input's pulse.
        parameter: k0, t0, k1 or t1.
        unit: Of what follows.
        fitted: The value.
        error: Its standard error.
        published: The published one, scaled to the width.
        ratio: Fitted over published.
        rms: Root mean square of the curve less the fit.
    """

    law: str
    width_s: float
    parameter: str
    unit: str
    fitted: float
    error: float
    published: float
    ratio: float
    rms: float


def bi_sigmoid(delay: FloatArray, k0: float, t0: float, k1: float, t1: float) -> FloatArray:
    """Return the rule: +1 well before t0, 0 between t0 and t1, -1 well after (Daddinounou and Vatajelu, 2024)."""
    return 1 - 1 / (1 + np.exp(-k0 * (delay - t0))) - 1 / (1 + np.exp(-k1 * (delay - t1)))


def curves_of(spec: PlasticitySpec, rows: Sequence[ChangeRow]) -> Iterator[tuple[PulseSpec, list[ChangeRow]]]:
    """Yield each curve with its rows, without those that failed."""
    for number, curve in enumerate(spec.curves):
        own = rows[number * spec.delays : (number + 1) * spec.delays]
        yield curve, [row for row in own if row.change is not None]


def fit_rows(spec: PlasticitySpec, rows: Sequence[ChangeRow]) -> list[FitRow]:
    """Return the rule fitted to each curve, over the delays at which the output spikes within the input's pulse."""
    return [row for curve, own in curves_of(spec, rows) for row in _fit(spec, curve, own)]


def _fit(spec: PlasticitySpec, curve: PulseSpec, rows: Sequence[ChangeRow]) -> Iterator[FitRow]:
    from scipy.optimize import curve_fit

    inside = [row for row in rows if 0 <= row.delay_s < curve.width]
    delays = np.array([row.delay_s for row in inside]) / curve.width
    changes = np.array([row.change for row in inside], dtype=float)
    published, scale = spec.published, spec.published.width * 1e3
    start = [published.k0_per_ms * scale, published.t0_ms / scale, published.k1_per_ms * scale, published.t1_ms / scale]
    found, spread = curve_fit(bi_sigmoid, delays, changes, p0=start, maxfev=20000)
    rms = float(np.sqrt(np.mean((changes - bi_sigmoid(delays, *found)) ** 2)))
    width_ms = curve.width * 1e3
    for place, name in enumerate(("k0", "t0", "k1", "t1")):
        unit, factor = ("ms", width_ms) if name.startswith("t") else ("1/ms", 1 / width_ms)
        yield FitRow(
            law=curve.law,
            width_s=curve.width,
            parameter=name,
            unit=unit,
            fitted=float(found[place]) * factor,
            error=float(np.sqrt(spread[place, place])) * factor,
            published=start[place] * factor,
            ratio=float(found[place]) / start[place],
            rms=rms,
        )


def region_rows(spec: PlasticitySpec, rows: Sequence[ChangeRow]) -> list[RegionRow]:
    """Return where the five regions of each curve lie, among the delays within the input's pulse."""
    found = []
    for curve, own in curves_of(spec, rows):
        inside = [row for row in own if 0 <= row.delay_s < curve.width]
        for number, name in enumerate(REGIONS):
            delays = [row.delay_s for row in inside if _region(spec, row.change or 0.0) == number]
            ends = (min(delays), max(delays)) if delays else (None, None)
            shares = [None if end is None else end / curve.width for end in ends]
            found.append(RegionRow(curve.law, curve.width, name, *ends, *shares))
    return found


def _region(spec: PlasticitySpec, change: float) -> int:
    """Return which of the five regions a change belongs to."""
    if abs(change) <= spec.unchanged:
        return 2
    high = abs(change) > spec.high
    return (0 if high else 1) if change > 0 else (4 if high else 3)
