"""The functional twin: one training beside ngspice, as a ratio; and how many pictures a second it learns.

    python benchmarks/bench_twin.py [ROUNDS]

Pictures of 28 x 28 pixels are strokes of a random walk, with about as many black pixels as MNIST has (about a
sixth); the network is that of campaigns/trainings/mnist.toml. Two networks learn at a time, one on each core.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from faultsim import library
from faultsim.campaigns.watcher import Quiet
from faultsim.circuits.glyphs import load_glyphs
from faultsim.circuits.learning_bench import LearningBench
from faultsim.circuits.learning_plan import LearningRequest
from faultsim.learning.asking import Asking
from faultsim.learning.bench import training_job
from faultsim.learning.pair_bench import PairBench
from faultsim.learning.trial import Trial
from faultsim.learning.twin.academy import Academy
from faultsim.learning.twin.crossbar import Crossbar
from faultsim.learning.twin.images import Images
from faultsim.learning.twin.network_spec import load_network
from faultsim.learning.twin.recipe import Recipe, Threshold, cell_of, junction_of, law_of, output_of
from faultsim.learning.twin.trains import Coding
from faultsim.learning.twin.update_law import UpdateLaw, update_law
from faultsim.spice.engine import open_engine
from faultsim.spice.pool import WorkerPool
from faultsim.spice.service import SimulationService
from faultsim.spice.store import Store

ROUNDS, PICTURES = 3, 1500
SIDE, STROKE = 28, 90


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "store.sqlite")
        with SimulationService(WorkerPool(2, 600.0), store) as service:
            beside_ngspice(Asking(service, Quiet(), 2), rounds)
            pictures_a_second(Asking(service, Quiet(), 2))


def beside_ngspice(asking: Asking, rounds: int) -> None:
    """Train X with two junctions a synapse in ngspice and by the twin, in turn."""
    bench = LearningBench.load()
    settings = bench.cells.with_chosen(bench.spec, {})
    coding, junction = Coding.of(bench.cells, settings), junction_of(bench.cells, settings)
    law = update_law(PairBench(bench, settings, coding.width_s), junction, asking)
    request = LearningRequest(load_glyphs(library.find("glyphs", "letters5")).intensities("X"), junctions=2)
    job = training_job(Trial("X", request, {}).network())
    recipe, engine = recipe_of(bench, settings, coding, law), open_engine()
    trains = coding.trains(request.intensities)
    Crossbar.drawn(recipe, 25, 1, 1).learn(trains, 0)
    ratios = []
    for _ in range(rounds):
        begun = time.perf_counter()
        engine.run(job)
        spent = time.perf_counter() - begun
        begun = time.perf_counter()
        Crossbar.drawn(recipe, 25, 1, 1).learn(trains, 0)
        ratios.append(spent / (time.perf_counter() - begun))
    print(f"25 x 1 x 2, 150 ms: ngspice takes {statistics.median(ratios):,.0f} times as long as the twin")


def recipe_of(bench: LearningBench, settings: dict[str, dict[str, str]], coding: Coding, law: UpdateLaw) -> Recipe:
    still = Threshold()
    output = output_of(bench.cells, settings, 0.15, 5e-5, still)
    return Recipe(coding, cell_of(junction_of(bench.cells, settings), 2), output, law_of(law), still)


def pictures_a_second(asking: Asking) -> None:
    """Have two networks of 784 x 400 learn strokes."""
    path = library.find("trainings", "mnist")
    source = np.random.default_rng(1)
    images = Images((SIDE, SIDE), np.array([stroke(source) for _ in range(300)]), np.zeros(300, dtype=np.int64))
    academy = Academy(path, load_network(path), images, images)
    recipe = academy.recipe(academy.law(asking))
    trains = [recipe.coding.trains(one) for one in images.intensities]
    Crossbar.drawn(recipe, SIDE * SIDE, academy.spec.outputs, 1).learn(trains[0], 0)

    def learn(seed: int) -> None:
        crossbar = Crossbar.drawn(recipe, SIDE * SIDE, academy.spec.outputs, seed)
        for number in range(PICTURES):
            crossbar.learn(recipe.coding.trains(images.intensities[number % len(images)]), number)

    begun = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(learn, (1, 2)))
    speed = 2 * PICTURES / (time.perf_counter() - begun)
    print(f"{academy.size}, {images.intensities.mean():.0%} black: {speed:,.0f} pictures a second")


def stroke(source: np.random.Generator) -> np.ndarray:
    """Return a picture: a thick random walk about the middle."""
    picture, at = np.zeros((SIDE, SIDE)), np.array([SIDE / 2, SIDE / 2])
    heading = source.uniform(0, 2 * np.pi)
    for _ in range(STROKE):
        heading += source.normal(0, 0.5)
        at = np.clip(np.add(at, (np.sin(heading), np.cos(heading))), 4, SIDE - 6)
        row, column = at.astype(int)
        picture[row : row + 2, column : column + 2] = 1
    return picture.ravel()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
