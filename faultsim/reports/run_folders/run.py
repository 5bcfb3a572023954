"""A finished run, read from the files of its folder alone: no deck, no campaign file, no simulator."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from faultsim.campaigns.results import (
    BaselineRow,
    BehaviourRow,
    CurrentRow,
    Detection,
    EquivalentRow,
    NeuronRow,
    ResistorRow,
    ResponseRow,
    SettingRow,
    ThresholdRow,
    ToleranceRow,
)
from faultsim.errors import UsageError, did_you_mean
from faultsim.reports.comparison import ComparisonRow, Side
from faultsim.reports.coverage import CoverageRow
from faultsim.reports.planes import TrendRow
from faultsim.reports.points import PointRow
from faultsim.reports.run_folders.run_table import empty_table, read_table, rows_of
from faultsim.reports.run_folders.saved_figure import SavedFigure, saved_figures
from faultsim.reports.summary import Summary, summary_of
from faultsim.vectors.table import VectorRow

if TYPE_CHECKING:
    from pandas import DataFrame

    from faultsim.reports.run_folders.changes import Changes

_MANIFEST, _PAGE, _RECORD = "manifest.json", "report.html", "coverage.json"


class RunTable:
    """An attribute of a run that is one of its tables, read when it is first asked for."""

    def __init__(self, file: str, row_type: type[Any], about: str, optional: bool = False) -> None:
        """Say which table it is.

        Args:
            file: Its file in the run folder.
            row_type: The dataclass of its rows, which says what its columns are.
            about: What it is about.
            optional: Not every run has it; of one that has not it is empty.
        """
        self.file, self.row_type, self.optional = file, row_type, optional
        self.__doc__ = f"{about} ({file})."

    def __set_name__(self, owner: type[Run], name: str) -> None:
        """Remember what the attribute is called."""
        self.name = name

    def __get__(self, run: Run | None, owner: type[Run]) -> DataFrame:
        """Return the table of a run; of the class the attribute itself."""
        return self if run is None else run.table(self.name)


@dataclass(frozen=True, repr=False, eq=False)
class Run:
    """A finished run.

    Its tables are pandas DataFrames, one per CSV file, with the columns of the file: resistances in ohm, times in s,
    currents in A. Empty cells are missing values, and patterns and weights such as ``0111`` stay text. A table is read
    once: whoever changes a DataFrame in place changes it for all who look at this run.

    Attributes:
        folder: The run folder.
        manifest: What it was run with, as in manifest.json: versions, hashes, options, counts.
    """

    folder: Path
    manifest: Mapping[str, Any]
    _read: dict[str, DataFrame] = field(default_factory=dict)

    baseline = RunTable("baseline.csv", BaselineRow, "The fault-free circuit under each pattern")
    settings = RunTable("settings.csv", SettingRow, "Each test at each window and operating point")
    currents = RunTable("currents.csv", CurrentRow, "The current through M_WR over the resistance of each open, Fig. 9")
    thresholds = RunTable("thresholds.csv", ThresholdRow, "Verdict and threshold of each defect in each setting")
    behaviours = RunTable("behaviours.csv", BehaviourRow, "What each defect does to the neuron, measured and named")
    coverage = RunTable("coverage.csv", CoverageRow, "Verdict and weight of each defect of the universe")
    comparison = RunTable("comparison.csv", ComparisonRow, "Published values beside ours", optional=True)
    contradictions = RunTable(
        "contradictions.csv", Side, "Where the paper contradicts itself, and what ours says", optional=True
    )
    vectors = RunTable("vectors/vectors.csv", VectorRow, "The selected test vectors")
    responses = RunTable("responses.csv", ResponseRow, "An observable over a quantity of the stimulus", optional=True)
    equivalents = RunTable("equivalents.csv", EquivalentRow, "The whole network beside its equivalent", optional=True)
    resistors = RunTable(
        "resistors.csv", ResistorRow, "Defects of devices beside the resistor that comes nearest", optional=True
    )
    neuron = RunTable("neuron.csv", NeuronRow, "The fault-free neuron at each window", optional=True)
    tolerance = RunTable("tolerance.csv", ToleranceRow, "What a good circuit may measure", optional=True)
    trends = RunTable(
        "trends.csv", TrendRow, "Thresholds over the plane of windows, each beside its neighbours", optional=True
    )
    points = RunTable("points.csv", PointRow, "Thresholds at other operating points and corners", optional=True)

    @property
    def tables(self) -> list[str]:
        """Return the names of the tables that the run has."""
        return [name for name, table in _declared().items() if (self.folder / table.file).is_file()]

    def table(self, name: str) -> DataFrame:
        """Return a table by name; one that this run has no need of is empty.

        Raises:
            UsageError: There is no such table, or its file is missing or cannot be read.
        """
        if name not in self._read:
            tables = _declared()
            if name not in tables:
                raise UsageError(f"no table {name!r} ({did_you_mean(name, tables)})")
            file, row_type = tables[name].file, tables[name].row_type
            none = tables[name].optional and not (self.folder / file).is_file()
            self._read[name] = empty_table(row_type) if none else read_table(self.folder, file, row_type)
        return self._read[name]

    @cached_property
    def record(self) -> dict[str, Any]:
        """Return the record of its coverage after IEEE Std 2427-2025, coverage.json.

        Raises:
            UsageError: It is missing or no JSON.
        """
        return _read_json(self.folder / _RECORD)

    @cached_property
    def figures(self) -> Mapping[str, SavedFigure]:
        """Return its figures by name; each shows itself in a notebook."""
        return MappingProxyType(saved_figures(self.folder / "figures"))

    @property
    def report(self) -> Path:
        """Return the path of its page."""
        return self.folder / _PAGE

    @property
    def name(self) -> str:
        """Return the name of its campaign."""
        return str(self.manifest["campaign"])

    @property
    def title(self) -> str:
        """Return the title of its campaign."""
        return str(self.record.get("title") or self.name)

    @property
    def summary(self) -> Summary:
        """Return how many defects its tests see, and the coverage with its bounds."""
        return summary_of(rows_of(self.coverage, CoverageRow))

    def changes_since(self, before: Run | str | Path) -> Changes:
        """Return what is not as in an earlier run.

        Raises:
            UsageError: That is no finished run, or a table of the two cannot be read.
        """
        from faultsim.reports.run_folders.changes import changes_between

        return changes_between(before if isinstance(before, Run) else load_run(before), self)

    def __repr__(self) -> str:
        return f"<Run {self.name} of {self.manifest['circuit']}: {_told(self.summary)} {self.folder}>"

    def _repr_html_(self) -> str:
        kinds = self.coverage.groupby("kind", sort=False)["verdict"].value_counts().unstack(fill_value=0)
        head = ["", *(verdict.value for verdict in Detection)]
        lines = [[str(kind), *(str(counts.get(name, 0)) for name in head[1:])] for kind, counts in kinds.iterrows()]
        body = "".join(_html_row("td", line) for line in lines)
        title, told, folder = (html.escape(text) for text in (self.title, _told(self.summary), str(self.folder)))
        table = f"<table>{_html_row('th', head)}{body}</table>"
        return f"<div><strong>{title}</strong><p>{told}</p>{table}<small>{folder}</small></div>"


def load_run(path: str | Path) -> Run:
    """Return the run of a folder.

    Args:
        path: A run folder; it may come from another machine.

    Raises:
        UsageError: It is no run folder, or not finished.
    """
    folder = Path(path)
    if (folder / _MANIFEST).is_file():
        manifest = _read_json(folder / _MANIFEST)
        if "kind" in manifest:
            raise UsageError(f"{folder} is of a {manifest['kind']}, not of a campaign; its page is report.html")
        if not {"campaign", "circuit", "coverage"} <= manifest.keys():
            raise UsageError(f"{folder / _MANIFEST} is not of a run; faultsim report {folder} writes it again")
        return Run(folder, manifest)
    if (folder / "campaign.sqlite").is_file():
        says = f"faultsim status {folder} says the command that goes on with it"
        raise UsageError(f"{folder} is not finished: it has no {_MANIFEST}; {says}")
    raise UsageError(f"{folder} is not a run folder; faultsim run CAMPAIGN --out {folder} makes one")


def _told(summary: Summary) -> str:
    coverage = summary.coverage
    shares = [f"Coverage {_bounds(coverage.low, coverage.high)} of the defects"]
    shares += [f"{_bounds(coverage.weighted_low, coverage.weighted_high)} of their weight"] * summary.weighted
    return f"{summary.verdict} {', '.join(shares)}."


def _bounds(low: float, high: float) -> str:
    return " to ".join(dict.fromkeys(f"{share:.1%}" for share in (low, high)))


def _declared() -> dict[str, RunTable]:
    return {name: table for name, table in vars(Run).items() if isinstance(table, RunTable)}


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}; faultsim report {path.parent} writes it again") from error
    if not isinstance(found, dict):
        raise UsageError(f"{path} is no record; faultsim report {path.parent} writes it again")
    return found


def _html_row(tag: str, cells: list[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"
