"""Published powers and energies of synapses beside ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from faultsim.learning.energy import PowerRow
from faultsim.learning.measure_spec import EnergySpec

_WITHIN = 2.0
"""Factor up to which a power agrees: the paper leaves parameters open that it depends on."""


@dataclass(frozen=True)
class EnergyComparisonRow:
    """A published value beside ours.

    Attributes:
        variation: What is varied.
        item: What is published.
        quantity: power, or energy per spike as the paper computes it.
        unit: Of the values.
        published: By the paper.
        ours: From SPICE; of what the synapse dissipates in training, of what it draws in inference.
        ratio: Ours over published.
        agrees: Whether it is within a factor of two.
    """

    variation: str
    item: str
    quantity: str
    unit: str
    published: float
    ours: float | None
    ratio: float | None
    agrees: bool


def comparison_rows(spec: EnergySpec, rows: Sequence[PowerRow]) -> Iterator[EnergyComparisonRow]:
    """Yield every published value beside ours, variation by variation."""
    said = f"energy per spike, power x {1e3 * spec.spike:g} ms"
    known = {(row.variation, row.junctions, row.frequency_hz, row.mode): row for row in rows}
    for variation in spec.variations:
        for wanted in spec.published:
            row = known.get((variation.name, wanted.junctions, wanted.frequency, wanted.mode))
            ours = None if row is None else row.dissipated_w if wanted.mode == "training" else row.drawn_w
            energy = None if row is None else row.energy_as_published_j
            yield _row(variation.name, wanted.item, "power", "W", wanted.power, ours)
            yield _row(variation.name, wanted.item, said, "J", wanted.energy, energy)


def _row(
    variation: str, item: str, quantity: str, unit: str, published: float, ours: float | None
) -> EnergyComparisonRow:
    ratio = None if ours is None else ours / published
    agrees = ratio is not None and 1 / _WITHIN <= ratio <= _WITHIN
    return EnergyComparisonRow(variation, item, quantity, unit, published, ours, ratio, agrees)
