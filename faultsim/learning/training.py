"""What a training showed: weights and membrane over time, spikes, and whether the picture is learned."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from faultsim.circuits.learning_network import LearningNetwork
from faultsim.circuits.learning_sidecar import OutputSpec
from faultsim.learning.trial import Trial
from faultsim.spice.job import Trace
from faultsim.spice.waveform import FloatArray, Waveform

BoolArray = NDArray[np.bool_]

_WEIGHTS_EVERY_S = 1e-3
_MEMBRANE_TOLERANCE = 2e-3
"""Share of its range by which the membrane that is kept is off at most."""
_MIDDLE = 0.5
"""Weight of mid-conductance, and intensity of mid-grey: a synapse is right if both are on the same side."""
SPIKE_FROM, SPIKE_TO = 0.1, 0.5
"""Phases of an output neuron between which it spikes (circuits/cells/lif_neuron.cir)."""


class Verdict(StrEnum):
    """How a training ended."""

    LEARNED = "learned"
    NOT_LEARNED = "not-learned"
    UNKNOWN = "unknown"


@dataclass(frozen=True, eq=False)
class Learner:
    """One output of a training.

    Attributes:
        number: Counted from 1.
        spikes_s: Beginning of each spike.
        times_s: Every millisecond, both ends included, shape (T,).
        weights: At these times, the share of each synapse's junctions that are parallel, shape (T, pixels).
        membrane: Potential over time.
        lowest: Of each synapse's weight over the last part, at every time point of the simulator, shape (pixels,).
        highest: Likewise.
        right: Whether each synapse is on its side of mid-conductance throughout the last part, shape (pixels,).
        settled_s: From when on all are, to the end; None where they are not at the end.
    """

    number: int
    spikes_s: FloatArray
    times_s: FloatArray
    weights: FloatArray
    membrane: Waveform
    lowest: FloatArray
    highest: FloatArray
    right: BoolArray
    settled_s: float | None

    @property
    def learned(self) -> bool:
        """Whether all synapses are right."""
        return bool(self.right.all())


@dataclass(frozen=True, eq=False)
class Training:
    """A training that has ended.

    Attributes:
        trial: Which one.
        trace: What the transient showed, without its waveforms.
        learners: Its outputs; none where the transient failed.
        notes: What has to be known about the crossbar.
    """

    trial: Trial
    trace: Trace
    learners: tuple[Learner, ...]
    notes: tuple[str, ...]

    @cached_property
    def winner(self) -> Learner | None:
        """The output that learned, or else the one that spiked most; None where the transient failed."""
        return max(self.learners, key=lambda one: (one.learned, one.spikes_s.size, -one.number), default=None)

    @property
    def verdict(self) -> Verdict:
        """Whether an output learned the picture."""
        if self.winner is None:
            return Verdict.UNKNOWN
        return Verdict.LEARNED if self.winner.learned else Verdict.NOT_LEARNED


def training_of(trial: Trial, network: LearningNetwork, trace: Trace, last_s: float) -> Training:
    """Return what a transient showed.

    Args:
        trial: What was trained.
        network: Its crossbar.
        trace: The transient, with the waveforms of `faultsim.learning.bench.training_job`.
        last_s: How long at the end every synapse has to be on its side.
    """
    learners: tuple[Learner, ...] = ()
    if trace.outcome.ok:
        pictured = np.array(trial.request.intensities) > _MIDDLE
        outputs = enumerate(network.sidecar.outputs, 1)
        learners = tuple(_learner(number, output, network, trace, pictured, last_s) for number, output in outputs)
    return Training(trial, Trace(trace.outcome, {}, trace.seconds), learners, tuple(network.sidecar.notes))


def _learner(
    number: int, output: OutputSpec, network: LearningNetwork, trace: Trace, dark: BoolArray, last_s: float
) -> Learner:
    own = {synapse.input: synapse.weight for synapse in network.sidecar.synapses if synapse.output == output.net}
    waves = [trace.waveforms[own[net]] for net in network.sidecar.inputs]
    end_s = network.sidecar.simulation.duration
    parts = [wave.inside(end_s - last_s, end_s).values for wave in waves]
    lowest, highest = (np.array([pick(part) for part in parts]) for pick in (np.min, np.max))
    times_s = np.linspace(0.0, end_s, 1 + round(end_s / _WEIGHTS_EVERY_S))
    return Learner(
        number=number,
        spikes_s=spikes_of(trace.waveforms[output.turn]),
        times_s=times_s,
        weights=np.stack([wave.at(times_s) for wave in waves], axis=1),
        membrane=trace.waveforms[output.membrane].thinned(_MEMBRANE_TOLERANCE),
        lowest=lowest,
        highest=highest,
        right=np.where(dark, lowest > _MIDDLE, highest < _MIDDLE),
        settled_s=_settled_s(waves, dark),
    )


def spikes_of(turn: Waveform) -> FloatArray:
    """Return when the spikes of an output begin, s.

    Args:
        turn: Its spikes so far, which move on by 1 from one rest to the next.
    """
    levels = np.arange(np.floor(turn.values[0]), turn.values[-1]) + SPIKE_FROM
    # It never goes back, so that it can be read the other way round.
    rising = np.maximum.accumulate(turn.values)
    return np.array([float(np.interp(level, rising, turn.time_s)) for level in levels if level < rising[-1]])


def _settled_s(waves: list[Waveform], dark: BoolArray) -> float | None:
    values = np.stack([wave.values for wave in waves], axis=1)
    right: BoolArray = np.all(np.where(dark, values > _MIDDLE, values < _MIDDLE), axis=1)
    if not right[-1]:
        return None
    wrong = np.flatnonzero(~right)
    return float(waves[0].time_s[wrong[-1] + 1]) if wrong.size else 0.0
