"""What defects do to a measured current, over their severity and under each pattern: sweeps in SPICE."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from faultsim.campaigns.grid import Grid
from faultsim.campaigns.lab import Lab
from faultsim.campaigns.limits import number
from faultsim.campaigns.question import Question
from faultsim.campaigns.stepping import stepped
from faultsim.circuits.bench import Conditions, nominal
from faultsim.circuits.stimulus import Stimulus
from faultsim.errors import SpecError
from faultsim.fault_models.defect import Defect
from faultsim.magnetics.train import Floats
from faultsim.spice.job import Outcome

_PER_DECADE, _POINTS = 4, 9
_SAME, _AGREES = 1e-9, 0.01
"""Relative difference of equal severities; by how much a share may be off those around it."""


@dataclass(frozen=True, eq=False)
class Sweep:
    """A measured quantity over the severity of a defect; nan where a simulation failed.

    Attributes:
        severities: From harmless to severe, shape (S,).
        values: Shape (S,).
    """

    severities: Floats
    values: Floats

    def at(self, places: Floats, grid: Grid) -> Floats:
        """Return the values at places of a grid, in straight lines over them."""
        own = np.array([grid.place(severity) for severity in self.severities])
        return np.interp(places, own, self.values)


@dataclass(frozen=True)
class Curves:
    """What defects do to a current.

    Attributes:
        severities: Defect -> severities, harmless ones first.
        shares: Pattern, supply in V and defect -> current at each, over that of the fault-free circuit; nan where a
            simulation failed.
    """

    severities: Mapping[str, Sequence[float]]
    shares: Mapping[tuple[str, float, str], Sequence[float]]

    def known(self, pattern: str, vdd_v: float, defect: str) -> bool:
        """Return whether there is a sweep of a defect that is whole."""
        return not np.isnan(self.shares.get((pattern, vdd_v, defect), (np.nan,))).any()

    def share(self, pattern: str, vdd_v: float, defect: str, places: ArrayLike, grid: Grid) -> Floats:
        """Return the share that a defect leaves of a current at places of its grid; nan where no sweep says so."""
        shares = self.shares.get((pattern, vdd_v, defect))
        if shares is None:
            return np.full(np.shape(places), np.nan)
        return np.asarray(
            np.interp(np.asarray(places, float), [grid.place(severity) for severity in self.severities[defect]], shares)
        )

    def agree(self, pattern: str, vdd_v: float, defect: str, points: Sequence[tuple[float, float]]) -> bool:
        """Return whether severities and shares that transients have are between those of the sweep around them.

        A sweep steps through severities in one transient. Where the current writes a weight on the way, what comes
        after is not what a part shows that is not swept.
        """
        shares, rising = self.shares[pattern, vdd_v, defect], np.argsort(self.severities[defect])
        severities, values = np.array(self.severities[defect])[rising], np.array(shares)[rising]
        for severity, share in points:
            same = np.isclose(severities, severity, rtol=_SAME, atol=0)
            above = np.searchsorted(severities, severity)
            around = values[same] if same.any() else values[max(above - 1, 0) : above + 1]
            if not around.min() - _AGREES <= share <= around.max() + _AGREES:
                return False
        return True

    def without(self, defects: Collection[str]) -> Curves:
        """Return the curves of the other defects."""
        return replace(self, shares={key: shares for key, shares in self.shares.items() if key[2] not in defects})


@dataclass(frozen=True)
class Sweeps:
    """Asks for sweeps, each once.

    Attributes:
        lab: Simulates.
        grid: Severities of a defect.
        observable: What is measured.
        stimulus: A pattern -> one early pulse of it.
    """

    lab: Lab
    grid: Callable[[Defect], Grid]
    observable: str
    stimulus: Callable[[str], Stimulus]
    _asked: dict[tuple[str, float, str], _Pending] = field(default_factory=dict)
    _healthy: dict[tuple[str, Conditions], float | None] = field(default_factory=dict)

    def ask(self, pattern: str, conditions: Conditions, defect: Defect) -> None:
        """Ask for a sweep without waiting."""
        key = (pattern, conditions.vdd_v, defect.id)
        if key not in self._asked:
            self._asked[key] = self._begun(Question(self.stimulus(pattern), conditions, defect))

    def get(self, pattern: str, conditions: Conditions, defect: Defect) -> Sweep:
        """Return a sweep; blocks until it is there."""
        self.ask(pattern, conditions, defect)
        return self._asked[pattern, conditions.vdd_v, defect.id].sweep

    def healthy(self, pattern: str, conditions: Conditions) -> float | None:
        """Return what the fault-free circuit has; None where its simulation failed."""
        key = pattern, conditions
        if key not in self._healthy:
            question = Question(self.stimulus(pattern), conditions, reads=(self.observable,))
            self._healthy[key] = number(self.lab.ask(question)[1].values.get(self.observable))
        return self._healthy[key]

    def curves(self, defects: Sequence[Defect]) -> Curves:
        """Return all sweeps of some defects that were asked for."""
        shares = {}
        for (pattern, vdd_v, identity), pending in self._asked.items():
            point = replace(nominal(self.lab.network), vdd_v=vdd_v)
            whole = self.healthy(pattern, point) or np.nan
            shares[pattern, vdd_v, identity] = tuple(float(value) / whole for value in pending.sweep.values)
        return Curves({defect.id: tuple(_severities(self.grid(defect))) for defect in defects}, shares)

    def _begun(self, question: Question) -> _Pending:
        assert question.defect is not None
        severities = _severities(self.grid(question.defect))
        rising = sorted(severities)
        simulation = self.lab.simulation.with_steps(self.lab.simulation.step, strobes=False)
        steps = replace(question, severity=rising[-1], simulation=simulation)
        expression = self.lab.observables[self.observable]
        job = stepped(self.lab, steps, rising, expression) if question.defect.unit == "ohm" else None
        if job is not None:
            order = [rising.index(severity) for severity in severities]
            return _Pending(severities, [(self.lab.service.submit(job), str(place)) for place in order])
        alone = [replace(question, severity=severity, reads=(self.observable,)) for severity in severities]
        return _Pending(severities, [(self._submitted(one), self.observable) for one in alone])

    def _submitted(self, question: Question) -> Future[Outcome] | None:
        """Ask for a transient; none where a defect of the timing leaves nothing of a window."""
        try:
            return self.lab.submit(question)
        except SpecError:
            return None


@dataclass(frozen=True)
class _Pending:
    """A sweep that is under way: for each severity an answer, and what to read of it."""

    severities: Sequence[float]
    answers: Sequence[tuple[Future[Outcome] | None, str]]

    @cached_property
    def sweep(self) -> Sweep:
        """The sweep; blocks until it is there."""
        values = [number(answer.result().values.get(name)) if answer else None for answer, name in self.answers]
        return Sweep(np.array(self.severities), np.array([np.nan if value is None else value for value in values]))


def _severities(grid: Grid) -> list[float]:
    """Return some severities of a grid, its ends with them, harmless ones first."""
    last = len(grid) - 1
    decades = np.log10(grid.high / grid.low)
    count = max(_POINTS, round(_PER_DECADE * decades)) if last else 0
    return [
        grid[index] for index in dict.fromkeys(round(last * step / count) if count else 0 for step in range(count + 1))
    ]
