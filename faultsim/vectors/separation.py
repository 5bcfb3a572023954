"""Vectors that tell defects apart: those that the set does not yet tell from each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from faultsim.vectors.check import Check
from faultsim.vectors.curves import Curves
from faultsim.vectors.matrix import UNSEEN, Matrix

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

_PLACES = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
"""Where between the mildest severity that any check sees and the severest defects are compared."""
_APART = 3.0
"""By how many deviations measured values have to differ."""


@dataclass(frozen=True)
class Separation:
    """What checks tell apart, as far as a matrix knows.

    Attributes:
        matrix: Which check sees which defect from where on.
        curves: What defects do to measured currents.
        deviations: How far a measured value may be off by itself, relative and in A; what drifts together is taken to
            be known from other vectors.
    """

    matrix: Matrix
    curves: Curves
    deviations: tuple[float, float]

    def more(self, chosen: Sequence[Check], most: int) -> list[Check]:
        """Return checks that tell apart what some do not, the one that tells most first.

        Args:
            chosen: What is applied anyway.
            most: The most checks that are wanted.
        """
        left = self._different()
        for check in chosen:
            left &= ~self._apart(check)
        taken = {check.id for check in chosen}
        rest = [(check, self._apart(check)) for check in self.matrix.checks if check.id not in taken]
        found: list[Check] = []
        while len(found) < most and rest and left.any():
            gains = [int(np.count_nonzero(left & apart)) for _, apart in rest]
            best = int(np.argmax(gains))
            if not gains[best]:
                break
            check, apart = rest.pop(best)
            found.append(check)
            left &= ~apart
        return found

    @cached_property
    def _items(self) -> list[tuple[str, int]]:
        """Defects that are seen by any check, each at some severities: id and place on its grid."""
        found = []
        for defect in self.matrix.defects:
            firsts = [self.matrix.get(check, defect).first for check in self.matrix.checks]
            known = [first for first in firsts if first is not None]
            if known:
                first, last = min(known), len(self.matrix.grids[defect.id]) - 1
                places = dict.fromkeys(first + round(share * (last - first)) for share in _PLACES)
                found += [(defect.id, place) for place in places]
        return found

    def _different(self) -> Bools:
        """Return which pairs of items are of different defects, each pair once."""
        ids = np.array([identity for identity, _ in self._items])
        return np.asarray(np.triu(ids[:, None] != ids[None, :]))

    def _apart(self, check: Check) -> Bools:
        """Return which pairs a check tells apart: by its verdict where that is known, or by what it measures."""
        fails, passes = self._verdicts(check)
        apart = (fails[:, None] & passes[None, :]) | (passes[:, None] & fails[None, :])
        if check.candidate.measures and not check.candidate.stimulus.program:
            values = self._values(check)
            relative, absolute = self.deviations
            spread = relative * np.maximum(np.abs(values[:, None]), np.abs(values[None, :])) + absolute
            apart |= np.abs(values[:, None] - values[None, :]) > _APART * spread
        return np.asarray(apart)

    def _verdicts(self, check: Check) -> tuple[Bools, Bools]:
        fails, passes = [], []
        for identity, place in self._items:
            seen = self.matrix.seen.get((check.id, identity), UNSEEN)
            fails.append(place >= seen.first_fail)
            passes.append(place <= seen.last_pass)
        return np.array(fails, dtype=bool), np.array(passes, dtype=bool)

    def _values(self, check: Check) -> Floats:
        """Return what a check measures of each item; nan where no sweep says so."""
        expected = float(check.expected) if isinstance(check.expected, int | float) else np.nan
        pattern, vdd_v = check.candidate.stimulus.pattern, check.candidate.conditions.vdd_v
        shares: list[float] = []
        for identity, items in groupby(self._items, key=lambda item: item[0]):
            places = [place for _, place in items]
            shares += self.curves.share(pattern, vdd_v, identity, places, self.matrix.grids[identity]).tolist()
        return expected * np.array(shares)
