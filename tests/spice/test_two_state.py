"""The junction that switches at random, as ngspice has it, against its law: how likely, how independent of the step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.reading import read_cards
from faultsim.magnetics.two_state import TwoStateJunction
from faultsim.spice.pool import WorkerPool
from faultsim.spice.waveform import Waveform
from faultsim.units import parse_quantity
from tests.spice.decks import run_deck

DEVICES = Path(__file__).parents[2] / "circuits" / "devices"
LAW, REDRAWN = "stt_two_state", "stt_two_state_as_published"
EDGE_S = 1e-9
START_S = 20e-9
# Until a state that has begun to cross over has done so.
SETTLE_S = 5e-6
TOGETHER = 50
MODULUS, FACTOR = 2147483647, 16807
Floats = NDArray[np.float64]


def defaults(deck: str = LAW) -> dict[str, float]:
    texts = Hierarchy(read_cards(DEVICES / f"{deck}.cir", part=True)).scopes["stt_two_state"].defaults
    return {name: parse_quantity(text) for name, text in texts.items()}


@pytest.fixture(scope="module")
def junction() -> TwoStateJunction:
    return TwoStateJunction.of_deck(defaults())


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(1, timeout_s=600.0) as workers:
        yield workers


def simulate(
    pool: WorkerPool,
    bias: str,
    cards: Sequence[str],
    probes: Mapping[str, str],
    stop_s: float,
    step_s: float,
    deck: str = LAW,
) -> Mapping[str, Waveform]:
    """Run junctions between ``a`` and ground; return each probe."""
    lines = [f'.include "{DEVICES / deck}.cir"', f"vbias a 0 {bias}", *cards]
    return run_deck(pool, lines, {**probes, "bias": "i(vbias)"}, stop_s, step_s)


def pulse(height_v: float, width_s: float) -> str:
    knots = [(0, 0), (START_S, 0), (START_S + EDGE_S, height_v), (START_S + width_s, height_v)]
    return (
        "pwl(" + " ".join(f"{time:.12g} {level:g}" for time, level in [*knots, (START_S + width_s + EDGE_S, 0)]) + ")"
    )


def switched(
    pool: WorkerPool,
    height_v: float,
    width_s: float,
    seeds: Sequence[int],
    step_s: float,
    deck: str = LAW,
    more: str = "",
) -> NDArray[np.bool_]:
    """Return which of many junctions a pulse has made cross over, one trial a seed."""
    start = int(height_v < 0)
    stop_s = START_S + width_s + SETTLE_S
    ends: list[float] = []
    # Each that crosses over shortens the steps of all that are in its circuit.
    for first in range(0, len(seeds), TOGETHER):
        some = seeds[first : first + TOGETHER]
        cards = [f"x{n} a 0 p{n} stt_two_state p0={start} seed={seed} {more}" for n, seed in enumerate(some)]
        probes = {f"p{n}": f"v(p{n})" for n in range(len(some))}
        traces = simulate(pool, pulse(height_v, width_s), cards, probes, stop_s, step_s, deck)
        ends += [traces[name].values[-1] for name in probes]
    last = np.array(ends)
    assert np.all(np.minimum(np.abs(last), np.abs(1 - last)) < 1e-3), "a state is neither"
    return np.abs(last - start) > 0.5


def draws(seed: int, count: int) -> Floats:
    """Return what a junction's clock draws, by another implementation of Lehmer's generator."""
    state, found = seed, []
    for _ in range(count):
        state = FACTOR * state % MODULUS
        found.append(-np.log(state / MODULUS))
    return np.array(found)


def seeds(root: int, count: int) -> list[int]:
    return [int(seed) for seed in np.random.default_rng(root).integers(1, MODULUS, count)]


def test_the_junction_of_the_paper_has_these_values(junction: TwoStateJunction) -> None:
    assert 1 / junction.conductance_s(0, 1) == pytest.approx(6.217e3, rel=1e-3)
    assert 1 / junction.conductance_s(0, 0) == pytest.approx(10.57e3, rel=1e-3)
    assert junction.stability == pytest.approx(22.75, rel=1e-3)
    assert junction.critical_current_a == pytest.approx(38.2e-6, rel=3e-3)


@pytest.mark.parametrize("state", [0, 1])
def test_its_conductance_is_that_of_the_closed_form(pool: WorkerPool, junction: TwoStateJunction, state: int) -> None:
    for bias in (-0.09, 0.02, 0.14):
        traces = simulate(pool, f"{bias:g}", [f"x1 a 0 p1 stt_two_state p0={state}"], {}, 1e-7, 1e-8)
        current = -traces["bias"].values[-1]
        assert current == pytest.approx(bias * float(junction.conductance_s(bias, state)), rel=1e-6)


@pytest.mark.parametrize(("height_v", "width_s", "root"), [(0.25, 1.2e-6, 1), (0.21, 8e-6, 2), (-0.16, 1e-6, 3)])
def test_a_thousand_trials_agree_with_the_law(
    pool: WorkerPool, junction: TwoStateJunction, height_v: float, width_s: float, root: int
) -> None:
    probability = float(junction.switching_probability(height_v, width_s))
    assert 0.1 < probability < 0.9
    found = switched(pool, height_v, width_s, seeds(root, 1000), width_s / 10)
    expected = 1000 * np.array([probability, 1 - probability])
    assert stats.chisquare([found.sum(), (~found).sum()], expected).pvalue > 0.01


@pytest.mark.parametrize(("height_v", "width_s", "root"), [(0.23, 3e-6, 6), (-0.17, 0.5e-6, 7)])
def test_the_same_ones_cross_over_in_steps_of_a_quarter(
    pool: WorkerPool, height_v: float, width_s: float, root: int
) -> None:
    trials = seeds(root, 300)
    found, finer = (switched(pool, height_v, width_s, trials, width_s / steps) for steps in (10, 40))
    assert 50 < found.sum() < 250
    # One of 300 may stand so close to the end of the pulse that a step decides.
    assert (found != finer).sum() <= 1


def test_each_trial_is_decided_by_the_number_that_was_drawn(pool: WorkerPool, junction: TwoStateJunction) -> None:
    trials = seeds(4, 200)
    hazard = float(junction.hazard_per_s(0.23))
    found = switched(pool, 0.23, 4e-6, trials, 0.4e-6)
    wanted = np.array([draws(seed, 1)[0] for seed in trials]) < hazard * 4e-6
    assert (found != wanted).sum() <= 1


def test_it_crosses_over_many_times_and_the_numbers_come_again(pool: WorkerPool, junction: TwoStateJunction) -> None:
    """Up and down in turn, each as long as the mean delay: the integral grows by a number, and by one, each time."""
    up, down = (1 / float(junction.hazard_per_s(bias)) for bias in (0.24, -0.16))
    edge, turns = 1e-8, 60
    period = up + down + 4 * edge
    knots = f"0 0 {edge:g} 0.24 {up:g} 0.24 {up + 2 * edge:g} -0.16 {period - 2 * edge:g} -0.16 {period:g} 0"
    seed = 20261127
    cards = [f"x1 a 0 p1 stt_two_state seed={seed}"]
    traces = simulate(pool, f"pwl({knots}) r=0", cards, {"p": "v(p1)", "h": "v(x1.h)"}, turns * period, up / 10)
    state, integral = traces["p"].values > 0.5, traces["h"].values
    at = integral[1:][np.diff(state.astype(int)) != 0]
    assert len(at) > 20
    drawn = np.resize(draws(seed, 16), len(at))
    begins = np.cumsum(drawn) + np.arange(len(at))
    # Where the state passes the middle, the integral is half of one further on, within a step.
    assert np.all(np.abs(at - begins - 0.5) < 0.55)


def test_as_published_it_switches_as_if_a_delay_were_drawn_in_every_step(
    pool: WorkerPool, junction: TwoStateJunction
) -> None:
    redraw_s = defaults(REDRAWN)["redraw"]
    trials = seeds(5, 400)
    for height_v, width_s in ((0.2, 2e-6), (-0.14, 1e-6)):
        probability = float(junction.switching_probability(height_v, width_s, redraw_s))
        assert 0.1 < probability < 0.9
        assert probability > 3 * float(junction.switching_probability(height_v, width_s))
        found = switched(pool, height_v, width_s, trials, width_s / 20, REDRAWN)
        expected = len(trials) * np.array([probability, 1 - probability])
        assert stats.chisquare([found.sum(), (~found).sum()], expected).pvalue > 0.01


@pytest.mark.parametrize("state", [0, 1])
def test_a_stuck_junction_stays(pool: WorkerPool, state: int) -> None:
    height_v = 0.25 if state == 0 else -0.2
    # The same sign as in all other devices, which fault_models/defects/stuck-*.toml give it.
    stuck = f"stuck=1 stuckp={2 * state - 1}"
    cards = [f"x{n} a 0 p{n} stt_two_state {stuck} p0={1 - state} seed={n + 1}" for n in range(5)]
    traces = simulate(pool, pulse(height_v, 50e-6), cards, {f"p{n}": f"v(p{n})" for n in range(5)}, 60e-6, 1e-6)
    assert all(np.all(np.abs(traces[f"p{n}"].values - state) < 1e-6) for n in range(5))


def test_above_the_critical_current_the_mean_delay_is_suns(junction: TwoStateJunction) -> None:
    bias = 2 * junction.critical_current_a / float(junction.conductance_s(0, 1))
    activated = float(junction.hazard_per_s(-0.9 * bias / 2))
    delay_s = 1 / (float(junction.hazard_per_s(-bias)) - activated)
    # (0.577 + ln(pi^2 22.74/4)) e m (1 + 0.52^2)/(2 muB 0.52 38.3 uA), m = 1.3145e-18 A m2, by hand.
    assert delay_s == pytest.approx(3.34e-9, rel=2e-3)
