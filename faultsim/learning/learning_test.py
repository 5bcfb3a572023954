"""Learning as a test: the fewest presentations of characters that show every defect, and what is read after each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from faultsim.learning.breakage import Broken
from faultsim.vectors.cover import NO_SETUP, CoverProblem, Selection
from faultsim.vectors.cover_exact import minimum
from faultsim.vectors.cover_greedy import greedy

Floats = NDArray[np.float64]
_MOST_REPETITIONS = 20


@dataclass(frozen=True)
class ExposureRow:
    """How often a character shows a defect.

    Attributes:
        character: What is presented.
        defect_id: The defect.
        trainings: Initialisations that were simulated.
        detected: Those with which a synapse conducts otherwise than in any good crossbar that was shown the same.
    """

    character: str
    defect_id: str
    trainings: int
    detected: int

    def surely(self, repetitions: int) -> float:
        """Return how likely so many repetitions show it at least once."""
        return 1 - (1 - self.detected / self.trainings) ** repetitions if self.trainings else 0.0


@dataclass(frozen=True)
class PresentationRow:
    """A vector: a character is presented to a crossbar in whatever states, then its synapses are read.

    Attributes:
        order: In which it is applied, from 1.
        character: What is presented.
        repetitions: How often it is, and read each time: what it shows by chance is to be shown surely enough.
        presentation_s: How long each time.
        pixels: Intensity of each.
        low_s: Least conductance of each pixel's synapse that passes, S.
        high_s: Largest one.
        defects: How many it shows.
        first: How many of them none before it does.
        relied: For how many of them the test relies on it, each defect being relied on with one character.
        initialisations: With how many each of these has been simulated, at least.
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
    relied: int
    initialisations: int


@dataclass(frozen=True)
class LearningTest:
    """The choice of a test.

    Attributes:
        trained: Every training with every defect, and without.
        confidence: How surely a defect has to be shown.
        tolerance: By how much a conductance may differ from a good crossbar's.
    """

    trained: Sequence[Broken]
    confidence: float
    tolerance: float

    @cached_property
    def exposures(self) -> list[ExposureRow]:
        """What every character shows of every defect."""
        groups: dict[tuple[str, str], list[bool | None]] = {}
        for one in self.trained:
            if one.defect is not None:
                groups.setdefault((one.trial.character, one.defect.id), []).append(self._fails(one))
        return [
            ExposureRow(*key, sum(flag is not None for flag in flags), sum(bool(flag) for flag in flags))
            for key, flags in groups.items()
        ]

    def _fails(self, one: Broken) -> bool | None:
        """Return whether a conductance is outside the limits, or is none; None where that is not known."""
        limits = self._limits.get(one.trial.character)
        if limits is None or not one.reading.known:
            return None
        low_s, high_s = limits
        found_s = one.reading.conductances_s
        return not bool(np.all((low_s <= found_s) & (found_s <= high_s)))

    @cached_property
    def refused(self) -> list[str]:
        """Characters that a good crossbar has not always learned: they would fail good parts."""
        good = [one for one in self.trained if one.defect is None]
        return list(dict.fromkeys(one.trial.character for one in good if one.needed != 1))

    @cached_property
    def defects(self) -> list[str]:
        """Ids of the defects."""
        return list(dict.fromkeys(row.defect_id for row in self.exposures))

    @cached_property
    def candidates(self) -> list[tuple[str, int]]:
        """Characters with a number of repetitions; each is there as often as more repetitions show more."""
        characters = dict.fromkeys(row.character for row in self.exposures if row.character not in self.refused)
        found = []
        for character in characters:
            seen = 0
            for repetitions in range(1, _MOST_REPETITIONS + 1):
                shown = int(self._shown(character, repetitions).sum())
                if shown > seen:
                    found.append((character, repetitions))
                    seen = shown
        return found

    def _shown(self, character: str, repetitions: int) -> NDArray[np.bool_]:
        """Return which defects a character shows surely enough."""
        own = {row.defect_id: row.surely(repetitions) for row in self.exposures if row.character == character}
        return np.array([own.get(defect, 0.0) >= self.confidence for defect in self.defects], dtype=bool)

    @cached_property
    def problem(self) -> CoverProblem:
        """The choice as a cover problem; what a candidate costs is its presentations."""
        covers = [self._shown(*candidate) for candidate in self.candidates]
        return CoverProblem(
            covers=np.array(covers, dtype=bool).reshape(len(covers), len(self.defects)),
            costs=np.array([float(repetitions) for _, repetitions in self.candidates]),
            weights=np.ones(len(self.defects)),
            setups=np.full(len(covers), NO_SETUP),
            setup_costs=np.zeros(0),
        )

    @cached_property
    def selection(self) -> Selection:
        """The fewest presentations, proven."""
        return minimum(self.problem)

    @cached_property
    def _order(self) -> list[int]:
        """Chosen candidates, the one that shows most first, then the one that shows most of what is left."""
        covers, left, ordered = self.problem.covers, list(self.selection.chosen), list[int]()
        seen = np.zeros(len(self.defects), dtype=bool)
        while left:
            best = max(left, key=lambda place: (np.count_nonzero(covers[place] & ~seen), -place))
            left.remove(best)
            ordered.append(best)
            seen |= covers[best]
        return ordered

    @cached_property
    def relied(self) -> dict[str, set[str]]:
        """Characters that are chosen, each with the defects that the choice relies on it for.

        A defect that several of them show is relied on with the one that it has been simulated with most often, of
        equals with the first to be presented.
        """
        covers, found = self.problem.covers, {self.candidates[place][0]: set[str]() for place in self._order}
        for column, defect in enumerate(self.defects):
            showing = [self.candidates[place][0] for place in self._order if covers[place, column]]
            if showing:
                found[max(showing, key=lambda character: self._trainings[character, defect])].add(defect)
        return found

    @cached_property
    def _trainings(self) -> Mapping[tuple[str, str], int]:
        return {(row.character, row.defect_id): row.trainings for row in self.exposures}

    @property
    def greedy_cost(self) -> float:
        """Presentations that it takes to choose the most useful candidate again and again."""
        return greedy(self.problem).cost

    @property
    def unseen(self) -> list[str]:
        """Defects that no character shows."""
        return [defect for defect in self._uncovered if defect not in self._shown_once]

    @property
    def unsure(self) -> list[str]:
        """Defects that are shown, but by no character that is used, or not surely enough."""
        return [defect for defect in self._uncovered if defect in self._shown_once]

    @property
    def _uncovered(self) -> list[str]:
        return [self.defects[place] for place in self.problem.uncoverable]

    @cached_property
    def _shown_once(self) -> frozenset[str]:
        return frozenset(row.defect_id for row in self.exposures if row.detected)

    @cached_property
    def presentations(self) -> list[PresentationRow]:
        """The vectors, the one that shows most first."""
        return list(self._presentations())

    def _presentations(self) -> Iterator[PresentationRow]:
        trials = {one.trial.character: (one.trial, one.presentation_s) for one in self.trained}
        seen = np.zeros(len(self.defects), dtype=bool)
        for order, place in enumerate(self._order, start=1):
            character, repetitions = self.candidates[place]
            trial, presentation_s = trials[character]
            low_s, high_s = self._limits[character]
            relied, covered = self.relied[character], self.problem.covers[place]
            yield PresentationRow(
                order=order,
                character=character,
                repetitions=repetitions,
                presentation_s=presentation_s,
                pixels=trial.request.intensities,
                low_s=tuple(low_s.tolist()),
                high_s=tuple(high_s.tolist()),
                defects=int(covered.sum()),
                first=int(np.count_nonzero(covered & ~seen)),
                relied=len(relied),
                initialisations=min((self._trainings[character, defect] for defect in relied), default=0),
            )
            seen |= covered

    @cached_property
    def _limits(self) -> Mapping[str, tuple[Floats, Floats]]:
        """Return between which conductances each character leaves the synapses of good crossbars, with tolerance."""
        good: dict[str, list[Floats]] = {}
        for one in self.trained:
            if one.defect is None and one.reading.known:
                good.setdefault(one.trial.character, []).append(one.reading.conductances_s)
        return {
            character: (np.min(found, axis=0) * (1 - self.tolerance), np.max(found, axis=0) * (1 + self.tolerance))
            for character, found in good.items()
        }
