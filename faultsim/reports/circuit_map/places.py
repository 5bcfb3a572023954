"""The place of each defect in the drawing of a circuit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from faultsim.circuits.network import Network
from faultsim.circuits.sites import Cut, Pair, Parameter, Window
from faultsim.fault_models.defect import Defect
from faultsim.reports.circuit_map.lattice import Lattice, LineKey

TOP_LEVEL = ""
"""Owner of what is at the top level and stands at no line."""
_LAST = 1 << 40


class Inside(NamedTuple):
    """In an element of the top level: at which device there, and how far down in the deck this is."""

    owner: str
    rank: int
    device: str


class Behind(NamedTuple):
    """On a line, behind one of its stops as seen from its far end."""

    line: LineKey
    stop: str


class Between(NamedTuple):
    """Where two lines are near each other: two rows, two columns, or a row and a column."""

    first: LineKey
    second: LineKey


class ToRail(NamedTuple):
    """Between a line and a rail."""

    line: LineKey
    rail: str


class Elsewhere(NamedTuple):
    """At nothing that is drawn: of what kind, and where."""

    kind: str
    where: str


Place = Inside | Behind | Between | ToRail | Elsewhere


class Locator:
    """Says where the defects of a network are."""

    def __init__(self, network: Network, lattice: Lattice) -> None:
        """Index what is on which line."""
        self._lattice, self._hierarchy = lattice, lattice.hierarchy
        self._line_of_net = {net: key for key, line in lattice.lines() for net in line.nets}
        self._wires = {name: wire.net.lower() for name, wire in network.sidecar.wires.items()}
        self._behind = {
            key: {name: stop for name, stop in line.after.items() if stop in lattice.stops(key)}
            for key, line in lattice.lines()
        }
        self._lumped = {
            name: Behind(key, stop)
            for key, behind in self._behind.items()
            for name, stop in behind.items()
            if name != stop
        }
        self._on: dict[str, set[str]] = {}
        for name, element in lattice.top.items():
            for net in element.nets if element.body else ():
                self._on.setdefault(net, set()).add(name)

    def place(self, defect: Defect) -> Place:
        """Return where a defect is; of two at once where the first is."""
        site = defect.site
        if isinstance(site, Window):
            return Elsewhere("timing generator", f"{site.window} window")
        if isinstance(site, Parameter):
            return Elsewhere("process", site.parameter)
        if isinstance(site, Cut) and site.wire:
            return self._on_wire(site)
        if isinstance(site, Pair) and not site.device:
            return self._bridge(site)
        return self._at(site.device)

    def _at(self, device: str) -> Place:
        chain = self._hierarchy.chain(device)
        owner = chain[0].card.name
        if owner in self._lumped:
            return self._lumped[owner]
        if len(chain) > 1:
            return Inside(owner, chain[1].index, device[len(owner) + 1 :])
        if owner in self._lattice.drawn:
            return Inside(owner, -1, "")
        return Inside(TOP_LEVEL, chain[0].index, owner)

    def _on_wire(self, site: Cut) -> Place:
        if site.scope:
            owner = self._hierarchy.chain(site.scope)[0].card.name
            inner = ".".join(part for part in (site.scope[len(owner) + 1 :], site.wire) if part)
            return Inside(owner, _LAST, inner)
        key = self._line_of_net.get(self._wires[site.wire])
        stop = self._behind[key].get(site.terminals[-1][0]) if key is not None else None
        if key is None or stop is None:
            return Elsewhere("wires", site.wire)
        return Behind(key, stop)

    def _bridge(self, site: Pair) -> Place:
        first, second = site.nets
        keys = [self._line_of_net.get(net) for net in site.nets]
        one, other = keys
        if one is not None and other is not None and _near(one, other):
            return Between(*sorted((one, other), key=lambda key: (key.kind != "row", key.number)))
        for line, net in ((one, second), (other, first)):
            if line is not None and net in self._lattice.rails:
                return ToRail(line, net)
        owner = self._shared(first, second)
        if owner is not None:
            return Inside(owner, _LAST, "nets")
        return Elsewhere("between nets", " ~ ".join(self._hierarchy.instance_of(net) or net for net in site.nets))

    def _shared(self, *nets: str) -> str | None:
        """Return the one instance that both nets are in or at, or nothing where there is none or several."""
        owners = [self._hierarchy.instance_of(net) for net in nets]
        near = [{owner} if owner else self._on.get(net, set()) for owner, net in zip(owners, nets, strict=True)]
        common = near[0] & near[1]
        return common.pop() if len(common) == 1 else None


def places(network: Network, lattice: Lattice, defects: Iterable[Defect]) -> dict[Place, list[Defect]]:
    """Return the defects at each place, in their order; on a line the opens of the line itself come first."""
    locator = Locator(network, lattice)
    found: dict[Place, list[Defect]] = {}
    for defect in sorted(defects, key=lambda defect: not (isinstance(defect.site, Cut) and defect.site.wire)):
        found.setdefault(locator.place(defect), []).append(defect)
    return found


def _near(one: LineKey, other: LineKey) -> bool:
    return one.kind != other.kind or abs(one.number - other.number) == 1
