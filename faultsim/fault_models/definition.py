"""The file model of a defect: what changes in the deck."""

from __future__ import annotations

import string
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from faultsim import library
from faultsim.specfile import Quantity, Spec, read_spec


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


class ConnectionEdit(Spec):
    """The site's connection is cut and the elements are put between its halves.

    Besides {near}, {far} and {severity} they may use the nets at other terminals of the device, such as {d} and {s}.
    """

    at: Literal["connection"]
    elements: list[str] = Field(min_length=1, description="cards with {near}, {far} and {severity}")
    severity_element: str = Field(description="the element whose value is the severity")

    @model_validator(mode="after")
    def _fields(self) -> Self:
        _check_fields(self.elements, self.severity_element, ["near", "far", "severity"], more=True)
        return self

    @cached_property
    def terminals(self) -> set[str]:
        """The terminals of the device whose nets the elements use."""
        return _fields_of(self.elements) - {"near", "far", "severity"}


class NetsEdit(Spec):
    """The elements are put between two nets."""

    at: Literal["nets"]
    elements: list[str] = Field(min_length=1, description="cards with {a}, {b} and {severity}")
    severity_element: str = Field(description="the element whose value is the severity")

    @model_validator(mode="after")
    def _fields(self) -> Self:
        _check_fields(self.elements, self.severity_element, ["a", "b", "severity"])
        return self


class WindowEdit(Spec):
    """A window of the timing generator becomes shorter or longer by the severity."""

    at: Literal["window"]
    change: Literal["shorter", "longer"]


class ParameterEdit(Spec):
    """A parameter of the process moves towards its corner; the severity is the share of the way, 1 at the corner."""

    at: Literal["parameter"]


class DefectDefinition(Spec):
    """A kind of defect."""

    title: str
    kind: Literal["open", "bridge", "short", "device", "parametric"]
    about: str
    source: str
    severity: SeveritySpec
    edit: Annotated[ConnectionEdit | NetsEdit | WindowEdit | ParameterEdit, Field(discriminator="at")]


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
    return read_spec(path, DefectDefinition)


def _fields_of(elements: Sequence[str]) -> set[str]:
    return {field for line in elements for _, field, _, _ in string.Formatter().parse(line) if field}


def _check_fields(elements: Sequence[str], severity_element: str, wanted: Sequence[str], more: bool = False) -> None:
    fields = _fields_of(elements)
    *others, last = (f"{{{field}}}" for field in wanted)
    named = f"{', '.join(others)} and {last}"
    if not set(wanted) <= fields or (not more and fields != set(wanted)):
        raise ValueError(f"elements have to use {named}" + ("" if more else ", and nothing else"))
    if severity_element.lower() not in {line.split()[0].lower() for line in elements}:
        raise ValueError(f"no element is called {severity_element}")
