"""The batch engine against the she_mtj subcircuit in ngspice, with the tolerances that circuits are simulated with."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from faultsim.magnetics.batch import Cases, simulate
from faultsim.magnetics.layer import Layer, Neuron, Reader
from faultsim.magnetics.train import Mark, Piece, PulseTrain, pulse_train, rectangular
from tests.spice.llg_bench import (
    CIRCUITS,
    Floats,
    Parameters,
    initial,
    magnetisation_nodes,
    mtj,
    pwl,
    set_parameters,
    spin_hall_field_per_amp,
    spin_transfer_field_per_amp,
)
from tests.spice.llg_bench import simulate as ngspice

SETS = {"lats-quant": "neuron_lats_quant.cir", "lif-alpha045": "neuron_lif_alpha045.cir"}
GEOMETRY = {"lx": 45e-9, "ly": 45e-9, "lhm": 60e-9, "whm": 45e-9, "thm": 5e-9}
NUMBERS = ("ms", "alpha", "hkz", "tf", "theta", "beta", "lsf", "tint", "rho", "ra", "tmr", "stt")
CURRENT_A = 108.44e-6
PULSES, REST_S, EDGE_S, INTEGRATE_S, LEAKY_S = 4, 1e-9, 20e-12, 1.1e-9, 8.9e-9
PERIOD_S, HALF_S = INTEGRATE_S + LEAKY_S, EDGE_S / 2
STOP_S = REST_S + PULSES * PERIOD_S
# After the start of each window, or of each leaky window: where the states are compared.
LOOKS_S = np.linspace(0.03e-9, 9.9e-9, 60)
LEAKY_LOOKS_S = np.linspace(0.03e-9, 8.8e-9, 60)


def device(neuron_set: str) -> Parameters:
    """Return the junction of a neuron set, without its barrier's capacitance: a current passes the pillar at once."""
    n = {
        key.removeprefix("n_"): value for key, value in set_parameters(CIRCUITS / "devices" / SETS[neuron_set]).items()
    }
    m0 = (0.0, n["my0"], math.sqrt(1 - n["my0"] ** 2))
    return GEOMETRY | {name: n[name] for name in NUMBERS} | initial(m0) | {"epsr": 0.0}


def metal_ohm(junction: Parameters) -> float:
    return junction["rho"] * junction["lhm"] / (junction["whm"] * junction["thm"])


def layer_of(junction: Parameters) -> Layer:
    spin_per_v = spin_hall_field_per_amp(junction) / metal_ohm(junction)
    return Layer(
        alpha=junction["alpha"],
        anisotropy_a_per_m=(0, 0, junction["hkz"]),
        metal_spin=(0, spin_per_v, 0),
        metal_field=(0, junction["beta"] * spin_per_v, 0),
        pillar_spin=(0, 0, -spin_transfer_field_per_amp(junction)),
        start=(junction["mx0"], junction["my0"], junction["mz0"]),
    )


def pulses(peak_a: float, after_s: float, width_s: float) -> str:
    """Return the waveform of trapezoids, one in each window, measured at half their height."""
    corners_s = np.array([-HALF_S, HALF_S, width_s - HALF_S, width_s + HALF_S])
    times_s = REST_S + after_s + np.add.outer(PERIOD_S * np.arange(PULSES), corners_s).ravel()
    return pwl([0, *times_s], [0, *[0, peak_a, peak_a, 0] * PULSES])


def spice_states(folder: Path, junction: Parameters, *sources: str) -> tuple[Floats, Floats]:
    """Return the times of a transient, from the start of the first integrate window, and the states there."""
    traces = ngspice(folder, [mtj("a", "she_mtj", "pil ha 0", junction), *sources], magnetisation_nodes("a"), STOP_S)
    return traces.time_s - REST_S, traces.magnetisation("a")


def states(layer: Layer, trains: list[PulseTrain]) -> Floats:
    """Return the states at the marks of each train, shape (trains, pulses, marks, 3)."""
    neurons = [Neuron(layer, train, Reader()) for train in trains]
    return simulate(neurons, Cases.of(np.arange(len(trains)), INTEGRATE_S, LEAKY_S), noted=True).noted


def farthest(spice: tuple[Floats, Floats], after_s: Floats, found: Floats) -> float:
    """Return how far states are from SPICE's at times after the start of each window, shape (T,) and (T, pulses, 3)."""
    times_s = np.add.outer(after_s, PERIOD_S * np.arange(PULSES))
    expected = np.stack([np.interp(times_s, spice[0], values) for values in spice[1].T], axis=-1)
    return float(np.linalg.norm(found - expected, axis=-1).max())


@pytest.mark.parametrize("neuron_set", SETS)
def test_neurons_follow_spice_through_four_pulses(tmp_path: Path, neuron_set: str) -> None:
    junction = device(neuron_set)
    spice = spice_states(tmp_path, junction, f"idrive 0 ha {pulses(CURRENT_A, 0, INTEGRATE_S)}")
    peak_v = CURRENT_A * metal_ohm(junction)
    trains = [rectangular(peak_v, PULSES, REST_S, EDGE_S, look_s) for look_s in LEAKY_LOOKS_S]
    found = states(layer_of(junction), trains)
    assert found[:, :, Mark.READ, 2].min() < 0.8
    assert farthest(spice, INTEGRATE_S + LEAKY_LOOKS_S, found[:, :, Mark.READ]) < 1e-3
    begin_s, integrated_s, leaked_s = -HALF_S, INTEGRATE_S + HALF_S, PERIOD_S - HALF_S
    for mark, after_s in ((Mark.BEGIN, begin_s), (Mark.INTEGRATED, integrated_s), (Mark.LEAKED, leaked_s)):
        assert farthest(spice, np.array([after_s]), found[:1, :, mark]) < 1e-3


READ_A, READ_AFTER_S, READ_WIDTH_S = 5e-6, 1.5e-9, 3e-9


def read_train(peak_v: float, half_metal_ohm: float, look_s: float) -> PulseTrain:
    """Return trapezoids of the metal and of the pillar, whose current crosses half of the metal."""
    read_v = READ_A * half_metal_ohm
    levels = [(-HALF_S, 0.0, (peak_v, 0.0)), (-HALF_S, 1.0, (0.0, 0.0))]
    levels += [(READ_AFTER_S - HALF_S, 0.0, (read_v, READ_A)), (READ_AFTER_S + READ_WIDTH_S - HALF_S, 0.0, (0.0, 0.0))]
    pieces, before = [Piece(0, -REST_S, knots=[(0.0, 0.0, 0.0)])], (0.0, 0.0)
    for pulse in range(PULSES):
        for offset_s, share, level in levels:
            pieces.append(Piece(pulse, offset_s, share, knots=[(0.0, *before), (EDGE_S, *level)]))
            before = level
        pieces.append(Piece(pulse, HALF_S, 1.0, Mark.INTEGRATED))
        pieces.append(Piece(pulse, look_s, 0.0, Mark.READ))
    return pulse_train(sorted(pieces, key=lambda piece: piece.pulse * PERIOD_S + at_s(piece)))


def at_s(piece: Piece) -> float:
    return piece.offset_s + piece.share * INTEGRATE_S


@pytest.mark.parametrize("neuron_set", SETS)
def test_a_read_current_through_pillar_and_metal(tmp_path: Path, neuron_set: str) -> None:
    junction = device(neuron_set)
    metal = f"idrive 0 ha {pulses(CURRENT_A, 0, INTEGRATE_S)}"
    pillar = f"iread 0 pil {pulses(READ_A, READ_AFTER_S, READ_WIDTH_S)}"
    spice = spice_states(tmp_path, junction, metal, pillar)
    ohm, layer = metal_ohm(junction), layer_of(junction)
    trains = [read_train(CURRENT_A * ohm, ohm / 2, look_s) for look_s in LOOKS_S]
    found = states(layer, trains)[:, :, Mark.READ]
    assert farthest(spice, LOOKS_S, found) < 1e-3
    # The read does something.
    without = states(replace(layer, pillar_spin=(0, 0, 0)), trains)[:, :, Mark.READ]
    assert farthest(spice, LOOKS_S, without) > 1e-2
