"""A campaign of a second, for tests that run it again and again."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cli.conftest import REPOSITORY, Shell, bytes_of
from tests.invariants.test_sentinel import DECK, SIDECAR

# Some fifty transients of 20 ms; two waveforms, one of them of a transient that a search had asked for before.
CAMPAIGN = """\
title = "sentinel"
circuit = "sentinel.toml"
windows = [{ name = "original", integrate = "1n", leaky = "9n" }]
baseline = { patterns = ["0", "1"] }
currents = { pattern = "1", observable = "im_wr_a", per_decade = 1 }
search = { low = 100, high = "100k", ratio = 2 }

[[tests]]
name = "look"
pattern = "1"
windows = ["original"]
observable = "im_wr_a"
limits = { relative = 0.05 }

[[defects]]
kind = "open"
universe = "2427"
sites = ["r1", "r2"]

[[defects]]
kind = "short"
universe = "2427"
sites = ["*"]

[[waveforms]]
figure = "a"
caption = "An open where it begins to show"
test = "look"
window = "original"
defect = "r1:open"

[[waveforms]]
figure = "b"
caption = "An open"
test = "look"
window = "original"
defect = "r1:open"
severity = "23k"
"""


@dataclass(frozen=True)
class Whole:
    """An undisturbed run: its files, its transients, and how long it took."""

    files: dict[str, bytes]
    transients: dict[str, tuple[Any, ...]]
    lasted_s: float


def prepared(folder: Path, step: str = "1p") -> Shell:
    """Return a folder with the campaign; the step decides how long a transient takes."""
    shell = Shell(folder)
    shell.write("sentinel.cir", DECK)
    sidecar = SIDECAR.format(devices=REPOSITORY / "circuits" / "devices")
    steps = 'step = "50p"\nstrobe_step = "20p"'
    assert steps in sidecar
    shell.write("sentinel.toml", sidecar.replace(steps, f'step = "{step}"\nstrobe_step = "{step}"'))
    shell.write("campaign.toml", CAMPAIGN)
    return shell


def transients(shell: Shell) -> dict[str, tuple[Any, ...]]:
    """Return what the store has of every transient: how it ended, what it showed, and how often it was simulated."""
    with closing(sqlite3.connect(shell.folder / "runs" / "store.sqlite")) as connection:
        rows = connection.execute("SELECT key, status, observables, points, runs FROM transient").fetchall()
    return {key: tuple(rest) for key, *rest in rows}


def simulations(shell: Shell) -> int:
    """Return how often the simulator has been at work for a store."""
    return sum(row[-1] for row in transients(shell).values())


def undisturbed(folder: Path) -> Whole:
    """Run the campaign from its beginning to its end."""
    shell = prepared(folder)
    began_s = time.monotonic()
    shell("run", "campaign.toml", "--jobs", "2").succeeds()
    return Whole(bytes_of(shell.folder / "runs" / "campaign"), transients(shell), time.monotonic() - began_s)
