"""How well a defect explains what was measured of a part, where good parts differ and testers err.

What good circuits differ by moves all currents of a part together: a wafer's transistors are strong or weak, a supply
is high or low. Only what is left of a set of readings once that is taken out speaks for or against a defect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from faultsim.vectors.dictionary import Dictionary, Floats, Measured, Suspect

_WORST = 9.0
"""No reading speaks more against a defect than this, as a logarithm: the unexpected happens."""
_WRITTEN = 7.0
"""The same of one that follows writing, which succeeds or fails within a hundredth of a severity."""
_FOLLOWS = 0.5
"""By how much of its share a current that a defect has changed may move otherwise than a good circuit's."""


@dataclass(frozen=True)
class Readings:
    """What was measured of a part.

    Attributes:
        vectors: Which vectors measured, V of them.
        values: Their readings, A, shape (V,).
        measured: What is known of each vector.
    """

    vectors: Sequence[str]
    values: Floats
    measured: Sequence[Measured]

    @staticmethod
    def of(dictionary: Dictionary, values: Mapping[str, float]) -> Readings:
        """Return the readings of some vectors."""
        vectors = list(values)
        return Readings(vectors, np.array([*values.values()]), [dictionary.measured[name] for name in vectors])

    def logs(self, suspect: Suspect) -> Floats:
        """Return the logarithm of how probable the readings are at each severity of a defect, 0 where they fit.

        The squared distance of readings from what the defect shows, by the covariance of their deviations: what drifts
        together, plus what each may be off by alone (the Woodbury identity keeps that small). Of those that follow
        writing one or all may be anything.
        """
        if not self.vectors:
            return np.zeros(suspect.places.size)
        shown, off = (np.stack(ends, axis=1) for ends in zip(*map(suspect.curve, self.vectors), strict=True))
        relative = np.array([one.relative for one in self.measured])
        absolute = np.array([one.absolute for one in self.measured])
        expected = np.array([one.expected for one in self.measured])
        changed = np.minimum(np.abs(shown / np.where(expected == 0, 1, expected) - 1), 1)
        drifting = (self._drifts**2).sum(axis=1)
        own = relative**2 + (_FOLLOWS * changed) ** 2 * drifting
        alone = np.sqrt(own * shown**2 + absolute**2 + off**2)
        rests = (self.values - shown) / alone
        together = shown[:, :, None] * self._drifts[None] / alone[:, :, None]
        whole = _Fit.of(rests, together)
        ways = [whole.less(_Fit.of(rests[:, left], together[:, left])).logs() for left in self._disbelieved()]
        return np.asarray(np.max(ways, axis=0))

    def _disbelieved(self) -> list[list[int]]:
        """Return which readings to leave out: none, each of those that follow writing, and all of these."""
        written = [place for place, one in enumerate(self.measured) if one.written]
        return [[], *([place] for place in written), *([written] if len(written) > 1 else [])]

    @cached_property
    def _drifts(self) -> Floats:
        """By which share each vector's value moves with a deviation of each independent kind, shape (V, K)."""
        names = dict.fromkeys(name for one in self.measured for name in one.drifts)
        table = np.array([[one.drifts.get(name, 0.0) for name in names] for one in self.measured])
        table = table.reshape(len(self.measured), len(names))
        # As many directions as matter: drifts that move all values alike are one.
        left, sizes, _ = np.linalg.svd(table, full_matrices=False)
        return np.asarray((left * sizes)[:, sizes > 1e-3 * sizes.max(initial=0.0)])


@dataclass(frozen=True)
class _Fit:
    """How far readings are from what a defect shows, at P severities: sums over V readings with K shared deviations.

    Attributes:
        squares: Of the rests, in the deviations that each has alone, shape (P,).
        shared: Rests times shared deviations, shape (P, K).
        inner: Shared deviations times themselves, shape (P, K, K).
        count: How many readings.
        left: How many were left out.
    """

    squares: Floats
    shared: Floats
    inner: Floats
    count: int
    left: int = 0

    @staticmethod
    def of(rests: Floats, together: Floats) -> _Fit:
        """Sum up rests, shape (P, V), and what of them is shared, shape (P, V, K)."""
        turned = together.transpose(0, 2, 1)
        return _Fit((rests**2).sum(axis=1), (turned @ rests[:, :, None])[:, :, 0], turned @ together, rests.shape[1])

    def less(self, other: _Fit) -> _Fit:
        """Return the sums without those of some readings."""
        return _Fit(
            squares=self.squares - other.squares,
            shared=self.shared - other.shared,
            inner=self.inner - other.inner,
            count=self.count - other.count,
            left=other.count,
        )

    def logs(self) -> Floats:
        """Return the logarithm of how probable the rests are, less what leaving readings out costs."""
        solved = np.linalg.solve(np.eye(self.shared.shape[1]) + self.inner, self.shared[:, :, None])[:, :, 0]
        squares = self.squares - (self.shared * solved).sum(axis=1)
        return np.asarray(-np.minimum(squares / 2, _WORST * self.count) - _WRITTEN * self.left)
