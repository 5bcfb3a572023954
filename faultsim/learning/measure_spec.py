"""The file models of measurements: switching, spike-timing dependent plasticity, updates, energy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from faultsim import library
from faultsim.errors import Problem, SpecError, did_you_mean
from faultsim.specfile import Quantity, Spec, check_table, read_table

Law = Literal["law", "as-published"]
Positive = Annotated[Quantity, Field(gt=0)]


class SweepSpec(Spec):
    """Pulses on junctions: every height with every width."""

    law: Law = Field(default="law", description="of the junctions")
    heights: list[Quantity] = Field(min_length=1, description="V; above 0 drives antiparallel to parallel")
    widths: list[Positive] = Field(min_length=1, description="s")


class SwitchingSpec(Spec):
    """How often junctions switch under a pulse, against their law."""

    kind: Literal["switching"]
    title: str
    source: str = ""
    notes: list[str] = Field(default_factory=list, description="what reports have to state")
    trials: int = Field(ge=1, description="junctions under each pulse, each with random numbers of its own")
    first_seed: int = 1
    steps: int = Field(ge=1, description="largest time step: a pulse's width over this number")
    finer: list[int] = Field(
        min_length=1, description="by how much steps are divided, the same trials with each; 1 first"
    )
    sweeps: list[SweepSpec] = Field(min_length=1)
    settings: dict[str, dict[str, str | float]] = Field(default_factory=dict, description="as in a file of trainings")


class PulseSpec(Spec):
    """A curve of spike-timing dependent plasticity."""

    width: Positive = Field(description="of the input's pulse, s")
    law: Law = Field(default="law", description="of the junctions")


class BiSigmoidSpec(Spec):
    """Published parameters of the rule: 1 - 1/(1 + exp(-k0 (t - t0))) - 1/(1 + exp(-k1 (t - t1))), t in ms."""

    width: Positive = Field(description="of the input's pulse that they are for, s")
    k0_per_ms: float
    t0_ms: float
    k1_per_ms: float
    t1_ms: float
    source: str


class PlasticitySpec(Spec):
    """How a synapse's conductance changes with the delay from an input's to the output's spike."""

    kind: Literal["plasticity"]
    title: str
    source: str = ""
    notes: list[str] = Field(default_factory=list, description="what reports have to state")
    copies: int = Field(ge=1, description="synapses for each delay")
    junctions: int = Field(ge=2, description="of each; half of them begin parallel")
    delays: int = Field(ge=5, description="for each curve, evenly from first to last")
    first: float = Field(description="delay of the first, in widths of the input's pulse")
    last: float = Field(description="of the last")
    high: float = Field(gt=0, lt=1, description="change from which on it is high potentiation or depression")
    unchanged: float = Field(gt=0, lt=1, description="change up to which it is none")
    drawn: list[float] = Field(default_factory=list, description="delays that waveforms are drawn of, in widths")
    first_seed: int = 1
    curves: list[PulseSpec] = Field(min_length=1)
    published: BiSigmoidSpec
    settings: dict[str, dict[str, str | float]] = Field(default_factory=dict, description="as in a file of trainings")


class UpdateSpec(Spec):
    """How output spikes change compound synapses, in SPICE and by the law of the functional twin."""

    kind: Literal["update"]
    title: str
    source: str = ""
    notes: list[str] = Field(default_factory=list, description="what reports have to state")
    ages: list[Annotated[float, Field(gt=0, lt=1)]] = Field(
        min_length=1, description="of the input's pulse when the output is made to spike, in its widths"
    )
    updates: int = Field(ge=1, description="synapses at each age, each updated once, with random numbers of its own")
    junctions: int = Field(ge=1, description="of each; as many of them begin parallel as of any other number")
    first_seed: int = 1
    settings: dict[str, dict[str, str | float]] = Field(default_factory=dict, description="as in a file of trainings")


class PowerSweepSpec(Spec):
    """Synapses whose power is measured: every number of junctions with every frequency and mode."""

    junctions: list[int] = Field(min_length=1)
    frequencies: list[Positive] = Field(min_length=1, description="of the input's pulses, Hz")
    modes: list[Literal["training", "inference"]] = Field(min_length=1, description="inference: no feedback")


class ArraySpec(Spec):
    """Crossbars in which the same is measured."""

    glyph: str = Field(description="FILE:NAME")
    junctions: list[int] = Field(min_length=1)
    modes: list[Literal["training", "inference"]] = Field(min_length=1)


class VariationSpec(Spec):
    """Something that the paper does not state, and values for it."""

    name: str
    why: str
    settings: dict[str, dict[str, str | float]] = Field(default_factory=dict, description="as in a file of trainings")


class PublishedPowerSpec(Spec):
    """A published power or energy."""

    item: str
    junctions: int
    frequency: Positive
    mode: Literal["training", "inference"]
    power: Positive = Field(description="average over a presentation, W")
    energy: Positive = Field(description="per spike, J")


class WorkSpec(Spec):
    """A line of the paper's comparison with other works."""

    work: str
    training: str
    rule: str
    update_power: Quantity | None = Field(default=None, description="W")
    energy_per_spike: Quantity | None = Field(default=None, description="J")


class EnergySpec(Spec):
    """Power of synapses, and energy per spike."""

    kind: Literal["energy"]
    title: str
    source: str = ""
    notes: list[str] = Field(default_factory=list, description="what reports have to state")
    duration: Positive = Field(description="that power is averaged over, s")
    spike: Positive = Field(description="what the paper takes for a spike's duration, s")
    initialisations: int = Field(ge=1, description="seeds that are averaged over")
    first_seed: int = 1
    step: Positive = Field(description="largest time step, s")
    sweeps: list[PowerSweepSpec] = Field(min_length=1)
    array: ArraySpec | None = None
    variations: list[VariationSpec] = Field(min_length=1, description="the first is that of the learning crossbars")
    published: list[PublishedPowerSpec] = Field(default_factory=list)
    works: list[WorkSpec] = Field(default_factory=list)
    slips: list[str] = Field(default_factory=list, description="where the paper's units contradict each other")


MeasureSpec = SwitchingSpec | PlasticitySpec | UpdateSpec | EnergySpec
_MODELS: dict[str, type[MeasureSpec]] = {
    "switching": SwitchingSpec,
    "plasticity": PlasticitySpec,
    "update": UpdateSpec,
    "energy": EnergySpec,
}


def load_measure(name: str) -> tuple[Path, MeasureSpec]:
    """Load a measurement by name or path.

    Raises:
        UsageError: There is no such file.
        SpecError: Everything that is wrong with it.
    """
    path = library.find("measures", name)
    return path, read_measure(path)


def read_measure(path: Path) -> MeasureSpec:
    """Read the file of a measurement.

    Raises:
        SpecError: Everything that is wrong with it.
    """
    table = read_table(path)
    kind = str(table.get("kind", ""))
    if kind not in _MODELS:
        raise SpecError(
            [Problem(f"{path}: kind", f"{kind!r} is nothing that can be measured", did_you_mean(kind, _MODELS))]
        )
    return check_table(table, _MODELS[kind], path)


def is_measure(table: dict[str, object]) -> bool:
    """Return whether a file is that of a measurement."""
    return table.get("kind") in _MODELS
