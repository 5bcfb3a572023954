"""Steps that follow what happens, against a transient of small steps all over: the same verdicts, the same currents."""

from __future__ import annotations

from dataclasses import replace

import pytest

from faultsim.campaigns.question import Question
from faultsim.spice.pool import WorkerPool
from tests.conftest import Reproduction

REFERENCE = {"step": 2e-12, "program_step": 2e-12, "strobe_step": 1e-12, "settles": None, "settled_step": None}
"""In the strobes half of that: 2 ps there move thresholds by 0.4 %."""
FACTORS = (0.5, 2.0)


@pytest.mark.slow
def test_a_precessing_neuron_gives_the_verdicts_and_currents_of_small_steps(lats2024: Reproduction) -> None:
    compare(lats2024, [("Rop1", "original"), ("Rop2", "IW 1.2 ns")])


@pytest.mark.slow
def test_a_relaxing_neuron_gives_the_verdicts_and_currents_of_small_steps(lats2024_lif: Reproduction) -> None:
    compare(lats2024_lif, [("Rop1", "LW 8.9 ns"), ("Rop4", "original")])


def compare(run: Reproduction, sample: list[tuple[str, str]]) -> None:
    """Look one grid step to either side of brackets, within 2 % of thresholds, and at as many severities far away."""
    rows = {(row["defect_id"], row["window"]): row for row in run.table("thresholds.csv") if row["test"] == "inference"}
    small = run.plan.network.sidecar.simulation.model_copy(update=REFERENCE)
    asked, jobs = [], []
    for task in run.plan.thresholds:
        place = task.defect.id, task.setting.window
        if task.setting.test != "inference" or place not in sample:
            continue
        passes, fails = (float(rows[place][side]) for side in ("r_pass_ohm", "r_fail_ohm"))
        step = fails / passes
        for ohm in (passes / step, fails * step, *(factor * fails for factor in FACTORS)):
            question = Question(task.setting.stimulus, task.setting.conditions, task.defect, ohm)
            asked.append(question)
            jobs.append(run.lab.job(replace(question, simulation=small)))
    assert len(jobs) == 4 * len(sample)
    with WorkerPool(2, timeout_s=120.0) as pool:
        references = [future.result().outcome for future in [pool.submit(job) for job in jobs]]
    for question, reference in zip(asked, references, strict=True):
        ours = run.lab.ask(question)[1]
        assert reference.ok
        assert ours.ok
        where = f"{question.defect.id} at {question.severity:g} ohm" if question.defect else ""
        assert ours.values["spiked"] == reference.values["spiked"], where
        assert ours.values["im_wr_a"] == pytest.approx(reference.values["im_wr_a"], rel=1e-3), where
