"""What the compiled loop works on: tuples of arrays and numbers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Masks = NDArray[np.uint64]


class Synapses(NamedTuple):
    """Synapses of all pixels with all outputs; shape (pixels, outputs).

    Attributes:
        bits: Which junctions are parallel, a bit for each.
        free: Which of them can switch.
        alive: 1, or 0 where the synapse is open.
        conductances: In that of a parallel junction.
    """

    bits: Masks
    free: Masks
    alive: Floats
    conductances: Floats


class Neurons(NamedTuple):
    """What differs from output to output; shape (outputs,).

    Attributes:
        raised_v: By how much the threshold has risen.
        gains: How fast the membrane charges, relative to a good one.
        leaks: How fast it leaks, relative to a good one.
        able: Whether it can spike.
        eager: Whether it spikes whenever it is not held down, whatever its membrane says.
    """

    raised_v: Floats
    gains: Floats
    leaks: Floats
    able: NDArray[np.bool_]
    eager: NDArray[np.bool_]


class Picture(NamedTuple):
    """Trains of a picture: that of each pixel, and of each train its first onset and its period."""

    kinds: NDArray[np.int64]
    first_s: Floats
    period_s: Floats


class Pulse(NamedTuple):
    """What an input's pulse is like."""

    high_v: float
    low_v: float
    width_s: float
    rise_s: float


class Cell(NamedTuple):
    """The junction: number in a synapse, conductance, hazard rate."""

    junctions: int
    antiparallel: float
    least_v_antiparallel: float
    least_v_parallel: float
    critical_v: float
    stability: float
    attempt_s: float
    activated_below: float
    sun_s: float
    tmr: float
    half_tmr_v: float


class Output(NamedTuple):
    """The output neuron, and how time is stepped."""

    threshold_v: float
    charging_s: float
    leaking_s: float
    wait_s: float
    pause_s: float
    rise_v: float
    duration_s: float
    step_s: float


class Law(NamedTuple):
    """What an output's spike does to a junction: probabilities over the age of the input's pulse, evenly spaced."""

    up: Floats
    down: Floats
    still_up: float
    still_down: float
    spacing_s: float
