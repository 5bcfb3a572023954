"""A learning crossbar becomes a transient."""

from __future__ import annotations

from faultsim.circuits.deck import text_of
from faultsim.circuits.learning_network import LearningNetwork
from faultsim.spice.job import Job


def training_job(network: LearningNetwork) -> Job:
    """Return the transient in which a crossbar learns, with weights, membranes and spikes as probes.

    Args:
        network: The crossbar; its deck has its own sources.
    """
    sidecar = network.sidecar
    nets = [net for output in sidecar.outputs for net in (output.membrane, output.turn)]
    nets += [synapse.weight for synapse in sidecar.synapses]
    probes = {net: f"v({net})" for net in nets}
    return Job(text_of(network.cards), sidecar.simulation.duration, probes, observables={}, scope={})
