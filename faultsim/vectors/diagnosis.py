"""Which defects explain a part's responses, and at which severities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from faultsim.vectors.dictionary import Dictionary, Entry, Floats, Suspect
from faultsim.vectors.lot import TestResult
from faultsim.vectors.misfit import Misfit
from faultsim.vectors.readings import Readings

_IMPLAUSIBLE = 1e-8
"""What is less probable than that does not come of a defect. A verdict against a certificate has 1e-3, and so has about
a reading that is left out; of a part whose process is far from the nominal one two may be that odd."""
_AS_GOOD = 0.03
"""A defect is as good an explanation as the best where it is at least so many times as probable."""
_BELIEVED = 0.03
"""A severity is believed where it is at least so many times as probable as the best one."""
_MISFIT = 0.02
"""A verdict that is less probable than that does not fit."""
_TINY = 1e-300
_EITHER = np.log(0.5)
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
        place: Of its grid: the most probable severity.
        posterior: Of each place of its grid, summing up to 1.
        score: Logarithm of how probable the responses are at its best severity.
        plausible: How probable it is that a part with it shows something as odd as these responses.
    """

    suspect: Suspect
    likelihood: float
    low: float
    high: float
    place: int
    posterior: Floats
    score: float
    plausible: float

    @property
    def best(self) -> float:
        """The most probable severity."""
        return self.suspect.grid[self.place]

    @property
    def in_group(self) -> bool:
        """Return whether it is as good as the best."""
        return self.likelihood >= _AS_GOOD

    @property
    def is_plausible(self) -> bool:
        """Return whether a part with it may well show something like the responses."""
        return self.plausible >= _IMPLAUSIBLE


def explain(dictionary: Dictionary, results: Sequence[TestResult]) -> list[Explanation]:
    """Return all defects, the best explanation first; of equally good ones the more likely defect.

    Args:
        dictionary: What vectors show of defects.
        results: What they showed of a part; vectors that the dictionary does not have count for nothing.
    """
    readings = _readings(dictionary, results)
    weighed = [_weighed(suspect, results, readings) for suspect in dictionary.suspects]
    best = max(one.score for one in weighed)
    found = [_explanation(one, best) for one in weighed]
    return sorted(found, key=lambda one: (-one.likelihood, -one.suspect.weight, one.suspect.id))


def explain_as_good(dictionary: Dictionary, results: Sequence[TestResult]) -> Explanation:
    """Return how well a part without a defect explains the responses: a defect that vectors see nothing of."""
    weighed = _weighed(dictionary.fault_free, results, _readings(dictionary, results))
    return _explanation(weighed, weighed.score)


def misfits(dictionary: Dictionary, results: Sequence[TestResult], one: Explanation) -> list[Misfit]:
    """Return the responses that do not fit a defect at its best severity: readings, the worst first, then verdicts."""
    suspect, place = one.suspect, one.place
    readings = _readings(dictionary, results)
    values, known = dict(zip(readings.vectors, readings.values.tolist(), strict=True)), readings.known(suspect)
    found = []
    for vector in readings.odd(suspect, place):
        shown, good = float(suspect.curve(vector)[0][place]), dictionary.measured[vector].expected
        found.append(Misfit(vector, value=values[vector], shown=shown, good=good))
    for result in results:
        entry = suspect.entries.get(result.name)
        if entry is None or result.passed is None or result.name in known:
            continue
        fails = float(entry.fails(suspect.places)[place])
        if (1 - fails if result.passed else fails) < _MISFIT:
            found.append(Misfit(result.name, passed=result.passed))
        elif _elsewhere(result, entry, suspect)[place]:
            found.append(Misfit(result.name, pulse=result.spike_pulse))
    return found


def _elsewhere(result: TestResult, entry: Entry, suspect: Suspect) -> NDArray[np.bool_]:
    """Return at which places the spike of a part that fails should be on another pulse."""
    if result.spike_pulse is None or result.passed:
        return np.zeros(suspect.places.shape, dtype=bool)
    return ~entry.spikes(result.spike_pulse, suspect.places)


def _readings(dictionary: Dictionary, results: Sequence[TestResult]) -> Readings:
    measured = {one.name: one.value for one in results if one.value is not None and one.name in dictionary.measured}
    return Readings.of(dictionary, measured)


@dataclass(frozen=True, eq=False)
class _Weighed:
    """The responses by what a defect shows at each severity.

    Attributes:
        suspect: The defect.
        scores: Logarithm of how probable the responses are, values before verdicts.
        plausible: Logarithm of how probable it is that something as odd comes of it.
    """

    suspect: Suspect
    scores: Floats
    plausible: Floats

    @property
    def score(self) -> float:
        return float(self.scores.max())


def _weighed(suspect: Suspect, results: Sequence[TestResult], readings: Readings) -> _Weighed:
    scores, measured = readings.logs(suspect), readings.known(suspect)
    plausible = np.log(np.maximum(chdtrc(len(measured), -2 * scores), _TINY)) if measured else np.zeros(scores.shape)
    for result in results:
        entry = suspect.entries.get(result.name)
        if entry is None or result.passed is None or result.name in measured:
            continue
        fails = entry.fails(suspect.places)
        shown = np.log(1 - fails if result.passed else fails)
        scores = scores + shown
        # Where either verdict may come none of them is odd.
        plausible = plausible + np.minimum(shown - _EITHER, 0)
        other = np.where(_elsewhere(result, entry, suspect), _OTHER_PULSE, 0.0)
        scores, plausible = scores + other, plausible + other
    return _Weighed(suspect, scores, plausible)


def _explanation(weighed: _Weighed, best: float) -> Explanation:
    suspect, own = weighed.suspect, weighed.score
    shares = np.exp(weighed.scores - own)
    believed, last = np.flatnonzero(shares >= _BELIEVED), len(suspect.grid) - 1
    # A severity is anywhere between those of the grid.
    ends = sorted(suspect.grid[place] for place in (max(int(believed[0]) - 1, 0), min(int(believed[-1]) + 1, last)))
    return Explanation(
        suspect=suspect,
        likelihood=float(np.exp(own - best)),
        low=ends[0],
        high=ends[1],
        place=int(np.median(np.flatnonzero(shares >= shares.max() * (1 - 1e-9)))),
        posterior=shares / shares.sum(),
        score=own,
        plausible=float(np.exp(weighed.plausible[believed].max())),
    )
