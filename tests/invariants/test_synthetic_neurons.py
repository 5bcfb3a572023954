"""Neurons with a known change of gain or leak are called by its name, those within tolerance Within-Tolerance."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice, pairwise
from typing import cast

import numpy as np
import pytest

from faultsim.campaigns.examiner import Examiner, Signature
from faultsim.campaigns.lab import Lab
from faultsim.campaigns.neuron_bench import NeuronBench
from faultsim.campaigns.question import Question
from faultsim.campaigns.recording import Plane, Recording
from faultsim.campaigns.shmoo import Subject, Surveyor
from faultsim.campaigns.tolerance import bands
from faultsim.campaigns.twin import Twin, TwinMaker
from faultsim.campaigns.watcher import Quiet
from faultsim.circuits import bench, network
from faultsim.circuits.neuron import neuron_site
from faultsim.circuits.stimulus import Stimulus
from faultsim.circuits.variant import NOMINAL, Corner
from faultsim.fault_models.behaviour import Band, load_behaviours
from faultsim.magnetics.layer import Layer, Neuron, Reader
from faultsim.magnetics.train import Floats, rectangular

MAGNETIC = ("anisotropy", "damping", "spin_hall_angle", "magnetisation", "layer_thickness")
PEAK_V, LEVEL = 5.785e-3, 0.504
"""What the fault-free circuit has along its metal with all inputs on, and where its output spikes."""
CASES, SEED = 1000, 2026
FURTHEST = {"gain": 2.0, "damping": 3.0, "anisotropy": 3.0}


@dataclass(frozen=True)
class Change:
    """What is different in a synthetic neuron: factors on drive, damping and anisotropy."""

    gain: float = 1.0
    damping: float = 1.0
    anisotropy: float = 1.0

    def of(self, layer: Layer) -> Layer:
        scaled = [tuple(self.gain * value for value in vector) for vector in (layer.metal_spin, layer.metal_field)]
        x, y, z = layer.anisotropy_a_per_m
        return replace(
            layer,
            alpha=layer.alpha * self.damping,
            anisotropy_a_per_m=(x, y, z * self.anisotropy),
            metal_spin=scaled[0],
            metal_field=scaled[1],
        )


@dataclass(frozen=True)
class Bench:
    """The lif neuron under trapezoids, with nothing of a circuit around it."""

    _layers: dict[Corner, Layer] = field(default_factory=dict)

    @cached_property
    def circuit(self) -> network.Network:
        whole = network.load("crossbar4-lif")
        tolerance = {name: spec for name, spec in whole.sidecar.tolerance.items() if name in MAGNETIC}
        return replace(whole, sidecar=whole.sidecar.model_copy(update={"tolerance": tolerance}))

    @cached_property
    def stimulus(self) -> Stimulus:
        return Stimulus("1111", self.circuit.sidecar.stimulus)

    @cached_property
    def examiner(self) -> Examiner:
        neuron, spec = self.circuit.sidecar.neuron, self.stimulus.spec
        assert neuron is not None
        # Nothing is simulated in SPICE here, so that there is no lab.
        maker = TwinMaker(cast(Lab, None), Plane(neuron.integrate, neuron.leaky))
        return Examiner(Surveyor(maker, Quiet()), self.subject(self.layer()), (spec.integrate, spec.leaky))

    def layer(self, corner: Corner = NOMINAL) -> Layer:
        if corner not in self._layers:
            self._layers[corner] = neuron_site(self.circuit, self.circuit.variant(corner=corner), 27.0).layer
        return self._layers[corner]

    def subject(self, layer: Layer) -> Subject:
        spec, neuron = self.stimulus.spec, self.circuit.sidecar.neuron
        assert neuron is not None
        read = spec.read_delay + spec.read_width / 2
        train = rectangular(PEAK_V, spec.pulses, spec.start, spec.edge, read)
        recording = Recording(self.stimulus, Plane(neuron.integrate, neuron.leaky))
        question = Question(self.stimulus, bench.nominal(self.circuit))
        return Subject(question, Twin(cast(NeuronBench, None), Neuron(layer, train, Reader(level=LEVEL)), recording))

    def measured(self, layer: Layer) -> Signature:
        return self.examiner.measured(self.subject(layer))

    def inside(self, change: Change) -> Signature:
        return self.examiner.inside(self.subject(change.of(self.layer())))

    @cached_property
    def bands(self) -> dict[str, Band]:
        rows = bands(self.circuit, lambda corner: self.measured(self.layer(corner)), map)
        return {row.quantity: row.band for row in rows}


@pytest.fixture(scope="module")
def lif() -> Bench:
    return Bench()


GYRATION = 1.76085963e11 * 1.25663706e-6


def known(bench: Bench, changes: Sequence[Change]) -> dict[str, Floats]:
    """Return integration, retention and phase beside the unchanged neuron, by an integrator of this test's own.

    All neurons at once, by the Gilbert equation as the textbooks have it and steps that divide the edges.
    """
    spec, layers = bench.stimulus.spec, [change.of(bench.layer()) for change in (Change(), *changes)]
    start = np.tile(np.array(layers[0].start)[:, None], len(layers))
    rested = integrated(layers, start, [(0.0, 0.0), (spec.start - spec.edge / 2, 0.0)], 50e-12)
    flat = spec.integrate - spec.edge
    pulse = [(0.0, 0.0), (spec.edge, PEAK_V), (spec.edge + flat, PEAK_V), (2 * spec.edge + flat, 0.0)]
    tilted = integrated(layers, rested, pulse, 2e-12)
    put = np.tile(tilted[:, :1], len(layers))
    left = integrated(layers, put, [(0.0, 0.0), (spec.leaky - spec.edge, 0.0)], 20e-12)
    reached = np.hypot(*(tilt(tilted) - tilt(rested)))
    kept = np.hypot(left[0], left[1])
    turned = np.angle((left[0] + 1j * left[1]) / (put[0] + 1j * put[1]))
    return {
        "integration_gain": reached[1:] / reached[0],
        "leak_retention": kept[1:] / kept[0],
        "phase_advance_rad": turned[1:] - turned[0],
    }


def tilt(m: Floats) -> Floats:
    """Return the angle to the z axis as a vector across it."""
    size = np.hypot(m[0], m[1])
    return m[:2] / size * np.arctan2(size, m[2])


def integrated(layers: Sequence[Layer], m: Floats, knots: Sequence[tuple[float, float]], step_s: float) -> Floats:
    """Return the states after a piecewise-linear drive of the metal, shape (3, N)."""
    alpha = np.array([layer.alpha for layer in layers])
    stiff, spin, field = (
        np.array([getattr(layer, name) for layer in layers]).T
        for name in ("anisotropy_a_per_m", "metal_spin", "metal_field")
    )

    def rate(m: Floats, volts: float) -> Floats:
        torque = -GYRATION * np.cross(m, stiff * m + field * volts + np.cross(m, spin * volts, axis=0), axis=0)
        return (torque + alpha * np.cross(m, torque, axis=0)) / (1 + alpha**2)

    for (t0, u0), (t1, u1) in pairwise(knots):
        steps = math.ceil((t1 - t0) / step_s)
        h, du = (t1 - t0) / steps, (u1 - u0) / steps
        for step in range(steps):
            u = u0 + step * du
            a = rate(m, u)
            b = rate(m + h / 2 * a, u + du / 2)
            c = rate(m + h / 2 * b, u + du / 2)
            d = rate(m + h * c, u + du)
            m = m + h / 6 * (a + 2 * b + 2 * c + d)
            m = m / np.linalg.norm(m, axis=0)
    return m


def drawn(chance: random.Random) -> Iterator[Change]:
    """Yield changes of one to three of the parameters, small ones as often as large ones."""
    names = list(FURTHEST)
    while True:
        chosen = chance.sample(names, chance.choice([1, 1, 1, 2, 3]))
        yield Change(**{name: math.exp(chance.uniform(-1, 1) ** 3 * math.log(FURTHEST[name])) for name in chosen})


NAMES = {
    "integration_gain": ("Slow-to-Integrate", "Fast-to-Integrate"),
    "leak_retention": ("Fast-to-Leak", "Slow-to-Leak"),
}
FOUR = {name for pair in NAMES.values() for name in pair}


def expected(values: dict[str, float], bands: dict[str, Band]) -> set[str]:
    """Return the names of what is known to lie outside of its band."""
    return {
        NAMES[quantity][value > bands[quantity].high]
        for quantity, value in values.items()
        if not bands[quantity].holds(value)
    }


def test_a_thousand_known_changes_are_named_right(lif: Bench) -> None:
    behaviours, changes = load_behaviours(), list(islice(drawn(random.Random(SEED)), 6 * CASES))
    values = known(lif, changes)
    right: dict[bool, list[bool]] = {True: [], False: []}
    # Many more than are needed: a change that only moves the phase is neither.
    for place, change in enumerate(changes):
        wanted = expected({name: float(values[name][place]) for name in NAMES}, lif.bands)
        within = not wanted and lif.bands["phase_advance_rad"].holds(float(values["phase_advance_rad"][place]))
        if (wanted or within) and len(right[within]) < CASES:
            said = set(behaviours.names("simulator", lif.inside(change).measured, lif.bands))
            right[within].append(said == {"Within-Tolerance"} if within else said & FOUR == wanted)
    for named in right.values():
        assert len(named) == CASES
        assert sum(named) >= 0.99 * CASES


@pytest.mark.parametrize(
    ("parameter", "furthest", "more", "less"),
    [
        ("gain", 2.0, "Fast-to-Integrate", "Slow-to-Integrate"),
        # Further away the plane does not reach, or the pulses no longer help each other.
        ("anisotropy", 2.0, "Fast-to-Leak", "Slow-to-Leak"),
    ],
)
def test_a_tester_sees_a_large_change_of_one_kind_as_that_kind(
    lif: Bench, parameter: str, furthest: float, more: str, less: str
) -> None:
    behaviours, chance = load_behaviours(), random.Random(SEED)
    opposite = {more: less, less: more}
    said = []
    for _ in range(30):
        factor = math.exp(chance.choice([-1, 1]) * chance.uniform(0.5, 1) * math.log(furthest))
        measured = lif.measured(Change(**{parameter: factor}).of(lif.layer())).measured
        names = set(behaviours.names("tester", measured, lif.bands))
        name = more if factor > 1 else less
        assert opposite[name] not in names
        said.append(name in names)
    assert sum(said) >= 27
