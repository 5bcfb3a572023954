"""What each vector would show of each defect, over its severity: what a diagnosis looks responses up in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from faultsim.campaigns.grid import Grid

Floats = NDArray[np.float64]

NOTHING: Floats = np.zeros(0)

_SURE, _UNSURE = 0.02, 0.1
"""How wide a threshold is, in decades: one that is certified, and one that is estimated."""


@dataclass(frozen=True, eq=False)
class Entry:
    """What one vector shows of one defect.

    Attributes:
        passes_to: Place on the defect's grid up to which it passes; what it does from there to the next is not known.
        fails_from: Place from which on it fails; infinity where it never does.
        width: How far both may be off, in places.
        odd: How probable another response than that is.
        places: Of the points of a measured quantity, rising.
        values: What is measured there.
        pulses: Places and the pulse of the first spike there, 0 for none.
    """

    passes_to: float
    fails_from: float
    width: float
    odd: float
    places: Floats
    values: Floats
    pulses: tuple[tuple[float, int], ...] = ()

    def fails(self, places: Floats) -> Floats:
        """Return how probable a failure is at places of the grid."""
        if np.isinf(self.fails_from):
            return np.full(places.shape, self.odd)
        # A threshold is between two neighbours, and a real circuit's a little off.
        ends = np.array([self.passes_to, self.fails_from])
        steps = np.clip((places[:, None] - ends) / self.width, -50, 50)
        return np.asarray(self.odd + (1 - 2 * self.odd) * (1 / (1 + np.exp(-steps))).mean(axis=1))

    def spikes(self, pulse: int, places: Floats) -> NDArray[np.bool_]:
        """Return where the first spike may be on a pulse: as at one of the neighbouring places that are known."""
        if not self.pulses:
            return np.ones(places.shape, dtype=bool)
        known = np.array([place for place, _ in self.pulses])
        here = np.array([seen == pulse for _, seen in self.pulses])
        above = np.searchsorted(known, places)
        return np.asarray(here[np.clip(above, 0, known.size - 1)] | here[np.clip(above - 1, 0, known.size - 1)])

    def measures(self, places: Floats) -> tuple[Floats, Floats]:
        """Return between which values it is at places of the grid: those of the neighbours that are known."""
        above = np.searchsorted(self.places, places)
        ends = [self.values[np.clip(above - step, 0, self.places.size - 1)] for step in (0, 1)]
        return np.minimum(*ends), np.maximum(*ends)


@dataclass(frozen=True)
class Suspect:
    """A defect that may be the cause.

    Attributes:
        id: Its id.
        unit: Of its severity.
        grid: Its severities.
        weight: Its likelihood.
        entries: Vector -> what it shows.
        same_as: Ids of other defects that are the same circuit.
    """

    id: str
    unit: str
    grid: Grid
    weight: float
    entries: Mapping[str, Entry]
    same_as: tuple[str, ...] = ()

    @cached_property
    def places(self) -> Floats:
        """All places of its grid."""
        return np.arange(len(self.grid), dtype=float)


@dataclass(frozen=True)
class Measured:
    """A vector that measures, for a diagnosis.

    Attributes:
        relative: How far a good circuit may be off, relative.
        absolute: How far the tester may be off, A.
    """

    relative: float
    absolute: float


@dataclass(frozen=True)
class Dictionary:
    """Everything that is known of vectors and defects.

    Attributes:
        suspects: The defects.
        measured: Those of the vectors that measure.
        times_s: Vector -> its time on the tester.
    """

    suspects: Sequence[Suspect]
    measured: Mapping[str, Measured]
    times_s: Mapping[str, float]


def width_of(grid: Grid, certified: bool) -> float:
    """Return how far a threshold may be off, in places of a grid: estimates more than certificates."""
    decades = np.log10(grid.high / grid.low) / max(1, len(grid) - 1)
    return float((_SURE if certified else _UNSURE) / decades) if decades else 1.0
