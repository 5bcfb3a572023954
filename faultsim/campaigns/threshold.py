"""Finds one threshold: probes the faulty circuit on the grid and says what the bracket means."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from faultsim.campaigns.grid import Grid
from faultsim.campaigns.lab import Lab, Question
from faultsim.campaigns.plan import Plan, Setting, ThresholdTask
from faultsim.campaigns.results import Detection, ThresholdRow
from faultsim.campaigns.search import Bracket, Scan, Verdict, confirm_bracket, find_bracket, scan_grid
from faultsim.spice.expressions import Value
from faultsim.spice.job import Outcome
from faultsim.units import format_quantity

_NEAR_AN_END = 1e-5
"""Share of a sweep's whole way below which a value is noise."""


@dataclass(frozen=True)
class Finding:
    """A finished threshold task.

    Attributes:
        row: Its row of thresholds.csv.
        transients: Keys of the stored transients that it rests on, fault-free first.
        level: The swept observable at the bracket, for predicting the other defects of the setting; None without.
    """

    row: ThresholdRow
    transients: tuple[str, ...]
    level: float | None


@dataclass
class _Probing:
    """The transients of one search, as they come in."""

    lab: Lab
    plan: Plan
    task: ThresholdTask
    healthy: Outcome
    keys: list[str]
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    margins: dict[int, float] = field(default_factory=dict)

    @property
    def grid(self) -> Grid:
        return self.plan.grid(self.task.defect)

    def verdict(self, index: int) -> Verdict:
        setting = self.task.setting
        question = Question(setting.stimulus, setting.conditions, self.task.defect, self.grid[index])
        key, outcome = self.lab.ask(question)
        self.keys.append(key)
        self.outcomes[index] = outcome
        margin = limit_margin(setting, self.healthy, outcome)
        if margin is not None:
            self.margins[index] = margin
        return judge_response(setting, self.healthy, outcome)


def find_threshold(plan: Plan, lab: Lab, task: ThresholdTask, guess: int | None) -> Finding:
    """Bracket the threshold of a defect in a setting.

    Args:
        plan: Gives the grid and the swept observable.
        lab: Runs the transients.
        task: What to search.
        guess: Grid index near which the threshold is expected.
    """
    key, healthy = lab.ask(Question(task.setting.stimulus, task.setting.conditions))
    probing = _Probing(lab, plan, task, healthy, [key])
    if not healthy.ok:
        reason = f"the fault-free simulation ended with {healthy.status}: {_last_line(healthy)}"
        return Finding(_row(lab, plan, task, None, Detection.UNKNOWN, reason), tuple(probing.keys), None)
    size = len(probing.grid)
    scan = scan_grid(probing.verdict, size, task.setting.scan) if task.setting.scan else None
    between = (scan.low, scan.high) if scan is not None and scan.high is not None else None
    bracket = find_bracket(probing.verdict, size, guess, probing.margins, between)
    bracket, crossings = confirm_bracket(probing.verdict, bracket, size, task.setting.confirm)
    verdict, reason = _conclude(plan, task, bracket, probing)
    if scan is not None and verdict is Detection.DETECTED:
        reason = "; ".join(filter(None, (reason, _passes_again(probing, scan, task.defect.unit))))
    level = _level(plan, bracket, probing) if verdict is Detection.DETECTED else None
    row = _row(lab, plan, task, bracket, verdict, reason, crossings, len(set(probing.keys)))
    return Finding(row, tuple(probing.keys), level)


def _passes_again(probing: _Probing, scan: Scan, unit: str) -> str:
    if scan.again is None:
        return ""
    at = format_quantity(probing.grid[scan.again], unit)
    return f"passes again at {at}; over the whole range the verdict changes {scan.crossings} times or more"


def judge_response(setting: Setting, healthy: Outcome, faulty: Outcome) -> Verdict:
    """Compare a response with the fault-free one, as the test's observable and limits say."""
    if not faulty.ok:
        return Verdict.UNKNOWN
    expected, seen = healthy.values[setting.observable], faulty.values[setting.observable]
    if setting.limits is None:
        return Verdict.PASS if seen == expected else Verdict.FAIL
    measured, centre = _number(seen), _number(expected)
    if measured is None or centre is None:
        return Verdict.PASS if seen == expected else Verdict.FAIL
    return Verdict.PASS if abs(measured - centre) <= setting.limits.relative * abs(centre) else Verdict.FAIL


def limit_margin(setting: Setting, healthy: Outcome, faulty: Outcome) -> float | None:
    """Return ln(deviation / limit) of a measured quantity, about linear in ln R while a deviation is small."""
    if setting.limits is None or not faulty.ok:
        return None
    measured, centre = _number(faulty.values[setting.observable]), _number(healthy.values[setting.observable])
    if not centre or measured is None or measured == centre:
        return None
    return math.log(abs(measured / centre - 1) / setting.limits.relative)


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
    healthy = _number(probing.healthy.values.get(watched))
    faulty = _number(probing.outcomes[last].values.get(watched))
    if healthy and faulty is not None:
        parts.append(f"where {watched} has moved by {abs(faulty / healthy - 1):.2%}")
    path, driven = task.defect.site.path, list(plan.network.sidecar.drives)
    if task.setting.stimulus.program:
        driven.append("programming")
    if path and path not in driven:
        parts.append(f"the defect lies in the {path} path, which this test does not drive")
    return "; ".join(parts)


def _level(plan: Plan, bracket: Bracket, probing: _Probing) -> float | None:
    if plan.spec.currents is None:
        return None
    watched = plan.spec.currents.observable
    passing = probing.outcomes.get(bracket.last_pass, probing.healthy)
    values = [_number(outcome.values.get(watched)) for outcome in (passing, probing.outcomes[bracket.first_fail])]
    numbers = [value for value in values if value is not None]
    return sum(numbers) / len(numbers) if numbers else None


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
    severe = Question(setting.stimulus, setting.conditions, defect, grid.severest)
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


def predicted_index(grid: Grid, level: float, sweep: Sequence[tuple[float, float]]) -> int | None:
    """Return the grid index at which a swept observable meets a level, between the sweep's points.

    Between two points the logit of the value's share of its whole way is a straight line over ln R: exactly so where
    the open is in series with a resistance and a voltage.

    Args:
        grid: The severities.
        level: Value to meet.
        sweep: (severity, value), by rising severity.
    """
    for (r0, v0), (r1, v1) in pairwise(sweep):
        if min(v0, v1) <= level <= max(v0, v1) and v0 != v1:
            first, last = sweep[0][1], sweep[-1][1]
            t0, t1, t = (
                _logit((value - first) / (last - first)) if last != first else 0.0 for value in (v0, v1, level)
            )
            share = (t - t0) / (t1 - t0) if t1 != t0 else (level - v0) / (v1 - v0)
            return grid.nearest(math.exp(math.log(r0) + share * math.log(r1 / r0)))
    return None


def _logit(share: float) -> float:
    inside = min(max(share, _NEAR_AN_END), 1 - _NEAR_AN_END)
    return math.log(inside / (1 - inside))


def _number(value: Value | None) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _last_line(outcome: Outcome) -> str:
    return outcome.log_tail.splitlines()[-1] if outcome.log_tail else "no log"
