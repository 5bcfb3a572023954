"""Chooses the vectors: the cheapest set by what is known, certified in SPICE, until nothing moves any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from faultsim.campaigns.watcher import Watcher
from faultsim.fault_models.defect import Defect
from faultsim.vectors.check import Check
from faultsim.vectors.cover import NO_SETUP, CoverProblem, Selection
from faultsim.vectors.cover_exact import minimum
from faultsim.vectors.cover_greedy import greedy
from faultsim.vectors.estimator import Estimator
from faultsim.vectors.matrix import Matrix
from faultsim.vectors.probe import Certificate, Probe
from faultsim.vectors.tester import Tester

_LOOKS = 4
"""Severities between the demanded and the severest one that have to be seen as well."""


@dataclass(frozen=True)
class Aim:
    """What is wanted of a set.

    Attributes:
        fewest: Count vectors; otherwise their time on the tester.
        target: Share of the detectable weight that has to be covered.
    """

    fewest: bool = False
    target: float = 1.0


@dataclass(frozen=True)
class Choice:
    """A set of vectors, certified.

    Attributes:
        aim: What was wanted.
        rows: What it was chosen from.
        checks: The vectors, in the order of the candidates.
        selection: What was chosen among the matrix's rows, with the bound that proves it.
        greedy: What the greedy heuristic chooses from the same matrix.
        problem: What was solved.
        certificates: (check's id, defect's id) -> what SPICE says, of every pair that the set relies on.
        withdrawn: Candidates that looked usable until good circuits were asked in SPICE.
        rounds: How often a set was chosen.
    """

    aim: Aim
    rows: tuple[Check, ...]
    checks: tuple[Check, ...]
    selection: Selection
    greedy: Selection
    problem: CoverProblem
    certificates: dict[tuple[str, str], Certificate]
    withdrawn: tuple[str, ...]
    rounds: int


@dataclass
class Chooser:
    """Chooses vectors for the defects of a matrix.

    Attributes:
        matrix: What is known; it becomes better on the way.
        estimator: Estimates a row again whose limits have moved.
        tester: Says what a vector costs.
        rest_s: Time between vectors.
        aim: What is wanted.
        pool: Runs several at a time.
        watcher: Is told how it gets on.
    """

    matrix: Matrix
    estimator: Estimator
    tester: Tester
    rest_s: float
    aim: Aim
    pool: ThreadPoolExecutor
    watcher: Watcher
    _confirmed: set[str] = field(default_factory=set)
    _certificates: dict[tuple[str, str], Certificate] = field(default_factory=dict)
    _withdrawn: list[str] = field(default_factory=list)

    def choose(self) -> Choice:
        """Return the cheapest set whose vectors no good circuit fails, every pair that it relies on certified.

        Raises:
            UnknownOutcome: A simulation of a good circuit failed.
        """
        rounds = 0
        while True:
            rounds += 1
            self.matrix.relax()
            problem = self._problem()
            selection = minimum(problem)
            chosen = [self.matrix.checks[row] for row in selection.chosen]
            if self._confirm(chosen) or self._certify(chosen, selection):
                continue
            return Choice(
                aim=self.aim,
                rows=tuple(self.matrix.checks),
                checks=tuple(chosen),
                selection=selection,
                greedy=greedy(problem),
                problem=problem,
                certificates=self._of(chosen),
                withdrawn=tuple(self._withdrawn),
                rounds=rounds,
            )

    def confirmed(self, checks: Sequence[Check]) -> list[Check]:
        """Return checks with the limits that good circuits in SPICE allow; those that allow none are left out.

        Raises:
            UnknownOutcome: A simulation of a good circuit failed.
        """
        self._confirm(checks)
        ids = {check.id for check in checks}
        return [check for check in self.matrix.checks if check.id in ids]

    def dictionary(self, checks: Sequence[Check]) -> dict[tuple[str, str], Certificate]:
        """Certify what each of some checks sees of each defect, relied on or not."""
        pairs = [(check, defect) for check in checks for defect in self.matrix.defects]
        self._run([pair for pair in pairs if (pair[0].id, pair[1].id) not in self._certificates])
        return self._of(checks)

    def corrected(self, certificates: Mapping[tuple[str, str], Certificate]) -> bool:
        """Take over certificates that say more; return whether any says that something is not covered that was."""
        wrong = False
        pairs = [(check, defect) for check in self.matrix.checks for defect in self.matrix.defects]
        for check, defect in pairs:
            found = certificates.get((check.id, defect.id))
            if found is None or found.seen == self._certificates[check.id, defect.id].seen:
                continue
            covered = self.matrix.covers(check, defect)
            self._certificates[check.id, defect.id] = found
            self.matrix.put(check, defect, found.seen)
            wrong = wrong or (covered and not self.matrix.covers(check, defect))
        return wrong

    def _problem(self) -> CoverProblem:
        checks = self.matrix.checks
        supplies = list(dict.fromkeys(check.candidate.conditions.vdd_v for check in checks))
        setups = np.array([supplies.index(check.candidate.conditions.vdd_v) for check in checks], dtype=np.int64)
        level_s = self.tester.spec.overheads.level
        costs = np.array([1.0 if self.aim.fewest else self._time_s(check) for check in checks])
        free = self.aim.fewest or not level_s
        return CoverProblem(
            covers=self.matrix.table(doubtful=True),
            costs=costs,
            weights=np.array([defect.weight for defect in self.matrix.defects]),
            setups=np.full(len(checks), NO_SETUP) if free else setups,
            setup_costs=np.zeros(0) if free else np.full(len(supplies), level_s),
            target=self.aim.target,
        )

    def _time_s(self, check: Check) -> float:
        return check.time_s(self.tester, self.rest_s)

    def _confirm(self, chosen: Sequence[Check]) -> bool:
        """Ask good circuits about chosen vectors in SPICE; return whether any has to be changed for it."""
        asked = [check for check in chosen if check.id not in self._confirmed]
        self.watcher.stage("good circuits", len(asked))
        moved = False
        for check in asked:
            candidate = self.estimator.whole(check)
            found = self.estimator.good.check(candidate)
            self.watcher.advance()
            self._confirmed.add(check.id)
            if found is not None and found.limits == check.limits:
                continue
            moved = True
            self._replace(check, found)
        return moved

    def _replace(self, check: Check, found: Check | None) -> None:
        """Put a check with other limits in the place of one, or take it out."""
        place = self.matrix.checks.index(check)
        self._certificates = {key: value for key, value in self._certificates.items() if key[0] != check.id}
        if found is None:
            self._withdrawn.append(check.id)
            del self.matrix.checks[place]
            return
        self.matrix.checks[place] = found
        self.estimator.fill_rows(self.matrix, [found])

    def _certify(self, chosen: Sequence[Check], selection: Selection) -> bool:
        """See in SPICE that each defect is covered; return whether the matrix was wrong about one."""
        relied = [self.matrix.defects[column] for column in selection.covered]
        wrong = False
        while True:
            pairs = [pair for defect in relied if (pair := self._next(chosen, defect)) is not None]
            if not pairs:
                return wrong
            self._run(pairs)
            wrong = wrong or any(not self.matrix.covers(*pair) for pair in pairs)

    def _next(self, chosen: Sequence[Check], defect: Defect) -> tuple[Check, Defect] | None:
        """Return the likeliest pair to be certified of a defect; none where one is, or none is left."""
        covering = [check for check in chosen if self.matrix.covers(check, defect, doubtful=True)]
        if any(self._vouched(check, defect) for check in covering):
            return None
        order = sorted(covering, key=lambda check: (self.matrix.get(check, defect).doubt, self._place(check, defect)))
        return (order[0], defect) if order else None

    def _vouched(self, check: Check, defect: Defect) -> bool:
        """Return whether it is certified that errors of the tester hide nothing from the demanded severity on."""
        found = self._certificates.get((check.id, defect.id))
        if found is None or found.sure_from is None:
            return False
        return found.sure_from <= self.matrix.demanded[defect.id]

    def _place(self, check: Check, defect: Defect) -> float:
        first = self.matrix.get(check, defect).first
        return float("inf") if first is None else first

    def _run(self, pairs: Sequence[tuple[Check, Defect]]) -> None:
        """Certify pairs and put what they show into the matrix."""
        self.watcher.stage("pairs certified", len(pairs))

        def run(pair: tuple[Check, Defect]) -> Certificate:
            check, defect = pair
            grid, demanded = self.matrix.grids[defect.id], self.matrix.demanded[defect.id]
            seen, last = self.matrix.get(check, defect), len(grid) - 1
            between = [demanded + round((last - demanded) * step / _LOOKS) for step in range(1, _LOOKS)]
            candidate = check.candidate
            errors = self.tester.corners(candidate.stimulus, candidate.conditions)
            guess = None if seen.first is None else seen.first - 0.5
            found = Probe(self.estimator.lab, check, defect, grid).certify(demanded, guess, between, errors)
            self.watcher.advance("detected" if found.seen.first is not None else "undetected")
            return found

        for (check, defect), found in zip(pairs, self.pool.map(run, pairs), strict=True):
            self._certificates[check.id, defect.id] = found
            self.matrix.put(check, defect, replace(found.seen, certified=True))

    def _of(self, checks: Sequence[Check]) -> dict[tuple[str, str], Certificate]:
        ids = {check.id for check in checks}
        return {key: value for key, value in self._certificates.items() if key[0] in ids}
