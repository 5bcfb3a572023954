"""Inference: every trained crossbar is shown every character, its weights as they were learned, its feedback off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from faultsim.learning.asking import Asking, reason_of
from faultsim.learning.bench import training_job
from faultsim.learning.energy import INFERENCE
from faultsim.learning.training import Training, spikes_of
from faultsim.learning.trial import Curriculum, Trial
from faultsim.spice.job import Trace


@dataclass(frozen=True)
class InferenceRow:
    """What a trained crossbar does when a character is shown to it.

    Attributes:
        training: Name of the training.
        trained: Character that it was trained on.
        shown: Character that is shown.
        output: Output that spikes first; None where none does.
        first_spike_s: When.
        spikes: Of each output.
        unmoved: Whether no synapse has changed meanwhile.
        reason: Why nothing is known.
    """

    training: str
    trained: str
    shown: str
    output: int | None
    first_spike_s: float | None
    spikes: tuple[int, ...]
    unmoved: bool | None
    reason: str


@dataclass(frozen=True)
class RecognitionRow:
    """Which of the crossbars that were trained alike, one on each character, answers a character first.

    Attributes:
        kind: What they have in common: junctions, outputs, seed, what is varied.
        shown: Character that is shown.
        answered: Character that the first one to spike was trained on; empty where none spikes.
        ahead_s: By how much it was ahead of the next.
        right: Whether that is the one that is shown.
    """

    kind: str
    shown: str
    answered: str
    ahead_s: float | None
    right: bool


@dataclass(frozen=True)
class Examination:
    """An examination of trained crossbars.

    Attributes:
        curriculum: What they were trained on.
        trainings: The trainings, none of them unknown.
    """

    curriculum: Curriculum
    trainings: Sequence[Training]

    def rows(self, asking: Asking) -> list[InferenceRow]:
        """Show every character to every crossbar."""
        characters = list(dict.fromkeys(one.trial.character for one in self.trainings))
        wanted = [(training, shown) for training in self.trainings for shown in characters]
        trials = [self.trial(training, shown) for training, shown in wanted]
        networks = [trial.network() for trial in trials]
        traces = asking.traces("characters shown", [training_job(network) for network in networks])
        weights = [[one.weight for one in network.sidecar.synapses] for network in networks]
        turns = [[one.turn for one in network.sidecar.outputs] for network in networks]
        shown = zip(wanted, traces, weights, turns, strict=True)
        return [_row(*one, trace, nets, spikes) for one, trace, nets, spikes in shown]

    def trial(self, training: Training, shown: str) -> Trial:
        """Return a trained crossbar to which a character is shown."""
        junctions = training.trial.request.junctions
        learned = [weight for learner in training.learners for weight in learner.weights[-1]]
        counts = [round(float(weight) * junctions) for weight in learned]
        settings = {cell: dict(values) for cell, values in training.trial.request.settings.items()}
        settings["output"] = {**settings.get("output", {}), "feedback": "0"}
        request = replace(
            training.trial.request,
            intensities=self.curriculum.glyphs.intensities(shown),
            states=tuple(int(number < count) for count in counts for number in range(junctions)),
            settings=settings,
            duration_s=self.curriculum.spec.inference,
        )
        return Trial(shown, request, {**training.trial.explored, INFERENCE: training.trial.id})


def _row(training: Training, shown: str, trace: Trace, weights: list[str], turns: list[str]) -> InferenceRow:
    kind = training.trial.id, training.trial.character, shown
    if not trace.outcome.ok:
        return InferenceRow(*kind, None, None, (), None, reason_of(trace.outcome))
    spikes = [spikes_of(trace.waveforms[turn]) for turn in turns]
    first = {number: float(own[0]) for number, own in enumerate(spikes, 1) if own.size}
    winner = min(first, key=lambda number: first[number], default=None)
    moved = any(float(np.ptp(trace.waveforms[net].values)) > 1e-3 for net in weights)
    counts = tuple(int(own.size) for own in spikes)
    return InferenceRow(*kind, winner, first[winner] if winner else None, counts, not moved, "")


def recognition_rows(trainings: Sequence[Training], rows: Sequence[InferenceRow]) -> list[RecognitionRow]:
    """Return which crossbar answers each character first, among those that differ in nothing but the character."""
    kinds = {one.trial.id: kind_of(one) for one in trainings}
    found = []
    for kind in dict.fromkeys(kinds.values()):
        own = [row for row in rows if kinds[row.training] == kind]
        # One crossbar alone has nobody to be ahead of.
        if len({row.trained for row in own}) > 1:
            found += [_recognition(kind, shown, own) for shown in dict.fromkeys(row.shown for row in own)]
    return found


def _recognition(kind: str, shown: str, rows: Sequence[InferenceRow]) -> RecognitionRow:
    times: Mapping[str, float] = {
        row.trained: row.first_spike_s for row in rows if row.shown == shown and row.first_spike_s is not None
    }
    ranked = sorted(times, key=lambda trained: times[trained])
    ahead_s = times[ranked[1]] - times[ranked[0]] if len(ranked) > 1 else None
    answered = ranked[0] if ranked else ""
    return RecognitionRow(kind, shown, answered, ahead_s, answered == shown)


def kind_of(training: Training) -> str:
    """Return what a training has in common with those that differ in nothing but the character."""
    request = training.trial.request
    explored = [f"{name}={value}" for name, value in training.trial.explored.items()]
    outputs = [f"{request.outputs} outputs"] if request.outputs > 1 else []
    return ", ".join([f"{request.junctions} junctions", *outputs, request.law, *explored, f"seed {request.seed}"])
