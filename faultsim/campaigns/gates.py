"""What has to hold before anything is searched: the baseline as declared, tests that the fault-free circuit passes."""

from __future__ import annotations

from collections.abc import Sequence

from faultsim.campaigns.plan import Plan, Setting
from faultsim.campaigns.results import BaselineRow, SettingRow
from faultsim.errors import GateError
from faultsim.spice.expressions import Value
from faultsim.spice.job import Outcome


def check_baseline(plan: Plan, rows: Sequence[BaselineRow]) -> None:
    """Compare the fault-free circuit with what its sidecar declares.

    Raises:
        GateError: Every pattern that differs.
    """
    declared = plan.network.sidecar.baseline.spikes
    wrong = []
    for row in rows:
        expected = declared.get(row.pattern)
        if row.weights and row.status == "ok":
            # Other weights are not declared; what they do is the answer.
            continue
        if row.status != "ok":
            wrong.append(f"pattern {row.pattern}: the simulation ended with {row.status}")
        elif row.pulses_to_spike != expected:
            wrong.append(f"pattern {row.pattern}: {_pulse(expected)} declared, {_pulse(row.pulses_to_spike)} simulated")
    if wrong:
        where = f"{plan.network.path}: baseline: the fault-free circuit does not do what the sidecar declares"
        raise GateError("\n".join([where, *wrong]))


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
        limits_relative=setting.limits.relative if setting.limits else None,
        expected=values.get(setting.observable),
        spiked=values.get("spiked"),
        pulses_to_spike=values.get("pulses_to_spike"),
        im_wr_a=values.get("im_wr_a"),
        network=network,
    )


def check_settings(plan: Plan, rows: Sequence[SettingRow]) -> None:
    """Check that every test can be used at the circuit's own windows and operating point.

    Raises:
        GateError: Every test that cannot.
    """
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


def _is_measured(value: Value) -> bool:
    return any(isinstance(item, float) for item in (value if isinstance(value, list) else [value]))


def _pulse(number: object) -> str:
    return "silence" if number is None else f"spike on pulse {number}"
