"""How well a defect explains what was measured of a part, where good parts differ and testers err.

What good circuits differ by moves all currents of a part together: a wafer's transistors are strong or weak, a supply
is high or low. Only what is left of a set of readings once that is taken out speaks for or against a defect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from faultsim.vectors.dictionary import Dictionary, Floats, Measured, Suspect

_ANYTHING, _WRITTEN = 9.0, 7.0
"""What it costs a defect, as a logarithm, to leave out a reading that it does not explain: the unexpected happens. Less
after writing, which succeeds or fails within a hundredth of a severity."""
_ODD = 4.5
"""By how much leaving out a reading helps, as a logarithm, for it not to fit: three deviations."""
_FARTHEST = 1e4
"""Deviations that a reading is off by at most, so that the squares of the others are not lost beside its own."""
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

    def known(self, suspect: Suspect) -> list[str]:
        """Return the vectors of which it is known what they measure of a defect."""
        return [name for name in self.vectors if suspect.entries[name].places.size]

    def logs(self, suspect: Suspect) -> Floats:
        """Return the logarithm of how probable readings are at each severity of a defect, 0 where they fit.

        The squared distance of readings from what the defect shows. One reading may be left out at a price, or all that
        follow writing.
        """
        known = self.known(suspect)
        if not known:
            return np.zeros(suspect.places.size)
        fit = self._fit(suspect, known)
        written = np.array([self.measured[self.vectors.index(name)].written for name in known])
        found = np.maximum(fit.logs(), fit.less_one(np.where(written, _WRITTEN, _ANYTHING)))
        if written.sum() > 1:
            found = np.maximum(found, fit.of(~written).logs() - _WRITTEN * written.sum())
        return np.asarray(np.maximum(found, -_ANYTHING * len(known)))

    def odd(self, suspect: Suspect, place: int) -> list[str]:
        """Return the vectors whose reading does not fit a defect at a place of its grid, the worst one first."""
        known, found = self.known(suspect), []
        while known:
            gains = self._fit(suspect, known).gains[place]
            worst = int(np.argmax(gains))
            if gains[worst] < _ODD:
                break
            found.append(known.pop(worst))
        return found

    def _fit(self, suspect: Suspect, known: Sequence[str]) -> Fit:
        """Return how far the readings of some vectors are from what a defect shows.

        By the covariance of their deviations: what drifts together, plus what each may be off by alone (the Woodbury
        identity keeps that small).
        """
        chosen = [self.vectors.index(name) for name in known]
        measured, drifts = [self.measured[place] for place in chosen], self._drifts[chosen]
        shown, off = (np.stack(ends, axis=1) for ends in zip(*map(suspect.curve, known), strict=True))
        relative = np.array([one.relative for one in measured])
        absolute = np.array([one.absolute for one in measured])
        expected = np.array([one.expected for one in measured])
        changed = np.minimum(np.abs(shown / np.where(expected == 0, 1, expected) - 1), 1)
        own = relative**2 + (_FOLLOWS * changed) ** 2 * (drifts**2).sum(axis=1)
        alone = np.sqrt(own * shown**2 + absolute**2 + off**2)
        rests = np.clip((self.values[chosen] - shown) / alone, -_FARTHEST, _FARTHEST)
        return Fit(rests, shown[:, :, None] * drifts / alone[:, :, None])

    @cached_property
    def _drifts(self) -> Floats:
        """By which share each vector's value moves with a deviation of each independent kind, shape (V, K)."""
        names = dict.fromkeys(name for one in self.measured for name in one.drifts)
        table = np.array([[one.drifts.get(name, 0.0) for name in names] for one in self.measured])
        table = table.reshape(len(self.measured), len(names))
        # As many directions as matter: drifts that move all values alike are one.
        left, sizes, _ = np.linalg.svd(table, full_matrices=False)
        return np.asarray((left * sizes)[:, sizes > 1e-3 * sizes.max(initial=0.0)])


@dataclass(frozen=True, eq=False)
class Fit:
    """How far readings are from what a defect shows, at P severities.

    Attributes:
        rests: Differences, in the deviations that each reading has alone, shape (P, V).
        together: What K shared deviations move them by, in the same measure, shape (P, V, K).
    """

    rests: Floats
    together: Floats

    def of(self, kept: NDArray[np.bool_]) -> Fit:
        """Return the fit of some readings alone."""
        return Fit(self.rests[:, kept], self.together[:, kept])

    def logs(self) -> Floats:
        """Return the logarithm of how probable the rests are, shape (P,)."""
        return np.asarray(-(self.rests * self._whitened).sum(axis=1) / 2)

    def less_one(self, prices: Floats) -> Floats:
        """Return the same with that reading left out that gains most, less its price."""
        return np.asarray(self.logs() + (self.gains - prices).max(axis=1))

    @cached_property
    def gains(self) -> Floats:
        """What leaving out each reading adds to the logarithm, shape (P, V).

        What a reading adds to a squared distance, given all others, is its square in the inverse of the covariance
        over that one's diagonal.
        """
        diagonal = 1 - np.einsum("pvk,pkl,pvl->pv", self.together, self._inner, self.together, optimize=True)
        return np.asarray(self._whitened**2 / diagonal / 2)

    @cached_property
    def _inner(self) -> Floats:
        turned = self.together.transpose(0, 2, 1)
        return np.asarray(np.linalg.inv(np.eye(self.together.shape[2]) + turned @ self.together))

    @cached_property
    def _whitened(self) -> Floats:
        """Return the rests times the inverse of their covariance."""
        shared = self.together.transpose(0, 2, 1) @ self.rests[:, :, None]
        return np.asarray(self.rests - (self.together @ (self._inner @ shared))[:, :, 0])
