"""A crossbar beside its equivalent: cost of a transient over the inputs, and 50 random defects at 64 inputs."""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import zip_longest
from pathlib import Path

from faultsim.campaigns.lab import Lab
from faultsim.campaigns.plan import Plan, ThresholdTask, make_plan
from faultsim.campaigns.results import ThresholdRow
from faultsim.campaigns.spec import CampaignSpec
from faultsim.campaigns.threshold import find_threshold
from faultsim.circuits import network
from faultsim.circuits.circuit import Circuit, of_network
from faultsim.circuits.crossbar_plan import CrossbarRequest
from faultsim.circuits.generator import generate_crossbar
from faultsim.fault_models.defect import Defect
from faultsim.fault_models.universe import Universe
from faultsim.fault_models.universe_file import load_universe
from faultsim.spice.job import Job, Trace
from faultsim.spice.pool import WorkerPool
from faultsim.spice.service import SimulationService
from faultsim.spice.store import Store

UNIVERSE, CHUNK = "devices", 40
ONE = """
import json, resource, sys, time
from pathlib import Path
from faultsim.campaigns.lab import Lab
from faultsim.campaigns.question import Question
from faultsim.circuits import bench, network
from faultsim.circuits.stimulus import Stimulus
from faultsim.spice.engine import open_engine
circuit = network.load_sidecar(Path(sys.argv[1]))
timing = circuit.sidecar.stimulus.model_copy(update={"pulses": 1})
simulation = circuit.sidecar.simulation
lab = Lab(circuit, None, simulation, circuit.sidecar.observables, lumped=sys.argv[2] == "equivalent")
start = time.perf_counter()
job = lab.job(Question(Stimulus(sys.argv[3], timing), bench.nominal(circuit)))
prepared = time.perf_counter()
outcome = open_engine().run(job).outcome
done = time.perf_counter()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([prepared - start, done - prepared, peak, outcome.points, outcome.values["im_wr_a"]]))
"""


@dataclass
class Timed:
    """A worker pool that counts and times what it runs; with a thread for each worker nothing waits in a queue."""

    pool: WorkerPool
    seconds: list[float] = field(default_factory=list)

    @property
    def simulator(self) -> str:
        """Return what the pool runs."""
        return self.pool.simulator

    def submit(self, job: Job, with_waveforms: bool = False) -> Future[Trace]:
        """Queue a job."""
        start = time.perf_counter()
        running = self.pool.submit(job, with_waveforms)
        running.add_done_callback(lambda _: self.seconds.append(time.perf_counter() - start))
        return running

    def close(self) -> None:
        """Stop the pool."""
        self.pool.close()


def half(inputs: int) -> str:
    """Return a pattern whose first half is active."""
    return "1" * (inputs // 2) + "0" * (inputs - inputs // 2)


def crossbar(folder: Path, inputs: int) -> Path:
    made = generate_crossbar(CrossbarRequest(inputs, fires_from=inputs // 2), folder / f"crossbar{inputs}")
    made.write(force=True)
    return made.sidecar


def sizes(folder: Path, inputs: list[int]) -> None:
    """Print what one pulse costs, whole and by the equivalent, each in a process of its own."""
    print(f"{'inputs':>6} {'network':10} {'prepared s':>10} {'s':>8} {'MB':>6} {'points':>6} {'IM_WR uA':>10}")
    for count in inputs:
        sidecar = crossbar(folder, count)
        seconds: dict[str, float] = {}
        for kind in ("whole", "equivalent"):
            command = [sys.executable, "-c", ONE, str(sidecar), kind, half(count)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            prepared, seconds[kind], peak, points, current = json.loads(done.stdout.splitlines()[-1])
            row = f"{prepared:10.3f} {seconds[kind]:8.2f} {peak:6.0f} {points:6} {current * 1e6:10.4f}"
            print(f"{count:6} {kind:10} {row}", flush=True)
        print(f"{count:6} the whole takes {seconds['whole'] / seconds['equivalent']:.1f} times as long")


def drawn(circuit: Circuit, seed: int) -> list[Defect]:
    """Return all defects in a random order, the kinds by turns: nearly half are parameters of junctions."""
    by_kind: dict[str, list[Defect]] = {}
    for item in Universe(circuit, load_universe(UNIVERSE)):
        if not item.accounting.same_as:
            by_kind.setdefault(item.definition.kind, []).append(item)
    for items in by_kind.values():
        random.Random(seed).shuffle(items)
    return [item for turn in zip_longest(*by_kind.values()) for item in turn if item is not None]


def plan_of(sidecar: Path, inputs: int, chosen: list[Defect]) -> Plan:
    """Return a campaign: does the neuron still spike on its pulse, and is the current as it was."""
    table = {
        "title": "random defects",
        "circuit": str(sidecar),
        "windows": [{"name": "original", "integrate": "1n", "leaky": "9n"}],
        "baseline": {"patterns": [half(inputs)]},
        "defects": [{"kind": item.definition.kind, "universe": UNIVERSE, "sites": [item.id]} for item in chosen],
        "tests": [
            {"name": "inference", "pattern": half(inputs), "windows": ["original"], "observable": "pulses_to_spike"},
            {
                "name": "current",
                "pattern": half(inputs),
                "windows": ["original"],
                "observable": "im_wr_a",
                "limits": {"relative": 0.5 / inputs},
                "stimulus": {"start": "0.5n", "pulses": 1},
            },
        ],
        "search": {"low": 10, "high": "1g", "ratio": 1.01},
    }
    return make_plan(sidecar.parent / "random.toml", CampaignSpec.model_validate(table))


def searched(
    plan: Plan, lab: Lab, guesses: dict[str, int | None], threads: ThreadPoolExecutor, say: Callable[[str], None]
) -> dict[str, ThresholdRow]:
    """Return the row of every threshold of a plan."""

    def one(task: ThresholdTask) -> ThresholdRow:
        row = find_threshold(plan, lab, task, guesses.get(task.id)).row
        say(f"{task.id}: {row.verdict} {row.threshold}")
        return row

    return dict(zip((task.id for task in plan.thresholds), threads.map(one, plan.thresholds), strict=True))


def index_of(plan: Plan, task: ThresholdTask, row: ThresholdRow) -> int | None:
    """Return where on its grid a defect was found to fail."""
    return None if row.threshold is None else plan.grid(task.defect).nearest(row.threshold)


@dataclass
class Bench:
    """Searches of thresholds, timed.

    Attributes:
        folder: Where stores are.
        sidecar: The crossbar.
        inputs: Its inputs.
        jobs: Searches at a time.
    """

    folder: Path
    sidecar: Path
    inputs: int
    jobs: int
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def search(
        self, kind: str, chosen: list[Defect], guesses: dict[str, int | None]
    ) -> tuple[Plan, dict[str, ThresholdRow]]:
        """Return the thresholds of defects, from the whole network or from its equivalent."""
        plan = plan_of(self.sidecar, self.inputs, chosen)
        simulation = plan.network.sidecar.simulation
        timed = Timed(WorkerPool(self.jobs, simulation.timeout))
        store = Store(self.folder / f"{kind}.sqlite")
        with SimulationService(timed, store) as service, ThreadPoolExecutor(self.jobs) as threads:
            lab = Lab(plan.network, service, simulation, plan.observables, lumped=kind != "whole")
            say = partial(print, f"{kind}:", file=sys.stderr, flush=True)
            rows = searched(plan, lab, guesses, threads, say)
        self.seconds[kind] = timed.seconds
        return plan, rows

    def seen(self, count: int, seed: int) -> list[Defect]:
        """Return so many random defects that one of the tests sees, and say how many were drawn for that."""
        everything = drawn(of_network(network.load_sidecar(self.sidecar)), seed)
        found: list[Defect] = []
        for start in range(0, len(everything), CHUNK):
            chunk = everything[start : start + CHUNK]
            _, rows = self.search("first", chunk, {})
            detected = {row.defect_id for row in rows.values() if row.threshold is not None}
            found += [item for item in chunk if item.id in detected]
            if len(found) >= count:
                print(f"{count} random defects (seed {seed}) that are seen, out of {start + CHUNK} drawn")
                break
        return found[:count]


def thresholds(bench: Bench, count: int, seed: int) -> bool:
    """Search thresholds with both, print how far they are apart and what each costs; return whether they agree."""
    chosen = bench.seen(count, seed)
    # Both are asked the same, from the same guess.
    plan, rows = bench.search("first", chosen, {})
    guesses = {task.id: index_of(plan, task, rows[task.id]) for task in plan.thresholds}
    _, lumped = bench.search("equivalent", chosen, guesses)
    _, whole = bench.search("whole", chosen, guesses)
    apart = []
    for task in plan.thresholds:
        one, other = whole[task.id], lumped[task.id]
        known = [step for row in (one, other) if (step := index_of(plan, task, row)) is not None]
        same = one.verdict == other.verdict and len(known) != 1
        apart.append(max(known, default=0) - min(known, default=0) if same else len(plan.grid(task.defect)))
    detected = sum(row.threshold is not None for row in whole.values())
    print(f"{bench.inputs} inputs, {len(chosen)} defects, {len(apart)} searches, {detected} thresholds")
    print(f"grid steps of 1 % between whole and equivalent: at most {max(apart)}; {apart.count(0)} are the same")
    each = {}
    for kind in ("whole", "equivalent"):
        total, number = sum(bench.seconds[kind]), len(bench.seconds[kind])
        each[kind] = total / number
        print(f"{kind:10}: {number} transients, {total:.1f} s, {each[kind]:.3f} s each")
    ratio = sum(bench.seconds["whole"]) / sum(bench.seconds["equivalent"])
    print(f"the whole network costs {ratio:.1f} times as much ({each['whole'] / each['equivalent']:.1f} a transient)")
    return max(apart) <= 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=[4, 16, 64, 256, 1024])
    parser.add_argument("--inputs", type=int, default=64)
    parser.add_argument("--defects", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    # Other benchmarks have arguments of their own.
    asked = parser.parse_known_args()[0]
    with tempfile.TemporaryDirectory() as folder:
        sizes(Path(folder), asked.sizes)
        bench = Bench(Path(folder), crossbar(Path(folder), asked.inputs), asked.inputs, asked.jobs)
        if asked.defects and not thresholds(bench, asked.defects, asked.seed):
            sys.exit("thresholds with and without the equivalent are more than a step apart")


if __name__ == "__main__":
    main()
