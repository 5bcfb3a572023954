"""The twin's compiled loop against the code that it stands for: trains, pulses, hazard rates, updates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from faultsim.circuits.learning_bench import LearningBench
from faultsim.circuits.learning_plan import LearningPlan, LearningRequest, periods_of
from faultsim.learning.twin import kernel
from faultsim.learning.twin.crossbar import Crossbar
from faultsim.learning.twin.recipe import Recipe, Threshold, cell_of, junction_of, law_of, output_of
from faultsim.learning.twin.trains import Coding
from faultsim.learning.twin.update_law import UpdateLaw, switching_of

BENCH = LearningBench.load()
SETTINGS = BENCH.cells.with_chosen(BENCH.spec, {})
JUNCTION = junction_of(BENCH.cells, SETTINGS)
CODING = Coding.of(BENCH.cells, SETTINGS)
AGES_S = np.linspace(0, CODING.width_s, 201)
LAW = UpdateLaw(AGES_S, np.linspace(0.9, 0, 201), np.linspace(0, 0.6, 201), still_up=0.0, still_down=0.0, wait_s=2e-6)


def recipe(junctions: int = 3, rise_v: float = 0.0, **settings: dict[str, str]) -> Recipe:
    own = BENCH.cells.with_chosen(BENCH.spec, settings)
    threshold = Threshold(rise_v, 0.999)
    return Recipe(
        coding=Coding.of(BENCH.cells, own),
        cell=cell_of(junction_of(BENCH.cells, own), junctions),
        output=output_of(BENCH.cells, own, 0.05, 1e-4, threshold),
        law=law_of(LAW),
        threshold=threshold,
    )


@given(st.lists(st.sampled_from([0.0, 0.1, 1 / 3, 0.5, 0.9, 1.0]), min_size=1, max_size=60))
def test_trains_are_those_of_the_generated_crossbar(intensities: list[float]) -> None:
    slowest, fastest = CODING.slowest_hz, CODING.fastest_hz
    periods = tuple(periods_of(one, slowest, fastest) for one in intensities)
    plan = LearningPlan("x", LearningRequest(tuple(intensities)), periods, "", 0.15)
    trains = CODING.trains(intensities)
    for pixel, kind in zip(plan.pixels, trains.kinds, strict=True):
        first_s = CODING.lag_s * (1 - pixel.intensity) + pixel.slot / fastest
        assert trains.first_s[kind] == pytest.approx(first_s, rel=1e-12)
        assert trains.period_s[kind] == pytest.approx(1 / (slowest + pixel.intensity * (fastest - slowest)), rel=1e-12)


@given(st.floats(-0.4, 0.4))
def test_the_hazard_rate_is_the_junctions(bias_v: float) -> None:
    found = kernel.hazard_per_s(bias_v, cell_of(JUNCTION, 2))
    assert found == pytest.approx(float(JUNCTION.hazard_per_s(bias_v)), rel=1e-9)


@given(st.floats(-1e-3, 12e-3))
def test_the_pulse_is_straight_between_its_corners(age_s: float) -> None:
    rise, width = CODING.rise_s, CODING.width_s
    corners, levels = [0.0, rise, width - rise, width], [0.0, CODING.high_v, CODING.low_v, 0.0]
    expected = float(np.interp(age_s, corners, levels, left=0.0, right=0.0))
    assert kernel.voltage(age_s, recipe().pulse) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("bias_v", "width_s"), [(0.21, 6e-6), (0.25, 1e-6), (-0.16, 1e-6), (0.1, 1e-3)])
def test_a_straight_pulse_leaves_a_junction_as_its_law_says(bias_v: float, width_s: float) -> None:
    times_s = np.linspace(0, width_s, 50)
    up, down = switching_of(times_s, np.full(50, bias_v), JUNCTION)
    expected = float(JUNCTION.switching_probability(bias_v, width_s))
    assert (up, down) == pytest.approx((expected, 0.0) if bias_v > 0 else (0.0, expected), rel=1e-9)


def test_what_goes_up_and_comes_down_again_is_counted_once() -> None:
    """A pulse up that surely switches, then one down that does so with a known probability."""
    times_s = np.array([0, 1e-3, 1e-3, 1.001e-3])
    up, down = switching_of(times_s, np.array([0.25, 0.25, -0.16, -0.16]), JUNCTION)
    back = float(JUNCTION.switching_probability(-0.16, 1e-6))
    assert up == pytest.approx(1 - back, rel=1e-9)
    assert down == pytest.approx(back, rel=1e-9)


@settings(deadline=None)
@given(age=st.floats(0, 1), junctions=st.integers(1, 6), before=st.integers(0, 6), seed=st.integers(0, 2**40))
def test_updates_that_are_drawn_have_the_distribution_of_the_law(
    age: float, junctions: int, before: int, seed: int
) -> None:
    before = min(before, junctions)
    expected = 4000 * LAW.after(age * CODING.width_s, junctions)[before]
    assert expected.sum() == pytest.approx(4000)
    up, down = 0.9 * (1 - age), 0.6 * age
    key, free = np.uint64(kernel.key_of(np.uint64(seed), np.uint64(0), np.uint64(0))), np.uint64(2**junctions - 1)
    afters = [
        kernel.count(np.uint64(kernel.switched(np.uint64(2**before - 1), free, junctions, up, down, key, place)))
        for place in range(4000)
    ]
    found = np.bincount(afters, minlength=junctions + 1)
    likely = expected >= 5
    rest = (found[~likely].sum(), expected[~likely].sum())
    cells = [*zip(found[likely], expected[likely], strict=True), *([rest] if rest[1] >= 5 else [])]
    chi_square = sum((count - mean) ** 2 / mean for count, mean in cells)
    # One of a hundred million: hypothesis looks at a hundred.
    assert stats.chi2.sf(chi_square, max(1, len(cells) - 1)) > 1e-8


def test_junctions_that_cannot_switch_stay() -> None:
    key = np.uint64(7)
    for bits in (0b00, 0b11):
        assert kernel.switched(np.uint64(bits), np.uint64(0), 2, 1.0, 1.0, key, 0) == bits
    assert kernel.switched(np.uint64(0b11), np.uint64(0b01), 2, 1.0, 1.0, key, 0) == 0b10


def picture(pixels: int = 12) -> np.ndarray:
    return (np.arange(pixels) % 3 == 0).astype(float)


def test_a_seed_is_a_crossbar_and_another_one_another() -> None:
    made, trains = recipe(), CODING.trains(picture())
    same, again, other = (Crossbar.drawn(made, 12, 5, seed) for seed in (1, 1, 2))
    for one in (same, again, other):
        for number in range(4):
            one.learn(trains, number)
    assert (same.synapses.bits == again.synapses.bits).all()
    assert (same.synapses.bits != other.synapses.bits).any()


def test_recalling_changes_nothing_and_answers_the_same_again() -> None:
    crossbar, trains = Crossbar.drawn(recipe(), 12, 5, 3), CODING.trains(picture())
    crossbar.learn(trains, 0)
    bits, raised = crossbar.synapses.bits.copy(), crossbar.neurons.raised_v.copy()
    first, second = crossbar.recall(trains), crossbar.recall(trains)
    assert (first.times_s == second.times_s).all()
    assert (first.outputs == second.outputs).all()
    assert (crossbar.synapses.bits == bits).all()
    assert (crossbar.neurons.raised_v == raised).all()


def test_conductances_follow_the_states() -> None:
    crossbar, trains = Crossbar.drawn(recipe(), 12, 5, 3), CODING.trains(picture())
    for number in range(5):
        crossbar.learn(trains, number)
    synapses = crossbar.synapses
    expected = kernel.conductances(synapses.bits, synapses.alive, crossbar.recipe.cell)
    np.testing.assert_allclose(synapses.conductances, expected, rtol=1e-12)
    assert 0 < crossbar.weights.mean() < 1


def test_an_output_that_is_dead_never_spikes_and_a_raised_threshold_lets_others_win() -> None:
    crossbar, trains = Crossbar.drawn(recipe(rise_v=2e-3), 12, 4, 3), CODING.trains(picture())
    crossbar.neurons.able[1] = False
    spiked = [place for number in range(10) for place in crossbar.learn(trains, number).outputs]
    assert set(spiked) == {0, 2, 3}
    assert crossbar.neurons.raised_v[1] == 0


def test_no_output_spikes_while_another_one_is_refractory() -> None:
    crossbar = Crossbar.drawn(recipe(), 12, 6, 3)
    times_s = crossbar.recall(CODING.trains(picture())).times_s
    assert len(times_s) >= 3
    assert np.diff(times_s).min() >= crossbar.recipe.output.pause_s


def test_steps_hardly_matter() -> None:
    trains, found = CODING.trains(picture()), []
    for step_s in (1e-4, 2.5e-5, 5e-6):
        made = recipe()
        made = Recipe(made.coding, made.cell, made.output._replace(step_s=step_s), made.law, made.threshold)
        found.append(Crossbar.drawn(made, 12, 1, 3).recall(trains).times_s[0])
    assert np.ptp(found) < 2e-5
