"""Which defects no test can detect, as far as the circuit's structure says, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from faultsim.circuits.circuit import Circuit
from faultsim.circuits.flatten import FlatDevice
from faultsim.fault_models.accounting import Detectability
from faultsim.fault_models.collapse import Collapse

GROUND = "0"


class Finding(NamedTuple):
    """Whether a defect can be detected, and why not."""

    detectability: Detectability = Detectability.DETECTABLE
    reason: str = ""


NOTHING_FOUND = Finding()
_STRENGTH = list(Detectability)


def stronger(one: Finding, other: Finding) -> Finding:
    """Return the finding that says more; what holds for one of several equal circuits holds for all."""
    # Of two that say as much the reason decides, so that the order of a deck does not.
    return max(one, other, key=lambda finding: (_STRENGTH.index(finding.detectability), finding.reason))


@dataclass(frozen=True)
class Structure:
    """Looks at a circuit's structure.

    Attributes:
        circuit: The flattened circuit.
        collapse: Its parallel devices.
    """

    circuit: Circuit
    collapse: Collapse

    def of_open(self, index: int, net: str) -> Finding:
        """Return what the structure says of an open at a terminal of a device."""
        nets = self.circuit.devices[index].nets
        # A current that cannot leave at one end of a device does not enter at the other.
        unused = self._unused(nets if len(nets) == 2 else (net,))
        if unused:
            return Finding(Detectability.STRUCTURALLY, f"open to an unused net: nothing else is on {unused}")
        size = self.collapse.sizes[self.collapse.parallels[index]]
        if size > 1:
            return Finding(Detectability.POTENTIALLY, f"open in one of {size} in parallel")
        return NOTHING_FOUND

    def of_short(self, index: int, device: FlatDevice, first: str, second: str) -> Finding:
        """Return what the structure says of a short between two terminals of a device."""
        found = self.of_bridge(first, second)
        unused = self._unused((first, second)) if len(device.nets) == 2 else ""
        if unused:
            return Finding(Detectability.STRUCTURALLY, f"short to an unused net: nothing else is on {unused}")
        if found.reason or device.device.name != "resistor":
            return found
        if self._ties_an_input(index, first, second) or self._ties_an_input(index, second, first):
            return Finding(Detectability.STRUCTURALLY, "short across a resistor that ties an input to a rail")
        chain = self._series(index, first) + self._series(index, second)
        if chain:
            return Finding(Detectability.POTENTIALLY, f"short in one of {chain + 1} resistors in series")
        return NOTHING_FOUND

    def of_bridge(self, first: str, second: str) -> Finding:
        """Return what the structure says of a bridge between two nets."""
        roots = self._root(first), self._root(second)
        if roots[0] == roots[1]:
            return Finding(
                Detectability.STRUCTURALLY,
                f"short between two nets that cannot differ: an ideal source of 0 V joins {first} and {second}",
            )
        if all(self._is_held(net) for net in (first, second)):
            return Finding(
                Detectability.POTENTIALLY,
                f"prevented by test access: ideal sources hold {first} and {second}; state a driver's impedance",
            )
        return NOTHING_FOUND

    def _unused(self, nets: Sequence[str]) -> str:
        """Return a net that has just one terminal on it and nothing that looks at it, where one of these is such."""
        alone = (net for net in nets if net != GROUND and self.collapse.degree(net) == 1)
        return next((net for net in alone if net not in self.circuit.untouchable), "")

    def _is_held(self, net: str) -> bool:
        return net == GROUND or net in self._held

    @cached_property
    def _held(self) -> frozenset[str]:
        """Nets that an ideal source to ground, or the test bench without an impedance, holds."""
        bench = {net for net, ohm in self.circuit.driven.items() if ohm == 0}
        sources = (device.nets for device in self.circuit.devices if device.element.letter == "v")
        return frozenset(bench | {net for nets in sources if GROUND in nets for net in nets})

    @cached_property
    def _parents(self) -> dict[str, str]:
        """Net -> another one that a source of 0 V makes equal to it."""
        parents: dict[str, str] = {}
        for device in self.circuit.devices:
            if device.element.letter == "v" and _is_zero(device):
                first, second = (_root_of(net, parents) for net in device.nets)
                if first != second:
                    parents[max(first, second)] = min(first, second)
        return parents

    def _root(self, net: str) -> str:
        return _root_of(net, self._parents)

    def _ties_an_input(self, index: int, rail: str, net: str) -> bool:
        """Return whether a resistor goes from a rail to a net with nothing but gates on it."""
        if not self._is_held(rail) or net in self.circuit.untouchable:
            return False
        devices = self.circuit.devices
        others = [tap for tap in self.circuit.taps[net] if tap[0] != index]
        gates = [
            devices[other].device.name == "mos" and list(devices[other].element.terminals)[place] == "g"
            for other, place in others
        ]
        return bool(gates) and all(gates)

    def _series(self, index: int, net: str) -> int:
        """Return how many resistors follow directly on a net that joins nothing else."""
        if net == GROUND or net in self.circuit.untouchable or self.collapse.degree(net) != 2:
            return 0
        others = [other for other, _ in self.circuit.taps[net] if other != index]
        return sum(self.circuit.devices[other].device.name == "resistor" for other in others)


def _is_zero(device: FlatDevice) -> bool:
    """Return whether a voltage source is an ammeter: no value, or a direct one of zero."""
    words = device.element.card.lowered[3:]
    return not words or words in (["0"], ["dc", "0"], ["dc", "=", "0"])


def _root_of(net: str, parents: dict[str, str]) -> str:
    while net in parents:
        net = parents[net]
    return net
