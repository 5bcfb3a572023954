"""Settings of cells as files of trainings and measurements have them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from faultsim.circuits.learning_bench import LearningBench
from faultsim.circuits.learning_cells import Settings, written
from faultsim.errors import Problem, SpecError


def checked_settings(path: Path, settings: Mapping[str, Mapping[str, str | float]]) -> Settings:
    """Return settings as they stand on cards.

    Raises:
        SpecError: Cells or parameters that there are not.
    """
    found = written(settings)
    problems = list(LearningBench.load().cells.problems(found))
    if problems:
        raise SpecError(
            Problem(f"{path}: settings: {item.where.removeprefix('--set ')}", item.message, item.remedy)
            for item in problems
        )
    return found
