"""One real run of each of the paper's campaigns, for all tests that look at their figures, and other long work."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from faultsim.campaigns import spec
from faultsim.campaigns.drawn import drawn_subjects
from faultsim.campaigns.lab import Lab
from faultsim.campaigns.plan import Plan, make_plan
from faultsim.spice.pool import WorkerPool
from faultsim.spice.service import SimulationService
from faultsim.spice.store import Store
from tests.shared_work import SharedWork, Work


@dataclass(frozen=True)
class Reproduction:
    """The run folder of a campaign, and the means to ask its circuit more."""

    folder: Path
    plan: Plan
    lab: Lab

    def table(self, name: str) -> list[dict[str, str]]:
        with (self.folder / name).open(newline="") as file:
            return list(csv.DictReader(file))

    def threshold_ohm(self, defect: str, window: str) -> float:
        rows = self.table("thresholds.csv")
        row = next(row for row in rows if row["defect_id"] == defect and row["window"] == window)
        return float(row["threshold_ohm"])


def run_campaign(name: str, folder: Path) -> Path:
    """Run a campaign of the library; return its folder, whose parent has the store."""
    run = folder / name
    command = [sys.executable, "-m", "faultsim", "run", name, "--out", str(run)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return run


CAMPAIGNS = {"lats2024", "lats2024_lif", "lats2024_delay"}
"""Fixtures that are a run of a campaign."""


def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Put the modules first that look at long work: what is left for the end is short and shared out evenly."""
    long = {
        item.module for item in items if "begun" in item.fixturenames or not CAMPAIGNS.isdisjoint(item.fixturenames)
    }
    items.sort(key=lambda item: item.module not in long)


def name_of(work: Work) -> str:
    """Return the name of what a module's ``begin`` does."""
    return f"{work.__module__}.{work.__name__}"


@pytest.fixture(scope="session")
def shared_work(tmp_path_factory: pytest.TempPathFactory) -> SharedWork:
    """Return the long work of this session, which has a folder for all its processes."""
    base = tmp_path_factory.getbasetemp()
    return SharedWork((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared")


@pytest.fixture(scope="module")
def begun(request: pytest.FixtureRequest, shared_work: SharedWork) -> Any:
    """Return what the module's ``begin`` returned, which was given a folder of its own."""
    return shared_work.result(name_of(request.module.begin), request.module.begin)


@pytest.fixture(scope="session")
def lats2024(shared_work: SharedWork) -> Iterator[Reproduction]:
    yield from _reproduction("lats2024", shared_work)


@pytest.fixture(scope="session")
def lats2024_lif(shared_work: SharedWork) -> Iterator[Reproduction]:
    yield from _reproduction("lats2024-lif", shared_work)


@pytest.fixture(scope="session")
def lats2024_delay(shared_work: SharedWork) -> Iterator[Reproduction]:
    yield from _reproduction("lats2024-delay", shared_work)


def _reproduction(name: str, shared_work: SharedWork) -> Iterator[Reproduction]:
    folder = shared_work.result(name, partial(run_campaign, name))
    plan = make_plan(*spec.load(name))
    simulation = plan.network.sidecar.simulation
    with SimulationService(WorkerPool(2, simulation.timeout), Store(folder.parent / "store.sqlite")) as service:
        lab = Lab(plan.network, service, simulation, plan.observables, kept=drawn_subjects(plan.complete))
        # What answered is what answers here: both say that structure is the proof.
        same = plan.spec.equivalent is not None and plan.spec.equivalent.proof == "structure"
        yield Reproduction(folder, plan, replace(lab, lumped=same, exact=same))
