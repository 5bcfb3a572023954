"""What is left of a cover problem as a mixed-integer linear program, for HiGHS."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from faultsim.vectors.cover import NO_SETUP, Bools, Floats, anywhere, is_same
from faultsim.vectors.cover_reduction import Core
from faultsim.vectors.cover_scale import Scale
from faultsim.vectors.silence import silenced


@dataclass(frozen=True, eq=False)
class Limits:
    """Between which ends variables may be, and what may be spent.

    Attributes:
        lower: Of each variable.
        upper: Of each variable.
        budget: No selection may cost more, with what is fixed.
        strict: Each has to cost less than that.
    """

    lower: Floats
    upper: Floats
    budget: float = math.inf
    strict: bool = False


@dataclass(frozen=True, eq=False)
class Answer:
    """What HiGHS found.

    Attributes:
        taken: Whether a candidate of the core is taken; None where nothing was found.
        bound: No solution has a lower objective; infinite where there is none at all.
        finished: The bound is that of the solution, or there is none.
        nodes: How many the search looked at.
    """

    taken: Bools | None
    bound: float
    finished: bool
    nodes: int


_NOTHING = Answer(None, -math.inf, False, 0)


@dataclass(frozen=True, eq=False)
class Model:
    """Rows ``matrix @ v >= low`` over variables of 0 or 1: candidates, then set-ups, then defects of some weight.

    Attributes:
        core: What is decided.
        scale: In what costs are counted.
    """

    core: Core
    scale: Scale

    @classmethod
    def of(cls, core: Core, upper: float) -> Model:
        """Return the model of a core whose selections are of interest up to a cost."""
        used = _used(core)
        return cls(core, Scale.of(np.concatenate([core.costs, core.setup_costs[used]]), upper))

    @cached_property
    def optional(self) -> Bools:
        """Defects that need not be covered."""
        return ~self.core.required

    @cached_property
    def sizes(self) -> tuple[int, int, int]:
        """How many variables of each kind."""
        return len(self.core.rows), len(_used(self.core)), int(self.optional.sum())

    @cached_property
    def costs(self) -> Floats:
        """Cost of each variable, in the unit."""
        core = self.core
        paid = np.concatenate([core.costs, core.setup_costs[_used(core)]])
        return np.append(self.scale.counted(paid), np.zeros(self.sizes[2]))

    @cached_property
    def weights(self) -> Floats:
        """Weight of each variable, in a unit of its own."""
        weights = self.core.weights[self.optional]
        return np.append(np.zeros(sum(self.sizes[:2])), self._weight_scale.counted(weights))

    @property
    def free(self) -> Limits:
        """Everything is left open."""
        size = sum(self.sizes)
        return Limits(np.zeros(size), np.ones(size))

    def relaxed(self) -> tuple[float, Floats]:
        """Return a lower bound of the cost, and how much each variable adds to it if it is 1; less than 0 if it is 0.

        Any multipliers that are not negative give one, so it does not hang on how exact HiGHS is.
        """
        from scipy.optimize import linprog

        matrix, low = self._rows
        found = linprog(self.costs, A_ub=-matrix, b_ub=-low, bounds=(0, 1), method="highs")
        if found.status != 0:
            return 0.0, np.zeros(len(self.costs))
        prices = np.maximum(-found.ineqlin.marginals, 0.0)
        added = self.costs - matrix.T @ prices
        return float(prices @ low + np.minimum(added, 0.0).sum()), added

    def solve(self, objective: Floats, limits: Limits, seconds: float, nodes: int | None = None) -> Answer:
        """Return the solution with the lowest objective, or what is known when the time or the nodes are used up.

        To HiGHS nearly 1 is 1, so that it can go over a budget or stay below a weight by nearly nothing. Rows are loose
        by more than that, and a solution that breaks them is excluded by name.
        """
        deadline, excluded = time.monotonic() + seconds, list[tuple[Floats, float]]()
        while (left_s := deadline - time.monotonic()) > 0:
            answer = self._solved(objective, limits, excluded, left_s, nodes)
            if answer.taken is None:
                return answer
            if self._too_little(answer.taken):
                excluded.append((self._row(~answer.taken), 1.0))
            elif self._too_dear(answer.taken, limits):
                excluded.append((-self._row(answer.taken), 1.0 - answer.taken.sum()))
            else:
                return answer
        return _NOTHING

    def _solved(
        self, objective: Floats, limits: Limits, excluded: list[tuple[Floats, float]], seconds: float, nodes: int | None
    ) -> Answer:
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import csr_array, vstack

        more = list(excluded)
        if math.isfinite(limits.budget):
            more.append((-self.costs, -self.scale.most(limits.budget - self.core.base, limits.strict)))
        matrix, low = self._rows
        options: dict[str, Any] = {"mip_rel_gap": 0.0, "time_limit": seconds}
        if nodes is not None:
            options["node_limit"] = nodes
        matrix = vstack([matrix, *(csr_array(row[None, :]) for row, _ in more)], format="csr")
        rows = LinearConstraint(matrix, np.append(low, [end for _, end in more]), np.inf)
        # Those of defects would follow, but left free HiGHS rounds, and mends that.
        integers, bounds = 1, Bounds(limits.lower, limits.upper)
        with silenced():
            found = milp(objective, integrality=integers, bounds=bounds, constraints=rows, options=options)
        if found.status == 2:
            return Answer(None, math.inf, True, 0)
        bound = -math.inf if found.mip_dual_bound is None else float(found.mip_dual_bound)
        taken = None if found.x is None else found.x[: self.sizes[0]] > 0.5
        return Answer(taken, bound, found.status == 0, int(found.mip_node_count or 0))

    def _row(self, candidates: Bools) -> Floats:
        return np.append(candidates.astype(np.float64), np.zeros(sum(self.sizes[1:])))

    def _too_little(self, taken: Bools) -> bool:
        """Return whether some candidates, and with them any part of them, do not cover enough."""
        core, covered = self.core, anywhere(self.core.covers[taken])
        return bool((core.required & ~covered).any()) or math.fsum(core.weights[covered]) < core.need

    def _too_dear(self, taken: Bools, limits: Limits) -> bool:
        """Return whether some candidates, and with them any more, cost too much."""
        core = self.core
        setups = sorted(set(core.setups[taken].tolist()) - {NO_SETUP})
        cost = core.base + math.fsum([*core.costs[taken], *core.setup_costs[setups]])
        if is_same(cost, limits.budget):
            return limits.strict
        return cost > limits.budget

    @cached_property
    def _weight_scale(self) -> Scale:
        weights = self.core.weights[self.optional]
        return Scale.of(weights, math.fsum(weights))

    @cached_property
    def _rows(self) -> tuple[Any, Floats]:
        """The matrix and ``low``: defects covered, set-ups paid, optional defects covered, their weight enough."""
        from scipy.sparse import block_array, csr_array, eye_array

        core, (taken, setups, defects) = self.core, self.sizes
        cover = csr_array(core.covers.T[core.required].astype(float))
        reached = csr_array(core.covers.T[self.optional].astype(float))
        users = np.flatnonzero(core.setups != NO_SETUP)
        places = np.searchsorted(_used(core), core.setups[users])
        ones, count = np.ones(len(users)), np.arange(len(users))
        needs = csr_array((-ones, (count, users)), shape=(len(users), taken))
        pays = csr_array((ones, (count, places)), shape=(len(users), setups))
        blocks: list[list[Any]] = [
            [cover, csr_array((cover.shape[0], setups)), csr_array((cover.shape[0], defects))],
            [needs, pays, csr_array((len(users), defects))],
            [reached, csr_array((defects, setups)), -eye_array(defects)],
        ]
        low = [np.ones(cover.shape[0]), np.zeros(len(users) + defects)]
        if core.need > 0:
            scale, row = self._weight_scale, csr_array(self.weights[None, taken + setups :])
            blocks.append([csr_array((1, taken)), csr_array((1, setups)), row])
            low.append(np.array([scale.least(core.need)]))
        return block_array(blocks, format="csr"), np.concatenate(low)


def _used(core: Core) -> list[int]:
    """Return the set-ups that are still to be paid for."""
    return sorted(set(core.setups.tolist()) - {NO_SETUP})
