"""One of every figure that matplotlib draws, of rows that are made up, for what holds for all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cache, partial
from types import MappingProxyType
from typing import Any

import numpy as np

from faultsim.campaigns.results import BehaviourRow, CurrentRow, ResponseRow, ThresholdRow, ToleranceRow
from faultsim.campaigns.shmoo import ShmooMap
from faultsim.campaigns.windows import PlaneSpec
from faultsim.circuits.sidecar import StimulusSpec
from faultsim.circuits.stimulus import Stimulus
from faultsim.reports.drawings.schedules import coding_figure, timing_figure
from faultsim.reports.figures.behaviours import behaviour_figure
from faultsim.reports.figures.canvas import rendered
from faultsim.reports.figures.coverage import cost_figure, resistance_figure
from faultsim.reports.figures.curves import current_figure, response_figure
from faultsim.reports.figures.maps import MapSheet, map_figure
from faultsim.reports.figures.shmoo import shmoo_figure
from faultsim.reports.figures.waveforms import waveform_figure
from faultsim.reports.planes import PlaneMap
from faultsim.spice.waveform import Waveform
from faultsim.vectors.record import DefectRecord, ParetoRecord, SelectionRecord, SetRecord

STIMULUS = StimulusSpec.model_validate(
    {
        "start": "10n",
        "edge": "20p",
        "integrate": "1n",
        "leaky": "9n",
        "pulses": 3,
        "read_delay": "50p",
        "read_width": "0.2n",
        "strobe_width": "0.26n",
        "coding": {"i_max": 2, "t_max": "10n", "intensity": {"1": 2, "g": 1, "0": 0}},
    }
)
PLANE = PlaneSpec.model_validate(
    {
        "integrate": {"start": "1n", "stop": "1.2n", "points": 3},
        "leaky": {"start": "8n", "stop": "10n", "points": 2},
    }
)


def row_of(kind: type[Any], **values: Any) -> Any:
    """Return a row with some of its columns; the others are empty."""
    return kind(**{field.name: values.get(field.name, "") for field in fields(kind)})


def currents(curves: Mapping[str, float], healthy_a: float = 1e-4) -> list[CurrentRow]:
    """Return a curve for each defect: the current, in A, that it has at the largest resistance."""
    rows = [CurrentRow("c", "", 0.0, healthy_a)]
    for name, last in curves.items():
        rows += [CurrentRow("c", name, ohm, healthy_a + (last - healthy_a) * share) for ohm, share in _RESISTANCES]
    return rows


_RESISTANCES = ((100.0, 0.0), (1e4, 0.5), (1e6, 1.0))


def behaviour(name: str, gain: float, retention: float, called: str = "Slow-to-Integrate") -> BehaviourRow:
    """Return a defect on the map of behaviours."""
    values = {"defect_id": name, "window": "original", "integration_gain": gain, "leak_retention": retention}
    return row_of(BehaviourRow, **values, behaviours=called)


def tolerances() -> list[ToleranceRow]:
    bands = {"integration_gain": (0.9, 1.1), "leak_retention": (0.97, 1.03)}
    return [
        row_of(ToleranceRow, window="original", quantity=name, low=low, high=high)
        for name, (low, high) in bands.items()
    ]


def over_resistance() -> list[dict[str, Any]]:
    """Return coverage of which some is unknown, as coverage.json has it."""

    def share(low: float, high: float, weighted: float) -> dict[str, float]:
        return {"low": low, "high": high, "weighted_low": weighted, "weighted_high": high, "total": 5}

    return [
        {"r_ohm": 1e2, "opens": share(0.0, 0.0, 0.0), "bridges": share(0.8, 0.8, 0.8)},
        {"r_ohm": 1e4, "opens": share(0.4, 0.6, 0.5), "bridges": share(0.2, 0.2, 0.2)},
        {"r_ohm": 1e6, "opens": share(1.0, 1.0, 1.0), "bridges": share(0.0, 0.0, 0.0)},
    ]


def chosen_set(aim: str = "least time, s") -> SetRecord:
    """Return a set of two vectors that covers three of four defects, and its curve."""
    selection = SelectionRecord(
        aim=aim,
        target=1.0,
        candidates=9,
        usable=9,
        defects=4,
        cost=2.0,
        bound=2.0,
        gap=0.0,
        greedy_cost=2.0,
        rounds=1,
        entries=36,
        certified=9,
    )
    defects = [
        DefectRecord(
            defect_id=f"Rop{number}",
            weight=1.0,
            unit="ohm",
            direction="fails_above",
            default=1e9,
            demanded=1e9 if number < 3 else None,
            covered_by=["v001"] if number < 3 else [],
        )
        for number in range(4)
    ]
    pareto = [
        ParetoRecord(cost=1.0, covered_weight=1.0, proven=True, vectors=["a"]),
        ParetoRecord(cost=1.5, covered_weight=2.0, proven=False, vectors=["b"]),
        ParetoRecord(cost=2.0, covered_weight=3.0, proven=True, vectors=["a", "b"]),
    ]
    return SetRecord(
        circuit="c",
        campaigns=[],
        only=[],
        candidates="",
        tester="bench",
        rest_s=0.0,
        versions={},
        fingerprints={},
        selection=selection,
        pareto=pareto,
        initial={},
        vectors=[],
        defects=defects,
        refused={},
        withdrawn=[],
    )


def _responses() -> list[ResponseRow]:
    values = {"over": "integrate", "observable": "im_wr_a", "unit": "ohm"}
    points = [(name, severity, iw) for name, severity in (("", None), ("Rop1", 2e4)) for iw in (1e-9, 2e-9)]
    return [
        row_of(ResponseRow, **values, defect_id=name, severity=severity, value=iw, result=iw * 1e5)
        for name, severity, iw in points
    ]


def _waveforms() -> Any:
    time_s = np.linspace(0, 40e-9, 9)
    waves = {name: Waveform(time_s, np.sin(time_s * 1e9)) for name in ("in1", "in2", "im_wr", "mz", "out", "w1", "w2")}
    stimulus = Stimulus("1", STIMULUS, program="1")
    return waveform_figure(waves, stimulus, 1.1, "Rop1 20 kohm", {"out": waves["mz"]})


def _maps() -> Any:
    cells = [(iw, lw) for iw in PLANE.integrate.values_s for lw in PLANE.leaky.values_s]
    rows = {cell: row_of(ThresholdRow, unit="ohm", threshold=1e3 * (1 + place)) for place, cell in enumerate(cells[1:])}
    rows[cells[2]] = row_of(ThresholdRow, unit="ohm", threshold=None)
    found = PlaneMap("Rop1", "inference", rows, {})
    return map_figure(PLANE, MapSheet("inference", 1, "ohm", [found, found]))


def _shmoo() -> Any:
    spikes = np.array([[0, 1], [2, -1], [3, 3]])
    integrate, leaky = (np.array(steps.values_s) for steps in (PLANE.integrate, PLANE.leaky))
    found = ShmooMap(integrate, leaky, spikes, np.zeros(spikes.shape, dtype=bool))
    return shmoo_figure([("fault-free", found), ("Rop1", found)], (1e-9, 9e-9), 3)


FIGURES: Mapping[str, Callable[[], Any]] = MappingProxyType(
    {
        "currents": lambda: current_figure(
            currents({"Rop1": 5e-5, "in1~in2:bridge": 3e-3}), "im_wr_a", {"Rop1": "open", "in1~in2:bridge": "bridge"}
        ),
        "responses": lambda: response_figure(_responses()),
        "waveforms": _waveforms,
        "behaviours": lambda: behaviour_figure([behaviour("Rop1", 0.6, 1.0)], tolerances()),
        "coverage": lambda: resistance_figure(over_resistance()),
        "cost": lambda: cost_figure(chosen_set()),
        "maps": _maps,
        "shmoo": _shmoo,
        "coding": partial(coding_figure, STIMULUS.coding, 1e-9),
        "timing": partial(timing_figure, STIMULUS, 1.1),
    }
)
"""Name -> how it is drawn."""


@cache
def drawn(name: str) -> tuple[str, bytes]:
    """Return a figure as SVG and PNG, drawn once for all tests that only look at it."""
    return rendered(FIGURES[name]())
