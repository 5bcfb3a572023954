"""One real run of the lats2024 campaign for all tests that look at its figures."""

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
    """The run folder of lats2024, and the means to ask its circuit more."""

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
    runs = tmp_path_factory.mktemp("runs")
    folder = runs / "lats2024"
    command = [sys.executable, "-m", "faultsim", "run", "lats2024", "--out", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    plan = make_plan(*spec.load("lats2024"))
    simulation = plan.network.sidecar.simulation
    with SimulationService(WorkerPool(2, simulation.timeout), Store(runs / "store.sqlite")) as service:
        yield Reproduction(folder, plan, Lab(plan.network, service, simulation, plan.observables))
