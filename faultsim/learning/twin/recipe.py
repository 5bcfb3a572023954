"""What functional crossbars of one kind have in common: input neurons, junctions, output neurons, law of change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from faultsim.circuits.learning_cells import LearningCells, Settings
from faultsim.learning.twin.arrays import Cell, Law, Output, Pulse
from faultsim.learning.twin.trains import Coding
from faultsim.learning.twin.update_law import UpdateLaw
from faultsim.magnetics.two_state import TwoStateJunction

_LAW_POINTS = 1001
_UNTIL_SPIKE = 0.225
"""From the instant that the membrane is at its threshold to the spike, in spikes: the phase goes from 0.01 to 0.1."""


@dataclass(frozen=True)
class Threshold:
    """How an output's threshold adapts.

    Attributes:
        rise_v: By how much it rises with each spike.
        keeps: Share of what it has risen by that is left after a presentation.
    """

    rise_v: float = 0.0
    keeps: float = 1.0


@dataclass(frozen=True)
class Recipe:
    """What crossbars are made by.

    Attributes:
        coding: Input neurons.
        cell: Junctions.
        output: Output neurons and steps.
        law: What a spike does to junctions.
        threshold: How thresholds adapt.
    """

    coding: Coding
    cell: Cell
    output: Output
    law: Law
    threshold: Threshold

    @property
    def pulse(self) -> Pulse:
        """What an input's pulse is like."""
        coding = self.coding
        return Pulse(coding.high_v, coding.low_v, coding.width_s, coding.rise_s)


def junction_of(cells: LearningCells, settings: Settings) -> TwoStateJunction:
    """Return the junction of some cells."""
    return TwoStateJunction.of_deck(cells.values("synapse", settings))


def cell_of(junction: TwoStateJunction, junctions: int) -> Cell:
    """Return what the loop works on, of so many junctions in a synapse."""
    parallel_s = junction.area_m2 / junction.ra_ohm_m2
    return Cell(
        junctions=junctions,
        antiparallel=1 / (1 + junction.tmr),
        least_v_antiparallel=junction.least_v_antiparallel,
        least_v_parallel=junction.least_v_parallel,
        critical_v=junction.critical_current_a / parallel_s,
        stability=junction.stability,
        attempt_s=junction.attempt_s,
        activated_below=junction.activated_below,
        sun_s=junction.sun_s,
        tmr=junction.tmr,
        half_tmr_v=junction.half_tmr_v,
    )


def output_of(
    cells: LearningCells, settings: Settings, duration_s: float, step_s: float, threshold: Threshold
) -> Output:
    """Return the output neuron of some cells, and how its time is stepped."""
    names = ("vth", "c", "rcharge", "rdischarge", "refractory")
    least_v, farad, charging_ohm, leaking_ohm, refractory_s = (cells.value("output", name, settings) for name in names)
    edge1_s, edge2_s, first_s, second_s = (
        cells.value("output", name, settings) for name in ("edge1", "edge2", "first", "second")
    )
    spike_s = 2 * edge1_s + first_s + 2 * edge2_s + second_s
    wait_s = _UNTIL_SPIKE * spike_s
    return Output(
        threshold_v=least_v,
        charging_s=charging_ohm * farad,
        leaking_s=leaking_ohm * farad,
        wait_s=wait_s,
        pause_s=wait_s + spike_s + refractory_s,
        rise_v=threshold.rise_v,
        duration_s=duration_s,
        step_s=step_s,
    )


def law_of(law: UpdateLaw) -> Law:
    """Return what the loop works on."""
    up, down, spacing_s = law.even(_LAW_POINTS)
    return Law(np.ascontiguousarray(up), np.ascontiguousarray(down), law.still_up, law.still_down, spacing_s)
