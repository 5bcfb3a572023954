"""A learning crossbar: its deck, its sidecar, and the two checked against each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from faultsim.circuits.circuit import Circuit
from faultsim.circuits.deck import Cards
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.learning_sidecar import LearningSidecar
from faultsim.circuits.reading import read_cards
from faultsim.circuits.wiring import wiring_problems
from faultsim.errors import Problem, SpecError, did_you_mean
from faultsim.specfile import read_spec


@dataclass(frozen=True)
class LearningNetwork:
    """A crossbar that learns.

    Attributes:
        name: Name of the sidecar.
        path: The sidecar.
        sidecar: What it says.
        cards: The deck with its includes, which has its own sources and its own analysis.
    """

    name: str
    path: Path
    sidecar: LearningSidecar
    cards: Cards

    @cached_property
    def circuit(self) -> Circuit:
        """The crossbar as the universe of its defects sees it."""
        sidecar = self.sidecar
        watched = [synapse.weight for synapse in sidecar.synapses]
        watched += [net for output in sidecar.outputs for net in (output.membrane, output.turn)]
        return Circuit(
            name=self.name,
            cards=self.cards,
            hierarchy=Hierarchy(self.cards),
            watched=frozenset(net.lower() for net in watched),
            wires=sidecar.wires,
            layout=sidecar.layout,
            process=sidecar.process,
        )


def load_learning(path: Path) -> LearningNetwork:
    """Load a learning crossbar from its sidecar and check it.

    Raises:
        SpecError: Everything that is wrong with the sidecar or the deck.
    """
    sidecar = read_spec(path, LearningSidecar)
    deck = path.parent / sidecar.deck
    if not deck.is_file():
        raise SpecError([Problem(f"{path}: deck", f"no file {sidecar.deck}", "paths count from the sidecar")])
    network = LearningNetwork(path.stem, path, sidecar, read_cards(deck))
    problems = list(_problems(network))
    if problems:
        raise SpecError(problems)
    return network


def _problems(network: LearningNetwork) -> Iterator[Problem]:
    sidecar, path = network.sidecar, network.path
    try:
        hierarchy = Hierarchy(network.cards)
    except SpecError as error:
        yield from error.problems
        return
    nets = hierarchy.nets("")
    columns = [output.net for output in sidecar.outputs]
    named = [("inputs", net) for net in sidecar.inputs]
    named += [("outputs", net) for output in sidecar.outputs for net in (output.net, output.membrane, output.turn)]
    named += [("synapses", synapse.weight) for synapse in sidecar.synapses]
    for where, net in named:
        if net.lower() not in nets:
            yield Problem(f"{path}: {where}", f"the deck has no top-level net {net!r}", did_you_mean(net, nets))
    instances = {element.card.name for element in hierarchy.inside[""]}
    for synapse in sidecar.synapses:
        where = f"{path}: synapses"
        if synapse.instance.lower() not in instances:
            known = did_you_mean(synapse.instance, instances)
            yield Problem(where, f"the deck has no instance {synapse.instance!r}", known)
        if synapse.input not in sidecar.inputs:
            yield Problem(where, f"{synapse.input!r} is no input", did_you_mean(synapse.input, sidecar.inputs))
        if synapse.output not in columns:
            yield Problem(where, f"{synapse.output!r} is no output's column", did_you_mean(synapse.output, columns))
    yield from wiring_problems(path, sidecar.wires, sidecar.layout, hierarchy)
