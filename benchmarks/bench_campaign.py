"""What a campaign costs: against plain bisection, loops on PySpice and spicefault, ngspice itself, and one process.

    python benchmarks/bench_campaign.py [--only a,b,c,d,e,f,g] [--sample N] [--full]

Everything is measured in this one run, faultsim as a user runs it, from an empty store. It prints ratios and ends with
a table; nothing in it passes or fails. docs/benchmarks.md says what each part is, and why the loops have their step.

a  transients per threshold      b  against the loop on PySpice       c  against spicefault     d  engine over ngspice
e  cost over the inputs          f  two processes against one         g  lats2024 from a cold start
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import statistics
import tempfile
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import engine_cost
import size_cost
from campaign_run import Run, run_campaign
from loop_cost import Cost, Row, by_pyspice, by_spicefault
from size_cost import SizeCost, in_a_process

GRID, COLD = Path(__file__).with_name("grid7x25.toml"), "lats2024"
PARTS, JOBS = "abcdefg", 2
ENGINE_OPENS, ENGINE_OHM = "Rop[123]", (1e3, 3e3, 1e4)


@dataclass
class Bench:
    """What is measured, and the table of it.

    Attributes:
        given: The options.
        folder: For stores and run folders.
        lines: What was measured, its bar, and the figure.
        grids: Runs of the grid, by worker processes.
        loops: Cost of a loop, by its part.
    """

    given: Namespace
    folder: Path
    lines: list[tuple[str, str, str]] = field(default_factory=list)
    grids: dict[int, list[Run]] = field(default_factory=dict)
    loops: dict[str, Cost] = field(default_factory=dict)

    def asked(self, parts: str) -> bool:
        """Return whether any of some parts is asked for."""
        return bool(set(parts) & set(self.given.only))

    def run(self, campaign: str, *more: str, jobs: int = JOBS, **environment: str) -> Run:
        """Run a campaign from an empty store."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        return run_campaign(campaign, folder, jobs, *more, environment=environment)

    def grid(self, jobs: int) -> Run:
        """Run the opens over the windows, once more."""
        file = self.folder / GRID.name
        file.write_text(GRID.read_text().replace("points = 5", f"points = {self.given.axis}"))
        run = self.run(str(file), "--only", self.given.opens, jobs=jobs)
        self.grids.setdefault(jobs, []).append(run)
        say(f"grid: {len(run.rows)} rows, {len(run.detected)} detected; {jobs} worker processes: {run.wall_s:.1f} s")
        return run

    def grid_s(self, jobs: int) -> float:
        """Return how long the grid takes: the mean of its runs, before and after what it is compared with."""
        return statistics.mean(run.wall_s for run in self.grids[jobs])

    def add(self, what: str, bar: str, measured: str) -> None:
        """Print a line, and put it into the table."""
        self.lines.append((what, bar, measured))
        say(f"  {what} | {bar} | {measured}")


def say(text: str) -> None:
    print(text, flush=True)


def transients(bench: Bench, name: str, run: Run, bar: str) -> None:
    """Print how many transients a run took, and plain bisection for the same rows."""
    spent, rows, detected, bisection = run.spent, len(run.rows), len(run.detected), run.bisection
    say(f"{name}: transients by the first stage that rests on them: {dict(spent.by_stage)}")
    say(f"{name}: {spent.only_undetected} serve nothing but the {rows - detected} rows that are not detected")
    seen = spent.total - spent.only_undetected
    bench.add(f"a  transients per row, {name}", bar, f"{spent.total / rows:.2f} ({spent.total} / {rows})")
    bench.add(f"a  per detected row, {name}", bar, f"{seen / max(1, detected):.2f} ({seen} / {detected})")
    each, more = bisection / rows, bisection / spent.total
    bench.add(f"a  plain bisection, {name}", "", f"{each:.2f} per row ({bisection}): {more:.2f} times as many")


def drawn(run: Run, given: Namespace) -> Sequence[Row]:
    """Return the rows for a loop that takes one after the other."""
    rows = run.detected
    return run.rows if given.full else random.Random(given.seed).sample(rows, min(given.sample, len(rows)))


def drawn_together(run: Run, given: Namespace) -> Sequence[Row]:
    """Return the rows for a loop that takes those of a window side by side."""
    if given.full:
        return sorted(run.rows, key=lambda row: row["window"])
    window = random.Random(given.seed).choice(run.detected)["window"]
    return [row for row in run.detected if row["window"] == window][: given.sample]


def loop(bench: Bench, part: str, rows: Sequence[Row], measure: Callable[[Sequence[Row]], Cost]) -> None:
    """Time a loop on some of the grid's thresholds."""
    cost = bench.loops[part] = measure(rows)
    say(f"{part}: {len(rows)} thresholds, {cost.transients} transients in {cost.measured_s:.1f} s, measured;")
    say(f"{part}: the thresholds are at most {cost.apart} grid steps from those of faultsim")


def loop_line(bench: Bench, part: str, name: str, bar: str) -> None:
    """Print how long a loop takes for the grid, beside faultsim."""
    run, cost, own_s = bench.grids[JOBS][0], bench.loops[part], bench.grid_s(JOBS)
    scaled_s = cost.scaled_s(run)
    how = "measured" if bench.given.full else f"SCALED from {cost.transients} to {run.bisection} transients"
    bench.add(f"{part}  {name} over faultsim", bar, f"{scaled_s / own_s:.1f} ({scaled_s:.0f} s, {how}; {own_s:.1f} s)")


def grid_parts(bench: Bench) -> None:
    """Measure all that is about the grid of opens and windows."""
    run = bench.grid(JOBS)
    if bench.asked("a"):
        transients(bench, "grid", run, "<= 2.5")
    step_s = bench.given.step
    if bench.asked("b"):
        loop(bench, "b", drawn(run, bench.given), partial(by_pyspice, step_s=step_s))
    if bench.asked("c") and importlib.util.find_spec("spicefault"):
        loop(bench, "c", drawn_together(run, bench.given), partial(by_spicefault, step_s=step_s, jobs=JOBS))
    if bench.asked("f"):
        bench.grid(1)
    if bench.asked("bcf"):
        bench.grid(JOBS)
    if "b" in bench.loops:
        loop_line(bench, "b", "loop on PySpice", ">= 20")
    if "c" in bench.loops:
        loop_line(bench, "c", "spicefault", ">= 10")
    elif bench.asked("c"):
        bench.add("c  spicefault over faultsim", ">= 10", "spicefault is not installed: pip install '.[bench]'")
    if bench.asked("f"):
        one_s, two_s = bench.grid_s(1), bench.grid_s(JOBS)
        bench.add("f  one process over two", ">= 1.7", f"{one_s / two_s:.2f} ({one_s:.1f} s, {two_s:.1f} s)")


def cold_parts(bench: Bench) -> None:
    """Measure lats2024."""
    run = bench.run(COLD)
    if bench.asked("a"):
        transients(bench, COLD, run, "<= 3.0")
    if bench.asked("g"):
        bench.add(f"g  {COLD}, empty store", "<= 15 s", f"{run.wall_s:.1f} s, start of the interpreter included")
        with tempfile.TemporaryDirectory(dir=bench.folder) as cache:
            first = bench.run(COLD, NUMBA_CACHE_DIR=cache)
        bench.add(f"g  {COLD}, and nothing compiled yet", "", f"{first.wall_s:.1f} s")


def engine_part(bench: Bench) -> None:
    """Measure what the engine adds to ngspice."""
    folder = Path(tempfile.mkdtemp(dir=bench.folder))
    cost = in_a_process(engine_cost.measure, COLD, folder, ENGINE_OPENS, ENGINE_OHM)
    say(f"d: {len(cost.analysis_s)} transients, {sum(cost.analysis_s):.2f} s by ngspice's own account")
    say(f"d: the engine alone {cost.engine_ratio:.3f}; making a job {statistics.median(cost.making_s) * 1e3:.1f} ms")
    bench.add("d  engine, pool and store over ngspice", "<= 1.10", f"{cost.ratio:.3f}")


def size_part(bench: Bench) -> None:
    """Measure crossbars of different size; everything as a multiple of the smallest."""
    costs = list[SizeCost]()
    for inputs in bench.given.crossbars:
        whole = bench.given.full or inputs <= bench.given.whole
        costs.append(cost := size_cost.measure(bench.folder, inputs, JOBS, whole))
        own = "not timed" if cost.whole_s is None else f"{cost.whole_s:.3f} s"
        say(f"e: {inputs} inputs: {cost.each_s:.2f} s for each of {cost.thresholds} rows; {cost.transients} transients")
        say(f"e: {inputs} inputs: ngspice, one pulse: {own}; like rows as one: {cost.equivalent_s:.3f} s")
    least = costs[0]
    for cost in costs[1:]:
        grown, alike = cost.each_s / least.each_s, cost.equivalent_s / least.equivalent_s
        whole = "?" if cost.whole_s is None or least.whole_s is None else f"{cost.whole_s / least.whole_s:.2f}"
        measured = f"cost x {grown:.2f}; ngspice x {whole}, like rows as one x {alike:.2f}"
        bench.add(f"e  {cost.inputs} inputs over {least.inputs}", "cost <= ngspice", measured)


def table(lines: Sequence[tuple[str, str, str]]) -> str:
    titled = [("", "bar", "measured"), *lines]
    widths = [max(len(line[column]) for line in titled) for column in (0, 1)]
    return "\n".join(f"{what:{widths[0]}} | {bar:{widths[1]}} | {measured}" for what, bar, measured in titled)


def options() -> Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=PARTS, help="parts, such as a,b")
    parser.add_argument("--sample", type=int, default=4, help="thresholds that the loops are timed on")
    parser.add_argument("--seed", type=int, default=1, help="of that sample")
    parser.add_argument("--step", type=float, default=2e-12, help="largest time step of the loops, s")
    parser.add_argument("--full", action="store_true", help="loops over all thresholds, whole networks of all sizes")
    parser.add_argument("--axis", type=int, default=5, help="windows along each axis of the grid")
    parser.add_argument("--opens", default="Rop*", help="opens of the grid")
    parser.add_argument("--crossbars", type=int, nargs="+", default=[4, 16, 64], help="inputs")
    parser.add_argument("--whole", type=int, default=64, help="most inputs at which ngspice is timed on every row")
    # Other benchmarks have arguments of their own.
    return parser.parse_known_args()[0]


def main() -> None:
    given = options()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(given, Path(folder))
        if bench.asked("abcf"):
            grid_parts(bench)
        if bench.asked("ag"):
            cold_parts(bench)
        if bench.asked("d"):
            engine_part(bench)
        if bench.asked("e"):
            size_part(bench)
    say("\n" + table(bench.lines))


if __name__ == "__main__":
    main()
