"""What a loop of one's own takes for the thresholds of a run: measured on some of them, scaled to all."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from campaign_run import Run, grid_index
from loop_deck import Windows
from plain_bisection import SIZE, transients

Row = Mapping[str, str]


@dataclass(frozen=True)
class Cost:
    """A loop on a sample.

    Attributes:
        per_simulated_s: Seconds on the clock for each second of simulated time.
        transients: How many transients the sample took.
        measured_s: How long they took.
        apart: Largest distance of its thresholds from those of the run, in grid steps.
    """

    per_simulated_s: float
    transients: int
    measured_s: float
    apart: int

    def scaled_s(self, run: Run) -> float:
        """Return how long the loop would take for all rows of a run, and for the fault-free circuit of each setting."""
        asked = [*((1, row) for row in run.settings), *((transients(grid_index(row), SIZE), row) for row in run.rows)]
        return self.per_simulated_s * sum(count * windows_of(row).stop_s for count, row in asked)


def windows_of(row: Row) -> Windows:
    return Windows(float(row["integrate_window_s"]), float(row["leaky_window_s"]), int(row["pulses"]))


def by_pyspice(rows: Sequence[Row], step_s: float) -> Cost:
    """Run benchmarks/loop_pyspice.py."""
    done = _run("loop_pyspice.py", rows, step_s)
    apart = [_apart(row, one["first_fail"]) for row, one in zip(rows, done, strict=True)]
    walls_s = [[each["wall_s"] for each in one["transients"]] for one in done]
    rates = [wall / windows_of(row).stop_s for row, walls in zip(rows, walls_s, strict=True) for wall in walls]
    return Cost(statistics.median(rates), len(rates), sum(map(sum, walls_s)), max(apart))


def by_spicefault(rows: Sequence[Row], step_s: float, jobs: int) -> Cost:
    """Run benchmarks/loop_spicefault.py; the rows of a window have to follow each other."""
    done = _run("loop_spicefault.py", rows, step_s, "--jobs", str(jobs))
    found = {
        (one["integrate_s"], one["leaky_s"], site): index for one in done for site, index in one["first_fail"].items()
    }
    apart = [_apart(row, found[(*_windows_key(row), row["defect_id"])]) for row in rows]
    simulated_s = [one["transients"] * Windows(one["integrate_s"], one["leaky_s"]).stop_s for one in done]
    measured_s = sum(one["wall_s"] for one in done)
    return Cost(measured_s / sum(simulated_s), sum(one["transients"] for one in done), measured_s, max(apart))


def _windows_key(row: Row) -> tuple[float, float]:
    return float(row["integrate_window_s"]), float(row["leaky_window_s"])


def _apart(row: Row, first_fail: int | None) -> int:
    known = grid_index(row)
    if known is None or first_fail is None:
        return 0 if known is first_fail is None else SIZE
    return abs(known - first_fail)


def _run(script: str, rows: Sequence[Row], step_s: float, *more: str) -> list[Any]:
    points = [f"{row['defect_id']},{row['integrate_window_s']},{row['leaky_window_s']}" for row in rows]
    command = [sys.executable, str(Path(__file__).with_name(script)), "--json", "--step", repr(step_s), *more, *points]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{script}: {done.stderr[-2000:]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
