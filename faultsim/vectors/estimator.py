"""Estimates what every candidate shows: currents in SPICE, first spikes by the batch engine, the rest one by one."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from faultsim.campaigns.lab import Lab
from faultsim.campaigns.watcher import Watcher
from faultsim.circuits.bench import Conditions
from faultsim.circuits.sites import Parameter, Window
from faultsim.fault_models.defect import Defect, Double
from faultsim.magnetics.train import Floats
from faultsim.vectors.candidate import Candidate
from faultsim.vectors.check import Check, spike_check
from faultsim.vectors.curves import Sweeps
from faultsim.vectors.first_spikes import FirstSpikes, is_black_and_white
from faultsim.vectors.good import GoodCircuits
from faultsim.vectors.matrix import NEVER, Matrix, Seen
from faultsim.vectors.neurons import windows_of
from faultsim.vectors.patterns import full_pattern
from faultsim.vectors.probe import Probe
from faultsim.vectors.spiking import Spiking

_DRIVE_DOUBT = (1.0, 0.95, 1.05)
"""By which factors an estimated drive may be off; the estimate itself first."""
_CURRENT_DOUBT = (1.0, 0.995, 1.005)
_STILL = 1e-3
"""By how much a current may change for what it drives to be the same."""


@dataclass(frozen=True)
class Estimator:
    """Estimates the detection matrix of a circuit.

    Attributes:
        good: Asks good circuits.
        sweeps: Sweeps a current over severities.
        spikes: Tells first spikes.
        pool: Runs several at a time.
        watcher: Is told how it gets on.
    """

    good: GoodCircuits
    sweeps: Sweeps
    spikes: FirstSpikes
    pool: ThreadPoolExecutor
    watcher: Watcher
    _candidates: dict[str, Candidate] = field(default_factory=dict)

    @property
    def lab(self) -> Lab:
        """What simulates."""
        return self.good.lab

    def checks(self, candidates: Sequence[Candidate]) -> list[Check]:
        """Return the checks that good circuits allow; of spike vectors as far as the engine tells."""
        self._candidates.update((candidate.id, candidate) for candidate in candidates)
        self.spikes.prepare(candidates)
        fast = [candidate for candidate in candidates if self.spikes.serves(candidate)]
        slow = [candidate for candidate in candidates if not self.spikes.serves(candidate)]
        self.watcher.stage("good circuits", len(slow))
        reads = {self._read_of(candidate): candidate for candidate in slow if not candidate.stimulus.program}
        for candidate in reads.values():
            self.good.ask(candidate)
        found: dict[str, Check | None] = {}
        for candidate in slow:
            plain = reads.get(self._read_of(candidate), candidate)
            written = candidate.measures and candidate is not plain
            found[candidate.id] = self.good.expected(candidate, plain) if written else self.good.check(candidate)
            self.watcher.advance()
        found |= {candidate.id: self._expected(candidate) for candidate in fast}
        checks = [found[candidate.id] for candidate in candidates]
        return [check for check in checks if check is not None]

    def _read_of(self, candidate: Candidate) -> tuple[str, Conditions, str]:
        """Return what is equal for candidates that differ in nothing but what they write first."""
        return repr(replace(candidate.stimulus, program="")), candidate.conditions, candidate.observable

    def fill(self, matrix: Matrix) -> None:
        """Estimate all entries of a matrix."""
        self._sweep(matrix)
        own = [defect for defect in matrix.defects if self.in_neuron(defect)]
        self.spikes.prepare_faulty((defect, severity) for defect in own for severity in _looks(matrix, defect))
        self.fill_rows(matrix, matrix.checks)

    def fill_rows(self, matrix: Matrix, checks: Sequence[Check]) -> None:
        """Estimate the entries of some checks; those that only SPICE can tell are asked for."""
        direct = []
        for check in checks:
            for defect in matrix.defects:
                seen = self._entry(matrix, check, defect)
                if seen is None:
                    direct.append((check, defect))
                else:
                    matrix.put(check, defect, seen)
        self._ask(matrix, direct)

    def whole(self, check: Check) -> Candidate:
        """Return the candidate that a check was made of, with all of its coding windows."""
        return self._candidates.get(check.id, check.candidate)

    def still(self, check: Check, defect: Defect) -> bool:
        """Return whether a defect outside of the neuron is known to leave the current alone that drives it."""
        key = self._swept(check.candidate, defect)
        if key is None or self.in_neuron(defect):
            return False
        pattern, point, _ = key
        whole = self.sweeps.healthy(pattern, point) or np.nan
        return bool((np.abs(self.sweeps.get(*key).values / whole - 1) < _STILL).all())

    def _sweep(self, matrix: Matrix) -> None:
        """Ask for all sweeps at once, then wait for each."""
        wanted = [
            key
            for check in matrix.checks
            for defect in matrix.defects
            if (key := self._swept(check.candidate, defect)) is not None
        ]
        listed = list(
            {(pattern, point.vdd_v, defect.id): (pattern, point, defect) for pattern, point, defect in wanted}.values()
        )
        self.watcher.stage("currents", len(listed))
        for key in listed:
            self.sweeps.ask(*key)
        for key in listed:
            self.sweeps.get(*key)
            self.watcher.advance()

    def _swept(self, candidate: Candidate, defect: Defect) -> tuple[str, Conditions, Defect] | None:
        """Return of which pattern, supply and defect the current tells what a candidate shows; None where none does."""
        stimulus, point = candidate.stimulus, candidate.conditions
        if _moves_more(defect) or not is_black_and_white(stimulus):
            return None
        if not candidate.measures and not self.spikes.serves(candidate):
            return None
        # What is in series with all rows takes the same share of the current of each pattern.
        pattern = self._full if self.in_neuron(defect) else stimulus.pattern
        return pattern, point, defect

    def _entry(self, matrix: Matrix, check: Check, defect: Defect) -> Seen | None:
        """Return an estimate, or None where only SPICE can tell."""
        key = self._swept(check.candidate, defect)
        if key is None:
            return None
        ratio = self._ratio(matrix, key)
        if check.candidate.measures:
            seen = _measured(matrix, check, defect, ratio)
            covered = seen.first is not None and seen.first <= matrix.demanded[defect.id]
            # A read sees what it sees, whatever was written before; what writing adds only SPICE can tell.
            return seen if covered or not check.candidate.stimulus.program else None
        drive = self._drive(check.candidate) * ratio
        if self.in_neuron(defect):
            return self._own(matrix, check, defect, drive)
        return _spiking(matrix, check, defect, drive, self.spikes.nominal(check.candidate))

    def _own(self, matrix: Matrix, check: Check, defect: Defect, drive: Floats) -> Seen | None:
        """Return what a check sees of a neuron with a defect of its own, at the severities that it was looked at."""
        grid, first, doubt, passes = matrix.grids[defect.id], None, False, -1
        for index in sorted(_places(matrix, defect), reverse=True):
            table = self.spikes.faulty(check.candidate, defect, grid[index])
            if table is None:
                return None
            fails = [_fails(check, table, drive[index] * factor) for factor in _DRIVE_DOUBT]
            doubt = doubt or len(set(fails)) > 1
            if not fails[0]:
                passes = index
                break
            first = index
        return Seen(first, doubt=doubt, passes=-1, fails=NEVER) if doubt else Seen(first, passes=passes)

    def _ratio(self, matrix: Matrix, key: tuple[str, Conditions, Defect]) -> Floats:
        """Return the swept current of a defect over the fault-free one, at each severity of its grid."""
        pattern, point, defect = key
        grid = matrix.grids[defect.id]
        whole = self.sweeps.healthy(pattern, point)
        return self.sweeps.get(*key).at(np.arange(float(len(grid))), grid) / (whole or np.nan)

    def _drive(self, candidate: Candidate) -> float:
        """Return the fault-free current of a candidate's pattern in that of all inputs."""
        point = candidate.conditions
        own, full = (self.sweeps.healthy(pattern, point) for pattern in (candidate.stimulus.pattern, self._full))
        return (own or 0.0) / full if full else 0.0

    def _expected(self, candidate: Candidate) -> Check | None:
        """Return the check of a spike vector as the engine tells it."""
        pulses = self.spikes.good(candidate, self._drive(candidate))
        return spike_check(candidate, pulses, pulses[0])

    def _ask(self, matrix: Matrix, pairs: Sequence[tuple[Check, Defect]]) -> None:
        """Look at pairs in SPICE, at the demanded severity and, where nothing is seen there, at the severest."""
        if not pairs:
            return
        self.watcher.stage("one by one", len(pairs))

        def look(pair: tuple[Check, Defect]) -> None:
            check, defect = pair
            matrix.put(
                check, defect, Probe(self.lab, check, defect, matrix.grids[defect.id]).look(matrix.demanded[defect.id])
            )
            self.watcher.advance()

        list(self.pool.map(look, pairs))

    @cached_property
    def _full(self) -> str:
        return full_pattern(self.lab.network)

    def in_neuron(self, defect: Defect) -> bool:
        """Return whether a defect is of the neuron's own parts."""
        neuron = self.lab.network.sidecar.neuron
        if neuron is None or isinstance(defect, Double):
            return False
        instance = neuron.device.lower().split(".")[0] + "."
        return defect.site.device.lower().startswith(instance)


def _moves_more(defect: Defect) -> bool:
    """Return whether a defect is of the timing or the process: it moves more than a current."""
    sites = [part.site for part in defect.parts] if isinstance(defect, Double) else [defect.site]
    return any(isinstance(site, Window | Parameter) for site in sites)


def _places(matrix: Matrix, defect: Defect) -> list[int]:
    """Return the grid indices at which a faulty neuron is looked at."""
    return sorted({matrix.demanded[defect.id], len(matrix.grids[defect.id]) - 1})


def _looks(matrix: Matrix, defect: Defect) -> list[float]:
    return [matrix.grids[defect.id][index] for index in _places(matrix, defect)]


def _measured(matrix: Matrix, check: Check, defect: Defect, ratio: Floats) -> Seen:
    expected = float(check.expected) if isinstance(check.expected, int | float) else np.nan
    fails = [
        ~((check.certain.low <= value) & (value <= check.certain.high))
        for value in (expected * ratio * factor for factor in _CURRENT_DOUBT)
    ]
    return _seen(fails, matrix.demanded[defect.id], bool(np.isnan(ratio).any()))


def _spiking(matrix: Matrix, check: Check, defect: Defect, drive: Floats, table: Spiking) -> Seen:
    fails = [_failures(check, table, drive * factor) for factor in _DRIVE_DOUBT]
    return _seen(fails, matrix.demanded[defect.id], bool(np.isnan(drive).any()))


def _failures(check: Check, table: Spiking, drives: Floats) -> NDArray[np.bool_]:
    pulses = table.first(windows_of(check.candidate.stimulus), np.nan_to_num(drives))
    never = (pulses == 0) | (pulses > check.candidate.stimulus.spec.pulses)
    values = np.where(never, np.inf, pulses)
    return np.asarray((values < check.limits.low) | (values > check.limits.high))


def _fails(check: Check, table: Spiking, drive: float) -> bool:
    return bool(_failures(check, table, np.array([drive]))[0])


def _seen(fails: Sequence[NDArray[np.bool_]], demanded: int, unsure: bool) -> Seen:
    """Return from where on all severities fail, and whether another drive would say otherwise of what is demanded."""
    firsts = [_first(flags) for flags in fails]
    covered = {first is not None and first <= demanded for first in firsts}
    doubt = unsure or len(covered) > 1
    if unsure:
        return Seen(firsts[0], doubt=doubt, passes=-1, fails=NEVER)
    passes = [int(np.argmax(flags)) - 1 for flags in fails if flags.any()]
    surely = NEVER if None in firsts else max(first for first in firsts if first is not None)
    return Seen(firsts[0], doubt=doubt, passes=min(passes, default=None), fails=surely)


def _first(fails: NDArray[np.bool_]) -> int | None:
    """Return the index from which on all fail."""
    passing = np.flatnonzero(~fails)
    if not passing.size:
        return 0
    return None if passing[-1] == fails.size - 1 else int(passing[-1]) + 1
