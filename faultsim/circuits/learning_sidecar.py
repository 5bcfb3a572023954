"""The file model of a learning crossbar's sidecar: its inputs, outputs and weights, and how it is simulated."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from faultsim.circuits.process import ProcessSpec
from faultsim.circuits.sidecar import LayoutSpec, WireSpec
from faultsim.specfile import Quantity, Spec, read_table

_KIND = "learning"


class OutputSpec(Spec):
    """An output neuron."""

    net: str = Field(description="its column")
    membrane: str = Field(description="net of its membrane potential")
    turn: str = Field(description="net that has its spikes so far")


class SynapseSpec(Spec):
    """A compound synapse."""

    instance: str
    input: str = Field(description="net of its word line")
    output: str = Field(description="net of its column")
    weight: str = Field(description="net that has the share of its junctions that are parallel")


class PresentationSpec(Spec):
    """How it is simulated."""

    duration: Quantity = Field(gt=0, description="how long a picture is shown, s")
    step: Quantity = Field(gt=0, description="largest step, s")
    options: dict[str, Quantity | Literal["trap"]] = Field(default_factory=dict, description="ngspice's options")
    timeout: Quantity = Field(gt=0, description="seconds after which a transient counts as hung")


class LearningSidecar(Spec):
    """A learning crossbar's sidecar."""

    kind: Literal["learning"]
    title: str
    deck: str
    source: str = ""
    notes: list[str] = Field(default_factory=list, description="departures and choices that reports have to state")
    inputs: list[str] = Field(min_length=1, description="nets of the word lines, pixel by pixel")
    outputs: list[OutputSpec] = Field(min_length=1)
    synapses: list[SynapseSpec] = Field(min_length=1)
    simulation: PresentationSpec
    wires: dict[str, WireSpec] = Field(default_factory=dict)
    layout: LayoutSpec = Field(default_factory=LayoutSpec)
    process: dict[str, ProcessSpec] = Field(default_factory=dict, description=".param of the deck -> its corners")


def is_learning(path: Path) -> bool:
    """Return whether a TOML file is the sidecar of a learning crossbar.

    Raises:
        SpecError: It is not TOML.
    """
    return read_table(path).get("kind") == _KIND
