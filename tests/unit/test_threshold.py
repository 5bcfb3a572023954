"""How a response is judged, and where a swept observable is expected to meet a level."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultsim.campaigns import spec
from faultsim.campaigns.grid import Grid
from faultsim.campaigns.plan import Plan, Setting, make_plan
from faultsim.campaigns.search import Verdict
from faultsim.campaigns.spec import LimitsSpec
from faultsim.campaigns.threshold import judge_response, predicted_index
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


@pytest.mark.parametrize("sweep", [SWEEP, [(ohm, -value) for ohm, value in SWEEP]], ids=["falling", "rising"])
def test_a_level_of_the_sweep_is_met_at_its_own_severity(grid: Grid, sweep: list[tuple[float, float]]) -> None:
    for ohm, level in sweep:
        assert predicted_index(grid, level, sweep) == grid.nearest(ohm)


@given(exponent=st.floats(1.001, 8.999))
def test_a_prediction_lies_between_the_points_of_the_sweep_around_it(grid: Grid, exponent: float) -> None:
    found = predicted_index(grid, divider(10.0**exponent), SWEEP)
    assert found is not None
    below, above = next((r0, r1) for (r0, _), (r1, _) in pairwise(SWEEP) if r0 <= 10.0**exponent <= r1)
    assert grid.nearest(below) <= found <= grid.nearest(above)


def test_half_of_a_step_in_value_is_half_of_a_step_on_the_logarithmic_scale(grid: Grid) -> None:
    assert predicted_index(grid, 1.5, [(100.0, 1.0), (1e4, 2.0)]) == grid.nearest(1e3)


def test_a_fine_sweep_predicts_to_within_one_grid_point(grid: Grid) -> None:
    sweep = [(ohm, divider(ohm)) for ohm in (10.0 * 1.05**step for step in range(300))]
    for ohm in (37.0, 1e3, 16e3, 1.7e6):
        found = predicted_index(grid, divider(ohm), sweep)
        assert found is not None
        assert math.isclose(grid[found], ohm, rel_tol=0.011)


@pytest.mark.parametrize(
    ("level", "sweep"),
    [(2.0, SWEEP), (-1.0, SWEEP), (1.0, [(10.0, 1.0), (100.0, 1.0)]), (1.0, SWEEP[:1]), (1.0, [])],
)
def test_a_level_that_is_not_met_predicts_nothing(grid: Grid, level: float, sweep: list[tuple[float, float]]) -> None:
    assert predicted_index(grid, level, sweep) is None


def test_of_several_meetings_the_first_counts(grid: Grid) -> None:
    sweep = [(10.0, 0.0), (1e3, 2.0), (1e5, 0.0)]
    assert predicted_index(grid, 1.0, sweep) == grid.nearest(100.0)
