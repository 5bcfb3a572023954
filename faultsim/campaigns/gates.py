"""What has to hold before anything is searched: the baseline as declared, tests that the fault-free circuit passes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from faultsim.campaigns.failure import Failure, failure_lines
from faultsim.campaigns.plan import Plan, Setting
from faultsim.campaigns.results import BaselineRow, SettingRow
from faultsim.errors import GateError
from faultsim.spice.expressions import Value
from faultsim.spice.job import Outcome


def check_baseline(plan: Plan, rows: Sequence[BaselineRow], outcome_of: Callable[[BaselineRow], Outcome]) -> None:
    """Compare the fault-free circuit with what its sidecar declares.

    Args:
        plan: The campaign.
        rows: What the circuit does.
        outcome_of: Tells how the transient of a row ended.

    Raises:
        GateError: Every pattern that differs, and every one that could not be simulated.
    """
    declared = plan.network.sidecar.baseline.spikes
    failures, wrong = [], []
    for row in rows:
        expected = declared.get(row.pattern)
        if row.status != "ok":
            failures.append(_baseline_failure(row, outcome_of(row)))
        # Other weights are not declared; what they do is the answer.
        elif not row.weights and row.pulses_to_spike != expected:
            wrong.append(f"pattern {row.pattern}: {_pulse(expected)} declared, {_pulse(row.pulses_to_spike)} simulated")
    if wrong or failures:
        what = "does not do what the sidecar declares" if wrong else "cannot be simulated"
        where = f"{plan.network.path}: baseline: the fault-free circuit {what}"
        raise GateError("\n".join([where, *failure_lines(plan.network, "pattern", failures), *wrong]))


def setting_row(plan: Plan, setting: Setting, healthy: Outcome, network: str) -> SettingRow:
    """Say what the fault-free circuit does in a setting, and whether the test can be used there.

    Args:
        plan: The campaign.
        setting: The test.
        healthy: Its fault-free response.
        network: Which network gave it.
    """
    values, spec = healthy.values, setting.stimulus.spec
    # Where the simulation failed the searches find out, and call every verdict unknown.
    usable = not healthy.ok or not setting.requires or values[setting.requires] is True
    return SettingRow(
        circuit=plan.network.name,
        test=setting.test,
        window=setting.window,
        corner=setting.conditions.corner.name,
        vdd_v=setting.conditions.vdd_v,
        temperature_c=setting.conditions.temperature_c,
        weights=setting.stimulus.weights or plan.network.default_weights,
        program=setting.stimulus.program,
        program_delay_s=spec.program.delay if spec.program and setting.stimulus.program else None,
        pattern=setting.stimulus.pattern,
        start_s=setting.stimulus.first_s,
        integrate_window_s=spec.integrate,
        leaky_window_s=spec.leaky,
        pulses=spec.pulses,
        usable=usable,
        reason="" if usable else f"{setting.requires} is not true in the fault-free circuit",
        observable=setting.observable,
        limits_relative=setting.limits.share(values.get(setting.observable)) if setting.limits else None,
        expected=values.get(setting.observable),
        spiked=values.get("spiked"),
        pulses_to_spike=values.get("pulses_to_spike"),
        im_wr_a=values.get("im_wr_a"),
        network=network,
    )


def check_settings(plan: Plan, rows: Sequence[SettingRow], outcome_of: Callable[[Setting], Outcome]) -> None:
    """Check that every test can be used at the circuit's own windows and operating point.

    Args:
        plan: The campaign.
        rows: What the fault-free circuit does in each setting.
        outcome_of: Tells how the transient of a setting ended.

    Raises:
        GateError: Every test that cannot; or no setting at all could be simulated.
    """
    if rows and all(row.expected is None for row in rows):
        outcomes = [(setting, outcome_of(setting)) for setting in plan.settings]
        failures = [_setting_failure(setting, outcome) for setting, outcome in outcomes if not outcome.ok]
        if len(failures) == len(rows):
            where = f"{plan.path}: tests: the fault-free circuit cannot be simulated"
            raise GateError("\n".join([where, *failure_lines(plan.network, "test", failures)]))
    measured = {
        f"test {row.test!r}: {row.observable} is a measured number, and no two of them are equal; add limits"
        for setting, row in zip(plan.settings, rows, strict=True)
        if setting.limits is None and _is_measured(row.expected)
    }
    several = {
        f"test {row.test!r}: limits are around one measured number, and {row.observable} is {row.expected}"
        for setting, row in zip(plan.settings, rows, strict=True)
        if setting.limits is not None and row.expected is not None and not isinstance(row.expected, float)
    }
    if several:
        raise GateError("\n".join([f"{plan.path}: tests: limits that compare nothing", *sorted(several)]))
    if measured:
        raise GateError("\n".join([f"{plan.path}: tests: nothing can be compared without limits", *sorted(measured)]))
    wrong = [
        f"test {row.test!r} at {row.window}: {row.reason}"
        for setting, row in zip(plan.settings, rows, strict=True)
        if not row.usable and plan.is_nominal(setting)
    ]
    if wrong:
        where = f"{plan.path}: tests: unusable at the circuit's own windows and operating point"
        raise GateError("\n".join([where, *wrong]))


def _baseline_failure(row: BaselineRow, outcome: Outcome) -> Failure:
    weights = ("--weights", row.weights) if row.weights else ()
    subject = f"{row.pattern} with weights {row.weights}" if row.weights else row.pattern
    return Failure(subject, outcome, ("--pattern", row.pattern, *weights))


def _setting_failure(setting: Setting, outcome: Outcome) -> Failure:
    stimulus, point = setting.stimulus, setting.conditions
    given = {
        "--pattern": stimulus.pattern,
        "--weights": stimulus.weights,
        "--program": stimulus.program,
        "--iw": f"{stimulus.spec.integrate:g}",
        "--lw": f"{stimulus.spec.leaky:g}",
        "--vdd": f"{point.vdd_v:g}",
        "--temperature": f"{point.temperature_c:g}",
    }
    # A value such as --11, to program, or a temperature may begin with a dash.
    options = tuple(f"{name}={value}" for name, value in given.items() if value)
    return Failure(f"{setting.test!r} at {setting.window}", outcome, options)


def _is_measured(value: Value) -> bool:
    return any(isinstance(item, float) for item in (value if isinstance(value, list) else [value]))


def _pulse(number: object) -> str:
    return "silence" if number is None else f"spike on pulse {number}"
