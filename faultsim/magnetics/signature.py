"""What a neuron does with a spike and with the time after it: integration, leak and phase, apart from each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from faultsim.magnetics.batch import Cases, simulate
from faultsim.magnetics.layer import Layer, Neuron
from faultsim.magnetics.macrospin import Vector
from faultsim.magnetics.train import Floats, Mark

_LOOKS = 48
"""Into how many parts a leaky window is cut to count the turns of a precession."""


@dataclass(frozen=True)
class Dynamics:
    """One coding window of a neuron, from rest.

    Attributes:
        integration_rad: By how much one integrate window tilts the layer.
        retention: |m_perp| after the leaky window over that before it, from the state that a fault-free integrate
            window leaves.
        phase_rad: By how much the layer has precessed about its axis in that leaky window; turns are counted.
    """

    integration_rad: float
    retention: float
    phase_rad: float


def dynamics(
    neurons: Sequence[Neuron],
    healthy: Neuron,
    integrate_s: float,
    leaky_s: float,
    made_s: tuple[float, float] | None = None,
) -> list[Dynamics]:
    """Measure neurons; all leak from the state in which the fault-free one is after its first integrate window.

    Args:
        neurons: With a defect or without.
        healthy: The fault-free one.
        integrate_s: Integrate window.
        leaky_s: Leaky window.
        made_s: The two windows that the neurons get, where a defect of the timing makes others of them.
    """
    [state] = simulate([healthy], Cases.of(0, integrate_s, leaky_s), noted=True, windows=1).noted[:, 0, Mark.INTEGRATED]
    put: Vector = (float(state[0]), float(state[1]), float(state[2]))
    axis, windows = easy_axis(healthy.layer), made_s or (integrate_s, leaky_s)
    tilts = _tilts(neurons, axis, *windows)
    return [
        Dynamics(float(tilt), *_leak(neuron, put, axis, *windows)) for neuron, tilt in zip(neurons, tilts, strict=True)
    ]


def easy_axis(layer: Layer) -> int:
    """Return the axis with the largest anisotropy field."""
    return int(np.argmax(layer.anisotropy_a_per_m))


def _tilts(neurons: Sequence[Neuron], axis: int, integrate_s: float, leaky_s: float) -> Floats:
    """Return by how much the first integrate window moves the tilt, a vector in radians across the axis."""
    noted = simulate(neurons, Cases.of(np.arange(len(neurons)), integrate_s, leaky_s), noted=True, windows=1).noted[
        :, 0
    ]
    before, after = (_tilt(noted[:, mark], axis) for mark in (Mark.BEGIN, Mark.INTEGRATED))
    return np.asarray(np.hypot(*(after - before)))


def _tilt(m: Floats, axis: int) -> Floats:
    across = _across(m, axis)
    size = np.hypot(*across)
    return np.asarray(across * np.divide(np.arctan2(size, m[..., axis]), size, out=np.zeros_like(size), where=size > 0))


def _across(m: Floats, axis: int) -> Floats:
    """Return the two components across an axis, in right-handed order, first axis of the result."""
    return np.stack([m[..., (axis + 1) % 3], m[..., (axis + 2) % 3]])


def _leak(neuron: Neuron, state: Vector, axis: int, integrate_s: float, leaky_s: float) -> tuple[float, float]:
    """Return retention and phase; the leaky window is cut short at many places to follow the phase."""
    shortest = float(neuron.train.offset_s[neuron.train.share == 1].max())
    looks = np.linspace(min(shortest, leaky_s), leaky_s, _LOOKS)
    noted = simulate([replace(neuron, restart=state)], Cases.of(0, integrate_s, looks), noted=True, windows=1).noted[
        :, 0
    ]
    across = _across(np.vstack([np.array(state), noted[:, Mark.LEAKED]]), axis)
    size = np.hypot(*across)
    angle = np.unwrap(np.arctan2(across[1], across[0]))
    return float(size[-1] / size[0]), float(angle[-1] - angle[0])
