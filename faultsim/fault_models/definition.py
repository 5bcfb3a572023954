"""The file model of a defect: what changes in the deck."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from faultsim import library
from faultsim.fault_models.elements import net_fields, value_formulas, values_at
from faultsim.specfile import Quantity, Spec, read_spec
from faultsim.units import format_quantity


class SeveritySpec(Spec):
    """The quantity that a threshold is searched over: a defect fails above its threshold, or below it."""

    unit: str
    low: Quantity = Field(gt=0)
    high: Quantity = Field(gt=0)
    default: Quantity = Field(gt=0)
    direction: Literal["fails_above", "fails_below"]
    own_range: bool = Field(default=False, description="low and high count, and not a campaign's range of resistances")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low < self.high or not self.low <= self.default <= self.high:
            raise ValueError("low < high, and default between them")
        return self

    def outside(self, value: float) -> str:
        """Return what is wrong with a severity that its own range does not have; nothing where it is inside."""
        if not self.own_range or self.low <= value <= self.high:
            return ""
        low, high = (format_quantity(end, self.unit) for end in (self.low, self.high))
        return f"a severity of {format_quantity(value, self.unit)} is outside of {low} to {high}"


class ConnectionEdit(Spec):
    """The site's connection is cut and the elements are put between its halves.

    Besides {near}, {far} and {severity} they may use the nets at other terminals of the device, such as {d} and {s}.
    A value may follow the severity by a formula, such as {2*severity}.
    """

    at: Literal["connection"]
    elements: list[str] = Field(min_length=1, description="cards with {near}, {far} and {severity}")

    @model_validator(mode="after")
    def _fields(self) -> Self:
        _check_elements(self.elements, ["near", "far"], more=True)
        return self

    @cached_property
    def terminals(self) -> set[str]:
        """The terminals of the device whose nets the elements use."""
        return net_fields(self.elements) - {"near", "far"}


class NetsEdit(Spec):
    """The elements are put between two nets."""

    at: Literal["nets"]
    elements: list[str] = Field(min_length=1, description="cards with {a}, {b} and {severity}")

    @model_validator(mode="after")
    def _fields(self) -> Self:
        _check_elements(self.elements, ["a", "b"])
        return self


class WindowEdit(Spec):
    """A window of the timing generator becomes shorter or longer by the severity."""

    at: Literal["window"]
    change: Literal["shorter", "longer"]


class ParameterEdit(Spec):
    """A parameter of the process moves towards its corner; the severity is the share of the way, 1 at the corner."""

    at: Literal["parameter"]


class DeviceEdit(Spec):
    """A device's physics changes; its siblings stay as they are.

    In a formula `severity` is the severity, and every other name is the parameter of the good device.
    """

    at: Literal["device"]
    devices: list[str] = Field(min_length=1, description="classes of devices, as device files declare them")
    parameters: dict[str, str] = Field(default_factory=dict, description="parameter -> formula")
    elements: dict[str, list[str]] = Field(
        default_factory=dict, description="class -> cards for the inside of its subcircuit, with severity in braces"
    )

    @model_validator(mode="after")
    def _changes(self) -> Self:
        if not self.parameters and not self.elements:
            raise ValueError("give parameters or elements: nothing changes")
        wrong = sorted(set(self.elements) - set(self.devices))
        if wrong:
            raise ValueError(f"elements are for {', '.join(wrong)}, which devices does not name")
        if not any("severity" in text for text in self._texts):
            raise ValueError("no formula and no card uses the severity")
        return self

    @property
    def _texts(self) -> list[str]:
        return [*self.parameters.values(), *(line for lines in self.elements.values() for line in lines)]


class DeviceParameterEdit(Spec):
    """A parameter of one device moves towards its corner; the severity is the share of the way, 1 at the corner."""

    at: Literal["device parameter"]


class DefectDefinition(Spec):
    """A kind of defect."""

    title: str
    kind: Literal["open", "bridge", "short", "device", "parametric"]
    about: str
    source: str
    severity: SeveritySpec
    edit: Annotated[
        ConnectionEdit | NetsEdit | WindowEdit | ParameterEdit | DeviceEdit | DeviceParameterEdit,
        Field(discriminator="at"),
    ]

    @model_validator(mode="after")
    def _valued(self) -> Self:
        if isinstance(self.edit, ConnectionEdit | NetsEdit):
            for severity in (self.severity.low, self.severity.default, self.severity.high):
                values_at(value_formulas(self.edit.elements), severity)
        return self


def load(name: str) -> DefectDefinition:
    """Load a defect definition by name or path.

    Raises:
        UsageError: No such definition.
        SpecError: Everything that is wrong with it.
    """
    return load_file(library.find("defects", name))


def load_file(path: Path) -> DefectDefinition:
    """Load a defect definition from its file.

    Raises:
        SpecError: Everything that is wrong with it.
    """
    if not path.is_file():
        return read_spec(path, DefectDefinition)
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=512)
def _read(path: Path, _modified_ns: int) -> DefectDefinition:
    """Read a file once; a name is looked for in every definition that there is."""
    return read_spec(path, DefectDefinition)


def _check_elements(elements: Sequence[str], wanted: Sequence[str], more: bool = False) -> None:
    nets, named = net_fields(elements), ", ".join(f"{{{field}}}" for field in wanted)
    if not value_formulas(elements) or not set(wanted) <= nets or (not more and nets != set(wanted)):
        raise ValueError(f"elements have to use {named} and {{severity}}" + ("" if more else ", and nothing else"))
