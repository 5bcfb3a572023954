"""A cover by the best buy first, and better ones by taking a part of it back."""

from __future__ import annotations

import numpy as np

from faultsim.vectors.cover import NO_SETUP, Bools, CoverProblem, Floats, Selection

_TIE = 1 - 1e-12
_SEED, _KEPT, _NOISE = 1, (0.4, 0.9), 0.25
_ROUNDS, _MOST_WORK = 1000, 1e10


def greedy(problem: CoverProblem) -> Selection:
    """Return a cover by the most newly covered weight per added cost, without what later vectors made redundant.

    At equal value for money the lower index is taken. Defects of weight 0 come last, by their number.
    """
    return problem.select(_Shop(problem).bought(problem.costs, []), simple_bound(problem))


def improve(problem: CoverProblem, start: Selection, enough: float) -> Selection:
    """Return the best of many covers, each by taking back a part of the last one and buying again at other prices.

    The same problem gives the same cover.

    Args:
        problem: What is covered.
        start: A cover.
        enough: The cost at which it ends; nothing is cheaper.
    """
    shop, generator = _Shop(problem), np.random.default_rng(_SEED)
    best, last, last_cost = start, list(start.chosen), start.cost
    rounds = min(_ROUNDS, int(_MOST_WORK / (problem.covers.size * max(1, len(last)))))
    for _ in range(rounds):
        if best.cost <= enough:
            break
        kept = generator.random(len(last)) < generator.uniform(*_KEPT)
        prices = problem.costs * generator.uniform(1 - _NOISE, 1 + _NOISE, len(problem.costs))
        found = shop.bought(prices, [row for row, stays in zip(last, kept, strict=True) if stays])
        cost = problem.cost(found)
        if cost <= last_cost:
            last, last_cost = found, cost
        if cost < best.cost:
            best = problem.select(found, start.bound)
    return best


def simple_bound(problem: CoverProblem) -> float:
    """Return what any cover costs at least, by the best value for money that each defect can get."""
    if problem.target < 1:
        worth = problem.covers @ problem.weights
        offers = problem.costs[worth > 0] / worth[worth > 0]
        return float(offers.min() * problem.needed_weight) if offers.size else 0.0
    offered = np.where(problem.covers, problem.costs[:, None], np.inf)
    each = offered / np.maximum(problem.covers.sum(axis=1), 1)[:, None]
    asked = problem.coverable
    if not asked.any():
        return 0.0
    return float(max(each[:, asked].min(axis=0).sum(), offered[:, asked].min(axis=0).max()))


class _Shop:
    """Buys candidates until the target is met."""

    def __init__(self, problem: CoverProblem) -> None:
        self.problem = problem
        self.matrix = problem.covers.astype(np.float64)
        # One more at the end, for those without any.
        self.setup_costs = np.append(problem.setup_costs, 0.0)

    def bought(self, prices: Floats, chosen: list[int]) -> list[int]:
        """Return what is chosen and what is bought at some prices to meet the target, without what is redundant."""
        problem, chosen, setup_costs = self.problem, list(chosen), self.setup_costs.copy()
        setup_costs[problem.setups[chosen]] = 0.0
        covered = problem.covered_by(chosen)
        while not problem.met(covered):
            values = self._gains(covered) / (prices + setup_costs[problem.setups])
            pick = int(np.argmax(values >= values.max() * _TIE))
            chosen.append(pick)
            covered |= problem.covers[pick]
            setup_costs[problem.setups[pick]] = 0.0
        return self._needed(chosen)

    def _gains(self, covered: Bools) -> Floats:
        problem = self.problem
        left = problem.coverable & ~covered
        if problem.target < 1:
            return np.minimum(self.matrix @ (problem.weights * left), problem.needed_weight - problem.weight(covered))
        weighed = problem.weights * left
        return self.matrix @ (weighed if weighed.any() else left)

    def _needed(self, chosen: list[int]) -> list[int]:
        """Return them without those that the others make redundant, the dearest looked at first."""
        problem, kept = self.problem, set(chosen)
        times = problem.covers[chosen].sum(axis=0)
        for row in sorted(chosen, key=lambda row: (-self._saved(row), -row)):
            without = times - problem.covers[row]
            if problem.met(without > 0):
                kept.remove(row)
                times = without
        return sorted(kept)

    def _saved(self, row: int) -> float:
        setup = self.problem.setups[row]
        return float(self.problem.costs[row] + (self.setup_costs[setup] if setup != NO_SETUP else 0.0))
