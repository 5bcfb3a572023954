"""Faults of functional crossbars: what is wrong with some of their synapses or outputs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faultsim.learning.twin import kernel
from faultsim.learning.twin.crossbar import Crossbar
from faultsim.learning.twin.fault_kind import FaultKind
from faultsim.learning.twin.fault_spec import FaultSpec

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Fault:
    """A fault that some of the synapses or outputs of a crossbar have.

    Attributes:
        name: For tables and figures.
        kind: What is wrong.
        junctions: Of each faulty synapse, how many are stuck.
        gain: How fast a faulty output integrates, relative to a good one: below 1 it is Slow-, above Fast-to-Integrate.
        retention: What a faulty output keeps from one pulse of the fastest train to the next, relative to a good one:
            below 1 it is Fast-, above Slow-to-Leak.
    """

    name: str
    kind: FaultKind
    junctions: int = 1
    gain: float = 1.0
    retention: float = 1.0

    @classmethod
    def of(cls, spec: FaultSpec) -> Fault:
        """Return a fault of a file."""
        return cls(spec.name, spec.kind, spec.junctions, spec.gain, spec.retention)

    def inject(self, crossbar: Crossbar, share: float, seed: int) -> None:
        """Give a share of the synapses or outputs this fault.

        Args:
            crossbar: Is changed.
            share: Of all of them, rounded to whole ones; the more there are, the others stay faulty.
            seed: Which ones are drawn.
        """
        count = crossbar.synapses.bits.size if self.kind.of_synapses else len(crossbar.neurons.able)
        # A larger share has the faulty ones of a smaller one, and more.
        places = np.random.default_rng([seed, count]).permutation(count)[: round(share * count)]
        if self.kind.of_synapses:
            self._break_synapses(crossbar, places)
        else:
            self._break_outputs(crossbar, places)

    def _break_synapses(self, crossbar: Crossbar, places: Places) -> None:
        synapses, cell = crossbar.synapses, crossbar.recipe.cell
        if self.kind is FaultKind.DEAD_SYNAPSE:
            synapses.alive.flat[places] = 0
        else:
            stuck = np.uint64((1 << min(self.junctions, cell.junctions)) - 1)
            synapses.free.flat[places] &= ~stuck
            if self.kind is FaultKind.STUCK_PARALLEL:
                synapses.bits.flat[places] |= stuck
            elif self.kind is FaultKind.STUCK_ANTIPARALLEL:
                synapses.bits.flat[places] &= ~stuck
        synapses.conductances[:] = kernel.conductances(synapses.bits, synapses.alive, cell)

    def _break_outputs(self, crossbar: Crossbar, places: Places) -> None:
        neurons = crossbar.neurons
        if self.kind is FaultKind.DEAD_NEURON:
            neurons.able[places] = False
        elif self.kind is FaultKind.ALWAYS_SPIKING:
            neurons.eager[places] = True
        else:
            neurons.gains[places] *= self.gain
            neurons.leaks[places] *= self.leak(crossbar)

    def leak(self, crossbar: Crossbar) -> float:
        """Return how fast a faulty output leaks, relative to a good one; never below 0."""
        recipe = crossbar.recipe
        if self.retention <= 0:
            return math.inf
        return max(0.0, 1 - recipe.output.leaking_s * recipe.coding.fastest_hz * math.log(self.retention))
