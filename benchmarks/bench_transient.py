"""One crossbar4 transient: the engine in this process against `ngspice -b`, in turn, as a ratio."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

from faultsim.circuits import bench, network
from faultsim.circuits.stimulus import Stimulus
from faultsim.spice.engine import open_engine
from faultsim.spice.reference import run_batch

ROUNDS = 5


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main(rounds: int) -> None:
    crossbar = network.load("crossbar4")
    sidecar = crossbar.sidecar
    job = bench.job(crossbar, Stimulus("1111", sidecar.stimulus), bench.nominal(crossbar), sidecar.simulation)
    engine = open_engine()
    points = engine.run(job).outcome.points
    pairs = [(seconds(lambda: engine.run(job)), seconds(lambda: run_batch(job))) for _ in range(rounds)]
    ratio = statistics.median(batch / inside for inside, batch in pairs)
    inside = statistics.median(pair[0] for pair in pairs)
    print(f"crossbar4, 1111, {points} points: {inside:.3f} s in process; ngspice -b takes {ratio:.2f} times as long")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
