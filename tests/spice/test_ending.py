"""A transient ends once what is asked of it is certain, and says the same as a whole one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from faultsim.campaigns import spec
from faultsim.campaigns.lab import Lab
from faultsim.campaigns.plan import Plan, ThresholdTask, make_plan
from faultsim.spice.pool import WorkerPool


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(2, timeout_s=60.0) as workers:
        yield workers


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan(*spec.load("lats2024"))


@pytest.fixture(scope="module")
def lab(plan: Plan) -> Lab:
    return Lab(plan.network, None, plan.network.sidecar.simulation, plan.observables)  # type: ignore[arg-type]


def task(plan: Plan, test: str) -> ThresholdTask:
    return next(one for one in plan.thresholds if one.setting.test == test and one.defect.id == "Rop5")


def test_a_test_of_a_current_ends_with_the_current(plan: Plan, lab: Lab, pool: WorkerPool) -> None:
    asked = task(plan, "program-then-read").question(20e3)
    assert set(asked.reads) == {"im_wr_a", "programmed", "programming"}
    short, whole = lab.job(asked), lab.job(replace(asked, reads=()))
    assert short.stop_s == pytest.approx(asked.stimulus.first_s + asked.stimulus.spec.integrate / 2)
    assert whole.stop_s == asked.stimulus.stop_s > short.stop_s
    ours, full = (pool.submit(job).result().outcome for job in (short, whole))
    assert ours.ok
    for name in asked.reads:
        # The whole one has no time point there: a straight line between two is 3e-5 off.
        assert ours.values[name] == pytest.approx(full.values[name], rel=1e-4), name
    # What is decided later is not there, rather than wrong.
    assert "spiked" in full.values
    assert "spiked" not in ours.values
    assert ours.points < full.points


def test_a_test_of_a_spike_lasts_to_the_last_strobe(plan: Plan, lab: Lab) -> None:
    asked = task(plan, "inference").question(20e3)
    assert lab.job(asked).stop_s == pytest.approx(asked.stimulus.strobes_s[-1][1])
    assert set(lab.job(asked).observables) == set(plan.observables)


@pytest.mark.parametrize(
    "text", ["lowest(mz, leaky)", "at(out, earliest(rise_times(out, vdd/2, strobe)))", "vdd * 2", "at(mz, 0)"]
)
def test_where_the_end_is_late_or_cannot_be_told_the_transient_is_whole(text: str, plan: Plan, lab: Lab) -> None:
    more = replace(lab, observables={**lab.observables, "seen": text})
    asked = replace(task(plan, "inference").question(20e3), reads=("seen",))
    assert more.job(asked) == more.job(replace(asked, reads=()))
    assert "seen" in more.job(asked).observables


def test_what_will_be_drawn_is_simulated_whole(plan: Plan, lab: Lab) -> None:
    asked = task(plan, "program-then-read").question(20e3)
    drawing = replace(lab, kept=frozenset({asked.subject}))
    assert drawing.job(asked) == lab.job(replace(asked, reads=()))
