"""A functional crossbar: synapses of stochastic junctions between trains of pulses and neurons that compete."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from faultsim.learning.twin import kernel
from faultsim.learning.twin.arrays import Floats, Masks, Neurons, Picture, Synapses
from faultsim.learning.twin.recipe import Recipe
from faultsim.learning.twin.trains import Trains

Places = NDArray[np.int64]
_STARTS, _SHOWN = 1, 2


@dataclass(frozen=True)
class Spikes:
    """What outputs answered to a picture: instants, s, and which output spiked."""

    times_s: Floats
    outputs: Places


@dataclass(frozen=True)
class Crossbar:
    """A crossbar; what it has learned is in its arrays, which `learn` changes.

    Attributes:
        recipe: What it is made by.
        seed: What is drawn comes from it.
        synapses: Of all pixels with all outputs.
        neurons: What differs from output to output.
    """

    recipe: Recipe
    seed: int
    synapses: Synapses
    neurons: Neurons

    @classmethod
    def drawn(cls, recipe: Recipe, pixels: int, outputs: int, seed: int) -> Crossbar:
        """Return one whose junctions begin in states drawn from a seed."""
        junctions = recipe.cell.junctions
        bits = kernel.drawn_bits(_key(seed, _STARTS, 0), pixels, outputs, junctions)
        return cls.starting(recipe, bits, seed)

    @classmethod
    def starting(cls, recipe: Recipe, bits: Masks, seed: int) -> Crossbar:
        """Return one whose junctions begin in given states.

        Args:
            recipe: What it is made by.
            bits: Of each synapse which junctions are parallel; shape (pixels, outputs).
            seed: What is drawn comes from it.
        """
        outputs = bits.shape[1]
        every = np.uint64((1 << recipe.cell.junctions) - 1)
        alive = np.ones(bits.shape)
        synapses = Synapses(bits, np.full(bits.shape, every), alive, kernel.conductances(bits, alive, recipe.cell))
        good, none = np.ones(outputs), np.zeros(outputs, dtype=bool)
        neurons = Neurons(np.zeros(outputs), good, good.copy(), ~none, none)
        return cls(recipe, seed, synapses, neurons)

    def copied(self) -> Crossbar:
        """Return one like it, whose arrays are its own."""
        synapses = Synapses._make(array.copy() for array in self.synapses)
        return replace(self, synapses=synapses, neurons=Neurons._make(array.copy() for array in self.neurons))

    def learn(self, trains: Trains, number: int) -> Spikes:
        """Show a picture and learn from it.

        Args:
            trains: Of the picture.
            number: How many were shown before it.
        """
        spikes = self._show(trains, _key(self.seed, _SHOWN, number), learns=True)
        self.neurons.raised_v[:] *= self.recipe.threshold.keeps
        return spikes

    def recall(self, trains: Trains) -> Spikes:
        """Show a picture with feedback off: what answers, and nothing changes."""
        return self._show(trains, np.uint64(0), learns=False)

    def _show(self, trains: Trains, key: np.uint64, learns: bool) -> Spikes:
        recipe = self.recipe
        times_s, outputs = kernel.present(
            self.synapses,
            self.neurons,
            Picture(trains.kinds, trains.first_s, trains.period_s),
            recipe.pulse,
            recipe.cell,
            recipe.output,
            recipe.law,
            np.zeros(len(self.neurons.able)),
            key,
            learns,
        )
        return Spikes(times_s, outputs)

    @property
    def weights(self) -> Floats:
        """Share of the junctions of each synapse that are parallel; shape (pixels, outputs)."""
        return kernel.counts(self.synapses.bits) / self.recipe.cell.junctions


def _key(seed: int, kind: int, number: int) -> np.uint64:
    """Return what numbers are drawn by; a compiled function's whole numbers come back as Python's."""
    return np.uint64(kernel.key_of(np.uint64(seed), np.uint64(kind), np.uint64(number)))
