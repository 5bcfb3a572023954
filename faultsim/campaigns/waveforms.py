"""Which transient a waveform figure shows, and its samples thinned for drawing."""

from __future__ import annotations

from collections.abc import Sequence

from faultsim.campaigns.plan import WaveformTask
from faultsim.campaigns.results import ThresholdRow, WaveformRow
from faultsim.spice.job import Trace
from faultsim.spice.waveform import FloatArray

_TOLERANCE = 1e-3
"""Of a waveform's range: less than a line is wide."""


def drawn_severity(task: WaveformTask, thresholds: Sequence[ThresholdRow]) -> float | None:
    """Return the severity to draw; None for the fault-free circuit, or where there is no such side of a threshold."""
    wanted = task.spec.severity
    if task.defect is None:
        return None
    if isinstance(wanted, float):
        return wanted
    key = task.setting.key
    row = next((row for row in thresholds if (row.defect_id, row.setting) == (task.defect.id, key)), None)
    if row is None:
        return None
    return row.passes_at if wanted == "passes" else row.fails_at


def waveform_row(task: WaveformTask, severity: float | None, trace: Trace) -> WaveformRow:
    """Return what the report keeps of a transient."""
    thin = {name: wave.thinned(_TOLERANCE) for name, wave in trace.waveforms.items()}
    return WaveformRow(
        figure=task.spec.figure,
        caption=task.spec.caption,
        test=task.setting.test,
        window=task.setting.window,
        defect_id=task.defect.id if task.defect else "",
        unit=task.defect.unit if task.defect else "",
        severity=severity,
        spiked=trace.outcome.values.get("spiked"),
        traces={name: (_rounded(wave.time_s), _rounded(wave.values)) for name, wave in thin.items()},
    )


def _rounded(samples: FloatArray) -> list[float]:
    return [float(f"{sample:.6g}") for sample in samples]
