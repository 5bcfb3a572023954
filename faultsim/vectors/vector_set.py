"""A set of vectors from start to end: candidates, matrix, choice, certificates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property

from faultsim.campaigns.grid import Grid
from faultsim.campaigns.lab import Lab
from faultsim.campaigns.plan import Plan
from faultsim.campaigns.recording import RESTS_S
from faultsim.campaigns.watcher import Watcher
from faultsim.circuits.network import Network
from faultsim.circuits.stimulus import Stimulus
from faultsim.errors import GateError, UsageError
from faultsim.fault_models.defect import Defect
from faultsim.vectors.assemble import CAPTURE, TRIGGER, writing
from faultsim.vectors.candidate import Candidate, Refused, candidates
from faultsim.vectors.check import Check, own_deviations
from faultsim.vectors.chooser import Aim, Choice, Chooser
from faultsim.vectors.cover import Selection
from faultsim.vectors.cover_curve import pareto
from faultsim.vectors.curves import Curves, Sweeps
from faultsim.vectors.estimator import Estimator
from faultsim.vectors.first_spikes import FirstSpikes
from faultsim.vectors.good import GoodCircuits
from faultsim.vectors.matrix import Matrix
from faultsim.vectors.probe import Certificate
from faultsim.vectors.scan import Scanner
from faultsim.vectors.separation import Separation
from faultsim.vectors.space import SpaceSpec
from faultsim.vectors.tester import Tester

CURRENT = "im_wr_a"
_ROUNDS, _MOST_EXTRAS = 2, 20


@dataclass(frozen=True)
class Subject:
    """Some campaigns on one circuit, and what a tester can try on it.

    Attributes:
        plans: The campaigns.
        space: What is tried.
        tester: On what.
    """

    plans: Sequence[Plan]
    space: SpaceSpec
    tester: Tester

    @property
    def network(self) -> Network:
        """The circuit."""
        return self.plans[0].network

    @cached_property
    def defects(self) -> list[Defect]:
        """One defect of each circuit that the campaigns' defects make."""
        return list({defect.id: defect for plan in self.plans for defect in plan.simulated}.values())

    @cached_property
    def equals(self) -> Mapping[str, Sequence[str]]:
        """Id of a defect -> ids of the others that are the same circuit."""
        found: dict[str, dict[str, None]] = {}
        for plan in self.plans:
            for lead, others in plan.equals.items():
                found.setdefault(lead, {}).update(dict.fromkeys(others))
        return {lead: list(others) for lead, others in found.items()}

    def grid(self, defect: Defect) -> Grid:
        """Return the severities of a defect, as the campaign has them that is about it."""
        plan = next(plan for plan in self.plans if defect.id in plan.equals)
        return plan.grid(defect)

    def check(self) -> None:
        """Check that the campaigns are about one circuit, whose nets are not called as the tester's own signals are.

        Raises:
            UsageError: They are not.
            GateError: One is.
        """
        others = [plan.name for plan in self.plans if plan.network.name != self.network.name]
        if others:
            raise UsageError(
                f"{', '.join(others)} is about another circuit than {self.plans[0].name}; make a set for each"
            )
        ports = {net.lower() for ports in self.network.sidecar.ports for net in ports.nets}
        for own in (CAPTURE, TRIGGER):
            if own in ports:
                said = f"{self.network.name} has a net {own!r} among its ports, and the tester a signal of that name"
                raise GateError(f"{said}; give the net another name in the deck and its sidecar")


@dataclass(frozen=True)
class VectorSet:
    """A set of vectors and all that is known of it.

    Attributes:
        subject: What it is for.
        candidates: How many there were.
        refused: What the tester cannot apply.
        matrix: What each usable one sees.
        choice: What was chosen.
        certificates: What each vector sees of each defect, by (check's id, defect's id).
        pareto: How much can be covered at which cost.
        curves: What defects do to currents.
        extras: Further vectors, which tell defects apart.
        drifts: Id of a vector that measures -> a tolerance, or the tester's levels -> by which share its value moves.
    """

    subject: Subject
    candidates: int
    refused: tuple[Refused, ...]
    matrix: Matrix
    choice: Choice
    certificates: Mapping[tuple[str, str], Certificate]
    pareto: tuple[Selection, ...]
    curves: Curves
    extras: tuple[Check, ...] = ()
    drifts: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def checks(self) -> tuple[Check, ...]:
        """The vectors in the order in which they are applied."""
        return in_turn(self.choice.checks, self.extras)


def in_turn(detecting: Sequence[Check], diagnosing: Sequence[Check]) -> tuple[Check, ...]:
    """Return vectors in the order in which a tester applies them: those that detect first, and each level in one go.

    A tester that only sorts good from bad stops between the two; the level that it has by then is gone on with.
    """
    first = _by_level(detecting, ())
    return (*first, *_by_level(diagnosing, first[-1:]))


def _by_level(checks: Sequence[Check], before: Sequence[Check]) -> list[Check]:
    levels = list(dict.fromkeys(map(_level, (*before, *checks))))
    return sorted(checks, key=lambda check: levels.index(_level(check)))


def _level(check: Check) -> tuple[float, float]:
    return check.candidate.conditions.vdd_v, check.candidate.stimulus.spec.edge


def make_set(
    subject: Subject, aim: Aim, diagnosis: bool, lab: Lab, pool: ThreadPoolExecutor, watcher: Watcher
) -> VectorSet:
    """Choose the vectors of a subject.

    Args:
        subject: What they are for.
        aim: What is wanted of the set.
        diagnosis: Add vectors that tell defects apart, and certify all that any of them sees.
        lab: Simulates the circuit.
        pool: Runs several at a time.
        watcher: Is told how it gets on.

    Raises:
        UsageError: The campaigns are about different circuits.
        GateError: The tester can apply no candidate, or not write the weights, or a net is called as its own signals.
        UnknownOutcome: A simulation of a good circuit failed.
    """
    subject.check()
    tried, refused = candidates(subject.network, subject.space, subject.tester, subject.plans, subject.defects)
    if not tried:
        raise GateError(_refusal(subject.tester, refused))
    _check_writing(subject)
    estimator = _estimator(subject, lab, pool, watcher)
    matrix = _matrix(subject, estimator, tried)
    chooser = Chooser(matrix, estimator, subject.tester, subject.space.rest, aim, pool, watcher)
    curves, extras = estimator.sweeps.curves(subject.defects), tuple[Check, ...]()
    while True:
        choice = chooser.choose()
        points = tuple(pareto(choice.problem))
        found = VectorSet(subject, len(tried), tuple(refused), matrix, choice, choice.certificates, points, curves)
        if not diagnosis:
            return found
        extras = _extras(subject, chooser, choice, curves, extras)
        found = _looked_up(replace(found, extras=extras), chooser, estimator)
        uncovered, curves = chooser.corrected(found.certificates), found.curves
        # What was looked up may have taken away what told two defects apart.
        if not uncovered and len(_extras(subject, chooser, choice, curves, extras)) == len(extras):
            return found


def _looked_up(found: VectorSet, chooser: Chooser, estimator: Estimator) -> VectorSet:
    """Return a set with all that a diagnosis looks up of its vectors."""
    scanner = Scanner(
        matrix=found.matrix,
        curves=found.curves,
        still=estimator.still,
        in_neuron=estimator.in_neuron,
        lab=estimator.lab,
        tester=found.subject.tester,
        pool=estimator.pool,
        watcher=estimator.watcher,
    )
    bracketed = chooser.dictionary(found.checks)
    misled = scanner.misled(found.checks, bracketed)
    certificates = scanner.scanned(found.checks, bracketed, misled)
    curves = found.curves.without(misled)
    measuring = [check for check in found.checks if check.candidate.measures]
    drifts = {check.id: estimator.good.drifts(check.candidate) for check in measuring}
    return replace(found, certificates=certificates, curves=curves, drifts=drifts)


def _extras(
    subject: Subject, chooser: Chooser, choice: Choice, curves: Curves, kept: tuple[Check, ...]
) -> tuple[Check, ...]:
    """Return vectors that tell defects apart: some that are kept, and those that are missing, also once certified."""
    found = [check for check in chooser.confirmed(kept) if check not in choice.checks]
    separation = Separation(chooser.matrix, curves, own_deviations(subject.tester))
    for _ in range(_ROUNDS):
        chooser.dictionary([*choice.checks, *found])
        more = separation.more([*choice.checks, *found], _MOST_EXTRAS - len(found))
        if not more:
            break
        found += chooser.confirmed(more)
    return tuple(found)


def _estimator(subject: Subject, lab: Lab, pool: ThreadPoolExecutor, watcher: Watcher) -> Estimator:
    early = subject.network.sidecar.stimulus.model_copy(update={"start": RESTS_S, "pulses": 1})
    sweeps = Sweeps(lab, subject.grid, CURRENT, lambda pattern: Stimulus(pattern, early))
    spikes = FirstSpikes(lab, pool, watcher, subject.tester)
    return Estimator(GoodCircuits(lab, subject.tester), sweeps, spikes, pool, watcher)


def _matrix(subject: Subject, estimator: Estimator, tried: Sequence[Candidate]) -> Matrix:
    grids = {defect.id: subject.grid(defect) for defect in subject.defects}
    demanded = {defect.id: grids[defect.id].nearest(defect.definition.severity.default) for defect in subject.defects}
    matrix = Matrix(estimator.checks(tried), subject.defects, grids, demanded)
    estimator.fill(matrix)
    return matrix


def _check_writing(subject: Subject) -> None:
    """Check that the tester can write the weights that all vectors begin with.

    Raises:
        GateError: It cannot.
    """
    network, stimulus = subject.network, writing(subject.network, subject.tester)
    reasons = subject.tester.refusals(stimulus, []) if stimulus else []
    if reasons:
        said = f"tester {subject.tester.name} cannot write the weights of {network.name}, which all vectors begin with"
        raise GateError("\n".join([f"{said}:", *reasons]))


def _refusal(tester: Tester, refused: Sequence[Refused]) -> str:
    reasons = dict.fromkeys(reason for one in refused for reason in one.reason.split("; "))
    remedy = "choose another tester with --tester, or windows and pulses that it has in the circuit's sidecar"
    return "\n".join([f"tester {tester.name} can apply none of {len(refused)} candidates:", *reasons, remedy])
