"""When weights are programmed: a depression of the 0s, then input spikes of the 1s and a delayed output spike."""

from __future__ import annotations

from dataclasses import dataclass

from faultsim.circuits.sidecar import ProgramSpec, StimulusSpec

Span = tuple[float, float]
"""Start and end in s, at 50 %."""

LEAVE = "-"
"""Symbol of an input whose weight is left alone."""


@dataclass(frozen=True)
class Step:
    """One step of a programming sequence.

    Attributes:
        weights: One symbol per input: 1, 0 or - (left alone).
        depression_s: While the source line, and the depression lines of the 0s, are high; None without a 0.
        input_spike_s: Start of the spike that all inputs with a 1 get; None without a 1.
    """

    weights: str
    depression_s: Span | None
    input_spike_s: float | None


@dataclass(frozen=True)
class Programming:
    """The schedule of a programming sequence.

    Attributes:
        steps: One after the other.
        output_spikes_s: Pulses that enable the programming transistors; of each step the depression's first.
        duration_s: From the start of the run to the first coding window.
    """

    steps: tuple[Step, ...]
    output_spikes_s: tuple[Span, ...]
    duration_s: float

    @property
    def sources_s(self) -> list[Span]:
        """Return while the source line is high."""
        return [step.depression_s for step in self.steps if step.depression_s is not None]

    def spikes_s(self, place: int) -> list[float]:
        """Return the programming spikes of an input."""
        return [
            step.input_spike_s for step in self.steps if step.input_spike_s is not None and step.weights[place] == "1"
        ]

    def depressions_s(self, place: int) -> list[Span]:
        """Return while the depression line of an input is high."""
        return [
            step.depression_s for step in self.steps if step.depression_s is not None and step.weights[place] == "0"
        ]


NO_PROGRAM = Programming((), (), 0.0)


def schedule(weights: str, spec: StimulusSpec) -> Programming:
    """Lay out the programming of weights.

    Args:
        weights: One symbol per input: 1, 0 or -; several such, joined by commas, are written one after the other.
        spec: Timing, with its ``program`` part.
    """
    timing = spec.program
    if timing is None:
        raise ValueError("the circuit has no programming sequence")
    now, outputs, steps = spec.start, [], []
    for written in weights.split(","):
        depression, spike = None, None
        if "0" in written:
            depression = (now, now + depression_s(timing))
            outputs.append((now + timing.lead, now + timing.lead + timing.depress_width))
            now = depression[1] + timing.settle
        if "1" in written:
            spike = now
            outputs.append((now + timing.delay, now + timing.delay + timing.width))
            now += potentiation_s(timing, spec.integrate) + timing.settle
        steps.append(Step(written, depression, spike))
    return Programming(tuple(steps), tuple(outputs), now - spec.start)


def depression_s(timing: ProgramSpec) -> float:
    """Return how long the lines of a depression are up, s."""
    return 2 * timing.lead + timing.depress_width


def potentiation_s(timing: ProgramSpec, integrate_s: float) -> float:
    """Return after which time both spikes of a potentiation are over, s."""
    return max(integrate_s, timing.delay + timing.width)


def written_after(weights: str, program: str) -> str:
    """Return the weights that a programming sequence leaves behind, if all goes well.

    Args:
        weights: Before it, one symbol per input.
        program: Its steps, joined by commas; empty for none.
    """
    for step in program.split(",") if program else ():
        weights = "".join(old if new == LEAVE else new for old, new in zip(weights, step, strict=True))
    return weights


def restoring(weights: str, program: str) -> str:
    """Return the step that writes back what a programming sequence has changed; empty where that is nothing."""
    after = written_after(weights, program)
    step = "".join(LEAVE if new == old else old for old, new in zip(weights, after, strict=True))
    return "" if set(step) <= {LEAVE} else step
