"""Kinds of faults of functional crossbars."""

from __future__ import annotations

from enum import StrEnum


class FaultKind(StrEnum):
    """What is wrong; what is merely stuck stays in the state that it happens to be in."""

    DEAD_SYNAPSE = "dead-synapse"
    STUCK_PARALLEL = "stuck-parallel"
    STUCK_ANTIPARALLEL = "stuck-antiparallel"
    STUCK = "stuck"
    DEAD_NEURON = "dead-neuron"
    ALWAYS_SPIKING = "always-spiking"
    BEHAVIOUR = "behaviour"

    @property
    def sticks(self) -> bool:
        """Whether junctions are stuck."""
        return self in (self.STUCK_PARALLEL, self.STUCK_ANTIPARALLEL, self.STUCK)

    @property
    def of_synapses(self) -> bool:
        """Whether it is a fault of synapses, or else of outputs."""
        return self.sticks or self is self.DEAD_SYNAPSE
