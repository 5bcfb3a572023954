"""Which defects explain a part's responses, and at which severities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from faultsim.vectors.dictionary import Dictionary, Floats, Suspect
from faultsim.vectors.lot import TestResult
from faultsim.vectors.readings import Readings

_AS_GOOD = 0.03
"""A defect is as good an explanation as the best where it is at least so many times as probable."""
_BELIEVED = 0.03
"""A severity is believed where it is at least so many times as probable as the best one."""
_OTHER_PULSE = np.log(0.05)
"""Added where a spike should be on another pulse."""


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


def explain(dictionary: Dictionary, results: Sequence[TestResult]) -> list[Explanation]:
    """Return all defects, the best explanation first; of equally good ones the more likely defect.

    Args:
        dictionary: What vectors show of defects.
        results: What they showed of a part; vectors that the dictionary does not have count for nothing.
    """
    measured = {one.name: one.value for one in results if one.value is not None and one.name in dictionary.measured}
    readings = Readings.of(dictionary, measured)
    scored = [(suspect, _scores(suspect, results, readings)) for suspect in dictionary.suspects]
    best = max(float(scores.max()) for _, scores in scored)
    found = [_explanation(suspect, scores, best) for suspect, scores in scored]
    return sorted(found, key=lambda one: (-one.likelihood, -one.suspect.weight, one.suspect.id))


def _scores(suspect: Suspect, results: Sequence[TestResult], readings: Readings) -> Floats:
    """Return the logarithm of how probable the responses are at each severity, values before verdicts."""
    total, measured = readings.logs(suspect), readings.known(suspect)
    for result in results:
        entry = suspect.entries.get(result.name)
        if entry is None or result.passed is None or result.name in measured:
            continue
        fails = entry.fails(suspect.places)
        total = total + np.log(1 - fails if result.passed else fails)
        if result.spike_pulse is not None and not result.passed:
            total += np.where(entry.spikes(result.spike_pulse, suspect.places), 0.0, _OTHER_PULSE)
    return total


def _explanation(suspect: Suspect, scores: Floats, best: float) -> Explanation:
    own = float(scores.max())
    shares = np.exp(scores - own)
    believed, last = np.flatnonzero(shares >= _BELIEVED), len(suspect.grid) - 1
    # A severity is anywhere between those of the grid.
    ends = sorted(suspect.grid[place] for place in (max(int(believed[0]) - 1, 0), min(int(believed[-1]) + 1, last)))
    top = int(np.median(np.flatnonzero(shares >= shares.max() * (1 - 1e-9))))
    return Explanation(suspect, float(np.exp(own - best)), ends[0], ends[1], suspect.grid[top], shares / shares.sum())
