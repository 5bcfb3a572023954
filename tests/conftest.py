"""One real run of each of the paper's campaigns, for all tests that look at their figures."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from faultsim.campaigns import spec
from faultsim.campaigns.lab import Lab
from faultsim.campaigns.plan import Plan, make_plan
from faultsim.spice.pool import WorkerPool
from faultsim.spice.service import SimulationService
from faultsim.spice.store import Store


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


@pytest.fixture(scope="session")
def lats2024(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reproduction]:
    yield from _reproduction("lats2024", tmp_path_factory)


@pytest.fixture(scope="session")
def lats2024_lif(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reproduction]:
    yield from _reproduction("lats2024-lif", tmp_path_factory)


def _reproduction(name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reproduction]:
    runs = tmp_path_factory.mktemp("runs")
    folder = runs / name
    command = [sys.executable, "-m", "faultsim", "run", name, "--out", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    plan = make_plan(*spec.load(name))
    simulation = plan.network.sidecar.simulation
    with SimulationService(WorkerPool(2, simulation.timeout), Store(runs / "store.sqlite")) as service:
        yield Reproduction(folder, plan, Lab(plan.network, service, simulation, plan.observables))
