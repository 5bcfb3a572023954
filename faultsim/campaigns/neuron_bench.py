"""A circuit on the test bench with its neuron exposed: drive and state are watched, or the state is held."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

import numpy as np

from faultsim.campaigns.lab import Lab
from faultsim.campaigns.question import Question
from faultsim.circuits import bench
from faultsim.circuits.neuron import MAGNETISATION, METAL, PILLAR, Failed, NeuronSite, NotApart, neuron_site
from faultsim.circuits.sidecar import SimulationSpec
from faultsim.circuits.stimulus import Stimulus
from faultsim.circuits.variant import EditedDeck
from faultsim.spice.job import Job, Outcome

_RESTS_S, _HELD_STEP_S = 0.5e-9, 30e-12


@dataclass(frozen=True)
class NeuronBench:
    """One circuit, with a defect or without, and what is asked of its neuron.

    Attributes:
        lab: Simulates it.
        question: The circuit and its stimulus.
        edited: Its deck.
        site: The neuron in this deck.
    """

    lab: Lab
    question: Question
    edited: EditedDeck
    site: NeuronSite

    @classmethod
    def of(cls, lab: Lab, question: Question) -> NeuronBench:
        """Put the circuit of a question on the bench.

        Raises:
            NotApart: The neuron cannot be taken out of this circuit.
        """
        edited = lab.edited(question)
        return cls(lab, question, edited, neuron_site(lab.network, edited.cards, question.conditions.temperature_c))

    def watch(self, stimulus: Stimulus, times_s: Sequence[float]) -> Future[Outcome]:
        """Ask for the voltage along the metal, the pillar's current and the magnetisation at times.

        The stimulus is taken as it is, also where a defect of the timing would disturb it.
        """
        # Nobody looks at the output, so that the strobes need no smaller steps.
        simulation = self.lab.simulation.with_steps(self.lab.simulation.step, strobes=False)
        probes = {name: vector for name, vector in self.site.probes.items() if vector != "v(0)"}
        ends = [f"at({name}, samples)" if name in probes else "0" for name in METAL]
        observables = {"metal_v": " - ".join(ends), "pillar_a": f"at({PILLAR}, samples)"}
        observables |= {name: f"at({name}, samples)" for name in MAGNETISATION}
        job = self._job(stimulus, simulation, probes, observables)
        return self.lab.service.submit(replace(job, scope={**job.scope, "samples": list(times_s)}))

    def hold(self, projections: Sequence[float], period_s: float, frame: int = 0) -> Future[Outcome]:
        """Ask which of several reads fire, while sources hold the magnetisation at one projection after another.

        Before each the inputs spike as in a frame of the pattern: a read path remembers what flowed before.
        """
        neuron = self.lab.network.sidecar.neuron
        assert neuron is not None
        stimulus = _reads(self.question.stimulus, frame, len(projections), period_s)
        probes = self.lab.network.sidecar.probes
        # While the state is held nothing moves between the edges; levels are the same to 1e-5 at three times this step.
        simulation = self.lab.simulation.with_steps(_HELD_STEP_S)
        more = list(_holders(self.site, stimulus, projections))
        return self.lab.service.submit(self._job(stimulus, simulation, probes, {"fires": neuron.spikes}, more))

    def fires(self, projections: Sequence[float], period_s: float, frame: int = 0) -> list[bool]:
        """Return which of several reads fire behind a frame's spikes; the first one is that of a rested read path.

        Raises:
            Failed: The simulation did not end well.
        """
        outcome = finished(self.hold(projections, period_s, frame), "reads its level")
        return [bool(value) for value in series(outcome, "fires")]

    def _job(
        self,
        stimulus: Stimulus,
        simulation: SimulationSpec,
        probes: dict[str, str],
        observables: dict[str, str],
        more: Sequence[str] = (),
    ) -> Job:
        network = self.lab.network
        watched = replace(network, sidecar=network.sidecar.model_copy(update={"probes": probes}))
        return bench.job(watched, stimulus, self.question.conditions, simulation, self.edited, observables, more)


def finished(answer: Future[Outcome], what: str) -> Outcome:
    """Wait for a transient.

    Raises:
        Failed: It did not end well; the message says what it was for.
    """
    outcome = answer.result()
    if not outcome.ok:
        raise Failed(f"the simulation that {what} ended with {outcome.status}")
    return outcome


def series(outcome: Outcome, name: str) -> list[float]:
    """Return the values of an observable at several times.

    Raises:
        NotApart: One of them is not finite.
    """
    value = outcome.values[name]
    if not isinstance(value, list) or any(item is None for item in value):
        raise NotApart(f"{name} is not finite everywhere")
    return [float(item) for item in value if item is not None]


def _reads(stimulus: Stimulus, frame: int, count: int, period_s: float) -> Stimulus:
    """Return a stimulus with as many reads, a period apart, each behind the spikes of one frame."""
    spec = stimulus.spec
    if spec.clocks:
        raise NotApart("clocks act on the neuron besides the reads")
    pulse = min(spec.integrate, period_s - spec.shortest_leaky)
    update = {"pulses": count, "start": _RESTS_S, "integrate": pulse, "leaky": period_s - pulse}
    return replace(stimulus, pattern=stimulus.frames[frame], spec=spec.model_copy(update=update))


def _holders(site: NeuronSite, stimulus: Stimulus, projections: Sequence[float]) -> Iterator[str]:
    """Yield sources that hold the magnetisation: at each read another projection on the fixed layer's direction."""
    axis = np.array(site.fixed_layer)
    across = np.cross(axis, np.eye(3)[int(np.argmin(np.abs(axis)))])
    across /= np.linalg.norm(across)
    states = [value * axis + math.sqrt(1 - value * value) * across for value in projections]
    for component, net in enumerate(site.magnetisation):
        points = [(0.0, states[0][component])]
        for start, before, after in zip(stimulus.starts_s[1:], states, states[1:], strict=False):
            points += [(start, before[component]), (start + stimulus.spec.edge, after[component])]
        yield f"VFS_hold{component} {net} 0 PWL({' '.join(f'{time:.12g} {value:.12g}' for time, value in points)})"
