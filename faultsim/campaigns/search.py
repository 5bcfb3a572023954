"""Brackets a threshold on the grid: two neighbouring severities, one that passes and one that fails."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

_INTERPOLATIONS = 5
"""Where so many have not come close the margin is no guide, and bisection is best."""
_CLOSE = 0.4
"""Of the bracket: a margin below it is right about where the change is, a larger one only about the side."""
_BENT = 2
"""At most so many times faster, or slower, than indices margins are believed to grow."""
_CLIMBS = 3
"""Strides away from a guess without a failure, after which the most severe one is asked."""


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


def scan_grid(probe: Callable[[int], Verdict], size: int, count: int) -> tuple[int, int]:
    """Probe so many severities, evenly over the grid and up to its end; simulations that fail say nothing.

    Returns:
        The last index that passes before the first that fails, -1 for the fault-free circuit, and that first one; the
        grid's length where none fails.
    """
    asked = dict.fromkeys(round(step * (size - 1) / count) for step in range(1, count + 1))
    found = [(index, verdict) for index in asked if (verdict := probe(index)) is not Verdict.UNKNOWN]
    high = min((index for index, verdict in found if verdict is Verdict.FAIL), default=size)
    return max((index for index, verdict in found if verdict is Verdict.PASS and index < high), default=-1), high


def changes(probe: Callable[[int], Verdict], known: Mapping[int, Verdict]) -> list[int]:
    """Return each index whose verdict is another at the next one, -1 for the fault-free circuit.

    Where two that are known differ and are no neighbours, one change between them is looked for.

    Args:
        probe: Verdict at a grid index.
        known: What has been probed already; simulations that failed say nothing.
    """
    seen = {-1: Verdict.PASS} | {index: known[index] for index in sorted(known)}
    places = [index for index, verdict in seen.items() if verdict is not Verdict.UNKNOWN]
    found = []
    for low, high in pairwise(places):
        if seen[low] is not seen[high]:
            bracket = _halved(probe, low, high, seen[low])
            found += [bracket] if bracket is not None else []
    return found


def _halved(probe: Callable[[int], Verdict], low: int, high: int, verdict: Verdict) -> int | None:
    while high - low > 1:
        middle = (low + high) // 2
        there = probe(middle)
        if there is Verdict.UNKNOWN:
            return None
        low, high = (middle, high) if there is verdict else (low, middle)
    return low


def find_bracket(
    probe: Callable[[int], Verdict],
    size: int,
    guess: float | None = None,
    margins: Mapping[int, float] | None = None,
    between: tuple[int, int] | None = None,
    stride: int = 1,
) -> Bracket:
    """Find neighbouring severities between which the verdict changes.

    Without a guess the strongest severity is asked first: where it passes, the defect is undetected. From then on the
    search goes where the margins expect the change, or gallops away from where it was expected, or bisects.

    Args:
        probe: Verdict at a grid index, indices ordered from harmless to severe.
        size: Length of the grid.
        guess: Where the change is expected: an index, or a place between two.
        margins: Filled by the probes where they can tell: the index less the place where they expect the change, so
            negative where the test passes; minus infinity where nothing is to be seen of a change yet. Wrong ones cost
            probes, never the answer.
        between: An index that passes, or -1, and one that fails, where they are known.
        stride: How far the guess may be off by, where no margin says so.
    """
    search = _Search(probe, size, {} if margins is None else margins, guess, *(between or (-1, size)), stride=stride)
    while search.high - search.low > 1 and search.unknown_at is None:
        search.ask(search.next())
    return Bracket(search.low, search.high, search.unknown_at, tuple(search.asked))


@dataclass
class _Search:
    """A search under way: what is below `low` passes, what is from `high` on fails or is not on the grid."""

    probe: Callable[[int], Verdict]
    size: int
    margins: Mapping[int, float]
    guess: float | None
    low: int
    high: int
    unknown_at: int | None = None
    asked: list[int] = field(default_factory=list)
    stride: int = 1
    climbs: int = 0
    interpolations: int = 0

    def ask(self, index: int) -> None:
        self.asked.append(index)
        verdict = self.probe(index)
        if verdict is Verdict.PASS:
            self.low = index
        elif verdict is Verdict.FAIL:
            self.high = index
        else:
            self.unknown_at = index

    def next(self) -> int:
        """Return the index to ask: where the change is expected, a stride away from there, or half-way."""
        chosen = self._expected()
        if chosen is None:
            chosen = self._galloping()
        if chosen is None:
            chosen = (self.low + self.high) // 2 if self.high < self.size or self._unseen() else self.size - 1
        return min(max(chosen, self.low + 1), self.high - 1)

    def _expected(self) -> int | None:
        """Return an index next to where the change is expected; each one that is asked says more of it."""
        place = self.guess if not self.asked else self._zero()
        if place is None or self.interpolations >= _INTERPOLATIONS:
            return None
        self.interpolations += 1
        self.stride = self.stride if not self.asked else 1
        below = math.floor(place)
        return below if below > self.low else below + 1

    def _zero(self) -> float | None:
        """Return where a straight line between both ends has the change, or near it where the last probe expects it."""
        last, margin = self.asked[-1], self._margin(self.asked[-1])
        below, above = self._margin(self.low) or 0.0, self._margin(self.high) or 0.0
        if below < 0 < above and (margin is None or abs(margin) > _CLOSE * (self.high - self.low)):
            return self.low + (self.high - self.low) * below / (below - above)
        if margin is None:
            return None
        place = last - margin / self._slope(last, margin)
        return place if self.low < place < min(self.high, self.size - 1) else None

    def _slope(self, last: int, margin: float) -> float:
        """Return how much margins grow from index to index between the last probe and the one nearest to the change."""
        others = {index: found for index in self.asked[:-1] if (found := self._margin(index)) is not None}
        if not others:
            return 1.0
        other = min(others, key=lambda index: abs(others[index]))
        slope = (others[other] - margin) / (other - last)
        return min(max(slope, 1 / _BENT), _BENT) if slope > 0 else 1.0

    def _margin(self, index: int) -> float | None:
        """Return a margin that says how far the change is."""
        margin = self.margins.get(index)
        return None if margin is None or math.isinf(margin) else margin

    def _unseen(self) -> bool:
        """Return whether the guess shows nothing of a change, and is all that is known."""
        return self.asked == [self.low] and math.isinf(self.margins.get(self.low, 0.0))

    def _galloping(self) -> int | None:
        """Return an index a stride away from the last one, on the side where the change has to be."""
        last = self.asked[-1] if self.asked else -1
        if not self.interpolations or math.isinf(self.margins.get(last, 0.0)):
            return None
        # A probe that is wrong about itself by much is that far from the change at least.
        self.stride = max(self.stride, math.floor(abs(self.margins.get(last, 0.0))))
        up = last == self.low
        self.climbs += up and self.high == self.size
        if self.climbs > _CLIMBS and self.high == self.size:
            return None
        index = self.low + self.stride if up else self.high - self.stride
        self.stride *= 2
        beyond_middle = index >= (self.low + self.high) / 2 if up else index <= (self.low + self.high) / 2
        return None if beyond_middle and self.high < self.size else index


def confirm_bracket(probe: Callable[[int], Verdict], bracket: Bracket, size: int, wanted: int) -> Bracket:
    """Climb from a bracket until so many failures above it follow each other.

    A response that switches, such as a layer that turns or not, flips back and forth in a narrow band around its
    threshold; the bracket that a search ends in is any of these changes. This ends in the last one.

    Args:
        probe: Verdict at a grid index.
        bracket: What a search found.
        size: Length of the grid.
        wanted: Failures right above the first one.
    """
    if bracket.first_fail >= size or bracket.unknown_at is not None:
        return bracket
    low, high, asked = bracket.last_pass, bracket.first_fail, list(bracket.probes)
    index, run = high, 1
    while run <= wanted and index < size - 1:
        index += 1
        asked.append(index)
        verdict = probe(index)
        if verdict is Verdict.UNKNOWN:
            return Bracket(low, high, index, tuple(asked))
        failed = verdict is Verdict.FAIL
        low, high = (low, high if run else index) if failed else (index, index + 1)
        run = run + 1 if failed else 0
    return Bracket(low, high, None, tuple(asked))
