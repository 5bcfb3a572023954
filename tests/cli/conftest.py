"""A shell in a folder of its own, a campaign of a few seconds, and one finished run of it for all tests to look at."""

from __future__ import annotations

import atexit
import csv
import itertools
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.cli.preloaded import Preloaded

REPOSITORY = Path(__file__).parents[2]
PATIENCE_S = 120.0
# For work of minutes, beside other tests.
LONG_PATIENCE_S = 3600.0
# One early pulse shows the current through the neuron: a transient of it takes a third of the paper's three pulses.
TINY = """\
title = "Two opens"
circuit = "crossbar4"
[stimulus]
start = "1n"
pulses = 1
[[windows]]
name = "original"
integrate = "1n"
leaky = "9n"
[baseline]
patterns = ["0000"]
[[defects]]
kind = "open"
sites = ["Rop3", "Rop5"]
[[tests]]
name = "current"
pattern = "1111"
windows = ["original"]
observable = "im_wr_a"
limits = { relative = 0.3 }
[currents]
pattern = "1111"
observable = "im_wr_a"
per_decade = 1
[behaviours]
defects = []
[search]
low = 100
high = "10k"
ratio = 2
"""
# The same opens by what they do to the spike; the baseline is the paper's.
SPIKING = """\
title = "Two opens and the spike"
circuit = "crossbar4"
[[windows]]
name = "original"
integrate = "1n"
leaky = "9n"
[baseline]
patterns = ["1111"]
[[defects]]
kind = "open"
sites = ["Rop3", "Rop5"]
[[tests]]
name = "inference"
pattern = "1111"
windows = ["original"]
observable = "spiked"
[behaviours]
defects = []
[search]
low = 100
high = "10k"
ratio = 2
"""
# What would change the output and is no part of a test.
_NOT_INHERITED = ("NO_COLOR", "FORCE_COLOR", "NGSPICE_LIBRARY_PATH", "COLUMNS", "GITHUB_ACTIONS", "PY_COLORS")


@dataclass(frozen=True)
class Done:
    """What a command left on the screen, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def fails_with(self, code: int, *said: str) -> Done:
        """Check that it failed in the way a user can act on: the exit code, everything said, nothing on stdout."""
        assert self.code == code, f"exit code {self.code}\n{self.err}"
        assert "Traceback" not in self.err, self.err
        assert self.out == ""
        missing = [text for text in said if text not in self.err]
        assert not missing, f"{missing} not in {self.err!r}"
        return self

    def succeeds(self) -> Done:
        assert self.code == 0, f"exit code {self.code}\n{self.err}"
        return self


class Shell:
    """Runs the real command in one folder."""

    def __init__(self, folder: Path, patience_s: float = PATIENCE_S) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.patience_s = patience_s

    def __call__(self, *words: object, env: dict[str, str] | None = None) -> Done:
        if env is None:
            program = next(_preloaded())
            return Done(*program.run([*map(str, words)], self.folder, _environment(None), self.patience_s))
        done = subprocess.run(
            _command(words),
            cwd=self.folder,
            env=_environment(env),
            capture_output=True,
            text=True,
            timeout=self.patience_s,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def together(self, commands: Iterable[tuple[object, ...]]) -> dict[tuple[object, ...], Done]:
        """Run commands that have nothing to do with each other, as many at a time as there are cores."""
        commands = list(dict.fromkeys(commands))
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return dict(zip(commands, pool.map(lambda words: self(*words), commands), strict=True))

    def start(self, *words: object) -> subprocess.Popen[str]:
        """Start the command in a process group of its own, as a terminal does."""
        return subprocess.Popen(
            _command(words),
            cwd=self.folder,
            env=_environment(None),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def copy_circuits(self) -> Path:
        """Put a copy of the circuits into the folder, which goes before the library; return crossbar4's sidecar."""
        shutil.copytree(REPOSITORY / "circuits", self.folder / "circuits")
        return self.folder / "circuits" / "networks" / "crossbar4.toml"


def edit(path: Path, old: str, new: str) -> None:
    """Replace text that has to be there once."""
    text = path.read_text()
    assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {path}"
    path.write_text(text.replace(old, new))


def table(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Return every file of a run folder that is for people or their scripts."""
    files = [path for path in folder.rglob("*") if path.is_file() and ".sqlite" not in path.name]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def stored_transients(store: Path) -> int:
    """Return how many transients another process has committed."""
    try:
        with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as connection:
            return connection.execute("SELECT count(*) FROM transient").fetchone()[0]
    except sqlite3.Error:
        return 0


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait for something that a running process does."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert process.poll() is None, f"ended too early: {process.communicate()}"
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.005)


def kill_group(process: subprocess.Popen[str], number: signal.Signals, patience_s: float = PATIENCE_S) -> Done:
    """Send a signal to a process and all its workers, as Ctrl-C in a terminal does, and wait for the end."""
    os.killpg(process.pid, number)
    try:
        out, err = process.communicate(timeout=patience_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        pytest.fail(f"still running {patience_s:g} s after {number.name}")
    return Done(process.returncode, out, err)


@dataclass(frozen=True)
class Finished:
    """A finished run of the campaign TINY, to be looked at and not touched."""

    shell: Shell
    folder: Path
    simulated: int


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Paths with a space are part of every test."""
    return Shell(tmp_path / "my work")


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    shell = Shell(tmp_path_factory.mktemp("finished") / "my work")
    shell.write("tiny.toml", TINY)
    done = shell("run", "tiny.toml", "--jobs", "2", "--json").succeeds()
    return Finished(shell, shell.folder / "runs" / "tiny", done.json["simulated"])


@pytest.fixture
def workspace(finished: Finished, shell: Shell) -> Shell:
    """A folder with a copy of the finished run, its store beside it, for tests that change something."""
    shutil.copytree(finished.shell.folder, shell.folder, dirs_exist_ok=True)
    return shell


@cache
def _preloaded() -> Iterator[Preloaded]:
    """Return two of them by turns: what is done again is done with sets in another order, as by another interpreter."""
    stack = ExitStack()
    atexit.register(stack.close)
    return itertools.cycle([stack.enter_context(Preloaded(hash_seed)) for hash_seed in (1, 2)])


def _command(words: tuple[object, ...]) -> list[str]:
    return [sys.executable, "-m", "faultsim", *map(str, words)]


def _environment(extra: dict[str, str] | None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
    return {**kept, **(extra or {})}
