"""The cheapest cover, with a proof."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations

from faultsim.vectors.cover import NO_SETUP, TOLERANCE, CoverProblem, Selection, is_same
from faultsim.vectors.cover_greedy import greedy, improve
from faultsim.vectors.cover_part import Part
from faultsim.vectors.cover_reduction import Core, reduce_cover, restrict

TIE_NODES = 10
"""Up to how many nodes, of the search for the lowest cost as well, it is looked for fewer vectors at that cost."""

_MOST_SETUPS = 5

Progress = Callable[[Selection], None]
"""Told the best selection so far, with the bound so far."""


def minimum(problem: CoverProblem, time_limit_s: float = 60.0, on_progress: Progress | None = None) -> Selection:
    """Return the cheapest selection that meets the target.

    Of several the one with the fewest vectors is taken, then that with the lowest sum of indices, as far as
    ``TIE_NODES`` go. The same problem gives the same selection unless the time is up before.

    Args:
        problem: What has to be covered.
        time_limit_s: After so many seconds the best so far is returned; its bound says how good it is.
        on_progress: Called with every better selection or bound.
    """
    search = _Search(problem, time.monotonic() + time_limit_s, on_progress or (lambda _: None))
    search.run()
    return search.best


class _Search:
    """The best selection so far, and what is left to look at."""

    def __init__(self, problem: CoverProblem, deadline: float, tell: Progress) -> None:
        self.problem, self.deadline, self.tell = problem, deadline, tell
        self.best = greedy(problem)
        self.parts: list[Part] = []
        self.decided: list[Selection] = []
        self.nodes = 0

    def run(self) -> None:
        self.tell(self.best)
        self.parts = sorted(self._open_parts(), key=lambda part: part.bound)
        self._note()
        if not self.best.proven and self._left_s() > 0:
            self._take(improve(self.problem, self.best, self.best.bound * (1 + TOLERANCE)))
            self._note()
        for place, part in enumerate(self.parts):
            if self._beats(part):
                self.parts[place], found, nodes = part.cheaper(self.best, self._left_s())
                self.nodes = max(self.nodes, nodes)
                self._take(found)
                self._note()
        if self.best.proven and self.nodes <= TIE_NODES:
            self._settle()

    def _left_s(self) -> float:
        return self.deadline - time.monotonic()

    def _beats(self, part: Part) -> bool:
        """Return whether a part may have something cheaper."""
        return part.bound < self.best.cost and not is_same(part.bound, self.best.cost)

    def _open_parts(self) -> Iterator[Part]:
        """Yield what has to be looked at; take what is decided."""
        for core in _cores(reduce_cover(self.problem)):
            if not len(core.rows):
                self.decided.append(self.problem.select(core.fixed))
                self._take(self.decided[-1])
            elif core.base < self.best.cost:
                yield Part.of(self.problem, core, self.best.cost)

    def _take(self, found: Selection | None) -> None:
        """Keep a selection if it is cheaper."""
        if found is not None and found.cost < self.best.cost:
            self.best = replace(found, bound=min(self.best.bound, found.cost))

    def _note(self) -> None:
        """Keep the bound that is proven by now, and tell."""
        # A part that has nothing cheaper than the best proves as much as the best costs.
        proven = min([self.best.cost, *(part.bound for part in self.parts if self._beats(part))])
        self.best = replace(self.best, bound=max(proven, self.best.bound))
        self.tell(self.best)

    def _settle(self) -> None:
        """Look for fewer vectors, and lower indices, at the same cost."""
        rivals, certain = list(self.decided), True
        for part in self.parts:
            if part.bound <= self.best.cost or is_same(part.bound, self.best.cost):
                found, finished = part.fewer(self.best, self._left_s(), TIE_NODES)
                certain = certain and finished
                rivals += [] if found is None else [found]
        first = min((one for one in rivals if is_same(one.cost, self.best.cost)), key=_order, default=None)
        if first is not None and (certain or len(first.chosen) < len(self.best.chosen)):
            self.best = replace(first, bound=min(self.best.bound, first.cost))
        self.tell(self.best)


def _order(selection: Selection) -> tuple[int, int, tuple[int, ...]]:
    return len(selection.chosen), sum(selection.chosen), selection.chosen


def _cores(core: Core) -> Iterator[Core]:
    """Yield what is left to decide for each set of set-ups; everything in one where there are too many sets.

    Relaxed, a set-up is paid for in part only, so that what is proven is little until it is decided.
    """
    used = sorted(set(core.setups.tolist()) - {NO_SETUP})
    if not 0 < len(used) <= _MOST_SETUPS:
        yield core
        return
    for count in range(len(used) + 1):
        for paid in combinations(used, count):
            part = restrict(core, paid)
            if part is not None:
                yield part
