"""A neuron that is reset: trains of many spikes, for black, grey and white pixels."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from faultsim.circuits import bench, network
from faultsim.circuits.stimulus import Stimulus
from faultsim.spice.pool import WorkerPool

WINDOWS = 20


@pytest.fixture(scope="module")
def pool():
    with WorkerPool(2, timeout_s=120.0) as workers:
        yield workers


def asked(pool, name, pattern):
    crossbar = network.load(name)
    assert crossbar.sidecar.stimulus.pulses == WINDOWS
    stimulus = Stimulus(pattern, crossbar.sidecar.stimulus)
    return pool.submit(bench.job(crossbar, stimulus, bench.nominal(crossbar), crossbar.sidecar.simulation))


@pytest.fixture(scope="module")
def smooth(pool):
    """Windows that spike, for each pattern, with the smooth neuron."""
    patterns = ("1111", "111g", "1ggg", "gggg", "1110")
    futures = {pattern: asked(pool, "crossbar4-train", pattern) for pattern in patterns}
    return {pattern: spiking(future.result().outcome) for pattern, future in futures.items()}


def spiking(outcome):
    assert outcome.ok, outcome.log_tail
    return [number for number, spiked in enumerate(outcome.values["spike_train"], start=1) if spiked]


def test_four_black_pixels_spike_every_third_window_from_the_first_to_the_last(smooth):
    assert smooth["1111"] == [3, 6, 9, 12, 15, 18]


def test_three_black_pixels_stay_silent_for_all_windows(smooth):
    assert smooth["1110"] == []


def test_the_greyer_the_input_the_fewer_the_spikes(smooth):
    counts = [len(smooth[pattern]) for pattern in ("1111", "111g", "1ggg", "gggg")]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[1] > counts[2] > counts[3] > 0


@pytest.mark.parametrize("pattern", ["111g", "1ggg", "gggg"])
def test_grey_trains_are_regular(smooth, pattern):
    first = smooth[pattern][0]
    assert smooth[pattern] == list(range(first, WINDOWS + 1, first))


def test_the_precessing_neuron_is_reset_for_four_black_pixels_too(pool):
    outcome = asked(pool, "crossbar4-train-quant", "1111").result().outcome
    assert spiking(outcome) == [3, 6, 9, 12, 15, 18]


def test_without_the_reset_the_train_is_another(pool):
    """The clocks at rest: the same circuit integrates on, which is what the reset is there against."""
    crossbar = network.load("crossbar4-train")
    job = bench.job(
        crossbar, Stimulus("1111", crossbar.sidecar.stimulus), bench.nominal(crossbar), crossbar.sidecar.simulation
    )
    deck, quiet = re.subn(r"^(VFS_r[sf] r[sf] 0) PWL.*$", r"\1 0", job.deck, flags=re.MULTILINE)
    assert quiet == 2
    outcome = pool.submit(replace(job, deck=deck)).result().outcome
    assert spiking(outcome) != [3, 6, 9, 12, 15, 18]


def test_the_reset_takes_less_than_one_percent_of_the_write_current(pool):
    plain, reset = (asked_current(pool, name) for name in ("crossbar4-lif", "crossbar4-train"))
    assert reset < plain
    assert reset == pytest.approx(plain, rel=0.01)


def asked_current(pool, name):
    crossbar = network.load(name)
    spec = crossbar.sidecar.stimulus.model_copy(update={"pulses": 1, "start": 0.5e-9})
    job = bench.job(crossbar, Stimulus("1111", spec), bench.nominal(crossbar), crossbar.sidecar.simulation)
    return pool.submit(job).result().outcome.values["im_wr_a"]
