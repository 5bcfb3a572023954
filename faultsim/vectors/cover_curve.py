"""How much can be covered at which cost."""

from __future__ import annotations

import heapq
import time
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from faultsim.vectors.cover import CoverProblem, Selection, is_same
from faultsim.vectors.cover_exact import minimum
from faultsim.vectors.cover_model import Model
from faultsim.vectors.cover_reduction import reduce_budget

_LEAST_POINTS = 3


def pareto(problem: CoverProblem, points: int = 20, time_limit_s: float = 60.0) -> list[Selection]:
    """Return selections of which none covers as much weight as another at no more cost, from the cheapest one on.

    The last one is a cheapest one that meets the target. Where there are more than asked for, each next is looked for
    in the middle of the widest gap in weight. A ``proven`` one is certain: nothing cheaper covers as much, and nothing
    of its cost covers more. Where defects of weight 0 make meeting the target dearer, the last one is no heavier than
    the one before it.

    Args:
        problem: What is to be covered.
        points: The most selections, at least 3.
        time_limit_s: After so many seconds what is found by then is returned.

    Raises:
        ValueError: Fewer points are asked for.
    """
    if points < _LEAST_POINTS:
        raise ValueError(f"points has to be at least {_LEAST_POINTS}")
    deadline = time.monotonic() + time_limit_s
    last = minimum(problem, time_limit_s)
    if not last.chosen:
        return []
    curve = _Curve(problem, deadline)
    high = curve.end(last)
    more = high.cost < last.cost and not is_same(high.cost, last.cost)
    found = curve.up_to(high, points - more)
    return [*found, last] if more else found


class _Curve:
    """Looks for selections by weight or by cost."""

    def __init__(self, problem: CoverProblem, deadline: float) -> None:
        self.problem, self.deadline = problem, deadline
        # What has no weight does not count.
        self.weighed = replace(problem, covers=problem.covers & (problem.weights > 0))

    def end(self, last: Selection) -> Selection:
        """Return the heaviest selection at the least cost that meets the target, by weight alone."""
        if self.problem.target < 1:
            return self._heavier(last)
        if self.weighed.uncoverable == self.problem.uncoverable:
            return last
        found = minimum(self.weighed, self._left_s())
        return last if is_same(found.cost, last.cost) else self.problem.select(found.chosen, found.bound)

    def up_to(self, high: Selection, points: int) -> list[Selection]:
        """Return what is found between the cheapest selection and one that is on the curve, with both."""
        low = self._cheapest()
        if low is None:
            return []
        found = [low, high]
        gaps = [_gap(low, high)]
        while gaps and len(found) < points and self._left_s() > 0:
            *_, low, high = heapq.heappop(gaps)
            middle, closed = self._between(low, high)
            if middle is None or not low.covered_weight < middle.covered_weight < high.covered_weight:
                continue
            found.append(middle)
            heapq.heappush(gaps, _gap(low, middle))
            if not closed:
                heapq.heappush(gaps, _gap(middle, high))
        return _undominated(found)

    def _left_s(self) -> float:
        return self.deadline - time.monotonic()

    def _between(self, low: Selection, high: Selection) -> tuple[Selection | None, bool]:
        """Return a selection between two on the curve, if any, and whether no other is between it and the second."""
        found = self._reaching((low.covered_weight + high.covered_weight) / 2)
        if found.cost < high.cost and not is_same(found.cost, high.cost):
            return self._heavier(found), False
        chosen, _ = self._heaviest(high.cost, below=True)
        weight = self.problem.weight(self.problem.covered_by(chosen))
        if weight <= low.covered_weight or is_same(weight, low.covered_weight):
            return None, True
        return self._reaching(weight), True

    def _cheapest(self) -> Selection | None:
        """Return the cheapest selection that covers any weight, of several the heaviest; None if there is none."""
        weights = self.weighed.covers @ self.problem.weights
        costs = self.problem.costs + np.append(self.problem.setup_costs, 0.0)[self.problem.setups]
        able = np.flatnonzero(weights > 0).tolist()
        if not able:
            return None
        row = min(able, key=lambda row: (costs[row], -weights[row]))
        return self.problem.select([row], float(costs[row]))

    def _reaching(self, weight: float) -> Selection:
        """Return the cheapest selection of at least some weight."""
        share = min(weight / self.problem.coverable_weight, 1.0)
        found = minimum(replace(self.weighed, target=share), self._left_s())
        return self.problem.select(found.chosen, found.bound)

    def _heavier(self, selection: Selection) -> Selection:
        """Return the heaviest selection that does not cost more than one of the cheapest of its weight."""
        if is_same(selection.covered_weight, self.problem.coverable_weight):
            return selection
        chosen, certain = self._heaviest(selection.cost)
        found = self.problem.select(chosen, selection.bound)
        best = found if found.covered_weight > selection.covered_weight else selection
        return best if certain else replace(best, bound=0.0)

    def _heaviest(self, budget: float, below: bool = False) -> tuple[list[int], bool]:
        """Return the heaviest selection within, or below, a cost, and whether that is certain."""
        core = reduce_budget(self.weighed)
        model = Model.of(core, budget)
        affordable = (model.costs <= model.scale.up_to(budget)).astype(np.float64)
        limits = replace(model.free, upper=affordable, budget=budget, strict=below)
        answer = model.solve(-model.weights, limits, self._left_s())
        return [] if answer.taken is None else core.rows[answer.taken].tolist(), answer.finished


def _gap(low: Selection, high: Selection) -> tuple[float, float, Selection, Selection]:
    """Return what the widest gap is first of."""
    return low.covered_weight - high.covered_weight, low.cost, low, high


def _undominated(found: Iterable[Selection]) -> list[Selection]:
    """Return those than which no other is heavier or cheaper without being the opposite, too, the cheapest first."""
    kept: list[Selection] = []
    for one in sorted(found, key=lambda one: (one.cost, -one.covered_weight)):
        if kept and (
            one.covered_weight <= kept[-1].covered_weight or is_same(one.covered_weight, kept[-1].covered_weight)
        ):
            continue
        if kept and is_same(one.cost, kept[-1].cost):
            kept.pop()
        kept.append(one)
    return kept
