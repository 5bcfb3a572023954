"""What a campaign found, one dataclass per row of its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from faultsim.spice.expressions import Value

FAILS_BELOW = "fails_below"
"""Direction of a threshold below which a defect is seen, as a bridge's."""

WHOLE, EQUIVALENT = "whole", "equivalent"
"""What a verdict rests on: the network as it is, or its equivalent with one row for all that do the same."""

Samples = tuple[Sequence[float], Sequence[float]]
"""Times in s and values of a probe."""

SettingKey = tuple[str, str, float, float, str]
"""Test, window, VDD in V, temperature in C, corner."""


class InSetting:
    """A row that is about one setting: a test at a window, an operating point and a corner."""

    test: str
    window: str
    vdd_v: float
    temperature_c: float
    corner: str

    @property
    def setting(self) -> SettingKey:
        """Return what tells its setting from the others."""
        return self.test, self.window, self.vdd_v, self.temperature_c, self.corner


class Detection(StrEnum):
    """IEEE 2427's verdict on a defect; a failed simulation is never a detection."""

    DETECTED = "detected"
    UNDETECTED = "undetected"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class BaselineRow:
    """The fault-free circuit under one pattern (LATS 2024 Table III).

    ``same_as`` is the pattern that was simulated for it, where rows of the crossbar exchanged make it the same circuit;
    ``network`` is what was simulated: `WHOLE` or `EQUIVALENT`.
    """

    circuit: str
    pattern: str
    im_wr_a: Value
    spiked: Value
    pulses_to_spike: Value
    status: str
    weights: str = ""
    same_as: str = ""
    network: str = WHOLE


@dataclass(frozen=True)
class SettingRow(InSetting):
    """A test at one window, operating point and corner, and what the fault-free circuit does there.

    ``usable`` is false where the fault-free circuit does not do what the test requires; nothing is searched there.
    ``network`` is what was simulated: `WHOLE` or `EQUIVALENT`.
    """

    circuit: str
    test: str
    window: str
    corner: str
    vdd_v: float
    temperature_c: float
    weights: str
    program: str
    program_delay_s: float | None
    pattern: str
    start_s: float
    integrate_window_s: float
    leaky_window_s: float
    pulses: int
    usable: bool
    reason: str
    observable: str
    limits_relative: float | None
    expected: Value
    spiked: Value
    pulses_to_spike: Value
    im_wr_a: Value
    network: str = WHOLE

    @property
    def key(self) -> SettingKey:
        """Return what tells it from the others."""
        return self.setting


@dataclass(frozen=True)
class CurrentRow:
    """One point of a measured quantity over severity (LATS 2024 Fig. 9); severity 0 is the fault-free circuit."""

    circuit: str
    defect_id: str
    r_ohm: float
    im_wr_a: Value


@dataclass(frozen=True)
class ThresholdRow(InSetting):
    """One defect under one setting.

    ``passes_at``, ``fails_at`` and ``threshold`` are severities in ``unit``; the columns in ohm repeat them for
    resistances. ``network`` is what was simulated: `WHOLE` or `EQUIVALENT`.
    """

    circuit: str
    defect_id: str
    kind: str
    location: str
    test: str
    window: str
    observable: str
    corner: str
    vdd_v: float
    temperature_c: float
    weights: str
    program: str
    pattern: str
    integrate_window_s: float
    leaky_window_s: float
    pulses: int
    verdict: str
    direction: str
    unit: str
    passes_at: float | None
    fails_at: float | None
    threshold: float | None
    r_pass_ohm: float | None
    r_fail_ohm: float | None
    threshold_ohm: float | None
    crossings: int
    transients: int
    network: str
    reason: str

    def fails(self, severity: float) -> bool:
        """Return whether the test was found to fail at a severity: on the far side of the threshold."""
        if self.threshold is None:
            return False
        return severity <= self.threshold if self.direction == FAILS_BELOW else severity >= self.threshold

    def reaches(self, severity: float) -> bool:
        """Return whether the search went as far as a severity."""
        ends = [end for end in (self.passes_at, self.threshold) if end is not None]
        if self.direction == FAILS_BELOW:
            return any(end <= severity for end in ends)
        return any(end >= severity for end in ends)


def best_threshold(rows: Sequence[ThresholdRow]) -> float | None:
    """Return the threshold of the test that sees one defect best: the smallest of an open, the largest of a bridge."""
    found = [row.threshold for row in rows if row.threshold is not None]
    if not found:
        return None
    return max(found) if rows[0].direction == FAILS_BELOW else min(found)


@dataclass(frozen=True)
class EquivalentRow(InSetting):
    """One transient with the whole network beside its equivalent; without a defect it is the fault-free circuit.

    ``taps_kept`` and ``taps_merged`` count cells and neurons on bit lines. ``exact`` is false where rows of different
    weights stand for each other, so that their word lines' loads differ. ``deviation`` is that of ``im_wr_a``,
    relative.
    """

    circuit: str
    test: str
    window: str
    corner: str
    vdd_v: float
    temperature_c: float
    defect_id: str
    severity: float | None
    unit: str
    taps_kept: int
    taps_merged: int
    exact: bool
    observable: str
    whole: Value
    equivalent: Value
    im_wr_whole_a: Value
    im_wr_equivalent_a: Value
    deviation: float | None
    harmless: bool
    reason: str


@dataclass(frozen=True)
class ResistorRow:
    """A defect of a device's physics beside the open or short at the device that comes nearest to it.

    ``at`` says where the severity comes from: the defect's threshold, or its file's default. ``matched`` is the
    measured quantity that the resistance was found by, the one that the defect moves most, and ``change`` by how much,
    relative. ``deviation`` is the largest difference of a measured quantity over all tests, as a share of that change.
    """

    circuit: str
    defect_id: str
    at: str
    severity: float
    unit: str
    matched: str = ""
    change: float | None = None
    resistor_id: str = ""
    r_ohm: float | None = None
    same: bool = False
    deviation: float | None = None
    deviates_in: str = ""
    reason: str = ""


@dataclass(frozen=True)
class ResponseRow:
    """One point of an observable over one quantity of the stimulus; without a defect it is the fault-free circuit."""

    circuit: str
    figure: str
    test: str
    window: str
    defect_id: str
    severity: float | None
    unit: str
    over: str
    value: float
    observable: str
    result: Value


@dataclass(frozen=True)
class WaveformRow:
    """A transient that the report draws.

    Attributes:
        severity: None for the fault-free circuit.
        traces: Probe -> times in s and values, thinned to what straight lines between them show.
        network: What was simulated: `WHOLE` or `EQUIVALENT`.
    """

    figure: str
    caption: str
    test: str
    window: str
    defect_id: str
    unit: str
    severity: float | None
    spiked: Value
    traces: Mapping[str, Samples]
    network: str = WHOLE


@dataclass(frozen=True)
class PortraitRow(InSetting):
    """The transient behind the best threshold of a defect, or the fault-free circuit in the same setting.

    Attributes:
        defect_id: Empty for the fault-free circuit.
        severity: At which it was simulated; None for the fault-free circuit.
        side: Of the threshold, ``fails`` or ``passes``; empty for the fault-free circuit.
        transient: Its key in the store.
        network: What was simulated: `WHOLE` or `EQUIVALENT`.
        traces: Of the fault-free circuit every probe, of a defect those that are not as there, thinned.
    """

    defect_id: str
    test: str
    window: str
    corner: str
    vdd_v: float
    temperature_c: float
    severity: float | None
    unit: str
    side: str
    transient: str
    network: str
    traces: Mapping[str, Samples]


@dataclass(frozen=True)
class NeuronRow:
    """The fault-free neuron at one window.

    ``threshold_drive`` is the smallest factor on its current that spikes; ``monotone`` is false where some stronger
    current does not. ``tilt_rad``: what one integrate window adds from rest. ``retention`` and ``turns``: share of the
    tilt that is left after the leaky window, and turns of the precession in it.
    """

    circuit: str
    window: str
    integrate_window_s: float
    leaky_window_s: float
    pulses: int
    first_spike: int
    threshold_drive: float | None
    monotone: bool
    tilt_rad: float
    retention: float
    turns: float


@dataclass(frozen=True)
class ToleranceRow:
    """The band of one quantity at one window: what a good circuit may measure, relative to the nominal one.

    ``root_sum_low`` and ``root_sum_high`` are the roots of the sums of squares of the deviations, ``together_low`` and
    ``together_high`` the values where all tolerances move at once in the most probable direction, where they are
    combined for the quantity; ``largest`` is the tolerance that moves it most. Empty ends: some good circuit has no
    such value, and ``reason`` says which and why.
    """

    circuit: str
    window: str
    quantity: str
    low: float | None
    high: float | None
    root_sum_low: float | None
    root_sum_high: float | None
    together_low: float | None
    together_high: float | None
    largest: str
    reason: str = ""


@dataclass(frozen=True)
class BehaviourRow:
    """What one defect does to the neuron at one severity and window, each quantity relative to the fault-free circuit.

    ``at`` says where the severity comes from. The quantities are those of
    `faultsim.fault_models.behaviour.QUANTITIES`; ``pulses_to_spike`` and ``time_to_spike_s`` are from a full transient,
    and ``transient`` is how that ended.
    ``simulator_view`` and ``tester_view`` are what each view calls it; ``behaviours`` is what is reported, and
    ``confirmed`` the part of it that both views say.
    """

    circuit: str
    defect_id: str
    kind: str
    location: str
    at: str
    severity: float
    unit: str
    r_ohm: float | None
    test: str
    window: str
    integrate_window_s: float
    leaky_window_s: float
    integration_gain: Value
    leak_retention: Value
    phase_advance_rad: Value
    level_shift: Value
    integrate_ratio: Value
    leak_ratio: Value
    smallest_integrate_s: Value
    largest_leaky_s: Value
    weakest_synapse: Value
    switched_synapse: Value
    spikes_anywhere: Value
    spikes_when_silent: Value
    pulses_to_spike: Value
    time_to_spike_s: Value
    transient: str
    behaviours: str
    simulator_view: str
    tester_view: str
    confirmed: str
    measured_by: str
    explanation: str
    reason: str


@dataclass(frozen=True)
class CampaignResult:
    """All rows of a campaign, in plan order."""

    baseline: tuple[BaselineRow, ...]
    currents: tuple[CurrentRow, ...]
    thresholds: tuple[ThresholdRow, ...]
    settings: tuple[SettingRow, ...]
    waveforms: tuple[WaveformRow, ...] = ()
    responses: tuple[ResponseRow, ...] = ()
    equivalents: tuple[EquivalentRow, ...] = ()
    resistors: tuple[ResistorRow, ...] = ()
    neurons: tuple[NeuronRow, ...] = ()
    tolerances: tuple[ToleranceRow, ...] = ()
    behaviours: tuple[BehaviourRow, ...] = ()
    portraits: tuple[PortraitRow, ...] = ()
