"""Brackets a threshold on the grid: two neighbouring severities, one that passes and one that fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

_INTERPOLATIONS = 4
"""Where four have not come close the margin is no guide, and bisection is best."""
_FLAT = 0.02
"""Share of the ends' difference within which a margin is that of an end."""


class Verdict(StrEnum):
    """What one probe says; a failed simulation says nothing."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Bracket:
    """Where the verdict changes.

    Attributes:
        last_pass: Grid index of the strongest severity that passes; -1 is the fault-free circuit.
        first_fail: Grid index of the weakest severity that fails; the grid's length where none does.
        unknown_at: Index of a decisive probe whose simulation failed, or None.
        probes: Indices that were asked for, in order.
    """

    last_pass: int
    first_fail: int
    unknown_at: int | None
    probes: tuple[int, ...]


@dataclass(frozen=True)
class Scan:
    """Probes spread over the whole grid, for a defect that may pass again where it is more severe.

    Attributes:
        low: Grid index of the last one that passes before the first that fails; -1 is the fault-free circuit.
        high: Grid index of the first that fails, or None where none does.
        crossings: How often the verdict changes from one to the next.
        again: Grid index of the most severe one that passes, where milder ones fail.
        probes: Indices that were asked for, in order.
    """

    low: int
    high: int | None
    crossings: int
    again: int | None
    probes: tuple[int, ...]


def scan_grid(probe: Callable[[int], Verdict], size: int, count: int) -> Scan:
    """Probe so many severities, evenly over the grid and up to its end; simulations that fail say nothing."""
    asked = tuple(dict.fromkeys(round(step * (size - 1) / count) for step in range(1, count + 1)))
    found = [(index, verdict) for index in asked if (verdict := probe(index)) is not Verdict.UNKNOWN]
    fails = [index for index, verdict in found if verdict is Verdict.FAIL]
    passes = [index for index, verdict in found if verdict is Verdict.PASS]
    row = [Verdict.PASS, *(verdict for _, verdict in found)]
    crossings = sum(before is not after for before, after in pairwise(row))
    if not fails:
        return Scan(max(passes, default=-1), None, crossings, None, asked)
    low = max((index for index in passes if index < fails[0]), default=-1)
    again = max((index for index in passes if index > fails[0]), default=None)
    return Scan(low, fails[0], crossings, again, asked)


def find_bracket(
    probe: Callable[[int], Verdict],
    size: int,
    guess: int | None = None,
    margins: Mapping[int, float] | None = None,
    between: tuple[int, int] | None = None,
) -> Bracket:
    """Find neighbouring severities between which the verdict changes.

    The strongest severity is asked first: where it passes, the defect is undetected. From a guess the search
    gallops outwards; without one it bisects, and a few times interpolates the margins that the probes bring.

    Args:
        probe: Verdict at a grid index, indices ordered from harmless to severe.
        size: Length of the grid.
        guess: Index near which the change is expected.
        margins: Filled by the probes where they measure one: negative where the test passes, positive where it fails,
            the larger the farther away. Wrong ones cost probes, never the answer.
        between: An index that passes, or -1, and one that fails, where they are known.
    """
    asked: list[int] = []

    def ask(index: int) -> Verdict:
        asked.append(index)
        return probe(index)

    low, high = between or (-1, size - 1)
    verdict = Verdict.FAIL if between else ask(high)
    if verdict is Verdict.PASS:
        return Bracket(high, size, None, tuple(asked))
    index, stride, interpolations = guess, 1, _INTERPOLATIONS
    while verdict is not Verdict.UNKNOWN and high - low > 1:
        interpolated = False
        if index is None or not low < index < high:
            middle = (low + high) // 2
            index = _between(low, high, margins or {}) if interpolations and len(asked) % 2 else middle
            interpolated = index != middle
        verdict = ask(index)
        if interpolated:
            interpolations = interpolations - 1 if _sloped(low, index, high, margins or {}) else 0
        if verdict is Verdict.PASS:
            low = index
        elif verdict is Verdict.FAIL:
            high = index
        index, stride = _next(low, high, index, stride, guess)
    unknown_at = asked[-1] if verdict is Verdict.UNKNOWN else None
    return Bracket(low, high, unknown_at, tuple(asked))


def confirm_bracket(probe: Callable[[int], Verdict], bracket: Bracket, size: int, wanted: int) -> tuple[Bracket, int]:
    """Climb from a bracket until so many failures above it follow each other.

    A response that switches, such as a layer that turns or not, flips back and forth in a narrow band around its
    threshold; the bracket that a search ends in is any of these changes. This ends in the last one.

    Args:
        probe: Verdict at a grid index.
        bracket: What a search found.
        size: Length of the grid.
        wanted: Failures right above the first one.

    Returns:
        The bracket, and how often the verdict changes from there to where the search had ended; 0 without a failure.
    """
    if bracket.first_fail >= size or bracket.unknown_at is not None:
        return bracket, 0
    low, high, asked = bracket.last_pass, bracket.first_fail, list(bracket.probes)
    index, run, crossings = high, 1, 1
    while run <= wanted and index < size - 1:
        index += 1
        asked.append(index)
        verdict = probe(index)
        if verdict is Verdict.UNKNOWN:
            return Bracket(low, high, index, tuple(asked)), crossings
        failed = verdict is Verdict.FAIL
        crossings += failed != (run > 0)
        low, high = (low, high if run else index) if failed else (index, index + 1)
        run = run + 1 if failed else 0
    return Bracket(low, high, None, tuple(asked)), crossings


def _between(low: int, high: int, margins: Mapping[int, float]) -> int:
    """Return where a straight line through the margins of both ends crosses zero; the middle where one is missing."""
    if low not in margins or high not in margins or not margins[low] < 0 < margins[high]:
        return (low + high) // 2
    share = margins[low] / (margins[low] - margins[high])
    return min(max(low + round(share * (high - low)), low + 1), high - 1)


def _sloped(low: int, index: int, high: int, margins: Mapping[int, float]) -> bool:
    """Return whether the margin of a probe between two ends is unlike both: a step has none between."""
    if not {low, index, high} <= margins.keys():
        return False
    flat = _FLAT * (margins[high] - margins[low])
    return margins[low] + flat < margins[index] < margins[high] - flat


def _next(low: int, high: int, index: int, stride: int, guess: int | None) -> tuple[int | None, int]:
    """Return the next index while galloping away from the guess, or None for bisection."""
    if guess is None:
        return None, stride
    if index == low and low >= guess:
        return low + stride, stride * 2
    if index == high and high <= guess:
        return high - stride, stride * 2
    return None, stride
