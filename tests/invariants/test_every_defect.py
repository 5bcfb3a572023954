"""Every defect of the crossbar, windows and corners among them, is a deck that plain ngspice runs to its end: of its
four cells, which are instances of one subcircuit, those of one are run.

``inject`` writes the deck at the defect's default severity; ``ngspice -b`` gets nothing but the file.
"""

from __future__ import annotations

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from faultsim.circuits import network
from faultsim.circuits.circuit import of_network
from faultsim.cli import inject
from faultsim.cli.request import Request
from faultsim.fault_models.defect import Defect
from faultsim.fault_models.universe import Universe
from faultsim.fault_models.universe_file import load_universe
from faultsim.spice.engine import SINGLE_THREAD
from faultsim.spice.judge import vector_name
from faultsim.spice.waveform import FloatArray
from tests.cli.conftest import PATIENCE_S, Shell

pytestmark = pytest.mark.slow

WRONG = ("error", "singular", "abort", "fail", "too small")
PAGE = re.compile(r"(?m)^Index\s+time\s+(.+)\n-+\n((?:\d+\t.+\n)+)")
FEWEST_ROWS = 300
NO_ROWS = np.empty((0, 2))
OTHER_CELLS = ("xcell2.", "xcell3.", "xcell4.")
_ASKED = Request("crossbar4", None, None, None, None, None, 1, "", "", None, None, None)
_PLAIN = {name: value for name, value in os.environ.items() if name not in SINGLE_THREAD}


@dataclass(frozen=True)
class Done:
    """A defect, its deck, and what ngspice made of it, where that was run."""

    defect: Defect
    deck: str
    code: int | None
    out: str

    def columns(self) -> dict[str, FloatArray]:
        """Return the (time, value) rows of each column, whose pages follow one another."""
        found: dict[str, list[FloatArray]] = {}
        for head, body in PAGE.findall(self.out):
            names = head.split()
            rows = np.array(body.split(), dtype=float).reshape(-1, 2 + len(names))
            for place, name in enumerate(names, start=2):
                found.setdefault(name, []).append(rows[:, [1, place]])
        return {name: np.concatenate(pages) for name, pages in found.items()}

    @property
    def stop_s(self) -> float:
        """The end that the deck asks for."""
        return float(re.findall(r"(?m)^\.tran \S+ (\S+)", self.deck)[0])

    def complaints(self, probes: list[str]) -> list[str]:
        """Return everything that is wrong with the run."""
        said = [line for line in self.out.splitlines() if any(word in line.lower() for word in WRONG)]
        if self.code != 0:
            said.append(f"exit code {self.code}")
        columns = self.columns()
        for probe in probes:
            # ngspice prints fifteen letters of a name.
            rows = columns.get(vector_name(probe)[:15], columns.get(probe, NO_ROWS))
            if len(rows) < FEWEST_ROWS or rows[-1, 0] != pytest.approx(self.stop_s, rel=1e-6):
                said.append(f"{probe} has {len(rows)} rows up to {rows[-1:, 0]} of {self.stop_s}")
            elif not np.isfinite(rows).all():
                said.append(f"{probe} is not finite")
        return said


def begin(folder: Path) -> list[Done]:
    """Write the universe's decks and run them, on all cores."""

    def run(numbered: tuple[int, Defect]) -> Done:
        number, defect = numbered
        file = folder / f"{number}.cir"
        inject.run(replace(_ASKED, defect=defect.id), file, trust=False)
        if defect.id.startswith(OTHER_CELLS):
            return Done(defect, file.read_text(), None, "")
        done = subprocess.run(
            ["ngspice", "-b", file.name], cwd=folder, env=_PLAIN, capture_output=True, text=True, timeout=PATIENCE_S
        )
        return Done(defect, file.read_text(), done.returncode, done.stdout + done.stderr)

    universe = Universe(of_network(network.load("crossbar4")), load_universe("network"))
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return list(threads.map(run, enumerate(universe)))


@pytest.fixture(scope="module")
def runs(begun: list[Done]) -> list[Done]:
    return begun


def test_ngspice_alone_runs_every_defect_to_the_end_and_prints_every_probe(runs: list[Done]) -> None:
    probes = list(network.load("crossbar4").sidecar.probes.values())
    run = [done for done in runs if done.code is not None]
    complaints = {done.defect.id: done.complaints(probes) for done in run}
    assert {identity: said for identity, said in complaints.items() if said} == {}
    kinds = {done.defect.model for done in run}
    assert kinds == {"open", "open-gate", "short", "bridge", "shrink", "stretch", "corner"}
    assert len(runs) > 350
    assert len(run) > 150


def test_a_run_that_stops_early_or_says_error_would_be_reported(runs: list[Done]) -> None:
    probes, whole = ["v(out)", "i(v.xneuron.vwr)"], runs[0]
    assert whole.complaints(probes) == []
    assert len(replace(whole, out=whole.out[: len(whole.out) // 10]).complaints(probes)) == 2
    assert replace(whole, out=whole.out + "\ndoAnalyses: TRAN:  Timestep too small\n").complaints(probes)
    assert replace(whole, code=1).complaints(probes) == ["exit code 1"]
    assert len(whole.complaints(["v(nowhere)"])) == 1


def test_every_defect_changes_the_deck_and_no_two_circuits_have_the_same(runs: list[Done], tmp_path: Path) -> None:
    # A window that is off by less than a double's last digit is none that is off.
    inject.run(replace(_ASKED, defect="Tiw:shrink", ohm="1e-30"), tmp_path / "fault-free.cir", trust=False)
    fault_free = _body((tmp_path / "fault-free.cir").read_text())
    bodies = {done.defect.id: _body(done.deck) for done in runs}
    # What comes after the first leaky window is not in a run of one pulse.
    late = {"Tlw:shrink", "Tlw:stretch"}
    assert {identity for identity, body in bodies.items() if body == fault_free} == late
    different = {done.defect.id for done in runs if not done.defect.accounting.same_as} - late
    assert len({bodies[identity] for identity in different}) == len(different)


def _body(deck: str) -> str:
    """Return a deck without its title, which names the defect."""
    return deck.partition("\n")[2]


@pytest.mark.parametrize(
    "defect", ["Rop1", "xneuron.mn1.g:open", "xcell1.xmtj.pil-ha:short", "in1~bl:bridge", "Tiw:shrink", "t_dvth:min"]
)
def test_the_command_writes_the_same_deck(runs: list[Done], tmp_path: Path, defect: str) -> None:
    printed = Shell(tmp_path)("inject", "crossbar4", defect, "--pulses", "1").succeeds().out
    assert printed == next(done.deck for done in runs if done.defect.id == defect)
