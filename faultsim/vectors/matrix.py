"""The detection matrix: from which severity on each check sees each defect."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from faultsim.campaigns.grid import Grid
from faultsim.fault_models.defect import Defect
from faultsim.vectors.check import Check

NEVER = sys.maxsize
"""An index behind the last of any grid."""


@dataclass(frozen=True)
class Seen:
    """What one check sees of one defect.

    Attributes:
        first: Grid index from which on it sees every severity, harmless ones first; None where it does not up to the
            severest.
        certified: Transients of just this check and defect say so; otherwise it is estimated.
        doubt: An estimate that may be wrong about what is demanded.
        reason: Why nothing more is known.
        passes: Last grid index that is known to pass; -1 is the fault-free circuit. None stands for the neighbour of
            the first that is seen, and for all where none is.
        fails: First grid index that is known to fail; ``NEVER`` where none is. None stands for the first that is seen.
    """

    first: int | None
    certified: bool = False
    doubt: bool = False
    reason: str = ""
    passes: int | None = None
    fails: int | None = None

    @property
    def last_pass(self) -> int:
        """Return the last index that is known to pass; ``NEVER`` where all are."""
        if self.passes is not None:
            return self.passes
        return NEVER if self.first is None else self.first - 1

    @property
    def first_fail(self) -> int:
        """Return the first index that is known to fail; ``NEVER`` where none is."""
        if self.fails is not None:
            return self.fails
        return NEVER if self.first is None else self.first


UNSEEN = Seen(None)


@dataclass
class Matrix:
    """Checks x defects; entries are replaced as more becomes known.

    Attributes:
        checks: The rows.
        defects: The columns, one for each circuit.
        grids: Severities of each defect.
        demanded: Defect -> grid index from which on it has to be seen.
        seen: (check's id, defect's id) -> what is known.
    """

    checks: list[Check]
    defects: Sequence[Defect]
    grids: Mapping[str, Grid]
    demanded: dict[str, int]
    seen: dict[tuple[str, str], Seen] = field(default_factory=dict)

    def get(self, check: Check, defect: Defect) -> Seen:
        """Return what a check sees of a defect."""
        return self.seen.get((check.id, defect.id), UNSEEN)

    def put(self, check: Check, defect: Defect, seen: Seen) -> None:
        """Note what a check sees of a defect."""
        self.seen[check.id, defect.id] = seen

    def covers(self, check: Check, defect: Defect, doubtful: bool = False) -> bool:
        """Return whether a check sees a defect from the demanded severity on; with doubt, or without."""
        seen = self.get(check, defect)
        if seen.first is not None and seen.first <= self.demanded[defect.id]:
            return True
        return doubtful and seen.doubt and not seen.certified

    def table(self, doubtful: bool = False) -> NDArray[np.bool_]:
        """Return which check covers which defect, shape (checks, defects)."""
        rows = [[self.covers(check, defect, doubtful) for defect in self.defects] for check in self.checks]
        return np.array(rows, dtype=bool).reshape(len(self.checks), len(self.defects))

    def relax(self) -> list[str]:
        """Demand of defects that no check covers what the best of them sees: the severest one.

        Returns:
            Ids of the defects of which less is demanded now.
        """
        table, found = self.table(doubtful=True), []
        for column, defect in enumerate(self.defects):
            if table[:, column].any():
                continue
            firsts = [self.get(check, defect).first for check in self.checks]
            known = [first for first in firsts if first is not None]
            if known:
                self.demanded[defect.id] = max(min(known), self.demanded[defect.id])
                found.append(defect.id)
        return found
