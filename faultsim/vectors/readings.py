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

        The squared distance of readings from what the defect shows, by the covariance of their deviations: what drifts
        together, plus what each may be off by alone (the Woodbury identity keeps that small). One reading may be left
        out at a price, or all that follow writing.
        """
        known = self.known(suspect)
        chosen = [self.vectors.index(name) for name in known]
        if not chosen:
            return np.zeros(suspect.places.size)
        measured, drifts = [self.measured[place] for place in chosen], self._drifts[chosen]
        shown, off = (np.stack(ends, axis=1) for ends in zip(*map(suspect.curve, known), strict=True))
        relative = np.array([one.relative for one in measured])
        absolute = np.array([one.absolute for one in measured])
        expected = np.array([one.expected for one in measured])
        changed = np.minimum(np.abs(shown / np.where(expected == 0, 1, expected) - 1), 1)
        own = relative**2 + (_FOLLOWS * changed) ** 2 * (drifts**2).sum(axis=1)
        alone = np.sqrt(own * shown**2 + absolute**2 + off**2)
        fit = Fit((self.values[chosen] - shown) / alone, shown[:, :, None] * drifts / alone[:, :, None])
        written = np.array([one.written for one in measured])
        found = np.maximum(fit.logs(), fit.less_one(np.where(written, _WRITTEN, _ANYTHING)))
        if written.sum() > 1:
            found = np.maximum(found, fit.of(~written).logs() - _WRITTEN * written.sum())
        return np.asarray(np.maximum(found, -_ANYTHING * len(chosen)))

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
        """Return the same with that reading left out that gains most, less its price.

        What a reading adds to a squared distance, given all others, is its square in the inverse of the covariance
        over that one's diagonal.
        """
        diagonal = 1 - np.einsum("pvk,pkl,pvl->pv", self.together, self._inner, self.together, optimize=True)
        gains = self._whitened**2 / diagonal / 2 - prices
        return np.asarray(self.logs() + gains.max(axis=1))

    @cached_property
    def _inner(self) -> Floats:
        turned = self.together.transpose(0, 2, 1)
        return np.asarray(np.linalg.inv(np.eye(self.together.shape[2]) + turned @ self.together))

    @cached_property
    def _whitened(self) -> Floats:
        """Return the rests times the inverse of their covariance."""
        shared = self.together.transpose(0, 2, 1) @ self.rests[:, :, None]
        return np.asarray(self.rests - (self.together @ (self._inner @ shared))[:, :, 0])
