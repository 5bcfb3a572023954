"""vectors.csv: a row for each test that a healthy circuit passes and some defect fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from faultsim.campaigns.results import SettingRow, ThresholdRow
from faultsim.circuits.variant import NOMINAL
from faultsim.spice.expressions import Value

_SEEN = {"fails_above": ">=", "fails_below": "<="}


@dataclass(frozen=True)
class VectorRow:
    """One test vector.

    Attributes:
        vector: Its name in the tester's files; a number where there are none.
        test: What it is, in words.
        time_s: On the tester; None where none was asked about.
        expected: The fault-free value of the observable.
        weights: Weights before the vector, as the circuit is written or set.
        program: Weights that are programmed first; empty for none.
        start_s: Start of the first coding window.
        limit_low: Of a measured quantity, between which it has to be; None where it has to be equal.
        covers: ``defect>=severity`` for every defect that fails the vector from that severity on, ``defect<=severity``
            for one that fails it up to there.
    """

    vector: str
    test: str
    circuit: str
    time_s: float | None
    weights: str
    program: str
    program_delay_s: float | None
    pattern: str
    start_s: float
    integrate_window_s: float
    leaky_window_s: float
    pulses: int
    vdd_v: float
    temperature_c: float
    observable: str
    expected: Value
    limit_low: float | None
    limit_high: float | None
    expected_pulse: Value
    covers: str


def vector_rows(thresholds: Sequence[ThresholdRow], settings: Sequence[SettingRow]) -> list[VectorRow]:
    """Return the vectors of a campaign; a process corner is nothing that a tester can set.

    Args:
        thresholds: Rows of thresholds.csv.
        settings: What the fault-free circuit does in every setting.
    """
    vectors: list[VectorRow] = []
    for setting in settings:
        found = [row for row in thresholds if row.setting == setting.key and row.threshold is not None]
        if found and setting.corner == NOMINAL.name:
            covers = " ".join(f"{row.defect_id}{_SEEN[row.direction]}{row.threshold!r}" for row in found)
            vectors.append(_vector(str(len(vectors) + 1), setting, covers))
    return vectors


def _vector(name: str, setting: SettingRow, covers: str) -> VectorRow:
    low, high = _limits(setting)
    return VectorRow(
        vector=name,
        test=f"{setting.test}, {setting.window}",
        circuit=setting.circuit,
        time_s=None,
        weights=setting.weights,
        program=setting.program,
        program_delay_s=setting.program_delay_s,
        pattern=setting.pattern,
        start_s=setting.start_s,
        integrate_window_s=setting.integrate_window_s,
        leaky_window_s=setting.leaky_window_s,
        pulses=setting.pulses,
        vdd_v=setting.vdd_v,
        temperature_c=setting.temperature_c,
        observable=setting.observable,
        expected=setting.expected,
        limit_low=low,
        limit_high=high,
        expected_pulse=setting.pulses_to_spike,
        covers=covers,
    )


def _limits(setting: SettingRow) -> tuple[float | None, float | None]:
    if setting.limits_relative is None or not isinstance(setting.expected, float):
        return None, None
    ends = [setting.expected * (1 + sign * setting.limits_relative) for sign in (-1, 1)]
    return min(ends), max(ends)
