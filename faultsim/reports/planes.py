"""Thresholds over the plane of windows: maps, and where the trends that LATS 2024 states hold."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from faultsim.campaigns.plan import Plan
from faultsim.campaigns.results import FAILS_BELOW, Detection, NeuronRow, SettingRow, ThresholdRow
from faultsim.campaigns.shmoo import UNKNOWN, ShmooMap

_TURNED = 0.02
"""Of a turn, which counts as another phase."""

Cell = tuple[float, float]
"""Integrate window and leaky window, s."""


@dataclass(frozen=True)
class TrendRow:
    """One threshold of the plane beside its neighbours: the next shorter integrate window, the next longer leaky one.

    ``rises_with_iw``: the threshold is at least that of the shorter integrate window, where one that is not detected
    counts as an open of infinite or a bridge of no resistance; ``rises_as_lw_shrinks`` likewise for the longer leaky
    window. Empty where a neighbour is missing, or one of the two cannot be used. ``threshold_drive`` and ``turns`` are
    the fault-free neuron's, as in `NeuronRow`. ``reason`` says why a trend that the paper states does not hold here.
    """

    circuit: str
    defect_id: str
    test: str
    integrate_window_s: float
    leaky_window_s: float
    verdict: str
    unit: str
    threshold: float | None
    threshold_ohm: float | None
    pulses_to_spike: Any
    threshold_drive: float | None
    turns: float | None
    rises_with_iw: bool | None
    rises_as_lw_shrinks: bool | None
    reason: str


@dataclass(frozen=True, eq=False)
class PlaneMap:
    """The thresholds of one defect under one test, over the plane.

    Attributes:
        thresholds: Cell -> row; a cell that cannot be used has none.
        settings: Cell -> what the fault-free circuit does there.
    """

    defect_id: str
    test: str
    thresholds: Mapping[Cell, ThresholdRow]
    settings: Mapping[Cell, SettingRow]

    def value(self, cell: Cell) -> float | None:
        """Return the threshold; None for a cell that cannot be used or whose verdict is unknown.

        Where nothing is detected it is further than any: infinite for an open, 0 for a bridge.
        """
        row = self.thresholds.get(cell)
        if row is None or row.verdict == Detection.UNKNOWN:
            return None
        undetected = 0.0 if row.direction == FAILS_BELOW else math.inf
        return undetected if row.threshold is None else row.threshold

    def mark(self, cell: Cell) -> str:
        """Return what is written into a cell without a threshold."""
        row = self.thresholds.get(cell)
        if row is None:
            return "x"
        return "?" if row.verdict == Detection.UNKNOWN else "" if row.threshold is not None else "u"

    @property
    def unit(self) -> str:
        """Return the unit of the thresholds."""
        return next(row.unit for row in self.thresholds.values())


def plane_maps(plan: Plan, settings: Sequence[SettingRow], thresholds: Sequence[ThresholdRow]) -> list[PlaneMap]:
    """Return a map for each defect and test that was searched over the plane; none where the campaign has no plane."""
    if plan.spec.plane is None:
        return []
    cells = set(_cells(plan))
    maps = []
    for test in plan.spec.tests:
        own = [row for row in settings if row.test == test.name and _first_point(plan, row)]
        here = {_cell(row): row for row in own if _cell(row) in cells}
        found: dict[str, dict[Cell, ThresholdRow]] = {}
        for row in thresholds:
            if row.test == test.name and _cell(row) in here and _first_point(plan, row):
                found.setdefault(row.defect_id, {})[_cell(row)] = row
        maps += [PlaneMap(defect, test.name, rows, here) for defect, rows in found.items() if len(here) > 1]
    return maps


def fault_free_maps(plan: Plan, settings: Sequence[SettingRow]) -> list[tuple[str, ShmooMap]]:
    """Return on which pulse the fault-free circuit spikes over the plane: tests under which it does the same together.

    None where the campaign has no plane, or a part of it was not simulated.
    """
    if plan.spec.plane is None:
        return []
    integrate, leaky = plan.spec.plane.integrate.values_s, plan.spec.plane.leaky.values_s
    named: list[tuple[list[str], ShmooMap]] = []
    for test in plan.spec.tests:
        here = {_cell(row): row for row in settings if row.test == test.name and _first_point(plan, row)}
        if not all(cell in here for cell in _cells(plan)):
            continue
        spikes = np.array([[_first_spike(here[iw, lw]) for lw in leaky] for iw in integrate])
        alike = next((tests for tests, found in named if np.array_equal(found.first_spike, spikes)), None)
        if alike is None:
            in_spice = np.ones(spikes.shape, dtype=bool)
            named.append(([test.name], ShmooMap(np.array(integrate), np.array(leaky), spikes, in_spice)))
        else:
            alike.append(test.name)
    return [(", ".join(tests), found) for tests, found in named]


def trend_rows(plan: Plan, maps: Sequence[PlaneMap], neurons: Sequence[NeuronRow]) -> list[TrendRow]:
    """Return a row for each cell of each map; what the fault-free neuron does there says why a trend does not hold."""
    at = {(round(row.integrate_window_s, 15), round(row.leaky_window_s, 15)): row for row in neurons}
    return [row for found in maps for row in _trends(plan, found, at)]


def _cells(plan: Plan) -> Iterator[Cell]:
    plane = plan.spec.plane
    assert plane is not None
    for iw in plane.integrate.values_s:
        for lw in plane.leaky.values_s:
            yield iw, lw


def _first_point(plan: Plan, row: SettingRow | ThresholdRow) -> bool:
    """Return whether a row is of the campaign's first operating point."""
    point = plan.conditions[0]
    return (row.vdd_v, row.temperature_c, row.corner) == (point.vdd_v, point.temperature_c, point.corner.name)


def _cell(row: SettingRow | ThresholdRow) -> Cell:
    return round(row.integrate_window_s, 15), round(row.leaky_window_s, 15)


def _first_spike(row: SettingRow) -> int:
    if isinstance(row.pulses_to_spike, int):
        return row.pulses_to_spike
    return UNKNOWN if row.spiked is None else 0


def _trends(plan: Plan, found: PlaneMap, neurons: Mapping[Cell, NeuronRow]) -> Iterator[TrendRow]:
    plane = plan.spec.plane
    assert plane is not None
    integrate, leaky = plane.integrate.values_s, plane.leaky.values_s
    for i, iw in enumerate(integrate):
        for j, lw in enumerate(leaky):
            here, setting, row = (iw, lw), found.settings.get((iw, lw)), found.thresholds.get((iw, lw))
            beside = [(integrate[i - 1], lw) if i else None, (iw, leaky[j + 1]) if j + 1 < len(leaky) else None]
            rises = [_rises(found, here, other) for other in beside]
            against = [_because(neurons, here, other) for other, up in zip(beside, rises, strict=True) if up is False]
            neuron = neurons.get(here)
            yield TrendRow(
                circuit=plan.network.name,
                defect_id=found.defect_id,
                test=found.test,
                integrate_window_s=iw,
                leaky_window_s=lw,
                verdict=row.verdict if row else "unusable",
                unit=found.unit,
                threshold=row.threshold if row else None,
                threshold_ohm=row.threshold_ohm if row else None,
                pulses_to_spike=setting.pulses_to_spike if setting else None,
                threshold_drive=neuron.threshold_drive if neuron else None,
                turns=neuron.turns if neuron else None,
                rises_with_iw=rises[0],
                rises_as_lw_shrinks=rises[1],
                reason=setting.reason if setting is not None and row is None else "; ".join(filter(None, against)),
            )


def _rises(found: PlaneMap, here: Cell, other: Cell | None) -> bool | None:
    """Return whether a threshold is at least that of a neighbour; None where one of the two is missing."""
    one, two = found.value(here), None if other is None else found.value(other)
    return None if one is None or two is None else one >= two


def _because(neurons: Mapping[Cell, NeuronRow], here: Cell, other: Cell | None) -> str:
    """Return what the fault-free neuron has to do with a threshold that falls where the paper says that it rises."""
    one, two = neurons.get(here), None if other is None else neurons.get(other)
    if one is None or two is None or one.threshold_drive is None or two.threshold_drive is None:
        return ""
    change = (
        f"the neuron's threshold current is {one.threshold_drive / two.threshold_drive - 1:+.1%} beside its neighbour's"
    )
    turned = one.turns - two.turns
    phase = f": it precesses {one.turns:.2f} turns in the leaky window in place of {two.turns:.2f}"
    return change + (phase if abs(turned) > _TURNED else "")
