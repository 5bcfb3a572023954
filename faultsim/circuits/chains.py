"""Lines that have resistance: nets in a row with a resistor between neighbours."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from faultsim.circuits.element import Element
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.parameters import Values, evaluate


@dataclass(frozen=True)
class Chain:
    """A line from one end to the other.

    Attributes:
        nets: Its nets.
        resistors: Those between neighbours.
        ohm: Their resistances.
    """

    nets: tuple[str, ...]
    resistors: tuple[Element, ...]
    ohm: tuple[float, ...]


def spread(hierarchy: Hierarchy, lines: Collection[str], ends: Collection[str]) -> frozenset[str]:
    """Return the nets that resistors of the top level lead to from some lines, up to nets where that ends."""
    neighbours: dict[str, list[str]] = {}
    for one, other in (element.nets for element in _resistors(hierarchy)):
        neighbours.setdefault(one, []).append(other)
        neighbours.setdefault(other, []).append(one)
    found, waiting = set(lines), list(lines)
    while waiting:
        for net in neighbours.get(waiting.pop(), ()):
            if net not in found and net not in ends and net != "0":
                found.add(net)
                waiting.append(net)
    return frozenset(found)


def find_chains(hierarchy: Hierarchy, lines: Collection[str], touched: Collection[str]) -> list[Chain]:
    """Return the chains among some nets; none has a resistor that a defect touches, or a branch."""
    values = Values().inside(hierarchy, None)
    at: dict[str, list[tuple[Element, str, float]]] = {}
    for element in _resistors(hierarchy):
        one, other = element.nets
        # One with a multiplier, a temperature coefficient or a model has another value than it states.
        ohm = evaluate(element.card.lowered[3], values) if len(element.card.lowered) == 4 else None
        if one in lines and other in lines and one != other and element.card.name not in touched and ohm:
            at.setdefault(one, []).append((element, other, ohm))
            at.setdefault(other, []).append((element, one, ohm))
    chains = []
    for start in [net for net, links in at.items() if len(links) == 1]:
        chain = _followed(start, at)
        # Both ends are starts.
        if chain is not None and start < chain.nets[-1]:
            chains.append(chain)
    return chains


def _followed(start: str, at: Mapping[str, list[tuple[Element, str, float]]]) -> Chain | None:
    """Return the chain that begins at a net; nothing where it branches."""
    nets = [start]
    resistors: list[Element] = []
    ohms: list[float] = []
    while True:
        onward = [link for link in at[nets[-1]] if link[0] not in resistors[-1:]]
        if not onward:
            return Chain(tuple(nets), tuple(resistors), tuple(ohms))
        if len(onward) > 1:
            return None
        element, net, ohm = onward[0]
        nets.append(net)
        resistors.append(element)
        ohms.append(ohm)


def _resistors(hierarchy: Hierarchy) -> Iterator[Element]:
    return (element for element in hierarchy.inside[""] if element.letter == "r" and len(element.nets) == 2)
