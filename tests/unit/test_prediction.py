"""Where thresholds are expected: on curves, from other settings, from what a response says of itself."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultsim.campaigns import spec
from faultsim.campaigns.curve import Curve
from faultsim.campaigns.hint import Hint, Landmark
from faultsim.campaigns.plan import Plan, ThresholdTask, make_plan
from faultsim.campaigns.prediction import Predictor
from faultsim.campaigns.results import CurrentRow, NeuronRow
from faultsim.spice.job import Outcome, Status

SERIES_OHM = 17e3


def share(ohm: float) -> float:
    """Of a current whose quarter flows through the open and a resistance."""
    return 0.75 + 0.25 * SERIES_OHM / (SERIES_OHM + ohm)


SWEEP = Curve(tuple((10.0 * 10 ** (step / 4), share(10.0 * 10 ** (step / 4))) for step in range(33)))


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan(*spec.load("lats2024"))


def task(plan: Plan, defect: str, test: str, window: str = "original") -> ThresholdTask:
    setting = next(one for one in plan.settings if (one.test, one.window) == (test, window))
    return ThresholdTask(plan.known[defect], setting)


def seen(**values: float) -> Outcome:
    return Outcome(Status.OK, values)


@given(threshold=st.floats(300.0, 100e3), probe=st.floats(300.0, 100e3))
def test_a_guide_that_follows_the_current_says_how_far_its_threshold_is(
    plan: Plan, threshold: float, probe: float
) -> None:
    wanted = task(plan, "Rop1", "inference")
    grid = plan.grid(wanted.defect)

    def guide(ohm: float) -> float:
        return 0.8 / (1 - 0.4 * (1 - share(ohm)))

    index = grid.nearest(probe)
    hint = Hint(None, guide(threshold), SWEEP)
    margin = hint.margin(wanted, grid, index, seen(margin=0.8), seen(margin=guide(grid[index])))
    assert margin == pytest.approx(index - grid.place(threshold), abs=1.0)


def test_without_a_curve_a_deviation_grows_with_the_severity(plan: Plan) -> None:
    wanted = task(plan, "Rpp1", "program-then-read")
    grid = plan.grid(wanted.defect)
    hint = Hint(None, 1.0 / 1.2)
    margin = hint.margin(wanted, grid, 500, seen(programming=1.0), seen(programming=1.0 / 1.05))
    assert margin == pytest.approx(-math.log(4) / math.log(1.01))


def test_another_defect_shows_how_the_deviation_grows(plan: Plan) -> None:
    wanted = task(plan, "Rpp1", "program-then-read")
    grid = plan.grid(wanted.defect)
    # 739 is next to the threshold, where a layer that switches flips back and forth.
    track = ((600.0, 0.01), (700.0, 0.1), (739.0, 0.7), (800.0, 0.4))
    hint = Hint(740.0, 1.0 / 1.2, track=track)
    responses = {500: 0.1, 600: 0.2, 700: 0.4, 900: 0.8, 950: 0.001}
    margins = [
        hint.margin(wanted, grid, index, seen(programming=1.0), seen(programming=1.0 / (1 + deviates)))
        for index, deviates in responses.items()
    ]
    # Beyond an end the line from the threshold to it goes on: from 740 to 800 the deviation doubles.
    beyond = -140.0 * math.log(200) / math.log(20)
    assert margins == pytest.approx([-40.0, 0.0, 60.0, 120.0, beyond], abs=1e-6)


def test_a_track_with_nothing_on_one_side_goes_on_there_as_on_the_other(plan: Plan) -> None:
    wanted = task(plan, "Rpp1", "program-then-read")
    hint = Hint(740.0, 1.0 / 1.2, track=((800.0, 0.4),))
    margin = hint.margin(wanted, plan.grid(wanted.defect), 500, seen(programming=1.0), seen(programming=1.0 / 1.1))
    assert margin == pytest.approx(-60.0, abs=1e-6)


def test_a_track_with_nothing_apart_from_the_threshold_is_none(plan: Plan) -> None:
    wanted = task(plan, "Rpp1", "program-then-read")
    grid, responses = plan.grid(wanted.defect), (seen(programming=1.0), seen(programming=1.0 / 1.1))
    near, none = Hint(740.0, 1.0 / 1.2, track=((738.0, 0.15),)), Hint(740.0, 1.0 / 1.2)
    assert near.margin(wanted, grid, 500, *responses) == none.margin(wanted, grid, 500, *responses)


@given(
    st.lists(st.tuples(st.floats(0, 1800), st.floats(1e-4, 20)), max_size=12, unique_by=lambda point: point[0]),
    st.floats(1e-3, 5),
    st.floats(1e-4, 20),
)
def test_any_track_places_any_deviation_and_larger_ones_further_on(
    plan: Plan, track: list[tuple[float, float]], there: float, ours: float
) -> None:
    wanted = task(plan, "Rpp1", "program-then-read")
    hint = Hint(740.0, 1 / (1 + there), track=tuple(sorted(track)))
    grid, healthy = plan.grid(wanted.defect), seen(programming=1.0)
    margins = [
        hint.margin(wanted, grid, 500, healthy, seen(programming=1 / (1 + value))) for value in (ours, ours * 1.1)
    ]
    assert all(margin is not None and math.isfinite(margin) for margin in margins)
    assert margins[0] <= margins[1] + 1e-6  # type: ignore[operator]


def test_a_guide_that_has_moved_the_other_way_says_that_the_threshold_is_far(plan: Plan) -> None:
    for name, test, there in (("programming", "program-then-read", 1 / 1.2), ("margin", "inference", 1.05)):
        wanted = task(plan, "Rpp1", test)
        hint, grid = Hint(740.0, there), plan.grid(wanted.defect)
        healthy = seen(**{name: 1.0})
        away, same = (seen(**{name: value}) for value in (1 / there, 1.0))
        assert hint.margin(wanted, grid, 500, healthy, away) == -math.inf
        assert hint.margin(wanted, grid, 500, healthy, same) == -math.inf


@pytest.mark.parametrize("faulty", [seen(margin=0.0), seen(margin=-0.1), seen(), seen(margin=math.nan)])
def test_a_response_without_its_guide_tells_nothing(plan: Plan, faulty: Outcome) -> None:
    wanted = task(plan, "Rop1", "inference")
    hint = Hint(None, 0.9, SWEEP)
    assert hint.margin(wanted, plan.grid(wanted.defect), 700, seen(margin=0.8), faulty) is None


def predictor(plan: Plan, *drives: tuple[str, float]) -> Predictor:
    currents = [CurrentRow("crossbar4", "Rop1", 0.0, 1e-4)]
    currents += [CurrentRow("crossbar4", "Rop1", ohm, 1e-4 * part) for ohm, part in SWEEP.points]
    neurons = [
        NeuronRow(
            circuit="crossbar4",
            window=window,
            integrate_window_s=1e-9,
            leaky_window_s=9e-9,
            pulses=3,
            first_spike=3,
            threshold_drive=drive,
            monotone=True,
            tilt_rad=0.1,
            retention=0.9,
            turns=2.0,
        )
        for window, drive in drives
    ]
    return Predictor.of(plan, currents, neurons)


def test_the_first_threshold_is_where_the_current_meets_that_of_the_neuron(plan: Plan) -> None:
    wanted = task(plan, "Rop1", "inference")
    hint = predictor(plan, ("original", share(15e3))).hint(wanted, None, None)
    assert hint.place == pytest.approx(plan.grid(wanted.defect).place(15e3), abs=0.01)


def test_what_the_neuron_was_off_by_in_one_setting_it_is_off_by_in_the_next(plan: Plan) -> None:
    first, next_one = task(plan, "Rop1", "inference"), task(plan, "Rop1", "inference", "IW 1.2 ns")
    expecting = predictor(plan, ("original", 0.9), ("IW 1.2 ns", 0.81))
    hint = expecting.hint(next_one, first.setting, Landmark(700.0, 0.92, 0.875))
    wanted = SWEEP.severity_at(0.81 * 0.92 / 0.9)
    assert wanted is not None
    assert hint.place == pytest.approx(plan.grid(next_one.defect).place(wanted), abs=0.01)
    assert hint.guide == 0.875


def test_without_the_neuron_a_paper_or_a_neighbour_says_where_to_begin(plan: Plan) -> None:
    wanted = task(plan, "Rop1", "inference")
    grid = plan.grid(wanted.defect)
    # Table IV has 16 kohm, Table VI too.
    assert predictor(plan).hint(wanted, None, None).place == pytest.approx(grid.place(16e3), abs=0.01)
    # For LW 8.9 ns it has 25 kohm, which is nearer than what another window's threshold would say.
    near, other = Landmark(700.0, share(20e3), 0.875), task(plan, "Rop1", "inference", "LW 8.9 ns")
    hint = predictor(plan).hint(other, wanted.setting, near)
    assert (hint.place, hint.guide) == (pytest.approx(grid.place(25e3), abs=0.01), 0.875)
    assert hint.spread > 1
    elsewhere = replace(other.setting, conditions=replace(other.setting.conditions, vdd_v=1.0))
    hint = predictor(plan).hint(ThresholdTask(other.defect, elsewhere), wanted.setting, near)
    assert hint.place == pytest.approx(grid.place(20e3), abs=0.01)


def test_nothing_is_expected_of_a_defect_that_is_not_swept_and_shares_no_guide(plan: Plan) -> None:
    lone = task(plan, "Rpp1", "inference")
    expecting = predictor(plan)
    assert not expecting.follows(lone)
    assert expecting.hint(lone, lone.setting, Landmark(700.0, 0.9, 0.875)) == Hint()
    assert expecting.follows(task(plan, "Rpp1", "program-then-read"))
    assert not expecting.follows(task(plan, "Rop5", "inference"))


def test_a_share_beyond_the_sweep_is_expected_nowhere(plan: Plan) -> None:
    wanted = task(plan, "Rop1", "inference")
    hint = predictor(plan).hint(wanted, wanted.setting, Landmark(700.0, 0.5, 0.875))
    assert hint.place is None


def test_limits_of_the_swept_quantity_say_where_to_look(plan: Plan) -> None:
    wanted = task(plan, "Rop1", "inference")
    limits = next(one.limits for one in plan.settings if one.limits is not None)
    setting = replace(wanted.setting, observable="im_wr_a", limits=limits, guide="")
    hint = predictor(plan).hint(ThresholdTask(wanted.defect, setting), None, None)
    wanted_ohm = SWEEP.severity_at(1 - limits.relative)
    assert wanted_ohm is not None
    assert hint.place == pytest.approx(plan.grid(wanted.defect).place(wanted_ohm), abs=0.01)
