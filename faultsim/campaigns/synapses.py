"""What each synapse of a crossbar passes alone, and how far programming moves it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from faultsim.campaigns.question import Question
from faultsim.campaigns.twin import TwinMaker
from faultsim.circuits.network import Network
from faultsim.circuits.neuron import NotApart
from faultsim.circuits.stimulus import Stimulus
from faultsim.magnetics.train import Floats

_MOST_INPUTS = 16
_OTHER = {"1": "0", "0": "1"}


@dataclass(frozen=True, eq=False)
class Synapses:
    """The drive of the neuron while one input at a time spikes.

    Attributes:
        before: With the weights as they are, shape (inputs,), V along the neuron's metal.
        after: With all of them programmed to the other weight.
    """

    before: Floats
    after: Floats


def synapses(maker: TwinMaker, question: Question) -> Synapses:
    """Measure all synapses in two transients.

    Raises:
        NotApart: The circuit has no neuron, no weights, no programming, or too many inputs.
    """
    network, stimulus = maker.lab.network, question.stimulus
    if network.sidecar.weights is None or stimulus.spec.program is None:
        raise NotApart("its weights cannot be programmed")
    if len(network.inputs) > _MOST_INPUTS:
        raise NotApart(f"it has more than {_MOST_INPUTS} inputs")
    weights = stimulus.weights or network.default_weights
    programs = ("", "".join(_OTHER.get(symbol, "-") for symbol in weights[: len(network.inputs)]))
    asked = [replace(question, stimulus=_one_by_one(network, stimulus, program)) for program in programs]
    before, after = [maker.metal_v(one, one.stimulus.scope(0.0)["mid_integrate"]) for one in asked]
    return Synapses(before(), after())


def _one_by_one(network: Network, stimulus: Stimulus, program: str) -> Stimulus:
    """Return a stimulus in which each input spikes in a coding window of its own, one soon after the other."""
    spec, count = stimulus.spec, len(network.inputs)
    full, silent = spec.coding.symbol(spec.coding.i_max), spec.coding.symbol(0)
    if full is None or silent is None:
        raise NotApart("the coding has no symbol for a full or for no spike")
    frames = ["".join(full if place == own else silent for place in range(count)) for own in range(count)]
    clocks = [clock.delay + clock.width + spec.edge - spec.integrate for clock in spec.clocks.values()]
    update = {"pulses": count, "leaky": max([spec.shortest_leaky, *clocks])}
    return Stimulus(",".join(frames), spec.model_copy(update=update), stimulus.weights, program)
