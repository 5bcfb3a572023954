"""Neurons with a known change of gain or leak are called by its name, those within tolerance Within-Tolerance."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

import pytest

from faultsim.campaigns.examiner import Examiner, Signature
from faultsim.campaigns.lab import Lab, Question
from faultsim.campaigns.recording import Plane, Recording
from faultsim.campaigns.shmoo import Subject, Surveyor
from faultsim.campaigns.tolerance import bands
from faultsim.campaigns.twin import Twin, TwinMaker
from faultsim.campaigns.watcher import Quiet
from faultsim.circuits import bench, network
from faultsim.circuits.neuron import neuron_site
from faultsim.circuits.stimulus import Stimulus
from faultsim.circuits.variant import Corner
from faultsim.fault_models.behaviour import Band, load_behaviours
from faultsim.magnetics.layer import Layer, Neuron, Reader
from faultsim.magnetics.macrospin import relaxation_time_s
from faultsim.magnetics.train import rectangular

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

    def layer(self, corner: Corner | None = None) -> Layer:
        cards = self.circuit.variant(corner=corner) if corner else self.circuit.cards
        return neuron_site(self.circuit, cards, 27.0).layer

    def subject(self, layer: Layer) -> Subject:
        spec, neuron = self.stimulus.spec, self.circuit.sidecar.neuron
        assert neuron is not None
        read = spec.read_delay + spec.read_width / 2
        train = rectangular(PEAK_V, spec.pulses, spec.start, spec.edge, read)
        recording = Recording(self.stimulus, Plane(neuron.integrate, neuron.leaky))
        question = Question(self.stimulus, bench.nominal(self.circuit))
        return Subject(question, Twin(Neuron(layer, train, Reader(level=LEVEL)), recording))

    def measured(self, layer: Layer) -> Signature:
        return self.examiner.measured(self.subject(layer))

    @cached_property
    def bands(self) -> dict[str, Band]:
        rows = bands(self.circuit, lambda corner: self.measured(self.layer(corner)), map)
        return {row.quantity: row.band for row in rows}


@pytest.fixture(scope="module")
def lif() -> Bench:
    return Bench()


def known(bench: Bench, change: Change) -> dict[str, float]:
    """Return integration and retention by closed forms, relative to the unchanged neuron.

    Without precession a damping-like torque adds to atanh(sin(tilt)) at a constant rate, and the tangent of the tilt
    decays exponentially; the layer leaks while it integrates, too, by half of that time.
    """
    spec, layer = bench.stimulus.spec, bench.layer()
    changed = change.of(layer)
    start = math.asin(abs(layer.start[1])) * math.exp(-spec.start / _time_s(layer))

    def tilt(one: Layer) -> float:
        rate = (1 + one.alpha * one.metal_field[1] / one.metal_spin[1]) / (1 + one.alpha**2)
        reach = GYRATION * one.metal_spin[1] * PEAK_V * rate * spec.integrate
        turned = math.asin(math.tanh(reach - math.atanh(math.sin(start))))
        return math.atan(math.tan(turned) * math.exp(-spec.integrate / 2 / _time_s(one))) + start

    def kept(one: Layer) -> float:
        slope = math.tan(tilt(layer) - start)
        left = math.atan(slope * math.exp(-(spec.leaky - 2 * spec.edge) / _time_s(one)))
        return math.sin(left)

    return {
        "integration_gain": tilt(changed) / tilt(layer),
        "leak_retention": kept(changed) / kept(layer),
    }


GYRATION = 1.76085963e11 * 1.25663706e-6


def _time_s(layer: Layer) -> float:
    return relaxation_time_s(layer.anisotropy_a_per_m[2], layer.alpha)


def drawn(chance: random.Random) -> Iterator[Change]:
    """Yield changes of one to three of the parameters, small ones as often as large ones."""
    names = list(FURTHEST)
    while True:
        chosen = chance.sample(names, chance.choice([1, 1, 1, 2, 3]))
        yield Change(**{name: math.exp(chance.uniform(-1, 1) ** 3 * math.log(FURTHEST[name])) for name in chosen})


def expected(bench: Bench, change: Change) -> set[str]:
    """Return the names of what is known to lie outside of its band."""
    names = {
        "integration_gain": ("Slow-to-Integrate", "Fast-to-Integrate"),
        "leak_retention": ("Fast-to-Leak", "Slow-to-Leak"),
    }
    found = set()
    for quantity, value in known(bench, change).items():
        band = bench.bands[quantity]
        if not band.holds(value):
            found.add(names[quantity][value > band.high])
    return found


NAMES = {"Slow-to-Integrate", "Fast-to-Integrate", "Slow-to-Leak", "Fast-to-Leak"}


def test_a_thousand_known_changes_are_named_right(lif: Bench) -> None:
    behaviours, changes = load_behaviours(), drawn(random.Random(SEED))
    right, wrong = {True: 0, False: 0}, []
    total = {True: 0, False: 0}
    while min(total.values()) < CASES:
        change = next(changes)
        wanted = expected(lif, change)
        outside = bool(wanted)
        if total[outside] == CASES:
            continue
        total[outside] += 1
        said = set(behaviours.names("simulator", lif.measured(change.of(lif.layer())).measured, lif.bands))
        good = (said & NAMES) == wanted if outside else not said & NAMES
        right[outside] += good
        wrong += [] if good else [(change, wanted, said)]
    assert right[True] >= 0.99 * CASES, wrong[:10]
    assert right[False] >= 0.99 * CASES, wrong[:10]
