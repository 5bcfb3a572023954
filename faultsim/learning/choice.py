"""Which characters show which defects, and the fewest that show all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from faultsim.learning.breakage import Broken
from faultsim.learning.limits import Limits
from faultsim.learning.reading import Reading
from faultsim.vectors.cover import NO_SETUP, CoverProblem, Selection
from faultsim.vectors.cover_exact import minimum
from faultsim.vectors.cover_greedy import greedy


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
class Choice:
    """Characters that are chosen by what each shows to crossbars in their initial states.

    Attributes:
        trained: Every training with every defect, and without.
        tolerance: By how much a conductance may differ from a good crossbar's.
        given_up: Characters that a good crossbar has not learned when a test was applied.
    """

    trained: Sequence[Broken]
    tolerance: float
    given_up: frozenset[str] = frozenset()

    @property
    def good(self) -> list[tuple[str, Reading]]:
        """Characters, each with what a good crossbar was read as after it."""
        return [(one.trial.character, one.reading) for one in self.trained if one.defect is None]

    @cached_property
    def limits(self) -> Limits:
        """Between which conductances good crossbars end."""
        return Limits.of(self.good, self.tolerance)

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
    def expected(self) -> frozenset[str]:
        """Defects that a character which may be used shows in some initial state."""
        return frozenset(self.cases[place][0] for place in np.flatnonzero(self.problem.coverable))

    @cached_property
    def shown(self) -> frozenset[str]:
        """Defects that any character shows in some initial state, whether it may be used or not."""
        return frozenset(defect for _, defect, _, shown in self._broken if shown)
