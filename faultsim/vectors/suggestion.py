"""Which vector to apply next: the one that tells most about which defect it is, for its time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from faultsim.vectors.diagnosis import Explanation
from faultsim.vectors.dictionary import Dictionary, Entry, Floats, Measured

_WORTH = 0.01
"""Bits that a vector has to tell for it to be worth its time."""
_BIN = 2.0
"""Deviations that two measured values are apart for them to be two outcomes."""


@dataclass(frozen=True)
class Suggestion:
    """A vector that tells suspects apart.

    Attributes:
        vector: Its name.
        bits: What it tells on average.
        time_s: On the tester.
        ready: The tester's program has it.
    """

    vector: str
    bits: float
    time_s: float
    ready: bool


def suggest(dictionary: Dictionary, group: Sequence[Explanation], asked: Iterable[str]) -> list[Suggestion]:
    """Return the vectors that tell the defects of a group apart.

    Args:
        dictionary: What vectors show of defects.
        group: The defects, with their severities.
        asked: Vectors whose response is known.

    Returns:
        Those of the tester's program first, of these the one that tells most for its time.
    """
    weights = np.array([max(one.suspect.weight, 1e-9) * one.likelihood for one in group])
    weights /= weights.sum()
    found = []
    for vector in sorted(set(dictionary.times_s) - set(asked)):
        bits = _information(weights, _outcomes(dictionary, group, vector))
        if bits > _WORTH:
            found.append(Suggestion(vector, bits, dictionary.times_s[vector], vector in dictionary.program))
    return sorted(found, key=lambda one: (not one.ready, -one.bits / one.time_s, one.vector))


Outcomes = dict[object, float]
"""What may come of a vector -> how probable that is."""


def _outcomes(dictionary: Dictionary, group: Sequence[Explanation], vector: str) -> list[Outcomes]:
    """Return what a vector may show of each suspect: values where they are known of all of them, or verdicts."""
    measured = dictionary.measured.get(vector)
    if measured is not None and all(one.suspect.entries[vector].places.size for one in group):
        return [_values(one, vector, measured) for one in group]
    return [_verdicts(one, vector) for one in group]


def _verdicts(one: Explanation, vector: str) -> Outcomes:
    entry, places = one.suspect.entries[vector], one.suspect.places
    fails = entry.verdicts(places)
    found: Outcomes = {"pass": float((1 - fails) @ one.posterior)}
    for pulse, share in _pulses(entry, places).items():
        found[pulse] = float((fails * share) @ one.posterior)
    return found


def _pulses(entry: Entry, places: Floats) -> dict[object, Floats]:
    """Return on which pulse the spike comes at places, as at the nearest that is known."""
    if not entry.pulses:
        return {"fail": np.ones(places.shape)}
    known = np.array([place for place, _ in entry.pulses])
    nearest = np.abs(places[:, None] - known).argmin(axis=1)
    pulses = np.array([pulse for _, pulse in entry.pulses])[nearest]
    return {int(pulse): (pulses == pulse).astype(float) for pulse in np.unique(pulses)}


def _values(one: Explanation, vector: str, measured: Measured) -> Outcomes:
    """Return how probable a measured value is, in bins as wide as values have to be apart to be told apart.

    A value is shared out to the two bins that it is between, so that nearly equal ones are not taken for different.
    """
    values, _ = one.suspect.curve(vector)
    scale = np.log1p(measured.relative * np.abs(values) / measured.absolute) / measured.relative
    scale = np.sign(values) * scale / _BIN
    found: Outcomes = {}
    for low, share in ((np.floor(scale), 1 - scale % 1), (np.floor(scale) + 1, scale % 1)):
        for place in np.unique(low):
            there = low == place
            found[int(place)] = found.get(int(place), 0.0) + float(one.posterior[there] @ share[there])
    return found


def _information(weights: Floats, outcomes: Sequence[Outcomes]) -> float:
    """Return how many bits outcomes tell about which suspect it is."""
    names = {name: column for column, name in enumerate(dict.fromkeys(name for one in outcomes for name in one))}
    table = np.zeros((len(outcomes), len(names)))
    for row, one in enumerate(outcomes):
        for name, share in one.items():
            table[row, names[name]] = share
    return float(_entropy(weights @ table) - weights @ [_entropy(row) for row in table])


def _entropy(shares: Floats) -> float:
    inside = shares[shares > 0]
    return float(-(inside * np.log2(inside)).sum())
