"""The cheapest cover by MILP against the greedy one: time, cost and what is proven."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.random import Generator

from faultsim.vectors.cover import NO_SETUP, Bools, CoverProblem, Floats, Selection
from faultsim.vectors.cover_exact import minimum
from faultsim.vectors.cover_greedy import greedy

CANDIDATES, DEFECTS, SETUPS = 300, 500, 3
DENSITIES = [0.05, 0.1, 0.2, 0.3]
FAMILIES = 12
LONGEST_S = 30.0


def scattered(generator: Generator, density: float) -> Bools:
    """Return who covers whom where everything is independent, which no circuit is: the hardest there is."""
    covers = generator.random((CANDIDATES, DEFECTS)) < density
    covers[generator.integers(CANDIDATES, size=DEFECTS), np.arange(DEFECTS)] = True
    return covers


def nested(generator: Generator, density: float) -> Bools:
    """Return who covers whom by thresholds: candidates of a family see a defect the better the sharper they are."""
    family, sharpness = generator.integers(FAMILIES, size=CANDIDATES), generator.random(CANDIDATES)
    seen = generator.random((FAMILIES, DEFECTS)) < 3 * density
    threshold = generator.random((FAMILIES, DEFECTS))
    # Each candidate is a little different from what its family and its sharpness say.
    noise = generator.normal(0, 0.05, (CANDIDATES, DEFECTS))
    return seen[family] & (threshold[family] + noise < sharpness[:, None])


def cycles(generator: Generator) -> Floats:
    """Return times of patterns of 1 to 100 cycles of 10 ns."""
    return generator.integers(1, 101, CANDIDATES) * np.float64(1e-8)


def alike(generator: Generator) -> Floats:
    """Return times that differ little, for which nothing but the number of vectors counts."""
    return generator.uniform(0.5e-6, 1.5e-6, CANDIDATES)


def equal(_: Generator) -> Floats:
    return np.full(CANDIDATES, 1e-6)


Covers = Callable[[Generator, float], Bools]
Costs = Callable[[Generator], Floats]
KINDS: list[tuple[Covers, Costs]] = [(nested, cycles), (nested, alike), (nested, equal), (scattered, cycles)]
HARD: list[tuple[Covers, Costs]] = [(scattered, alike), (scattered, equal)]


def problems(kinds: list[tuple[Covers, Costs]], densities: list[float]) -> Iterator[tuple[str, CoverProblem]]:
    """Yield names and problems, without set-ups and with three levels that cost as much as 20 vectors each."""
    for covers, costs in kinds:
        for density in densities:
            for levels in (0, SETUPS):
                generator = np.random.default_rng(1)
                matrix, paid = covers(generator, density), costs(generator)
                setups = generator.integers(levels, size=CANDIDATES) if levels else np.full(CANDIDATES, NO_SETUP)
                problem = CoverProblem(matrix, paid, np.ones(DEFECTS), setups, np.full(levels, 20 * paid.mean()))
                yield f"{covers.__name__:9} {costs.__name__:6} {matrix.mean():7.2f} {levels:6}", problem


def timed(call: Callable[[], Selection]) -> tuple[float, Selection]:
    start = time.perf_counter()
    found = call()
    return time.perf_counter() - start, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--densities", type=float, nargs="*", default=DENSITIES)
    parser.add_argument("--time-limit", type=float, default=25.0, help="seconds, after which the best so far counts")
    parser.add_argument(
        "--hard", action="store_true", help="scattered ones of like costs, too; HiGHS ends none of them"
    )
    # Other benchmarks have arguments of their own.
    asked = parser.parse_known_args()[0]
    longest = 0.0
    print(f"{CANDIDATES} candidates x {DEFECTS} defects, costs in us")
    heading = f"{'covers':9} {'costs':6} {'density':>7} {'levels':>6}"
    print(f"{heading} {'s':>6} {'vectors':>7} {'cost':>8} {'gap %':>6} {'greedy ms':>9} {'greedy':>8} {'ratio':>6}")
    for name, problem in problems(KINDS + (HARD if asked.hard else []), asked.densities):
        greedy_s, simple = timed(partial(greedy, problem))
        exact_s, best = timed(partial(minimum, problem, asked.time_limit))
        longest = max(longest, exact_s)
        figures = (
            f"{exact_s:6.2f} {len(best.chosen):7} {1e6 * best.cost:8.2f} {100 * best.gap:6.2f} {1e3 * greedy_s:9.1f}"
        )
        print(f"{name} {figures} {1e6 * simple.cost:8.2f} {simple.cost / best.cost:6.3f}", flush=True)
    print(f"longest: {longest:.1f} s (less than {LONGEST_S:g} s)")


if __name__ == "__main__":
    main()
