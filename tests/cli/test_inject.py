"""inject: the faulty deck stands alone, so that plain ngspice runs it."""

from __future__ import annotations

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from faultsim.spice.reference import read_raw
from tests.cli.conftest import PATIENCE_S, Shell

OPENS = [f"Rop{number}" for number in range(1, 8)]
LAST_S = 31.3e-9


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every defect's deck and the raw file that plain ngspice makes of it."""
    shell = Shell(tmp_path_factory.mktemp("decks") / "my work")
    asked = [("inject", "crossbar4", defect, "--ohm", "50k", "-o", f"{defect}.cir") for defect in OPENS]
    assert {(done.code, done.out, done.err) for done in shell.together(asked).values()} == {(0, "", "")}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda defect: run_ngspice(shell.folder, defect), OPENS))
    return shell.folder


def run_ngspice(folder: Path, name: str) -> None:
    command = ["ngspice", "-n", "-b", f"{name}.cir", "-r", f"{name}.raw"]
    subprocess.run(command, cwd=folder, capture_output=True, timeout=PATIENCE_S, check=True)


@pytest.mark.parametrize("defect", OPENS)
def test_ngspice_alone_runs_the_deck_of_every_named_defect_to_the_end(simulated: Path, defect: str) -> None:
    deck = (simulated / f"{defect}.cir").read_text()
    assert [line.split()[3] for line in deck.splitlines() if line.startswith("RFAULT")] == ["50000"]
    assert not re.search(r"(?mi)^\.inc", deck)
    vectors = read_raw((simulated / f"{defect}.raw").read_bytes())
    assert vectors["time"][-1] > LAST_S
    assert {"out", "xneuron.mz", "v.xneuron.vwr#branch"} <= set(vectors)
    assert all(np.isfinite(samples).all() for samples in vectors.values())


def test_ngspice_alone_gives_the_current_that_simulate_gives(simulated: Path, shell: Shell) -> None:
    vectors = read_raw((simulated / "Rop6.raw").read_bytes())
    ours = shell("simulate", "crossbar4", "--defect", "Rop6", "--ohm", "50k", "--json").succeeds().json
    middle = abs(vectors["time"] - 10.5e-9).argmin()
    assert vectors["v.xneuron.vwr#branch"][middle] == pytest.approx(ours["im_wr_a"], rel=1e-3)


def test_stdout_and_file_are_the_same(shell: Shell) -> None:
    printed = shell("inject", "crossbar4", "Rop4", "--ohm", "67k").succeeds()
    shell("inject", "crossbar4", "Rop4", "--ohm", "67k", "--out", "deck.cir").succeeds()
    assert (shell.folder / "deck.cir").read_text() == printed.out
    assert printed.out.endswith(".end\n")


def test_the_resistance_and_the_pattern_are_all_that_differ_between_two_decks(shell: Shell) -> None:
    default = shell("inject", "crossbar4", "Rop1").succeeds().out.splitlines()
    other = shell("inject", "crossbar4", "Rop1", "--ohm", "1.5meg").succeeds().out.splitlines()
    changed = [(old, new) for old, new in zip(default[1:], other[1:], strict=True) if old != new]
    assert (default[0].rpartition(", ")[2], other[0].rpartition(", ")[2]) == (
        "Rop1 at its default severity",
        "Rop1 at 1.5meg",
    )
    assert [(old.split()[0], old.split()[3], new.split()[3]) for old, new in changed] == [
        ("RFAULT", "1000000000", "1500000")
    ]
    silent = shell("inject", "crossbar4", "Rop1", "--pattern", "0000").succeeds().out.splitlines()
    changed = [new.split()[0] for old, new in zip(default, silent, strict=True) if old != new]
    assert changed == ["*", "VFS_in1", "VFS_in2", "VFS_in3", "VFS_in4"]


def test_a_deck_that_cannot_be_written_is_named(shell: Shell) -> None:
    shell.write("file", "")
    done = shell("inject", "crossbar4", "Rop1", "-o", "file/deck.cir")
    assert done.code != 0
    assert "Traceback" not in done.err
    assert "file/deck.cir: cannot be written" in done.err
