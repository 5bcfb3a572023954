"""What the inputs do: spikes of one integrate window in coding windows of IW + LW, each followed by a read pulse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from faultsim.circuits.sidecar import CodingSpec, StimulusSpec


def spike_delay_s(coding: CodingSpec, symbol: str) -> float:
    """Return when in its coding window a pixel spikes: LATS 2024 eq. 1.

    Black (i = i_max) spikes at 0, grey half-way, white (i = 0) at t_max.
    """
    return (coding.i_max - coding.intensity[symbol]) / coding.i_max * coding.t_max


@dataclass(frozen=True)
class Stimulus:
    """One input pattern at one window.

    Attributes:
        pattern: One symbol of the coding per input.
        spec: Timing.
    """

    pattern: str
    spec: StimulusSpec

    @property
    def period_s(self) -> float:
        """Length of a coding window."""
        return self.spec.integrate + self.spec.leaky

    @property
    def starts_s(self) -> list[float]:
        """Start of every coding window."""
        return [self.spec.start + number * self.period_s for number in range(self.spec.pulses)]

    @property
    def stop_s(self) -> float:
        """End of the analysis: the last strobe has closed."""
        return self.strobes_s[-1][1] + self.spec.edge

    @property
    def reads_s(self) -> list[tuple[float, float]]:
        """Start and end of every read pulse."""
        return self._after_integrate(self.spec.read_width)

    @property
    def strobes_s(self) -> list[tuple[float, float]]:
        """Start and end of every strobe: the read pulse and the time in which the output settles."""
        return self._after_integrate(self.spec.strobe_width)

    def spikes_s(self, symbol: str) -> list[float]:
        """Return the start of every spike of an input.

        A spike that would begin at or after t_max, or end after its coding window, is not sent: the paper asks for
        the spike inside the window, and eq. 1 puts white exactly at its end.
        """
        delay = spike_delay_s(self.spec.coding, symbol)
        if delay >= self.spec.coding.t_max or delay + self.spec.integrate > self.period_s:
            return []
        return [start + delay for start in self.starts_s]

    def scope(self, vdd_v: float) -> dict[str, Any]:
        """Return the names that expressions may use besides probes."""
        integrate = [(start, start + self.spec.integrate) for start in self.starts_s]
        leaky = [(stop, start + self.period_s) for start, stop in integrate]
        return {
            "vdd": vdd_v,
            "iw": self.spec.integrate,
            "lw": self.spec.leaky,
            "start": self.spec.start,
            "integrate": integrate,
            "leaky": leaky,
            "read": self.reads_s,
            "strobe": self.strobes_s,
            "mid_integrate": [(start + stop) / 2 for start, stop in integrate],
            "mid_read": [(start + stop) / 2 for start, stop in self.reads_s],
        }

    def _after_integrate(self, width_s: float) -> list[tuple[float, float]]:
        delay = self.spec.integrate + self.spec.read_delay
        return [(start + delay, start + delay + width_s) for start in self.starts_s]


SCOPE_NAMES = {
    "vdd": "supply, V",
    "iw": "integrate window, s",
    "lw": "leaky window, s",
    "start": "start of the first integrate window, s",
    "integrate": "integrate windows, one per pulse",
    "leaky": "leaky windows, one per pulse",
    "read": "read pulses, one per pulse",
    "strobe": "strobes, one per pulse: the output is compared inside",
    "mid_integrate": "middle of each integrate window, s",
    "mid_read": "middle of each read pulse, s",
}


def pulse_points(windows_s: list[tuple[float, float]], edge_s: float, high: float) -> list[tuple[float, float]]:
    """Return (time, level) corners of pulses whose 50 % points are the windows' ends."""
    half = edge_s / 2
    points = [(0.0, 0.0)]
    for start, stop in windows_s:
        points += [(start - half, 0.0), (start + half, high), (stop - half, high), (stop + half, 0.0)]
    return points
