"""The functional twin beside SPICE: the same crossbar, start and picture; and the law that it learns by."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from faultsim.campaigns.watcher import Quiet
from faultsim.circuits.glyphs import load_glyphs
from faultsim.circuits.learning_bench import LearningBench
from faultsim.circuits.learning_plan import LearningPlan, LearningRequest, periods_of
from faultsim.learning.asking import Asking
from faultsim.learning.bench import training_job
from faultsim.learning.measure_spec import UpdateSpec
from faultsim.learning.pair_bench import PairBench
from faultsim.learning.training import training_of
from faultsim.learning.trial import Trial
from faultsim.learning.twin.crossbar import Crossbar
from faultsim.learning.twin.recipe import Recipe, Threshold, cell_of, junction_of, law_of, output_of
from faultsim.learning.twin.trains import Coding
from faultsim.learning.twin.update_law import UpdateLaw, update_law
from faultsim.learning.twin.updates import Updates, update_agreement
from faultsim.spice.pool import WorkerPool
from faultsim.spice.service import SimulationService
from faultsim.spice.store import Store
from tests.cli.conftest import REPOSITORY

BENCH = LearningBench.load()
SETTINGS = BENCH.cells.with_chosen(BENCH.spec, {})
CODING = Coding.of(BENCH.cells, SETTINGS)
JUNCTION = junction_of(BENCH.cells, SETTINGS)


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    store = Store(tmp_path_factory.mktemp("twin") / "store.sqlite")
    with SimulationService(WorkerPool(1, timeout_s=600.0), store) as service:
        yield Asking(service, Quiet(), 1)


@pytest.fixture(scope="module")
def law(asking: Asking) -> UpdateLaw:
    return update_law(PairBench(BENCH, SETTINGS, CODING.width_s), JUNCTION, asking)


def test_the_law_has_potentiation_at_the_onset_depression_at_the_end_and_nothing_between(law: UpdateLaw) -> None:
    share = law.ages_s / CODING.width_s
    assert law.up[(share > 0.005) & (share < 0.05)].min() > 0.8
    assert law.down[(share > 0.94) & (share < 0.99)].min() > 0.9
    assert max(law.up[share > 0.46].max(), law.down[share < 0.6].max()) == 0
    assert (law.still_up, law.still_down) == (0, 0)
    assert 1e-6 < law.wait_s < 4e-6


def twin_of(request: LearningRequest, law: UpdateLaw) -> Crossbar:
    """Return the twin of a generated crossbar, every junction in the state that it begins with there."""
    periods = tuple(periods_of(one, CODING.slowest_hz, CODING.fastest_hz) for one in request.intensities)
    plan = LearningPlan("x", request, periods, "", 0.15)
    bits = [[sum(one.start << place for place, one in enumerate(synapse.junctions))] for synapse in plan.synapses]
    still = Threshold()
    made = Recipe(
        coding=CODING,
        cell=cell_of(JUNCTION, request.junctions),
        output=output_of(BENCH.cells, SETTINGS, 0.15, 5e-5, still),
        law=law_of(law),
        threshold=still,
    )
    return Crossbar.starting(made, np.array(bits, dtype=np.uint64), request.seed)


def test_a_crossbar_spikes_when_its_twin_does_and_ends_with_the_same_weights(asking: Asking, law: UpdateLaw) -> None:
    glyphs = load_glyphs(Path(REPOSITORY / "circuits" / "glyphs" / "letters5.toml"))
    request = LearningRequest(glyphs.intensities("X"), junctions=2, seed=1)
    trial = Trial("X", request, {})
    network = trial.network()
    trace = asking.service.trace(training_job(network))
    (learner,) = training_of(trial, network, trace, 0.015).learners
    twin = twin_of(request, law)
    spikes = twin.learn(CODING.trains(request.intensities), 0)
    assert len(spikes.times_s) == len(learner.spikes_s) == 12
    assert np.abs(spikes.times_s - learner.spikes_s).max() < 0.3e-3
    np.testing.assert_allclose(twin.weights[:, 0], learner.weights[-1], atol=1e-6)


def test_updates_in_spice_are_distributed_by_the_law(asking: Asking, law: UpdateLaw) -> None:
    spec = UpdateSpec(kind="update", title="few", ages=[0.08, 0.88], updates=200, junctions=2)
    rows = Updates(spec, SETTINGS).rows(law, asking)
    assert sum(row.spice or 0 for row in rows) == sum(row.twin for row in rows) == 400
    for row in update_agreement(rows):
        assert row.freedom >= 3
        assert row.p_value > 1e-3
