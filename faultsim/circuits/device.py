"""What a device is: by the letter of its card, or by the file that declares a subcircuit to be one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import Field

from faultsim.circuits.element import Element
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.process import ProcessSpec
from faultsim.errors import Problem, SpecError, did_you_mean
from faultsim.specfile import Spec, check_table, read_table

_NAMES = {
    "m": "mos",
    "q": "bipolar",
    "j": "jfet",
    "z": "jfet",
    "d": "diode",
    "r": "resistor",
    "c": "capacitor",
    "l": "inductor",
    "t": "line",
    "o": "line",
    "u": "line",
    "s": "switch",
    "w": "switch",
    "k": "coupling",
    **dict.fromkeys("viefghb", "source"),
}
_UNKNOWN = "opaque"


Vector = Annotated[list[str], Field(min_length=3, max_length=3)]


class MacrospinSpec(Spec):
    """Where in a subcircuit the equation of its free layer is: ports, an ammeter, and formulas of its parameters.

    dm/dt = -g m x H + alpha m x dm/dt - g m x (m x S), all fields in A/m, with S and H linear in the voltage along the
    metal and in the current into the pillar.
    """

    magnetisation: Vector = Field(description="ports that carry it")
    field: Vector = Field(description="ports that take an applied field")
    metal: list[str] = Field(min_length=2, max_length=2, description="ports at the two ends of the heavy metal")
    pillar: str = Field(description="voltage source inside that carries the current into the pillar")
    alpha: str = Field(description="Gilbert damping")
    anisotropy: Vector = Field(description="A/m per unit of magnetisation, demagnetisation inside")
    metal_spin: Vector = Field(description="damping-like spin field, A/m per V along the metal")
    metal_field: Vector = Field(description="field-like part, A/m per V along the metal")
    pillar_spin: Vector = Field(description="damping-like spin field, A/m per A into the pillar")
    fixed_layer: Vector = Field(description="direction of the fixed layer")
    start: Vector = Field(description="magnetisation to begin with")


class DeviceSpec(Spec):
    """A subcircuit that is one device, declared in a TOML file beside the deck file that defines it."""

    subcircuit: str
    device: str = Field(description="its class, which the rules of universes are about")
    about: str
    terminals: list[str] = Field(min_length=1, description="ports that are metal; others are quantities of the model")
    corners: dict[str, ProcessSpec] = Field(default_factory=dict, description="parameter -> how far it may be off")
    macrospin: MacrospinSpec | None = Field(default=None, description="the equation of its free layer, if it has one")


@dataclass(frozen=True)
class DeviceClass:
    """A class of devices.

    Attributes:
        name: mos, bipolar, resistor, ... or what a device file says.
        terminals: Those that are metal; empty means all.
        corners: Parameter -> how far it may be off.
        macrospin: Where the equation of its free layer is.
    """

    name: str
    terminals: tuple[str, ...] = ()
    corners: Mapping[str, ProcessSpec] = field(default_factory=dict)
    macrospin: MacrospinSpec | None = None

    def is_metal(self, terminal: str) -> bool:
        """Return whether a terminal is a piece of metal, and no quantity of the device's model."""
        return not self.terminals or terminal in self.terminals


@dataclass(frozen=True)
class DeviceClasses:
    """The classes of a deck's devices.

    Attributes:
        by_letter: Class of each element letter.
        by_scope: Class of each subcircuit that is a device, by the name of its scope.
    """

    by_letter: Mapping[str, DeviceClass]
    by_scope: Mapping[str, DeviceClass]

    def of(self, element: Element) -> DeviceClass:
        """Return what an element is."""
        if element.body:
            return self.by_scope[element.body]
        return self.by_letter.get(element.letter, DeviceClass(_UNKNOWN))

    def of_subcircuit(self, element: Element) -> DeviceClass:
        """Return what an instance is; a subcircuit that no file declares is nothing in particular."""
        return self.by_scope.get(element.body, DeviceClass(_UNKNOWN))

    def is_device(self, element: Element) -> bool:
        """Return whether an instance is one device."""
        return element.body in self.by_scope


def device_classes(hierarchy: Hierarchy) -> DeviceClasses:
    """Return the classes of a deck's devices, those of the device files beside its files among them.

    Raises:
        SpecError: Everything that is wrong with the device files.
    """
    by_scope: dict[str, DeviceClass] = {}
    problems: list[Problem] = []
    sources = {hierarchy.cards[scope.start].source for scope in hierarchy.scopes.values() if scope.name}
    for path in sorted(Path(source).with_suffix(".toml") for source in sources):
        try:
            by_scope |= _declared(path, hierarchy)
        except SpecError as error:
            problems += error.problems
    if problems:
        raise SpecError(problems)
    return DeviceClasses({letter: DeviceClass(name) for letter, name in _NAMES.items()}, by_scope)


def load_device(path: Path) -> DeviceSpec:
    """Load a device file.

    Raises:
        SpecError: Everything that is wrong with it.
    """
    return check_table(read_table(path), DeviceSpec, path)


def _declared(path: Path, hierarchy: Hierarchy) -> dict[str, DeviceClass]:
    """Return the class that a file declares; a TOML file of another kind, such as a sidecar, declares none."""
    if not path.is_file() or "subcircuit" not in read_table(path):
        return {}
    spec = load_device(path)
    scope = hierarchy.scopes.get(spec.subcircuit.lower())
    if scope is None:
        known = did_you_mean(spec.subcircuit.lower(), filter(None, hierarchy.scopes))
        raise SpecError([Problem(f"{path}: subcircuit", f"no subcircuit {spec.subcircuit!r}", known)])
    terminals = tuple(terminal.lower() for terminal in spec.terminals)
    unknown = [terminal for terminal in terminals if terminal not in scope.ports]
    if unknown:
        message = f"{spec.subcircuit} has no port {', '.join(unknown)}"
        raise SpecError([Problem(f"{path}: terminals", message, did_you_mean(unknown[0], scope.ports))])
    for parameter in spec.corners:
        if parameter not in hierarchy.defaults(scope.name):
            message = f"{spec.subcircuit} has no parameter {parameter!r}"
            remedy = did_you_mean(parameter, hierarchy.defaults(scope.name))
            raise SpecError([Problem(f"{path}: corners", message, remedy)])
    if spec.macrospin is not None:
        wanted = [*spec.macrospin.magnetisation, *spec.macrospin.field, *spec.macrospin.metal]
        absent = [port for port in wanted if port.lower() not in scope.ports]
        if absent:
            message = f"{spec.subcircuit} has no port {', '.join(absent)}"
            raise SpecError([Problem(f"{path}: macrospin", message, did_you_mean(absent[0], scope.ports))])
        sources = [element.card.name for element in hierarchy.inside[scope.name] if element.letter == "v"]
        if spec.macrospin.pillar.lower() not in sources:
            message = f"{spec.subcircuit} has no voltage source {spec.macrospin.pillar!r}"
            raise SpecError(
                [Problem(f"{path}: macrospin.pillar", message, did_you_mean(spec.macrospin.pillar, sources))]
            )
    return {scope.name: DeviceClass(spec.device, terminals, spec.corners, spec.macrospin)}
