"""The neuron's threshold: the smallest drive with which it spikes, at any windows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from faultsim.magnetics.batch import Cases, simulate
from faultsim.magnetics.layer import Neuron
from faultsim.magnetics.train import Floats

_WEAKEST, _STRONGEST, _LOOKS, _ROUNDS = 0.1, 10.0, 65, 3


@dataclass(frozen=True, eq=False)
class Thresholds:
    """Thresholds of one neuron.

    Attributes:
        drive: Smallest factor on the metal's drive that spikes within the train's coding windows; nan where none up
            to ten times the drive does. A factor of 1 is the drive as recorded.
        monotone: Whether every stronger drive that was looked at spikes as well; a precessing neuron may cease to.
    """

    drive: Floats
    monotone: NDArray[np.bool_]


def thresholds(neuron: Neuron, integrate_s: ArrayLike, leaky_s: ArrayLike) -> Thresholds:
    """Return the threshold at pairs of windows that are broadcast together, to one part in a million.

    Args:
        neuron: The neuron; how many coding windows are observed is its train's.
        integrate_s: Integrate windows.
        leaky_s: Leaky windows.
    """
    integrate, leaky = np.broadcast_arrays(np.asarray(integrate_s, float), np.asarray(leaky_s, float))
    shape, integrate, leaky = integrate.shape, integrate.ravel(), leaky.ravel()
    scales = np.tile(np.geomspace(_WEAKEST, _STRONGEST, _LOOKS), (integrate.size, 1))
    spikes = _spikes(neuron, integrate, leaky, scales)
    found, monotone = spikes.any(axis=1), (np.diff(spikes.astype(int), axis=1) >= 0).all(axis=1)
    rows = np.arange(integrate.size)
    for _ in range(_ROUNDS):
        place = np.clip(spikes.argmax(axis=1), 1, None)
        ends = scales[rows, place - 1], scales[rows, place]
        scales = np.geomspace(*ends, _LOOKS, axis=1)
        spikes = _spikes(neuron, integrate, leaky, scales)
        # The upper end has been seen to spike.
        spikes[:, -1] = True
    drive = np.where(found, scales[rows, spikes.argmax(axis=1)], np.nan)
    return Thresholds(drive.reshape(shape), np.asarray(monotone).reshape(shape))


def _spikes(neuron: Neuron, integrate_s: Floats, leaky_s: Floats, scales: Floats) -> NDArray[np.bool_]:
    cases = Cases.of(0, integrate_s[:, None], leaky_s[:, None], scales)
    return np.asarray(simulate([neuron], cases).fired.reshape(scales.shape) > 0)
