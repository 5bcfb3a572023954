"""Which vectors cover which defects at what cost, and a choice among them with the proof that comes with it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TOLERANCE = 1e-9
"""Costs and covered weights that are closer than this share of them count as equal."""

NO_SETUP = -1


@dataclass(frozen=True, eq=False)
class CoverProblem:
    """Candidates of which the cheapest set is wanted that covers enough of the defects.

    Attributes:
        covers: Whether a candidate covers a defect; C x D.
        costs: Of each candidate, above 0; C.
        weights: Of each defect, at least 0; D.
        setups: Index of the set-up that a candidate needs, -1 for none; C.
        setup_costs: Paid once if any chosen candidate needs the set-up; S.
        target: Share of the coverable weight that has to be covered; 1.0 asks for every coverable defect, whatever its
            weight.
    """

    covers: Bools
    costs: Floats
    weights: Floats
    setups: Ints
    setup_costs: Floats
    target: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what is no such problem.

        Raises:
            ValueError: Names what is wrong.
        """
        if self.covers.ndim != 2 or self.covers.dtype != np.bool_:
            raise ValueError("covers has to be a matrix of bool")
        rows, columns = self.covers.shape
        for name, values, size in (("costs", self.costs, rows), ("weights", self.weights, columns)):
            _check_numbers(name, values)
            if len(values) != size:
                raise ValueError(f"{name} has {len(values)} entries where covers has {size}")
        _check_numbers("setup_costs", self.setup_costs)
        if (self.costs <= 0).any():
            raise ValueError("costs have to be above 0")
        if self.setups.shape != (rows,) or self.setups.dtype.kind != "i":
            raise ValueError(f"setups has to be {rows} integers")
        if rows and not (self.setups.min() >= NO_SETUP and self.setups.max() < len(self.setup_costs)):
            raise ValueError(
                f"setups has to be from {NO_SETUP} to {len(self.setup_costs) - 1}, one less than setup_costs"
            )
        if not 0 <= self.target <= 1:
            raise ValueError("target has to be from 0 to 1")

    @cached_property
    def coverable(self) -> Bools:
        """Whether any candidate covers a defect; D."""
        return anywhere(self.covers)

    @property
    def uncoverable(self) -> tuple[int, ...]:
        """Defects that no candidate covers; they are not asked for."""
        return indices(~self.coverable)

    @cached_property
    def coverable_weight(self) -> float:
        """Weight of all coverable defects together."""
        return math.fsum(self.weights[self.coverable])

    @property
    def needed_weight(self) -> float:
        """The least weight that meets a target below 1."""
        return (self.target - TOLERANCE) * self.coverable_weight

    def met(self, covered: Bools) -> bool:
        """Return whether covering these defects is enough."""
        if self.target == 1:
            return bool(covered[self.coverable].all())
        return self.weight(covered) >= self.needed_weight

    def weight(self, covered: Bools) -> float:
        """Return the weight of some defects."""
        return math.fsum(self.weights[covered])

    def covered_by(self, chosen: Iterable[int]) -> Bools:
        """Return whether any of some candidates covers a defect; D."""
        return anywhere(self.covers[list(chosen)])

    def cost(self, chosen: Iterable[int]) -> float:
        """Return the cost of some candidates with their set-ups."""
        rows = sorted(chosen)
        needed = sorted({int(setup) for setup in self.setups[rows]} - {NO_SETUP})
        return math.fsum([*self.costs[rows], *self.setup_costs[needed]])

    def select(self, chosen: Iterable[int], bound: float = 0.0) -> Selection:
        """Return a choice, with what it costs and covers."""
        rows = tuple(sorted(int(row) for row in chosen))
        covered, cost = self.covered_by(rows), self.cost(rows)
        return Selection(rows, cost, self.weight(covered), indices(covered), min(max(bound, 0.0), cost))


@dataclass(frozen=True)
class Selection:
    """Chosen candidates.

    Attributes:
        chosen: Their indices, rising.
        cost: With set-ups.
        covered_weight: Weight of the covered defects.
        covered: Indices of the covered defects, rising.
        bound: No selection that meets the target costs less; 0 where nothing better is known.
    """

    chosen: tuple[int, ...]
    cost: float
    covered_weight: float
    covered: tuple[int, ...]
    bound: float

    @property
    def gap(self) -> float:
        """By which share of its cost it may be too dear; 0 for an empty selection."""
        return (self.cost - self.bound) / self.cost if self.cost else 0.0

    @property
    def proven(self) -> bool:
        """Whether nothing cheaper exists."""
        return self.gap <= TOLERANCE


def anywhere(covers: Bools, axis: int = 0) -> Bools:
    """Return whether a matrix is set anywhere along an axis."""
    return np.asarray(covers.any(axis=axis))


def indices(flags: Bools) -> tuple[int, ...]:
    """Return where flags are set."""
    return tuple(np.flatnonzero(flags).tolist())


def is_same(one: float, other: float) -> bool:
    """Return whether two costs or weights count as equal."""
    return math.isclose(one, other, rel_tol=TOLERANCE)


def _check_numbers(name: str, values: Floats) -> None:
    if values.ndim != 1 or values.dtype.kind != "f":
        raise ValueError(f"{name} has to be a vector of float")
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise ValueError(f"{name} has to be finite and not negative")
