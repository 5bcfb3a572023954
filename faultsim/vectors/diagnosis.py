"""Which defects explain a part's responses, at which severities, and which vector would tell them apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faultsim.vectors.dictionary import Dictionary, Entry, Measured, Suspect
from faultsim.vectors.lot import TestResult

Floats = NDArray[np.float64]

_AS_GOOD = 1e-2
"""A defect is as good an explanation as the best where it is at least so many times as probable."""
_BELIEVED = 0.03
"""A severity is believed where it is at least so many times as probable as the best one."""
_UNEXPLAINED = 1e-4
_OTHER_PULSE = np.log(0.05)
"""Added where a spike should be on another pulse."""
_SPLITS = 1e-3
"""Bits that a vector has to tell for it to be worth its time."""


@dataclass(frozen=True)
class Explanation:
    """A defect that may have caused the responses.

    Attributes:
        suspect: The defect.
        likelihood: Of the responses at its best severity, relative to the best defect's.
        low: Smallest severity that is believed.
        high: Largest severity that is believed.
        best: The most probable one.
        posterior: Of each place of its grid, summing up to 1.
    """

    suspect: Suspect
    likelihood: float
    low: float
    high: float
    best: float
    posterior: Floats

    @property
    def in_group(self) -> bool:
        """Return whether it is as good as the best."""
        return self.likelihood >= _AS_GOOD


@dataclass(frozen=True)
class Suggestion:
    """A vector that tells suspects apart.

    Attributes:
        vector: Its name.
        bits: What it tells on average.
        time_s: On the tester.
    """

    vector: str
    bits: float
    time_s: float


def explain(dictionary: Dictionary, results: Sequence[TestResult]) -> list[Explanation]:
    """Return all defects, the best explanation first; of equally good ones the more likely defect.

    Args:
        dictionary: What vectors show of defects.
        results: What they showed of a part; vectors that the dictionary does not have count for nothing.
    """
    scored = [(suspect, _scores(dictionary, suspect, results)) for suspect in dictionary.suspects]
    best = max(float(scores.max()) for _, scores in scored)
    found = [_explanation(suspect, scores, best) for suspect, scores in scored]
    return sorted(found, key=lambda one: (-one.likelihood, -one.suspect.weight, one.suspect.id))


def suggest(dictionary: Dictionary, group: Sequence[Explanation], asked: Iterable[str]) -> list[Suggestion]:
    """Return the vectors that tell the defects of a group apart, the one that tells most for its time first.

    Args:
        dictionary: What vectors show of defects.
        group: The defects, with their severities.
        asked: Vectors whose response is known.
    """
    left = set(dictionary.times_s) - set(asked)
    weights = np.array([max(one.suspect.weight, 1e-9) * one.likelihood for one in group])
    weights /= weights.sum()
    found = []
    for vector in sorted(left):
        fails = np.array([_fails(one, vector) for one in group])
        bits = _entropy(float(weights @ fails)) - float(weights @ [_entropy(one) for one in fails])
        if bits > _SPLITS:
            found.append(Suggestion(vector, bits, dictionary.times_s[vector]))
    return sorted(found, key=lambda one: (-one.bits / one.time_s, one.vector))


def _scores(dictionary: Dictionary, suspect: Suspect, results: Sequence[TestResult]) -> Floats:
    """Return the logarithm of how probable the responses are at each severity."""
    total = np.zeros(suspect.places.size)
    for result in results:
        entry, measured = suspect.entries.get(result.name), dictionary.measured.get(result.name)
        if entry is None:
            continue
        if result.value is not None and measured is not None and entry.places.size:
            total += _of_value(entry, measured, result.value, suspect.places)
        elif result.passed is not None:
            fails = entry.fails(suspect.places)
            total += np.log(1 - fails if result.passed else fails)
            if result.spike_pulse is not None and not result.passed:
                total += np.where(entry.spikes(result.spike_pulse, suspect.places), 0.0, _OTHER_PULSE)
    return total


def _of_value(entry: Entry, measured: Measured, value: float, places: Floats) -> Floats:
    """Return the logarithm of how probable a measured value is: good circuits differ by a share, testers by more."""
    low, high = entry.measures(places)
    off = np.maximum(low - value, value - high) / (measured.relative * np.abs(value) + measured.absolute)
    return np.asarray(np.log(np.exp(-0.5 * np.clip(off, 0, 20) ** 2) + _UNEXPLAINED))


def _explanation(suspect: Suspect, scores: Floats, best: float) -> Explanation:
    own = float(scores.max())
    shares = np.exp(scores - own)
    believed = np.flatnonzero(shares >= _BELIEVED)
    ends = sorted(suspect.grid[int(place)] for place in (believed[0], believed[-1]))
    top = int(np.median(np.flatnonzero(shares >= shares.max() * (1 - 1e-9))))
    return Explanation(suspect, float(np.exp(own - best)), ends[0], ends[1], suspect.grid[top], shares / shares.sum())


def _fails(one: Explanation, vector: str) -> float:
    entry = one.suspect.entries.get(vector)
    return 0.0 if entry is None else float(entry.fails(one.suspect.places) @ one.posterior)


def _entropy(share: float) -> float:
    inside = min(max(share, 1e-12), 1 - 1e-12)
    return float(-inside * np.log2(inside) - (1 - inside) * np.log2(1 - inside))
