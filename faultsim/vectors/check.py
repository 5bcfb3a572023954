"""Checks: candidates with limits that no good circuit fails, and what each costs a tester in time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from faultsim.campaigns.limits import Range, number
from faultsim.circuits.program import schedule
from faultsim.spice.expressions import Value
from faultsim.vectors.candidate import Candidate
from faultsim.vectors.tester import Tester

SIGMAS = 2.0
"""Of a good circuit's current: by how many of its deviations limits are wide, which hold single tolerances' ends."""
_MISMATCH = 2e-3
"""By how much currents of one circuit differ from what the same deviations make of others, relative."""
_LEAK = 0.15
"""By how much a current differs from part to part that only a defect makes, relative: through transistors that should
be off."""


@dataclass(frozen=True)
class Check:
    """A candidate with limits: what a tester compares.

    Attributes:
        candidate: What is applied; of a spike vector no longer than anything can still fail.
        limits: What the tester compares with: of a spike vector the pulses on which the first spike may come, of a
            measurement the values that may be measured.
        certain: Outside of this a response fails in spite of the tester's error of measurement.
        expected: The nominal response of the fault-free circuit.
    """

    candidate: Candidate
    limits: Range
    certain: Range
    expected: Value

    @property
    def id(self) -> str:
        """Return what it is, in words."""
        return self.candidate.id

    @property
    def silent(self) -> bool:
        """Return whether a spike vector waits for no spike at all."""
        return not self.candidate.measures and self.limits.high == math.inf

    def fails(self, value: Value) -> bool | None:
        """Return whether a tester fails a response; None where that is up to its errors."""
        if self.limits == self.certain:
            return not self.limits.passes(self.expected, value)
        if not self.certain.passes(self.expected, value):
            return True
        low, high = 2 * self.limits.low - self.certain.low, 2 * self.limits.high - self.certain.high
        return False if Range(low, high, math.nan).passes(self.expected, value) else None

    def time_s(self, tester: Tester, rest_s: float) -> float:
        """Return how long a tester takes for it: stimulus, writing back, rest, measurement, and its own overhead."""
        overheads, restores = tester.spec.overheads, self.candidate.restores
        measured = overheads.measurement if self.candidate.measures else 0.0
        stimulus = self.candidate.stimulus
        written = schedule(restores, stimulus.spec).duration_s if restores else 0.0
        return stimulus.stop_s + written + rest_s + measured + overheads.vector


def spike_check(candidate: Candidate, pulses: Sequence[int], expected: int) -> Check | None:
    """Return the check that good circuits allow, if there is one.

    Args:
        candidate: A spike vector.
        pulses: Of each good circuit, nominal or not, the pulse of its first spike, 0 for none.
        expected: That of the nominal one.
    """
    spiking = [pulse for pulse in pulses if pulse]
    if len(spiking) == len(pulses):
        limits = Range(min(spiking), max(spiking))
        return Check(_with_pulses(candidate, max(spiking)), limits, limits, expected)
    silent = min(spiking) - 1 if spiking else candidate.stimulus.spec.pulses
    if not silent:
        return None
    limits = Range(silent + 1, math.inf)
    # What a circuit does after the last window that is compared is not its response to this vector.
    return Check(_with_pulses(candidate, silent), limits, limits, None)


def measured_check(candidate: Candidate, values: Sequence[Value], expected: Value, tester: Tester) -> Check | None:
    """Return limits that hold every good circuit, as the tester measures it.

    Args:
        candidate: A measurement.
        values: What each good circuit has, nominal or not.
        expected: What the nominal one has.
        tester: Says how far it may be off, and what its limits are multiples of.
    """
    numbers = [number(value) for value in values]
    known = [value for value in numbers if value is not None and math.isfinite(value)]
    if len(known) < len(numbers) or not known:
        return None
    off, step = tester.spec.current_accuracy, tester.spec.current_resolution
    low, high = (end(value * (1 + sign * off) for value in known for sign in (-1, 1)) for end in (min, max))
    # A reading is rounded to a step, so that it is off by half of one, also where nothing flows.
    lowest, highest = math.floor(low / step - 0.5), math.ceil(high / step + 0.5)
    limits = Range(_whole(lowest, step), _whole(highest, step), math.nan)
    # Measured too high by the error, too low by it: either way it has to be outside.
    ends = [
        (limit + side * step / 2) / (1 + sign * off)
        for limit, side in ((limits.low, -1), (limits.high, 1))
        for sign in (-1, 1)
    ]
    return Check(candidate, limits, Range(min(ends[:2]), max(ends[2:]), math.nan), expected)


def deviations(check: Check, tester: Tester) -> tuple[float, float]:
    """Return by how much good circuits differ in what a check measures, relative, and the tester is off, A."""
    half, expected = (check.limits.high - check.limits.low) / 2, number(check.expected)
    return half / abs(expected) / SIGMAS if expected else 0.0, tester.spec.current_resolution


def own_deviations(tester: Tester) -> tuple[float, float]:
    """Return by how much a value is off by itself, once what moves several together is known: relative, and in A."""
    return math.hypot(tester.spec.current_accuracy, _MISMATCH), tester.spec.current_resolution


def leak_deviations(tester: Tester) -> tuple[float, float]:
    """Return the same of a current where none flows in a good circuit, so that nobody knows how it drifts."""
    return _LEAK, tester.spec.current_resolution


def _whole(count: int, step: float) -> float:
    return float(f"{count * step:.12g}")


def _with_pulses(candidate: Candidate, pulses: int) -> Candidate:
    stimulus = candidate.stimulus
    spec = stimulus.spec.model_copy(update={"pulses": pulses})
    return replace(candidate, stimulus=replace(stimulus, spec=spec))


def latch_shows(event: str, pulse: int, first: int) -> bool:
    """Return whether the latch on the output is what it is compared with.

    Args:
        event: H if it has to be set, L if not.
        pulse: Behind which coding window the tester looks, from 1.
        first: In which one the circuit first spikes, 0 for none.
    """
    return (0 < first <= pulse) == (event == "H")
