"""The file model of trainings with defects: which trainings, which defects, how often a picture is shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from faultsim import library
from faultsim.errors import Problem, SpecError
from faultsim.fault_models.globs import matches_any
from faultsim.fault_models.rules import UniverseSpec
from faultsim.fault_models.universe import Universe
from faultsim.fault_models.universe_file import load_universe_file
from faultsim.learning import spec as trainings
from faultsim.learning.trial import Curriculum, make_curriculum
from faultsim.specfile import Spec, check_table, read_spec, read_table

_OWN = "training"


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
        description="glob over the names of its trainings in whose initial states the chosen characters are presented "
        "one after the other to crossbars with every defect, as a tester would",
    )
    universe: str = Field(default="devices", description="where the defects are from")
    sites: list[str] = Field(default=["*"], min_length=1, description="globs over the defects' ids")
    presentations: int = Field(
        default=1, ge=1, description="how often a picture is shown at most to a crossbar that has not learned it"
    )
    passes: int = Field(
        default=3, ge=1, description="how often all of them are at most, where once does not show a defect"
    )
    tolerance: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.1, description="by how much a synapse's conductance may differ from that of the good crossbar"
    )


def load_breakage(path: Path) -> tuple[BreakageSpec, Curriculum, UniverseSpec]:
    """Read the file of trainings with defects.

    Returns:
        What it says, all the trainings of the file that it names, and where the defects are from.

    Raises:
        SpecError: Everything that is wrong with one of the files.
    """
    spec = read_spec(path, BreakageSpec)
    file = library.find_from(path, "trainings", "trainings", spec.trainings)
    table = read_table(file)
    if (kind := table.get("kind", _OWN)) != _OWN:
        raise SpecError([Problem(f"{path}: trainings", f"{file} is a {kind}", f"one with kind = {_OWN!r}")])
    curriculum = make_curriculum(file, check_table(table, trainings.TrainingSpec, file))
    universe = load_universe_file(library.find_from(path, "universe", "universes", spec.universe))
    if problems := list(_problems(path, spec, curriculum, universe)):
        raise SpecError(problems)
    return spec, curriculum, universe


def _problems(path: Path, spec: BreakageSpec, curriculum: Curriculum, universe: UniverseSpec) -> Iterator[Problem]:
    """Yield what of the file fits none of its trainings, or none of their defects."""
    named = {key: curriculum.called(getattr(spec, key)) for key in ("only", "proof")}
    for key, found in named.items():
        if not found and getattr(spec, key):
            said = f"{getattr(spec, key)}: no training of {curriculum.path} is called so"
            yield Problem(f"{path}: {key}", said, f"such as {curriculum.trials[0].id}")
    characters = dict.fromkeys(trial.character for trial in named["only"])
    presented = {(trial.crossbar, trial.character) for trial in named["proof"]}
    for crossbar in dict.fromkeys(trial.crossbar for trial in named["proof"]):
        if lacking := [one for one in characters if (crossbar, one) not in presented]:
            said = f"{spec.proof}: no training presents {', '.join(lacking)} to crossbar {crossbar}"
            yield Problem(f"{path}: proof", said, "every character of only, to each crossbar")
    if named["only"]:
        circuit = named["only"][0].network().circuit
        ids = [defect.id for defect in Universe(circuit, universe)]
        for glob in spec.sites:
            if not any(matches_any(one, [glob]) for one in ids):
                said = f"{glob}: no defect of universe {spec.universe} is called so"
                yield Problem(f"{path}: sites", said, f"such as {ids[0]}" if ids else "it has none")


def is_breakage(table: dict[str, object]) -> bool:
    """Return whether a file is that of trainings with defects."""
    return table.get("kind") == "breakage"
