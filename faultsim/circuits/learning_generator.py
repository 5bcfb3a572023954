"""Generates learning crossbars: a deck, its sidecar, and copies of the devices and cells that the deck includes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from faultsim import library
from faultsim.circuits.generated import GeneratedFiles, parts_folder, stem_of, stem_problems
from faultsim.circuits.learning_cells import CELLS, LearningCells, cards_of
from faultsim.circuits.learning_plan import LearningPlan, LearningRequest, LearningSpec, periods_of
from faultsim.circuits.templates import missing_templates, templates
from faultsim.errors import Problem, SpecError, UsageError
from faultsim.specfile import read_spec


@dataclass(frozen=True)
class GeneratedLearning(GeneratedFiles):
    """A learning crossbar that is not written yet.

    Attributes:
        plan: What it consists of.
    """

    plan: LearningPlan


def load_learning_spec(path: Path) -> LearningSpec:
    """Load what learning crossbars are generated from.

    Raises:
        SpecError: Everything that is wrong with it.
    """
    spec = read_spec(path, LearningSpec)
    circuits = path.parent.parent
    files = [*spec.parts, *spec.junctions.values()]
    missing = missing_templates(path, {"deck": spec.deck, "sidecar": spec.sidecar})
    missing += [
        Problem(str(path), f"no file {name} in {circuits}") for name in files if not (circuits / name).is_file()
    ]
    if missing:
        raise SpecError(missing)
    return spec


def generate_learning(request: LearningRequest, out: Path) -> GeneratedLearning:
    """Return a learning crossbar: a deck, a sidecar beside it, and a folder with what the deck includes.

    Args:
        request: Its size, picture, seed and settings.
        out: Name of its files, with or without ``.cir`` or ``.toml``.

    Raises:
        UsageError: Everything that does not fit.
    """
    file = library.generator("learning")
    spec, stem = load_learning_spec(file), stem_of(out)
    names = [spec.junctions[request.law], *spec.parts]
    parts = {name: file.parent.parent / name for name in names}
    cells = LearningCells.of(spec, cards_of(parts.values()))
    request = replace(request, settings=cells.with_chosen(spec, request.settings))
    problems = [*request.problems(spec), *stem_problems(stem), *cells.problems(request.settings)]
    if problems:
        raise UsageError("\n".join(map(str, problems)))
    folder, copied = parts_folder(stem, parts | _device_files(parts))
    frequencies = [cells.value("input", name, request.settings) for name in ("fbias", "fmax")]
    periods = tuple(periods_of(intensity, *frequencies) for intensity in request.intensities)
    duration_s = spec.simulation.duration if request.duration_s is None else request.duration_s
    plan = LearningPlan(stem.name, request, periods, folder, duration_s)
    sidecar, deck = (stem.with_name(stem.name + suffix) for suffix in (".toml", ".cir"))
    fill, says = templates(file.parent), _context(plan, spec, cells, names)
    files = {sidecar: fill(spec.sidecar, says).encode(), deck: fill(spec.deck, says).encode(), **copied}
    return GeneratedLearning(sidecar, deck, files, plan)


def _device_files(parts: Mapping[str, Path]) -> dict[str, Path]:
    """Return the files that declare devices, beside those that define them."""
    beside = {str(Path(name).with_suffix(".toml")): path.with_suffix(".toml") for name, path in parts.items()}
    return {name: path for name, path in beside.items() if path.is_file()}


def _context(plan: LearningPlan, spec: LearningSpec, cells: LearningCells, names: list[str]) -> dict[str, Any]:
    size = f"{len(plan.pixels)} x {len(plan.columns)}"
    return {
        "plan": plan,
        "spec": spec,
        "parts": names,
        "junction": cells.names["synapse"],
        "title": f"{size} crossbar that learns, {plan.request.junctions} junctions a synapse",
        "options": spec.simulation.options,
        "settings": {cell: cells.text(cell, plan.request.settings) for cell in CELLS},
    }
