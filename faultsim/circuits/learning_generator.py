"""Generates learning crossbars: a deck, its sidecar, and copies of the devices and cells that the deck includes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from faultsim import library
from faultsim.circuits.generated import GeneratedFiles, parts_folder, stem_of, stem_problems
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.learning_plan import LearningPlan, LearningRequest, LearningSpec, periods_of
from faultsim.circuits.reading import read_cards
from faultsim.circuits.templates import missing_templates, templates
from faultsim.errors import Problem, SpecError, UsageError, did_you_mean
from faultsim.specfile import read_spec
from faultsim.units import parse_quantity

CELLS = ("input", "output", "synapse")
_OURS = {"input": {"intensity", "slot"}, "output": set[str](), "synapse": {"p0", "seed"}}
"""Parameters that the generator sets from a pixel, or from the seed."""


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
    cells = _Cells.of(spec, list(parts.values()))
    request = replace(request, settings=cells.with_chosen(spec, request.settings))
    problems = [*request.problems(spec), *stem_problems(stem), *cells.problems(request.settings)]
    if problems:
        raise UsageError("\n".join(map(str, problems)))
    folder, copied = parts_folder(stem, parts | _device_files(parts))
    frequencies = [cells.value("input", name, request.settings) for name in ("fbias", "fmax")]
    periods = tuple(periods_of(intensity, *frequencies) for intensity in request.intensities)
    plan = LearningPlan(stem.name, request, periods, folder)
    sidecar, deck = (stem.with_name(stem.name + suffix) for suffix in (".toml", ".cir"))
    fill, says = templates(file.parent), _context(plan, spec, cells, names)
    files = {sidecar: fill(spec.sidecar, says).encode(), deck: fill(spec.deck, says).encode(), **copied}
    return GeneratedLearning(sidecar, deck, files, plan)


def _device_files(parts: Mapping[str, Path]) -> dict[str, Path]:
    """Return the files that declare devices, beside those that define them."""
    beside = {str(Path(name).with_suffix(".toml")): path.with_suffix(".toml") for name, path in parts.items()}
    return {name: path for name, path in beside.items() if path.is_file()}


def _context(plan: LearningPlan, spec: LearningSpec, cells: _Cells, names: list[str]) -> dict[str, Any]:
    size = f"{len(plan.pixels)} x {len(plan.columns)}"
    return {
        "plan": plan,
        "spec": spec,
        "parts": names,
        "junction": cells.names["synapse"],
        "title": f"{size} crossbar that learns, {plan.request.junctions} junctions a synapse",
        "options": spec.simulation.options,
        "settings": {
            cell: "".join(f" {name}={value}" for name, value in plan.request.settings.get(cell, {}).items())
            for cell in CELLS
        },
    }


@dataclass(frozen=True)
class _Cells:
    """The subcircuits that a crossbar is made of.

    Attributes:
        names: input, output or synapse -> subcircuit; of a synapse that of its junctions.
        defaults: The same -> parameter on its card -> default.
    """

    names: Mapping[str, str]
    defaults: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, spec: LearningSpec, files: list[Path]) -> _Cells:
        """Read them from their files."""
        hierarchy = Hierarchy(tuple(card for file in files for card in read_cards(file, part=True)), part=True)
        names = {"input": spec.input, "output": spec.output, "synapse": spec.junction}
        return cls(names, {cell: hierarchy.scopes[name].defaults for cell, name in names.items()})

    def with_chosen(self, spec: LearningSpec, settings: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
        """Return settings on top of what is chosen for all crossbars."""
        return {cell: {**spec.chosen.get(cell, {}), **settings.get(cell, {})} for cell in {**spec.chosen, **settings}}

    def problems(self, settings: Mapping[str, Mapping[str, str]]) -> Iterator[Problem]:
        """Yield what is wrong with settings."""
        for cell, values in settings.items():
            if cell not in CELLS:
                yield Problem(f"--set {cell}.", "is no part of it", did_you_mean(cell, CELLS))
                continue
            known = set(self.defaults[cell]) - _OURS[cell]
            for name, value in values.items():
                where = f"--set {cell}.{name}={value}"
                if name not in known:
                    yield Problem(where, f"{self.names[cell]} has no such parameter", did_you_mean(name, known))
                    continue
                try:
                    parse_quantity(value)
                except ValueError as error:
                    yield Problem(where, str(error))

    def value(self, cell: str, name: str, settings: Mapping[str, Mapping[str, str]]) -> float:
        """Return a parameter's value."""
        return parse_quantity(settings.get(cell, {}).get(name, self.defaults[cell][name]))
