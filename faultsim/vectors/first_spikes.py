"""On which pulse spike vectors first spike, with good neurons and with faulty ones, where the engine can tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from faultsim.campaigns.lab import Lab
from faultsim.campaigns.watcher import Watcher
from faultsim.circuits.bench import Conditions
from faultsim.circuits.neuron import NotApart
from faultsim.circuits.stimulus import Stimulus
from faultsim.fault_models.defect import Defect
from faultsim.vectors.candidate import Candidate
from faultsim.vectors.good import NOMINAL
from faultsim.vectors.neurons import Neurons, windows_of
from faultsim.vectors.spiking import Spiking
from faultsim.vectors.tester import Tester

_GOOD_DOUBT = (1.0, 0.985, 1.015)
"""By which factors the drive of a good circuit may be off; the estimate itself first."""


@dataclass(frozen=True)
class FirstSpikes:
    """First spikes of vectors of black and white pixels, at each supply.

    Attributes:
        lab: Simulates what the engine is fed with.
        pool: Runs several at a time.
        watcher: Is told how it gets on.
        tester: Its errors move windows.
    """

    lab: Lab
    pool: ThreadPoolExecutor
    watcher: Watcher
    tester: Tester
    _neurons: dict[Conditions, Neurons] = field(default_factory=dict)
    _good: dict[Conditions, dict[str, Spiking]] = field(default_factory=dict)
    _faulty: dict[tuple[Conditions, str, float], Spiking | None] = field(default_factory=dict)

    def prepare(self, candidates: Sequence[Candidate]) -> None:
        """Take the neurons of good circuits out of them; where that cannot be done the supply is not served."""
        points = dict.fromkeys(candidate.conditions for candidate in candidates if is_plain(candidate))
        for point in points:
            own = [candidate for candidate in candidates if is_plain(candidate) and candidate.conditions == point]
            neurons = Neurons(self.lab, self.pool, self.watcher, self.tester, own)
            try:
                self._good[point] = neurons.good()
            except NotApart:
                continue
            self._neurons[point] = neurons

    def prepare_faulty(self, wanted: Iterable[tuple[Defect, float]]) -> None:
        """Take the neurons of circuits with defects of their own out of them."""
        listed = list(wanted)
        for point, neurons in self._neurons.items():
            found = neurons.faulty(listed)
            self._faulty.update({(point, *key): table for key, table in found.items()})

    def serves(self, candidate: Candidate) -> bool:
        """Return whether it can tell anything about a candidate."""
        return is_plain(candidate) and candidate.conditions in self._good

    def good(self, candidate: Candidate, drive: float) -> list[int]:
        """Return the pulses of good circuits' first spikes, 0 for none; the nominal one's first.

        Args:
            candidate: A spike vector that is served.
            drive: Fault-free current of its pattern in that of all inputs.
        """
        windows, tables = windows_of(candidate.stimulus), self._good[candidate.conditions]
        moved = self.tester.corners(candidate.stimulus, candidate.conditions)
        pulses = []
        for factor in _GOOD_DOUBT:
            pulses += [int(table.first(windows, drive * factor)) for table in tables.values()]
            pulses += [int(tables[NOMINAL].first(windows_of(one.stimulus), drive * factor)) for one in moved]
        last = candidate.stimulus.spec.pulses
        return [pulse if pulse <= last else 0 for pulse in pulses]

    def nominal(self, candidate: Candidate) -> Spiking:
        """Return the first spikes of the nominal neuron."""
        return self._good[candidate.conditions][NOMINAL]

    def faulty(self, candidate: Candidate, defect: Defect, severity: float) -> Spiking | None:
        """Return the first spikes of a neuron with a defect of its own; None where the engine cannot stand for it."""
        return self._faulty.get((candidate.conditions, defect.id, severity))


def is_plain(candidate: Candidate) -> bool:
    """Return whether a candidate compares the spikes of black and white pixels, and writes nothing."""
    return not candidate.measures and not candidate.stimulus.program and is_black_and_white(candidate.stimulus)


def is_black_and_white(stimulus: Stimulus) -> bool:
    """Return whether all pixels of a pattern, and of all that take turns, spike at the start or not at all."""
    coding = stimulus.spec.coding
    single = len(stimulus.frames) == 1
    return single and all(coding.intensity.get(symbol) in (0.0, coding.i_max) for symbol in stimulus.pattern)
