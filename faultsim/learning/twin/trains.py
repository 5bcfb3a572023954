"""Trains of input neurons as circuits/cells/input_neuron.cir has them, and which pixels have the same one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from faultsim.circuits.learning_cells import LearningCells, Settings
from faultsim.circuits.learning_plan import periods_of

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Coding:
    """Parameters of the input neuron: what a pixel's intensity is told by.

    Attributes:
        slowest_hz: Pulses at intensity 0.
        fastest_hz: Pulses at intensity 1.
        high_v: Voltage that a pulse jumps to.
        low_v: Voltage that it falls to from there, below 0.
        width_s: Length of a pulse.
        rise_s: Time for the jump, and for the return to 0.
        lag_s: Delay of the first pulse at intensity 0.
    """

    slowest_hz: float
    fastest_hz: float
    high_v: float
    low_v: float
    width_s: float
    rise_s: float
    lag_s: float

    @classmethod
    def of(cls, cells: LearningCells, settings: Settings) -> Coding:
        """Return that of some cells."""
        names = ("fbias", "fmax", "high", "low", "width", "rise", "lag")
        return cls(*(cells.value("input", name, settings) for name in names))

    def trains(self, intensities: ArrayLike) -> Trains:
        """Return the trains of a picture; pixels that are as slow take turns, as the generator has them do."""
        own, places = np.unique(np.asarray(intensities, dtype=float), return_inverse=True)
        periods = np.array([periods_of(float(one), self.slowest_hz, self.fastest_hz) for one in own])[places]
        slots = np.empty_like(places)
        for count in np.unique(periods):
            alike = periods == count
            slots[alike] = np.arange(np.count_nonzero(alike)) % count
        pairs, kinds = np.unique(places * (slots.max() + 1) + slots, return_inverse=True)
        intensity, slot = own[pairs // (slots.max() + 1)], pairs % (slots.max() + 1)
        first_s = self.lag_s * (1 - intensity) + slot / self.fastest_hz
        period_s = 1 / (self.slowest_hz + intensity * (self.fastest_hz - self.slowest_hz))
        return Trains(kinds, first_s, period_s)


@dataclass(frozen=True)
class Trains:
    """The trains of a picture.

    Attributes:
        kinds: Of each pixel, which train it has.
        first_s: Of each train, the onset of its first pulse.
        period_s: Of each train, the time from one pulse to the next.
    """

    kinds: Places
    first_s: Floats
    period_s: Floats
