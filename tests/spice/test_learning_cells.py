"""The behavioural neurons of the learning crossbar against closed forms, whatever the step."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from faultsim.spice.pool import WorkerPool
from faultsim.spice.waveform import Waveform
from tests.spice.decks import run_deck

CELLS = Path(__file__).parents[2] / "circuits" / "cells"
LIF = f'.include "{CELLS}/lif_neuron.cir"'
INPUT = f'.include "{CELLS}/input_neuron.cir"'
# Of the neuron as it comes, s and V.
CHARGING_S, LEAKING_S = 100e6 * 40e-12, 200e6 * 40e-12
THRESHOLD_V, REFRACTORY_S = 12e-3, 11e-3
SPIKE_S = 8.6e-6 - 0.2e-6
Floats = NDArray[np.float64]


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(1, timeout_s=120.0) as workers:
        yield workers


def neuron(
    pool: WorkerPool, column: str, stop_s: float, step_s: float = 50e-6, more: str = "", others: str = "0"
) -> Mapping[str, Waveform]:
    cards = [LIF, f"va a 0 {column}", "ra a col 100", f"x1 col vm turn {others} lif_neuron {more}", "rothers h 0 1"]
    cards += ["vh h 0 pwl(0 1 5m 1 5.001m 0)"] if others == "h" else []
    probes = {name: f"v({name})" for name in ("col", "vm", "turn")}
    return run_deck(pool, cards, probes, stop_s, step_s)


def starts_of(turn: Waveform) -> Floats:
    """Return when each spike began: where a tenth of a turn is over, after the run-up of a quarter of a spike."""
    count = math.floor(turn.values[-1] - 0.1) + 1
    return np.interp(np.arange(count) + 0.1, turn.values, turn.time_s)


def charging_s(column_v: float) -> float:
    return CHARGING_S * math.log(column_v / (column_v - THRESHOLD_V))


@pytest.mark.parametrize("step_s", [500e-6, 20e-6])
def test_it_fires_when_its_membrane_is_charged_and_again_when_it_is_refractory_no_longer(
    pool: WorkerPool, step_s: float
) -> None:
    starts = starts_of(neuron(pool, "0.06", 0.06, step_s)["turn"])
    assert len(starts) == 5
    assert starts[0] == pytest.approx(charging_s(0.06) + SPIKE_S / 4, abs=1e-6)
    period_s = SPIKE_S + REFRACTORY_S + charging_s(0.06) + SPIKE_S / 4
    assert np.diff(starts) == pytest.approx(np.full(4, period_s), abs=5e-6)


def test_it_stays_silent_below_its_threshold_and_leaks_where_the_column_is_lower(pool: WorkerPool) -> None:
    traces = neuron(pool, "pwl(0 11m 20m 11m 20.001m 0)", 0.03)
    assert traces["turn"].values[-1] < 0.1
    highest = 11e-3 * (1 - math.exp(-20e-3 / CHARGING_S))
    membrane = traces["vm"].at(np.array([20e-3, 24e-3, 28e-3]))
    assert membrane == pytest.approx(highest * np.exp(-np.array([0, 4e-3, 8e-3]) / LEAKING_S), rel=2e-3)


def test_its_spike_is_a_double_rectangle(pool: WorkerPool) -> None:
    traces = neuron(pool, "0.06", 2e-3, more="rout=10m")
    began = starts_of(traces["turn"])[0]
    times = began + np.array([0.25, 0.7, 6.3, 6.75, 7.1, 7.3, 8.1, 8.3, 9.0]) * 1e-6
    wanted = np.array([-0.05, -0.1, -0.1, -0.05, 0.05, 0.1, 0.1, 0.05, 0.06])
    assert traces["col"].at(times) == pytest.approx(wanted, abs=0.025)
    flat = traces["col"].at(began + np.linspace(0.7, 6.3, 20) * 1e-6)
    assert flat == pytest.approx(np.full(20, -0.1), abs=1e-4)
    assert np.diff(traces["col"].inside(began, began + 8.4e-6).time_s).max() < 0.2e-6


def test_without_feedback_it_leaves_the_column_alone(pool: WorkerPool) -> None:
    traces = neuron(pool, "0.06", 0.03, more="feedback=0")
    assert len(starts_of(traces["turn"])) == 3
    assert np.abs(traces["col"].values - 0.06).max() < 1e-6


def test_others_hold_its_membrane_down(pool: WorkerPool) -> None:
    starts = starts_of(neuron(pool, "0.06", 8e-3, others="h")["turn"])
    assert starts[0] == pytest.approx(5e-3 + charging_s(0.06) + SPIKE_S / 4, abs=5e-6)


@pytest.mark.parametrize(("intensity", "frequency_hz", "first_s"), [(0, 20, 4e-3), (0.5, 50, 2e-3), (1, 80, 0)])
def test_pulses_come_as_often_as_the_pixel_is_dark_and_later_where_it_is_light(
    pool: WorkerPool, intensity: float, frequency_hz: float, first_s: float
) -> None:
    cards = [INPUT, f"x1 out input_neuron intensity={intensity:g} lag=4m rout=1", "rl out 0 1meg"]
    out = run_deck(pool, cards, {"out": "v(out)"}, 0.15, 100e-6)["out"]
    onsets = first_s + np.arange(math.ceil((0.15 - first_s) * frequency_hz)) / frequency_hz
    for onset in onsets:
        times = onset + np.array([10e-6, 5e-3, 9.98e-3])
        inside = times < 0.15
        slope = (0.15 + 0.09) / (10e-3 - 20.2e-6)
        assert out.at(times[inside]) == pytest.approx((0.15 - slope * (times - onset - 10e-6))[inside], abs=1e-3)
        assert out.at(np.array([onset - 1e-6]))[0] == pytest.approx(0, abs=2e-3)


def test_a_further_delay_is_in_periods_of_the_darkest(pool: WorkerPool) -> None:
    cards = [INPUT, "x1 out input_neuron intensity=0 lag=3m slot=2", "rl out 0 1meg"]
    out = run_deck(pool, cards, {"out": "v(out)"}, 0.04, 100e-6)["out"]
    onset = 3e-3 + 2 / 80
    assert out.at(np.array([onset - 1e-6, onset + 10e-6])) == pytest.approx([0, 0.15], abs=1e-3)
