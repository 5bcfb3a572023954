"""Proof of a test by learning: it is applied as a tester would, and chosen anew as long as defects escape it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from faultsim.learning.application import Applied, Tester
from faultsim.learning.asking import Asking
from faultsim.learning.breakage import Break, Breakage, Broken
from faultsim.learning.choice import Choice
from faultsim.learning.learning_test import LearningTest


@dataclass(frozen=True)
class BrokenTrainings:
    """What became of all trainings.

    Attributes:
        explored: Every training with every defect, and without.
        escapes: Those of other initial states, with the defects that a test did not show in these.
        test: Chosen from both, and what it showed when it was applied.
    """

    explored: Sequence[Broken]
    escapes: Sequence[Broken]
    test: LearningTest

    @property
    def all(self) -> list[Broken]:
        """Both."""
        return [*self.explored, *self.escapes]


def broken_trainings(made: Breakage, asking: Asking) -> BrokenTrainings:
    """Explore, choose, apply; explore what escapes in the initial state in which it does, and choose anew.

    It ends, since each round explores defects in initial states in which they have not been yet, or gives up a
    character that a good crossbar does not learn after others.

    Raises:
        UsageError: ``--only`` has left no training.
        Interrupted: Ctrl-C; what was finished is stored.
    """
    explored, escapes = made.trained(asking, made.breaks), list[Broken]()
    given_up: frozenset[str] = frozenset()
    while True:
        choice = Choice([*explored, *escapes], made.spec.tolerance, given_up)
        if not made.presented or not choice.order:
            return BrokenTrainings(explored, escapes, LearningTest(choice))
        tester = made.tester(choice.order)
        good = _good(made, tester, asking)
        if unlearned := _unlearned(made, good):
            given_up |= unlearned
            continue
        test = _applied(made, tester, LearningTest(choice, good), asking)
        missing = list(_missing(made, test))
        if not missing:
            return BrokenTrainings(explored, escapes, test)
        escapes = _merged(escapes, made.trained(asking, missing))


def _good(made: Breakage, tester: Tester, asking: Asking) -> list[Applied]:
    """Apply a test to good crossbars, as often as it is applied to any."""
    most = made.spec.passes * len(tester.order)
    crossbars = [(name, None) for name in made.presented]
    return tester.apply(asking, crossbars, lambda one: len(one.readings) < most and not one.reason)


def _applied(made: Breakage, tester: Tester, good: LearningTest, asking: Asking) -> LearningTest:
    """Return a test that was applied to good crossbars, which its limits come from, with what it shows of others."""
    once, limits = len(tester.order), good.limits

    def going_on(one: Applied) -> bool:
        assert one.defect is not None
        passes = made.spec.passes if one.defect.id in good.choice.expected else 1
        return len(one.readings) < passes * once and not one.reason and one.shown_after(limits) is None

    defects = made.defects(made.trials[0])
    broken = tester.apply(asking, [(name, defect) for name in made.presented for defect in defects], going_on)
    return LearningTest(good.choice, [*good.applied, *broken])


def _unlearned(made: Breakage, good: Sequence[Applied]) -> frozenset[str]:
    """Return the characters that a good crossbar has not learned after others."""
    return frozenset(
        character
        for one in good
        for character, reading in zip(one.characters, one.readings, strict=True)
        if not made.has_learned(made.presented[one.crossbar][character], reading)
    )


def _missing(made: Breakage, test: LearningTest) -> Iterator[Break]:
    """Yield what has escaped a test and was not explored from there, with every character that it may choose from."""
    done = {(one.defect.id, one.trial.crossbar) for one in test.choice.trained if one.defect is not None}
    defects = made.defects(made.trials[0])
    for name, trials in made.presented.items():
        escaped = {defect for (defect, crossbar), after in test.shown.items() if crossbar == name and after is None}
        wanted = [
            one
            for one in defects
            if one.id in escaped and one.id in test.choice.expected and (one.id, name) not in done
        ]
        for character in test.choice.candidates if wanted else ():
            yield from (Break(trials[character], defect) for defect in (None, *wanted))


def _merged(before: Sequence[Broken], more: Sequence[Broken]) -> list[Broken]:
    """Return all of them, a good crossbar that was trained again for comparison only once."""
    done = {one.trial.id for one in before if one.defect is None}
    return [*before, *(one for one in more if one.defect is not None or one.trial.id not in done)]
