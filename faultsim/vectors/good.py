"""What good circuits do: the nominal one, one at each end of each tolerance, and one for each error of the tester."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

from faultsim.campaigns.lab import Lab
from faultsim.campaigns.limits import first_pulse, number
from faultsim.campaigns.question import Question
from faultsim.campaigns.tolerance import end_corners
from faultsim.errors import UnknownOutcome
from faultsim.spice.expressions import Value
from faultsim.spice.job import Outcome
from faultsim.vectors.candidate import Candidate
from faultsim.vectors.check import SIGMAS, Check, measured_check, spike_check
from faultsim.vectors.tester import Applied, Tester

NOMINAL = "nominal"
_WRITTEN = (0.99, 1.01)
"""By which factors a written weight may be off what is expected of it."""


@dataclass(frozen=True)
class GoodCircuits:
    """Asks good circuits, in SPICE.

    Attributes:
        lab: Simulates.
        tester: Makes errors.
    """

    lab: Lab
    tester: Tester

    def variants(self, candidate: Candidate) -> list[Applied]:
        """Return a candidate as each good circuit gets it."""
        stimulus, point = candidate.stimulus, candidate.conditions
        corners = [
            Applied(corner.name, stimulus, replace(point, corner=corner)) for corner in end_corners(self.lab.network)
        ]
        return [Applied(NOMINAL, stimulus, point), *corners, *self.tester.corners(stimulus, point)]

    def ask(self, candidate: Candidate) -> list[tuple[str, Future[Outcome]]]:
        """Ask all of them without waiting."""
        return [(one.name, self._asked(candidate, one)) for one in self.variants(candidate)]

    def responses(self, candidate: Candidate) -> list[Value]:
        """Return what they do, the nominal one first; blocks until it is there.

        Raises:
            UnknownOutcome: A simulation failed, so that nobody knows what a good circuit does.
        """
        return self._values(candidate, self.ask(candidate))

    def expected(self, candidate: Candidate, read: Candidate) -> Check | None:
        """Return the check of a measurement after writing, expected from the same one without.

        Writing leaves a weight that is as good as it was drawn, or another; what a good circuit measures of it is as
        far from the nominal one's as without writing. Only the nominal circuit is simulated.

        Raises:
            UnknownOutcome: A simulation failed.
        """
        plain = [number(value) for value in self.responses(read)]
        stimulus, point = candidate.stimulus, candidate.conditions
        asked = self._asked(candidate, Applied(NOMINAL, stimulus, point))
        [nominal] = (number(value) for value in self._values(candidate, [(NOMINAL, asked)]))
        if not plain[0] or nominal is None:
            return None
        shares = [value / plain[0] for value in plain if value is not None]
        values = [nominal * share * factor for share in shares for factor in _WRITTEN]
        return measured_check(candidate, values, nominal, self.tester)

    def drifts(self, candidate: Candidate) -> dict[str, float]:
        """Return by which share a measured value moves with each tolerance and with the tester's levels.

        From the middle to an end of a tolerance, which counts as two deviations. What writes first is taken to move as
        what only reads.

        Raises:
            UnknownOutcome: A simulation failed.
        """
        read = replace(candidate, stimulus=replace(candidate.stimulus, program=""))
        values = [number(value) for value in self.responses(read)]
        known = {one.name: value for one, value in zip(self.variants(read), values, strict=True) if value is not None}
        whole, found = known.get(NOMINAL, 0.0), {}
        if abs(whole) <= self.tester.spec.current_resolution:
            return {}
        ends = [(f"{name}:min", f"{name}:max", name) for name in self.lab.network.sidecar.tolerance]
        levels = self.tester.corners(read.stimulus, read.conditions)
        if levels:
            weak, strong = (end(levels, key=lambda one: one.conditions.vdd_v).name for end in (min, max))
            ends.append((weak, strong, f"level of {candidate.conditions.vdd_v:g} V"))
        for low, high, name in ends:
            if low in known and high in known:
                found[name] = (known[high] - known[low]) / 2 / whole / SIGMAS
        return found

    def check(self, candidate: Candidate) -> Check | None:
        """Return the check that they allow, if there is one.

        Raises:
            UnknownOutcome: A simulation failed.
        """
        return check_of(candidate, self.responses(candidate), self.tester)

    def _asked(self, candidate: Candidate, applied: Applied) -> Future[Outcome]:
        return self.lab.submit(Question(applied.stimulus, applied.conditions, reads=(candidate.observable,)))

    def _values(self, candidate: Candidate, asked: Sequence[tuple[str, Future[Outcome]]]) -> list[Value]:
        answers = [(name, answer.result()) for name, answer in asked]
        for name, outcome in answers:
            if not outcome.ok:
                said = f"the fault-free circuit ({name}) under {candidate.id}"
                raise UnknownOutcome(f"{said}: the simulation ended with {outcome.status}")
        return [outcome.values[candidate.observable] for _, outcome in answers]


def check_of(candidate: Candidate, values: Sequence[Value], tester: Tester) -> Check | None:
    """Return the check that good circuits' responses allow, the nominal one's first."""
    if candidate.measures:
        return measured_check(candidate, values, values[0], tester)
    pulses = [first_pulse(value) for value in values]
    return spike_check(candidate, pulses, pulses[0])
