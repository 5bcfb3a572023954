"""The file model of trainings: which pictures, which crossbars, how often, and what is varied."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from faultsim import library
from faultsim.specfile import Quantity, Spec, read_spec


class LessonSpec(Spec):
    """Trainings of crossbars of one size, each on one character."""

    characters: list[str] = Field(default_factory=list, description="names of glyphs; all of the file if none")
    junctions: int = Field(default=2, ge=1, description="of each synapse")
    outputs: int = Field(default=1, ge=1, description="columns, each with a neuron that inhibits the others")
    initialisations: int = Field(default=1, ge=1, description="seeds for each character, counted on from the first")
    first_seed: int = Field(default=1, description="of the states at the start and of every switching")
    law: Literal["law", "as-published"] = Field(default="law", description="of the junctions")


class TrainingSpec(Spec):
    """What faultsim train does."""

    kind: Literal["training"]
    title: str
    source: str = ""
    notes: list[str] = Field(default_factory=list, description="what reports have to state")
    glyphs: str = Field(description="file of glyphs: a name of the library, or a path from this file")
    lessons: list[LessonSpec] = Field(min_length=1)
    duration: Quantity | None = Field(
        default=None, gt=0, description="of a presentation, s; the generator's own if none"
    )
    last: Quantity = Field(gt=0, description="every synapse has to be on its side throughout the last so many seconds")
    inference: Quantity = Field(
        default=0.03, gt=0, description="how long faultsim infer shows a character to a trained crossbar, s"
    )
    settings: dict[str, dict[str, str | float]] = Field(
        default_factory=dict, description="input, output or synapse -> parameter of that cell -> value"
    )
    explore: dict[str, list[str | float]] = Field(
        default_factory=dict, description="CELL.NAME -> values, each combined with every other"
    )
    drawn: list[str] = Field(
        default_factory=list,
        description="trainings whose weights and membrane are drawn; the first of each lesson if none",
    )


def load(name: str) -> tuple[Path, TrainingSpec]:
    """Load trainings by name or path.

    Raises:
        UsageError: There is no such file.
        SpecError: Everything that is wrong with it.
    """
    path = library.find("trainings", name)
    return path, read_spec(path, TrainingSpec)
