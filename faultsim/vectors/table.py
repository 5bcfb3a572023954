"""vectors.csv: one vector per test setting that a healthy circuit passes and some defect fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from faultsim.campaigns.results import SettingRow, ThresholdRow
from faultsim.circuits.variant import NOMINAL
from faultsim.spice.expressions import Value


@dataclass(frozen=True)
class VectorRow:
    """One test vector.

    Attributes:
        expected: The fault-free value of the observable.
        program: Weights that are programmed first; empty for none.
        covers: ``defect>=severity`` for every defect that fails the vector, from that severity on.
    """

    vector: int
    circuit: str
    weights: str
    program: str
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
            covers = " ".join(f"{row.defect_id}>={row.threshold!r}" for row in found)
            vectors.append(_vector(len(vectors) + 1, setting, covers))
    return vectors


def _vector(number: int, setting: SettingRow, covers: str) -> VectorRow:
    return VectorRow(
        vector=number,
        circuit=setting.circuit,
        weights=setting.weights,
        program=setting.program,
        pattern=setting.pattern,
        integrate_window_s=setting.integrate_window_s,
        leaky_window_s=setting.leaky_window_s,
        pulses=setting.pulses,
        vdd_v=setting.vdd_v,
        temperature_c=setting.temperature_c,
        observable=setting.observable,
        expected=setting.expected,
        expected_pulse=setting.pulses_to_spike,
        covers=covers,
    )
