"""How a response is judged, and where a swept observable is expected to meet a level."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultsim.campaigns import spec
from faultsim.campaigns.curve import Curve
from faultsim.campaigns.grid import Grid
from faultsim.campaigns.plan import Plan, Setting, make_plan
from faultsim.campaigns.search import Verdict
from faultsim.campaigns.spec import LimitsSpec
from faultsim.campaigns.threshold import judge_response
from faultsim.spice.expressions import Value
from faultsim.spice.job import Outcome, Status


@pytest.fixture(scope="module")
def plan() -> Plan:
    """The paper's campaign; nothing of it is simulated here."""
    return make_plan(*spec.load("lats2024"))


@pytest.fixture(scope="module")
def grid(plan: Plan) -> Grid:
    return plan.grid(plan.defects[0])


def judged(plan: Plan, healthy: Value, faulty: Value, relative: float | None = None) -> Verdict:
    limits = None if relative is None else LimitsSpec(relative=relative)
    setting: Setting = replace(plan.settings[0], observable="seen", limits=limits)
    outcomes = [Outcome(Status.OK, {"seen": value, "other": 0}) for value in (healthy, faulty)]
    return judge_response(setting, *outcomes)


@pytest.mark.parametrize("value", [True, False, 3, 2.5, None, [True, False], [None, 1.0]])
def test_without_limits_the_fault_free_response_passes(plan: Plan, value: Value) -> None:
    assert judged(plan, value, value) is Verdict.PASS


@pytest.mark.parametrize(
    ("healthy", "faulty"),
    [(True, False), (3, 4), (3, None), (None, 3), (1.0, 1.0000001), ([True, True], [True, False])],
)
def test_without_limits_any_other_response_fails(plan: Plan, healthy: Value, faulty: Value) -> None:
    assert judged(plan, healthy, faulty) is Verdict.FAIL


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("share", "verdict"),
    [
        (1.0, Verdict.PASS),
        (1.25, Verdict.PASS),
        (0.75, Verdict.PASS),
        (1.2501, Verdict.FAIL),
        (0.7499, Verdict.FAIL),
        (-1.0, Verdict.FAIL),
    ],
)
def test_limits_are_relative_to_the_fault_free_value_and_include_their_edges(
    plan: Plan, share: float, verdict: Verdict, sign: int
) -> None:
    assert judged(plan, sign * 8.0, sign * 8.0 * share, relative=0.25) is verdict


def test_limits_around_zero_allow_zero_only(plan: Plan) -> None:
    assert judged(plan, 0.0, 0.0, relative=0.25) is Verdict.PASS
    assert judged(plan, 0.0, 1e-12, relative=0.25) is Verdict.FAIL


@pytest.mark.parametrize(("healthy", "faulty"), [(3.0, None), (None, 3.0), ([1.0], [2.0])])
def test_within_limits_a_value_that_only_one_has_fails(plan: Plan, healthy: Value, faulty: Value) -> None:
    assert judged(plan, healthy, faulty, relative=0.25) is Verdict.FAIL


@pytest.mark.parametrize("value", [None, [1.0, None]])
def test_with_limits_too_an_identical_response_is_no_detection(plan: Plan, value: Value) -> None:
    assert judged(plan, value, value, relative=0.25) is Verdict.PASS


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.OK])
@pytest.mark.parametrize("limits", [None, LimitsSpec(relative=0.1)])
def test_a_failed_simulation_is_unknown_and_never_a_detection(
    plan: Plan, status: Status, limits: LimitsSpec | None
) -> None:
    setting = replace(plan.settings[0], observable="seen", limits=limits)
    assert judge_response(setting, Outcome(Status.OK, {"seen": True}), Outcome(status)) is Verdict.UNKNOWN


def divider(ohm: float) -> float:
    """A current through the open and 1 kohm, which falls as the open rises."""
    return 1 / (ohm + 1e3)


SWEEP = [(10.0**exponent, divider(10.0**exponent)) for exponent in range(1, 10)]


def curve(points: list[tuple[float, float]]) -> Curve:
    return Curve(tuple(points))


@pytest.mark.parametrize("sweep", [SWEEP, [(ohm, -value) for ohm, value in SWEEP]], ids=["falling", "rising"])
def test_a_value_of_the_sweep_is_met_at_its_own_severity(sweep: list[tuple[float, float]]) -> None:
    for ohm, value in sweep:
        assert curve(sweep).severity_at(value) == pytest.approx(ohm, rel=1e-9)
        assert curve(sweep).value_at(ohm) == pytest.approx(value, abs=2e-5 * abs(sweep[0][1]))


@given(exponent=st.floats(1.001, 8.999))
def test_a_severity_lies_between_the_points_of_the_sweep_around_it(exponent: float) -> None:
    found = curve(SWEEP).severity_at(divider(10.0**exponent))
    assert found is not None
    below, above = next((r0, r1) for (r0, _), (r1, _) in pairwise(SWEEP) if r0 <= 10.0**exponent <= r1)
    assert below * (1 - 1e-9) <= found <= above * (1 + 1e-9)


@given(exponent=st.floats(2.0, 6.0))
def test_a_severity_and_its_value_belong_together(exponent: float) -> None:
    value = curve(SWEEP).value_at(10.0**exponent)
    assert curve(SWEEP).severity_at(value) == pytest.approx(10.0**exponent, rel=1e-6)
    # Exact but for the sweep's own two ends, which are not those of the divider.
    assert value == pytest.approx(divider(10.0**exponent), rel=0.02)


def test_half_of_a_step_in_value_is_half_of_a_step_on_the_logarithmic_scale() -> None:
    assert curve([(100.0, 1.0), (1e4, 2.0)]).severity_at(1.5) == pytest.approx(1e3)


@pytest.mark.parametrize(
    ("value", "sweep"),
    [(2.0, SWEEP), (-1.0, SWEEP), (1.0, [(10.0, 1.0), (100.0, 1.0)]), (1.0, SWEEP[:1]), (1.0, [])],
)
def test_a_value_that_is_not_met_is_met_nowhere(value: float, sweep: list[tuple[float, float]]) -> None:
    assert curve(sweep).severity_at(value) is None


def test_of_several_meetings_the_first_counts() -> None:
    assert curve([(10.0, 0.0), (1e3, 2.0), (1e5, 0.0)]).severity_at(1.0) == pytest.approx(100.0)


def test_beyond_a_sweep_its_end_goes_on() -> None:
    assert curve(SWEEP).value_at(1.0) == SWEEP[0][1]
    assert curve(SWEEP).value_at(1e12) == SWEEP[-1][1]
    assert curve(SWEEP[:1]).value_at(1e3) == SWEEP[0][1]
