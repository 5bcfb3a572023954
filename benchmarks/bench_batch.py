"""The batch engine against scipy's solve_ivp in a loop over the same neuron and windows, at the same accuracy.

    python benchmarks/bench_batch.py [--side N] [--sample N] [--rounds N]

solve_ivp runs a sample of the map, each case up to its first spike as in the engine. It is tried with three methods,
with and without a restart at each knot of the drive, and with ever finer tolerances; the fastest setting that is no
less accurate than the engine is the one compared. Its right-hand side works on plain floats, which is faster than numpy
for three components. The best of some rounds counts, for both.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.integrate import solve_ivp

from faultsim.circuits import network
from faultsim.circuits.neuron import neuron_site
from faultsim.magnetics.batch import Cases, simulate
from faultsim.magnetics.layer import Layer, Neuron, Reader
from faultsim.magnetics.train import Floats, Mark, rectangular

CIRCUIT, TEMPERATURE_C, LEVEL = "crossbar4-lif", 27.0, 0.5
# LATS 2024, Table III: the current of four active inputs; the heavy metal's resistance is the neuron set's.
CURRENT_A, METAL_OHM = 108.44e-6, 160 / 3
PULSES, REST_S, EDGE_S, READ_S = 5, 10e-9, 20e-12, 0.15e-9
LEAST_RATIO, LONGEST_MAP_S = 200, 2.0
TOLERANCES = [10 ** (-step / 4) for step in range(12, 45)]


@dataclass(frozen=True)
class Setting:
    """How solve_ivp is run.

    Attributes:
        method: Its method.
        restarts: It starts anew at each knot of the drive, not only at each read.
        tolerance: Relative and absolute.
    """

    method: str
    restarts: bool
    tolerance: float

    def __str__(self) -> str:
        return f"{named(self.method, self.restarts)}, tolerance {self.tolerance:.1e}"


def named(method: str, restarts: bool) -> str:
    return f"{method} from {'knot to knot' if restarts else 'read to read'}"


EXACT = Setting("DOP853", True, 1e-12)
KINDS = [(method, restarts) for restarts in (True, False) for method in ("RK45", "DOP853", "LSODA")]

State = list[float]
Rate = Callable[[float, Floats], State]


class Loop:
    """One neuron by solve_ivp, case by case."""

    def __init__(self, layer: Layer, peak_v: float) -> None:
        self.layer, self.peak_v = layer, peak_v
        self.gyration, self.alpha, *rest = layer.coefficients()
        self.anisotropy, self.field, self.spin_per_v, self.field_per_v = np.reshape(rest[:12], (4, 3)).tolist()

    def reads(self, integrate_s: float, leaky_s: float, setting: Setting, whole: bool = False) -> list[State]:
        """Return the state at each read, up to the first spike or to the end."""
        state, states = list(self.layer.start), []
        for times_s, drive_v in self._between_reads(integrate_s, leaky_s):
            if setting.restarts:
                for (start_s, stop_s), (first_v, last_v) in zip(pairwise(times_s), pairwise(drive_v), strict=True):
                    slope = (last_v - first_v) / (stop_s - start_s)
                    state = self._crossed(state, start_s, stop_s, self._straight(start_s, first_v, slope), setting)
            else:
                # No step may pass over a pulse.
                longest_s = integrate_s / 2
                rate = self._kinked(times_s, drive_v)
                state = self._crossed(state, times_s[0], times_s[-1], rate, setting, longest_s)
            states.append(state)
            if state[2] < LEVEL and not whole:
                break
        return states

    def _between_reads(self, integrate_s: float, leaky_s: float) -> Iterator[tuple[State, State]]:
        """Yield the knots of the drive from one read to the next."""
        before_s, half_s = -REST_S, EDGE_S / 2
        for pulse in range(PULSES):
            up_s = pulse * (integrate_s + leaky_s)
            down_s = up_s + integrate_s
            edges_s = [up_s - half_s, up_s + half_s, down_s - half_s, down_s + half_s]
            yield [before_s, *edges_s, down_s + READ_S], [0.0, 0.0, self.peak_v, self.peak_v, 0.0, 0.0]
            before_s = down_s + READ_S

    def _crossed(
        self, state: State, start_s: float, stop_s: float, rate: Rate, setting: Setting, longest_s: float = math.inf
    ) -> State:
        tolerances = {"rtol": setting.tolerance, "atol": setting.tolerance}
        solution = solve_ivp(rate, (start_s, stop_s), state, setting.method, max_step=longest_s, **tolerances)
        assert solution.success, solution.message
        return solution.y[:, -1].tolist()

    def _straight(self, start_s: float, first_v: float, slope: float) -> Rate:
        return self._rate(lambda time_s: first_v + slope * (time_s - start_s))

    def _kinked(self, times_s: State, drive_v: State) -> Rate:
        slopes = (np.diff(drive_v) / np.diff(times_s)).tolist()

        def drive(time_s: float) -> float:
            piece = min(bisect_right(times_s, time_s), len(slopes)) - 1
            return drive_v[piece] + slopes[piece] * (time_s - times_s[piece])

        return self._rate(drive)

    def _rate(self, drive: Callable[[float], float]) -> Rate:
        g, alpha = self.gyration, self.alpha
        (kx, ky, kz), (fx, fy, fz) = self.anisotropy, self.field
        (px, py, pz), (qx, qy, qz) = self.spin_per_v, self.field_per_v

        def rate(time_s: float, m: Floats) -> State:
            x, y, z = m.tolist()
            u = drive(time_s)
            hx, hy, hz = fx + kx * x + qx * u, fy + ky * y + qy * u, fz + kz * z + qz * u
            sx, sy, sz = px * u, py * u, pz * u
            ax, ay, az = hx - alpha * sx, hy - alpha * sy, hz - alpha * sz
            bx, by, bz = alpha * hx + sx, alpha * hy + sy, alpha * hz + sz
            q = x * bx + y * by + z * bz
            return [
                -g * (y * az - z * ay + x * q - bx),
                -g * (z * ax - x * az + y * q - by),
                -g * (x * ay - y * ax + z * q - bz),
            ]

        return rate


def seconds(call: Callable[[], object]) -> tuple[float, float]:
    """Return how long a call takes, on the clock and on the cores together."""
    wall, cores = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - wall, time.process_time() - cores


def error(found: list[Floats], exact: list[Floats]) -> float:
    return max(float(np.linalg.norm(one - other, axis=1).max()) for one, other in zip(found, exact, strict=True))


def run(loop: Loop, sample: Cases, setting: Setting, whole: bool = False) -> list[Floats]:
    """Return the states at the reads of each case."""
    windows = zip(sample.integrate_s.tolist(), sample.leaky_s.tolist(), strict=True)
    return [np.array(loop.reads(*window, setting, whole)) for window in windows]


def coarsest(
    loop: Loop, sample: Cases, exact: list[Floats], wanted: float, kind: tuple[str, bool], patience_s: float
) -> tuple[float, float, Setting] | None:
    """Return seconds, error and setting of the coarsest tolerance that is accurate enough; None if slower than that."""
    for tolerance in TOLERANCES:
        setting = Setting(*kind, tolerance)
        wall, _ = seconds(lambda setting=setting: run(loop, sample, setting))
        if wall > patience_s:
            break
        apart = error(run(loop, sample, setting, whole=True), exact)
        if apart <= wanted:
            return wall, apart, setting
    return None


def fastest(loop: Loop, sample: Cases, exact: list[Floats], wanted: float) -> Setting:
    """Return the fastest setting that is accurate enough."""
    found: list[tuple[float, Setting]] = []
    for kind in KINDS:
        one = coarsest(loop, sample, exact, wanted, kind, 2 * min((wall for wall, _ in found), default=math.inf))
        if one is None:
            print(f"  {named(*kind)}: more than twice the time of the best, or never so accurate")
            continue
        wall, apart, setting = one
        print(f"  {setting}: error {apart:.1e}, {1e3 * wall / len(sample):.2f} ms a case", flush=True)
        found.append((wall, setting))
    return min(found, key=lambda item: item[0])[1]


def neuron() -> tuple[Neuron, tuple[float, float], tuple[float, float]]:
    """Return the neuron, and the ends of its map."""
    circuit = network.load(CIRCUIT)
    spec = circuit.sidecar.neuron
    assert spec is not None
    layer = neuron_site(circuit, circuit.cards, TEMPERATURE_C).layer
    train = rectangular(CURRENT_A * METAL_OHM, PULSES, REST_S, EDGE_S, READ_S)
    return Neuron(layer, train, Reader(level=LEVEL)), spec.integrate, spec.leaky


def compared(subject: Neuron, loop: Loop, sample: Cases) -> Setting:
    """Print how accurate both are, and return the fastest setting as accurate as the engine."""
    # This also compiles.
    found = simulate([subject], sample, noted=True)
    exact = run(loop, sample, EXACT, whole=True)
    assert found.fired.tolist() == [int(np.argmax(m[:, 2] < LEVEL)) + 1 if m[:, 2].min() < LEVEL else 0 for m in exact]
    wanted = error(list(found.noted[:, :, Mark.READ]), exact)
    print(f"{CIRCUIT}: errors of m at the reads of {len(sample)} pairs of windows")
    print(f"  batch engine: error {wanted:.1e}")
    return fastest(loop, sample, exact, wanted)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=40)
    parser.add_argument("--sample", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=5)
    # Other benchmarks have arguments of their own.
    asked = parser.parse_known_args()[0]
    subject, *ends = neuron()
    whole = Cases.of(0, *np.meshgrid(*(np.linspace(*pair, asked.side) for pair in ends)))
    chosen = np.random.default_rng(1).choice(len(whole), min(asked.sample, len(whole)), replace=False)
    sample = Cases.of(0, whole.integrate_s[chosen], whole.leaky_s[chosen])
    loop = Loop(subject.layer, CURRENT_A * METAL_OHM)
    setting, rounds = compared(subject, loop, sample), range(asked.rounds)
    theirs = np.min([seconds(lambda: run(loop, sample, setting)) for _ in rounds], axis=0) / len(sample)
    maps = np.min([seconds(lambda: simulate([subject], whole)) for _ in rounds], axis=0)
    (ratio, by_core), map_s = theirs / (maps / len(whole)), maps[0]
    print(f"solve_ivp, {setting}: {1e3 * theirs[0]:.2f} ms a case on one core;")
    print(f"  all {len(whole)} cases would take {theirs[0] * len(whole):.1f} s (scaled from {len(sample)})")
    print(f"batch engine, {os.cpu_count()} cores: {1e6 * map_s / len(whole):.1f} us a case,")
    print(f"  {map_s:.4f} s for the map of {asked.side} x {asked.side} (less than {LONGEST_MAP_S:g} s)")
    print(f"solve_ivp takes {ratio:.0f} times as long, {by_core:.0f} times in core seconds (at least {LEAST_RATIO})")
    if min(ratio, by_core) < LEAST_RATIO or map_s >= LONGEST_MAP_S:
        sys.exit("the batch engine is too slow")


if __name__ == "__main__":
    main()
