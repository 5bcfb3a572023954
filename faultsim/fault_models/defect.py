"""A defect: a definition at a site. It turns a healthy deck into a faulty one whose severity can be altered."""

from __future__ import annotations

import re
from dataclasses import dataclass

from faultsim.circuits.deck import Cards
from faultsim.circuits.edit import free_suffix
from faultsim.circuits.network import Network
from faultsim.circuits.sites import Site
from faultsim.errors import UsageError, did_you_mean
from faultsim.fault_models.definition import DefectDefinition, load

_PLACEHOLDER = "1"


@dataclass(frozen=True)
class Defect:
    """One defect of a universe.

    Attributes:
        id: Its name in tables.
        definition: What kind it is.
        site: Where it is.
        weight: Relative likelihood.
    """

    id: str
    definition: DefectDefinition
    site: Site
    weight: float = 1.0

    def inject(self, cards: Cards) -> FaultyDeck:
        """Return the deck with this defect, at a severity that ``alter`` sets."""
        split = self.site.split(cards)
        edit = self.definition.edit
        # Names that the deck has already would be defined twice.
        suffix = free_suffix(cards, [line.split()[0] for line in edit.elements])
        given = {"near": split.near, "far": split.far, "severity": _PLACEHOLDER}
        named = [re.sub(r"^\s*(\S+)", rf"\1{suffix}", line) for line in edit.elements]
        lines = [line.format(**given) for line in named]
        element = edit.severity_element.lower() + suffix
        # ngspice flattens RX of instance XA to r.xa.rx, and leaves top-level names as they are.
        flattened = f"{element[0]}.{split.prefix}{element}" if split.prefix else element
        return FaultyDeck(split.joined_by(lines), flattened)


@dataclass(frozen=True)
class FaultyDeck:
    """A deck with one defect in it.

    Attributes:
        cards: The deck.
        severity_element: Flattened name of the element whose value is the severity.
    """

    cards: Cards
    severity_element: str


def named_defects(network: Network) -> dict[str, Defect]:
    """Return the defects at the sites that the sidecar names: one open each."""
    definition = load("open")
    return {name: Defect(name, definition, site) for name, site in network.sites.items()}


def find_defect(network: Network, name: str) -> Defect:
    """Return a defect by id.

    Raises:
        UsageError: The network has no such defect.
    """
    defects = named_defects(network)
    if name not in defects:
        raise UsageError(f"{network.name} has no defect {name!r} ({did_you_mean(name, defects)})")
    return defects[name]
