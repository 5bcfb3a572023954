"""What the inputs do: spikes of one integrate window in coding windows of IW + LW, each followed by a read pulse."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from faultsim.circuits.program import NO_PROGRAM, Programming, Span, schedule
from faultsim.circuits.sidecar import CodingSpec, StimulusSpec


def spike_delay_s(coding: CodingSpec, symbol: str) -> float:
    """Return when in its coding window a pixel spikes: LATS 2024 eq. 1.

    Black (i = i_max) spikes at 0, grey half-way, white (i = 0) at t_max.
    """
    return (coding.i_max - coding.intensity[symbol]) / coding.i_max * coding.t_max


@dataclass(frozen=True)
class Stimulus:
    """What is done to a crossbar: its weights to begin with, what is programmed, then a pattern at one window.

    Attributes:
        pattern: One symbol of the coding per input; several such, joined by commas, take turns window by window.
        spec: Timing.
        weights: Weights before the run, one symbol per input; empty for those that the deck is written with.
        program: Weights to program, one symbol per input, ``-`` for an input left alone; several such, joined by
            commas, are written one after the other. Empty for no programming.
    """

    pattern: str
    spec: StimulusSpec
    weights: str = ""
    program: str = ""

    @property
    def frames(self) -> list[str]:
        """The patterns that take turns."""
        return self.pattern.split(",")

    @cached_property
    def programming(self) -> Programming:
        """What happens before the first coding window."""
        return schedule(self.program, self.spec) if self.program and self.spec.program else NO_PROGRAM

    @property
    def period_s(self) -> float:
        """Length of a coding window."""
        return self.spec.integrate + self.spec.leaky

    @property
    def first_s(self) -> float:
        """Start of the first coding window."""
        return self.spec.start + self.programming.duration_s

    @property
    def starts_s(self) -> list[float]:
        """Start of every coding window."""
        return [self.first_s + number * self.period_s for number in range(self.spec.pulses)]

    @property
    def stop_s(self) -> float:
        """End of the analysis: the last strobe has closed."""
        return self.strobes_s[-1][1] + self.spec.edge

    @property
    def reads_s(self) -> list[Span]:
        """Start and end of every read pulse."""
        return self._after_integrate(self.spec.read_delay, self.spec.read_width)

    @property
    def strobes_s(self) -> list[Span]:
        """Start and end of every strobe: the read pulse and the time in which the output settles."""
        return self._after_integrate(self.spec.read_delay, self.spec.strobe_width)

    def high_v(self, _net: str, share: float, vdd_v: float) -> float:
        """Return the high level of a net, V.

        Args:
            share: In VDD, as the sidecar has it.
            vdd_v: The supply, V.
        """
        return share * vdd_v

    def clock_s(self, name: str) -> list[Span]:
        """Return start and end of every pulse of a clock."""
        clock = self.spec.clocks[name]
        return [(start + clock.delay, start + clock.delay + clock.width) for start in self.starts_s]

    def spikes_s(self, place: int) -> list[float]:
        """Return the start of every spike of an input, those that program it first.

        A spike that would begin at or after t_max, or end after its coding window, is not sent: the paper asks for
        the spike inside the window, and eq. 1 puts white exactly at its end.

        Args:
            place: The input, counted from 0 in the order of a pattern's symbols.
        """
        coding, frames = self.spec.coding, self.frames
        spikes = self.programming.spikes_s(place)
        for number, start in enumerate(self.starts_s):
            delay = spike_delay_s(coding, frames[number % len(frames)][place])
            if delay < coding.t_max and delay + self.spec.integrate <= self.period_s:
                spikes.append(start + delay)
        return spikes

    def inputs_s(self, place: int) -> list[Span]:
        """Return start and end of every spike of an input."""
        return [(start, start + self.spec.integrate) for start in self.spikes_s(place)]

    @property
    def enables_s(self) -> list[Span]:
        """Return start and end of every pulse that enables the programming transistors."""
        return list(self.programming.output_spikes_s)

    @property
    def sources_s(self) -> list[Span]:
        """Return while the source line is high."""
        return self.programming.sources_s

    def depressions_s(self, place: int) -> list[Span]:
        """Return while the depression line of an input is high."""
        return self.programming.depressions_s(place)

    def scope(self, vdd_v: float) -> dict[str, Any]:
        """Return the names that expressions may use besides probes."""
        integrate = [(start, start + self.spec.integrate) for start in self.starts_s]
        leaky = [(stop, start + self.period_s) for start, stop in integrate]
        return {
            "vdd": vdd_v,
            "iw": self.spec.integrate,
            "lw": self.spec.leaky,
            "start": self.first_s,
            "program": self.enables_s or [(0.0, self.first_s)],
            "integrate": integrate,
            "leaky": leaky,
            "read": self.reads_s,
            "strobe": self.strobes_s,
            "mid_integrate": [(start + stop) / 2 for start, stop in integrate],
            "mid_read": [(start + stop) / 2 for start, stop in self.reads_s],
        }

    def _after_integrate(self, delay_s: float, width_s: float) -> list[Span]:
        delay = self.spec.integrate + delay_s
        return [(start + delay, start + delay + width_s) for start in self.starts_s]


SCOPE_NAMES = {
    "vdd": "supply, V",
    "iw": "integrate window, s",
    "lw": "leaky window, s",
    "start": "start of the first integrate window, s",
    "program": "pulses that program, one per phase; where none do, all the time before the first integrate window",
    "integrate": "integrate windows, one per pulse",
    "leaky": "leaky windows, one per pulse",
    "read": "read pulses, one per pulse",
    "strobe": "strobes, one per pulse: the output is compared inside",
    "mid_integrate": "middle of each integrate window, s",
    "mid_read": "middle of each read pulse, s",
}


def pulse_points(windows_s: list[Span], edge_s: float, high: float) -> list[tuple[float, float]]:
    """Return (time, level) corners of pulses whose 50 % points are the windows' ends.

    Between pulses that are no more than an edge apart the level has no time to fall: they are one.
    """
    half = edge_s / 2
    points = [(0.0, 0.0)]
    for start, stop in _joined(windows_s, edge_s):
        points += [(start - half, 0.0), (start + half, high), (stop - half, high), (stop + half, 0.0)]
    return points


def _joined(spans: list[Span], gap_s: float) -> list[Span]:
    found: list[Span] = []
    for start, stop in spans:
        if found and start - found[-1][1] <= gap_s * _MARGIN:
            found[-1] = (found[-1][0], stop)
        else:
            found.append((start, stop))
    return found


_MARGIN = 1 + 1e-9
