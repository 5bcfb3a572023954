"""``faultsim validate``."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from faultsim import library
from faultsim.campaigns.drawn import response_tasks
from faultsim.campaigns.plan import make_plan
from faultsim.campaigns.spec import CampaignSpec
from faultsim.circuits import network
from faultsim.circuits.circuit import hierarchy_of
from faultsim.circuits.device import device_classes, load_device
from faultsim.circuits.generator import load_generator
from faultsim.circuits.glyphs import load_glyphs
from faultsim.circuits.learning_generator import load_learning_spec
from faultsim.circuits.learning_network import load_learning
from faultsim.circuits.learning_sidecar import is_learning
from faultsim.circuits.reading import is_part, read
from faultsim.cli.output import print_json, say
from faultsim.errors import Problem, SpecError, UsageError
from faultsim.fault_models import definition
from faultsim.fault_models.behaviour import load_behaviour
from faultsim.fault_models.universe_file import load_universe_file, load_weights
from faultsim.learning.breakage_spec import is_breakage, load_breakage
from faultsim.learning.measure_spec import is_measure, read_measure
from faultsim.learning.spec import TrainingSpec
from faultsim.learning.trial import make_curriculum
from faultsim.learning.twin.fault_spec import is_fault_map, load_fault_map
from faultsim.learning.twin.network_spec import is_network, load_network
from faultsim.reports.drawings.cell import load_drawing
from faultsim.reports.published import PublishedSpec
from faultsim.specfile import read_spec, read_table
from faultsim.vectors.space import SpaceSpec
from faultsim.vectors.stil_levels import check_levels, is_levels
from faultsim.vectors.stil_reader import read_stil
from faultsim.vectors.tester import TesterSpec

_LOOKED_AT = 4096
_STIL = re.compile(rb"(?:\s|//[^\n]*\n)*STIL\s+\d")
_OF_UNIVERSES = {"opens", "shorts", "neighbours", "corners", "pairs", "excluded", "devices", "device_corners"}


def run(file: Path, trust: bool, json: bool) -> None:
    """Check a file.

    Args:
        file: Anything that faultsim reads.
        trust: Take commands in a deck for granted.
        json: Print what is wrong as JSON.

    Raises:
        UsageError: There is no such file.
        SpecError: Everything that is wrong with it.
    """
    if not file.is_file():
        raise UsageError(f"no file {file}")
    kind = ""
    try:
        kind, check = _check_for(file, trust)
        check(file)
    except SpecError as error:
        if json:
            problems = [
                {"where": item.where, "message": item.message, "remedy": item.remedy} for item in error.problems
            ]
            print_json({"file": str(file), "kind": kind, "problems": problems})
        raise
    if json:
        print_json({"file": str(file), "kind": kind, "problems": []})
    else:
        say(f"{file}: a valid {kind}")


def _check_for(file: Path, trust: bool) -> tuple[str, Callable[[Path], Any]]:
    """Return what a file is, by the keys that only that kind has."""
    if _is_stil(file):
        return ("STIL file of levels", check_levels) if is_levels(file) else ("STIL file", read_stil)
    if file.suffix != ".toml":
        return "deck", partial(_check_deck, trust=trust)
    table = read_table(file)
    keys = set(table)
    if keys & {"tests", "search"}:
        return "campaign", _check_campaign
    if "subcircuit" in keys:
        return "device", load_device
    if keys & _OF_UNIVERSES or _extends_a_universe(file):
        return "universe", load_universe_file
    if is_measure(table):
        return "file of a measurement", read_measure
    if is_breakage(table):
        return "file of trainings with defects", load_breakage
    if is_fault_map(table):
        return "file of a fault map", load_fault_map
    if is_network(table):
        return "file of a functional network", load_network
    if "lessons" in keys:
        return "file of trainings", lambda path: make_curriculum(path, read_spec(path, TrainingSpec))
    if "glyphs" in keys:
        return "file of glyphs", load_glyphs
    if "junctions" in keys:
        return "generator file", load_learning_spec
    if "synapses" in keys or is_learning(file):
        return "sidecar of a learning crossbar", load_learning
    if "neurons" in keys:
        return "generator file", load_generator
    if keys & {"because", "simulator", "tester"}:
        return "behaviour", load_behaviour
    if keys & {"probes", "ports", "deck", "extends"}:
        return "sidecar", network.load_sidecar
    if "weights" in keys:
        return "weights file", load_weights
    if "parts" in keys:
        return "drawing", load_drawing
    if keys & {"severity", "edit"}:
        return "defect", definition.load_file
    if "edge_accuracy" in keys or "overheads" in keys:
        return "tester profile", lambda path: read_spec(path, TesterSpec)
    if keys & {"rest", "spikes", "writes"}:
        return "candidate space", lambda path: read_spec(path, SpaceSpec)
    if keys & {"values", "contradictions"}:
        return "published-values file", lambda path: read_spec(path, PublishedSpec)
    wanted = "a sidecar has probes and ports, a campaign tests, a defect severity and edit, a tester overheads"
    raise SpecError([Problem(str(file), "is none of the files that faultsim reads", wanted)])


def _is_stil(file: Path) -> bool:
    """Return whether a file is STIL, by its name or by its first word."""
    if file.suffix in (".stil", ".toml"):
        return file.suffix == ".stil"
    # A file that cannot be read is told where it is read as a whole.
    with suppress(OSError), file.open("rb") as opened:
        return _STIL.match(opened.read(_LOOKED_AT)) is not None
    return False


def _extends_a_universe(file: Path) -> bool:
    """Return whether a file extends a universe by name; a sidecar extends another by its path."""
    base = read_table(file).get("extends")
    return isinstance(base, str) and not base.endswith(".toml") and base in library.names("universes")


def _check_campaign(path: Path) -> None:
    response_tasks(make_plan(path, read_spec(path, CampaignSpec)))


def _check_deck(path: Path, trust: bool) -> None:
    """Check a deck; one that holds nothing but subcircuits is a part of another, which brings what they use."""
    reading = read(path, trust, part=is_part(path))
    depth, top_level = 0, 0
    for card in reading.cards:
        depth += (card.name in (".subckt", ".macro")) - (card.name in (".ends", ".eom"))
        top_level += depth == 0 and card.name[:1].isalpha()
    device_classes(hierarchy_of(reading, part=not top_level))
