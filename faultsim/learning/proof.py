"""Proof of a test by learning: what it relies on is simulated from other initial states, until nothing is left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from faultsim.learning.asking import Asking
from faultsim.learning.breakage import Break, Breakage, Broken
from faultsim.learning.learning_test import LearningTest


@dataclass(frozen=True)
class BrokenTrainings:
    """What became of all trainings.

    Attributes:
        explored: Every training with every defect, and without.
        proofs: Those of other initial states, with the defects that the test relies on, or relied on before these.
        test: Chosen from both.
    """

    explored: Sequence[Broken]
    proofs: Sequence[Broken]
    test: LearningTest

    @property
    def all(self) -> list[Broken]:
        """Both."""
        return [*self.explored, *self.proofs]


def broken_trainings(made: Breakage, asking: Asking) -> BrokenTrainings:
    """Explore, choose, and simulate what the choice relies on, until it relies on nothing that has not been.

    A proof may show that a defect is seen by chance only; the choice is then made anew, of more repetitions or of other
    characters, which have to be proven as well. It ends, since there are only so many characters and defects.

    Raises:
        UsageError: ``--only`` has left no training.
        Interrupted: Ctrl-C; what was finished is stored.
    """
    explored, proofs = made.trained(asking, made.breaks), list[Broken]()
    while True:
        test = LearningTest([*explored, *proofs], made.spec.confidence, made.spec.tolerance)
        missing = list(_missing(made, test, proofs))
        if not missing:
            return BrokenTrainings(explored, proofs, test)
        proofs = _merged(proofs, made.trained(asking, missing))


def _missing(made: Breakage, test: LearningTest, proofs: Sequence[Broken]) -> Iterator[Break]:
    """Yield what the choice relies on and no proof has simulated, each training's good crossbar first."""
    done = {(one.trial.id, one.defect.id) for one in proofs if one.defect is not None}
    relied = test.relied
    for trial in (one for one in made.proofs if one.character in relied):
        wanted = [defect for defect in made.defects(trial) if defect.id in relied[trial.character]]
        left = [defect for defect in wanted if (trial.id, defect.id) not in done]
        if left:
            yield Break(trial, None)
            yield from (Break(trial, defect) for defect in left)


def _merged(before: Sequence[Broken], more: Sequence[Broken]) -> list[Broken]:
    """Return all proofs, a good crossbar that was trained again for comparison only once."""
    done = {one.trial.id for one in before if one.defect is None}
    return [*before, *(one for one in more if one.defect is not None or one.trial.id not in done)]
