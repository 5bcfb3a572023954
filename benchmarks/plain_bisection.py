"""Plain bisection on the fixed grid of resistances, without a simulator: it says what to ask next."""

from __future__ import annotations

from collections.abc import Callable, Generator

LOW_OHM, HIGH_OHM, RATIO = 10.0, 1e9, 1.01
SIZE = 1853
"""Resistances 10 * 1.01^k below 1 Gohm, and 1 Gohm."""

Search = Generator[int, bool, int | None]


def resistance_ohm(index: int) -> float:
    return HIGH_OHM if index == SIZE - 1 else LOW_OHM * RATIO**index


def bisection(size: int) -> Search:
    """Yield grid indices, harmless ones first, and take whether each fails; return the first that fails, or None."""
    low, high = 0, size - 1
    if (yield low):
        return low
    if not (yield high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if (yield middle):
            high = middle
        else:
            low = middle
    return high


def bisect(fails: Callable[[int], bool], size: int) -> tuple[int | None, int]:
    """Return the first grid index that fails, or None, and how often was asked."""
    search, asked = bisection(size), 1
    index = next(search)
    while True:
        try:
            index = search.send(fails(index))
        except StopIteration as end:
            return end.value, asked
        asked += 1


def transients(first_fail: int | None, size: int) -> int:
    """Return how often bisection asks where the answer is known."""
    return bisect(lambda index: first_fail is not None and index >= first_fail, size)[1]
