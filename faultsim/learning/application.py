"""A test by learning as a tester applies it: character after character, each to a crossbar as the last one left it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from faultsim.circuits.learning_plan import LARGEST_SEED
from faultsim.fault_models.defect import Defect
from faultsim.learning.asking import Asking
from faultsim.learning.limits import Limits
from faultsim.learning.reading import Reading, ReadingBench, reading_of
from faultsim.learning.trial import Trial


@dataclass(frozen=True)
class Applied:
    """What a crossbar showed while a test was applied to it.

    Attributes:
        crossbar: Its name with its initial state.
        defect: What is wrong with it; None in the good one.
        characters: What was presented to it, in order.
        readings: What was read after each.
    """

    crossbar: str
    defect: Defect | None
    characters: tuple[str, ...] = ()
    readings: tuple[Reading, ...] = ()

    def then(self, character: str, reading: Reading) -> Applied:
        """Return it after one presentation more."""
        return replace(self, characters=(*self.characters, character), readings=(*self.readings, reading))

    @property
    def states(self) -> tuple[int, ...]:
        """In which its junctions are; none before its first presentation, which starts in the crossbar's own."""
        return self.readings[-1].states if self.readings else ()

    @property
    def reason(self) -> str:
        """Why nothing is known of its last presentation."""
        return self.readings[-1].reason if self.readings else ""

    def shown_after(self, limits: Limits) -> int | None:
        """Return how many presentations it took until a conductance was outside of the limits; None where none was."""
        both = zip(self.characters, self.readings, strict=True)
        return next((number for number, one in enumerate(both, 1) if limits.fails(*one)), None)


@dataclass(frozen=True)
class Tester:
    """Presents characters to crossbars.

    Attributes:
        trials: Name of a crossbar -> character -> training with currents recorded that presents it to that crossbar.
        order: The characters, one after the other; after the last one comes the first again.
    """

    trials: Mapping[str, Mapping[str, Trial]]
    order: Sequence[str]

    def apply(
        self, asking: Asking, crossbars: Sequence[tuple[str, Defect | None]], going_on: Callable[[Applied], bool]
    ) -> list[Applied]:
        """Present characters to crossbars, step by step, to each as long as it is wanted.

        Args:
            asking: Who simulates them.
            crossbars: Names of crossbars, each with what is wrong with it.
            going_on: Whether one is to be presented another character.

        Raises:
            Interrupted: Ctrl-C; what was finished is stored.
        """
        found = [Applied(name, defect) for name, defect in crossbars]
        while waiting := [place for place, one in enumerate(found) if going_on(one)]:
            for place, one in zip(waiting, self._presented(asking, [found[place] for place in waiting]), strict=True):
                found[place] = one
        return found

    def _presented(self, asking: Asking, crossbars: Sequence[Applied]) -> list[Applied]:
        """Return crossbars after one presentation more, of which all have had as many."""
        asking.watcher.stage("decks", len(crossbars))
        benches: dict[tuple[str, tuple[int, ...]], ReadingBench] = {}
        jobs = []
        for one in crossbars:
            key = one.crossbar, one.states
            if key not in benches:
                benches[key] = ReadingBench.of(self.next_trial(one))
            jobs.append(benches[key].job(one.defect))
            asking.watcher.advance()
        character = self._next(crossbars[0])
        outcomes = asking.outcomes(f"presentation {len(crossbars[0].readings) + 1}, {character}", jobs)
        return [one.then(character, reading_of(outcome)) for one, outcome in zip(crossbars, outcomes, strict=True)]

    def next_trial(self, one: Applied) -> Trial:
        """Return a crossbar's next presentation: junctions as the last one left them, and other random numbers."""
        trial = self.trials[one.crossbar][self._next(one)]
        request = replace(trial.request, follow=True)
        if one.readings:
            drawn = random.Random(f"{request.seed} after {len(one.readings)}").randint(1, LARGEST_SEED)
            request = replace(request, states=one.states, seed=drawn)
        return replace(trial, request=request)

    def _next(self, one: Applied) -> str:
        return self.order[len(one.readings) % len(self.order)]
