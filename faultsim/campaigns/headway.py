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

    def remaining(self, stage: str) -> float | None:
        """Return about how many transients of a stage are to go, if the others cost what its finished ones did.

        None where nothing of it is finished, or where it has no items.
        """
        finished = self.finished.get(stage, 0)
        return (self.planned[stage] - finished) * self.transients[stage] / finished if finished else None
