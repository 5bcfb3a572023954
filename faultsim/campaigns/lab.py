"""Asks what a circuit does: (deck, defect, severity, stimulus, conditions) -> outcome."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from faultsim.campaigns.limits import first_pulse
from faultsim.campaigns.question import Question
from faultsim.campaigns.results import EQUIVALENT, WHOLE
from faultsim.circuits.bench import job, surroundings, variant
from faultsim.circuits.blocks import Surroundings, kind_of
from faultsim.circuits.equivalent import Equivalent
from faultsim.circuits.network import Network
from faultsim.circuits.sidecar import SimulationSpec
from faultsim.circuits.variant import Corner, EditedDeck
from faultsim.fault_models.defect import FaultyDeck
from faultsim.fault_models.lumping import equivalent_of, lumped
from faultsim.spice.job import Job, Outcome, Trace
from faultsim.spice.service import SimulationService


@dataclass(frozen=True)
class Lab:
    """A network on the simulation service.

    Attributes:
        network: The circuit.
        service: Answers jobs.
        simulation: Time step and options.
        observables: Expressions that every transient is read with.
        lumped: Simulate the equivalent of the network in which one row stands for all that do the same.
        exact: The same has to be so in every cell.
        kept: Subjects of questions whose waveforms will be drawn.
    """

    network: Network
    service: SimulationService
    simulation: SimulationSpec
    observables: Mapping[str, str]
    lumped: bool = False
    exact: bool = False
    kept: frozenset[Hashable] = frozenset()
    _faulty: dict[Hashable, FaultyDeck] = field(default_factory=dict)
    _lumped: dict[Hashable, FaultyDeck] = field(default_factory=dict)

    def network_kind(self, question: Question) -> str:
        """Return which network answers a question, as tables say it."""
        return EQUIVALENT if self.lumped and self._lumped_deck(question).merged else WHOLE

    def job(self, question: Question) -> Job:
        """Return the job that answers a question."""
        simulation = question.simulation or self.simulation
        edited = self.edited(question) if self.lumped or question.fault else None
        # What will be drawn is wanted whole.
        reads = () if question.subject in self.kept else question.reads
        stimulus, conditions = question.applied, question.conditions
        return job(self.network, stimulus, conditions, simulation, edited, self.observables, reads=reads)

    def edited(self, question: Question) -> EditedDeck:
        """Return the deck that answers a question, at its severity."""
        return self.deck(question).at(question.severity or 0.0)

    def deck(self, question: Question) -> FaultyDeck:
        """Return the deck that answers a question, for all severities."""
        return self._lumped_deck(question) if self.lumped else self._whole_deck(question)

    def submit(self, question: Question) -> Future[Outcome]:
        """Ask without waiting."""
        return self.service.submit(self.job(question), question.subject in self.kept)

    def ask(self, question: Question) -> tuple[str, Outcome]:
        """Return the store's key and the outcome; blocks until it is there."""
        asked = self.job(question)
        return self.service.key(asked), self.service.submit(asked, question.subject in self.kept).result()

    def keys(self, questions: Sequence[Question]) -> str:
        """Return the store's keys of questions, joined by spaces: what a result of theirs depends on."""
        return " ".join(self.service.key(self.job(question)) for question in questions)

    def trace(self, question: Question, keep: bool = True) -> tuple[str, Trace]:
        """Return the store's key, and the outcome with its waveforms, which the store keeps or not."""
        asked = self.job(question)
        return self.service.key(asked), self.service.trace(asked, keep)

    def equivalent(self, question: Question) -> Equivalent:
        """Return the equivalent of the network for a question, with its defect if it has one."""
        deck = self._whole_deck(question).cornered(question.severity or 0.0)
        return equivalent_of(self.network, deck, self._surroundings(question), self.exact)

    def kind(self, question: Question) -> Hashable | None:
        """Return what is equal for fault-free circuits that differ in nothing but the order of rows, if known."""
        cards = self._whole_deck(replace(question, defect=None, severity=None)).cards
        return kind_of(cards, self._surroundings(question), self.network.sidecar.weights)

    def _lumped_deck(self, question: Question) -> FaultyDeck:
        """Return the equivalent's deck, found once for all severities and all stimuli that make the same rows alike."""
        deck, around = self._whole_deck(question), self._surroundings(question)
        sources = list(around.held.values()), list(around.fed.values())
        alike = tuple(tuple(map(texts.index, texts)) for texts in sources)
        severity = question.severity or 0.0
        key = (_key(question), alike, self.exact, severity if deck.moved is not None else None)
        if key not in self._lumped:
            self._lumped[key] = lumped(self.network, deck, around, severity, self.exact)
        return self._lumped[key]

    def _surroundings(self, question: Question) -> Surroundings:
        # A defect of the timing is the same for all rows, and may leave too little of a window that is only watched.
        return surroundings(self.network, question.stimulus, question.conditions)

    def _whole_deck(self, question: Question) -> FaultyDeck:
        """Return the deck with a defect or none; edited once for all its severities and stimuli."""
        key = _key(question)
        if key not in self._faulty:
            cards = variant(self.network, question.stimulus, question.conditions)
            self._faulty[key] = question.fault[0].inject(cards) if question.fault else FaultyDeck(cards)
        return self._faulty[key]


def first_spike(outcome: Outcome) -> int | None:
    """Return on which pulse a transient spikes, 0 for none; None where it failed."""
    return first_pulse(outcome.values.get("pulses_to_spike")) if outcome.ok else None


def _key(question: Question) -> tuple[str, str, Corner]:
    """Return what tells a question's deck from others."""
    defect = question.fault[0].id if question.fault else ""
    return defect, question.stimulus.weights, question.conditions.corner
