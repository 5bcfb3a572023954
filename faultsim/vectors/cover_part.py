"""A part of all selections: those with certain set-ups."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from faultsim.vectors.cover import Bools, CoverProblem, Floats, Selection
from faultsim.vectors.cover_model import Limits, Model
from faultsim.vectors.cover_reduction import Core


@dataclass(frozen=True, eq=False)
class Part:
    """A reduced problem with what its relaxation says.

    Attributes:
        problem: The problem that it is a part of.
        model: Of what is left to decide.
        relaxed: Lower bound of the relaxation, in the unit of the model.
        added: To that by each variable.
        bound: Lower bound of the cost of its selections.
    """

    problem: CoverProblem
    model: Model
    relaxed: float
    added: Floats
    bound: float

    @classmethod
    def of(cls, problem: CoverProblem, core: Core, upper: float) -> Part:
        """Return a part whose selections are of interest up to a cost."""
        model = Model.of(core, upper)
        relaxed, added = model.relaxed()
        part = cls(problem, model, relaxed, added, 0.0)
        return replace(part, bound=part._cost(relaxed))

    def cheaper(self, best: Selection, seconds: float) -> tuple[Part, Selection | None, int]:
        """Look for a selection that is cheaper than the best one so far.

        Returns:
            The part with a bound that holds for what is cheaper; the selection; how many nodes were looked at.
        """
        core, model = self.model.core, self.model
        limits = self._within(model.scale.below(best.cost - core.base))
        answer = model.solve(model.costs, limits, seconds)
        # What was left out as too dear may cost as much as the best.
        bound = max(self.bound, min(self._cost(answer.bound), best.cost))
        return replace(self, bound=bound), self._selection(answer.taken), answer.nodes

    def fewer(self, best: Selection, seconds: float, nodes: int) -> tuple[Selection | None, bool]:
        """Look for the fewest vectors of the lowest indices that do not cost more than the best selection.

        Returns:
            The selection, if there is one; whether it is certain.
        """
        core, model = self.model.core, self.model
        most = model.scale.up_to(best.cost - core.base)
        order = np.zeros(len(model.costs))
        order[: len(core.rows)] = core.rows + 1 + (core.rows + 1).sum()
        answer = model.solve(order, replace(self._within(most), budget=best.cost), seconds, nodes)
        return self._selection(answer.taken), answer.finished

    def _cost(self, bound: float) -> float:
        """Return a bound that is in the unit of the model as one of the whole cost."""
        scale = self.model.scale
        return self.model.core.base + scale.rounded(bound) * scale.unit

    def _within(self, cutoff: float) -> Limits:
        """Return the limits without what would make every selection dearer than a cutoff in the unit of the model."""
        limits, bound, added = self.model.free, self.relaxed, self.added
        if bound > cutoff:
            # All of it would be without.
            return limits
        banned, forced = bound + np.maximum(added, 0.0) > cutoff, bound - np.minimum(added, 0.0) > cutoff
        return replace(limits, lower=np.where(forced, 1.0, limits.lower), upper=np.where(banned, 0.0, limits.upper))

    def _selection(self, taken: Bools | None) -> Selection | None:
        """Return an answer with the fixed candidates; None if there is none, or if rounding made it too little."""
        if taken is None:
            return None
        core = self.model.core
        chosen = [*core.fixed, *core.rows[taken].tolist()]
        return self.problem.select(chosen) if self.problem.met(self.problem.covered_by(chosen)) else None
