"""Time and memory of ``faultsim sites`` over the size of a deck, flat and hierarchical."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

CELL = """\
.subckt cell in bl pe pot dep sl vdd w=1
MA1 vdd in rt 0 nmos w=108n l=40n
RMTJ rt pb {7k*w}
MA2 pb in bl 0 nmos w=108n l=40n
MPot pp pot vdd vdd pmos w=240n l=80n
MA3 pp pe pa 0 nmos w=108n l=40n
RHM pa pb 500
MA4 pb pe sl 0 nmos w=108n l=40n
MDep pp dep 0 0 nmos w=108n l=40n
CBL bl 0 0.1f
CRT rt 0 10a
.ends
"""
PER_CELL = 10
MODELS = ".model nmos nmos\n.model pmos pmos\n"
RUN = """
import resource, sys, time
from faultsim.cli.app import app
start = time.perf_counter()
app(["sites", sys.argv[1], "--json"], standalone_mode=False)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(f"{time.perf_counter() - start} {peak}", file=sys.stderr)
"""


def hierarchical(devices: int) -> str:
    """Return a crossbar of cells in rows of 100."""
    cells = devices // PER_CELL
    lines = [
        f"XC{cell} in{cell // 100} bl{cell % 100} pe pot dep sl vdd cell w={1 + cell % 2}" for cell in range(cells)
    ]
    return "crossbar\n" + CELL + MODELS + "\n".join(lines) + "\nV1 vdd 0 1\n.op\n.end\n"


def flat(devices: int) -> str:
    """Return the same size without subcircuits."""
    kinds = ("M{n} n{n} n{p} n{q} 0 nmos w=1u l=40n", "R{n} n{n} n{p} {n}", "C{n} n{n} 0 1p")
    lines = [kinds[n % 3].format(n=n, p=n - 1, q=n // 2) for n in range(1, devices + 1)]
    return "flat\n" + MODELS + "\n".join(lines) + "\nV1 n0 0 1\n.op\n.end\n"


def measured(deck: Path) -> tuple[float, float, int]:
    """Return seconds, peak megabytes and defects of one run in a process of its own."""
    # Not into this process: a child's peak counts what its parent held when it was forked.
    listed = deck.with_suffix(".json")
    with listed.open("wb") as stream:
        command = [sys.executable, "-c", RUN, str(deck)]
        done = subprocess.run(command, stdout=stream, stderr=subprocess.PIPE, text=True, check=True)
    seconds, megabytes = done.stderr.splitlines()[-1].split()
    with listed.open() as stream:
        return float(seconds), float(megabytes), sum('"id"' in line for line in stream)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    # Other benchmarks have arguments of their own.
    sizes = parser.parse_known_args()[0].devices
    with tempfile.TemporaryDirectory() as folder:
        print(f"{'deck':14} {'devices':>8} {'defects':>9} {'s':>7} {'us/device':>10} {'MB':>7}")
        for make in (flat, hierarchical):
            for devices in sizes:
                deck = Path(folder, f"{make.__name__}{devices}.cir")
                deck.write_text(make(devices))
                seconds, megabytes, defects = measured(deck)
                each = seconds / devices * 1e6
                print(f"{make.__name__:14} {devices:8} {defects:9} {seconds:7.2f} {each:10.1f} {megabytes:7.0f}")


if __name__ == "__main__":
    main()
