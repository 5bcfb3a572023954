"""The file model of a defect: what changes in the deck."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from faultsim import library
from faultsim.specfile import Quantity, Spec, read_spec


class SeveritySpec(Spec):
    """The quantity that a threshold is searched over."""

    unit: str
    low: Quantity = Field(gt=0)
    high: Quantity = Field(gt=0)
    default: Quantity = Field(gt=0)
    direction: Literal["fails_above"]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low < self.high or not self.low <= self.default <= self.high:
            raise ValueError("low < high, and default between them")
        return self


class ConnectionEdit(Spec):
    """The site's connection is cut and the elements are put between its halves."""

    at: Literal["connection"]
    elements: list[str] = Field(min_length=1, description="cards with {near}, {far} and {severity}")
    severity_element: str = Field(description="the element whose value is the severity")

    @model_validator(mode="after")
    def _fields(self) -> Self:
        fields = {field for line in self.elements for _, field, _, _ in string.Formatter().parse(line) if field}
        if fields != {"near", "far", "severity"}:
            raise ValueError("elements have to use {near}, {far} and {severity}, and nothing else")
        if self.severity_element.lower() not in {line.split()[0].lower() for line in self.elements}:
            raise ValueError(f"no element is called {self.severity_element}")
        return self


class WindowEdit(Spec):
    """A window of the timing generator becomes shorter or longer by the severity."""

    at: Literal["window"]
    change: Literal["shorter", "longer"]


class DefectDefinition(Spec):
    """A kind of defect."""

    title: str
    kind: Literal["open", "bridge", "short", "device", "parametric"]
    about: str
    source: str
    severity: SeveritySpec
    edit: Annotated[ConnectionEdit | WindowEdit, Field(discriminator="at")]


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
