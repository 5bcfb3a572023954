"""One real run of each of the paper's campaigns, for all tests that look at their figures, and other long work."""

from __future__ import annotations

import csv
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
from tests.ahead import Ahead, Work


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


CAMPAIGNS: dict[str, Work] = {
    "lats2024": partial(run_campaign, "lats2024"),
    "lats2024_lif": partial(run_campaign, "lats2024-lif"),
    "lats2024_delay": partial(run_campaign, "lats2024-delay"),
}


def works(item: pytest.Function) -> list[Work]:
    """Return the long work that a test looks at: runs of campaigns, and what its module's ``begin`` does."""
    found = [CAMPAIGNS[name] for name in item.fixturenames if name in CAMPAIGNS]
    return [*found, item.module.begin] if "begun" in item.fixturenames else found


def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Put the modules last that look at long work, so that it has begun by then."""
    waiting = {item.module for item in items if works(item)}
    items.sort(key=lambda item: item.module in waiting)


@pytest.fixture(scope="session", autouse=True)
def ahead(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ahead | None]:
    """Begin the long work that tests of this session look at, in their order."""
    wanted = dict.fromkeys(work for item in request.session.items for work in works(item))
    if not wanted:
        yield None
        return
    begun = Ahead(wanted, lambda: tmp_path_factory.mktemp("ahead"))
    yield begun
    begun.close()


@pytest.fixture(scope="module")
def begun(request: pytest.FixtureRequest, ahead: Ahead) -> Any:
    """Return what the module's ``begin`` returned, which was given a folder of its own before the first test."""
    return ahead.result(request.module.begin)


@pytest.fixture(scope="session")
def lats2024(ahead: Ahead) -> Iterator[Reproduction]:
    yield from _reproduction("lats2024", ahead.result(CAMPAIGNS["lats2024"]))


@pytest.fixture(scope="session")
def lats2024_lif(ahead: Ahead) -> Iterator[Reproduction]:
    yield from _reproduction("lats2024-lif", ahead.result(CAMPAIGNS["lats2024_lif"]))


@pytest.fixture(scope="session")
def lats2024_delay(ahead: Ahead) -> Iterator[Reproduction]:
    yield from _reproduction("lats2024-delay", ahead.result(CAMPAIGNS["lats2024_delay"]))


def _reproduction(name: str, folder: Path) -> Iterator[Reproduction]:
    plan = make_plan(*spec.load(name))
    simulation = plan.network.sidecar.simulation
    with SimulationService(WorkerPool(2, simulation.timeout), Store(folder.parent / "store.sqlite")) as service:
        lab = Lab(plan.network, service, simulation, plan.observables, kept=drawn_subjects(plan.complete))
        # What answered is what answers here: both say that structure is the proof.
        same = plan.spec.equivalent is not None and plan.spec.equivalent.proof == "structure"
        yield Reproduction(folder, plan, replace(lab, lumped=same, exact=same))
