"""The twin of a circuit: its neuron in the batch engine, with the drive and the firing level that SPICE showed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from faultsim.campaigns.lab import Lab
from faultsim.campaigns.level import SAME_LEVEL, find_level, find_memory, probes_of
from faultsim.campaigns.neuron_bench import NeuronBench, finished, series
from faultsim.campaigns.question import Question
from faultsim.campaigns.recording import RESTS_S, Plane, Recording, at_windows, silenced
from faultsim.circuits.neuron import MAGNETISATION, NotApart
from faultsim.circuits.stimulus import Stimulus
from faultsim.magnetics.batch import Cases, Responses, simulate
from faultsim.magnetics.layer import NO_MEMORY, Neuron, Reader
from faultsim.magnetics.train import Floats, Mark, PulseTrain
from faultsim.spice.job import Outcome

SAME_STATE = 5e-3
"""How far the magnetisation at a read may be off at the plane's shortest windows."""

_SAME_DRIVE = 0.05
"""Up to where a drive counts as that of the fault-free circuit, of which the firing level is expected."""


@dataclass(frozen=True)
class Twin:
    """A circuit in the batch engine.

    Attributes:
        bench: The circuit.
        neuron: Its layer, drive and reader.
        recording: Says what windows the drive serves.
        shift_s: What a defect of the timing adds to the integrate window and to the leaky window.
    """

    bench: NeuronBench
    neuron: Neuron
    recording: Recording
    shift_s: tuple[float, float] = (0.0, 0.0)

    def windows(self, integrate_s: ArrayLike, leaky_s: ArrayLike) -> tuple[NDArray, NDArray]:
        """Return the windows that the circuit makes of those that it is asked for."""
        integrate, leaky = np.broadcast_arrays(np.asarray(integrate_s, float), np.asarray(leaky_s, float))
        return integrate + self.shift_s[0], leaky + self.shift_s[1]

    def serves(self, integrate_s: ArrayLike, leaky_s: ArrayLike) -> NDArray[np.bool_]:
        """Return at which windows it can stand for the circuit."""
        windows = self.windows(integrate_s, leaky_s)
        return np.asarray(self.recording.serves(*windows) & self.neuron.train.in_order(*windows))

    def run(self, integrate_s: ArrayLike, leaky_s: ArrayLike, noted: bool = False) -> Responses:
        """Return what it does at windows."""
        return simulate([self.neuron], Cases.of(0, *self.windows(integrate_s, leaky_s)), noted)

    def spikes_on(self, pulse: int, integrate_s: float, leaky_s: float) -> bool:
        """Return whether it may first spike on a pulse, 0 for none, as far as its state and its level are known."""
        reader, off = self.neuron.reader, SAME_STATE + SAME_LEVEL
        levels = (reader.level - off, reader.level, reader.level + off)
        neurons = [replace(self.neuron, reader=replace(reader, level=level)) for level in levels]
        cases = Cases.of(range(len(neurons)), *self.windows(integrate_s, leaky_s))
        return pulse in simulate(neurons, cases).fired


@dataclass(frozen=True)
class _Drive:
    """What drives a neuron, over the plane and at its shortest windows.

    Attributes:
        recording: Says what windows the train serves.
        train: The drive.
        short_train: The drive of a stimulus of the shortest windows.
        windows: The windows of that stimulus.
        states: The state at its reads, if it is checked.
    """

    recording: Recording
    train: PulseTrain
    short_train: PulseTrain
    windows: tuple[float, float]
    states: Future[Outcome] | None


@dataclass(frozen=True)
class TwinMaker:
    """Makes twins of a circuit without and with defects, for one plane.

    Attributes:
        lab: Simulates the circuit.
        plane: The windows that twins have to serve.
    """

    lab: Lab
    plane: Plane

    def healthy(self, question: Question) -> Twin:
        """Return the fault-free circuit's twin.

        Raises:
            NotApart: The neuron cannot be taken out of this circuit.
        """
        bench = NeuronBench.of(self.lab, replace(question, defect=None, severity=None))
        return self._searched(bench, self._driven(bench, True), None)

    def faulty(self, question: Question, healthy: Twin, checked: bool = True) -> Twin:
        """Return the twin of a circuit with a defect, or at another corner.

        Args:
            question: The circuit.
            healthy: The fault-free one's twin: its firing level is tried first.
            checked: See that the twin does the same at the shortest windows.

        Raises:
            NotApart: The neuron cannot be taken out of this circuit.
        """
        bench = NeuronBench.of(self.lab, question)
        drive = self._driven(bench, checked)
        expected = replace(self._expected(healthy, drive.train), axis=bench.site.fixed_layer, shifts=(0.0,))
        try:
            return self._twin(bench, drive, expected)
        except _LevelMoved:
            return self._searched(bench, drive, expected)

    def metal_v(self, question: Question, times_s: Sequence[float]) -> Callable[[], Floats]:
        """Ask for the voltage along the neuron's metal at times; what is returned waits for it."""
        answer = NeuronBench.of(self.lab, question).watch(question.stimulus, times_s)
        return lambda: np.array(series(finished(answer, "shows its metal"), "metal_v"))

    @property
    def _period_s(self) -> float:
        """The shortest time between reads."""
        return self.plane.integrate_s[0] + self.plane.leaky_s[0]

    def _driven(self, bench: NeuronBench, checked: bool) -> _Drive:
        """Record, and ask for the state at the shortest windows."""
        stimulus, shift = bench.question.stimulus, _shift_s(bench.question)
        plane = Plane(_moved(self.plane.integrate_s, shift[0]), _moved(self.plane.leaky_s, shift[1]))
        if plane.integrate_s[0] <= stimulus.spec.edge or plane.leaky_s[0] <= stimulus.spec.decided:
            raise NotApart("it leaves nothing of the shortest windows")
        recording = Recording(stimulus, plane)
        short = _rested(at_windows(stimulus, plane.integrate_s[0], recording.shortest_leaky_s))
        seen = bench.watch(recording.played, recording.times_s)
        states = bench.watch(short, _reads_s(short)) if checked else None
        shown = finished(seen, "records its drive")
        metal, pillar = series(shown, "metal_v"), series(shown, "pillar_a")
        train, brief = (recording.train(metal, pillar, rested) for rested in (stimulus.first_s, short.first_s))
        return _Drive(recording, train, brief, (short.spec.integrate, short.spec.leaky), states)

    def _expected(self, healthy: Twin, train: PulseTrain) -> Reader:
        """Return where a defect's firing level is looked for: between the fault-free one and that without an input.

        What flows in an integrate window charges the read path, so that the level goes with the drive.
        """
        reader = healthy.neuron.reader
        share = float(np.abs(train.metal_v).max() / np.abs(healthy.neuron.train.metal_v).max())
        if abs(share - 1) < _SAME_DRIVE or not math.isfinite(reader.level):
            return reader
        try:
            undriven = self.undriven(healthy)
        except NotApart:
            return reader
        level = undriven + share * (reader.level - undriven)
        return replace(reader, level=level) if abs(level) < 1 else reader

    def undriven(self, healthy: Twin) -> float:
        """Return the fault-free circuit's firing level without an input.

        Raises:
            NotApart: The coding has no silent symbol, or it spikes in more than one range.
        """
        question, reader = healthy.bench.question, healthy.neuron.reader
        silent = replace(healthy.bench, question=replace(question, stimulus=silenced(question.stimulus)))
        return find_level(silent.site.fixed_layer, silent.fires, self._period_s, reader).level

    def _searched(self, bench: NeuronBench, drive: _Drive, near: Reader | None) -> Twin:
        """Return a twin whose firing level is searched, near another, and its memory if it is not that of the other."""
        reader = find_level(bench.site.fixed_layer, bench.fires, self._period_s, near)
        try:
            return self._twin(bench, drive, replace(reader, memory=near.memory if near else NO_MEMORY))
        except _LevelMoved:
            memory = find_memory(reader, bench.fires, self._period_s)
            return self._twin(bench, drive, replace(reader, memory=memory))

    def _twin(self, bench: NeuronBench, drive: _Drive, reader: Reader) -> Twin:
        """See that the level is right, behind each pattern, and the state at the shortest windows."""
        if not self._is_right(bench, reader):
            raise _LevelMoved("its firing level is not where it was measured")
        reader = self._behind_each(bench, reader)
        neuron = Neuron(bench.site.layer, drive.train, reader)
        if drive.states is not None:
            brief = replace(neuron, train=drive.short_train)
            _check(brief, drive.windows, finished(drive.states, "checks its drive"))
        return Twin(bench, neuron, drive.recording, _shift_s(bench.question))

    def _is_right(self, bench: NeuronBench, reader: Reader, frame: int = 0) -> bool:
        """Return whether reads around a level, behind a frame's spikes, fire as they are to."""
        projections, expected = probes_of(reader, self._period_s)
        return bench.fires(projections, self._period_s, frame) == expected

    def _behind_each(self, bench: NeuronBench, reader: Reader) -> Reader:
        """Return a reader that knows what its level is moved by behind each pattern.

        Raises:
            NotApart: It is another kind of level there.
        """
        frames, moved = bench.question.stimulus.frames, {bench.question.stimulus.frames[0]: 0.0}
        for number, frame in enumerate(frames):
            if frame in moved:
                continue
            if self._is_right(bench, reader, number):
                moved[frame] = 0.0
                continue
            found = find_level(reader.axis, partial(bench.fires, frame=number), self._period_s, reader)
            alike = found.below == reader.below and math.isfinite(found.level) and math.isfinite(reader.level)
            if not alike or not self._is_right(bench, replace(reader, level=found.level), number):
                raise NotApart(f"its firing level is none of the same kind behind the pattern {frame}")
            moved[frame] = found.level - reader.level
        return replace(reader, shifts=tuple(moved[frame] for frame in frames))


class _LevelMoved(NotApart):
    """The output does not spike where it was said to."""


def _check(neuron: Neuron, windows: tuple[float, float], outcome: Outcome) -> None:
    """Compare the state at each read of the shortest windows.

    Raises:
        NotApart: It is another one.
    """
    spice = np.array([series(outcome, name) for name in MAGNETISATION]).T
    ours = simulate([neuron], Cases.of(0, *windows), noted=True).noted[0, :, Mark.READ]
    worst = float(np.abs(ours - spice).max())
    if not worst <= SAME_STATE:
        raise NotApart(f"apart from its circuit its state is off by {worst:.2g} at the shortest windows")


def _shift_s(question: Question) -> tuple[float, float]:
    """Return what a defect of the timing adds to the two windows."""
    before, after = question.stimulus.spec, question.applied.spec
    return after.integrate - before.integrate, after.leaky - before.leaky


def _moved(ends: tuple[float, float], shift: float) -> tuple[float, float]:
    return ends[0] + shift, ends[1] + shift


def _rested(stimulus: Stimulus) -> Stimulus:
    """Return a stimulus that begins as soon as a recording does."""
    return replace(stimulus, spec=stimulus.spec.model_copy(update={"start": min(stimulus.spec.start, RESTS_S)}))


def _reads_s(stimulus: Stimulus) -> list[float]:
    """Return when each read is decided."""
    return [(start + stop) / 2 for start, stop in stimulus.reads_s]
