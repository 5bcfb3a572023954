"""The reference path: ``ngspice -b`` in a process of its own, its raw file read back."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from faultsim.errors import SimulatorError
from faultsim.spice.engine import INSTALL_HINT, SINGLE_THREAD
from faultsim.spice.job import Job, Outcome, Status, Trace
from faultsim.spice.judge import judge
from faultsim.spice.waveform import FloatArray


def run_batch(job: Job, timeout_s: float = 120.0) -> Trace:
    """Run a job by ``ngspice -n -b``, its altered elements written into the deck.

    Raises:
        SimulatorError: The program is not installed, or an altered element is not in the deck.
    """
    program = shutil.which("ngspice")
    if program is None:
        raise SimulatorError(f"the program ngspice is not installed; {INSTALL_HINT}")
    with tempfile.TemporaryDirectory(prefix="faultsim-") as folder:
        deck, raw = Path(folder, "deck.cir"), Path(folder, "out.raw")
        deck.write_text(with_values(job.deck, dict(job.alters)))
        command = [program, "-n", "-b", "-r", str(raw), str(deck)]
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env={**os.environ, **SINGLE_THREAD},
                capture_output=True,
                text=True,
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Trace(Outcome(Status.TIMEOUT, log_tail=f"faultsim: no end after {timeout_s:g} s"), {})
        vectors = read_raw(raw.read_bytes()) if raw.is_file() else {}
        return judge(job, vectors, (done.stdout + done.stderr).splitlines())


def with_values(deck: str, alters: dict[str, float]) -> str:
    """Return the deck with two-terminal elements set to values, as ``alter`` would.

    Raises:
        SimulatorError: No line, or more than one, carries that name.
    """
    for element, value in alters.items():
        deck = with_text(deck, element, f"{value:.17g}")
    return deck


def with_text(deck: str, element: str, text: str) -> str:
    """Return the deck with another text in place of a two-terminal element's value.

    An element inside a subcircuit is found by the last part of its flattened name, ``r.x1.rfault`` by ``rfault``;
    injection makes that name unique.

    Raises:
        SimulatorError: No line, or more than one, carries that name.
    """
    name = element.rsplit(".", 1)[-1]
    pattern = re.compile(rf"^({re.escape(name)}\s+\S+\s+\S+\s+)\S+", re.IGNORECASE | re.MULTILINE)
    deck, count = pattern.subn(lambda found: found[1] + text, deck)
    if count != 1:
        raise SimulatorError(f"element {element!r} is on {count} lines of the deck, not on one")
    return deck


def read_raw(data: bytes) -> dict[str, FloatArray]:
    """Return the vectors of a binary ngspice raw file by lower-case name, currents as ``source#branch``."""
    header, separator, body = data.partition(b"Binary:\n")
    if not separator:
        return {}
    text = header.decode(errors="replace")
    names = re.findall(r"^\s+\d+\s+(\S+)\s+\S+", text.split("Variables:\n")[-1], re.MULTILINE)
    table = np.frombuffer(body, dtype=np.float64)
    table = table[: table.size // len(names) * len(names)].reshape(-1, len(names))
    return {_plain_name(name): table[:, column].copy() for column, name in enumerate(names)}


def _plain_name(name: str) -> str:
    match = re.fullmatch(r"([vi])\((.+)\)", name.lower())
    if match is None:
        return name.lower()
    return match[2] + "#branch" if match[1] == "i" else match[2]
