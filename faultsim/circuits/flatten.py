"""The flattened circuit: every device of every instance, with its nets by their hierarchical names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from faultsim.circuits.device import DeviceClass, DeviceClasses
from faultsim.circuits.element import Element
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.parameters import Values, evaluate
from faultsim.errors import Problem, SpecError

MOST_DEVICES = 5_000_000
_MOST_ALIKE = 1e9


class FlatDevice(NamedTuple):
    """One device.

    Attributes:
        path: Hierarchical path, such as ``xcell1.ma1``.
        element: Its card.
        device: What it is.
        nets: Flattened net of each terminal, in the order of the element's terminals.
        values: Its parameters that have a value; one object for all devices of the same card and parameters.
        multiplier: How many devices it stands for, those of the instances around it included.
        counts: How many cards on its path give a multiplier; ngspice 39 takes only the outermost of several.
    """

    path: str
    element: Element
    device: DeviceClass
    nets: tuple[str, ...]
    values: Mapping[str, float]
    multiplier: float
    counts: int = 0


class _Place(NamedTuple):
    """Where the walk is: an instance's body."""

    scope: str
    prefix: str
    nets: Mapping[str, str]
    values: Values
    multiplier: float
    counts: int


@dataclass
class Flattener:
    """Walks a hierarchy.

    Attributes:
        hierarchy: The deck's structure.
        classes: Say what a device is, and which subcircuits are one.
    """

    hierarchy: Hierarchy
    classes: DeviceClasses
    _counts: dict[str, int] = field(default_factory=dict)
    _bodies: dict[tuple[int, int], Values] = field(default_factory=dict)
    _same: dict[tuple[int, str, tuple[tuple[str, float | None], ...]], Values] = field(default_factory=dict)
    _devices: dict[tuple[int, int], tuple[DeviceClass, Mapping[str, float]]] = field(default_factory=dict)
    _cards: dict[tuple[int, tuple[tuple[str, str], ...]], dict[str, float | None]] = field(default_factory=dict)
    _shared: dict[tuple[tuple[str, float], ...], Mapping[str, float]] = field(default_factory=dict)

    def devices(self) -> Iterator[FlatDevice]:
        """Yield every device, in the order of the deck, instances opened where they stand.

        Raises:
            SpecError: There are more than a program can look at.
        """
        count = self.count()
        if count > MOST_DEVICES:
            message = f"has {count:.3g} devices when it is flattened; the most is {MOST_DEVICES:.3g}"
            raise SpecError([Problem(self.hierarchy.cards[0].source, message, "take a part of it")])
        yield from self._walk(_Place("", "", {}, Values().inside(self.hierarchy, None), 1.0, 0))

    def count(self) -> int:
        """Return the number of devices, without walking through them."""
        return self._below("")

    def _below(self, scope: str) -> int:
        """Return the number of devices in a subcircuit."""
        if scope not in self._counts:
            inside = self.hierarchy.inside[scope]
            self._counts[scope] = sum(self._below(element.body) if self._opens(element) else 1 for element in inside)
        return self._counts[scope]

    def _opens(self, element: Element) -> bool:
        return bool(element.body) and element.body not in self.classes.by_scope

    def _walk(self, place: _Place) -> Iterator[FlatDevice]:
        ports, prefix, everywhere = place.nets, place.prefix, self.hierarchy.globals
        for element in self.hierarchy.inside[place.scope]:
            flat = element.nets
            if prefix:
                # Ground is ground even where a port is called so.
                flat = tuple([net if net in everywhere else ports.get(net) or prefix + net for net in flat])
            if self._opens(element):
                # There may be very many instances of nothing.
                if self._below(element.body):
                    yield from self._walk(self._entered(place, element, flat))
                continue
            device, values = self._known(element, place.values)
            multiplier = _times(place.multiplier, values.get("m"))
            counts = place.counts + ("m" in values)
            yield FlatDevice(prefix + element.card.name, element, device, flat, values, multiplier, counts)

    def _entered(self, place: _Place, instance: Element, flat: tuple[str, ...]) -> _Place:
        key = (id(place.values), instance.index)
        if key not in self._bodies:
            values = place.values.inside(self.hierarchy, instance)
            # Instances with the same parameters share one object, and so their devices' values.
            same = (id(place.values), instance.body, tuple(values.given.items()))
            self._bodies[key] = self._same.setdefault(same, values)
        values = self._bodies[key]
        # A subcircuit that has a parameter of that name does with it what it likes.
        count = None if "m" in self.hierarchy.defaults(instance.body) else values.given.get("m")
        ports = dict(zip(instance.terminals, flat, strict=True))
        multiplier, counts = _times(place.multiplier, count), place.counts + (count is not None)
        return _Place(instance.body, f"{place.prefix}{instance.card.name}.", ports, values, multiplier, counts)

    def _known(self, element: Element, values: Values) -> tuple[DeviceClass, Mapping[str, float]]:
        key = (id(values), element.index)
        if key not in self._devices:
            if element.body:
                inner = values.inside(self.hierarchy, element)
                found = {name: inner.value(name) for name in self.hierarchy.scopes[element.body].defaults}
                found |= {"m": inner.given["m"]} if "m" in inner.given else {}
            else:
                found = self._evaluated(element, values)
            known: Mapping[str, float] = {name: value for name, value in found.items() if value is not None}
            # Devices with the same values share one mapping, and so all that is worked out from it.
            known = self._shared.setdefault(tuple(known.items()), known)
            self._devices[key] = (self.classes.of(element), known)
        return self._devices[key]

    def _evaluated(self, element: Element, values: Values) -> dict[str, float | None]:
        """Return what a card's parameters are; cards with the same text are worked out once."""
        key = (id(values), tuple(element.texts.items()))
        if key not in self._cards:
            self._cards[key] = {name: evaluate(text, values) for name, text in element.texts.items()}
        return self._cards[key]


def _times(multiplier: float, count: float | None) -> float:
    """Return how many devices several times a device are; what is no number of devices counts as one."""
    product = multiplier * (count or 1.0)
    return product if 0 < product < _MOST_ALIKE else multiplier
