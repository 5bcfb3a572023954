"""The LLG subcircuits against an independent integrator and against closed forms."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import constants

from faultsim.magnetics import (
    Drive,
    demagnetising_factors,
    integrate,
    integrate_to_knots,
    larmor_frequency_hz,
    relaxation_time_s,
)
from tests.spice.llg_bench import (
    CIRCUITS,
    EDGE_S,
    NEURON_SET,
    Floats,
    Parameters,
    Traces,
    Vector,
    free_layer,
    initial,
    instance_parameters,
    magnetisation_nodes,
    mtj,
    pulse_knots,
    pulse_levels,
    pwl,
    set_parameters,
    simulate,
    spin_hall_field_per_amp,
    spin_transfer_field_per_amp,
    tilted,
)

FIRING_LEVEL = 0.875
READ_DELAY_S = 50e-12
HALF_STROBE_S = 100e-12

# Slow enough for 10 ps steps: at 5 kA/m it precesses at 176 MHz.
SLOW_LAYER = {"lx": 45e-9, "ly": 45e-9, "tf": 1.3e-9, "ms": 1e6, "alpha": 0.05, "hkz": 5e3}
OBLIQUE = (0.36, 0.48, 0.8)
BAR = {"lhm": 60e-9, "whm": 45e-9, "thm": 5e-9, "rho": 200e-9, "theta": 0.15, "lsf": 2e-9, "tint": 0.7}
# No barrier capacitance: a driven current then passes the junction at once, as the reference has it.
JUNCTION = {"stt": 0.6, "ra": 10e-12, "tmr": 1.5, "vh": 0.4, "epsr": 0.0}
# A pulse, and a longer one the other way.
BURST_S = np.array([0, 1, 1.02, 3, 3.02, 10, 10.02, 14, 14.02, 30]) * 1e-9
BURST_LEVELS = np.array([0, 0, 1, 1, 0, 0, -1, -1, 0, 0])


def neuron() -> tuple[Parameters, Vector]:
    """Return the neuron's SHE-MTJ with set lats-quant, and its initial magnetisation."""
    device = instance_parameters(CIRCUITS / "cells" / "neuron.cir", "XMTJ", **set_parameters(NEURON_SET))
    m0 = (0.0, device["my0"], math.sqrt(1 - device["my0"] ** 2))
    return device | initial(m0), m0


def assert_follows(traces: Traces, name: str, reference: Floats) -> None:
    m = traces.magnetisation(name)
    assert np.linalg.norm(m - reference, axis=1).max() < 1e-3
    assert np.abs(np.linalg.norm(m, axis=1) - 1).max() < 1e-3


def test_neuron_follows_the_reference_through_five_pulses(tmp_path: Path) -> None:
    device, m0 = neuron()
    times_s = np.array([*pulse_knots(1e-9, 9e-9, pulses=5), 60e-9])
    currents_a = 108e-6 * np.array([*pulse_levels(5), 0.0])
    circuit = [mtj("a", "she_mtj", "pil ha 0", device), f"idrive 0 ha {pwl(times_s, currents_a)}"]
    traces = simulate(tmp_path, circuit, magnetisation_nodes("a"), stop_s=60e-9)
    drive = Drive(times_s, currents_a, spin_field_per_amp=(0, spin_hall_field_per_amp(device), 0))
    reference = integrate(free_layer(device), m0, drive, traces.time_s)
    assert reference[:, 2].min() < FIRING_LEVEL
    assert_follows(traces, "a", reference)


def strobe_knots_s(integrate_windows_s: Floats, leaky_windows_s: Floats) -> Floats:
    """Return the knots of three pulses, the last one in the middle of the read strobe that follows, shape (K, N)."""
    pulses = pulse_knots(integrate_windows_s, leaky_windows_s, pulses=3)
    return np.array([*pulses, pulses[-1] - EDGE_S / 2 + READ_DELAY_S + HALF_STROBE_S])


STROBE_LEVELS = [*pulse_levels(3), 0.0]


def reference_fires(currents_a: Floats, knots_s: Floats) -> NDArray[np.bool_]:
    device, m0 = neuron()
    drive = Drive(knots_s, np.outer(STROBE_LEVELS, currents_a), (0, spin_hall_field_per_amp(device), 0))
    return integrate_to_knots(free_layer(device), m0, drive)[-1, 2] < FIRING_LEVEL


def threshold_currents_a(knots_s: Floats) -> Floats:
    """Return each case's firing threshold by the reference, to 1 nA."""
    silent_a, firing_a = np.full((2, knots_s.shape[1]), [[60e-6], [140e-6]])
    assert not reference_fires(silent_a, knots_s).any()
    assert reference_fires(firing_a, knots_s).all()
    while (firing_a - silent_a).max() > 1e-9:
        middle_a = (silent_a + firing_a) / 2
        fires = reference_fires(middle_a, knots_s)
        silent_a, firing_a = np.where(fires, silent_a, middle_a), np.where(fires, middle_a, firing_a)
    return firing_a


def spice_fires(folder: Path, currents_a: Floats, knots_s: Floats) -> NDArray[np.bool_]:
    folder.mkdir()
    device, _ = neuron()
    circuit, names = [], range(currents_a.size)
    for name in names:
        circuit.append(mtj(name, "she_mtj", f"pil{name} ha{name} 0", device))
        circuit.append(f"idrive{name} 0 ha{name} {pwl(knots_s[:, name], currents_a[name] * np.array(STROBE_LEVELS))}")
    traces = simulate(folder, circuit, [f"v(mz{name})" for name in names], stop_s=knots_s[-1].max())
    mz = [np.interp(knots_s[-1, name], traces.time_s, traces[f"v(mz{name})"]) for name in names]
    return np.array(mz) < FIRING_LEVEL


def test_neuron_fires_as_the_reference_does_away_from_the_threshold(tmp_path: Path) -> None:
    draw, cases = np.random.default_rng(2024).uniform, 200
    currents_a = draw(70e-6, 130e-6, cases)
    knots_s = strobe_knots_s(draw(0.9e-9, 1.3e-9, cases), draw(8.5e-9, 9.5e-9, cases))
    thresholds_a = threshold_currents_a(knots_s)
    outside = np.abs(currents_a / thresholds_a - 1) > 0.005
    assert outside.sum() >= 150
    expected = reference_fires(currents_a, knots_s)
    assert np.array_equal(expected[outside], (currents_a > thresholds_a)[outside])

    # Every case adds 12 breakpoints to its deck's time steps, so that ten small decks take less time than a large one.
    decks = np.array_split(np.arange(cases), 10)
    with ThreadPoolExecutor(2) as pool:
        fires = pool.map(lambda deck: spice_fires(tmp_path / f"{deck[0]}", currents_a[deck], knots_s[:, deck]), decks)
    assert np.array_equal(np.concatenate(list(fires))[outside], expected[outside])


def test_field_nodes_act_as_an_applied_field(tmp_path: Path) -> None:
    times_s = np.linspace(0, 20e-9, 201)
    noise_a_per_m = np.random.default_rng(7).normal(scale=2e3, size=times_s.size)
    direction = (1.0, -0.7, 0.5)
    device = SLOW_LAYER | initial(OBLIQUE)
    circuit = [
        *(f"vh{x} h{x} 0 {pwl(times_s, part * noise_a_per_m)}" for x, part in zip("xyz", direction, strict=True)),
        mtj("a", "she_mtj", "pil ha 0", device, "hx hy hz"),
        mtj("b", "stt_mtj", "fix 0", device, "hx hy hz"),
    ]
    traces = simulate(tmp_path, circuit, magnetisation_nodes("a") + magnetisation_nodes("b"), stop_s=20e-9)
    drive = Drive(times_s, noise_a_per_m, field_per_amp=direction)
    reference = integrate(free_layer(device), OBLIQUE, drive, traces.time_s)
    assert_follows(traces, "a", reference)
    assert_follows(traces, "b", reference)


def assert_follows_burst(
    folder: Path, instance: str, device: Parameters, peak_a: float, spin_field: Vector, field: Vector = (0, 0, 0)
) -> None:
    """Drive node ``in`` with the burst; the fields are those of one ampere of it."""
    circuit = [instance, f"idrive 0 in {pwl(BURST_S, peak_a * BURST_LEVELS)}"]
    traces = simulate(folder, circuit, magnetisation_nodes("a"), stop_s=BURST_S[-1])
    drive = Drive(BURST_S, peak_a * BURST_LEVELS, spin_field, field)
    assert_follows(traces, "a", integrate(free_layer(device), OBLIQUE, drive, traces.time_s))


@pytest.mark.parametrize("beta", [0.4, -0.4])
def test_spin_hall_torque_with_its_field_like_part(tmp_path: Path, beta: float) -> None:
    device = SLOW_LAYER | BAR | initial(OBLIQUE) | {"beta": beta}
    spin_hall = spin_hall_field_per_amp(device)
    instance = mtj("a", "she_mtj", "pil in 0", device)
    assert_follows_burst(tmp_path, instance, device, 40e-6, (0, spin_hall, 0), (0, beta * spin_hall, 0))


@pytest.mark.parametrize("beta", [0.4, -0.4])
def test_spin_transfer_torque_with_its_field_like_part(tmp_path: Path, beta: float) -> None:
    device = SLOW_LAYER | JUNCTION | initial(OBLIQUE) | {"beta": beta, "py": 0.6, "pz": 0.8}
    away = -spin_transfer_field_per_amp(device)
    instance = mtj("a", "stt_mtj", "in 0", device)
    spin_field = (0, 0.6 * away, 0.8 * away)
    assert_follows_burst(tmp_path, instance, device, 10e-6, spin_field, (0, beta * spin_field[1], beta * spin_field[2]))


def test_pillar_current_crosses_half_of_the_bar(tmp_path: Path) -> None:
    device = SLOW_LAYER | BAR | JUNCTION | initial(OBLIQUE) | {"py": 0.6, "pz": 0.8}
    spin_hall, away = spin_hall_field_per_amp(device) / 2, -spin_transfer_field_per_amp(device)
    instance = mtj("a", "she_mtj", "in ha 0", device)
    assert_follows_burst(tmp_path, instance, device, 20e-6, (0, spin_hall + 0.6 * away, 0.8 * away))


@pytest.mark.parametrize("subcircuit", ["she_mtj pil ha 0", "stt_mtj fix 0"])
def test_prism_and_uniaxial_energy_act_as_the_net_anisotropy(tmp_path: Path, subcircuit: str) -> None:
    name, _, terminals = subcircuit.partition(" ")
    prism = {"lx": 60e-9, "ly": 40e-9, "tf": 1.3e-9}
    nx, ny, nz = demagnetising_factors(*prism.values())
    ms, hkz = SLOW_LAYER["ms"], 5e3
    energy = {"hkz": 0.0, "ku": (hkz + ms * (nz - nx)) * constants.mu_0 * ms / 2, "demag": 1.0}
    device = SLOW_LAYER | prism | initial(OBLIQUE)
    traces = simulate(tmp_path, [mtj("a", name, terminals, device | energy)], magnetisation_nodes("a"), stop_s=10e-9)
    # A field along m does nothing, so that only the differences to nx count.
    layer = free_layer(device | {"hkz": hkz, "hky": -ms * (ny - nx)})
    idle = Drive(np.array([0, 10e-9]), np.zeros(2))
    assert_follows(traces, "a", integrate(layer, OBLIQUE, idle, traces.time_s))


def test_prism_function_agrees_with_the_reference(tmp_path: Path) -> None:
    shapes_nm = [(45, 45, 0.45), (1, 1, 1), *np.exp(np.random.default_rng(3).uniform(0, 4, size=(30, 3)))]
    circuit = [f"vn{k} n{k} 0 {{demag_z({a:.17g}, {b:.17g}, {c:.17g})}}" for k, (a, b, c) in enumerate(shapes_nm)]
    traces = simulate(tmp_path, circuit, [f"v(n{k})" for k in range(len(shapes_nm))], stop_s=20e-12)
    factors = [traces[f"v(n{k})"][-1] for k in range(len(shapes_nm))]
    assert factors[0] == pytest.approx(0.9660, abs=5e-5)
    assert factors[1] == pytest.approx(1 / 3, rel=1e-9)
    assert factors == pytest.approx([demagnetising_factors(*shape)[2] for shape in shapes_nm], rel=1e-9)


def run_alone(
    folder: Path, device: Parameters, stop_s: float, field_a_per_m: Vector = (0, 0, 0)
) -> tuple[Floats, Floats]:
    """Run an undriven device in a constant field; return times and magnetisation, shape (T, 3)."""
    circuit = [f"vh{x} h{x} 0 {field}" for x, field in zip("xyz", field_a_per_m, strict=True)]
    circuit.append(mtj("a", "stt_mtj", "0 0", device, "hx hy hz"))
    traces = simulate(folder, circuit, magnetisation_nodes("a"), stop_s)
    return traces.time_s, traces.magnetisation("a")


def frequency_hz(times_s: Floats, values: Floats) -> float:
    rising = np.flatnonzero((values[:-1] < 0) & (values[1:] >= 0))
    fraction = values[rising] / (values[rising] - values[rising + 1])
    crossings_s = times_s[rising] + fraction * (times_s[rising + 1] - times_s[rising])
    return (crossings_s.size - 1) / (crossings_s[-1] - crossings_s[0])


@pytest.mark.parametrize("axis", range(3))
def test_larmor_frequency_about_an_applied_field(tmp_path: Path, axis: int) -> None:
    field_a_per_m, m0 = 20e3 * np.eye(3)[axis], np.roll((math.sqrt(0.28), 0.6, 0.6), axis)
    device = SLOW_LAYER | initial(m0) | {"hkz": 0.0, "alpha": 0.01}
    times_s, m = run_alone(tmp_path, device, 20e-9, field_a_per_m)
    assert frequency_hz(times_s, m[:, axis - 1]) == pytest.approx(larmor_frequency_hz(20e3, 0.01), rel=1e-3)


@pytest.mark.parametrize(
    ("anisotropy", "m0"),
    [({"hkz": 20e3}, tilted(0.02)), ({"hky": 10e3, "hkz": -30e3}, (0.02, math.sqrt(1 - 0.02**2), 0.0))],
    ids=["out of plane", "in plane"],
)
def test_precession_frequency_about_an_easy_axis(tmp_path: Path, anisotropy: Parameters, m0: Vector) -> None:
    # The frequency goes with cos(angle): the closed form is the limit of a small one, here 2e-4 off. In plane the two
    # transverse stiffnesses differ, and Kittel's sqrt(10 kA/m * 40 kA/m) holds to the order of alpha squared.
    device = SLOW_LAYER | anisotropy | initial(m0) | {"alpha": 0.001}
    times_s, m = run_alone(tmp_path, device, 20e-9)
    assert frequency_hz(times_s, m[:, 0]) == pytest.approx(larmor_frequency_hz(20e3, 0.001), rel=1e-3)


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.45])
def test_relaxation_time_to_an_easy_axis(tmp_path: Path, alpha: float) -> None:
    # With a uniaxial anisotropy tan(angle) is exactly exponential, however large the angle.
    time_constant_s = relaxation_time_s(SLOW_LAYER["hkz"], alpha)
    device = SLOW_LAYER | initial(tilted(1.2)) | {"alpha": alpha}
    times_s, m = run_alone(tmp_path, device, 2 * time_constant_s)
    slope = np.polyfit(times_s, np.log(np.hypot(m[:, 0], m[:, 1]) / m[:, 2]), 1)[0]
    assert -1 / slope == pytest.approx(time_constant_s, rel=1e-3)


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.45])
def test_relaxation_time_to_a_field(tmp_path: Path, alpha: float) -> None:
    # In a field alone it is the tangent of half the angle that is exactly exponential.
    time_constant_s = relaxation_time_s(5e3, alpha)
    device = SLOW_LAYER | initial(tilted(1.2)) | {"alpha": alpha, "hkz": 0.0}
    times_s, m = run_alone(tmp_path, device, 2 * time_constant_s, (0, 0, 5e3))
    slope = np.polyfit(times_s, np.log(np.hypot(m[:, 0], m[:, 1]) / (1 + m[:, 2])), 1)[0]
    assert -1 / slope == pytest.approx(time_constant_s, rel=1e-3)


def critical_current_a(device: Parameters) -> float:
    """Return the current whose spin-transfer field is alpha Hk: it undoes the damping of a perpendicular layer."""
    return device["alpha"] * device["hkz"] / spin_transfer_field_per_amp(device)


def run_driven(folder: Path, device: Parameters, current_a: float, stop_s: float) -> tuple[Floats, Floats]:
    """Run a two-terminal junction under a constant current into its fixed layer."""
    circuit = [mtj("a", "stt_mtj", "fix 0", device), f"idrive 0 fix {current_a:.17g}"]
    traces = simulate(folder, circuit, magnetisation_nodes("a"), stop_s)
    return traces.time_s, traces.magnetisation("a")


@pytest.mark.parametrize("pz", [1.0, -1.0])
@pytest.mark.parametrize("start", [1, -1])
@pytest.mark.parametrize("sign", [1, -1])
def test_current_into_the_fixed_layer_favours_antiparallel(tmp_path: Path, sign: int, start: int, pz: float) -> None:
    device = SLOW_LAYER | JUNCTION | initial(tilted(0.1, start)) | {"pz": pz}
    _, m = run_driven(tmp_path, device, 3 * sign * critical_current_a(device), stop_s=60e-9)
    assert m[-1, 2] * pz == pytest.approx(-sign, abs=0.01)


@pytest.mark.parametrize("start", [1, -1])
@pytest.mark.parametrize("ratio", [0.5, 0.9, 1.1, 1.5])
def test_precession_grows_above_the_critical_current_only(tmp_path: Path, ratio: float, start: int) -> None:
    device = SLOW_LAYER | JUNCTION | initial(tilted(0.01, start))
    time_constant_s = relaxation_time_s(device["hkz"], device["alpha"])
    times_s, m = run_driven(tmp_path, device, ratio * start * critical_current_a(device), time_constant_s)
    growth = np.polyfit(times_s / time_constant_s, np.log(np.hypot(m[:, 0], m[:, 1])), 1)[0]
    assert growth == pytest.approx(ratio - 1, abs=1e-3)


@pytest.mark.parametrize("start", [1, -1])
@pytest.mark.parametrize("sign", [1, -1])
def test_spin_hall_current_switches_the_synapse_along_y(tmp_path: Path, sign: int, start: int) -> None:
    device = instance_parameters(CIRCUITS / "cells" / "bitcell.cir", "XMTJ")
    m0 = (0.01, start * math.sqrt(1 - 0.01**2), 0.0)
    pulse = pwl([0, 1e-9, 1.02e-9, 8e-9, 8.02e-9], 60e-6 * sign * np.array([0, 0, 1, 1, 0]))
    circuit = [mtj("a", "she_mtj", "pil ha 0", device | initial(m0)), f"idrive 0 ha {pulse}"]
    # This layer precesses at 6 GHz, for which 10 ps are too long.
    traces = simulate(tmp_path, circuit, magnetisation_nodes("a"), stop_s=12e-9, max_step_s=2e-12)
    assert traces["v(mya)"][-1] == pytest.approx(sign, abs=1e-3)


# Without anisotropy, field and spin torque the magnetisation stays where it starts.
FROZEN = SLOW_LAYER | JUNCTION | {"hkz": 0.0, "stt": 0.0, "py": 0.6, "pz": 0.8}


def junction_current_a(device: Parameters, projection: float, bias_v: float) -> float:
    """Return the current through a junction whose layers enclose an angle with cosine ``projection``."""
    parallel_s = device["lx"] * device["ly"] / device["ra"]
    antiparallel_s = parallel_s / (1 + device["tmr"] / (1 + (bias_v / device["vh"]) ** 2))
    return bias_v * (parallel_s * (1 + projection) + antiparallel_s * (1 - projection)) / 2


@pytest.mark.parametrize("bias_v", [1e-3, 0.2, JUNCTION["vh"], -JUNCTION["vh"]])
@pytest.mark.parametrize("projection", [1.0, 0.6, 0.0, -1.0])
def test_conductance_over_angle_and_bias(tmp_path: Path, projection: float, bias_v: float) -> None:
    m0 = (math.sqrt(1 - projection**2), 0.6 * projection, 0.8 * projection)
    device = FROZEN | BAR | initial(m0)
    circuit = [mtj("a", "stt_mtj", "fix 0", device), f"vfix fix 0 {bias_v}"]
    circuit += [mtj("b", "she_mtj", "pil 0 0", device), f"vpil pil 0 {bias_v}"]
    traces = simulate(tmp_path, circuit, ["i(vfix)", "i(vpil)", "v(xb.hm)"], stop_s=1e-9)
    assert -traces["i(vfix)"][-1] == pytest.approx(junction_current_a(device, projection, bias_v), rel=1e-6)
    across_v = bias_v - traces["v(xb.hm)"][-1]
    assert -traces["i(vpil)"][-1] == pytest.approx(junction_current_a(device, projection, across_v), rel=1e-6)


def test_heavy_metal_resistance(tmp_path: Path) -> None:
    circuit = [mtj("a", "she_mtj", "pil ha 0", FROZEN | BAR), "vha ha 0 10m"]
    traces = simulate(tmp_path, circuit, ["i(vha)"], stop_s=1e-9)
    expected_ohm = BAR["rho"] * BAR["lhm"] / (BAR["whm"] * BAR["thm"])
    assert -10e-3 / traces["i(vha)"][-1] == pytest.approx(expected_ohm, rel=1e-9)


def test_barrier_capacitance(tmp_path: Path) -> None:
    insulating = FROZEN | BAR | {"ra": 1.0, "tox": 0.8e-9, "epsr": 9.7}
    circuit = [mtj("a", "stt_mtj", "fix 0", insulating), f"vfix fix 0 {pwl([0, 1e-9], [0, 1])}"]
    circuit += [mtj("b", "she_mtj", "pil 0 0", insulating), f"vpil pil 0 {pwl([0, 1e-9], [0, 1])}"]
    traces = simulate(tmp_path, circuit, ["i(vfix)", "i(vpil)"], stop_s=1e-9)
    capacitance_f = constants.epsilon_0 * 9.7 * insulating["lx"] * insulating["ly"] / 0.8e-9
    for source in ("i(vfix)", "i(vpil)"):
        assert -traces[source][-1] == pytest.approx(capacitance_f * 1e9, rel=1e-4)
