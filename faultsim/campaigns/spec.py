"""The file model of a campaign."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, PositiveFloat, ValidationError, field_validator, model_validator

from faultsim import library
from faultsim.campaigns.limits import LimitsSpec
from faultsim.campaigns.windows import PlaneSpec, WindowSpec, with_plane
from faultsim.circuits.sidecar import ConditionsSpec
from faultsim.circuits.symbols import Symbols
from faultsim.errors import Problem, SpecError
from faultsim.specfile import Quantity, Spec, check_table, read_table
from faultsim.units import parse_quantity


class DefectsSpec(Spec):
    """Which defects: a kind and the sites that match any of the globs; or pairs of ids, two defects at once."""

    kind: str = Field(default="", description="open, bridge, short, parametric; or the name or file of a kind")
    sites: list[str] = Field(default_factory=list, min_length=1, description="names or ids, with wildcards")
    universe: str = Field(default="", description="of which universe; the sidecar's named sites if none")
    pairs: list[str] = Field(default_factory=list, description="two ids with a plus between")

    @model_validator(mode="after")
    def _chooses(self) -> Self:
        if bool(self.kind) != bool(self.sites) or not (self.kind or self.pairs):
            raise ValueError("give kind and sites, or pairs")
        return self


class TestSpec(Spec):
    """A test: what is programmed, a pattern at windows, and the observable that tells faulty from healthy."""

    name: str
    pattern: Symbols
    windows: list[str] = Field(min_length=1)
    observable: str
    limits: LimitsSpec | None = Field(default=None, description="without limits the observable has to be equal")
    requires: str = Field(default="", description="observable that has to be true in the fault-free circuit")
    confirm: int = Field(default=0, ge=0, le=100, description="failures that have to follow right above a threshold")
    scan: int = Field(default=0, ge=0, le=1000, description="severities that are probed over the whole range first")
    guide: str = Field(
        default="", description="measured observable that is about the same at all thresholds of the test"
    )
    weights: Symbols = Field(default="", description="weights before the test; those of the deck if none")
    program: Symbols = Field(default="", description="weights that the test programs, - for one left alone")
    stimulus: dict[str, Any] = Field(default_factory=dict, description="overrides of the campaign's stimulus")
    defects: list[str] = Field(default_factory=lambda: ["*"], description="ids that the test is searched for")
    conditions: Literal["all", "first"] = Field(default="all", description="operating points that it is run at")


class CurrentsSpec(Spec):
    """The sweep of a measured quantity over the severity, the paper's Fig. 9."""

    pattern: Symbols
    observable: str
    per_decade: int = Field(ge=1, le=100)
    defects: list[str] = Field(default_factory=lambda: ["*"], description="ids that are swept")
    stimulus: dict[str, Any] = Field(default_factory=dict, description="overrides of the campaign's stimulus")
    simulation: dict[str, Any] = Field(default_factory=dict, description="overrides of the sidecar's simulation")


class FigureSpec(Spec):
    """A figure of one test at one window and the first operating point."""

    figure: str = Field(pattern=r"^[a-z0-9-]+$", description="name of the file under figures/")
    caption: str
    test: str
    window: str


class ResponseSpec(FigureSpec):
    """What an observable does as one quantity of the stimulus moves, on a straight grid."""

    over: str = Field(description="a quantity of the stimulus, such as program.delay")
    start: Quantity
    stop: Quantity
    points: int = Field(ge=2, le=1000)
    observable: str
    defects: list[str] = Field(default_factory=list, description="ids that are drawn beside the fault-free circuit")
    severity: Quantity | None = Field(default=None, gt=0, description="of these defects; their default if none")


class WaveformsSpec(FigureSpec):
    """A transient whose waveforms the report draws."""

    defect: str = Field(default="", description="id of a defect; the fault-free circuit if none")
    severity: Quantity | Literal["passes", "fails"] | None = Field(
        default=None, description="severity, or the side of the threshold that was found; fails if none"
    )

    @model_validator(mode="after")
    def _of_a_defect(self) -> Self:
        if self.severity is not None and not self.defect:
            raise ValueError("severity needs a defect; without one the figure shows the fault-free circuit")
        return self

    @field_validator("severity", mode="before")
    @classmethod
    def _quantity(cls, value: object) -> object:
        return value if value in ("passes", "fails", None) else parse_quantity(value)  # type: ignore[arg-type]


class SearchSpec(Spec):
    """The fixed grid of severities that thresholds are bracketed on: low * ratio^k, and high.

    low and high are those of resistances; a severity in another unit, or with a range of its own, has that of its
    defect's file.
    """

    low: Quantity = Field(gt=0)
    high: Quantity = Field(gt=0)
    ratio: float = Field(gt=1, le=10)
    checks: list[Quantity] = Field(
        default_factory=list, description="severities in ohm that are probed besides: a response may turn round there"
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low >= self.high:
            raise ValueError("low has to be below high")
        return self


class BaselineSpec(Spec):
    """Patterns that the fault-free circuit is checked with, at the sidecar's own windows."""

    patterns: Literal["all"] | list[Symbols] = "all"
    weights: list[Symbols] = Field(
        default_factory=list, description="further weights; only the deck's own are declared"
    )


class OperatingPointSpec(ConditionsSpec):
    """An operating point, at a process corner."""

    corner: str = Field(default="nominal", description="one of the campaign's corners")


class CornerSpec(Spec):
    """A process corner: parameters of the deck that are scaled or shifted."""

    name: str
    scale: dict[str, PositiveFloat] = Field(default_factory=dict, description=".param -> factor")
    shift: dict[str, Quantity] = Field(default_factory=dict, description=".param -> what is added")

    @model_validator(mode="after")
    def _moves(self) -> Self:
        if not self.scale and not self.shift:
            raise ValueError("scales and shifts nothing; the circuit as it is needs no corner")
        return self


class EquivalentSpec(Spec):
    """Rows that do the same are simulated as one, in every setting where that is shown to change nothing.

    Shown by simulation: of the fault-free circuit of the setting, and of some of the thresholds that were found; the
    whole network has to say the same on both sides of each. Or by structure: one row only stands for others that are
    the same circuit, cell by cell, driven the same way and on the same nets. The fault-free circuit of the first such
    setting has to agree.
    """

    proof: Literal["simulation", "structure"] = Field(
        default="simulation", description="what shows that rows do the same"
    )
    tolerance: float = Field(default=1e-3, gt=0, lt=1, description="relative, of im_wr_a")
    sample: int = Field(default=2, ge=0, le=1000, description="thresholds of each setting that the whole network shows")


class ResistorsSpec(Spec):
    """Which defects of a junction's physics an open or a short at the same junction would do the same as."""

    observables: list[str] = Field(min_length=1, description="measured quantities that are compared, one number each")
    tolerance: float = Field(gt=0, lt=1, description="largest difference, in the largest change that the defect makes")


At = Literal["threshold", "default", "severest"]


class BehavioursSpec(Spec):
    """Which defects' behaviours are measured, and at which severities."""

    defects: list[str] = Field(default_factory=lambda: ["*"], description="ids; an empty list measures none")
    severities: list[At] = Field(
        default=["threshold"],
        min_length=1,
        description="where a test begins to fail, or else the default of its kind; that default; the end of the search",
    )
    test: str = Field(default="", description="whose pattern and windows are used; the first that programs nothing")


class CampaignSpec(Spec):
    """A campaign."""

    title: str
    circuit: str
    source: str = ""
    published: str = Field(default="", description="file with published values to compare with")
    stimulus: dict[str, Any] = Field(default_factory=dict, description="overrides of the sidecar's stimulus")
    conditions: list[OperatingPointSpec] = Field(
        default_factory=list, description="operating points; the sidecar's if none"
    )
    corners: list[CornerSpec] = Field(default_factory=list)
    probes: dict[str, str] = Field(default_factory=dict, description="further vectors to record")
    observables: dict[str, str] = Field(default_factory=dict, description="further expressions over probes")
    windows: list[WindowSpec] = Field(min_length=1)
    plane: PlaneSpec | None = Field(default=None, description="further windows, on a grid")
    baseline: BaselineSpec = Field(default_factory=BaselineSpec)
    defects: list[DefectsSpec] = Field(min_length=1)
    tests: list[TestSpec] = Field(min_length=1)
    currents: CurrentsSpec | None = None
    waveforms: list[WaveformsSpec] = Field(default_factory=list)
    responses: list[ResponseSpec] = Field(default_factory=list)
    search: SearchSpec
    resistors: ResistorsSpec | None = None
    behaviours: BehavioursSpec = Field(default_factory=BehavioursSpec)
    equivalent: EquivalentSpec | None = Field(default=None, description="the whole network is simulated if none")

    def without_equivalent(self) -> CampaignSpec:
        """Return the campaign with every row simulated."""
        return self.model_copy(update={"equivalent": None})

    @model_validator(mode="before")
    @classmethod
    def _planed(cls, table: Any) -> Any:
        """Add the plane's windows to those that are listed; what is wrong with it is said where it is checked."""
        try:
            own = PlaneSpec.model_validate(table["plane"]).windows()
            names = {window["name"] for window in table["windows"]}
            added = [window.model_dump() for window in own if window.name not in names]
            tests = [with_plane(test, [window.name for window in own]) for test in table["tests"]]
        except (TypeError, KeyError, AttributeError, ValidationError):
            return table
        return {**table, "windows": [*table["windows"], *added], "tests": tests}

    @model_validator(mode="after")
    def _references(self) -> Self:
        names = [window.name for window in self.windows]
        problems = ["two windows have the same name"] if len(set(names)) != len(names) else []
        for test in self.tests:
            unknown = [name for name in test.windows if name not in names]
            if unknown:
                problems.append(f"test {test.name!r} names unknown windows {unknown}; there are {names}")
        if len({test.name for test in self.tests}) != len(self.tests):
            problems.append("two tests have the same name")
        if len(set(self.conditions)) != len(self.conditions):
            problems.append("two conditions are the same")
        corners = ["nominal", *(corner.name for corner in self.corners)]
        if len(set(corners)) != len(corners):
            problems.append("two corners have the same name, or one is called nominal")
        missing = sorted({point.corner for point in self.conditions} - set(corners))
        if missing:
            problems.append(f"conditions name unknown corners {missing}; there are {corners}")
        if self.behaviours.test and self.behaviours.test not in {test.name for test in self.tests}:
            problems.append(f"behaviours name an unknown test {self.behaviours.test!r}")
        drawn: list[FigureSpec] = [*self.waveforms, *self.responses]
        for wanted in drawn:
            if not any(wanted.test == test.name and wanted.window in test.windows for test in self.tests):
                problems.append(f"figure {wanted.figure!r}: no test {wanted.test!r} at window {wanted.window!r}")
        if len({wanted.figure for wanted in drawn}) != len(drawn):
            problems.append("two figures have the same name")
        if problems:
            raise ValueError("; ".join(problems))
        return self


def load(name: str) -> tuple[Path, CampaignSpec]:
    """Load a campaign by name or path.

    Raises:
        UsageError: No such campaign.
        SpecError: Everything that is wrong with the file.
    """
    path = library.find("campaigns", name)
    table = read_table(path)
    if "kind" in table:
        raise SpecError([Problem(f"{path}: kind", f"{table['kind']!r} is no campaign", "faultsim train, measure")])
    return path, check_table(table, CampaignSpec, path)
