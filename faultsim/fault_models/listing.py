"""Lists defects: of devices, of wires and their neighbours, of the process, of pairs of nets."""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise
from typing import NamedTuple

from faultsim.circuits.circuit import Circuit
from faultsim.circuits.flatten import FlatDevice
from faultsim.circuits.sites import Cut, DeviceSite, Pair, Parameter, Site, Window, segment, tap_names, wire_taps
from faultsim.errors import Problem, SpecError
from faultsim.fault_models.collapse import Collapse
from faultsim.fault_models.definition import ConnectionEdit, DefectDefinition, NetsEdit
from faultsim.fault_models.detectability import NOTHING_FOUND, Finding, Structure
from faultsim.fault_models.rules import DevicesSpec, NeighboursSpec, OpensSpec, ShortsSpec, UniverseSpec
from faultsim.fault_models.weights import Weigher, Weight

_BETTER = Weight(0.0, "ours: a piece of a line", "a piece of a line; a short across it only makes the line better")
_OPEN = ":open"


class Listed(NamedTuple):
    """A defect before it is known which others it is the same as.

    Attributes:
        id: Its name.
        model: Name of its definition.
        site: Where it is.
        weight: How likely it is.
        same: Equal for defects that make the same circuit.
        finding: Whether it can be detected.
        device: Index of its device, or -1.
        ruled: Its name where the sidecar would not name the place.
    """

    id: str
    model: str
    site: Site
    weight: Weight
    same: Hashable
    finding: Finding = NOTHING_FOUND
    device: int = -1
    ruled: str = ""

    def is_called(self, name: str) -> bool:
        """Return whether it goes by a name, in capitals or not."""
        return name.lower() in (self.id.lower(), (self.ruled or self.id).lower())


@dataclass(frozen=True)
class Lister:
    """Lists the defects of a circuit, one kind of place at a time.

    Attributes:
        circuit: The circuit.
        spec: The rules.
        weigher: Weighs them.
        definition: Gives a kind of defect by name.
        collapse: Says which are the same.
        structure: Says which cannot be detected.
    """

    circuit: Circuit
    spec: UniverseSpec
    weigher: Weigher
    definition: Callable[[str], DefectDefinition]
    collapse: Collapse
    structure: Structure

    def of_device(self, index: int) -> Iterator[Listed]:
        """Yield the defects of one device."""
        device = self.circuit.devices[index]
        if device.counts > 1:
            return
        yield from self._terminals(index, device)
        yield from self._physics(index, device)

    def _terminals(self, index: int, device: FlatDevice) -> Iterator[Listed]:
        """Yield the opens and shorts of one device."""
        opens, shorts = self.opens.get(device.device.name, ()), self.shorts.get(device.device.name, ())
        if not opens and not shorts:
            return
        metal = [net for terminal, net in self.circuit.terminals(device) if device.device.is_metal(terminal)]
        two_ended = len(metal) == 2
        if two_ended and metal[0] == metal[1]:
            return
        places = {terminal: place for place, terminal in enumerate(device.element.terminals)}
        for rule, edit in opens:
            for terminal in rule.terminals:
                if terminal in places:
                    yield self._open(index, device, terminal, places[terminal], rule, edit, two_ended)
        yield from self._shorts(index, device, places, two_ended)

    def _physics(self, index: int, device: FlatDevice) -> Iterator[Listed]:
        """Yield what can be wrong with the physics of one device, and the corners of its parameters."""
        kind = device.device.name
        nets = tuple([net for terminal, net in self.circuit.terminals(device) if device.device.is_metal(terminal)])
        for rule in self.devices.get(kind, ()):
            weight = self.weigher.of_device(rule, device)
            for model in rule.models:
                yield self._of_physics(
                    index, model, DeviceSite(f"{device.path}:{model}", device.path, kind, nets), weight
                )
        corner = self.spec.device_corners
        if corner is None:
            return
        weight = self.weigher.of_device(corner, device)
        for name, corners in device.device.corners.items():
            ends = {"min": (corners.min_shift, corners.min_scale), "max": (corners.max_shift, corners.max_scale)}
            for end, (shift, scale) in ends.items():
                # A share of nothing is nothing.
                if shift or device.values.get(name) != 0:
                    identity = f"{device.path}.{name}:{end}"
                    site = DeviceSite(identity, device.path, kind, nets, name, shift, scale, source=corners.source)
                    yield self._of_physics(index, corner.model, site, weight)

    def _of_physics(self, index: int, model: str, site: DeviceSite, weight: Weight) -> Listed:
        # Devices in parallel with the same model, nets and values are one circuit, whichever is ill.
        first = self.collapse.parallels[index]
        what = site.name[len(site.device) :]
        return Listed(site.name, model, site, self.weigher.overridden(site.name, weight), (first, what), device=index)

    def segments(self) -> Iterator[Listed]:
        """Yield an open for each segment of each wire with an order."""
        rule = self.spec.wires
        if rule is None:
            return
        edit = self._cut_edit(rule.model)
        weight = self.weigher.by_rule(rule, {})
        for wire_name, wire in self.circuit.wires.items():
            taps = wire_taps(wire, self.circuit.hierarchy)
            named = list(zip(tap_names(taps), taps, strict=True))
            for after, tap in named if wire.driven else named[:-1]:
                default = f"{wire_name}.{after}"
                name = self._named.get((wire_name, *tap), default)
                cut = segment(name, wire_name, after, self.circuit.wires, self.circuit.hierarchy)
                site = self.circuit.sites.get(name, cut)
                identity = name if name != default else default + _OPEN
                weighed = self.weigher.overridden(identity, weight)
                same = self.collapse.cut_class(cut, edit)
                yield Listed(identity, rule.model, site, weighed, same, ruled=default + _OPEN)

    def neighbours(self) -> Iterator[Listed]:
        """Yield a bridge for each two nets that the sidecar's layout makes neighbours."""
        seen: set[frozenset[str]] = set()
        for rule in self.spec.neighbours:
            weight = self.weigher.by_rule(rule, {})
            for first, second in self._related(rule):
                pair = frozenset((first, second))
                if len(pair) == 2 and pair not in seen:
                    seen.add(pair)
                    yield self._bridge(first, second, rule.relation, rule.model, weight)

    def corners(self) -> Iterator[Listed]:
        """Yield the two corners of each parameter of the process."""
        rule = self.spec.corners
        if rule is None:
            return
        weight = self.weigher.by_rule(rule, {})
        for name, process in self.circuit.process.items():
            corners = {
                "min": (process.min_shift, process.min_scale),
                "max": (process.max_shift, process.max_scale),
            }
            for end, (shift, scale) in corners.items():
                identity = f"{name.lower()}:{end}"
                site = Parameter(identity, name.lower(), shift, scale, source=process.source)
                yield Listed(identity, rule.model, site, self.weigher.overridden(identity, weight), identity)

    def windows(self) -> Iterator[Listed]:
        """Yield the defects of each window of the timing generator that the sidecar names."""
        rule = self.spec.windows
        if rule is None:
            return
        weight = self.weigher.by_rule(rule, {})
        for model in rule.models:
            for name, site in self.circuit.sites.items():
                if isinstance(site, Window):
                    identity = f"{name}:{model}"
                    yield Listed(identity, model, site, self.weigher.overridden(identity, weight), identity)

    def named(self, listed: Container[str]) -> Iterator[Listed]:
        """Yield an open or a bridge at each site that the sidecar names and that no rule has listed."""
        weight = Weight(1.0, "ours: named by the sidecar, and by no rule")
        for name, site in self.circuit.sites.items():
            if isinstance(site, Cut | Pair) and name not in listed:
                model = "open" if isinstance(site, Cut) else "bridge"
                yield Listed(name, model, site, self.weigher.overridden(name, weight), name)

    def pairs(self) -> Iterator[Listed]:
        """Yield a bridge between any two nets that are metal; those of neighbours have been listed."""
        rule = self.spec.pairs
        if rule is None:
            return
        weight = self.weigher.by_rule(rule, {})
        listed = {frozenset(item.site.nets) for item in self.neighbours()}
        for first, second in combinations(self.nets, 2):
            if frozenset((first, second)) not in listed:
                yield self._bridge(first, second, "", rule.model, weight)

    def pair(self, first: str, second: str) -> Listed:
        """Return the bridge between two nets, whatever the rules say of it."""
        return self._bridge(first, second, "", "bridge", Weight(1.0, "asked for by its nets"))

    @cached_property
    def nets(self) -> list[str]:
        """Nets that are metal, in the order in which the deck has them."""
        metal = self.circuit.metal
        return [net for net in self.circuit.taps if net in metal]

    @cached_property
    def opens(self) -> dict[str, list[tuple[OpensSpec, ConnectionEdit]]]:
        """Class of devices -> its rules for opens, with what they do to the deck."""
        found: dict[str, list[tuple[OpensSpec, ConnectionEdit]]] = {}
        for rule in self.spec.opens:
            found.setdefault(rule.device, []).append((rule, self._cut_edit(rule.model)))
        return found

    @cached_property
    def devices(self) -> dict[str, list[DevicesSpec]]:
        """Class of devices -> the rules for its physics."""
        found: dict[str, list[DevicesSpec]] = {}
        for rule in self.spec.devices:
            found.setdefault(rule.device, []).append(rule)
        return found

    @cached_property
    def shorts(self) -> dict[str, list[tuple[ShortsSpec, NetsEdit]]]:
        """Class of devices -> its rules for shorts, with what they do to the deck."""
        found: dict[str, list[tuple[ShortsSpec, NetsEdit]]] = {}
        for rule in self.spec.shorts:
            found.setdefault(rule.device, []).append((rule, self._nets_edit(rule.model)))
        return found

    def _open(
        self,
        index: int,
        device: FlatDevice,
        terminal: str,
        place: int,
        rule: OpensSpec,
        edit: ConnectionEdit,
        two_ended: bool,
    ) -> Listed:
        net = device.nets[place]
        name = device.path if two_ended else f"{device.path}.{terminal}"
        identity = name + _OPEN
        site: Site
        if self._named and (device.path, terminal) in self._named:
            identity = self._named[device.path, terminal]
            site = self.circuit.sites[identity]
        else:
            site = Cut(name, device.path, ((device.path, terminal),), net, "", (device.path,))
        # A piece of a line is as likely to break as any, whatever the rules say of resistors.
        ruled = self.spec.wires if device.path in self.circuit.segments and self.spec.wires is not None else rule
        weight = self.weigher.overridden(identity, self.weigher.of_device(ruled, device))
        same, finding = self.collapse.open_class(index, place, edit), self.structure.of_open(index, net)
        return Listed(identity, rule.model, site, weight, same, finding, index, name + _OPEN)

    def _shorts(self, index: int, device: FlatDevice, places: Mapping[str, int], two_ended: bool) -> Iterator[Listed]:
        """Yield one short per distinct pair of nets; where several pairs of terminals are on it, their weights add."""
        found: dict[tuple[str, str], tuple[str, Weight, ShortsSpec, NetsEdit]] = {}
        for rule, edit in self.shorts.get(device.device.name, ()):
            for pair in rule.pairs:
                one, _, other = pair.partition("-")
                if one not in places or other not in places:
                    continue
                first, second = device.nets[places[one]], device.nets[places[other]]
                if first == second:
                    continue
                nets = (first, second) if first < second else (second, first)
                weight = self.weigher.of_device(rule, device)
                if device.path in self.circuit.segments:
                    weight = _BETTER
                if nets in found:
                    pair, other_weight, rule, edit = found[nets]
                    weight = other_weight.with_another(weight)
                found[nets] = (pair, weight, rule, edit)
        for (first, second), (pair, weight, rule, edit) in found.items():
            one, _, other = pair.partition("-")
            name = device.path if two_ended else f"{device.path}.{pair}"
            identity = f"{name}:short"
            touching = ((device.path, one), (device.path, other))
            site = Pair(name, (device.nets[places[one]], device.nets[places[other]]), device.path, touching)
            weight = self.weigher.overridden(identity, weight)
            same, finding = (
                self.collapse.pair_class(first, second, edit),
                self.structure.of_short(index, device, first, second),
            )
            yield Listed(identity, rule.model, site, weight, same, finding, index)

    def _bridge(self, first: str, second: str, relation: str, model: str, weight: Weight) -> Listed:
        edit = self._nets_edit(model)
        name = f"{first}~{second}"
        identity = self._named.get((first, second)) or self._named.get((second, first)) or f"{name}:bridge"
        site = self.circuit.sites.get(identity, Pair(name, (first, second), relation=relation))
        same, finding = self.collapse.pair_class(first, second, edit), self.structure.of_bridge(first, second)
        return Listed(identity, model, site, self.weigher.overridden(identity, weight), same, finding)

    def _related(self, rule: NeighboursSpec) -> Iterator[tuple[str, str]]:
        layout = self.circuit.layout
        words, bits, rails = (
            [net.lower() for net in nets] for nets in (layout.word_lines, layout.bit_lines, layout.rails)
        )
        match rule.relation:
            case "adjacent word lines":
                yield from pairwise(words)
            case "adjacent bit lines":
                yield from pairwise(bits)
            case "word line over bit line":
                for cell in self.circuit.hierarchy.inside[""]:
                    on_it = set(cell.nets)
                    yield from ((word, bit) for word in words for bit in bits if cell.body and {word, bit} <= on_it)
            case "line to rail":
                yield from ((net, rail) for net in (*words, *bits) for rail in rails)

    @cached_property
    def _named(self) -> dict[tuple[str, ...], str]:
        """(device, terminal), (wire, element, terminal) or two nets -> the sidecar's name of the place."""
        found: dict[tuple[str, ...], str] = {}
        for name, site in self.circuit.sites.items():
            if isinstance(site, Cut):
                found[(site.wire, *site.terminals[-1]) if site.wire else (site.device, site.terminals[0][1])] = name
            elif isinstance(site, Pair):
                found[site.nets] = name
        return found

    def _cut_edit(self, model: str) -> ConnectionEdit:
        edit = self.definition(model).edit
        if not isinstance(edit, ConnectionEdit):
            raise SpecError([Problem(f"universe: model {model!r}", "is not about a connection", "name a kind of open")])
        return edit

    def _nets_edit(self, model: str) -> NetsEdit:
        edit = self.definition(model).edit
        if not isinstance(edit, NetsEdit):
            raise SpecError([Problem(f"universe: model {model!r}", "is not about two nets", "name a kind of bridge")])
        return edit
