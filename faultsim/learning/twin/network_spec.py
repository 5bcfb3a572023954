"""The file model of functional networks: which pictures, which crossbar, how it competes, how long it learns."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from faultsim.learning.bench_settings import checked_settings
from faultsim.specfile import Quantity, Spec, read_spec

MOST_JUNCTIONS = 64
"""Of a synapse: the bits of a number."""
_FEWEST_STEPS = 10
"""Of a presentation: with fewer no pulse is seen."""
Positive = Annotated[Quantity, Field(gt=0)]


class ThresholdSpec(Spec):
    """How an output's threshold adapts, so that all outputs come to answer (Diehl and Cook 2015)."""

    rise: Annotated[Quantity, Field(ge=0)] = Field(default=0.0, description="with each spike, V")
    fades: Annotated[float, Field(gt=0)] = Field(
        default=1e9, description="presentations in which what it has risen by falls to 1/e"
    )


class NetworkSpec(Spec):
    """A functional network that learns pictures, and is asked what it recognises."""

    kind: Literal["network"]
    title: str
    source: str = ""
    notes: list[str] = Field(default_factory=list, description="what reports have to state")
    data: Literal["digits", "idx"] = Field(
        description="digits: scikit-learn's of 8 x 8 pixels; idx: the four files of MNIST, in the folder of --data"
    )
    black_from: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="intensity from which on a pixel is black, and else white; grey stays if none",
    )
    held_out: float = Field(
        default=0.25,
        gt=0,
        lt=1,
        description="share of the digits that is not learned, but tested; idx has files for that",
    )
    split_seed: int = Field(default=0, description="which of the digits are held out")
    outputs: int = Field(ge=1, description="neurons, each with a column")
    junctions: int = Field(ge=1, le=MOST_JUNCTIONS, description="of each synapse")
    presentation: Positive = Field(description="how long each picture is shown, s")
    step: Positive = Field(description="time step, s")
    samples: int = Field(
        ge=1, description="pictures that are shown, over and over again, in an order drawn anew each time"
    )
    measured_every: int = Field(ge=1, description="samples from one measurement of the accuracy to the next")
    named_by: int | None = Field(
        default=None, ge=1, description="learned pictures that outputs are named by, and no more; all if none"
    )
    initialisations: int = Field(default=1, ge=1, description="networks, each with a seed of its own")
    first_seed: int = 1
    threshold: ThresholdSpec = Field(default_factory=ThresholdSpec)
    settings: dict[str, dict[str, str | float]] = Field(default_factory=dict, description="as in a file of trainings")

    @model_validator(mode="after")
    def _steps(self) -> Self:
        if self.step * _FEWEST_STEPS > self.presentation:
            few = f"a presentation of {self.presentation:g} s has to have {_FEWEST_STEPS} of them at least"
            raise ValueError(f"step {self.step:g} s is too long: {few}")
        return self

    @property
    def seeds(self) -> range:
        """The seeds of its networks."""
        return range(self.first_seed, self.first_seed + self.initialisations)


def load_network(path: Path) -> NetworkSpec:
    """Read the file of a network.

    Raises:
        SpecError: Everything that is wrong with it.
    """
    spec = read_spec(path, NetworkSpec)
    checked_settings(path, spec.settings)
    return spec


def is_network(table: dict[str, object]) -> bool:
    """Return whether a file is that of a functional network."""
    return table.get("kind") == "network"
