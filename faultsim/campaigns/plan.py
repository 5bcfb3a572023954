"""All the work of a campaign, enumerated before any of it runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from math import log10
from pathlib import Path
from typing import Any

from faultsim.campaigns.grid import Grid
from faultsim.campaigns.results import SettingKey
from faultsim.campaigns.spec import CampaignSpec, LimitsSpec
from faultsim.circuits import bench, network
from faultsim.circuits.bench import Conditions
from faultsim.circuits.network import Network
from faultsim.circuits.sidecar import SimulationSpec, StimulusSpec
from faultsim.circuits.stimulus import SCOPE_NAMES, Stimulus
from faultsim.errors import Problem, SpecError, UsageError, did_you_mean
from faultsim.fault_models.defect import Defect, named_defects
from faultsim.fault_models.definition import load as load_definition
from faultsim.reports.published import PublishedSpec
from faultsim.specfile import check_table, read_spec
from faultsim.spice import expressions


@dataclass(frozen=True)
class Setting:
    """A test at one window and operating point; what all defects are searched under."""

    test: str
    observable: str
    limits: LimitsSpec | None
    window: str
    stimulus: Stimulus
    conditions: Conditions

    @property
    def key(self) -> SettingKey:
        """Return what tells it from the others."""
        return self.test, self.window, self.conditions.vdd_v, self.conditions.temperature_c


@dataclass(frozen=True)
class ThresholdTask:
    """One row of thresholds.csv."""

    defect: Defect
    setting: Setting

    @property
    def id(self) -> str:
        """Return a name that no other task of the plan has."""
        test, window, vdd_v, temperature_c = self.setting.key
        return f"{self.defect.id}|{test}|{window}|{vdd_v:g} V|{temperature_c:g} C"


@dataclass(frozen=True)
class Sweep:
    """The fault-free value and the value over severity of one observable."""

    observable: str
    stimulus: Stimulus
    conditions: Conditions
    simulation: SimulationSpec
    severities: tuple[float, ...]


@dataclass(frozen=True)
class Plan:
    """A campaign's spec and network, checked against each other and laid out.

    Attributes:
        name: Name of the campaign.
        path: Its file.
        spec: What it says.
        network: The circuit.
        defects: The universe considered, in plan order.
    """

    name: str
    path: Path
    spec: CampaignSpec
    network: Network
    defects: tuple[Defect, ...]

    @property
    def observables(self) -> dict[str, str]:
        """The sidecar's observables and the campaign's own."""
        return {**self.network.sidecar.observables, **self.spec.observables}

    @property
    def grid(self) -> Grid:
        """The severities that thresholds are bracketed on."""
        return Grid(self.spec.search.low, self.spec.search.high, self.spec.search.ratio)

    @property
    def conditions(self) -> list[Conditions]:
        """Operating points."""
        given = [Conditions(point.vdd_v, point.temperature_c) for point in self.spec.conditions]
        return given or [bench.nominal(self.network)]

    @property
    def baseline(self) -> list[Stimulus]:
        """Fault-free patterns at the campaign's timing and the sidecar's windows."""
        listed = self.spec.baseline.patterns
        patterns = self.network.patterns() if listed == "all" else listed
        return [Stimulus(pattern, self._timing()) for pattern in patterns]

    @cached_property
    def settings(self) -> list[Setting]:
        """Every test at every window and operating point."""
        windows = {window.name: window for window in self.spec.windows}
        return [
            Setting(
                test.name,
                test.observable,
                test.limits,
                name,
                Stimulus(test.pattern, self._timing(integrate=windows[name].integrate, leaky=windows[name].leaky)),
                conditions,
            )
            for test in self.spec.tests
            for conditions in self.conditions
            for name in test.windows
        ]

    @property
    def thresholds(self) -> list[ThresholdTask]:
        """Every defect in every setting."""
        return [ThresholdTask(defect, setting) for setting in self.settings for defect in self.defects]

    @property
    def sweep(self) -> Sweep | None:
        """The sweep over severity, where the spec asks for one."""
        currents = self.spec.currents
        if currents is None:
            return None
        decades = self.grid.high / self.grid.low
        points = Grid(
            self.grid.low, self.grid.high, decades ** (1 / max(1, round(currents.per_decade * log10(decades))))
        )
        stimulus = Stimulus(currents.pattern, self._timing(**currents.stimulus))
        table = {**self.network.sidecar.simulation.model_dump(), **currents.simulation}
        simulation = check_table(table, SimulationSpec, self.path)
        severities = tuple(points[index] for index in range(len(points)))
        return Sweep(currents.observable, stimulus, self.conditions[0], simulation, severities)

    def _timing(self, **overrides: Any) -> StimulusSpec:
        table = self.network.sidecar.stimulus.model_dump()
        return check_table({**table, **self.spec.stimulus, **overrides}, StimulusSpec, self.path)


def make_plan(path: Path, spec: CampaignSpec, only: str = "*") -> Plan:
    """Lay out a campaign.

    Args:
        path: The campaign's file.
        spec: What it says.
        only: Glob that defect ids have to match.

    Raises:
        SpecError: Everything in the spec that does not fit the circuit.
        UsageError: No defect matches `only`.
    """
    beside = path.parent / spec.circuit
    try:
        circuit = network.load_sidecar(beside) if beside.is_file() else network.load(spec.circuit)
    except UsageError as error:
        raise SpecError([Problem(f"{path}: circuit", str(error))]) from error
    known = named_defects(circuit)
    problems = list(_problems(path, spec, circuit, known))
    if problems:
        raise SpecError(problems)
    chosen = [name for name in known if any(_matches(name, known[name], group) for group in spec.defects)]
    picked = tuple(known[name] for name in chosen if fnmatchcase(name, only))
    if not picked:
        raise UsageError(f"--only {only!r} matches no defect of {path.stem} ({did_you_mean(only, chosen)})")
    plan = Plan(path.stem, path, spec, circuit, picked)
    _ = plan.settings, plan.sweep
    return plan


def _matches(name: str, defect: Defect, group: Any) -> bool:
    return defect.definition.kind == group.kind and any(fnmatchcase(name, glob) for glob in group.sites)


def _problems(path: Path, spec: CampaignSpec, circuit: Network, known: dict[str, Defect]) -> Iterator[Problem]:
    observables = {**circuit.sidecar.observables, **spec.observables}
    names = {**SCOPE_NAMES, **dict.fromkeys(circuit.sidecar.probes, "probe")}
    for name, text in spec.observables.items():
        yield from (Problem(f"{path}: observables.{name}", message) for message in expressions.check(text, names))
    patterns = [test.pattern for test in spec.tests]
    patterns += [spec.currents.pattern] if spec.currents else []
    patterns += spec.baseline.patterns if isinstance(spec.baseline.patterns, list) else []
    for pattern in dict.fromkeys(patterns):
        try:
            circuit.check_pattern(pattern)
        except SpecError as error:
            yield from (
                Problem(f"{path}: {problem.where}", problem.message, problem.remedy) for problem in error.problems
            )
    asked = [(f"tests.{test.name}", test.observable) for test in spec.tests]
    asked += [("currents", spec.currents.observable)] if spec.currents else []
    for where, name in asked:
        if name not in observables:
            yield Problem(
                f"{path}: {where}.observable", f"unknown observable {name!r}", did_you_mean(name, observables)
            )
    for group in spec.defects:
        try:
            load_definition(group.kind)
        except UsageError as error:
            yield Problem(f"{path}: defects.kind", str(error))
        for glob in group.sites:
            if not any(fnmatchcase(name, glob) for name in known):
                yield Problem(
                    f"{path}: defects.sites", f"{glob!r} matches no site of {circuit.name}", did_you_mean(glob, known)
                )
    yield from _published_problems(path, spec, known)


def _published_problems(path: Path, spec: CampaignSpec, known: dict[str, Defect]) -> Iterator[Problem]:
    """Read the published values now: a mistake in them should not show after the campaign has run."""
    if not spec.published:
        return
    file = path.parent / spec.published
    if not file.is_file():
        yield Problem(f"{path}: published", f"no file {spec.published}", "paths count from the campaign file")
        return
    try:
        published = read_spec(file, PublishedSpec)
    except SpecError as error:
        yield from error.problems
        return
    windows = [window.name for window in spec.windows]
    for value in published.values:
        defect, window = value.source.defect, value.source.window
        if defect is not None and defect not in known:
            yield Problem(f"{file}: {value.id}", f"unknown defect {defect!r}", did_you_mean(defect, known))
        if window is not None and window not in windows:
            yield Problem(f"{file}: {value.id}", f"unknown window {window!r}", did_you_mean(window, windows))
