"""Looks at one check and one defect in SPICE: is it seen, and from which severity on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from faultsim.campaigns.grid import Grid
from faultsim.campaigns.lab import Lab
from faultsim.campaigns.question import Question
from faultsim.campaigns.search import Verdict, find_bracket
from faultsim.campaigns.threshold import judged
from faultsim.errors import SpecError
from faultsim.fault_models.defect import Defect
from faultsim.spice.expressions import Value
from faultsim.spice.job import Outcome, Status
from faultsim.vectors.check import Check
from faultsim.vectors.matrix import NEVER, Seen
from faultsim.vectors.tester import Applied


@dataclass(frozen=True)
class Certificate:
    """What transients say about a check and a defect.

    Attributes:
        seen: From which grid index on it is seen.
        passes_at: The neighbour that passes; None where the mildest severity is seen.
        fails_at: The first one of those that fail.
        values: Severity -> response, of all that were looked at.
        sure_from: Grid index at which none of the tester's errors hides it; None where none is known.
    """

    seen: Seen
    passes_at: float | None = None
    fails_at: float | None = None
    values: tuple[tuple[float, Value], ...] = ()
    sure_from: int | None = None


@dataclass
class Probe:
    """The transients of one check and one defect.

    Attributes:
        lab: Simulates.
        check: What is compared.
        defect: What is injected.
        grid: Its severities.
    """

    lab: Lab
    check: Check
    defect: Defect
    grid: Grid
    _outcomes: dict[int, Outcome] = field(default_factory=dict)

    def look(self, demanded: int) -> Seen:
        """Return whether it is seen at the demanded severity and at the severest, or at that alone."""
        last = len(self.grid) - 1
        severest = self.verdict(last)
        if severest is not Verdict.FAIL:
            return self._nothing(severest, last)
        wanted = self.verdict(demanded)
        if wanted is Verdict.UNKNOWN:
            return self._nothing(wanted, demanded)
        if wanted is Verdict.FAIL:
            return Seen(demanded, certified=True, passes=-1)
        return Seen(last, certified=True, passes=demanded)

    def certify(
        self, demanded: int, guess: float | None, between: Sequence[int], errors: Sequence[Applied]
    ) -> Certificate:
        """Bracket the severity from which on it is seen.

        Args:
            demanded: Grid index from which on it should be.
            guess: Where the bracket is expected.
            between: Further indices from the demanded one on that have to fail.
            errors: The check with the tester's errors: at the demanded severity it has to fail with each.
        """
        seen = self.look(demanded)
        if seen.first is None:
            return Certificate(seen, values=self.values)
        for index in sorted({index for index in between if index > seen.first}, reverse=True):
            if self.verdict(index) is Verdict.PASS:
                return Certificate(Seen(None, certified=True, passes=-1, fails=NEVER), values=self.values)
            if self.verdict(index) is Verdict.UNKNOWN:
                return Certificate(self._nothing(Verdict.UNKNOWN, index), values=self.values)
        bracket = find_bracket(self.verdict, len(self.grid), guess, between=(-1, seen.first))
        if bracket.unknown_at is not None:
            return Certificate(self._nothing(Verdict.UNKNOWN, bracket.unknown_at), values=self.values)
        first = bracket.first_fail
        passing = self.grid[bracket.last_pass] if bracket.last_pass >= 0 else None
        hidden = self._hiding(seen.first, errors)
        if not hidden:
            found = Seen(first, certified=True, passes=bracket.last_pass)
            return Certificate(found, passing, self.grid[first], self.values, seen.first)
        # It is not counted on before errors of the tester do not hide it any more.
        sure = self._sure_behind(seen.first, errors)
        found = Seen(sure, certified=True, reason=_hidden(hidden), passes=bracket.last_pass, fails=NEVER)
        return Certificate(found, passing, self.grid[first], self.values, sure)

    def _hiding(self, index: int, errors: Sequence[Applied]) -> list[str]:
        """Return the names of the tester's errors with which it is not seen at a grid index."""
        return [one.name for one in errors if self._judged(self._asked(index, one)) is not Verdict.FAIL]

    def _sure_behind(self, index: int, errors: Sequence[Applied]) -> int | None:
        """Return the first grid index behind one that errors hide at which none does; None where that is not known."""
        last = len(self.grid) - 1
        if index == last or self._hiding(last, errors):
            return None

        def verdict(place: int) -> Verdict:
            return Verdict.PASS if self._hiding(place, errors) else self.verdict(place)

        bracket = find_bracket(verdict, len(self.grid), None, between=(index, last))
        return None if bracket.unknown_at is not None else bracket.first_fail

    def verdict(self, index: int) -> Verdict:
        """Return what the check says at a grid index."""
        return self._judged(self.outcome(index))

    def outcome(self, index: int) -> Outcome:
        """Return the transient at a grid index."""
        if index not in self._outcomes:
            stimulus, point = self.check.candidate.stimulus, self.check.candidate.conditions
            self._outcomes[index] = self._asked(index, Applied("", stimulus, point))
        return self._outcomes[index]

    @property
    def values(self) -> tuple[tuple[float, Value], ...]:
        """Return severity and response of all that was looked at."""
        name = self.check.candidate.observable
        found = sorted(self._outcomes.items())
        return tuple((self.grid[index], outcome.values[name]) for index, outcome in found if outcome.ok)

    def _judged(self, outcome: Outcome) -> Verdict:
        return judged(outcome, self.check.candidate.observable, self.check.certain, self.check.expected)

    def _asked(self, index: int, applied: Applied) -> Outcome:
        reads = (self.check.candidate.observable,)
        question = Question(applied.stimulus, applied.conditions, self.defect, self.grid[index], reads=reads)
        try:
            return self.lab.ask(question)[1]
        except SpecError:
            # A defect of the timing leaves nothing of a window.
            return Outcome(Status.BAD_OUTPUT)

    def _nothing(self, verdict: Verdict, index: int) -> Seen:
        if verdict is not Verdict.UNKNOWN:
            return Seen(None, certified=True)
        outcome = self._outcomes[index]
        reason = f"the simulation at {self.grid[index]:.4g} ended with {outcome.status}"
        return Seen(None, certified=True, reason=reason, passes=-1, fails=NEVER)


def _hidden(names: Sequence[str]) -> str:
    return f"hidden by the tester's errors: {'; '.join(names)}" if names else ""
