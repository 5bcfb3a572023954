"""One transient in the words of a test engineer."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from faultsim.circuits.bench import Conditions
from faultsim.circuits.sidecar import SimulationSpec
from faultsim.circuits.stimulus import Stimulus
from faultsim.fault_models.defect import Defect


@dataclass(frozen=True)
class Question:
    """One transient in the words of a test engineer; without a defect it is the fault-free circuit.

    ``simulation`` replaces the lab's own accuracy where it is given. Where ``reads`` names observables nothing else is
    asked, and the transient may end once they are certain.
    """

    stimulus: Stimulus
    conditions: Conditions
    defect: Defect | None = None
    severity: float | None = None
    simulation: SimulationSpec | None = None
    reads: tuple[str, ...] = ()

    @property
    def fault(self) -> tuple[Defect, float] | None:
        """Return the defect and its severity; None for the fault-free circuit."""
        return None if self.defect is None or self.severity is None else (self.defect, self.severity)

    @property
    def subject(self) -> Hashable:
        """Return what is equal for questions that differ in nothing but the severity."""
        return repr(self.stimulus), self.conditions, self.defect.id if self.defect else ""

    @property
    def applied(self) -> Stimulus:
        """Return the stimulus, as a defect of the timing leaves it."""
        return self.stimulus if self.fault is None else self.fault[0].disturb(self.stimulus, self.fault[1])
