"""Asks what a circuit does: (deck, defect, severity, stimulus, conditions) -> outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from faultsim.circuits.bench import Conditions, job, variant
from faultsim.circuits.network import Network
from faultsim.circuits.sidecar import SimulationSpec
from faultsim.circuits.stimulus import Stimulus
from faultsim.circuits.variant import Corner
from faultsim.fault_models.defect import Defect, FaultyDeck
from faultsim.spice.job import Job, Outcome, Trace
from faultsim.spice.service import SimulationService


@dataclass(frozen=True)
class Question:
    """One transient in the words of a test engineer; without a defect it is the fault-free circuit.

    ``simulation`` replaces the lab's own accuracy where it is given.
    """

    stimulus: Stimulus
    conditions: Conditions
    defect: Defect | None = None
    severity: float | None = None
    simulation: SimulationSpec | None = None


@dataclass(frozen=True)
class Lab:
    """A network on the simulation service.

    Attributes:
        network: The circuit.
        service: Answers jobs.
        simulation: Time step and options.
        observables: Expressions that every transient is read with.
    """

    network: Network
    service: SimulationService
    simulation: SimulationSpec
    observables: Mapping[str, str]
    _faulty: dict[tuple[str, str, Corner], FaultyDeck] = field(default_factory=dict)

    def job(self, question: Question) -> Job:
        """Return the job that answers a question."""
        stimulus, edited = question.stimulus, None
        if question.defect is not None and question.severity is not None:
            edited = self._faulty_deck(question, question.defect).at(question.severity)
            stimulus = question.defect.disturb(stimulus, question.severity)
        simulation = question.simulation or self.simulation
        return job(self.network, stimulus, question.conditions, simulation, edited, self.observables)

    def submit(self, question: Question) -> Future[Outcome]:
        """Ask without waiting."""
        return self.service.submit(self.job(question))

    def ask(self, question: Question) -> tuple[str, Outcome]:
        """Return the store's key and the outcome; blocks until it is there."""
        asked = self.job(question)
        return self.service.key(asked), self.service.outcome(asked)

    def keys(self, questions: Sequence[Question]) -> str:
        """Return the store's keys of questions, joined by spaces: what a result of theirs depends on."""
        return " ".join(self.service.key(self.job(question)) for question in questions)

    def trace(self, question: Question) -> tuple[str, Trace]:
        """Return the store's key, and the outcome with its waveforms."""
        asked = self.job(question)
        return self.service.key(asked), self.service.trace(asked)

    def _faulty_deck(self, question: Question, defect: Defect) -> FaultyDeck:
        """Return the deck with a defect; edited once for all its severities and stimuli."""
        key = (defect.id, question.stimulus.weights, question.conditions.corner)
        if key not in self._faulty:
            self._faulty[key] = defect.inject(variant(self.network, question.stimulus, question.conditions))
        return self._faulty[key]
