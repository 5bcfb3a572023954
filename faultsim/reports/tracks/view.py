"""What a track diagram shows: a circuit as bars on tracks, and the place of each defect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, pairwise
from typing import NamedTuple

from faultsim.circuits.circuit import Circuit
from faultsim.circuits.device import device_classes
from faultsim.circuits.sidecar import WireSpec
from faultsim.circuits.sites import Cut, Pair
from faultsim.errors import UsageError
from faultsim.fault_models.defect import Defect, Double
from faultsim.reports.tracks.ink import SMALL, short, width
from faultsim.reports.tracks.marks import BELOW, Place

MOST_DEVICES = 120
"""A circuit of more is drawn at its top level only."""
MOST_COLUMNS = 400
"""The most that is drawn of a top level."""


class Column(NamedTuple):
    """What is drawn as one bar.

    Attributes:
        path: A device's path; or the name of an instance at the top level, with all that is inside.
        kind: Class of the device, or name of the subcircuit.
        group: The instance at the top level that the device is in, if any.
        pins: (terminal, net) of those that are metal.
        whole: It is an instance.
    """

    path: str
    kind: str
    group: str
    pins: tuple[tuple[str, str], ...]
    whole: bool = False

    @property
    def label(self) -> str:
        """Return its name inside its group, and what it is."""
        return short(f"{_within(self.path, self.group)} · {self.kind}")

    @property
    def offsets(self) -> dict[str, float]:
        """Return how far right of the bar each terminal touches its track: several on one stand side by side."""
        nets = [net for _, net in self.pins]
        return {terminal: (self.widest + 6) * nets[:at].count(net) for at, (terminal, net) in enumerate(self.pins)}

    @property
    def widest(self) -> float:
        """Return how wide the names of its terminals are."""
        return max((width(short(terminal), SMALL) for terminal, _ in self.pins), default=0.0)

    @property
    def is_shown(self) -> bool:
        """Return whether it is on a track; of a source, whether it joins two."""
        return self.whole or len({net for _, net in self.pins}) > (self.kind in ("source", "opaque"))


@dataclass(frozen=True)
class View:
    """What of a circuit is drawn.

    Attributes:
        circuit: The circuit.
        columns: The bars from left to right.
        hidden: Devices that are not drawn.
    """

    circuit: Circuit
    columns: Sequence[Column]
    hidden: Sequence[str]

    @cached_property
    def uses(self) -> dict[str, list[int]]:
        """Net -> the columns on it, in the order of first use."""
        uses: dict[str, list[int]] = {}
        for number, column in enumerate(self.columns):
            for _, net in column.pins:
                uses.setdefault(net, []).append(number)
        return uses

    @cached_property
    def runs(self) -> list[list[int]]:
        """For each column the neighbouring ones of the same group, itself among them."""
        groups = groupby(range(len(self.columns)), key=lambda number: self.columns[number].group)
        runs = [list(run) for _, run in groups]
        return [run for run in runs for _ in run]

    @cached_property
    def driven(self) -> frozenset[str]:
        """Nets of wires that have the test bench at their end."""
        return frozenset(wire.net.lower() for wire in self.circuit.wires.values() if wire.driven)

    def label(self, net: str) -> str:
        """Return a net's name inside the group that it starts in, and what drives it."""
        role = self.circuit.roles.get(net, "")
        name = _within(net, self.columns[self.uses[net][0]].group)
        return short(f"{name} · {role}" if role else name)

    def again(self, run: Sequence[int]) -> list[str]:
        """Return the nets whose names are repeated where a group starts: its columns are on them, but not the first."""
        if not self.columns[run[0]].group:
            return []
        return [net for net, used in self.uses.items() if used[0] < run[0] and not set(run).isdisjoint(used)]

    def place(self, defect: Defect) -> Place:
        """Return where a defect is marked; below the drawing if it has no place in it."""
        site = defect.site
        if isinstance(site, Cut) and not isinstance(defect, Double):
            return self._segment(site) if site.wire else self._at(site.device, "open", (site.terminals[0][1],))
        if isinstance(site, Pair) and not isinstance(defect, Double) and site.nets[0] != site.nets[1]:
            if site.device:
                return self._at(site.device, "short", site.nets)
            return Place("bridge", -1, (min(site.nets), max(site.nets))) if set(site.nets) <= set(self.uses) else BELOW
        return BELOW

    def _at(self, path: str, kind: str, what: tuple[str, ...]) -> Place:
        """Return the place at the column that a device is, or is in."""
        number = next((self._numbers[name] for name in (path, *_around(path)) if name in self._numbers), -1)
        if number >= 0 and self.columns[number].whole:
            return Place("inside", number)
        known = {pin[kind == "short"] for pin in self.columns[number].pins} if number >= 0 else set()
        return Place(kind, number, what) if known.issuperset(what) else BELOW

    def _segment(self, cut: Cut) -> Place:
        """Return the place behind the last tap of the near side, where all others of the net are right of it."""
        taps = [f"{cut.scope}.{tap}" if cut.scope else tap for tap in cut.cuts]
        near = [number for number, column in enumerate(self.columns) if _is_in(column.path, taps)]
        last = [number for number in near if _is_in(self.columns[number].path, taps[-1:])]
        if not last or cut.net not in self.uses:
            return self._at(cut.scope, "segment", (cut.net,))
        ordered = all((number <= last[-1]) == (number in near) for number in self.uses[cut.net])
        return Place("segment", last[-1], (cut.net,)) if ordered else BELOW

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {column.path: number for number, column in enumerate(self.columns)}


def view_of(circuit: Circuit) -> View:
    """Return what is drawn of a circuit; what has too much at its top level is refused."""
    top = len(circuit.hierarchy.inside[""])
    if len(circuit.devices) > MOST_DEVICES and top > MOST_COLUMNS:
        what = f"{circuit.name} has {top:,} devices and instances at its top level"
        raise UsageError(f"{what}; the most that a drawing shows is {MOST_COLUMNS}: choose a part of it")
    columns = list(_devices(circuit) if len(circuit.devices) <= MOST_DEVICES else _top_level(circuit))
    shown = [column for column in columns if column.is_shown]
    hidden = [column.path for column in columns if not column.is_shown]
    return View(circuit, tuple(_arranged(shown, circuit.wires)), hidden)


def _devices(circuit: Circuit) -> Iterator[Column]:
    tops = {element.card.name for element in circuit.hierarchy.inside[""]}
    for device in circuit.devices:
        group = next((name for name in _around(device.path) if name in tops), "") if device.element.scope else ""
        pins = [pin for pin in circuit.terminals(device) if device.device.is_metal(pin[0]) and pin[1] in circuit.metal]
        yield Column(device.path, device.device.name, group, tuple(pins))


def _top_level(circuit: Circuit) -> Iterator[Column]:
    classes = device_classes(circuit.hierarchy)
    joined = _joined_inside(circuit)
    for element in circuit.hierarchy.inside[""]:
        name = element.card.name
        pins = [pin for pin in zip(element.terminals, element.nets, strict=True) if pin[1] in circuit.metal]
        if element.body and not classes.is_device(element):
            pins += [(net, net) for net in sorted(joined.get(name, ())) if net not in element.nets]
            yield Column(name, element.model, "", tuple(pins), whole=True)
        else:
            device = classes.of(element)
            pins = [pin for pin in pins if device.is_metal(pin[0])]
            yield Column(name, device.name, "", tuple(pins))


def _joined_inside(circuit: Circuit) -> dict[str, set[str]]:
    """Return the nets that each instance of the top level joins without a port: ground, and others that are global."""
    joined: dict[str, set[str]] = {}
    for net in sorted(circuit.hierarchy.globals & circuit.metal):
        for index, place in circuit.taps[net]:
            device = circuit.devices[index]
            if device.element.scope and device.device.is_metal(list(device.element.terminals)[place]):
                for name in _around(device.path):
                    joined.setdefault(name, set()).add(net)
    return joined


def _arranged(columns: Sequence[Column], wires: Mapping[str, WireSpec], scope: str = "") -> Iterator[Column]:
    """Yield columns in the deck's order, but along a wire in the order of its taps; instances are kept together."""
    depth = scope.count(".") + 1 if scope else 0
    units: dict[str, list[Column]] = {}
    for column in columns:
        units.setdefault(".".join(column.path.split(".")[depth : depth + 1]), []).append(column)
    before: dict[str, set[str]] = {name: set() for name in units}
    for wire in wires.values():
        taps = dict.fromkeys(tap.lower().rpartition(".")[0] for tap in wire.order if wire.scope.lower() == scope)
        for first, second in pairwise(tap for tap in taps if tap in units):
            before[second].add(first)
    waiting = dict.fromkeys(units)
    while waiting:
        # Where wires contradict each other, the deck's order counts.
        name = next((name for name in waiting if before[name].isdisjoint(waiting)), next(iter(waiting)))
        del waiting[name]
        unit = units[name]
        yield from unit if len(unit) == 1 else _arranged(unit, wires, f"{scope}.{name}" if scope else name)


def _around(path: str) -> list[str]:
    """Return what the instances around a device may be called, the outermost first: names may have dots."""
    steps = path.split(".")
    return [".".join(steps[:count]) for count in range(1, len(steps))]


def _is_in(path: str, instances: Sequence[str]) -> bool:
    return any(path == instance or path.startswith(f"{instance}.") for instance in instances)


def _within(path: str, group: str) -> str:
    """Return a name as it is inside of an instance."""
    return path.removeprefix(f"{group}.") if group else path
