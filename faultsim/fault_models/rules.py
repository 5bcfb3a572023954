"""The file model of a universe: by which rules a circuit's defects are listed and weighed."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from faultsim import library
from faultsim.circuits.formula import NoValue, parse_formula
from faultsim.errors import Problem, SpecError
from faultsim.specfile import Spec, check_table, read_table

Relation = Literal["adjacent word lines", "adjacent bit lines", "word line over bit line", "line to rail"]


class WeightSpec(Spec):
    """How likely a defect is, as a formula over the device's parameters, and where that comes from."""

    weight: str
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
    model: str = "open"


class ShortsSpec(WeightSpec):
    """Shorts between terminals of a class of devices, one for each pair of nets."""

    device: str
    pairs: list[str] = Field(min_length=1, description="two terminals with a dash between")
    model: str = "short"

    @field_validator("pairs")
    @classmethod
    def _two_each(cls, pairs: list[str]) -> list[str]:
        wrong = [pair for pair in pairs if len(pair.split("-")) != 2]
        if wrong:
            raise ValueError(f"{', '.join(wrong)}: write two terminals with a dash between")
        return pairs


class WiresSpec(WeightSpec):
    """Opens of the segments of wires whose order a sidecar gives."""

    model: str = "open"


class NeighboursSpec(WeightSpec):
    """Bridges between nets that a sidecar says are neighbours."""

    relation: Relation
    model: str = "bridge"


class CornersSpec(WeightSpec):
    """The two corners of each parameter of the process that a sidecar declares."""

    model: str = "corner"


class WindowsSpec(WeightSpec):
    """Windows of the circuit's own timing generator that the sidecar names as sites."""

    models: list[str] = Field(min_length=1)


class PairsSpec(WeightSpec):
    """Bridges between any two nets."""

    model: str = "bridge"


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
    excluded: list[ExcludedSpec] = Field(default_factory=list)


class OverrideSpec(Spec):
    """A user's weight for the defects whose id matches a glob."""

    defects: str
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


def load_universe(name: str) -> UniverseSpec:
    """Load a universe by name or path.

    Raises:
        UsageError: No such universe.
        SpecError: Everything that is wrong with it.
    """
    return load_universe_file(library.find("universes", name))


def load_universe_file(path: Path) -> UniverseSpec:
    """Load a universe from its file, with those that it extends.

    Raises:
        SpecError: Everything that is wrong with it.
    """
    return check_table(_table(path, ()), UniverseSpec, path)


def load_weights(path: Path) -> tuple[OverrideSpec, ...]:
    """Load a user's weights.

    Raises:
        SpecError: Everything that is wrong with them.
    """
    return tuple(check_table(read_table(path), WeightsSpec, path).weights)


def _table(path: Path, open_files: tuple[Path, ...]) -> dict[str, Any]:
    table = read_table(path)
    base = table.get("extends")
    if not base or not isinstance(base, str):
        return table
    beside = path.parent / f"{base.removesuffix('.toml')}.toml"
    target = beside if beside.is_file() else library.find("universes", base)
    if target.resolve() in open_files or target.resolve() == path.resolve():
        raise SpecError([Problem(f"{path}: extends", f"{base} extends itself in a circle")])
    merged = dict(_table(target, (*open_files, path.resolve())))
    for key, value in table.items():
        both = isinstance(value, list) and isinstance(merged.get(key), list)
        merged[key] = [*merged[key], *value] if both else value
    return merged
