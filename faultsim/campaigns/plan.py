"""All the work of a campaign, enumerated before any of it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import log10, sqrt
from pathlib import Path
from typing import Any

from faultsim.campaigns.choice import all_of, chosen_ids, defect_pools
from faultsim.campaigns.fit import misfits
from faultsim.campaigns.grid import Grid
from faultsim.campaigns.limits import Limits
from faultsim.campaigns.question import Question
from faultsim.campaigns.results import SettingKey
from faultsim.campaigns.spec import CampaignSpec, TestSpec
from faultsim.campaigns.windows import WindowSpec
from faultsim.circuits import bench, network
from faultsim.circuits.bench import Conditions
from faultsim.circuits.network import Network
from faultsim.circuits.sidecar import SimulationSpec, StimulusSpec
from faultsim.circuits.stimulus import Stimulus
from faultsim.circuits.variant import NOMINAL, Corner
from faultsim.errors import Problem, SpecError, UsageError, did_you_mean
from faultsim.fault_models.behaviour import Behaviours, load_behaviours
from faultsim.fault_models.defect import Defect
from faultsim.fault_models.globs import matches, matches_any
from faultsim.reports.published import PublishedSpec
from faultsim.specfile import check_table, read_spec

MARGIN = "margin"
"""The observable of a sidecar that says how far the neuron is from its firing level."""


@dataclass(frozen=True)
class Setting:
    """A test at one window and operating point; what all defects are searched under."""

    test: str
    observable: str
    limits: Limits | None
    window: str
    stimulus: Stimulus
    conditions: Conditions
    requires: str = ""
    defects: tuple[str, ...] = ("*",)
    confirm: int = 0
    scan: int = 0
    guide: str = ""
    reads: tuple[str, ...] = ()

    @property
    def key(self) -> SettingKey:
        """Return what tells it from the others."""
        point = self.conditions
        return self.test, self.window, point.vdd_v, point.temperature_c, point.corner.name

    @property
    def healthy(self) -> Question:
        """Return what is asked of the fault-free circuit."""
        return Question(self.stimulus, self.conditions)

    @property
    def criteria(self) -> str:
        """Return what decides a verdict besides the transients; a change of it makes stored results stale."""
        return f"{self.observable} {self.limits!r} {self.requires} {self.confirm}" + (
            f" {self.scan}" if self.scan else ""
        )

    def covers(self, identity: str) -> bool:
        """Return whether the defect of an id is searched in this setting."""
        return matches_any(identity, self.defects)


@dataclass(frozen=True)
class ThresholdTask:
    """One row of thresholds.csv."""

    defect: Defect
    setting: Setting

    @property
    def id(self) -> str:
        """Return a name that no other task of the plan has."""
        test, window, vdd_v, temperature_c, corner = self.setting.key
        return f"{self.defect.id}|{test}|{window}|{vdd_v:g} V|{temperature_c:g} C|{corner}"

    def question(self, severity: float) -> Question:
        """Return what is asked at a severity: as much of a response as the test looks at."""
        return replace(self.setting.healthy, defect=self.defect, severity=severity, reads=self.setting.reads)


@dataclass(frozen=True)
class Sweep:
    """The fault-free value and the value over severity of one observable.

    Attributes:
        observable: What is measured.
        healthy: Stimulus of the fault-free circuit.
        stimulus: Stimulus of the circuit with a defect.
        conditions: Operating point.
        simulation: Accuracy of the latter.
        severities: From small to large.
    """

    observable: str
    healthy: Stimulus
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
        known: Every defect that the campaign can name, chosen or not.
        only: The glob that narrowed the universe down.
        left_out: How many defects of the campaign it left out.
    """

    name: str
    path: Path
    spec: CampaignSpec
    network: Network
    defects: tuple[Defect, ...]
    known: Mapping[str, Defect]
    only: str = "*"
    left_out: int = 0

    @cached_property
    def behaviours(self) -> Behaviours:
        """The files that give names."""
        return load_behaviours()

    @property
    def complete(self) -> Plan:
        """The plan that this one is a part of; itself as a rule."""
        return self

    @property
    def observables(self) -> dict[str, str]:
        """The sidecar's observables and the campaign's own."""
        return {**self.network.sidecar.observables, **self.spec.observables}

    def grid(self, defect: Defect) -> Grid:
        """Return the severities that the thresholds of a defect are bracketed on."""
        search, own = self.spec.search, defect.definition.severity
        falling = own.direction == "fails_below"
        if defect.unit == "ohm" and not own.own_range:
            return Grid(search.low, search.high, search.ratio, falling)
        return Grid(own.low, own.high, search.ratio, falling)

    @cached_property
    def conditions(self) -> list[Conditions]:
        """Operating points."""
        corners = {corner.name: Corner(corner.name, corner.scale, corner.shift) for corner in self.spec.corners}
        given = [
            Conditions(point.vdd_v, point.temperature_c, corners.get(point.corner, NOMINAL))
            for point in self.spec.conditions
        ]
        return given or [bench.nominal(self.network)]

    @property
    def baseline(self) -> list[Stimulus]:
        """Fault-free patterns at the campaign's timing and the sidecar's windows, the deck's own weights first."""
        listed = self.spec.baseline.patterns
        patterns = self.network.patterns() if listed == "all" else listed
        timing = self._timing()
        return [
            Stimulus(pattern, timing, weights) for weights in ("", *self.spec.baseline.weights) for pattern in patterns
        ]

    @cached_property
    def settings(self) -> list[Setting]:
        """Every test at every window and operating point."""
        return [
            self._setting(test, window, conditions)
            for test in self.spec.tests
            for conditions in (self.conditions if test.conditions == "all" else self.conditions[:1])
            for window in self.spec.windows
            if window.name in test.windows
        ]

    def _setting(self, test: TestSpec, window: WindowSpec, conditions: Conditions) -> Setting:
        timing = self._timing(**{**test.stimulus, "integrate": window.integrate, "leaky": window.leaky})
        stimulus = Stimulus(test.pattern, timing, test.weights, test.program)
        return Setting(
            test.name,
            test.observable,
            test.limits,
            window.name,
            stimulus,
            conditions,
            test.requires,
            tuple(test.defects),
            test.confirm,
            test.scan,
            self._guide(test),
            self._reads(test),
        )

    def _reads(self, test: TestSpec) -> tuple[str, ...]:
        """Return all that is looked at of a response to a test."""
        swept = self.spec.currents.observable if self.spec.currents else ""
        return tuple(dict.fromkeys(filter(None, (test.observable, test.requires, self._guide(test), swept))))

    def _guide(self, test: TestSpec) -> str:
        """Return the observable that leads a search: the test's own, or of a spike the margin."""
        return test.guide or (MARGIN if test.observable == "spiked" and MARGIN in self.observables else "")

    @cached_property
    def published(self) -> PublishedSpec | None:
        """A paper's values, where the campaign has some."""
        return read_spec(self.path.parent / self.spec.published, PublishedSpec) if self.spec.published else None

    @cached_property
    def published_thresholds(self) -> dict[tuple[str, str, str], float]:
        """Thresholds that a paper states, in the middle of what it prints: of a defect, a test and a window."""
        found: dict[tuple[str, str, str], float] = {}
        for value in self.published.values if self.published else ():
            source, printed = value.source, value.published
            if source.defect and source.window and printed and min(printed) > 0:
                test = source.test or self.spec.tests[0].name
                found.setdefault((source.defect, test, source.window), sqrt(printed[0] * printed[1]))
        return found

    def is_nominal(self, setting: Setting) -> bool:
        """Return whether a setting has the sidecar's own windows and operating point."""
        own, spec = self.network.sidecar.stimulus, setting.stimulus.spec
        same_windows = (spec.integrate, spec.leaky) == (own.integrate, own.leaky)
        return same_windows and setting.conditions == bench.nominal(self.network)

    @cached_property
    def thresholds(self) -> list[ThresholdTask]:
        """One defect of each circuit that is the same, in every setting that is for any of them."""
        return [
            ThresholdTask(defect, setting)
            for setting in self.settings
            for defect in self.simulated
            if any(setting.covers(identity) for identity in (defect.id, *self.equals[defect.id]))
        ]

    @cached_property
    def simulated(self) -> list[Defect]:
        """The first chosen defect of each circuit that several of them make."""
        return [defect for defect in self.defects if defect.id in self.equals]

    @cached_property
    def equals(self) -> dict[str, list[str]]:
        """Id of a defect that is simulated -> ids of the other chosen ones that are the same circuit."""
        first: dict[str, str] = {}
        found: dict[str, list[str]] = {}
        for defect in self.defects:
            lead = first.setdefault(defect.accounting.same_as or defect.id, defect.id)
            if lead == defect.id:
                found[lead] = []
            else:
                found[lead].append(defect.id)
        return found

    @property
    def swept(self) -> list[Defect]:
        """The defects that the sweep over severity is about; all of them resistances."""
        globs = self.spec.currents.defects if self.spec.currents else []
        asked = [defect for defect in self.defects if matches_any(defect.id, globs)]
        return [defect for defect in asked if defect.unit == "ohm"]

    @property
    def sweep(self) -> Sweep | None:
        """The sweep over severity, where the spec asks for one."""
        currents = self.spec.currents
        if currents is None or not self.swept:
            return None
        low, high = self.spec.search.low, self.spec.search.high
        points = Grid(low, high, (high / low) ** (1 / max(1, round(currents.per_decade * log10(high / low)))))
        stimulus = Stimulus(currents.pattern, self._timing(**currents.stimulus))
        table = {**self.network.sidecar.simulation.model_dump(), **currents.simulation}
        simulation = check_table(table, SimulationSpec, self.path)
        severities = tuple(points[index] for index in range(len(points)))
        healthy = Stimulus(currents.pattern, self._timing())
        return Sweep(currents.observable, healthy, stimulus, self.conditions[0], simulation, severities)

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
        SpecError: Everything in the spec that does not fit the circuit, or in the files of behaviours.
        UsageError: No defect matches `only`.
    """
    beside = path.parent / spec.circuit
    try:
        circuit = network.load_sidecar(beside) if beside.is_file() else network.load(spec.circuit)
    except UsageError as error:
        raise SpecError([Problem(f"{path}: circuit", str(error))]) from error
    pools = defect_pools(path, spec, circuit)
    problems = list(misfits(path, spec, circuit, pools))
    if problems:
        raise SpecError(problems)
    if spec.probes:
        probes = {**circuit.sidecar.probes, **spec.probes}
        circuit = replace(circuit, sidecar=circuit.sidecar.model_copy(update={"probes": probes}))
    known = all_of(pools)
    chosen = chosen_ids(spec, pools)
    picked = tuple(known[name] for name in chosen if matches(name, only))
    if not picked:
        raise UsageError(f"--only {only!r} matches no defect of {path.stem} ({did_you_mean(only, chosen)})")
    plan = Plan(path.stem, path, spec, circuit, picked, known, only, len(chosen) - len(picked))
    _ = plan.settings, plan.sweep
    if spec.behaviours.defects:
        _ = plan.behaviours
    _check_severities(plan)
    return plan


def _check_severities(plan: Plan) -> None:
    """A defect that leaves nothing of a window should show now, not in the middle of the run."""
    problems: list[Problem] = []
    for task in plan.thresholds:
        try:
            task.defect.disturb(task.setting.stimulus, plan.grid(task.defect).severest)
        except SpecError as error:
            where = f"{plan.path}: test {task.setting.test!r} at {task.setting.window!r}"
            remedy = f"copy the defect's file {task.defect.model}.toml, lower severity.high, and name the copy as kind"
            problems += [Problem(where, str(problem), remedy) for problem in error.problems]
    if problems:
        raise SpecError(dict.fromkeys(problems))
