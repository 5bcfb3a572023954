"""Memory of one simulation worker over many short transients, decks and altered values taking turns.

python benchmarks/bench_worker_memory.py [--transients N]
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from faultsim.spice.job import Job, Status
from faultsim.spice.pool import WorkerPool

STOP_S, STEP_S, TIMEOUT_S = 20e-9, 0.1e-9, 60.0
MOS = Path(__file__).parents[1] / "circuits/devices/mos40.cir"
MOST_GROWTH_MB, STAGES = 20, 10
# An inverter with a load that is altered, and a capacitor as a state behind a source with an expression.
INVERTER = """inverter {number}
{mos}
.param half={number}n
.subckt stage a y vdd
MP y a vdd vdd pmos40 w=180n l=40n
MN y a 0 0 nmos40 w=108n l=40n
.ends
VDD vdd 0 1.1
VA a 0 PWL(0 0 2n 0 2.1n 1.1 12n 1.1 12.1n 0)
X1 a y vdd stage
ROPEN y z 1k
C1 z 0 {{half*1u}}
CM m 0 1p ic=1
BM m 0 i=1m*(v(m)-v(z))*(1+0.1*v(m)*v(m))
.options method=trap reltol=1e-4
.save v(z) v(m)
.tran {step:g} {stop:g} 0 {step:g} uic
.end
"""


def jobs(count: int) -> Iterator[Job]:
    """Yield transients: five values on a deck, then the next deck of three."""
    mos = MOS.read_text()
    decks = [INVERTER.format(number=number, mos=mos, step=STEP_S, stop=STOP_S) for number in (1, 2, 3)]
    for number in range(count):
        deck = decks[number // 5 % len(decks)]
        yield Job(
            deck,
            STOP_S,
            {"z": "v(z)", "m": "v(m)"},
            {"end": "largest(at(z, ends))"},
            {"ends": [STOP_S / 2, STOP_S]},
            {"ropen": 1e3 * (1 + number)},
        )


def resident_mb(process: int) -> float:
    """Return the memory of a process that is in use."""
    status = Path(f"/proc/{process}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--transients", type=int, default=10_000)
    # Other benchmarks have arguments of their own.
    count = parser.parse_known_args()[0].transients
    with WorkerPool(1, TIMEOUT_S) as pool:
        (worker,) = multiprocessing.active_children()
        started, first = time.perf_counter(), 0.0
        for number, job in enumerate(jobs(count), 1):
            outcome = pool.submit(job).result().outcome
            if outcome.status is not Status.OK:
                sys.exit(f"transient {number}: {outcome.status}: {outcome.log_tail}")
            if number == 1:
                first = resident_mb(worker.pid or 0)
            if number % max(1, count // STAGES) == 0:
                grown = resident_mb(worker.pid or 0) - first
                print(f"{number:6} transients, {time.perf_counter() - started:6.1f} s: {grown:+.1f} MB", flush=True)
    print(f"bar: <= {MOST_GROWTH_MB} MB over 10,000 transients | measured: {grown:+.1f} MB over {count:,}")


if __name__ == "__main__":
    main()
