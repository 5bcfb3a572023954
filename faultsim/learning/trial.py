"""One training: a crossbar, a picture and a seed; and all of them that a file asks for."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path

from faultsim import library
from faultsim.circuits.glyphs import GlyphsSpec, load_glyphs
from faultsim.circuits.learning_cells import setting, written
from faultsim.circuits.learning_generator import generate_learning
from faultsim.circuits.learning_network import LearningNetwork, load_learning
from faultsim.circuits.learning_plan import LearningRequest
from faultsim.circuits.learning_sidecar import PresentationSpec
from faultsim.errors import Problem, SpecError, UsageError, did_you_mean
from faultsim.learning.spec import LessonSpec, TrainingSpec

_NAME = "crossbar"
"""Of every deck, so that the same one has the same text whoever asks for it."""


@dataclass(frozen=True)
class Trial:
    """One training.

    Attributes:
        character: Name of the glyph.
        request: The crossbar, with the glyph's pixels.
        explored: What is varied: CELL.NAME -> value.
    """

    character: str
    request: LearningRequest
    explored: Mapping[str, str]

    @property
    def id(self) -> str:
        """Its name, also that of its files."""
        return f"{self.character}-{self.crossbar}"

    @cached_property
    def crossbar(self) -> str:
        """Name of the crossbar with its initial state, whatever it is shown."""
        request = self.request
        parts = [f"{request.junctions}j", f"{request.outputs}o" if request.outputs > 1 else ""]
        parts += ["as-published" if request.as_published else ""]
        parts += [f"{name}-{value}" for name, value in self.explored.items()]
        return "-".join([*filter(None, parts), f"s{request.seed}"])

    @property
    def size(self) -> str:
        """The crossbar's size: inputs x junctions of a synapse, x outputs where there are several."""
        request = self.request
        outputs = f" x {request.outputs} outputs" if request.outputs > 1 else ""
        return f"{len(request.intensities)} x {request.junctions}{outputs}"

    def network(self) -> LearningNetwork:
        """Return the crossbar.

        Raises:
            UsageError: What of it does not fit.
        """
        return self._network

    @cached_property
    def _network(self) -> LearningNetwork:
        with tempfile.TemporaryDirectory() as folder:
            generated = generate_learning(self.request, Path(folder) / _NAME)
            generated.write()
            found = load_learning(generated.sidecar)
            # The files that say what its devices are do not outlast the folder.
            assert found.circuit.devices
            return found


@dataclass(frozen=True)
class Curriculum:
    """Everything that a file of trainings asks for.

    Attributes:
        name: Of the file.
        path: The file.
        spec: What it says.
        glyphs: The pictures.
        trials: The trainings, in order.
        drawn: Names of those whose weights and membrane are drawn.
    """

    name: str
    path: Path
    spec: TrainingSpec
    glyphs: GlyphsSpec
    trials: tuple[Trial, ...]
    drawn: frozenset[str]

    @cached_property
    def _presented(self) -> PresentationSpec:
        return self.trials[0].network().sidecar.simulation

    @property
    def duration_s(self) -> float:
        """How long a picture is presented."""
        return self._presented.duration

    @property
    def timeout_s(self) -> float:
        """Time after which a transient counts as hung."""
        return self._presented.timeout

    def called(self, pattern: str) -> tuple[Trial, ...]:
        """Return the trainings whose names match a pattern of the shell's."""
        return tuple(trial for trial in self.trials if fnmatchcase(trial.id, pattern))

    def only(self, pattern: str) -> Curriculum:
        """Return the trainings whose names match a pattern of the shell's.

        Raises:
            UsageError: None does.
        """
        trials = self.called(pattern)
        if not trials:
            raise UsageError(f"--only {pattern}: no training of {self.path} is called so (--dry-run lists them)")
        return replace(self, trials=trials)


def make_curriculum(path: Path, spec: TrainingSpec) -> Curriculum:
    """Return the trainings of a file.

    Raises:
        SpecError: Everything that is wrong.
    """
    glyphs = load_glyphs(library.find_from(path, "glyphs", "glyphs", spec.glyphs))
    problems = list(_problems(path, spec, glyphs))
    if problems:
        raise SpecError(problems)
    lessons = [list(_lesson(spec, lesson, glyphs)) for lesson in spec.lessons]
    trials = list({trial.id: trial for lesson in lessons for trial in lesson}.values())
    drawn = spec.drawn or [lesson[0].id for lesson in lessons]
    names = {trial.id for trial in trials}
    if unknown := [name for name in drawn if name not in names]:
        raise SpecError(
            Problem(f"{path}: drawn", f"{name!r} is no training of it", did_you_mean(name, names)) for name in unknown
        )
    _check_settings(path, trials)
    found = Curriculum(path.stem, path, spec, glyphs, tuple(trials), frozenset(drawn))
    if spec.last > found.duration_s:
        too_long = f"{spec.last:g} s is longer than a presentation"
        raise SpecError([Problem(f"{path}: last", too_long, f"at most {found.duration_s:g} s")])
    return found


def _problems(path: Path, spec: TrainingSpec, glyphs: GlyphsSpec) -> Iterator[Problem]:
    for lesson in spec.lessons:
        for name in lesson.characters:
            if name not in glyphs.glyphs:
                known = did_you_mean(name, glyphs.glyphs)
                yield Problem(f"{path}: lessons.characters", f"{spec.glyphs} has no glyph {name!r}", known)
    for name, values in spec.explore.items():
        if "." not in name:
            yield Problem(f"{path}: explore", f"{name!r} does not fit", "CELL.NAME, such as input.fmax")
        if not values:
            yield Problem(f"{path}: explore", f"{name!r} has no values", "one at least")


def _lesson(spec: TrainingSpec, lesson: LessonSpec, glyphs: GlyphsSpec) -> Iterator[Trial]:
    seeds = range(lesson.first_seed, lesson.first_seed + lesson.initialisations)
    varied = [[(name, setting(value)) for value in values] for name, values in spec.explore.items()]
    combinations = itertools.product(*varied)
    for explored, character, seed in itertools.product(combinations, lesson.characters or glyphs.glyphs, seeds):
        settings = written(spec.settings)
        for place, value in explored:
            cell, name = place.split(".", 1)
            settings.setdefault(cell, {})[name] = value
        request = LearningRequest(
            intensities=glyphs.intensities(character),
            outputs=lesson.outputs,
            junctions=lesson.junctions,
            seed=seed,
            as_published=lesson.law == "as-published",
            settings=settings,
            duration_s=spec.duration,
        )
        yield Trial(character, request, dict(explored))


def _check_settings(path: Path, trials: list[Trial]) -> None:
    """Check that every crossbar can be built, each of those that differ in more than picture and seed once."""
    kinds = {(trial.size, trial.request.as_published, *trial.explored.items()): trial for trial in trials}
    problems = []
    for trial in kinds.values():
        try:
            trial.network()
        except UsageError as error:
            problems += [
                Problem(str(path), line.replace("--set ", "settings or explore: ")) for line in str(error).splitlines()
            ]
    if problems:
        raise SpecError(dict.fromkeys(problems))
