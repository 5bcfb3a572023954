"""A circuit's universe: all defects that are considered, each with its accounting, and what is excluded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice
from typing import NamedTuple

from faultsim.circuits.circuit import Circuit
from faultsim.circuits.flatten import FlatDevice
from faultsim.errors import Problem, SpecError
from faultsim.fault_models.accounting import Accounting
from faultsim.fault_models.collapse import Collapse
from faultsim.fault_models.defect import Defect
from faultsim.fault_models.definition import DefectDefinition, load
from faultsim.fault_models.detectability import NOTHING_FOUND, Finding, Structure, stronger
from faultsim.fault_models.listing import Listed, Lister
from faultsim.fault_models.rules import OverrideSpec, UniverseSpec
from faultsim.fault_models.weights import Weigher

MOST_PAIRS = 2_000_000
FORGOTTEN = "m= is given by more than one card on the way to it, and ngspice takes the outermost: multiply them in one"
_MOST_KEPT = 1_000_000
"""Defects that are kept while the whole universe is looked through; those behind them are listed a second time."""


def nets_of_bridge(identity: str) -> Iterator[tuple[str, str]]:
    """Yield the pairs of nets that an id may mean a bridge between: names of nets may have the sign in them."""
    names, _, model = identity.lower().rpartition(":")
    for place, letter in enumerate(names):
        if letter == "~" and model == "bridge":
            yield names[:place], names[place + 1 :]


class Excluded(NamedTuple):
    """A device without defects, and why."""

    device: str
    reason: str


@dataclass(frozen=True)
class Universe:
    """The defects of a circuit.

    Attributes:
        circuit: The circuit.
        spec: The rules.
        weights: The user's weights, in place of those of the rules.
    """

    circuit: Circuit
    spec: UniverseSpec
    weights: Sequence[OverrideSpec] = ()
    _definitions: dict[str, DefectDefinition] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Defect]:
        """Yield every defect: devices in the deck's order, wires, neighbours, the process, pairs of nets.

        Raises:
            SpecError: There are too many pairs of nets to list.
        """
        self._check_size()
        first: dict[Hashable, str] = {}
        sizes: Counter[Hashable] = Counter()
        findings: dict[Hashable, Finding] = {}
        kept: list[Listed] = []
        for listed in self._listed():
            first.setdefault(listed.same, listed.id)
            sizes[listed.same] += 1
            if listed.finding is not NOTHING_FOUND:
                findings[listed.same] = stronger(listed.finding, findings.get(listed.same, NOTHING_FOUND))
            if len(kept) < _MOST_KEPT:
                kept.append(listed)
        rest = islice(self._listed(), len(kept), None) if len(kept) == _MOST_KEPT else ()
        for listed in chain(kept, rest):
            found = findings.get(listed.same, NOTHING_FOUND)
            yield self._defect(listed._replace(finding=found), first[listed.same], sizes[listed.same])

    @property
    def excluded(self) -> Iterator[Excluded]:
        """Devices that no rule is about, and why."""
        reasons = {device: rule.reason for rule in self.spec.excluded for device in rule.devices}
        for device in self.circuit.devices:
            name = device.device.name
            if name in reasons:
                yield Excluded(device.path, reasons[name])
            elif not any(name in rules for rules in (self._lister.opens, self._lister.shorts, self._lister.devices)):
                yield Excluded(device.path, f"the universe has no rule for a device of class {name}")
            elif len(device.nets) == 2 and device.nets[0] == device.nets[1]:
                yield Excluded(device.path, f"both of its ends are on {device.nets[0]}")
            elif device.counts > 1:
                yield Excluded(device.path, FORGOTTEN)
            elif not self._fits(device):
                yield Excluded(device.path, f"no rule for class {name} is about its terminals")

    def _fits(self, device: FlatDevice) -> bool:
        """Return whether a rule is about any terminal of a device."""
        terminals = device.element.terminals
        opens = (end for rule, _ in self._lister.opens.get(device.device.name, ()) for end in rule.terminals)
        return any(end in terminals for end in opens) or any(
            all(end in terminals for end in pair.split("-"))
            for rule, _ in self._lister.shorts.get(device.device.name, ())
            for pair in rule.pairs
        )

    def find(self, identity: str) -> Defect | None:
        """Return the defect of this id without listing all others; it stands for itself alone.

        At a place that the sidecar names, the name by the rules is understood too. A bridge between any two nets is
        found, whether it is in the universe or not. Capitals make no difference.
        """
        site = self.circuit.sites.get(identity)
        where = site.device if site is not None and site.device else identity.lower()
        for index, device in enumerate(self.circuit.devices):
            if where.startswith(device.path):
                for listed in self._lister.of_device(index):
                    if listed.is_called(identity):
                        return self._defect(listed, listed.id, 1)
        lister = self._lister
        others = chain(lister.segments(), lister.neighbours(), lister.windows(), lister.corners())
        for listed in others:
            if listed.is_called(identity):
                return self._defect(listed, listed.id, 1)
        return self._bridge(identity)

    def _bridge(self, identity: str) -> Defect | None:
        for names in nets_of_bridge(identity):
            first, second = (self._net(name) for name in names)
            if first != second and {first, second} <= self.circuit.taps.keys():
                listed = next(
                    (each for each in self._lister.neighbours() if {*each.site.nets} == {first, second}),
                    self._lister.pair(*sorted((first, second), key=self._order.__getitem__)),
                )
                return self._defect(listed, listed.id, 1)
        return None

    def _net(self, name: str) -> str:
        """Return the flattened name of a net; one of a port leads to the net outside."""
        inside, _, net = name.rpartition(".")
        try:
            return self.circuit.hierarchy.flat_net(inside, net) if name not in self.circuit.taps else name
        except SpecError:
            return name

    @cached_property
    def _order(self) -> dict[str, int]:
        """Net -> its place among all."""
        return {net: place for place, net in enumerate(self.circuit.taps)}

    def _listed(self) -> Iterator[Listed]:
        lister, named = self._lister, set()
        ruled = chain(
            chain.from_iterable(map(lister.of_device, range(len(self.circuit.devices)))),
            lister.segments(),
            lister.neighbours(),
            lister.windows(),
            lister.corners(),
            lister.pairs(),
        )
        for listed in ruled:
            if listed.id in self.circuit.sites:
                named.add(listed.id)
            yield listed
        if self.spec.wires is not None:
            yield from lister.named(named)

    def _defect(self, listed: Listed, first: str, group: int) -> Defect:
        devices, collapse, index = self.circuit.devices, self._lister.collapse, listed.device
        weight, finding = listed.weight, listed.finding
        accounting = Accounting(
            weight.value,
            weight.origin,
            weight.justification,
            devices[index].multiplier if index >= 0 else 1.0,
            collapse.sizes[collapse.parallels[index]] if index >= 0 else 1,
            group,
            "" if first == listed.id else first,
            devices[index].element.model if index >= 0 else "",
            finding.detectability,
            finding.reason,
        )
        return Defect(listed.id, self._definition(listed.model), listed.site, listed.model, accounting)

    def _definition(self, model: str) -> DefectDefinition:
        if model not in self._definitions:
            self._definitions[model] = load(model)
        return self._definitions[model]

    def _check_size(self) -> None:
        nets = len(self._lister.nets) if self.spec.pairs is not None else 0
        pairs = nets * (nets - 1) // 2
        if pairs > MOST_PAIRS:
            message = f"{nets:,} nets make {pairs:,} pairs; the most that is listed is {MOST_PAIRS:,}"
            raise SpecError([Problem(self.circuit.name, message, "use the universe network, or a part of the deck")])

    @cached_property
    def _lister(self) -> Lister:
        collapse = Collapse(self.circuit)
        structure = Structure(self.circuit, collapse)
        return Lister(self.circuit, self.spec, Weigher(self.weights), self._definition, collapse, structure)
