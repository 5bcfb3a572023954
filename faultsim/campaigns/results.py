"""What a campaign found, one dataclass per row of its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from faultsim.spice.expressions import Value

SettingKey = tuple[str, str, float, float]
"""Test, window, VDD in V, temperature in C."""


class Detection(StrEnum):
    """IEEE 2427's verdict on a defect; a failed simulation is never a detection."""

    DETECTED = "detected"
    UNDETECTED = "undetected"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class BaselineRow:
    """The fault-free circuit under one pattern (LATS 2024 Table III)."""

    circuit: str
    pattern: str
    im_wr_a: Value
    spiked: Value
    pulses_to_spike: Value
    status: str


@dataclass(frozen=True)
class CurrentRow:
    """One point of a measured quantity over severity (LATS 2024 Fig. 9); severity 0 is the fault-free circuit."""

    circuit: str
    defect_id: str
    r_ohm: float
    im_wr_a: Value


@dataclass(frozen=True)
class ThresholdRow:
    """One defect under one setting."""

    circuit: str
    defect_id: str
    kind: str
    location: str
    test: str
    window: str
    observable: str
    vdd_v: float
    temperature_c: float
    pattern: str
    integrate_window_s: float
    leaky_window_s: float
    pulses: int
    verdict: str
    direction: str
    r_pass_ohm: float | None
    r_fail_ohm: float | None
    threshold_ohm: float | None
    crossings: int
    transients: int
    reason: str

    @property
    def setting(self) -> SettingKey:
        """Return what tells its setting from the others."""
        return self.test, self.window, self.vdd_v, self.temperature_c


@dataclass(frozen=True)
class CampaignResult:
    """All rows of a campaign, in plan order.

    Attributes:
        healthy: The fault-free observables of every setting.
    """

    baseline: tuple[BaselineRow, ...]
    currents: tuple[CurrentRow, ...]
    thresholds: tuple[ThresholdRow, ...]
    healthy: Mapping[SettingKey, Mapping[str, Value]]
