"""A faulty deck by its equivalent: the rows that the defect leaves alike are simulated as one."""

from __future__ import annotations

from dataclasses import replace

from faultsim.circuits.blocks import Surroundings
from faultsim.circuits.chains import spread
from faultsim.circuits.equivalent import Equivalent, equivalent
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.network import Network
from faultsim.fault_models.defect import FaultyDeck


def equivalent_of(network: Network, deck: FaultyDeck, around: Surroundings, exact: bool = False) -> Equivalent:
    """Return the equivalent of a network's deck, with whatever defect is in it.

    Args:
        network: The circuit.
        deck: Its deck.
        around: What the test bench does to the nets of the fault-free circuit.
        exact: Only let rows stand for others that are the same in every cell and on the same nets.
    """
    lines = spread(Hierarchy(network.cards), around.lines, {*around.held, *around.fed})
    # A bit line that a defect cuts in two is two of them.
    lines |= {net for net, whole in deck.follows.items() if whole in lines}
    return equivalent(deck.cards, replace(around, lines=lines, touched=deck.touched), network.sidecar.weights, exact)


def lumped(
    network: Network, deck: FaultyDeck, around: Surroundings, severity: float, exact: bool = False
) -> FaultyDeck:
    """Return a deck with its equivalent in its place.

    Args:
        network: The circuit.
        deck: Its deck, whole.
        around: What the test bench does to the nets of the fault-free circuit.
        severity: A parameter of the process stays at this one from here on, because values of lines may follow it.
        exact: Only let rows stand for others that are the same in every cell and on the same nets.
    """
    deck = deck.cornered(severity)
    found = equivalent_of(network, deck, around, exact)
    starts = {net: deck.follows.get(line, line) for net, line in found.follows.items()}
    return replace(deck, cards=found.cards, merged=found.merged, follows={**deck.follows, **starts})
