"""Shmoo maps by the batch engine against full transients: the same verdict, and what both cost.

    python benchmarks/bench_shmoo.py [--points N] [--defects N] [--circuit NAME]

Prints the seconds of a 40 x 40 map once compiled; of maps of many defects, their recordings included; and at random
windows, half of them within 5 % of a boundary, how often a full transient says the same, and how far from the boundary
it is where it does not.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from faultsim.campaigns.lab import Lab
from faultsim.campaigns.question import Question
from faultsim.campaigns.recording import Plane, at_windows
from faultsim.campaigns.shmoo import Subject, Surveyor
from faultsim.campaigns.twin import TwinMaker
from faultsim.circuits import bench, network
from faultsim.circuits.circuit import of_network
from faultsim.circuits.stimulus import Stimulus
from faultsim.cli.progress import ProgressView
from faultsim.cli.request import default_pattern
from faultsim.fault_models.defect import Defect
from faultsim.fault_models.universe import Universe
from faultsim.fault_models.universe_file import load_universe
from faultsim.spice.pool import WorkerPool
from faultsim.spice.service import SimulationService
from faultsim.spice.store import Store

SIDE, NEAR, KINDS = 40, 0.05, ("open", "bridge", "device")


def main() -> None:
    """Run the comparison on one circuit."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=400)
    parser.add_argument("--defects", type=int, default=60)
    parser.add_argument("--circuit", default="crossbar4-lif")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    circuit = network.load(given.circuit)
    neuron = circuit.sidecar.neuron
    assert neuron is not None
    question = Question(Stimulus(default_pattern(circuit), circuit.sidecar.stimulus), bench.nominal(circuit))
    simulation, workers = circuit.sidecar.simulation, os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder, ProgressView() as view:
        store = Store(Path(folder) / "store.sqlite")
        with SimulationService(WorkerPool(workers, simulation.timeout), store) as service:
            lab = Lab(circuit, service, simulation, circuit.sidecar.observables)
            surveyor = Surveyor(TwinMaker(lab, Plane(neuron.integrate, neuron.leaky)), view)
            started = time.monotonic()
            healthy = surveyor.healthy(question)
            print(f"{circuit.name}, {workers} cores: drive and firing level {time.monotonic() - started:.1f} s")
            compare_maps(surveyor, healthy, given.defects, random.Random(given.seed))
            compare_points(surveyor, healthy, given.points, random.Random(given.seed))


def compare_maps(surveyor: Surveyor, healthy: Subject, count: int, chance: random.Random) -> None:
    """Time one map, and the maps of defects drawn at random with their default severity."""
    windows = [np.linspace(*ends, SIDE) for ends in (surveyor.plane.integrate_s, surveyor.plane.leaky_s)]
    surveyor.map(healthy, *windows)
    started = time.monotonic()
    surveyor.map(healthy, *windows)
    print(f"one map of {SIDE} x {SIDE}: {time.monotonic() - started:.3f} s")
    listed = Universe(of_network(surveyor.lab.network), load_universe("devices"))
    drawn = [defect for defect in listed if defect.definition.kind in KINDS]
    chance.shuffle(drawn)
    started = time.monotonic()

    def mapped(defect: Defect) -> str:
        """Map one defect; return why not where it has no twin."""
        severity = defect.definition.severity.default
        subject = surveyor.faulty(replace(healthy.question, defect=defect, severity=severity), healthy)
        if subject.twin is None:
            return f"{defect.id}: {subject.reason}"
        surveyor.map(subject, *windows)
        return ""

    tried, left = 0, list[str]()
    # Two for each worker: one waits for SPICE while the other maps.
    with ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
        while (missing := count + len(left) - tried) > 0:
            part = drawn[tried : tried + missing]
            tried += missing
            left += [reason for reason in pool.map(mapped, part) if reason]
    spent = time.monotonic() - started
    print(f"{count} defects x {SIDE} x {SIDE}, recordings included: {spent:.1f} s")
    print("\n".join(f"  tried as well, left to SPICE: {reason}" for reason in left))


def compare_points(surveyor: Surveyor, healthy: Subject, count: int, chance: random.Random) -> None:
    """Compare verdicts at random windows."""
    low, high = surveyor.plane.integrate_s
    points: list[tuple[float, float, float]] = []
    while len(points) < count:
        leaky = chance.uniform(*surveyor.plane.leaky_s)
        edge = surveyor.smallest_integrate(healthy, leaky).at_s
        near = edge is not None and len(points) % 2 == 0
        integrate = edge * (1 + chance.uniform(-NEAR, NEAR)) if near and edge else chance.uniform(low, high)
        if low <= integrate <= high and (edge is not None or len(points) % 2):
            points.append((integrate, leaky, abs(integrate / edge - 1) if edge else np.inf))
    integrate, leaky = (np.array(values) for values in list(zip(*points, strict=True))[:2])
    assert healthy.twin is not None
    ours = healthy.twin.run(integrate, leaky).fired
    question = healthy.question
    asked = [
        surveyor.lab.submit(replace(question, stimulus=at_windows(question.stimulus, *pair[:2]))) for pair in points
    ]
    started, same, pulses, worst = time.monotonic(), 0, 0, 0.0
    for (iw, lw, away), answer, pulse in zip(points, asked, ours, strict=True):
        found = answer.result().values
        same += bool(found["spiked"]) == (pulse > 0)
        pulses += (found["pulses_to_spike"] or 0) == pulse
        if bool(found["spiked"]) != (pulse > 0):
            worst = max(worst, away)
            print(f"  differs at IW {iw:.4g} s, LW {lw:.4g} s, {away:.2%} from the boundary")
    spent = time.monotonic() - started
    shares = f"{same / count:.2%} the same verdict, {pulses / count:.2%} the same pulse"
    print(f"{count} points: {shares} in SPICE ({spent:.0f} s)")
    print(f"largest distance of a difference from the boundary: {worst:.2%}")


if __name__ == "__main__":
    sys.exit(main())
