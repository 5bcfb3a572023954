"""vectors.csv: one vector per test setting that a healthy circuit passes and some defect fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from faultsim.campaigns.results import SettingKey, ThresholdRow
from faultsim.spice.expressions import Value


@dataclass(frozen=True)
class VectorRow:
    """One test vector.

    Attributes:
        expected: The fault-free value of the observable.
        covers: ``defect>=ohm`` for every open that fails the vector, from that resistance on.
    """

    vector: int
    circuit: str
    pattern: str
    integrate_window_s: float
    leaky_window_s: float
    pulses: int
    vdd_v: float
    temperature_c: float
    observable: str
    expected: Value
    expected_pulse: Value
    covers: str


def vector_rows(
    thresholds: Sequence[ThresholdRow], healthy: Mapping[SettingKey, Mapping[str, Value]]
) -> list[VectorRow]:
    """Return the vectors of a campaign.

    Args:
        thresholds: Rows of thresholds.csv.
        healthy: The fault-free observables of every setting.
    """
    settings: dict[SettingKey, list[ThresholdRow]] = {}
    for row in thresholds:
        settings.setdefault(row.setting, []).append(row)
    useful = {key: rows for key, rows in settings.items() if any(row.threshold_ohm is not None for row in rows)}
    return [_vector(number, rows, healthy[key]) for number, (key, rows) in enumerate(useful.items(), start=1)]


def _vector(number: int, rows: Sequence[ThresholdRow], healthy: Mapping[str, Value]) -> VectorRow:
    first = rows[0]
    seen = [f"{row.defect_id}>={row.threshold_ohm!r}" for row in rows if row.threshold_ohm is not None]
    return VectorRow(
        vector=number,
        circuit=first.circuit,
        pattern=first.pattern,
        integrate_window_s=first.integrate_window_s,
        leaky_window_s=first.leaky_window_s,
        pulses=first.pulses,
        vdd_v=first.vdd_v,
        temperature_c=first.temperature_c,
        observable=first.observable,
        expected=healthy[first.observable],
        expected_pulse=healthy["pulses_to_spike"],
        covers=" ".join(seen),
    )
