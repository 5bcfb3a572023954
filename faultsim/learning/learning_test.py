"""Learning as a test: the fewest characters that show every defect, and what is read after each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from faultsim.learning.application import Applied
from faultsim.learning.breakage import Broken
from faultsim.learning.limits import Limits
from faultsim.vectors.cover import NO_SETUP, CoverProblem, Selection
from faultsim.vectors.cover_exact import minimum
from faultsim.vectors.cover_greedy import greedy

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class ExposureRow:
    """How often a character shows a defect to a crossbar in its initial state.

    Attributes:
        character: What is presented.
        defect_id: The defect.
        trainings: Initial states that were simulated.
        detected: Those with which a synapse conducts otherwise than in any good crossbar that was shown the same.
    """

    character: str
    defect_id: str
    trainings: int
    detected: int


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
    """The choice of a test, and what became of it when it was applied.

    Attributes:
        trained: Every training with every defect, and without.
        applied: The test, applied to crossbars with every defect, and without; none where that was not done.
        tolerance: By how much a conductance may differ from a good crossbar's.
        given_up: Characters that a good crossbar has not learned when the test was applied.
    """

    trained: Sequence[Broken]
    applied: Sequence[Applied]
    tolerance: float
    given_up: frozenset[str] = frozenset()

    @cached_property
    def limits(self) -> Limits:
        """Between which conductances good crossbars end."""
        good = [(one.trial.character, one.reading) for one in self.trained if one.defect is None]
        for one in self.applied:
            if one.defect is None:
                good += zip(one.characters, one.readings, strict=True)
        return Limits.of(good, self.tolerance)

    @cached_property
    def _broken(self) -> list[tuple[str, str, str, bool]]:
        """Character, defect, crossbar, and whether it was shown; without what is not known."""
        found = []
        for one in self.trained:
            if one.defect is not None:
                shown = self.limits.fails(one.trial.character, one.reading)
                found += [(one.trial.character, one.defect.id, one.trial.crossbar, shown)] if shown is not None else []
        return found

    @cached_property
    def exposures(self) -> list[ExposureRow]:
        """What every character shows of every defect."""
        pairs = {(one.trial.character, one.defect.id): (0, 0) for one in self.trained if one.defect is not None}
        for character, defect, _, shown in self._broken:
            trainings, detected = pairs[character, defect]
            pairs[character, defect] = trainings + 1, detected + shown
        return [ExposureRow(*pair, *counts) for pair, counts in pairs.items()]

    @cached_property
    def refused(self) -> list[str]:
        """Characters that a good crossbar has not always learned: they would fail good parts."""
        good = [one for one in self.trained if one.defect is None]
        never = [one.trial.character for one in good if one.needed != 1]
        return list(dict.fromkeys([*never, *sorted(self.given_up)]))

    @cached_property
    def defects(self) -> list[str]:
        """Ids of the defects."""
        return list(dict.fromkeys(row.defect_id for row in self.exposures))

    @cached_property
    def candidates(self) -> list[str]:
        """Characters that may be used."""
        return [one for one in dict.fromkeys(row.character for row in self.exposures) if one not in self.refused]

    @cached_property
    def cases(self) -> list[tuple[str, str]]:
        """Defects, each with a crossbar in whose initial state it was looked for."""
        return list(dict.fromkeys((defect, crossbar) for _, defect, crossbar, _ in self._broken))

    @cached_property
    def problem(self) -> CoverProblem:
        """The choice as a cover problem: characters, and cases that they show."""
        rows, columns = ({one: place for place, one in enumerate(some)} for some in (self.candidates, self.cases))
        covers = np.zeros((len(self.candidates), len(self.cases)), dtype=bool)
        for character, defect, crossbar, shown in self._broken:
            if shown and character in rows:
                covers[rows[character], columns[defect, crossbar]] = True
        return CoverProblem(
            covers=covers,
            costs=np.ones(len(self.candidates)),
            weights=np.ones(len(self.cases)),
            setups=np.full(len(self.candidates), NO_SETUP),
            setup_costs=np.zeros(0),
        )

    @cached_property
    def selection(self) -> Selection:
        """The fewest characters, proven."""
        return minimum(self.problem)

    @property
    def greedy_cost(self) -> float:
        """Characters that it takes to choose the most useful one again and again."""
        return greedy(self.problem).cost

    @cached_property
    def order(self) -> list[str]:
        """The chosen characters, the one that shows most first, then the one that shows most of what is left."""
        covers, left, ordered = self.problem.covers, list(self.selection.chosen), list[str]()
        seen = np.zeros(len(self.cases), dtype=bool)
        while left:
            best = max(left, key=lambda place: (np.count_nonzero(covers[place] & ~seen), -place))
            left.remove(best)
            ordered.append(self.candidates[best])
            seen |= covers[best]
        return ordered

    @cached_property
    def shown(self) -> dict[tuple[str, str], int | None]:
        """Defect, crossbar -> how many presentations of the test it took to show it; None where it did not."""
        return {
            (one.defect.id, one.crossbar): one.shown_after(self.limits)
            for one in self.applied
            if one.defect is not None
        }

    @cached_property
    def covered(self) -> list[str]:
        """Defects that the test shows, in whatever initial state of those that were simulated."""
        found: dict[str, bool] = {}
        cases = self.shown if self.applied else dict.fromkeys(self._shown_cases, 1) | self._hidden_cases
        for (defect, _), after in cases.items():
            found[defect] = found.get(defect, True) and after is not None
        return [defect for defect in self.defects if found.get(defect, False)]

    @property
    def _shown_cases(self) -> list[tuple[str, str]]:
        return [self.cases[place] for place in np.flatnonzero(self.problem.coverable)]

    @property
    def _hidden_cases(self) -> dict[tuple[str, str], None]:
        return dict.fromkeys(self.cases[place] for place in self.problem.uncoverable)

    @cached_property
    def expected(self) -> frozenset[str]:
        """Defects that a character which is used shows from some initial state."""
        return frozenset(defect for defect, _ in self._shown_cases)

    @property
    def unseen(self) -> list[str]:
        """Defects that nothing has shown."""
        return [defect for defect in self.defects if defect not in self._shown_once]

    @property
    def unsure(self) -> list[str]:
        """Defects that have been shown, but not by the test in every initial state."""
        covered = set(self.covered)
        return [defect for defect in self.defects if defect in self._shown_once and defect not in covered]

    @cached_property
    def _shown_once(self) -> frozenset[str]:
        explored = {defect for _, defect, _, shown in self._broken if shown}
        return frozenset(explored | {defect for (defect, _), after in self.shown.items() if after is not None})

    @cached_property
    def length(self) -> int:
        """How many presentations the test takes: after the last of them nothing more is shown."""
        covered = set(self.covered)
        taken = [after for (defect, _), after in self.shown.items() if defect in covered and after is not None]
        return max(taken, default=0) if self.applied else len(self.order)

    @cached_property
    def presentations(self) -> list[PresentationRow]:
        """The vectors, in their order."""
        return list(self._presentations())

    def _presentations(self) -> Iterator[PresentationRow]:
        trials = {one.trial.character: (one.trial, one.presentation_s) for one in self.trained}
        failed = [after for after in self.shown.values() if after is not None]
        seen = np.zeros(len(self.cases), dtype=bool)
        for place, character in enumerate(self.order[: self.length]):
            trial, presentation_s = trials[character]
            low_s, high_s = self.limits.by_character[character]
            covered = self.problem.covers[self.candidates.index(character)]
            yield PresentationRow(
                order=place + 1,
                character=character,
                repetitions=len(range(place, self.length, len(self.order))),
                presentation_s=presentation_s,
                pixels=trial.request.intensities,
                low_s=tuple(low_s.tolist()),
                high_s=tuple(high_s.tolist()),
                defects=len(self._defects(covered)),
                first=len(self._defects(covered) - self._defects(seen)),
                failed=sum((after - 1) % len(self.order) == place for after in failed),
            )
            seen |= covered

    def _defects(self, cases: Bools) -> set[str]:
        return {self.cases[place][0] for place in np.flatnonzero(cases)}
