"""The programming path: all sixteen weight patterns, the delay between the spikes, and what opens in it do."""

from __future__ import annotations

from itertools import product

import pytest

from faultsim.campaigns.question import Question
from faultsim.circuits import bench, network
from faultsim.circuits.stimulus import Stimulus
from faultsim.spice.pool import WorkerPool

WEIGHTS = ["".join(bits) for bits in product("01", repeat=4)]
EACH_ALONE = "1000,0100,0010,0001"
# The read current of one cell, uA: Table III's for weight 1; ours for weight 0, a fifth less.
READ_UA = {"1": 27.7, "0": 21.4}
PROGRAMMING_PATH = ("Rop5", "Rpp1", "Rpp2", "Rpp3", "Rpp4")


@pytest.fixture(scope="module")
def crossbar():
    return network.load("crossbar4")


@pytest.fixture(scope="module")
def pool():
    with WorkerPool(2, timeout_s=120.0) as workers:
        yield workers


def submitted(crossbar, pool, stimulus, step=None, observables=None):
    simulation = crossbar.sidecar.simulation
    if step is not None:
        simulation = simulation.model_copy(update={"step": step})
    job = bench.job(crossbar, stimulus, bench.nominal(crossbar), simulation, observables=observables)
    return pool.submit(job)


def opposite(weights):
    return weights.translate(str.maketrans("01", "10"))


def test_all_sixteen_weight_patterns_are_programmed_from_their_opposite_and_read_back(crossbar, pool):
    spec = crossbar.sidecar.stimulus.model_copy(update={"pulses": 4, "start": 0.5e-9})
    asked = {
        weights: submitted(crossbar, pool, Stimulus(EACH_ALONE, spec, opposite(weights), weights))
        for weights in WEIGHTS
    }
    assert len(asked) == 16
    for weights, future in asked.items():
        outcome = future.result().outcome
        assert outcome.ok, outcome.log_tail
        expected = [READ_UA[bit] * 1e-6 for bit in weights]
        assert outcome.values["im_wr_each_a"] == pytest.approx(expected, rel=0.01), weights


def test_a_weight_that_is_left_alone_stays(crossbar, pool):
    spec = crossbar.sidecar.stimulus.model_copy(update={"pulses": 4, "start": 0.5e-9})
    outcome = submitted(crossbar, pool, Stimulus(EACH_ALONE, spec, "0011", "-1-0")).result().outcome
    expected = [READ_UA[bit] * 1e-6 for bit in "0110"]
    assert outcome.values["im_wr_each_a"] == pytest.approx(expected, rel=0.01)


def test_programmed_and_built_in_weights_read_the_same(crossbar, pool):
    spec = crossbar.sidecar.stimulus.model_copy(update={"pulses": 1, "start": 0.5e-9})
    built, programmed = (
        submitted(crossbar, pool, stimulus).result().outcome.values["im_wr_a"]
        for stimulus in (Stimulus("1111", spec, "1010"), Stimulus("1111", spec, "0101", "1010"))
    )
    assert programmed == pytest.approx(built, rel=2e-3)


def test_the_sooner_the_output_spike_the_surer_the_weight(crossbar, pool):
    """A delay that the network can have: after the integrate window, before the next coding window."""
    states = final_states(crossbar, pool, [1e-9, 2e-9, 4e-9, 8e-9, 10e-9])
    assert states[:3] == pytest.approx([1.0, 1.0, 1.0], abs=0.02)
    assert states[3:] == pytest.approx([-1.0, -1.0], abs=0.05)


def test_the_final_state_is_that_of_a_four_times_finer_simulation(crossbar, pool):
    delays = [1e-9, 3e-9, 9e-9]
    coarse, fine = (final_states(crossbar, pool, delays, step) for step in (10e-12, 2.5e-12))
    assert coarse == pytest.approx(fine, abs=0.03)


def final_states(crossbar, pool, delays_s, step=None):
    """Return the state of the first cell, 0 before, after programming a 1 at each delay."""
    spec = crossbar.sidecar.stimulus.model_copy(update={"pulses": 1, "start": 0.5e-9})
    asked = []
    for delay_s in delays_s:
        timing = spec.model_copy(update={"program": spec.program.model_copy(update={"delay": delay_s})})
        stimulus = Stimulus("0000", timing, "0111", "1---")
        asked.append(submitted(crossbar, pool, stimulus, step, {"state": "at(w1, start)"}))
    return [future.result().outcome.values["state"] for future in asked]


@pytest.mark.parametrize("defect", PROGRAMMING_PATH)
def test_program_then_read_sees_every_open_of_the_programming_path_that_inference_cannot(lats2024, defect):
    rows = [row for row in lats2024.table("thresholds.csv") if row["defect_id"] == defect]
    (programmed,) = [row for row in rows if row["test"] == "program-then-read"]
    inferred = [row for row in rows if row["test"] == "inference"]
    assert len(inferred) == 3
    assert {row["verdict"] for row in inferred} == {"undetected"}
    assert programmed["verdict"] == "detected"
    assert float(programmed["r_fail_ohm"]) / float(programmed["r_pass_ohm"]) == pytest.approx(1.01, rel=1e-9)


def test_the_two_transients_around_rop5_leave_a_one_and_a_zero(lats2024):
    """The certificate itself, by what the cell's layer does and not by the current that the test compares."""
    row = next(
        row
        for row in lats2024.table("thresholds.csv")
        if (row["defect_id"], row["test"]) == ("Rop5", "program-then-read")
    )
    task = next(
        task
        for task in lats2024.plan.thresholds
        if (task.defect.id, task.setting.test) == ("Rop5", "program-then-read")
    )
    states = []
    for ohm in (float(row["r_pass_ohm"]), float(row["r_fail_ohm"])):
        question = Question(task.setting.stimulus, task.setting.conditions, task.defect, ohm)
        states.append(lats2024.lab.ask(question)[1].values["programmed_state"])
    assert states[0] > 0.9
    assert states[1] < 0.5


def test_the_delay_curve_of_the_report_falls_once_within_the_reach_of_the_network(lats2024_delay):
    rows = [row for row in lats2024_delay.table("responses.csv") if float(row["value"]) >= 1e-9]
    signs = [float(row["result"]) > 0 for row in rows]
    assert signs[0]
    assert not signs[-1]
    assert signs == sorted(signs, reverse=True)
