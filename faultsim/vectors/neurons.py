"""First spikes of good neurons and of those with a defect of their own, by the batch engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property

from faultsim.campaigns.lab import Lab
from faultsim.campaigns.question import Question
from faultsim.campaigns.recording import Plane
from faultsim.campaigns.tolerance import end_corners
from faultsim.campaigns.twin import Twin, TwinMaker
from faultsim.campaigns.watcher import Watcher
from faultsim.circuits.neuron import NotApart
from faultsim.circuits.stimulus import Stimulus
from faultsim.circuits.variant import NOMINAL, Corner
from faultsim.errors import SpecError
from faultsim.fault_models.defect import Defect
from faultsim.vectors.candidate import Candidate
from faultsim.vectors.patterns import full_pattern
from faultsim.vectors.spiking import Spiking, Windows, spiking
from faultsim.vectors.tester import Tester

_MARGIN = 0.01


@dataclass(frozen=True)
class Neurons:
    """The neuron of a circuit, driven by all inputs, at all windows of some candidates.

    Attributes:
        lab: Simulates what the engine is fed with.
        pool: Runs several at a time.
        watcher: Is told how it gets on.
        tester: Its errors move windows.
        candidates: Spike vectors of black and white pixels at the nominal supply.
    """

    lab: Lab
    pool: ThreadPoolExecutor
    watcher: Watcher
    tester: Tester
    candidates: Sequence[Candidate]

    @cached_property
    def pulses(self) -> int:
        """The most coding windows that any of them is observed for."""
        return max(candidate.stimulus.spec.pulses for candidate in self.candidates)

    @cached_property
    def windows(self) -> list[Windows]:
        """All pairs of windows."""
        return list(dict.fromkeys(windows_of(candidate.stimulus) for candidate in self.candidates))

    @cached_property
    def moved_windows(self) -> list[Windows]:
        """All pairs of windows, and what the tester's errors make of them."""
        errors = [
            windows_of(one.stimulus)
            for candidate in self.candidates
            for one in self.tester.corners(candidate.stimulus, candidate.conditions)
        ]
        return list(dict.fromkeys([*self.windows, *errors]))

    @property
    def question(self) -> Question:
        """The circuit with all inputs on."""
        first = self.candidates[0]
        spec = first.stimulus.spec.model_copy(update={"pulses": self.pulses})
        return Question(Stimulus(full_pattern(self.lab.network), spec), first.conditions)

    @cached_property
    def _maker(self) -> TwinMaker:
        pairs = list(zip(*self.moved_windows, strict=True))
        ends = [(min(pair) * (1 - _MARGIN), max(pair) * (1 + _MARGIN)) for pair in pairs]
        return TwinMaker(self.lab, Plane(*ends))

    @cached_property
    def _healthy(self) -> tuple[Twin, float]:
        twin = self._maker.healthy(self.question)
        return twin, self._maker.undriven(twin)

    def good(self) -> dict[str, Spiking]:
        """Return first spikes of the nominal neuron, and of one at each end of each tolerance.

        Raises:
            NotApart: The neuron, or one of those, cannot be taken out of this circuit.
        """
        corners = [NOMINAL, *end_corners(self.lab.network)]
        self.watcher.stage("good neurons", len(corners))
        _ = self._healthy
        tables = self.pool.map(self._corner, corners)
        return {corner.name: table for corner, table in zip(corners, tables, strict=True)}

    def faulty(self, wanted: Iterable[tuple[Defect, float]]) -> dict[tuple[str, float], Spiking | None]:
        """Return first spikes of neurons with defects at severities; None where the engine cannot stand for them."""
        listed = list(wanted)
        if listed:
            self.watcher.stage("faulty neurons", len(listed))
        tables = self.pool.map(self._defect, listed)
        return {(defect.id, severity): table for (defect, severity), table in zip(listed, tables, strict=True)}

    def _corner(self, corner: Corner) -> Spiking:
        if corner == NOMINAL:
            found = self._table(self._healthy[0], self.moved_windows)
        else:
            point = replace(self.question.conditions, corner=corner)
            twin = self._maker.faulty(replace(self.question, conditions=point), self._healthy[0], False)
            found = self._table(twin, self.windows)
        self.watcher.advance()
        return found

    def _defect(self, wanted: tuple[Defect, float]) -> Spiking | None:
        defect, severity = wanted
        try:
            question = replace(self.question, defect=defect, severity=severity)
            return self._table(self._maker.faulty(question, self._healthy[0], False), self.windows)
        except (NotApart, SpecError):
            return None
        finally:
            self.watcher.advance()

    def _table(self, twin: Twin, windows: Sequence[Windows]) -> Spiking:
        healthy, undriven = self._healthy
        # What charges the read path moves the level of all of them as it does that of the fault-free one.
        moved = twin.neuron.reader.level + undriven - healthy.neuron.reader.level
        return spiking(twin, moved, windows, self.pulses)


def windows_of(stimulus: Stimulus) -> Windows:
    """Return a stimulus's windows."""
    return stimulus.spec.integrate, stimulus.spec.leaky
