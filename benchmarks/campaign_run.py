"""One campaign as a user runs it, from an empty store, and what it spent."""

from __future__ import annotations

import csv
import json
import math
import os
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from plain_bisection import HIGH_OHM, LOW_OHM, RATIO, SIZE, transients

DETECTED, UNDETECTED = "detected", "undetected"
FINISHED, UNKNOWN_LEFT = 0, 6


def grid_index(row: Mapping[str, str]) -> int | None:
    """Return the grid index at which a row of thresholds.csv fails, or None."""
    if row["verdict"] != DETECTED:
        return None
    ohm = float(row["threshold_ohm"])
    return SIZE - 1 if ohm >= HIGH_OHM else round(math.log(ohm / LOW_OHM) / math.log(RATIO))


@dataclass(frozen=True)
class Spent:
    """Where the transients of a run went, as its store and its ledger say.

    Attributes:
        total: All in the store.
        only_undetected: Those of them on which undetected rows rest, and nothing else.
        by_stage: Each at the first stage that rests on it.
    """

    total: int
    only_undetected: int
    by_stage: Mapping[str, int]


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes:
        folder: Its folder; the store is beside it.
        wall_s: From the start of the interpreter to its end.
    """

    folder: Path
    wall_s: float

    @cached_property
    def rows(self) -> list[dict[str, str]]:
        """thresholds.csv."""
        with (self.folder / "thresholds.csv").open(newline="") as file:
            return list(csv.DictReader(file))

    @cached_property
    def settings(self) -> list[dict[str, str]]:
        """settings.csv: every test at every window, searched or not."""
        with (self.folder / "settings.csv").open(newline="") as file:
            return list(csv.DictReader(file))

    @property
    def detected(self) -> list[dict[str, str]]:
        """The rows with a threshold."""
        return [row for row in self.rows if row["verdict"] == DETECTED]

    @cached_property
    def spent(self) -> Spent:
        """Where its transients went."""
        with closing(sqlite3.connect(self.folder.parent / "store.sqlite")) as store:
            stored = {key for (key,) in store.execute("SELECT key FROM transient")}
        with closing(sqlite3.connect(self.folder / "campaign.sqlite")) as ledger:
            query = (
                "SELECT transient, stage, result FROM reference JOIN item ON item.id = reference.item"
                " ORDER BY item.ordinal, reference.ordinal"
            )
            references = [(key, stage, json.loads(result)) for key, stage, result in ledger.execute(query)]
        first: dict[str, str] = {}
        undetected, others = set[str](), set[str]()
        for key, stage, result in references:
            first.setdefault(key, stage)
            seen_nothing = stage == "thresholds" and result.get("verdict") == UNDETECTED
            (undetected if seen_nothing else others).add(key)
        by_stage = Counter(first.get(key, "no row's") for key in stored)
        return Spent(len(stored), len((undetected - others) & stored), by_stage)

    @property
    def bisection(self) -> int:
        """What plain bisection needs for the same rows: the fault-free circuit in every setting, then each row."""
        return len(self.settings) + sum(transients(grid_index(row), SIZE) for row in self.rows)


def run_campaign(
    campaign: str, folder: Path, jobs: int, *more: str, environment: Mapping[str, str] | None = None
) -> Run:
    """Run ``faultsim run`` in a new process.

    Args:
        campaign: Name or path.
        folder: An empty one; the store and the run's folder are made in it.
        jobs: Worker processes.
        more: Further arguments.
        environment: Variables that are set besides.

    Raises:
        RuntimeError: It did not finish; the message is what it said last.
    """
    out = folder / "run"
    command = [sys.executable, "-m", "faultsim", "run", campaign, "--out", str(out), "--jobs", str(jobs), *more]
    started = time.perf_counter()
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **(environment or {})}
    )
    wall_s = time.perf_counter() - started
    if done.returncode not in (FINISHED, UNKNOWN_LEFT):
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-2000:]}")
    return Run(out, wall_s)
