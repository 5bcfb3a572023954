"""Learning as a test: what chosen characters show, presented one after the other, and what is read after each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from faultsim.learning.application import Applied
from faultsim.learning.choice import Choice
from faultsim.learning.limits import Limits

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class PresentationRow:
    """A vector: a character is presented to a crossbar as the one before has left it, then its synapses are read.

    Attributes:
        order: In which it is applied, from 1; after the last one the first is next, as long as any is left.
        character: What is presented.
        repetitions: How often it is, and read each time.
        presentation_s: How long each time.
        pixels: Intensity of each.
        low_s: Least conductance of each pixel's synapse that passes, S.
        high_s: Largest one.
        defects: How many it shows to crossbars in the initial states that were explored.
        first: How many of them none before it does.
        failed: How many crossbars were the first time told from good ones by it, of all that the test was applied to.
    """

    order: int
    character: str
    repetitions: int
    presentation_s: float
    pixels: tuple[float, ...]
    low_s: tuple[float, ...]
    high_s: tuple[float, ...]
    defects: int
    first: int
    failed: int


@dataclass(frozen=True)
class LearningTest:
    """A test, and what became of it when it was applied.

    Attributes:
        choice: Its characters.
        applied: The crossbars that it was applied to, with every defect and without; none where that was not done.
    """

    choice: Choice
    applied: Sequence[Applied] = ()

    @cached_property
    def limits(self) -> Limits:
        """Between which conductances good crossbars end, also those that it was applied to."""
        good = self.choice.good
        for one in self.applied:
            if one.defect is None:
                good += zip(one.characters, one.readings, strict=True)
        return Limits.of(good, self.choice.tolerance)

    @cached_property
    def shown(self) -> dict[tuple[str, str], int | None]:
        """Defect, crossbar -> how many presentations it took to show it; None where none did."""
        return {
            (one.defect.id, one.crossbar): one.shown_after(self.limits)
            for one in self.applied
            if one.defect is not None
        }

    @cached_property
    def covered(self) -> list[str]:
        """Defects that it shows, in whatever initial state of those that it was applied in.

        Where it was not applied, of those that were explored.
        """
        explored = zip(self.choice.cases, self.choice.problem.coverable.tolist(), strict=True)
        cases: Mapping[tuple[str, str], int | None] = self.shown if self.applied else dict(explored)
        met = {defect for defect, _ in cases}
        missed = {defect for (defect, _), after in cases.items() if not after}
        return [defect for defect in self.choice.defects if defect in met - missed]

    @property
    def unseen(self) -> list[str]:
        """Defects that nothing has shown."""
        return [defect for defect in self.choice.defects if defect not in self._shown_once]

    @property
    def unsure(self) -> list[str]:
        """Defects that have been shown, but not by the test in every initial state."""
        sure = set(self.covered)
        return [defect for defect in self.choice.defects if defect in self._shown_once and defect not in sure]

    @cached_property
    def _shown_once(self) -> frozenset[str]:
        return self.choice.shown | {defect for (defect, _), after in self.shown.items() if after is not None}

    @cached_property
    def length(self) -> int:
        """How many presentations it takes: after the last of them nothing more is shown in every initial state."""
        if not self.applied:
            return len(self.choice.order)
        sure = set(self.covered)
        return max((after for (defect, _), after in self.shown.items() if after and defect in sure), default=0)

    @cached_property
    def presentations(self) -> list[PresentationRow]:
        """The vectors, in their order."""
        return list(self._presentations())

    def _presentations(self) -> Iterator[PresentationRow]:
        order, problem = self.choice.order, self.choice.problem
        trials = {one.trial.character: (one.trial, one.presentation_s) for one in self.choice.trained}
        failed = [after for after in self.shown.values() if after is not None]
        seen = np.zeros(len(self.choice.cases), dtype=bool)
        for place, character in enumerate(order[: self.length]):
            trial, presentation_s = trials[character]
            low_s, high_s = self.limits.by_character[character]
            covered = problem.covers[self.choice.candidates.index(character)]
            yield PresentationRow(
                order=place + 1,
                character=character,
                repetitions=len(range(place, self.length, len(order))),
                presentation_s=presentation_s,
                pixels=trial.request.intensities,
                low_s=tuple(low_s.tolist()),
                high_s=tuple(high_s.tolist()),
                defects=len(self._defects(covered)),
                first=len(self._defects(covered) - self._defects(seen)),
                failed=sum((after - 1) % len(order) == place for after in failed),
            )
            seen |= covered

    def _defects(self, cases: Bools) -> set[str]:
        return {self.choice.cases[place][0] for place in np.flatnonzero(cases)}
