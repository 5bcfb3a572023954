"""Which transient shows a defect best, and what is kept of its waveforms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from faultsim.campaigns.drawn import rounded
from faultsim.campaigns.plan import Setting, ThresholdTask
from faultsim.campaigns.question import Question
from faultsim.campaigns.results import FAILS_BELOW, PortraitRow, Samples, ThresholdRow
from faultsim.circuits.variant import NOMINAL
from faultsim.fault_models.defect import Defect
from faultsim.spice.job import Trace
from faultsim.spice.waveform import Waveform

_TOLERANCE = 4e-3
"""Of a waveform's range: a line's width in a drawing that is two inches high."""
_TELLING = 0.02
"""Of its range in the fault-free circuit, and of the supply: what a probe has to move by to be kept."""
_HARDLY = 0.01
"""A fault-free range below this share of the faulty one counts as none."""


class Side(StrEnum):
    """Of its threshold, the one that a transient lies on."""

    PASSES = "passes"
    FAILS = "fails"


@dataclass(frozen=True)
class Pose:
    """What a defect is drawn in.

    Attributes:
        row: The threshold that the transient backs.
        severity: At which it was simulated.
        side: Whether it passes or fails there.
    """

    row: ThresholdRow
    severity: float
    side: Side


def pose_of(rows: Sequence[ThresholdRow]) -> Pose | None:
    """Return the failing transient of the setting that sees a defect best; without one, the severest that passes.

    Args:
        rows: All thresholds of one defect. A process corner, which nobody can choose, comes last.

    Returns:
        None where no transient is known to pass or to fail.
    """
    found = [row for row in rows if row.fails_at is not None]
    below = any(row.direction == FAILS_BELOW for row in rows)
    if found:
        best = min(found, key=lambda row: (row.corner != NOMINAL.name, _rank(row.fails_at, below)))
        return Pose(best, _known(best.fails_at), Side.FAILS)
    passing = [row for row in rows if row.passes_at is not None]
    if not passing:
        return None
    severest = min(passing, key=lambda row: (row.corner != NOMINAL.name, _rank(row.passes_at, not below)))
    return Pose(severest, _known(severest.passes_at), Side.PASSES)


def portrait_of(pose: Pose, trace: Trace, backdrop: PortraitRow, key: str, vectors: Mapping[str, str]) -> PortraitRow:
    """Return what is kept of a transient: the probes that are not as in the fault-free circuit.

    Args:
        pose: What was simulated.
        trace: The transient.
        backdrop: The fault-free circuit in the same setting.
        key: The transient's, in the store.
        vectors: What each probe is in SPICE; a voltage has to move by a share of the supply.
    """
    row = pose.row
    least = {name: _TELLING * row.vdd_v if vector.lower().startswith("v(") else 0.0 for name, vector in vectors.items()}
    waves = {
        name: wave
        for name, wave in trace.waveforms.items()
        if name not in backdrop.traces or _differ(wave, backdrop.traces[name], least.get(name, 0.0))
    }
    return PortraitRow(
        defect_id=row.defect_id,
        test=row.test,
        window=row.window,
        corner=row.corner,
        vdd_v=row.vdd_v,
        temperature_c=row.temperature_c,
        severity=pose.severity,
        unit=row.unit,
        side=pose.side.value,
        transient=key,
        network=row.network,
        traces=_kept(waves),
    )


def backdrop_of(setting: Setting, trace: Trace, key: str, network: str) -> PortraitRow:
    """Return what is kept of the fault-free circuit in a setting: every probe."""
    test, window, vdd_v, temperature_c, corner = setting.key
    return PortraitRow(
        defect_id="",
        test=test,
        window=window,
        corner=corner,
        vdd_v=vdd_v,
        temperature_c=temperature_c,
        severity=None,
        unit="",
        side="",
        transient=key,
        network=network,
        traces=_kept(trace.waveforms),
    )


def question_of(defect: Defect, setting: Setting, pose: Pose) -> Question:
    """Return what was asked when the threshold was certified."""
    return ThresholdTask(defect, setting).question(pose.severity)


def _rank(severity: float | None, falling: bool) -> float:
    """Return a number that is the smaller the sooner a defect is seen: an open at a small, a bridge at a large one."""
    return -_known(severity) if falling else _known(severity)


def _known(severity: float | None) -> float:
    assert severity is not None
    return severity


def _kept(waves: Mapping[str, Waveform]) -> dict[str, Samples]:
    thin = {name: wave.thinned(_TOLERANCE) for name, wave in waves.items()}
    return {name: (rounded(wave.time_s), rounded(wave.values)) for name, wave in thin.items()}


def _differ(wave: Waveform, backdrop: Samples, least: float) -> bool:
    """Return whether a waveform is off the fault-free one, by more than the least, where both have been simulated."""
    other = Waveform(np.array(backdrop[0]), np.array(backdrop[1]))
    times = np.union1d(other.time_s, wave.time_s)
    common = times[times <= min(wave.time_s[-1], other.time_s[-1])]
    size = max(float(np.ptp(other.values)), _HARDLY * float(np.ptp(wave.values)))
    return bool(np.abs(wave.at(common) - other.at(common)).max(initial=0.0) > max(_TELLING * size, least))
