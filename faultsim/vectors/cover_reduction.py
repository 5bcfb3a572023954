"""Makes a cover problem smaller without making its cheapest solution dearer."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from faultsim.vectors.cover import NO_SETUP, Bools, CoverProblem, Floats, Ints, anywhere


@dataclass(frozen=True, eq=False)
class Core:
    """What of a problem is left to decide.

    Attributes:
        fixed: Candidates that some cheapest selection has in any case.
        base: What they cost, with the set-ups that are paid.
        rows: Candidates that are left, rising; n.
        covers: Of these and of the defects that are left; n x m.
        costs: n. Holds that of a set-up that nothing else needs.
        setups: -1 also where the set-up is paid with a fixed candidate or held by the cost; n.
        setup_costs: S.
        required: Defects that have to be covered; m.
        weights: Of defects that need not be, otherwise 0; m.
        need: Weight that they have to come to.
    """

    fixed: tuple[int, ...]
    base: float
    rows: Ints
    covers: Bools
    costs: Floats
    setups: Ints
    setup_costs: Floats
    required: Bools
    weights: Floats
    need: float


def reduce_cover(problem: CoverProblem) -> Core:
    """Return what is left to decide where the target has to be met at least cost."""
    work = _Work(_whole(problem))
    if problem.target == 1:
        work.required, work.weights = np.ones_like(work.required), np.zeros_like(work.weights)
    else:
        work.keep_columns(work.weights > 0)
        work.need = problem.needed_weight
    return work.reduced()


def restrict(core: Core, paid: Collection[int]) -> Core | None:
    """Return what is left to decide once some set-ups are paid and no other is; None if that cannot be enough."""
    work = _Work(core)
    work.base += math.fsum(core.setup_costs[sorted(paid)])
    work.keep_rows(np.isin(core.setups, [NO_SETUP, *paid]))
    work.setups = np.full_like(work.setups, NO_SETUP)
    reached = anywhere(work.covers)
    if (work.required & ~reached).any():
        return None
    work.keep_columns(reached)
    return None if math.fsum(work.weights) < work.need else work.reduced()


def reduce_budget(problem: CoverProblem) -> Core:
    """Return what is left to decide where as much weight as possible has to be covered within a cost."""
    work = _Work(_whole(problem))
    work.keep_columns(work.weights > 0)
    work.merge_columns()
    work.fold_setups()
    work.drop_rows()
    return work.core()


def _whole(problem: CoverProblem) -> Core:
    """Return a problem of which nothing is decided or asked."""
    asked = problem.coverable
    return Core(
        fixed=(),
        base=0.0,
        rows=np.arange(len(problem.costs)),
        covers=problem.covers[:, asked],
        costs=problem.costs,
        setups=problem.setups,
        setup_costs=problem.setup_costs,
        required=np.zeros(int(asked.sum()), dtype=np.bool_),
        weights=problem.weights[asked],
        need=0.0,
    )


class _Work:
    """A core in the making."""

    def __init__(self, core: Core) -> None:
        self.fixed, self.base, self.need = list(core.fixed), core.base, core.need
        self.rows, self.covers = core.rows, core.covers
        self.costs, self.setups, self.setup_costs = core.costs.copy(), core.setups.copy(), core.setup_costs
        self.required, self.weights = core.required, core.weights

    @property
    def size(self) -> tuple[int, int, int, int]:
        """Falls with whatever is simplified."""
        undecided = int((~self.required).sum()), int((self.setups != NO_SETUP).sum())
        return len(self.rows), len(self.weights), *undecided

    def reduced(self) -> Core:
        """Return the core when nothing can be simplified any more."""
        while True:
            before = self.size
            self.merge_columns()
            self.require()
            self.drop_columns()
            self.fix()
            self.fold_setups()
            self.drop_rows()
            if self.size == before:
                return self.core()

    def core(self) -> Core:
        return Core(
            fixed=tuple(sorted(self.fixed)),
            base=self.base,
            rows=self.rows,
            covers=self.covers,
            costs=self.costs,
            setups=self.setups,
            setup_costs=self.setup_costs,
            required=self.required,
            weights=self.weights,
            need=self.need,
        )

    def keep_columns(self, kept: Bools) -> None:
        self.covers, self.weights, self.required = self.covers[:, kept], self.weights[kept], self.required[kept]

    def keep_rows(self, kept: Bools) -> None:
        self.rows, self.covers = self.rows[kept], self.covers[kept]
        self.costs, self.setups = self.costs[kept], self.setups[kept]

    def merge_columns(self) -> None:
        """Make one of the defects that the same candidates cover."""
        if not self.weights.size:
            return
        packed = np.packbits(self.covers, axis=0).T
        _, first, place = np.unique(packed, axis=0, return_index=True, return_inverse=True)
        place = place.ravel()
        weights = np.bincount(place, self.weights, minlength=len(first)).astype(np.float64)
        required = np.bincount(place, self.required, minlength=len(first)) > 0
        # In the order in which they were.
        order = np.argsort(first)
        self.covers = self.covers[:, first[order]]
        self.weights, self.required = weights[order], required[order]
        self._counted()

    def require(self) -> None:
        """Ask for each defect without which the others do not come to the weight needed; nothing if none is needed."""
        if self.need <= 0:
            self.keep_columns(self.required)
            return
        self.required = self.required | (self.weights > math.fsum(self.weights) - self.need)
        self._counted()

    def _counted(self) -> None:
        """Take the weight of what is required off the weight needed."""
        self.need -= math.fsum(self.weights[self.required])
        self.weights = np.where(self.required, 0.0, self.weights)

    def fix(self) -> None:
        """Choose each candidate that covers a required defect alone."""
        alone = self.required & (self.covers.sum(axis=0) == 1)
        chosen = anywhere(self.covers[:, alone], axis=1)
        if not chosen.any():
            return
        self.fixed += self.rows[chosen].tolist()
        paid = sorted(set(self.setups[chosen].tolist()) - {NO_SETUP})
        self.base += math.fsum([*self.costs[chosen], *self.setup_costs[paid]])
        self.setups = np.where(np.isin(self.setups, paid), NO_SETUP, self.setups)
        covered = anywhere(self.covers[chosen])
        self.need -= math.fsum(self.weights[covered])
        self.keep_columns(~covered)
        self.keep_rows(~chosen)

    def fold_setups(self) -> None:
        """Add a set-up that a single candidate needs to its cost; one that costs nothing is none."""
        for setup, cost in enumerate(self.setup_costs):
            users = np.flatnonzero(self.setups == setup)
            if len(users) == 1 or cost == 0:
                self.costs[users] += cost
                self.setups[users] = NO_SETUP

    def drop_rows(self) -> None:
        """Drop each candidate in whose place another would cover all that it does and not cost more."""
        count = len(self.rows)
        matrix = self.covers.astype(np.float32)
        within = matrix @ (1 - matrix).T == 0
        free = (self.setups[None, :] == NO_SETUP) | (self.setups[None, :] == self.setups[:, None])
        extra = np.append(self.setup_costs, 0.0)[self.setups]
        beaten = within & (self.costs + np.where(free, 0.0, extra) <= self.costs[:, None])
        # Of two that can stand for each other, the first stays.
        mutual = beaten & beaten.T & ~np.tri(count, k=-1, dtype=bool)
        self.keep_rows(~anywhere(beaten & ~mutual, axis=1) & anywhere(self.covers, axis=1))

    def drop_columns(self) -> None:
        """Drop each defect that is covered whenever some required one is; no two are covered by the same candidates."""
        matrix = self.covers.astype(np.float32)
        implied = (matrix.T @ (1 - matrix) == 0)[self.required]
        place = np.flatnonzero(self.required)
        implied[np.arange(len(place)), place] = False
        dropped = anywhere(implied)
        self.need -= math.fsum(self.weights[dropped])
        self.keep_columns(~dropped)
