"""By how much a measured current moves with what good circuits differ by, against circuits that are off by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from faultsim.campaigns.lab import Lab
from faultsim.campaigns.limits import number
from faultsim.campaigns.question import Question
from faultsim.campaigns.tolerance import corner_at
from faultsim.circuits import network
from faultsim.circuits.bench import nominal
from faultsim.circuits.stimulus import Stimulus
from faultsim.spice.pool import WorkerPool
from faultsim.spice.service import SimulationService
from faultsim.spice.store import Store
from faultsim.vectors.candidate import Candidate
from faultsim.vectors.check import SIGMAS
from faultsim.vectors.good import GoodCircuits
from faultsim.vectors.tester import load_tester

CIRCUIT = network.load("crossbar4")
IM_WR = "im_wr_a"
MOVES = ("threshold_voltage", "mobility", "junction_edge", "metal")


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GoodCircuits]:
    store, sidecar = Store(tmp_path_factory.mktemp("good") / "store.sqlite"), CIRCUIT.sidecar
    with SimulationService(WorkerPool(2, sidecar.simulation.timeout), store) as service:
        yield GoodCircuits(Lab(CIRCUIT, service, sidecar.simulation, dict(sidecar.observables)), load_tester("bench"))


def candidate(pattern: str, program: str = "") -> Candidate:
    early = CIRCUIT.sidecar.stimulus.model_copy(update={"start": 0.5e-9, "pulses": 1})
    return Candidate(pattern, Stimulus(pattern, early, program=program), nominal(CIRCUIT), IM_WR)


def current(good: GoodCircuits, one: Candidate, shares: dict[str, float]) -> float:
    point = replace(one.conditions, corner=corner_at(CIRCUIT, shares))
    value = number(good.lab.ask(Question(one.stimulus, point, reads=(IM_WR,)))[1].values[IM_WR])
    assert value is not None
    return value


def test_a_circuit_that_is_off_in_several_ways_is_off_by_what_they_add_up_to(good: GoodCircuits) -> None:
    shares = {"threshold_voltage": 0.4, "mobility": -0.3, "junction_edge": 0.5, "metal": -0.6}
    for pattern in ("1000", "1111"):
        one = candidate(pattern)
        drifts = good.drifts(one)
        # An end is as many deviations away as limits are wide.
        wanted = sum(share * SIGMAS * drifts[name] for name, share in shares.items())
        off = current(good, one, shares) / current(good, one, {}) - 1
        assert abs(wanted) > 0.02
        assert off == pytest.approx(wanted, abs=1.5e-3)


def test_currents_of_different_patterns_drift_together(good: GoodCircuits) -> None:
    few, many = (good.drifts(candidate(pattern)) for pattern in ("1000", "1111"))
    assert set(few) == {*CIRCUIT.sidecar.tolerance, "level of 1.1 V"}
    assert max(abs(few[name]) for name in MOVES) > 0.02
    for name, drift in few.items():
        assert drift == pytest.approx(many[name], abs=1e-3)


def test_what_writes_first_drifts_as_what_only_reads_and_no_current_drifts_nowhere(good: GoodCircuits) -> None:
    assert good.drifts(candidate("1000", "0---")) == good.drifts(candidate("1000"))
    assert good.drifts(candidate("0000")) == {}
