"""The file model of fault maps: which network, which faults, how many of its parts have them, and from when on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from faultsim import library
from faultsim.errors import Problem, SpecError
from faultsim.learning.twin.fault_kind import FaultKind
from faultsim.learning.twin.network_spec import NetworkSpec, is_network, load_network
from faultsim.specfile import Spec, read_spec, read_table

Moment = Literal["before", "during", "after"]


class FaultSpec(Spec):
    """A fault of synapses or outputs."""

    name: str = Field(min_length=1, description="in tables and figures")
    kind: FaultKind = Field(description="what is wrong; behaviour: an output integrates or leaks otherwise")
    junctions: int = Field(default=1, ge=1, description="of each faulty synapse, how many are stuck")
    gain: Annotated[float, Field(ge=0)] = Field(
        default=1.0, description="how fast a faulty output integrates, relative to a good one"
    )
    retention: Annotated[float, Field(gt=0)] = Field(
        default=1.0, description="what a faulty output keeps from one pulse of the fastest train to the next, likewise"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        own = {"junctions": self.kind.sticks, "gain": self.kind is FaultKind.BEHAVIOUR}
        own["retention"] = own["gain"]
        if idle := [name for name, used in own.items() if not used and name in self.model_fields_set]:
            raise ValueError(f"a {self.kind} takes no {', '.join(idle)}")
        if self.kind is FaultKind.BEHAVIOUR and self.gain == self.retention == 1.0:
            raise ValueError("a behaviour needs a gain or a retention other than 1; with neither it is no fault")
        return self


class FaultMapSpec(Spec):
    """How well a functional network recognises with faults in it."""

    kind: Literal["fault-map"]
    title: str
    source: str = ""
    notes: list[str] = Field(default_factory=list, description="what reports have to state")
    network: str = Field(description="file of a network: a name of the library, or a path from this file")
    outputs: int | None = Field(default=None, ge=1, description="in place of the network's own")
    samples: int | None = Field(default=None, ge=2, description="likewise")
    initialisations: int | None = Field(default=None, ge=1, description="likewise")
    shares: list[Annotated[float, Field(gt=0, le=1)]] = Field(
        min_length=1, description="of the synapses or outputs that have a fault"
    )
    moments: list[Moment] = Field(
        min_length=1, description="before it learns anything, during that (after half of the samples), or after it"
    )
    faults: list[FaultSpec] = Field(min_length=1)
    claimed: Annotated[float, Field(gt=0, le=1)] | None = Field(
        default=None, description="share of dead synapses below which they are said not to matter"
    )

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        listed: dict[str, Sequence[object]] = {
            "shares": self.shares,
            "moments": self.moments,
            "faults": [one.name for one in self.faults],
        }
        for key, values in listed.items():
            if twice := [str(value) for value in dict.fromkeys(values) if list(values).count(value) > 1]:
                raise ValueError(f"{key}: {', '.join(twice)} more than once")
        return self


def load_fault_map(path: Path) -> tuple[FaultMapSpec, Path, NetworkSpec]:
    """Read the file of a fault map.

    Returns:
        What it says; the file of its network; that network, as it is wanted.

    Raises:
        SpecError: Everything that is wrong with one of the files.
    """
    spec = read_spec(path, FaultMapSpec)
    file = library.find_from(path, "network", "trainings", spec.network)
    if not is_network(read_table(file)):
        raise SpecError([Problem(f"{path}: network", f"{file} is no functional network", 'one with kind = "network"')])
    network = load_network(file)
    most = network.junctions
    if many := [one for one in spec.faults if one.junctions > most]:
        raise SpecError(
            Problem(f"{path}: faults", f"{one.name}: {one.junctions} junctions", f"synapses of {file} have {most}")
            for one in many
        )
    own = {name: getattr(spec, name) for name in ("outputs", "samples", "initialisations")}
    return spec, file, network.model_copy(update={name: value for name, value in own.items() if value is not None})


def is_fault_map(table: dict[str, object]) -> bool:
    """Return whether a file is that of a fault map."""
    return table.get("kind") == "fault-map"
