"""The engine inside the process, `ngspice -b`, altering and reloading: all the same circuit, so all the same answer."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from faultsim.campaigns.question import Question
from faultsim.circuits import bench, network
from faultsim.circuits.circuit import of_network
from faultsim.circuits.stimulus import Stimulus
from faultsim.fault_models.naming import find_defect
from faultsim.spice.pool import WorkerPool
from faultsim.spice.reference import run_batch, with_values


def test_every_verdict_of_the_campaign_is_the_same_by_ngspice_b(lats2024):
    """Fault-free settings, and of every threshold both transients of its certificate."""
    lab, plan = lats2024.lab, lats2024.plan
    questions = [Question(setting.stimulus, setting.conditions) for setting in plan.settings]
    rows = {(row["defect_id"], row["test"], row["window"]): row for row in lats2024.table("thresholds.csv")}
    for task in plan.thresholds:
        row = rows[task.defect.id, task.setting.test, task.setting.window]
        ends = [row["r_pass_ohm"], row["r_fail_ohm"]]
        severities = [float(end) for end in ends if end]
        questions += [task.question(severity) for severity in severities]
    before = lab.service.simulated
    answers = [lab.ask(question)[1] for question in questions]
    assert lab.service.simulated == before, "every certificate was in the store already"
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        references = list(threads.map(lambda question: run_batch(lab.job(question)).outcome, questions))
    # Eleven opens in three windows, five of them by the second test.
    assert len(rows) == 3 * 11 + 5
    detected = sum(row["verdict"] == "detected" for row in rows.values())
    assert len(references) == 4 + 2 * detected + (len(rows) - detected)
    for question, ours, reference in zip(questions, answers, references, strict=True):
        assert reference.ok, reference.log_tail
        # A test of a current ends before the strobe.
        assert reference.values.get("pulses_to_spike") == ours.values.get("pulses_to_spike"), question
        assert ("pulses_to_spike" in ours.values) or "spiked" not in question.reads, question
        assert reference.values["im_wr_a"] == pytest.approx(ours.values["im_wr_a"], rel=1e-4, abs=1e-11), question


def test_every_pattern_of_the_baseline_is_what_ngspice_b_says_simulated_or_not(lats2024):
    """Of patterns that are the same circuit one is simulated, by its equivalent; here all of them are, and whole."""
    whole = replace(lats2024.lab, lumped=False)
    questions = [Question(stimulus, lats2024.plan.conditions[0]) for stimulus in lats2024.plan.baseline]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        found = list(threads.map(lambda question: run_batch(whole.job(question)).outcome, questions))
    rows = lats2024.table("baseline.csv")
    assert sum(row["same_as"] == "" for row in rows) == 5
    for row, reference in zip(rows, found, strict=True):
        assert row["pulses_to_spike"] == str(reference.values["pulses_to_spike"] or ""), row["pattern"]
        assert float(row["im_wr_a"]) == pytest.approx(reference.values["im_wr_a"], rel=1e-4, abs=1e-10), row["pattern"]


def test_alter_and_reload_give_the_same_bits():
    crossbar = network.load("crossbar4")
    faulty = find_defect(of_network(crossbar), "Rop1").inject(crossbar.cards)
    sidecar = crossbar.sidecar
    stimulus = Stimulus("1111", sidecar.stimulus.model_copy(update={"pulses": 1}))
    job = bench.job(crossbar, stimulus, bench.nominal(crossbar), sidecar.simulation, faulty.at(1.0))
    severities = (14.5e3, 1e9, 10.0, 14.5e3)
    with WorkerPool(1, timeout_s=60.0) as pool:
        (element,) = faulty.formulas
        altered = [pool.submit(replace(job, alters={element: ohm}), with_waveforms=True) for ohm in severities]
        reloaded = [
            pool.submit(replace(job, deck=with_values(job.deck, {element: ohm}), alters={}), with_waveforms=True)
            for ohm in severities
        ]
        pairs = [(one.result(), other.result()) for one, other in zip(altered, reloaded, strict=True)]
    for one, other in pairs:
        assert one.outcome.values == other.outcome.values
        for name, wave in one.waveforms.items():
            np.testing.assert_array_equal(wave.time_s, other.waveforms[name].time_s)
            np.testing.assert_array_equal(wave.values, other.waveforms[name].values)
    assert pairs[0][0].outcome == pairs[3][0].outcome, "what ran in between leaves no trace"
    assert pairs[0][0].outcome != pairs[1][0].outcome


@pytest.mark.parametrize("defect", ["Rop1", "Rop3", "Rop6"])
def test_verdicts_next_to_a_threshold_are_those_of_a_five_times_finer_simulation(lats2024, defect):
    """Within 2.5 % of each threshold, where a coarse step would show first."""
    lab, plan = lats2024.lab, lats2024.plan
    fine = lab.simulation.model_copy(
        update={"step": 2e-12, "strobe_step": 5e-13, "options": {"method": "trap", "reltol": 1e-5, "chgtol": 1e-17}}
    )
    precise = replace(lab, simulation=fine)
    questions = []
    for task in plan.thresholds:
        if task.defect.id == defect and task.setting.test == "inference":
            threshold = lats2024.threshold_ohm(defect, task.setting.window)
            near = (0.975 * threshold, 1.025 * threshold)
            setting = task.setting
            questions += [Question(setting.stimulus, setting.conditions, task.defect, ohm) for ohm in near]
    pairs = [(lab.submit(question), precise.submit(question)) for question in questions]
    for coarse, reference in pairs:
        assert reference.result().ok, reference.result().log_tail
        assert coarse.result().values["pulses_to_spike"] == reference.result().values["pulses_to_spike"]
        assert coarse.result().values["im_wr_a"] == pytest.approx(reference.result().values["im_wr_a"], rel=1e-3)
