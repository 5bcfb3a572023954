"""Which defects are the same circuit: opens of a branch, bridges of two nets, those of identical parallel devices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cached_property

from faultsim.circuits.circuit import Circuit, Tap
from faultsim.circuits.element import Element
from faultsim.circuits.sites import Cut
from faultsim.fault_models.definition import ConnectionEdit, NetsEdit

_PASSES = frozenset({"resistor", "capacitor", "inductor", "diode", "mtj"})
"""Two-terminal devices: what flows in at one end flows out at the other."""
_HAS_AREA = frozenset("dqjz")
"""Letters of cards that may state an area behind the model, without a name."""


@dataclass(frozen=True)
class Collapse:
    """Finds what is electrically one and the same.

    Attributes:
        circuit: The flattened circuit.
    """

    circuit: Circuit
    _branch: dict[Tap, Tap] = field(default_factory=dict)

    @cached_property
    def parallels(self) -> list[int]:
        """For each device the first one that is identical and in parallel to it, or itself."""
        first: dict[Hashable, int] = {}
        found: list[int] = []
        for index, device in enumerate(self.circuit.devices):
            values = tuple(sorted(item for item in device.values.items() if item[0] != "m"))
            texts = device.element.texts
            key: Hashable = index
            if len(values) >= len(texts) - ("m" in texts) and device.element.terminals:
                # A source's waveform is no value, but sources have no defects either.
                key = (device.device.name, device.element.model, device.nets, values, _area(device.element))
            found.append(first.setdefault(key, index))
        return found

    @cached_property
    def sizes(self) -> Counter[int]:
        """First device of a parallel group -> how many devices the group stands for, multipliers counted."""
        sizes: Counter[int] = Counter()
        for first, device in zip(self.parallels, self.circuit.devices, strict=True):
            sizes[first] += max(1, round(device.multiplier))
        return sizes

    def open_class(self, index: int, place: int, edit: ConnectionEdit) -> Hashable:
        """Return what an open at a terminal is the same as others by."""
        first = self.parallels[index]
        if edit.terminals or first != index or self.sizes[first] > 1:
            # It knows its device's other nets, or it leaves the other devices of its group connected.
            return ("terminal", first, place, *edit.elements)
        return ("branch", self._find((index, place)), *edit.elements)

    def cut_class(self, cut: Cut, edit: ConnectionEdit) -> Hashable:
        """Return what an open of a wire segment is the same as others by."""
        net, known = cut.net, self._near(cut)
        if known is None:
            return ("segment", net, cut.terminals, *edit.elements)
        near = frozenset(known)
        far = [tap for tap in self.circuit.taps.get(net, ()) if tap not in near]
        for taps in (near, far if net not in self.circuit.untouchable else ()):
            # A segment cuts off all devices that a card stands for, an open just one of them.
            if len(taps) == 1 and self.circuit.devices[next(iter(taps))[0]].multiplier == 1:
                return self.open_class(*next(iter(taps)), edit)
        return ("segment", net, near, *edit.elements)

    @staticmethod
    def pair_class(first: str, second: str, edit: NetsEdit) -> Hashable:
        """Return what a bridge between two nets is the same as others by; a device's short is one too."""
        return ("nets", *sorted((first, second)), *edit.elements)

    def degree(self, net: str) -> int:
        """Return how many terminals are on a net, the test bench's source counted."""
        return len(self.circuit.taps.get(net, ())) + (net in self.circuit.driven)

    def _near(self, cut: Cut) -> list[Tap] | None:
        """Return the terminals on the near side; None where an instance taps in twice, and which is which is lost."""
        inside = f"{cut.scope}." if cut.scope else ""
        taps = {(inside + element, terminal) for element, terminal in cut.terminals}
        paths = {path for path, _ in taps}
        twice = self._twice(cut.wire, inside)
        found: list[Tap] = []
        for index, place in self.circuit.taps.get(cut.net, ()):
            device = self.circuit.devices[index]
            within = any(device.path.startswith(path + ".") for path in paths)
            if within and any(device.path.startswith(path + ".") for path in twice):
                return None
            if within or (device.path in paths and (device.path, list(device.element.terminals)[place]) in taps):
                found.append((index, place))
        return found

    def _twice(self, wire: str, inside: str) -> set[str]:
        """Return the paths of elements that tap into a wire more than once."""
        times = Counter(inside + tap.lower().rpartition(".")[0] for tap in self.circuit.wires[wire].order)
        return {path for path, count in times.items() if count > 1}

    def _find(self, tap: Tap) -> Tap:
        """Return the first terminal of the branch that a terminal is in."""
        parent = self._branches.get(tap, tap)
        while parent != self._branches.get(parent, parent):
            parent = self._branches[parent]
        return parent

    @cached_property
    def _branches(self) -> dict[Tap, Tap]:
        """Terminal -> another of its branch, nearer to the first one."""
        parents: dict[Tap, Tap] = {}

        def root(tap: Tap) -> Tap:
            while tap in parents:
                parents[tap] = parents.get(parents[tap], parents[tap])
                tap = parents[tap]
            return tap

        def join(one: Tap, other: Tap) -> None:
            low, high = sorted((root(one), root(other)))
            if low != high:
                parents[high] = low

        devices, untouchable = self.circuit.devices, self.circuit.untouchable
        for net, taps in self.circuit.taps.items():
            if len(taps) == 2 and net not in untouchable and net != "0":
                join(*taps)
        for index, device in enumerate(devices):
            if device.device.name in _PASSES and self.sizes[self.parallels[index]] == 1:
                metal = [
                    place for place, terminal in enumerate(device.element.terminals) if device.device.is_metal(terminal)
                ]
                join((index, metal[0]), (index, metal[1]))
        return parents


def _area(element: Element) -> tuple[str, ...]:
    """Return what a card says behind its model without a name."""
    if element.letter not in _HAS_AREA:
        return ()
    words = element.card.lowered
    return tuple([words[place] for place in element.card.positional()[len(element.terminals) + 2 :]])
