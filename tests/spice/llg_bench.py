"""Small decks around the LLG subcircuits, run by ngspice in batch mode."""

from __future__ import annotations

import math
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faultsim.magnetics import FreeLayer, spin_hall_field_a_per_m, spin_transfer_field_a_per_m
from faultsim.units import parse_quantity

CIRCUITS = Path(__file__).resolve().parents[2] / "circuits"
NEURON_SET = CIRCUITS / "devices" / "neuron_lats_quant.cir"
MAX_STEP_S = 10e-12
EDGE_S = 20e-12
FIRST_PULSE_S = 10e-9

Floats = NDArray[np.float64]
Seconds = float | Floats
Parameters = dict[str, float]
Vector = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Traces:
    """What a transient saved: a value per time point for each name, such as ``v(mxa)``."""

    time_s: Floats
    values: dict[str, Floats]

    def __getitem__(self, name: str) -> Floats:
        return self.values[name]

    def magnetisation(self, name: str) -> Floats:
        """Return the magnetisation of one device, shape (T, 3)."""
        return np.stack([self.values[node] for node in magnetisation_nodes(name)], axis=1)


def magnetisation_nodes(name: str) -> list[str]:
    """Return the vectors that hold the magnetisation of one device."""
    return [f"v(m{axis}{name})" for axis in "xyz"]


def mtj(name: str | int, subcircuit: str, terminals: str, parameters: Parameters, fields: str = "0 0 0") -> str:
    """Return the instance line of an MTJ named ``name``; its magnetisation is on nodes mx<name>, my<name>, mz<name>."""
    assignments = " ".join(f"{key}={value:.17g}" for key, value in parameters.items())
    return f"x{name} {terminals} mx{name} my{name} mz{name} {fields} {subcircuit} {assignments}"


def pwl(times_s: Iterable[float], values: Iterable[float]) -> str:
    """Return a piecewise-linear source's waveform."""
    points = (f"{time:.17g} {value:.17g}" for time, value in zip(times_s, values, strict=True))
    return f"pwl({' '.join(points)})"


def simulate(
    folder: Path, circuit: Iterable[str], saved: Sequence[str], stop_s: float, max_step_s: float = MAX_STEP_S
) -> Traces:
    """Run one transient, from the devices' initial magnetisation, and return the saved vectors."""
    includes = [f'.include "{CIRCUITS}/devices/{name}.cir"' for name in ("prism", "she_mtj", "stt_mtj")]
    deck = [
        "LLG bench",
        *includes,
        *circuit,
        ".options reltol=1e-4 chgtol=1e-16 method=trap",
        *(f".save {name}" for name in saved),
        ".control",
        "set num_threads=1",
        f"tran {max_step_s:g} {stop_s:.17g} 0 {max_step_s:g} uic",
        "write traces.raw",
        ".endc",
        ".end",
    ]
    (folder / "bench.cir").write_text("\n".join(deck) + "\n")
    command = ["ngspice", "-n", "-b", "bench.cir"]
    log = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    raw = folder / "traces.raw"
    assert raw.exists(), log.stdout + log.stderr
    traces = read_raw(raw)
    assert math.isclose(traces.time_s[-1], stop_s), f"stopped at {traces.time_s[-1]:g} s\n{log.stdout}{log.stderr}"
    # ngspice's last time point is the stop time but for rounding, and may lie past it.
    return Traces(np.minimum(traces.time_s, stop_s), traces.values)


def read_raw(path: Path) -> Traces:
    """Return what ngspice has written into a raw file."""
    header, _, data = path.read_bytes().partition(b"Binary:\n")
    names = re.findall(r"^\t\d+\t(\S+)\t", header.decode(), flags=re.MULTILINE)
    columns = dict(zip(names, np.frombuffer(data).reshape(-1, len(names)).T, strict=True))
    return Traces(columns.pop("time"), columns)


def instance_parameters(deck: Path, instance: str, **known: float) -> Parameters:
    """Return the parameters that a cell's deck gives one instance; ``known`` has those the deck itself leaves open.

    A value in braces must be the name of a known parameter, or of one that the cell has a default for; one that is an
    expression is left out.
    """
    logical_lines = deck.read_text().replace("\n+", "").splitlines()
    line = next(line for line in logical_lines if line.lower().startswith(instance.lower() + " "))
    cell = next(line for line in logical_lines if line.lower().startswith(".subckt "))
    return _assigned(line, _assigned(cell, {}) | known)


def set_parameters(deck: Path) -> Parameters:
    """Return the numbers that the .param lines of a parameter set assign."""
    lines = (line for line in deck.read_text().splitlines() if line.startswith(".param"))
    return {key: value for line in lines for key, value in _assigned(line, {}).items()}


def _assigned(line: str, known: Parameters) -> Parameters:
    values = {}
    for key, text in re.findall(r"(\w+)=(\{.*?\}|\S+)", line):
        if not text.startswith("{"):
            values[key] = parse_quantity(text)
        elif text.strip("{}") in known:
            values[key] = known[text.strip("{}")]
    return values


def free_layer(device: Parameters) -> FreeLayer:
    """Return the reference's free layer for an MTJ's parameters."""
    anisotropy = {"hkz_a_per_m": device.get("hkz", 0.0), "hky_a_per_m": device.get("hky", 0.0)}
    return FreeLayer(device["tf"], device["ms"], device["alpha"], **anisotropy)


def spin_hall_field_per_amp(device: Parameters) -> float:
    """Return the spin-Hall field of one ampere through the heavy metal, A/m."""
    density = 1 / (device["whm"] * device["thm"])
    metal = device["theta"], device["thm"], device["lsf"], device.get("tint", 1.0)
    return spin_hall_field_a_per_m(density, free_layer(device), *metal)


def spin_transfer_field_per_amp(device: Parameters) -> float:
    """Return the spin-transfer field of one ampere through the junction, A/m."""
    return spin_transfer_field_a_per_m(1 / (device["lx"] * device["ly"]), free_layer(device), device["stt"])


def tilted(angle_rad: float, sign: int = 1) -> Vector:
    """Return a unit vector that leans by an angle from +z, or from -z for a negative sign, towards +x."""
    return math.sin(angle_rad), 0.0, sign * math.cos(angle_rad)


def initial(m0: Iterable[float]) -> Parameters:
    """Return the parameters that start an MTJ at a magnetisation."""
    return dict(zip(("mx0", "my0", "mz0"), m0, strict=True))


def pulse_knots(integrate_window_s: Seconds, leaky_window_s: Seconds, pulses: int) -> list[Seconds]:
    """Return the knots of a pulse train, from 0 on; the integrate window is a pulse's width at half its height."""
    knots: list[Seconds] = [0 * integrate_window_s]
    for pulse in range(pulses):
        rise = FIRST_PULSE_S + pulse * (integrate_window_s + leaky_window_s)
        fall = rise + integrate_window_s
        knots += [rise, rise + EDGE_S, fall, fall + EDGE_S]
    return knots


def pulse_levels(pulses: int) -> list[float]:
    """Return the pulse train's height at its knots."""
    return [0.0, *[0.0, 1.0, 1.0, 0.0] * pulses]
