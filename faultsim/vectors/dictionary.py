"""What each vector would show of each defect, over its severity: what a diagnosis looks responses up in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from faultsim.campaigns.grid import Grid

Floats = NDArray[np.float64]

CERTIFIED = 1e-3
"""How probable a response is that contradicts a certificate."""

_GRID = 0.3
"""How far a severity is off the nearest of its grid, in places: the deviation of what is anywhere between two."""
_POCKET = 0.02
"""How often a neuron answers otherwise between two severities at which it answers alike."""
_REACH = 0.25
"""How far from a severity that was looked at that is so, in decades."""
_SURE_PLACES, _UNSURE = 0.1, 0.05
"""How far a verdict that is certified may change from between two neighbours, in places, and an estimated one, in
decades."""


@dataclass(frozen=True)
class Change:
    """Where a verdict changes: anywhere between two neighbouring places that are known.

    Attributes:
        after: The milder of them.
        before: The severer one.
        fails: Whether it fails from there on; otherwise it passes again.
    """

    after: float
    before: float
    fails: bool = True


@dataclass(frozen=True, eq=False)
class Entry:
    """What one vector shows of one defect.

    Attributes:
        changes: Where its verdict changes, from a mild defect that passes on.
        width: How far each of them may be off, in places.
        odd: How probable another response than that is.
        places: Of the points of a measured quantity, rising.
        values: What is measured there.
        rough: By how much of the step between two points a value between them may be off a smooth curve.
        pulses: Places and the pulse of the first spike there, 0 for none.
        reach: How far from those, in places, a verdict that nobody looked at is most doubtful.
    """

    changes: Sequence[Change]
    width: float
    odd: float
    places: Floats
    values: Floats
    pulses: tuple[tuple[float, int], ...] = ()
    rough: float = 0.0
    reach: float = 1.0

    def fails(self, places: Floats) -> Floats:
        """Return how probable a failure is at places of the grid."""
        odd = self.odd + self._pocket(places)
        return np.asarray(odd + (1 - 2 * odd) * self.verdicts(places))

    def verdicts(self, places: Floats) -> Floats:
        """Return the same if nothing odd ever happened."""
        share = np.zeros(places.shape)
        for change in self.changes:
            # It is between two neighbours, half a place from each, and a real circuit's a little off.
            ends = np.array([change.after + 0.5, change.before - 0.5])
            steps = np.clip((places[:, None] - ends) / self.width, -50, 50)
            share += (1 if change.fails else -1) * (1 / (1 + np.exp(-steps))).mean(axis=1)
        return np.asarray(np.clip(share, 0, 1))

    def _pocket(self, places: Floats) -> Floats:
        """Return how probable it is that a neuron answers otherwise than at the places around that were looked at."""
        if not self.pulses:
            return np.zeros(places.shape)
        known = np.array([place for place, _ in self.pulses])
        away = np.abs(places[:, None] - known).min(axis=1)
        # What is milder than all that was looked at, and passes, is between that and the fault-free circuit.
        mild = (places < known[0]) & (self.verdicts(places) < 0.5)
        return np.where(mild, 0.0, _POCKET * np.minimum(away / self.reach, 1))

    def spikes(self, pulse: int, places: Floats) -> NDArray[np.bool_]:
        """Return where the first spike may be on a pulse: as at one of the neighbouring places that are known."""
        if not self.pulses:
            return np.ones(places.shape, dtype=bool)
        known = np.array([place for place, _ in self.pulses])
        here = np.array([seen == pulse for _, seen in self.pulses])
        above = np.searchsorted(known, places)
        return np.asarray(here[np.clip(above, 0, known.size - 1)] | here[np.clip(above - 1, 0, known.size - 1)])

    def measures(self, places: Floats) -> tuple[Floats, Floats]:
        """Return what is measured at places of the grid, and how far that may be off.

        Between points that are known it is on a smooth curve; where that is steep it matters how finely the grid cuts.
        """
        if self.places.size < 2:
            return np.full(places.shape, self.values[0]), np.zeros(places.shape)
        inside = np.clip(places, self.places[0], self.places[-1])
        values = np.asarray(PchipInterpolator(self.places, self.values)(inside))
        above = np.clip(np.searchsorted(self.places, inside), 1, self.places.size - 1)
        low, high = self.places[above - 1], self.places[above]
        between = 4 * (inside - low) * (high - inside) / (high - low) ** 2
        steps = self.rough * between * np.abs(self.values[above] - self.values[above - 1])
        slopes = np.gradient(values, places) if places.size > 1 else np.zeros(places.shape)
        return values, np.hypot(steps, _GRID * slopes)


@dataclass(frozen=True, eq=False)
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
    _curves: dict[str, tuple[Floats, Floats]] = field(default_factory=dict)

    @cached_property
    def places(self) -> Floats:
        """All places of its grid."""
        return np.arange(len(self.grid), dtype=float)

    def curve(self, vector: str) -> tuple[Floats, Floats]:
        """Return what a vector measures at each place, and how far that may be off."""
        if vector not in self._curves:
            self._curves[vector] = self.entries[vector].measures(self.places)
        return self._curves[vector]


@dataclass(frozen=True)
class Measured:
    """A vector that measures, for a diagnosis.

    Attributes:
        relative: How far a value may be off by itself, relative.
        absolute: How far the tester may be off, A.
        expected: What the fault-free circuit has, A.
        drifts: What moves the values of all vectors together, a tolerance or the tester's levels -> by which share.
        written: Weights are written before it is read.
    """

    relative: float
    absolute: float
    expected: float
    drifts: Mapping[str, float]
    written: bool = False


@dataclass(frozen=True, eq=False)
class Dictionary:
    """Everything that is known of vectors and defects.

    Attributes:
        suspects: The defects.
        measured: Those of the vectors that measure.
        times_s: Vector -> its time on the tester.
        program: Vectors that the tester's program has; of the others there are estimates alone.
    """

    suspects: Sequence[Suspect]
    measured: Mapping[str, Measured]
    times_s: Mapping[str, float]
    program: frozenset[str] = frozenset()

    @cached_property
    def fault_free(self) -> Suspect:
        """The circuit without a defect, as a suspect of one severity: all vectors pass it."""
        values = {name: np.array([one.expected]) for name, one in self.measured.items()}
        entries = {
            name: Entry((), 1.0, CERTIFIED, np.zeros(1 if name in values else 0), values.get(name, np.zeros(0)))
            for name in self.times_s
        }
        return Suspect("", "", Grid(1.0, 1.0, 2.0), 1.0, entries)


def changes_of(known: Sequence[tuple[float, bool]]) -> tuple[Change, ...]:
    """Return where a verdict changes.

    Args:
        known: Places, rising, and whether it fails there; before the first of them it passes.
    """
    before = zip([(-1.0, False), *known], known, strict=False)
    return tuple(Change(one, other, later) for (one, earlier), (other, later) in before if earlier != later)


def width_of(grid: Grid, certified: bool) -> float:
    """Return how far a threshold may be off, in places of a grid: estimates more than certificates."""
    return _SURE_PLACES if certified else _UNSURE / _decades(grid)


def reach_of(grid: Grid) -> float:
    """Return how far from a severity that was looked at another answer is most probable, in places of a grid."""
    return _REACH / _decades(grid)


def _decades(grid: Grid) -> float:
    return float(np.log10(grid.ratio))
