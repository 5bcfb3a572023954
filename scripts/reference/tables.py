"""The page of a run's tables: every column with its type and meaning, from the dataclasses of their rows."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, get_type_hints

from faultsim.cli.replay import ReplayRow
from faultsim.fault_models.behaviour import QUANTITIES
from faultsim.learning.array_energy import ArrayRow
from faultsim.learning.bi_sigmoid import FitRow, RegionRow
from faultsim.learning.breakage import BrokenRow
from faultsim.learning.choice import ExposureRow
from faultsim.learning.energy import PowerRow
from faultsim.learning.energy_comparison import EnergyComparisonRow
from faultsim.learning.examination import InferenceRow, RecognitionRow
from faultsim.learning.learning_test import PresentationRow
from faultsim.learning.plasticity import ChangeRow
from faultsim.learning.results import ShareRow, SynapseRow, TrainingRow
from faultsim.learning.switching import AgreementRow, SwitchingRow
from faultsim.learning.twin.course import AccuracyRow
from faultsim.learning.twin.fault_map import FaultMeanRow, FaultRow
from faultsim.learning.twin.severities import SeverityRow
from faultsim.learning.twin.updates import UpdateAgreementRow, UpdateRow
from faultsim.reports.learning.breakage import ApplicationRow, BrokenShareRow
from faultsim.reports.learning.network import ConfusionRow, LawRow, NamedOutputRow
from faultsim.reports.run_folders.run import Run, RunTable
from faultsim.spice.expressions import Value
from faultsim.vectors.responses import ResponseRow
from faultsim.vectors.tables import LimitRow, MatrixRow

from .docstring import docstring_of
from .markup import code, prose, table
from .words import Words

RESPONSES = "Responses of a tester"
"""The one table that is read and not written."""


@dataclass(frozen=True)
class FileOfRows:
    """A table.

    Attributes:
        path: Its file in a run folder.
        row_type: The dataclass of its rows.
        about: What it is about.
    """

    path: str
    row_type: type[Any]
    about: str


def tables_of(words: Words) -> list[FileOfRows]:
    """Return the tables of a run folder."""
    declared = [table for table in vars(Run).values() if isinstance(table, RunTable)]
    found = [FileOfRows(table.file, table.row_type, str(table.__doc__).partition(" (")[0]) for table in declared]
    of_vectors = {"limits": LimitRow, "matrix": MatrixRow, "replay": ReplayRow}
    found += [FileOfRows(f"vectors/{name}.csv", row, words.of("file tables", name)) for name, row in of_vectors.items()]
    return [*found, FileOfRows(RESPONSES, ResponseRow, words.of("file tables", RESPONSES))]


def learning_tables_of(words: Words) -> list[FileOfRows]:
    """Return the tables of the folders of `train`, `infer` and `measure`."""
    found = {
        "trainings": TrainingRow,
        "synapses": SynapseRow,
        "shares": ShareRow,
        "inference": InferenceRow,
        "recognition": RecognitionRow,
        "switching": SwitchingRow,
        "agreement": AgreementRow,
        "plasticity": ChangeRow,
        "regions": RegionRow,
        "fits": FitRow,
        "updates": UpdateRow,
        "update-agreement": UpdateAgreementRow,
        "accuracy": AccuracyRow,
        "outputs": NamedOutputRow,
        "confusion": ConfusionRow,
        "law": LawRow,
        "broken": BrokenRow,
        "broken-shares": BrokenShareRow,
        "exposures": ExposureRow,
        "presentations": PresentationRow,
        "applications": ApplicationRow,
        "faults": FaultRow,
        "fault-means": FaultMeanRow,
        "severities": SeverityRow,
        "power": PowerRow,
        "array": ArrayRow,
        "power-comparison": EnergyComparisonRow,
    }
    return [FileOfRows(f"{name}.csv", row, words.of("file tables", name)) for name, row in found.items()]


def tables_page(words: Words) -> str:
    """Return the page of the tables."""
    lines = ["# Tables", "", words.of("page intros", "tables"), ""]
    for file in [*tables_of(words), *learning_tables_of(words)]:
        lines += [f"## {file.path} {{ #{anchor_of(file.path)} }}", "", prose(file.about) + ".", ""]
        lines += [prose(_told(paragraph, file.row_type)) + "\n" for paragraph in docstring_of(file.row_type).paragraphs]
        lines += table(["column", "type", "what"], _columns(file, words))
    return "\n".join(lines)


def anchor_of(path: str) -> str:
    """Return the name of a table's heading."""
    return path.rpartition("/")[2].removesuffix(".csv").replace(" ", "-").lower()


def _columns(file: FileOfRows, words: Words) -> Iterator[list[str]]:
    hints = get_type_hints(file.row_type)
    for field in fields(file.row_type):
        name = code(field.name, f"{anchor_of(file.path)}.{field.name}")
        yield [name, _type(hints[field.name]), _about(file, field.name, words)]


def _about(file: FileOfRows, column: str, words: Words) -> str:
    """Return what a column is: as its dataclass says, or the table's own word, or what it is in any table."""
    said = docstring_of(file.row_type).sections.get("Attributes", {})
    own = f"column {anchor_of(file.path)}"
    quantities = {name: about for kind in QUANTITIES.values() for name, about in kind.items()}
    if column in said:
        return prose(said[column])
    if words.has(own, column):
        return words.of(own, column)
    return prose(quantities[column]) if column in quantities else words.of("column any", column)


def _told(text: str, row_type: type[Any]) -> str:
    """Return a docstring's text with the values of its module's constants in place of their names."""
    constants = {name: value for name, value in vars(sys.modules[row_type.__module__]).items() if name.isupper()}
    return re.sub(r"`([A-Z_]+)`", lambda name: f"`{constants.get(name[1], name[1])}`", text)


def _type(hint: Any) -> str:
    if hint in (Value, Any):
        return "measured value"
    names = {str: "text", int: "whole number", float: "number", bool: "true or false"}
    optional = {one | None: f"{name}, or empty" for one, name in names.items()}
    return {**names, **optional}.get(hint, "list")
