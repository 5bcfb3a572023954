"""The minimum detectable resistance of opens by spicefault, on the flat deck, as well as its API allows.

    python benchmarks/loop_spicefault.py [--json] [--step SECONDS] [--jobs N] OPEN,INTEGRATE_S,LEAKY_S ...

spicefault simulates given faults at given resistances; a search is not among what it does. So the opens of a window are
bisected side by side: each round is one Experiment with a SeriesResistanceFault for each search that still goes on, run
by its own worker processes. It needs the extra ``bench``.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from itertools import groupby

from loop_deck import OPTIONS, SITES, Windows, circuit
from plain_bisection import SIZE, bisection, resistance_ohm

VECTOR = "v(out)"


def deck(windows: Windows, step_s: float) -> str:
    """Return the deck as spicefault takes it: it runs the analysis that stands in it."""
    options = " ".join(f"{name}={value}" for name, value in OPTIONS.items())
    analysis = f".tran {step_s!r} {windows.stop_s!r} 0 {step_s!r} uic"
    return f"crossbar\n{circuit(windows)}.options {options}\n.save {VECTOR}\n{analysis}\n.end\n"


class Bisections:
    """All searches of one window, in step.

    Attributes:
        windows: The window.
        transients: How many were simulated.
    """

    def __init__(self, windows: Windows, step_s: float, jobs: int) -> None:
        from spicefault import Circuit, SimulationConfig

        self.windows, self.jobs, self.transients = windows, jobs, 0
        self._circuit = Circuit(deck(windows, step_s), name="crossbar")
        self._config = SimulationConfig(analyses=self._circuit.imported_analyses, outputs=(VECTOR,))

    def run(self, sites: Sequence[str]) -> dict[str, int | None]:
        """Return, for each open, the grid index of the least resistance at which the neuron no longer spikes."""
        searches = {site: bisection(SIZE) for site in sites}
        asked = {site: next(search) for site, search in searches.items()}
        found: dict[str, int | None] = {}
        while asked:
            failed = self._round(asked)
            for site, fails in failed.items():
                try:
                    asked[site] = searches[site].send(fails)
                except StopIteration as end:
                    found[site] = end.value
                    del asked[site]
        return found

    def _round(self, asked: dict[str, int]) -> dict[str, bool]:
        from spicefault import Experiment
        from spicefault.faults import SeriesResistanceFault

        faults = [
            SeriesResistanceFault(SITES[site][0], resistance_ohm(index), SITES[site][1], fault_id=site)
            for site, index in asked.items()
        ]
        experiment = Experiment(self._circuit, config=self._config, faults=faults, healthy_samples=0)
        samples = experiment.run(workers=self.jobs)
        self.transients += len(samples)
        failed = {}
        for sample in samples:
            if not sample.result.ok:
                raise RuntimeError(f"{sample.fault_id}: {sample.result.message}")
            plot = sample.result.plot("tran")
            failed[sample.fault_id] = not self.windows.spiked(plot["time"], plot[VECTOR])
        return failed


def point(text: str) -> tuple[Windows, str]:
    """Return the windows and the open that ``OPEN,INTEGRATE_S,LEAKY_S`` names."""
    site, integrate, leaky = text.split(",")
    return Windows(float(integrate), float(leaky)), site


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("points", nargs="+", type=point, metavar="OPEN,INTEGRATE_S,LEAKY_S")
    parser.add_argument("--step", type=float, default=2e-12)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    # Threads only spin on a circuit this small.
    os.environ.update(OMP_NUM_THREADS="1", OMP_THREAD_LIMIT="1")
    for windows, group in groupby(given.points, key=lambda pair: pair[0]):
        started = time.perf_counter()
        searches = Bisections(windows, given.step, given.jobs)
        found = searches.run([site for _, site in group])
        spent = time.perf_counter() - started
        if given.json:
            where = {"integrate_s": windows.integrate_s, "leaky_s": windows.leaky_s}
            print(
                json.dumps({**where, "first_fail": found, "transients": searches.transients, "wall_s": spent}),
                flush=True,
            )
            continue
        for site, index in found.items():
            at = "none" if index is None else f"{resistance_ohm(index):.6g} ohm"
            print(f"{site}, IW {windows.integrate_s:g} s, LW {windows.leaky_s:g} s: {at}")
        print(f"{searches.transients} transients, {spent:.1f} s", flush=True)


if __name__ == "__main__":
    main()
