"""What an output's spike does to a junction, over the age of the input's pulse, as the synapse in SPICE has it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faultsim.circuits.learning_plan import Junction
from faultsim.errors import UnknownOutcome
from faultsim.learning.asking import Asking, reason_of
from faultsim.learning.pair_bench import PairBench
from faultsim.learning.training import SPIKE_FROM
from faultsim.magnetics.two_state import TwoStateJunction
from faultsim.spice.job import Trace

Floats = NDArray[np.float64]
_AGES = 101
_BEYOND = 0.05
"""How far behind the pulse it is looked what happens without one, in its widths."""


@dataclass(frozen=True)
class UpdateLaw:
    """How likely a junction is in the other state after an output's spike; junctions switch independently.

    Attributes:
        ages_s: Ages of the input's pulse at the onset of the spike, rising, from 0 to its end.
        up: Of an antiparallel junction, at each age.
        down: Of a parallel one.
        still_up: Of an antiparallel one where there is no pulse.
        still_down: Of a parallel one where there is none.
        wait_s: From what makes the output of the bench spike to the onset of its spike.
    """

    ages_s: Floats
    up: Floats
    down: Floats
    still_up: float
    still_down: float
    wait_s: float

    def even(self, count: int) -> tuple[Floats, Floats, float]:
        """Return it at evenly spaced ages: up, down, and how far they are apart."""
        ages_s = np.linspace(0.0, self.ages_s[-1], count)
        up, down = (np.interp(ages_s, self.ages_s, values) for values in (self.up, self.down))
        return up, down, float(ages_s[1])

    def after(self, age_s: float, junctions: int) -> Floats:
        """Return how likely a synapse has so many parallel junctions after a spike; shape (before, after)."""
        up, down = (float(np.interp(age_s, self.ages_s, values)) for values in (self.up, self.down))
        rows = [_counts(before, junctions, up, down) for before in range(junctions + 1)]
        return np.array(rows)


def _counts(parallel: int, junctions: int, up: float, down: float) -> Floats:
    """Return the distribution of the number that is parallel: those that stayed and those that came."""
    found = np.array([1.0])
    for place in range(junctions):
        stays = 1 - down if place < parallel else up
        found = np.convolve(found, [1 - stays, stays])
    return found


def switching_of(times_s: Floats, bias_v: Floats, junction: TwoStateJunction) -> tuple[float, float]:
    """Return how likely a waveform leaves a junction in the other state, if it began antiparallel, and parallel.

    Args:
        times_s: Instants.
        bias_v: From the free to the fixed layer at each.
        junction: Its law.
    """
    hazards, spans_s = junction.hazard_per_s(bias_v), np.diff(times_s)
    rising, falling = (np.where(side, hazards, 0.0) for side in (bias_v > 0, bias_v < 0))
    ups, downs = (-np.expm1(-spans_s * (rates[1:] + rates[:-1]) / 2) for rates in (rising, falling))
    came, stayed = 0.0, 1.0
    for up, down in zip(ups, downs, strict=True):
        came += (1 - came) * up - came * down
        stayed += (1 - stayed) * up - stayed * down
    return came, 1 - stayed


def update_law(bench: PairBench, junction: TwoStateJunction, asking: Asking) -> UpdateLaw:
    """Return the law of a synapse: from the voltage that it sees in SPICE when its output spikes, at each of many ages.

    Raises:
        UnknownOutcome: A transient failed.
        Interrupted: Ctrl-C; what was finished is stored.
    """
    shares = [*np.linspace(0.0, 1.0, _AGES), 1 + _BEYOND]
    # The pulse's corners besides: there the law has a kink.
    corners = [bench.rise_s, bench.width_s - bench.rise_s]
    delays_s = sorted(float(f"{delay_s:.9g}") for delay_s in [*(share * bench.width_s for share in shares), *corners])
    alone = [Junction(1, 1, 0)]
    traces = asking.traces("update law", [bench.pair_job(delay_s, alone) for delay_s in delays_s])
    *inside, beyond = [_Look.of(trace, bench.onset_s) for trace in traces]
    chances = np.array([switching_of(look.times_s, look.bias_v, junction) for look in inside])
    still_up, still_down = switching_of(beyond.times_s, beyond.bias_v, junction)
    ages_s = np.array([look.age_s for look in inside])
    wait_s = float(np.median(ages_s - delays_s[:-1]))
    return UpdateLaw(ages_s, chances[:, 0], chances[:, 1], still_up, still_down, wait_s)


@dataclass(frozen=True)
class _Look:
    """What a synapse sees of a spike: the age of its input's pulse at the onset, and the voltage across it."""

    age_s: float
    times_s: Floats
    bias_v: Floats

    @classmethod
    def of(cls, trace: Trace, onset_s: float) -> _Look:
        """Return that of a transient.

        Raises:
            UnknownOutcome: It failed, or its output does not spike.
        """
        if reason := reason_of(trace.outcome):
            raise UnknownOutcome(f"update law: a transient of its bench failed: {reason}")
        turn, shown, answer = (trace.waveforms[name] for name in ("turn", "input", "output"))
        begun = turn.values >= SPIKE_FROM
        if not begun.any():
            raise UnknownOutcome("update law: the output of its bench does not spike; see settings.output")
        # Before it spikes the output's column floats: it follows the input, and the junction sees nothing.
        return cls(float(turn.time_s[begun][0]) - onset_s, turn.time_s[begun], (shown.values - answer.values)[begun])
