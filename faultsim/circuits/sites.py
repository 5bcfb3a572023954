"""Sites: the places of a circuit where a defect can be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from faultsim.circuits.deck import Cards
from faultsim.circuits.edit import Split, split_terminal, split_wire
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.sidecar import SiteSpec, WireSpec
from faultsim.errors import Problem, SpecError, did_you_mean

Taps = tuple[tuple[str, str], ...]
"""(element, terminal), named within a scope."""


class Cut(NamedTuple):
    """A connection that can be cut.

    Attributes:
        name: Its id.
        device: Hierarchical path of the device or of the first element on the cut-off side.
        terminals: (element, terminal) on the near side; elements of a wire are named within its scope.
        net: The net that is cut, by its flattened name.
        wire: Name of the wire for a segment; empty for a device terminal.
        cuts: Elements on the near side; for a wire the cells that the open cuts off.
        scope: Path of the instance that the wire runs in.
        path: The signal path that it belongs to.
        source: Where a paper or document shows it.
    """

    name: str
    device: str
    terminals: Taps
    net: str
    wire: str = ""
    cuts: tuple[str, ...] = ()
    scope: str = ""
    path: str = ""
    source: str = ""

    @property
    def nets(self) -> tuple[str, ...]:
        """Return the net that is cut."""
        return (self.net,)

    @property
    def location(self) -> str:
        """Return where it is, for people and tables."""
        if self.wire:
            return f"{self.wire}:{self.cuts[-1]}|"
        return f"{self.device}:{self.terminals[0][1]}"

    def split(self, cards: Cards) -> Split:
        """Cut the connection."""
        if self.wire:
            return split_wire(cards, self.scope, self.terminals)
        return split_terminal(cards, self.device, self.terminals[0][1])


class Pair(NamedTuple):
    """Two nets that can touch.

    Attributes:
        name: Its id.
        nets: Their flattened names.
        device: Path of the device whose terminals they are; empty for neighbours.
        terminals: (device, terminal) that touch; empty for neighbours.
        relation: Why they are near each other, such as ``adjacent word lines``.
        path: The signal path that it belongs to.
        source: Where a paper or document shows it.
    """

    name: str
    nets: tuple[str, str]
    device: str = ""
    terminals: Taps = ()
    relation: str = ""
    path: str = ""
    source: str = ""

    @property
    def location(self) -> str:
        """Return where it is, for people and tables."""
        if self.terminals:
            return f"{self.device}:" + "-".join(terminal for _, terminal in self.terminals)
        return "~".join(self.nets)


@dataclass(frozen=True, slots=True)
class Window:
    """A window of the circuit's own timing generator.

    Attributes:
        name: Its id.
        window: Name of the timing field.
        path: The signal path that it belongs to.
        source: Where a paper or document shows it.
    """

    name: str
    window: str
    path: str = ""
    source: str = ""
    device: str = ""
    terminals: Taps = ()
    nets: tuple[str, ...] = ()

    @property
    def location(self) -> str:
        """Return where it is, for people and tables."""
        return f"timing generator:{self.window} window"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the process.

    Attributes:
        name: Its id.
        parameter: ``.param`` of the deck.
        shift: What is added to it at the corner.
        scale: What it is multiplied with at the corner.
        path: The signal path that it belongs to.
        source: Where the corner comes from.
    """

    name: str
    parameter: str
    shift: float = 0.0
    scale: float = 1.0
    path: str = ""
    source: str = ""
    device: str = ""
    terminals: Taps = ()
    nets: tuple[str, ...] = ()

    @property
    def location(self) -> str:
        """Return where it is, for people and tables."""
        return f"process:{self.parameter}"


class DeviceSite(NamedTuple):
    """A device whose physics can change.

    Attributes:
        name: Its id.
        device: Hierarchical path of the device.
        kind: Its class.
        nets: Flattened nets of its terminals.
        parameter: The one of its parameters that moves to a corner, where the defect is about one.
        shift: What is added to the parameter at the corner.
        scale: What it is multiplied with at the corner.
        path: The signal path that it belongs to.
        source: Where a paper or document shows it, or where the corner comes from.
    """

    name: str
    device: str
    kind: str
    nets: tuple[str, ...] = ()
    parameter: str = ""
    shift: float = 0.0
    scale: float = 1.0
    path: str = ""
    source: str = ""
    terminals: Taps = ()

    @property
    def location(self) -> str:
        """Return where it is, for people and tables."""
        return f"{self.device}:{self.parameter}" if self.parameter else self.device


Site = Cut | Pair | Window | Parameter | DeviceSite
PLACES: Mapping[str, type] = {
    "connection": Cut,
    "nets": Pair,
    "window": Window,
    "parameter": Parameter,
    "device": DeviceSite,
    "device parameter": DeviceSite,
}
"""What the definition of a defect says that it is at -> its kind of site."""


def site_of(name: str, spec: SiteSpec, wires: Mapping[str, WireSpec], hierarchy: Hierarchy) -> Site:
    """Return a sidecar's site, checked against the deck.

    Raises:
        SpecError: The wire, the tap, the device, the terminal or the net does not exist.
    """
    if spec.wire is not None and spec.after is not None:
        return segment(name, spec.wire, spec.after, wires, hierarchy, spec.path, spec.source)
    if spec.window is not None:
        return Window(name, spec.window, spec.path, spec.source)
    if spec.nets is not None:
        return _pair(name, spec.nets, spec, hierarchy)
    device, terminal = str(spec.device).lower(), str(spec.terminal).lower()
    element = hierarchy.resolve(device)
    if terminal not in element.terminals:
        raise SpecError([Problem(device, f"has no terminal {terminal!r}", did_you_mean(terminal, element.terminals))])
    net = hierarchy.flat_net(device[: -len(element.card.name) - 1], element.net(terminal))
    return Cut(name, device, ((device, terminal),), net, "", (device,), "", spec.path, spec.source)


def segment(
    name: str,
    wire_name: str,
    after: str,
    wires: Mapping[str, WireSpec],
    hierarchy: Hierarchy,
    path: str = "",
    source: str = "",
) -> Cut:
    """Return the segment of a wire behind one of its taps, seen from its far end.

    Raises:
        SpecError: The wire or the tap does not exist, or the wire's order and the deck disagree.
    """
    wire = wires.get(wire_name)
    if wire is None:
        raise SpecError([Problem(f"wire {wire_name!r}", "is not in the sidecar", did_you_mean(wire_name, wires))])
    taps = wire_taps(wire, hierarchy)
    names = tap_names(taps)
    last = names if wire.driven else names[:-1]
    if after.lower() not in last:
        what = "tap" if wire.driven else "tap before the last"
        raise SpecError([Problem(f"after {after!r}", f"is not a {what}", did_you_mean(after.lower(), last))])
    near = tuple(taps[: names.index(after.lower()) + 1])
    scope = wire.scope.lower()
    inside = f"{scope}." if scope else ""
    cut = tuple(dict.fromkeys(element for element, _ in near))
    net = hierarchy.flat_net(scope, wire.net)
    return Cut(name, inside + near[0][0], near, net, wire_name, cut, scope, path, source)


def wire_taps(wire: WireSpec, hierarchy: Hierarchy) -> list[tuple[str, str]]:
    """Return a wire's taps; every connection of its net has to be one.

    Raises:
        SpecError: The order and the deck disagree.
    """
    listed = []
    for tap in wire.order:
        element, _, terminal = tap.lower().rpartition(".")
        listed.append((element, terminal))
    scope = hierarchy.resolve(wire.scope).body if wire.scope else ""
    found = {(element.card.name, terminal) for element, terminal in hierarchy.mentions(scope, wire.net.lower())}
    opaque = [element.card.name for element in hierarchy.opaque(scope, wire.net.lower())]
    if opaque:
        raise SpecError([Problem(f"wire on net {wire.net!r}", f"the terminals of {', '.join(opaque)} are not known")])
    wrong = sorted(set(listed) ^ found)
    if wrong:
        taps = ", ".join(f"{element}.{terminal}" for element, terminal in wrong)
        raise SpecError([Problem(f"wire on net {wire.net!r}", f"order and deck disagree about {taps}")])
    return listed


def tap_names(taps: Sequence[tuple[str, str]]) -> list[str]:
    """Return what each tap of a wire is called: its element, with the terminal where the element taps in twice."""
    times = Counter(element for element, _ in taps)
    return [element if times[element] == 1 else f"{element}.{terminal}" for element, terminal in taps]


def has_net(net: str, hierarchy: Hierarchy) -> bool:
    """Return whether a deck has a net of this flattened name."""
    instance, _, name = net.lower().rpartition(".")
    if net == "0" or net.lower() in hierarchy.nets(""):
        return True
    try:
        return bool(instance) and name in hierarchy.nets(hierarchy.resolve(instance).body)
    except SpecError:
        return False


def _pair(name: str, nets: list[str], spec: SiteSpec, hierarchy: Hierarchy) -> Pair:
    missing = [Problem(f"net {net!r}", "is not in the deck") for net in nets if not has_net(net, hierarchy)]
    if missing:
        raise SpecError(missing)
    first, second = (net.lower() for net in nets)
    return Pair(name, (first, second), path=spec.path, source=spec.source)
