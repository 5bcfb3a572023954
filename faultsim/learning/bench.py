"""A learning crossbar becomes a transient."""

from __future__ import annotations

from faultsim.circuits.deck import Cards, text_of
from faultsim.circuits.learning_network import LearningNetwork
from faultsim.spice.job import Job


def training_job(network: LearningNetwork, cards: Cards | None = None) -> Job:
    """Return the transient in which a crossbar learns, with weights, membranes and spikes as probes.

    Args:
        network: The crossbar; its deck has its own sources.
        cards: The deck in place of its own, with a defect in it.
    """
    sidecar = network.sidecar
    nets = [net for output in sidecar.outputs for net in (output.membrane, output.turn)]
    nets += [synapse.weight for synapse in sidecar.synapses]
    deck = text_of(network.cards if cards is None else cards)
    return Job(deck, sidecar.simulation.duration, {net: f"v({net})" for net in nets}, observables={}, scope={})
