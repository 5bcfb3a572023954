"""``faultsim generate learning``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from faultsim import library
from faultsim.circuits.glyphs import load_glyphs
from faultsim.circuits.learning_generator import generate_learning
from faultsim.circuits.learning_plan import LearningRequest
from faultsim.cli.output import print_json, say
from faultsim.errors import UsageError
from faultsim.units import parse_quantity


@dataclass(frozen=True)
class Request:
    """The options of ``generate learning``, as typed."""

    glyph: str | None
    pixels: str | None
    outputs: int
    junctions: int
    seed: int
    as_published: bool
    settings: Sequence[str]


def run(request: Request, out: Path, force: bool, json: bool) -> None:
    """Write a learning crossbar and say where it is.

    Raises:
        UsageError: Everything that is wrong with the options.
        SpecError: What is wrong with the file of glyphs.
    """
    asked = LearningRequest(
        intensities=_intensities(request),
        outputs=request.outputs,
        junctions=request.junctions,
        seed=request.seed,
        as_published=request.as_published,
        settings=_settings(request.settings),
    )
    generated = generate_learning(asked, out)
    generated.write(force)
    plan = generated.plan
    if json:
        print_json(
            {
                "sidecar": str(generated.sidecar),
                "deck": str(generated.deck),
                "parts": [str(path) for path in generated.files if path not in (generated.sidecar, generated.deck)],
                "inputs": len(plan.pixels),
                "outputs": len(plan.columns),
                "synapses": len(plan.synapses),
                "junctions": len(plan.synapses) * asked.junctions,
            }
        )
        return
    say(f"{len(plan.synapses)} synapses of {asked.junctions} junctions; ngspice -b {generated.deck} trains it")
    print(generated.sidecar)


def _intensities(request: Request) -> tuple[float, ...]:
    if (request.glyph is None) == (request.pixels is None):
        raise UsageError("give --glyph or --pixels, and not both")
    if request.glyph is not None:
        file, colon, name = request.glyph.rpartition(":")
        if not colon:
            raise UsageError(f"--glyph {request.glyph}: does not fit (FILE:NAME, such as letters5:X)")
        return load_glyphs(library.find("glyphs", file)).intensities(name)
    try:
        found = tuple(parse_quantity(text) for text in (request.pixels or "").split(","))
    except ValueError as error:
        raise UsageError(f"--pixels: {error}") from error
    if outside := [value for value in found if not 0 <= value <= 1]:
        raise UsageError(f"--pixels: {outside[0]:g} does not fit (0 to 1)")
    return found


def _settings(texts: Sequence[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for text in texts:
        place, equals, value = text.partition("=")
        cell, dot, name = place.partition(".")
        if not (equals and dot):
            raise UsageError(f"--set {text}: does not fit (CELL.NAME=VALUE, such as input.fmax=60)")
        found.setdefault(cell, {})[name] = value
    return found
