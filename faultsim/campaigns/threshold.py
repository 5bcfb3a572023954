"""Finds one threshold: probes the faulty circuit on the grid and says what the bracket means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from faultsim.campaigns.grid import Grid
from faultsim.campaigns.hint import Hint, Landmark, deviation, led
from faultsim.campaigns.lab import Lab
from faultsim.campaigns.limits import Limits, number, passes
from faultsim.campaigns.plan import Plan, Setting, ThresholdTask
from faultsim.campaigns.results import Detection, ThresholdRow
from faultsim.campaigns.search import Bracket, Verdict, changes, confirm_bracket, find_bracket, scan_grid
from faultsim.spice.expressions import Value
from faultsim.spice.job import Outcome
from faultsim.units import format_quantity


@dataclass(frozen=True)
class Finding:
    """A finished threshold task.

    Attributes:
        row: Its row of thresholds.csv.
        transients: Keys of the stored transients that it rests on, fault-free first.
        landmark: What was seen at the threshold; None without one.
    """

    row: ThresholdRow
    transients: tuple[str, ...]
    landmark: Landmark | None


@dataclass
class _Probing:
    """The transients of one search, as they come in."""

    lab: Lab
    plan: Plan
    task: ThresholdTask
    hint: Hint
    healthy: Outcome
    keys: list[str]
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    verdicts: dict[int, Verdict] = field(default_factory=dict)
    margins: dict[int, float] = field(default_factory=dict)

    @property
    def grid(self) -> Grid:
        return self.plan.grid(self.task.defect)

    def verdict(self, index: int) -> Verdict:
        if index in self.verdicts:
            return self.verdicts[index]
        setting = self.task.setting
        question = self.task.question(self.grid[index])
        key, outcome = self.lab.ask(question)
        self.keys.append(key)
        self.outcomes[index] = outcome
        margin = self.hint.margin(self.task, self.grid, index, self.healthy, outcome) if outcome.ok else None
        if margin is not None:
            self.margins[index] = margin
        self.verdicts[index] = judge_response(setting, self.healthy, outcome)
        return self.verdicts[index]


def find_threshold(plan: Plan, lab: Lab, task: ThresholdTask, hint: Hint) -> Finding:
    """Bracket the threshold of a defect in a setting.

    Args:
        plan: Gives the grid and the swept observable.
        lab: Runs the transients.
        task: What to search.
        hint: Where the threshold is expected.
    """
    key, healthy = lab.ask(task.setting.healthy)
    probing = _Probing(lab, plan, task, hint, healthy, [key])
    if not healthy.ok:
        reason = f"the fault-free simulation ended with {healthy.status}: {_last_line(healthy)}"
        return Finding(_row(lab, plan, task, None, Detection.UNKNOWN, reason), tuple(probing.keys), None)
    size = len(probing.grid)
    between = scan_grid(probing.verdict, size, task.setting.scan) if task.setting.scan else None
    bracket = find_bracket(probing.verdict, size, hint.place, probing.margins, between, hint.spread)
    bracket = confirm_bracket(probing.verdict, bracket, size, task.setting.confirm)
    verdict, reason = _conclude(plan, task, bracket, probing)
    crossings: list[int] = []
    if verdict is not Detection.UNKNOWN:
        for index in _checks(plan, task):
            probing.verdict(index)
        crossings = changes(probing.verdict, probing.verdicts)
        reason = "; ".join(filter(None, (reason, _others(probing, bracket, crossings))))
    landmark = _landmark(plan, bracket, probing) if verdict is Detection.DETECTED else None
    row = _row(lab, plan, task, bracket, verdict, reason, len(crossings), len(set(probing.keys)))
    return Finding(row, tuple(probing.keys), landmark)


def _checks(plan: Plan, task: ThresholdTask) -> list[int]:
    """Return the grid indices that are probed whatever is found."""
    grid = plan.grid(task.defect)
    asked = plan.spec.search.checks if task.defect.unit == "ohm" else []
    return [grid.nearest(severity) for severity in asked if grid.low <= severity <= grid.high]


def _others(probing: _Probing, bracket: Bracket, crossings: Sequence[int]) -> str:
    """Say where else the verdict changes."""
    unit, grid, found = probing.task.defect.unit, probing.grid, []
    for place, index in enumerate(crossings):
        if index != bracket.last_pass:
            word = "fails" if probing.verdicts[index + 1] is Verdict.FAIL else "passes"
            found.append(f"{word}{' again' if place else ''} from {format_quantity(grid[index + 1], unit)} on")
    return ", ".join(found)


def judge_response(setting: Setting, healthy: Outcome, faulty: Outcome) -> Verdict:
    """Compare a response with the fault-free one, as the test's observable and limits say."""
    expected = healthy.values[setting.observable] if faulty.ok else None
    return judged(faulty, setting.observable, setting.limits, expected)


def judged(outcome: Outcome, observable: str, limits: Limits | None, expected: Value) -> Verdict:
    """Return what a transient says: of one that failed, nothing."""
    if not outcome.ok:
        return Verdict.UNKNOWN
    return Verdict.PASS if passes(limits, expected, outcome.values[observable]) else Verdict.FAIL


def _conclude(plan: Plan, task: ThresholdTask, bracket: Bracket, probing: _Probing) -> tuple[Detection, str]:
    unit, grid = task.defect.unit, probing.grid
    if bracket.unknown_at is not None:
        outcome = probing.outcomes[bracket.unknown_at]
        at = format_quantity(grid[bracket.unknown_at], unit)
        return Detection.UNKNOWN, f"the simulation at {at} ended with {outcome.status}: {_last_line(outcome)}"
    if bracket.first_fail == len(grid):
        return Detection.UNDETECTED, _why_undetected(plan, task, probing)
    if bracket.last_pass < 0:
        return Detection.DETECTED, f"fails already at the mildest severity, {format_quantity(grid[0], unit)}"
    return Detection.DETECTED, ""


def _why_undetected(plan: Plan, task: ThresholdTask, probing: _Probing) -> str:
    last = len(probing.grid) - 1
    top = format_quantity(probing.grid[last], task.defect.unit)
    parts = [f"{task.setting.observable} as fault-free {'down' if probing.grid.falling else 'up'} to {top}"]
    watched = plan.spec.currents.observable if plan.spec.currents else task.setting.observable
    healthy = number(probing.healthy.values.get(watched))
    faulty = number(probing.outcomes[last].values.get(watched))
    if healthy and faulty is not None:
        parts.append(f"where {watched} has moved by {abs(faulty / healthy - 1):.2%}")
    path, driven = task.defect.site.path, list(plan.network.sidecar.drives)
    if task.setting.stimulus.program:
        driven.append("programming")
    if path and path not in driven:
        parts.append(f"the defect lies in the {path} path, which this test does not drive")
    return "; ".join(parts)


def _landmark(plan: Plan, bracket: Bracket, probing: _Probing) -> Landmark:
    sides = [probing.outcomes.get(bracket.last_pass, probing.healthy), probing.outcomes[bracket.first_fail]]

    def between(name: str) -> float | None:
        values = [number(outcome.values.get(name)) for outcome in sides]
        return sum(value for value in values if value is not None) / 2 if None not in values else None

    guide = between(probing.task.setting.guide) if probing.task.setting.guide else None
    place, track = bracket.first_fail - 0.5, _track(probing, guide)
    if plan.spec.currents is None:
        return Landmark(place, None, guide, track)
    watched = plan.spec.currents.observable
    there, whole = between(watched), number(probing.healthy.values.get(watched))
    return Landmark(place, there / whole if there is not None and whole else None, guide, track)


def _track(probing: _Probing, guide: float | None) -> tuple[tuple[float, float], ...]:
    """Return by how much the guide of a test that is led by it deviates at each probe, where as at the threshold."""
    setting = probing.task.setting
    there = deviation(probing.healthy, setting.guide, guide)
    if not led(setting) or not there:
        return ()
    seen = {
        index: deviation(probing.healthy, setting.guide, number(outcome.values.get(setting.guide)))
        for index, outcome in sorted(probing.outcomes.items())
        if outcome.ok
    }
    return tuple((float(index), abs(value)) for index, value in seen.items() if value and value / there > 0)


def _row(
    lab: Lab,
    plan: Plan,
    task: ThresholdTask,
    bracket: Bracket | None,
    verdict: Detection,
    reason: str,
    crossings: int = 0,
    transients: int = 1,
) -> ThresholdRow:
    setting, defect, grid = task.setting, task.defect, plan.grid(task.defect)
    severe = task.question(grid.severest)
    detected = bracket is not None and verdict is Detection.DETECTED
    last_pass = bracket.last_pass if bracket is not None and verdict is not Detection.UNKNOWN else -1
    passes_at = grid[last_pass] if last_pass >= 0 else None
    fails_at = grid[bracket.first_fail] if detected and bracket is not None else None
    in_ohm = defect.unit == "ohm"
    return ThresholdRow(
        circuit=plan.network.name,
        defect_id=defect.id,
        kind=defect.definition.kind,
        location=defect.location,
        test=setting.test,
        window=setting.window,
        observable=setting.observable,
        corner=setting.conditions.corner.name,
        vdd_v=setting.conditions.vdd_v,
        temperature_c=setting.conditions.temperature_c,
        weights=setting.stimulus.weights,
        program=setting.stimulus.program,
        pattern=setting.stimulus.pattern,
        integrate_window_s=setting.stimulus.spec.integrate,
        leaky_window_s=setting.stimulus.spec.leaky,
        pulses=setting.stimulus.spec.pulses,
        verdict=verdict.value,
        direction=defect.definition.severity.direction,
        unit=defect.unit,
        passes_at=passes_at,
        fails_at=fails_at,
        threshold=fails_at,
        r_pass_ohm=passes_at if in_ohm else None,
        r_fail_ohm=fails_at if in_ohm else None,
        threshold_ohm=fails_at if in_ohm else None,
        crossings=crossings if detected else 0,
        transients=transients,
        network=lab.network_kind(severe),
        reason=reason,
    )


def _last_line(outcome: Outcome) -> str:
    return outcome.log_tail.splitlines()[-1] if outcome.log_tail else "no log"
