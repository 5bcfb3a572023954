"""The rows of a run of trainings, as its tables have them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from faultsim.learning.asking import reason_of
from faultsim.learning.training import Learner, Training, Verdict


@dataclass(frozen=True)
class TrainingRow:
    """A training: what was trained, and what came of it.

    Attributes:
        training: Its name.
        character: The picture.
        inputs: Pixels.
        outputs: Columns.
        junctions: Of each synapse.
        seed: Of states at the start and of switching.
        law: Of the junctions.
        explored: What is varied.
        verdict: Whether an output learned.
        output: The one that learned, or else that spiked most.
        wrong: Pixels, counted from 1, whose synapses are not on their side throughout the last part.
        settled_s: From when on all were, to the end.
        spikes: Of each output.
        first_spike_s: Of the output.
        reason: Why it is unknown.
    """

    training: str
    character: str
    inputs: int
    outputs: int
    junctions: int
    seed: int
    law: str
    explored: str
    verdict: str
    output: int | None
    wrong: tuple[int, ...]
    settled_s: float | None
    spikes: tuple[int, ...]
    first_spike_s: float | None
    reason: str


@dataclass(frozen=True)
class SynapseRow:
    """A synapse of a training: its weight, the share of its junctions that are parallel.

    Attributes:
        training: Name.
        output: Counted from 1.
        pixel: Counted from 1.
        intensity: Of the pixel.
        start: Weight at the start.
        end: Weight at the end.
        lowest: Over the last part.
        highest: Likewise.
        right: Whether it is on its pixel's side of one half throughout the last part.
    """

    training: str
    output: int
    pixel: int
    intensity: float
    start: float
    end: float
    lowest: float
    highest: float
    right: bool


@dataclass(frozen=True)
class ShareRow:
    """How many trainings of one kind learned: those that differ in nothing but the seed.

    Attributes:
        character: The picture; empty in a row over all of them.
        junctions: Of each synapse.
        outputs: Columns.
        law: Of the junctions.
        explored: What is varied.
        trainings: How many there are.
        learned: How many learned.
        unknown: How many failed to be simulated.
        share: Of learned ones, unknown ones counted as not learned.
        low: Lower end of Wilson's 95 % interval of the share.
        high: Its upper end.
        settled_s: Median time from which on all synapses of those that learned are right.
        spikes: Mean number of spikes of the output.
    """

    character: str
    junctions: int
    outputs: int
    law: str
    explored: str
    trainings: int
    learned: int
    unknown: int
    share: float
    low: float
    high: float
    settled_s: float | None
    spikes: float | None


def training_row(training: Training) -> TrainingRow:
    """Return the row of a training."""
    trial, winner, outcome = training.trial, training.winner, training.trace.outcome
    request = trial.request
    return TrainingRow(
        training=trial.id,
        character=trial.character,
        inputs=len(request.intensities),
        outputs=request.outputs,
        junctions=request.junctions,
        seed=request.seed,
        law=request.law,
        explored=_explored(training),
        verdict=training.verdict.value,
        output=winner.number if winner else None,
        wrong=tuple(int(place) + 1 for place in np.flatnonzero(~winner.right)) if winner else (),
        settled_s=winner.settled_s if winner else None,
        spikes=tuple(int(one.spikes_s.size) for one in training.learners),
        first_spike_s=float(winner.spikes_s[0]) if winner and winner.spikes_s.size else None,
        reason=reason_of(outcome),
    )


def synapse_rows(trainings: Sequence[Training]) -> Iterator[SynapseRow]:
    """Yield the rows of all synapses."""
    for training in trainings:
        for learner in training.learners:
            yield from _synapses(training, learner)


def share_rows(trainings: Sequence[Training]) -> list[ShareRow]:
    """Return how many of each kind learned, and where there are several characters also over all of them."""
    kinds: defaultdict[tuple[str, int, int, str, str], list[Training]] = defaultdict(list)
    for training in trainings:
        request = training.trial.request
        kind = request.junctions, request.outputs, request.law, _explored(training)
        kinds[(training.trial.character, *kind)].append(training)
        kinds[("", *kind)].append(training)
    several = {kind[1:] for kind in kinds if kind[0] and kinds[kind] != kinds[("", *kind[1:])]}
    return [_share(*kind, kinds[kind]) for kind in kinds if kind[0] or kind[1:] in several]


def _synapses(training: Training, learner: Learner) -> Iterator[SynapseRow]:
    for place, intensity in enumerate(training.trial.request.intensities):
        yield SynapseRow(
            training=training.trial.id,
            output=learner.number,
            pixel=place + 1,
            intensity=intensity,
            start=float(learner.weights[0, place]),
            end=float(learner.weights[-1, place]),
            lowest=float(learner.lowest[place]),
            highest=float(learner.highest[place]),
            right=bool(learner.right[place]),
        )


def _share(character: str, junctions: int, outputs: int, law: str, explored: str, found: list[Training]) -> ShareRow:
    from scipy.stats import binomtest

    verdicts = [training.verdict for training in found]
    learned = verdicts.count(Verdict.LEARNED)
    interval = binomtest(learned, len(found)).proportion_ci(0.95, method="wilson")
    winners = [training.winner for training in found if training.winner]
    settled = [winner.settled_s for winner in winners if winner.learned and winner.settled_s is not None]
    return ShareRow(
        character=character,
        junctions=junctions,
        outputs=outputs,
        law=law,
        explored=explored,
        trainings=len(found),
        learned=learned,
        unknown=verdicts.count(Verdict.UNKNOWN),
        share=learned / len(found),
        low=float(interval.low),
        high=float(interval.high),
        settled_s=float(np.median(settled)) if settled else None,
        spikes=float(np.mean([winner.spikes_s.size for winner in winners])) if winners else None,
    )


def _explored(training: Training) -> str:
    return " ".join(f"{name}={value}" for name, value in training.trial.explored.items())
