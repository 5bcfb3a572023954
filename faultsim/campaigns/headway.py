"""How far a run is, and what a new plan leaves behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Stale:
    """Finished results that a new plan has no use for.

    Attributes:
        titles: Stage -> what they were, in the old plan's order.
        changed: Names of the remembered facts that are others now.
    """

    titles: Mapping[str, Sequence[str]]
    changed: frozenset[str]


@dataclass(frozen=True)
class Headway:
    """How far a run is.

    Attributes:
        planned: Stage -> how many items, in the plan's order.
        finished: Stage -> how many of them are finished.
        transients: Stage -> on how many transients those rest, counted once for each item.
    """

    planned: Mapping[str, int]
    finished: Mapping[str, int]
    transients: Mapping[str, int]

    @property
    def missing(self) -> int:
        """Return how many items are not finished."""
        return sum(self.planned.values()) - sum(self.finished.values())

    @property
    def spent(self) -> int:
        """Return on how many transients all finished items rest."""
        return sum(self.transients.values())

    @property
    def remaining(self) -> float | None:
        """Return about how many transients are to go, if the others of a stage cost what its finished ones did.

        A stage of which nothing is finished costs as much per item as all others; None where nothing is finished.
        """
        finished = sum(self.finished.values())
        if not finished:
            return None
        usual = self.spent / finished
        return sum(
            (planned - self.finished[stage])
            * (self.transients[stage] / self.finished[stage] if self.finished[stage] else usual)
            for stage, planned in self.planned.items()
        )
