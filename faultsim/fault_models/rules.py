"""The file model of a universe: by which rules a circuit's defects are listed and weighed."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from faultsim import library
from faultsim.circuits.formula import NoValue, parse_formula
from faultsim.errors import UsageError, did_you_mean
from faultsim.fault_models.definition import ConnectionEdit, load
from faultsim.specfile import Spec

Relation = Literal["adjacent word lines", "adjacent bit lines", "word line over bit line", "line to rail"]
_PLACES = {
    "connection": "a connection",
    "nets": "two nets",
    "window": "a window of the timing generator",
    "parameter": "a parameter of the process",
    "device": "a device",
    "device parameter": "a parameter of a device",
}


def _model_at(place: str, name: str) -> str:
    """Return the name of a kind of defect that is about such a place.

    Raises:
        ValueError: There is no such kind, or it is about another place.
    """
    try:
        at = load(name).edit.at
    except UsageError as error:
        raise ValueError(str(error)) from error
    if at != place:
        fitting = [known for known in library.names("defects") if load(known).edit.at == place]
        raise ValueError(f"is about {_PLACES[at]}, and not about {_PLACES[place]} ({did_you_mean(name, fitting)})")
    return name


CutModel = Annotated[str, AfterValidator(partial(_model_at, "connection"))]
NetsModel = Annotated[str, AfterValidator(partial(_model_at, "nets"))]
WindowModel = Annotated[str, AfterValidator(partial(_model_at, "window"))]
DeviceModel = Annotated[str, AfterValidator(partial(_model_at, "device"))]
DeviceCornerModel = Annotated[str, AfterValidator(partial(_model_at, "device parameter"))]
CornerModel = Annotated[str, AfterValidator(partial(_model_at, "parameter"))]


class WeightSpec(Spec):
    """How likely a defect is, as a formula over the device's parameters, and where that comes from."""

    weight: str = Field(min_length=1)
    origin: str = Field(min_length=1, description="where the weight comes from")
    unknown: float = Field(default=1.0, gt=0, description="the weight where the parameters have no value")
    zero_when: str = Field(default="", description="formula; where it is true the weight is 0")
    zero_reason: str = ""

    @field_validator("weight", "zero_when")
    @classmethod
    def _a_formula(cls, text: str) -> str:
        try:
            parse_formula(text.lower())
        except NoValue as error:
            if text:
                raise ValueError(f"{text!r} is no formula: {error}") from error
        return text

    @model_validator(mode="after")
    def _zero_with_a_reason(self) -> Self:
        if bool(self.zero_when) != bool(self.zero_reason):
            raise ValueError("zero_when and zero_reason belong together: a weight of zero needs a written reason")
        return self


class OpensSpec(WeightSpec):
    """Opens at terminals of a class of devices."""

    device: str
    terminals: list[str] = Field(min_length=1)
    model: CutModel = "open"


class ShortsSpec(WeightSpec):
    """Shorts between terminals of a class of devices, one for each pair of nets."""

    device: str
    pairs: list[str] = Field(min_length=1, description="two terminals with a dash between")
    model: NetsModel = "short"

    @field_validator("pairs")
    @classmethod
    def _two_each(cls, pairs: list[str]) -> list[str]:
        wrong = [pair for pair in pairs if len(pair.split("-")) != 2]
        if wrong:
            raise ValueError(f"{', '.join(wrong)}: write two terminals with a dash between")
        return pairs


class WiresSpec(WeightSpec):
    """Opens of the segments of wires whose order a sidecar gives."""

    model: CutModel = "open"

    @field_validator("model")
    @classmethod
    def _without_a_device(cls, model: str) -> str:
        edit = load(model).edit
        if isinstance(edit, ConnectionEdit) and edit.terminals:
            raise ValueError(f"uses the nets at {', '.join(sorted(edit.terminals))} of a device; a wire has none")
        return model


class NeighboursSpec(WeightSpec):
    """Bridges between nets that a sidecar says are neighbours."""

    relation: Relation
    model: NetsModel = "bridge"


class CornersSpec(WeightSpec):
    """The two corners of each parameter of the process that a sidecar declares."""

    model: CornerModel = "corner"


class WindowsSpec(WeightSpec):
    """Windows of the circuit's own timing generator that the sidecar names as sites."""

    models: list[WindowModel] = Field(min_length=1)

    @field_validator("models")
    @classmethod
    def _each_once(cls, models: list[str]) -> list[str]:
        if len(set(models)) < len(models):
            raise ValueError("name each of them once")
        return models


class DevicesSpec(WeightSpec):
    """Defects of the physics of a class of devices."""

    device: str
    models: list[DeviceModel] = Field(min_length=1)


class DeviceCornersSpec(WeightSpec):
    """The two corners of each parameter that a device file gives corners for, in each device."""

    model: DeviceCornerModel = "device-corner"


class PairsSpec(WeightSpec):
    """Bridges between any two nets."""

    model: NetsModel = "bridge"


class ExcludedSpec(Spec):
    """Classes of devices that have no defects, and why."""

    devices: list[str] = Field(min_length=1)
    reason: str = Field(min_length=1)


class UniverseSpec(Spec):
    """A universe; with ``extends`` it is another one with rules added."""

    extends: str = ""
    title: str
    source: str
    opens: list[OpensSpec] = Field(default_factory=list)
    shorts: list[ShortsSpec] = Field(default_factory=list)
    wires: WiresSpec | None = None
    neighbours: list[NeighboursSpec] = Field(default_factory=list)
    corners: CornersSpec | None = None
    windows: WindowsSpec | None = None
    pairs: PairsSpec | None = None
    devices: list[DevicesSpec] = Field(default_factory=list)
    device_corners: DeviceCornersSpec | None = None
    excluded: list[ExcludedSpec] = Field(default_factory=list)


class OverrideSpec(Spec):
    """A user's weight for the defects whose id matches a glob."""

    defects: str = Field(min_length=1)
    weight: float = Field(ge=0)
    origin: str = Field(min_length=1, description="where the weight comes from")
    zero_reason: str = ""

    @model_validator(mode="after")
    def _zero_with_a_reason(self) -> Self:
        if (self.weight == 0) != bool(self.zero_reason):
            raise ValueError("a weight of zero needs a zero_reason, and no other has one")
        return self


class WeightsSpec(Spec):
    """A user's weights; the last one that matches counts."""

    title: str = ""
    weights: list[OverrideSpec] = Field(min_length=1)
