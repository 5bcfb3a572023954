"""When weights are programmed: a depression of the 0s, then input spikes of the 1s and a delayed output spike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from faultsim.circuits.sidecar import ProgramSpec, StimulusSpec

Span = tuple[float, float]
"""Start and end in s, at 50 %."""

LEAVE = "-"
"""Symbol of an input whose weight is left alone."""


@dataclass(frozen=True)
class Programming:
    """The schedule of one programming sequence.

    Attributes:
        weights: One symbol per input: 1, 0 or - (left alone).
        output_spikes_s: Pulses that enable the programming transistors, the depression's first.
        depression_s: While the source line, and the depression lines of the 0s, are high; None without a 0.
        input_spike_s: Start of the spike that all inputs with a 1 get; None without a 1.
        duration_s: From the start of the run to the first coding window.
    """

    weights: str
    output_spikes_s: tuple[Span, ...]
    depression_s: Span | None
    input_spike_s: float | None
    duration_s: float

    def spikes_s(self, place: int) -> Sequence[float]:
        """Return the programming spikes of an input."""
        if self.input_spike_s is None or self.weights[place] != "1":
            return ()
        return (self.input_spike_s,)

    def depressions_s(self, place: int) -> list[Span]:
        """Return while the depression line of an input is high."""
        return [self.depression_s] if self.depression_s is not None and self.weights[place] == "0" else []


NO_PROGRAM = Programming("", (), None, None, 0.0)


def schedule(weights: str, spec: StimulusSpec) -> Programming:
    """Lay out the programming of weights.

    Args:
        weights: One symbol per input: 1, 0 or -.
        spec: Timing, with its ``program`` part.
    """
    timing = spec.program
    if timing is None:
        raise ValueError("the circuit has no programming sequence")
    now, outputs = spec.start, []
    depression, spike = None, None
    if "0" in weights:
        depression = (now, now + 2 * timing.lead + timing.depress_width)
        outputs.append((now + timing.lead, now + timing.lead + timing.depress_width))
        now = depression[1] + timing.settle
    if "1" in weights:
        spike = now
        outputs.append((now + timing.delay, now + timing.delay + timing.width))
        now = _end_of_potentiation(now, spec, timing) + timing.settle
    return Programming(weights, tuple(outputs), depression, spike, now - spec.start)


def _end_of_potentiation(start_s: float, spec: StimulusSpec, timing: ProgramSpec) -> float:
    """Return when both the input spike and the output spike are over."""
    return start_s + max(spec.integrate, timing.delay + timing.width)
