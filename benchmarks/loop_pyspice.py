"""The minimum detectable resistance of opens by a loop on PySpice, as a user without faultsim writes it.

    python benchmarks/loop_pyspice.py [--json] [--step SECONDS] OPEN,INTEGRATE_S,LEAKY_S ...

A new circuit and a new simulation for every resistance, plain bisection, one process, one largest step.
"""

from __future__ import annotations

import argparse
import ctypes.util
import json
import logging
import os
import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from loop_deck import OPTIONS, Windows, circuit, cut
from plain_bisection import SIZE, bisect, resistance_ohm

# Before the module that reads it is loaded; and threads only spin on a circuit this small.
os.environ.setdefault("NGSPICE_LIBRARY_PATH", ctypes.util.find_library("ngspice") or "")
os.environ.update(OMP_NUM_THREADS="1", OMP_THREAD_LIMIT="1")


@dataclass(frozen=True)
class Transient:
    """What one transient said, and what it cost.

    Attributes:
        site: The open; empty for the fault-free circuit.
        integrate_s: Integrate window.
        leaky_s: Leaky window.
        index: Its resistance on the grid.
        spiked: The output spiked.
        wall_s: From writing the circuit to the verdict.
    """

    site: str
    integrate_s: float
    leaky_s: float
    index: int
    spiked: bool
    wall_s: float


def open_ngspice() -> Any:
    """Load ngspice once, as PySpice's tutorial does for many simulations."""
    logging.getLogger("PySpice").setLevel(logging.CRITICAL)
    from PySpice.Spice.NgSpice import Shared

    class Patient(Shared.NgSpiceShared):
        """Without the rule that all of stderr is an error: an open leaves nodes that ngspice notes there and solves."""

        @staticmethod
        def _send_char(message: Any, _ngspice_id: int, user_data: Any) -> int:
            stream, _, text = Shared.ffi_string_utf8(message).partition(" ")
            if stream == "stdout":
                Shared.ffi.from_handle(user_data)._stdout.append(text)
            return 0

    return Patient.new_instance()


def spikes(ngspice: Any, windows: Windows, site: str, ohm: float, step_s: float) -> bool:
    """Return whether the neuron spikes; without a site, that of the fault-free circuit."""
    from PySpice.Spice.Netlist import Circuit

    faulty = Circuit("crossbar")
    text = circuit(windows)
    faulty.raw_spice = cut(text, site, ohm) if site else text
    simulator = faulty.simulator(simulator="ngspice-shared", ngspice_shared=ngspice, temperature=27)
    simulator.options(**OPTIONS)
    simulator.save(["out"])
    analysis = simulator.transient(
        step_time=step_s, end_time=windows.stop_s, max_time=step_s, use_initial_condition=True
    )
    return windows.spiked(np.array(analysis.time), np.array(analysis["out"]))


class Loop:
    """The loop over opens and windows.

    Attributes:
        step_s: Largest time step.
        done: All transients, in order.
    """

    def __init__(self, step_s: float) -> None:
        self.step_s = step_s
        self.ngspice = open_ngspice()
        self.done: list[Transient] = []

    def asked(self, windows: Windows, site: str, index: int) -> bool:
        """Return whether the neuron spikes; the transient is timed."""
        started = time.perf_counter()
        spiked = spikes(self.ngspice, windows, site, resistance_ohm(index), self.step_s)
        spent = time.perf_counter() - started
        self.done.append(Transient(site, windows.integrate_s, windows.leaky_s, index, spiked, spent))
        return spiked

    def threshold(self, windows: Windows, site: str) -> int | None:
        """Return the grid index of the least resistance at which the neuron no longer spikes, by bisection."""
        return bisect(lambda index: not self.asked(windows, site, index), SIZE)[0]


def point(text: str) -> tuple[str, Windows]:
    """Return the open and the windows that ``OPEN,INTEGRATE_S,LEAKY_S`` names."""
    site, integrate, leaky = text.split(",")
    return site, Windows(float(integrate), float(leaky))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("points", nargs="+", type=point, metavar="OPEN,INTEGRATE_S,LEAKY_S")
    parser.add_argument("--step", type=float, default=2e-12)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    loop = Loop(given.step)
    for site, windows in given.points:
        first, started = len(loop.done), time.perf_counter()
        found = loop.threshold(windows, site)
        if given.json:
            print(
                json.dumps({"first_fail": found, "transients": [asdict(one) for one in loop.done[first:]]}), flush=True
            )
        else:
            at = "none" if found is None else f"{resistance_ohm(found):.6g} ohm"
            spent = time.perf_counter() - started
            where = f"{site}, IW {windows.integrate_s:g} s, LW {windows.leaky_s:g} s"
            print(f"{where}: {at} ({len(loop.done) - first} transients, {spent:.1f} s)", flush=True)


if __name__ == "__main__":
    main()
