"""A circuit as the universe of its defects sees it: flattened devices, nets, what the test bench holds or watches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path

from faultsim.circuits.deck import Cards
from faultsim.circuits.device import device_classes
from faultsim.circuits.flatten import FlatDevice, Flattener
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.network import Network
from faultsim.circuits.process import ProcessSpec
from faultsim.circuits.reading import Reading, read
from faultsim.circuits.sidecar import LayoutSpec, WireSpec
from faultsim.circuits.sites import Site
from faultsim.errors import SpecError

Tap = tuple[int, int]
"""Index of a device, and the place of the terminal among its terminals."""

_WATCHES = frozenset({".print", ".plot", ".probe", ".save", ".meas", ".measure", ".four", ".noise", ".ic", ".nodeset"})
_VOLTAGE = re.compile(r"v\w*\(\s*([^,()\s]+)\s*(?:,\s*([^()\s]+)\s*)?\)", re.IGNORECASE)


@dataclass(frozen=True)
class Circuit:
    """A deck, bare or a network's.

    Attributes:
        name: Name of the network, or of the deck's file.
        cards: The deck, without test bench.
        hierarchy: Its structure.
        driven: Nets that the test bench drives -> its driver's impedance in ohm.
        watched: Nets whose voltage is looked at or set to a start.
        wires: Wires with an order.
        layout: Nets that are neighbours.
        process: Corners of parameters.
        sites: Sites that the sidecar names.
        roles: Net -> what drives it.
    """

    name: str
    cards: Cards
    hierarchy: Hierarchy
    driven: Mapping[str, float] = field(default_factory=dict)
    watched: frozenset[str] = frozenset()
    wires: Mapping[str, WireSpec] = field(default_factory=dict)
    layout: LayoutSpec = field(default_factory=LayoutSpec)
    process: Mapping[str, ProcessSpec] = field(default_factory=dict)
    sites: Mapping[str, Site] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def devices(self) -> list[FlatDevice]:
        """Every device of the flattened circuit.

        Raises:
            SpecError: Device files that are wrong, or too many devices.
        """
        return list(Flattener(self.hierarchy, device_classes(self.hierarchy)).devices())

    @cached_property
    def taps(self) -> dict[str, list[Tap]]:
        """Net -> every terminal on it, those that are no metal among them."""
        taps: dict[str, list[Tap]] = {}
        for index, device in enumerate(self.devices):
            for place, net in enumerate(device.nets):
                taps.setdefault(net, []).append((index, place))
        return taps

    @cached_property
    def segments(self) -> frozenset[str]:
        """Paths of the resistors that are pieces of lines."""
        globs = [glob.lower() for glob in self.layout.segments]
        names = [element.card.name for element in self.hierarchy.inside[""] if globs and element.letter == "r"]
        return frozenset(name for name in names if any(fnmatchcase(name, glob) for glob in globs))

    @cached_property
    def metal(self) -> frozenset[str]:
        """Nets that are wires: metal of a device is on them, not only sources and quantities of models."""
        found: set[str] = set()
        for device in self.devices:
            if device.device.name not in ("source", "opaque"):
                found.update(net for terminal, net in self.terminals(device) if device.device.is_metal(terminal))
        return frozenset(found)

    @cached_property
    def untouchable(self) -> frozenset[str]:
        """Nets that something unknown is on: an element whose terminals are not known, an expression, the bench."""
        known = set(self.taps)
        found = set(self.driven) | set(self.watched)
        for device in self.devices:
            if not device.element.terminals or device.element.letter in "begh":
                prefix = device.path[: -len(device.element.card.name)]
                words = re.findall(r"[^\s=(),{}'\"*/+]+", device.element.card.text.lower())
                found.update({word for word in words if word in known} | {prefix + word for word in words})
        return frozenset(found)

    def terminals(self, device: FlatDevice) -> Iterator[tuple[str, str]]:
        """Yield the (terminal, net) of a device."""
        return zip(device.element.terminals, device.nets, strict=True)


def of_network(network: Network) -> Circuit:
    """Return a network as a circuit."""
    sidecar = network.sidecar
    driven = {
        net.lower(): ports.driver_ohm or 0.0 for ports in sidecar.ports for net in ports.nets if ports.role != "output"
    }
    return Circuit(
        name=network.name,
        cards=network.cards,
        hierarchy=Hierarchy(network.cards),
        driven=driven,
        watched=frozenset(_voltages(" ".join(sidecar.probes.values()))) | {net.lower() for net in sidecar.initial},
        wires=sidecar.wires,
        layout=sidecar.layout,
        process=sidecar.process,
        sites=network.sites,
        roles={net.lower(): ports.role for ports in sidecar.ports for net in ports.nets},
    )


def of_deck(path: Path, trust: bool = False) -> Circuit:
    """Return a bare deck as a circuit.

    Raises:
        SpecError: Everything that is wrong with the deck.
    """
    hierarchy = hierarchy_of(read(path, trust))
    lines = " ".join(card.text for card in hierarchy.cards if card.name in _WATCHES)
    return Circuit(path.stem, hierarchy.cards, hierarchy, watched=frozenset(_voltages(lines)))


def hierarchy_of(reading: Reading, part: bool = False) -> Hierarchy:
    """Return the structure of a deck that has been read.

    Args:
        reading: The deck.
        part: It is only a part of a deck.

    Raises:
        SpecError: Everything that is wrong with its files and with its structure, at once.
    """
    problems = list(reading.problems)
    try:
        hierarchy = Hierarchy(reading.cards, part or not reading.whole)
    except SpecError as error:
        raise SpecError([*problems, *error.problems]) from None
    if problems:
        raise SpecError(problems)
    return hierarchy


def _voltages(text: str) -> set[str]:
    return {net.lower() for found in _VOLTAGE.findall(text) for net in found if net}
