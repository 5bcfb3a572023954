"""On which pulse a neuron first spikes, over windows and over the strength of its drive: the batch engine's answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from faultsim.campaigns.twin import Twin
from faultsim.magnetics.batch import Cases, simulate
from faultsim.magnetics.train import Floats, Integers

Windows = tuple[float, float]
"""Integrate window and leaky window, s."""

_STRONGEST, _LOOKS = 2.0, 201


@dataclass(frozen=True, eq=False)
class Spiking:
    """First spikes of one neuron.

    Attributes:
        windows: Pairs of windows -> row of ``pulses``.
        drives: Drive of the metal, in that of all inputs of the fault-free circuit, shape (S,), rising from 0.
        pulses: Pulse of the first spike, 0 for none, shape (W, S).
    """

    windows: dict[Windows, int]
    drives: Floats
    pulses: Integers

    def first(self, windows: Windows, drives: ArrayLike) -> Integers:
        """Return the pulse of the first spike at drives; beyond the strongest as there."""
        places = np.rint(np.asarray(drives, float) / self.drives[-1] * (self.drives.size - 1))
        row = self.pulses[self.windows[windows]]
        return np.asarray(row[np.clip(places, 0, self.drives.size - 1).astype(int)])


def spiking(twin: Twin, undriven: float, windows: Sequence[Windows], pulses: int) -> Spiking:
    """Run a neuron at all windows and drives.

    Args:
        twin: The neuron, driven by all inputs.
        undriven: Its firing level without an input; what flows in an integrate window charges the read path, so that
            the level goes with the drive.
        windows: Pairs of windows.
        pulses: Coding windows that are observed, no more than the twin's train has.
    """
    drives = np.linspace(0, _STRONGEST, _LOOKS)
    reader = twin.neuron.reader
    finite = np.isfinite([reader.level, undriven]).all()
    levels = np.clip(undriven + drives * (reader.level - undriven), -1, 1) if finite else np.full(_LOOKS, reader.level)
    neurons = [replace(twin.neuron, reader=replace(reader, level=float(level))) for level in levels]
    listed = list(dict.fromkeys(windows))
    integrate, leaky = twin.windows(*np.array(listed).T)
    cases = Cases.of(np.arange(_LOOKS)[None, :], integrate[:, None], leaky[:, None], drives[None, :])
    fired = simulate(neurons, cases, windows=pulses).fired.reshape(len(listed), _LOOKS)
    return Spiking({pair: row for row, pair in enumerate(listed)}, drives, fired)
