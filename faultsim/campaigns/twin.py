"""The twin of a circuit: its neuron in the batch engine, with the drive and the firing level that SPICE showed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from faultsim.campaigns.held import find_level, find_memory, holders, probes_of, reads
from faultsim.campaigns.lab import Lab, Question
from faultsim.campaigns.recording import RESTS_S, Plane, Recording, silenced
from faultsim.circuits import bench
from faultsim.circuits.neuron import MAGNETISATION, METAL, PILLAR, NeuronSite, NotApart, neuron_site
from faultsim.circuits.sidecar import SimulationSpec
from faultsim.circuits.stimulus import Stimulus
from faultsim.circuits.variant import EditedDeck
from faultsim.magnetics.batch import Cases, Responses, simulate
from faultsim.magnetics.layer import NO_MEMORY, Neuron, Reader
from faultsim.magnetics.train import Floats, Mark
from faultsim.spice.job import Job, Outcome

SAME_STATE = 5e-3
"""How far the magnetisation at a read may be off at the plane's shortest windows."""


@dataclass(frozen=True)
class Twin:
    """A circuit in the batch engine.

    Attributes:
        neuron: Its layer, drive and reader.
        recording: Says what windows the drive serves.
        shift_s: What a defect of the timing adds to the integrate window and to the leaky window.
    """

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
        return self._searched(replace(question, defect=None, severity=None), None)

    def faulty(self, question: Question, healthy: Twin, checked: bool = True) -> Twin:
        """Return the twin of a circuit with a defect, or at another corner.

        Args:
            question: The circuit.
            healthy: The fault-free one's twin: its firing level is tried first.
            checked: See that the twin does the same at the shortest windows.

        Raises:
            NotApart: The neuron cannot be taken out of this circuit.
        """
        try:
            return self._twin(question, healthy.neuron.reader, checked)
        except _LevelMoved:
            return self._searched(question, healthy.neuron.reader, checked)

    def _searched(self, question: Question, near: Reader | None, checked: bool = True) -> Twin:
        """Return a twin whose firing level is searched, near another, and its memory if it is not that of the other."""
        ask, site = partial(self._fires, question), self._site(question, self.lab.edited(question))
        reader = find_level(site, ask, self._period_s, near)
        try:
            return self._twin(question, replace(reader, memory=near.memory if near else NO_MEMORY), checked)
        except _LevelMoved:
            return self._twin(question, replace(reader, memory=find_memory(reader, ask, self._period_s)), checked)

    @property
    def _period_s(self) -> float:
        """The shortest time between reads."""
        return self.plane.integrate_s[0] + self.plane.leaky_s[0]

    def silent(self, question: Question, twin: Twin) -> Twin:
        """Return a twin that is driven by what flows without an input."""
        stimulus = silenced(question.stimulus)
        recording = Recording(stimulus, twin.recording.plane)
        edited = self.lab.edited(question)
        job = self._seen(question, recording.played, self._site(question, edited), edited, recording.times_s)
        shown = _finished(self.lab.service.outcome(job), "records its rest")
        train = recording.train(_series(shown, "metal_v"), _series(shown, "pillar_a"), stimulus.first_s)
        return replace(twin, neuron=replace(twin.neuron, train=train), recording=recording)

    def metal_v(self, question: Question, times_s: Sequence[float]) -> Callable[[], Floats]:
        """Ask for the voltage along the neuron's metal at times; what is returned waits for it.

        The stimulus is taken as it is, also where a defect of the timing would disturb it.
        """
        edited = self.lab.edited(question)
        job = self._seen(question, question.stimulus, self._site(question, edited), edited, times_s)
        answer = self.lab.service.submit(job)
        return lambda: np.array(_series(_finished(answer.result(), "shows its metal"), "metal_v"))

    def _twin(self, question: Question, reader: Reader, checked: bool) -> Twin:
        """Record, and see in one or two more transients that level and state are right at the shortest windows."""
        edited = self.lab.edited(question)
        site = self._site(question, edited)
        shift = _shift_s(question)
        plane = Plane(_moved(self.plane.integrate_s, shift[0]), _moved(self.plane.leaky_s, shift[1]))
        spec = question.stimulus.spec
        if plane.integrate_s[0] <= spec.edge or plane.leaky_s[0] <= spec.read_delay + spec.strobe_width + spec.edge:
            raise NotApart("it leaves nothing of the shortest windows")
        recording, short = Recording(question.stimulus, plane), _rested(plane.corner(question.stimulus, 0))
        service = self.lab.service
        seen = service.submit(self._seen(question, recording.played, site, edited, recording.times_s))
        states = service.submit(self._seen(question, short, site, edited, _reads_s(short))) if checked else None
        projections, expected = probes_of(reader, self._period_s)
        held = service.submit(self._held(question, site, edited, projections, self._period_s))
        shown = _finished(seen.result(), "records its drive")
        metal, pillar = _series(shown, "metal_v"), _series(shown, "pillar_a")
        if _finished(held.result(), "reads its level").values["fires"] != expected:
            raise _LevelMoved("its firing level is not where it was measured")
        trains = [recording.train(metal, pillar, rested) for rested in (question.stimulus.first_s, short.first_s)]
        long, brief = (Twin(Neuron(site.layer, train, reader), recording, shift) for train in trains)
        if states is not None:
            self._check(brief, _finished(states.result(), "checks its drive"))
        return long

    def _check(self, twin: Twin, outcome: Outcome) -> None:
        """Compare the state at each read of the shortest windows."""
        spice = np.array([_series(outcome, name) for name in MAGNETISATION]).T
        windows = self.plane.integrate_s[0], self.plane.leaky_s[0]
        ours = twin.run(*windows, noted=True).noted[0, :, Mark.READ]
        worst = float(np.abs(ours - spice).max())
        if not worst <= SAME_STATE:
            raise NotApart(f"apart from its circuit its state is off by {worst:.2g} at the shortest windows")

    def _seen(
        self, question: Question, stimulus: Stimulus, site: NeuronSite, edited: EditedDeck, samples_s: Sequence[float]
    ) -> Job:
        """Return the transient that shows metal, pillar and magnetisation at given times."""
        simulation = self.lab.simulation.model_copy(update={"strobe_step": self.lab.simulation.step})
        probes = {name: vector for name, vector in site.probes.items() if vector != "v(0)"}
        ends = [f"at({name}, samples)" if name in probes else "0" for name in METAL]
        observables = {"metal_v": " - ".join(ends), "pillar_a": f"at({PILLAR}, samples)"}
        observables |= {name: f"at({name}, samples)" for name in MAGNETISATION}
        job = self._job(question, stimulus, edited, simulation, probes, observables)
        return replace(job, scope={**job.scope, "samples": list(samples_s)})

    def _held(
        self, question: Question, site: NeuronSite, edited: EditedDeck, projections: Sequence[float], period_s: float
    ) -> Job:
        """Return the transient that reads a held magnetisation."""
        neuron = self.lab.network.sidecar.neuron
        assert neuron is not None
        stimulus = reads(question.stimulus, len(projections), period_s)
        probes = self.lab.network.sidecar.probes
        more = list(holders(site, stimulus, projections))
        return self._job(question, stimulus, edited, self.lab.simulation, probes, {"fires": neuron.spikes}, more)

    def _fires(self, question: Question, rows: Sequence[Sequence[float]], period_s: float) -> list[list[bool]]:
        edited = self.lab.edited(question)
        site = self._site(question, edited)
        asked = [self.lab.service.submit(self._held(question, site, edited, row, period_s)) for row in rows]
        return [
            [bool(value) for value in _series(_finished(answer.result(), "reads its level"), "fires")]
            for answer in asked
        ]

    def _site(self, question: Question, edited: EditedDeck) -> NeuronSite:
        return neuron_site(self.lab.network, edited.cards, question.conditions.temperature_c)

    def _job(
        self,
        question: Question,
        stimulus: Stimulus,
        edited: EditedDeck,
        simulation: SimulationSpec,
        probes: dict[str, str],
        observables: dict[str, str],
        more: Sequence[str] = (),
    ) -> Job:
        network = self.lab.network
        watched = replace(network, sidecar=network.sidecar.model_copy(update={"probes": probes}))
        return bench.job(watched, stimulus, question.conditions, simulation, edited, observables, more)


class _LevelMoved(NotApart):
    """The output does not spike where it was said to."""


def _finished(outcome: Outcome, what: str) -> Outcome:
    if not outcome.ok:
        raise NotApart(f"the simulation that {what} ended with {outcome.status}")
    return outcome


def _series(outcome: Outcome, name: str) -> list[float]:
    """Return the values of an observable at several times."""
    value = outcome.values[name]
    if not isinstance(value, list) or any(item is None for item in value):
        raise NotApart(f"{name} is not finite everywhere")
    return [float(item) for item in value if item is not None]


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
