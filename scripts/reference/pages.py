"""All pages of the reference, and those that are files of the repository beside docs/."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from faultsim.campaigns.spec import CampaignSpec
from faultsim.circuits.crossbar_plan import GeneratorSpec
from faultsim.circuits.device import DeviceSpec
from faultsim.circuits.glyphs import GlyphsSpec
from faultsim.circuits.learning_plan import LearningSpec
from faultsim.circuits.learning_sidecar import LearningSidecar
from faultsim.circuits.sidecar import Sidecar
from faultsim.fault_models.behaviour import QUANTITIES, BehaviourSpec
from faultsim.fault_models.definition import DefectDefinition
from faultsim.fault_models.rules import UniverseSpec, WeightsSpec
from faultsim.learning.breakage_spec import BreakageSpec
from faultsim.learning.measure_spec import EnergySpec, PlasticitySpec, SwitchingSpec, UpdateSpec
from faultsim.learning.spec import TrainingSpec
from faultsim.learning.twin.fault_spec import FaultMapSpec
from faultsim.learning.twin.network_spec import NetworkSpec
from faultsim.reports.drawings.cell import DrawingSpec
from faultsim.reports.published import PublishedSpec
from faultsim.specfile import Spec
from faultsim.vectors.space import SpaceSpec
from faultsim.vectors.tester import TesterSpec

from .api import api_page
from .commands import commands_page
from .exits import exits_page
from .folder import folder_page
from .markup import code, prose, table
from .schema import schema_page
from .specfiles import file_page
from .tables import tables_page
from .words import Words, read_words

REPOSITORY = Path(__file__).parents[2]
WORDS = REPOSITORY / "docs" / "reference" / "words.toml"
SPEC_FILES: dict[str, tuple[str, type[Spec]]] = {
    "campaign": ("Campaign file", CampaignSpec),
    "sidecar": ("Sidecar of a circuit", Sidecar),
    "defect": ("Defect file", DefectDefinition),
    "behaviour": ("Behaviour file", BehaviourSpec),
    "universe": ("Universe file", UniverseSpec),
    "weights": ("Weights file", WeightsSpec),
    "tester": ("Tester profile", TesterSpec),
    "candidates": ("Candidate space", SpaceSpec),
    "device": ("Device file", DeviceSpec),
    "published": ("Published values", PublishedSpec),
    "drawing": ("Drawing of a cell", DrawingSpec),
    "generator": ("Generator file", GeneratorSpec),
    "learning-sidecar": ("Sidecar of a crossbar that learns", LearningSidecar),
    "learning-generator": ("Generator file of crossbars that learn", LearningSpec),
    "glyphs": ("Glyphs", GlyphsSpec),
    "training": ("Trainings", TrainingSpec),
    "network": ("Functional networks", NetworkSpec),
    "fault-map": ("Fault maps of functional networks", FaultMapSpec),
    "breakage": ("Trainings with defects", BreakageSpec),
    "switching": ("Measurement of switching", SwitchingSpec),
    "plasticity": ("Measurement of plasticity", PlasticitySpec),
    "update": ("Measurement of updates", UpdateSpec),
    "energy": ("Measurement of power", EnergySpec),
}
"""Page -> its title, and the model of the file."""
SCHEMAS = {"coverage-json": ("coverage.json", "coverage"), "universe-json": ("Record of a universe", "universe")}
"""Page -> its title, and the file of fault_models/schema/."""
BESIDE = {"circuits.md": "circuits/README.md", "changelog.md": "CHANGELOG.md"}
"""Page -> file of the repository that is shown there."""


def pages() -> Iterator[tuple[str, str]]:
    """Yield the address and the Markdown of every page that is made.

    Raises:
        Untold: Something has no description.
    """
    words = read_words(WORDS)
    made = dict(_reference(words))
    words.check()
    yield from made.items()
    for page, file in BESIDE.items():
        yield page, (REPOSITORY / file).read_text()


def _reference(words: Words) -> Iterator[tuple[str, str]]:
    yield "reference/commands.md", commands_page(words)
    yield "reference/exit-codes.md", exits_page(words)
    for name, (title, model) in SPEC_FILES.items():
        more = _quantities() if model is BehaviourSpec else ""
        yield f"reference/{name}-file.md", file_page(name, title, model, words) + more
    yield "reference/run-folder.md", folder_page(words)
    yield "reference/tables.md", tables_page(words)
    for page, (title, name) in SCHEMAS.items():
        schema = json.loads((REPOSITORY / "fault_models" / "schema" / f"{name}.schema.json").read_text())
        yield f"reference/{page}.md", schema_page(title, words.of("page schemas", name), schema)
    yield "reference/python.md", api_page(words)


def _quantities() -> str:
    """Return what conditions of a behaviour may be about."""
    takes = {"banded": "band, below or above", "number": "below or above", "truth": "equals"}
    rows = [
        [code(name), takes[kind], prose(about)] for kind, names in QUANTITIES.items() for name, about in names.items()
    ]
    lines = [
        "## Quantities { #quantities }",
        "",
        "What `quantity` may name.",
        *table(["quantity", "takes", "what"], rows),
    ]
    return "\n" + "\n".join(lines)
