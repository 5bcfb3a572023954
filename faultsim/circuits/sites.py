"""Sites: the places of a circuit where a defect can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from faultsim.circuits.deck import Cards
from faultsim.circuits.edit import Split, split_terminal, split_wire
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.sidecar import SiteSpec, WireSpec
from faultsim.errors import Problem, SpecError, did_you_mean


@dataclass(frozen=True)
class Site:
    """A connection that can be cut, or a window of the timing generator.

    Attributes:
        name: Its id.
        device: Hierarchical path of the device or of the first element on the cut-off side; empty for a window.
        terminals: (element, terminal) on the near side, named within the scope.
        net: The net that is cut.
        wire: Name of the wire for a segment; empty for a device terminal.
        cuts: Elements on the near side; for a wire the cells that the open cuts off.
        path: The signal path that it belongs to.
        source: Where a paper or document shows it.
        window: Name of the timing field that a defect of the generator changes; empty for a connection.
    """

    name: str
    device: str
    terminals: tuple[tuple[str, str], ...]
    net: str
    wire: str
    cuts: tuple[str, ...]
    path: str
    source: str
    window: str = ""

    @property
    def location(self) -> str:
        """Return where it is, for people and tables."""
        if self.window:
            return f"timing generator:{self.window} window"
        if self.wire:
            return f"{self.wire}:{self.cuts[-1]}|"
        return f"{self.device}:{self.terminals[0][1]}"

    def split(self, cards: Cards) -> Split:
        """Cut the connection."""
        if self.wire:
            scope = self.device.rpartition(".")[0]
            return split_wire(cards, scope, self.net, self.terminals)
        return split_terminal(cards, self.device, self.terminals[0][1])


def site_of(name: str, spec: SiteSpec, wires: Mapping[str, WireSpec], hierarchy: Hierarchy) -> Site:
    """Return a sidecar's site, checked against the deck.

    Raises:
        SpecError: The wire, the tap, the device or the terminal does not exist.
    """
    if spec.wire is not None and spec.after is not None:
        return _segment(name, spec, wires, hierarchy)
    if spec.window is not None:
        return Site(name, "", (), "", "", (), spec.path, spec.source, spec.window)
    device, terminal = str(spec.device).lower(), str(spec.terminal).lower()
    element = hierarchy.resolve(device)
    if terminal not in element.terminals:
        raise SpecError([Problem(device, f"has no terminal {terminal!r}", did_you_mean(terminal, element.terminals))])
    return Site(name, device, ((device, terminal),), element.net(terminal), "", (device,), spec.path, spec.source)


def _segment(name: str, spec: SiteSpec, wires: Mapping[str, WireSpec], hierarchy: Hierarchy) -> Site:
    wire = wires.get(str(spec.wire))
    if wire is None:
        raise SpecError([Problem(f"wire {spec.wire!r}", "is not in the sidecar", did_you_mean(str(spec.wire), wires))])
    taps = _taps(wire, hierarchy)
    elements = [element for element, _ in taps]
    after = str(spec.after).lower()
    if after not in elements[:-1]:
        raise SpecError(
            [Problem(f"after {spec.after!r}", "is not a tap before the last", did_you_mean(after, elements[:-1]))]
        )
    near = tuple(taps[: elements.index(after) + 1])
    inside = f"{wire.scope.lower()}." if wire.scope else ""
    cut = tuple(element for element, _ in near)
    return Site(name, inside + near[0][0], near, wire.net.lower(), str(spec.wire), cut, spec.path, spec.source)


def _taps(wire: WireSpec, hierarchy: Hierarchy) -> list[tuple[str, str]]:
    """Return a wire's taps; every connection of its net has to be one."""
    listed = []
    for tap in wire.order:
        element, _, terminal = tap.lower().rpartition(".")
        listed.append((element, terminal))
    scope = hierarchy.resolve(wire.scope).model if wire.scope else ""
    found = {(element.card.name, terminal) for element, terminal in hierarchy.mentions(scope, wire.net.lower())}
    opaque = [element.card.name for element in hierarchy.opaque(scope, wire.net.lower())]
    if opaque:
        raise SpecError([Problem(f"wire on net {wire.net!r}", f"the terminals of {', '.join(opaque)} are not known")])
    wrong = sorted(set(listed) ^ found)
    if wrong:
        taps = ", ".join(f"{element}.{terminal}" for element, terminal in wrong)
        raise SpecError([Problem(f"wire on net {wire.net!r}", f"order and deck disagree about {taps}")])
    return listed
