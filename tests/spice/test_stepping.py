"""A resistance that steps up within one transient, against a transient for each of its values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from faultsim.campaigns import spec
from faultsim.campaigns.lab import Lab
from faultsim.campaigns.plan import Plan, make_plan
from faultsim.campaigns.question import Question
from faultsim.campaigns.stepping import stepped
from faultsim.fault_models.defect import Defect
from faultsim.spice.pool import WorkerPool
from faultsim.spice.service import SimulationService
from faultsim.spice.store import Store

SEVERITIES = (10.0, 300.0, 3e3, 17e3, 100e3, 3e6, 1e9)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan(*spec.load("bridges4"))


@pytest.fixture(scope="module")
def lab(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    store = Store(tmp_path_factory.mktemp("stepping") / "store.sqlite")
    with SimulationService(WorkerPool(2, timeout_s=60.0), store) as service:
        yield Lab(plan.network, service, plan.network.sidecar.simulation, plan.observables)


def asked(plan: Plan, defect: Defect, severity: float) -> Question:
    sweep = plan.sweep
    assert sweep is not None
    return Question(sweep.stimulus, sweep.conditions, defect, severity, sweep.simulation)


@pytest.mark.parametrize("identity", ["Rop1", "Rop4", "Rop6", "in1~bl:bridge"])
@pytest.mark.parametrize("lumped", [False, True])
def test_each_step_shows_what_a_transient_of_its_own_does(plan: Plan, lab: Lab, identity: str, lumped: bool) -> None:
    lab, defect = replace(lab, lumped=lumped), plan.known[identity]
    job = stepped(lab, asked(plan, defect, SEVERITIES[-1]), SEVERITIES, lab.observables["im_wr_a"])
    assert job is not None
    steps = lab.service.outcome(job)
    assert steps.ok, steps.log_tail
    alone = [lab.submit(asked(plan, defect, severity)) for severity in SEVERITIES]
    for place, answer in enumerate(alone):
        # Whether the magnetisation of the cells has trembled a little longer is in the fourth digit.
        assert steps.values[str(place)] == pytest.approx(answer.result().values["im_wr_a"], rel=1e-3, abs=1e-8)


def test_the_order_of_the_steps_hardly_matters(plan: Plan, lab: Lab) -> None:
    defect = plan.known["Rop1"]
    jobs = [
        stepped(lab, asked(plan, defect, ohms[-1]), ohms, lab.observables["im_wr_a"])
        for ohms in (SEVERITIES, SEVERITIES[::-1])
    ]
    up, down = (lab.service.outcome(job).values for job in jobs if job is not None)
    last = len(SEVERITIES) - 1
    assert [up[str(place)] for place in range(last + 1)] == pytest.approx(
        [down[str(last - place)] for place in range(last + 1)], rel=1e-3
    )


def test_a_defect_that_is_no_single_resistance_has_no_steps(lab: Lab) -> None:
    devices = make_plan(*spec.load("devices4"))
    sweep = make_plan(*spec.load("lats2024")).sweep
    assert sweep is not None
    pinhole = next(defect for defect in devices.defects if defect.definition.kind == "device")
    question = Question(sweep.stimulus, sweep.conditions, pinhole, 1.0, sweep.simulation)
    assert stepped(lab, question, SEVERITIES, lab.observables["im_wr_a"]) is None
