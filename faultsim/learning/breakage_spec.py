"""The file model of trainings with defects: which trainings, which defects, how often a picture is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from faultsim import library
from faultsim.learning import spec as trainings
from faultsim.learning.trial import Curriculum, make_curriculum
from faultsim.specfile import Spec, read_spec


class BreakageSpec(Spec):
    """Trainings, each with one defect after the other in its crossbar."""

    kind: Literal["breakage"]
    title: str
    source: str = ""
    notes: list[str] = Field(default_factory=list, description="what reports have to state")
    trainings: str = Field(description="file of trainings: a name of the library, or a path from this file")
    only: str = Field(default="*", description="glob over the names of its trainings")
    proof: str = Field(
        default="",
        description="glob over the names of its trainings in which everything that a test relies on is simulated again",
    )
    universe: str = Field(default="devices", description="where the defects are from")
    sites: list[str] = Field(default=["*"], min_length=1, description="globs over the defects' ids")
    presentations: int = Field(
        default=1, ge=1, description="how often a picture is shown at most to a crossbar that has not learned it"
    )
    confidence: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.99, description="how surely the presentations of a test have to show a defect"
    )
    tolerance: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.1, description="by how much a synapse's conductance may differ from that of the good crossbar"
    )


def load_breakage(path: Path) -> tuple[BreakageSpec, Curriculum]:
    """Read the file of trainings with defects.

    Returns:
        What it says, and all the trainings of the file that it names.

    Raises:
        UsageError: There are no such trainings.
        SpecError: Everything that is wrong with one of the files.
    """
    spec = read_spec(path, BreakageSpec)
    file = library.find_from(path, "trainings", spec.trainings)
    curriculum = make_curriculum(file, read_spec(file, trainings.TrainingSpec))
    for pattern in filter(None, (spec.only, spec.proof)):
        curriculum.only(pattern)
    return spec, curriculum


def is_breakage(table: dict[str, object]) -> bool:
    """Return whether a file is that of trainings with defects."""
    return table.get("kind") == "breakage"
