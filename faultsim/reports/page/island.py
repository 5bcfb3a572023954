"""The page's data as JSON: what its script sorts, filters and draws from."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from faultsim.campaigns.plan import Plan, Setting
from faultsim.campaigns.results import (
    BehaviourRow,
    CurrentRow,
    PortraitRow,
    Samples,
    SettingKey,
    SettingRow,
    ThresholdRow,
)
from faultsim.circuits.symbols import abridged
from faultsim.reports.coverage import CoverageRow
from faultsim.reports.report import Report
from faultsim.spice.waveform import Waveform

_STEPS = 999
"""A waveform's times and values are whole numbers up to here, over its range."""
_MAGNETISATION = re.compile(r"[(.]m[xyz]\d*\)$")
_POINTS = 150
"""Of a waveform; more show nothing in four inches."""
_TOLERANCE = 4e-3
"""Of a waveform's range, to begin with."""


def island_text(report: Report) -> str:
    """Return the data as JSON that nothing in it can end, as a script element of HTML takes it."""
    text = json.dumps(island(report), separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def island(report: Report) -> dict[str, Any]:
    """Return the data: what rows have in common once, and short lists in the order of their columns.

    Thresholds are ``[setting, verdict, passes_at, threshold, crossings, transients, reason]``, behaviours ``[severity,
    pulse, window, at, name, explanation]``, currents ``[severity, value]``, without defect first, traces ``[start,
    stop, low, high, times, values]``. A text that may be long is its place in ``texts``.
    """
    result = report.result
    places = {row.setting: place for place, row in enumerate(result.settings)}
    texts = _Texts()
    thresholds = _by_defect(result.thresholds)
    behaviours = _by_defect(result.behaviours)
    portraits = {row.defect_id: row for row in result.portraits if row.defect_id}
    leads = {name: lead for lead, names in report.plan.equals.items() for name in names}
    return {
        "circuit": report.plan.network.name,
        "settings": [_setting(row) for row in result.settings],
        "plane": _plane(report.plan),
        "sweep": _sweep(report),
        "backdrops": {
            places[row.setting]: _backdrop(report.plan, row) for row in result.portraits if not row.defect_id
        },
        "defects": [
            {
                **_defect(row),
                "lead": leads.get(row.defect_id, row.defect_id),
                "thresholds": [_threshold(found, places, texts) for found in thresholds.get(row.defect_id, [])],
                "behaviours": [_behaviour(found, texts) for found in behaviours.get(row.defect_id, [])],
                "portrait": _portrait(portraits.get(leads.get(row.defect_id, row.defect_id)), places),
            }
            for row in report.coverage
        ],
        "texts": texts.known,
    }


class _Texts:
    """Numbers texts in the order in which they come, so that each is there once."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def place(self, text: str) -> int:
        """Return a text's number."""
        return self._places.setdefault(text, len(self._places))

    @property
    def known(self) -> list[str]:
        """Return all texts, by number."""
        return list(self._places)


def _by_defect(rows: Sequence[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.defect_id, []).append(row)
    return found


def _setting(row: SettingRow) -> dict[str, Any]:
    return {
        "test": row.test,
        "window": row.window,
        "vdd": row.vdd_v,
        "temperature": row.temperature_c,
        "corner": row.corner,
        "integrate": row.integrate_window_s,
        "leaky": row.leaky_window_s,
        "pulses": row.pulses,
        "pattern": abridged(row.pattern),
        "weights": abridged(row.weights),
        "program": abridged(row.program),
        "observable": row.observable,
        "usable": row.usable,
        "expected": row.expected,
    }


def _plane(plan: Plan) -> dict[str, list[float]] | None:
    spec = plan.spec.plane
    return None if spec is None else {"integrate": list(spec.integrate.values_s), "leaky": list(spec.leaky.values_s)}


def _sweep(report: Report) -> dict[str, Any] | None:
    sweep = report.plan.sweep
    if sweep is None:
        return None
    rows: dict[str, list[CurrentRow]] = _by_defect(report.result.currents)
    pattern = abridged(sweep.stimulus.pattern)
    curves = {name: [[_short(row.r_ohm), _short(row.im_wr_a)] for row in found] for name, found in rows.items()}
    return {"observable": sweep.observable, "pattern": pattern, "curves": curves}


def _defect(row: CoverageRow) -> dict[str, Any]:
    return {
        "id": row.defect_id,
        "kind": row.kind,
        "location": row.location,
        "verdict": row.verdict,
        "weight": _short(row.weight),
        "unit": row.unit,
        "direction": row.direction,
        "default": _short(row.default),
        "best": _short(row.best_threshold),
        "same_as": row.same_as,
        "undetectable": row.undetectable,
        "reason": row.reason,
    }


def _threshold(row: ThresholdRow, places: Mapping[SettingKey, int], texts: _Texts) -> list[Any]:
    found = [_short(row.passes_at), _short(row.threshold), row.crossings, row.transients]
    return [places[row.setting], row.verdict, *found, texts.place(row.reason)]


def _behaviour(row: BehaviourRow, texts: _Texts) -> list[Any]:
    told = [texts.place(text) for text in (row.window, row.at, row.behaviours, row.explanation)]
    return [_short(row.severity), row.pulses_to_spike, *told]


def _portrait(row: PortraitRow | None, places: Mapping[SettingKey, int]) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "setting": places[row.setting],
        "severity": _short(row.severity),
        "side": row.side,
        "transient": row.transient[:12],
        "traces": {name: _trace(samples) for name, samples in row.traces.items()},
    }


def _backdrop(plan: Plan, row: PortraitRow) -> dict[str, Any]:
    setting: Setting = next(setting for setting in plan.settings if setting.key == row.setting)
    probes = plan.network.sidecar.probes
    return {
        "transient": row.transient[:12],
        "vdd": row.vdd_v,
        "windows": [[_short(start), _short(stop)] for start, stop in setting.stimulus.scope(row.vdd_v)["integrate"]],
        "units": {name: _unit(probes.get(name, "")) for name in row.traces},
        "traces": {name: _trace(samples) for name, samples in row.traces.items()},
    }


def _unit(vector: str) -> str:
    """Return the unit of a SPICE vector; a magnetisation's components are voltages of nets that are called so."""
    if vector.lower().startswith("i("):
        return "A"
    return "" if _MAGNETISATION.search(vector.lower()) else "V"


def _trace(samples: Samples) -> list[Any]:
    times, values = _thinned(samples)
    start, stop, low, high = times[0], times[-1], min(values), max(values)
    across = [_share(time, start, stop) for time in times]
    up = [_share(value, low, high) for value in values]
    return [_short(start), _short(stop), _short(low), _short(high), across, up]


def _thinned(samples: Samples) -> Samples:
    """Return no more samples than a drawing shows, with every peak: a spike is as short as a line is wide."""
    wave, tolerance = Waveform(np.array(samples[0]), np.array(samples[1])), _TOLERANCE
    while wave.time_s.size > _POINTS:
        wave, tolerance = wave.thinned(tolerance), 2 * tolerance
    return wave.time_s.tolist(), wave.values.tolist()


def _share(value: float, low: float, high: float) -> int:
    return round(_STEPS * (value - low) / (high - low)) if high > low else 0


def _short(value: Any) -> Any:
    """Return a number to four digits, None for one that JSON does not have, anything else as it is."""
    if not isinstance(value, float):
        return value
    return float(f"{value:.4g}") if math.isfinite(value) else None
