"""What a measurement of power leaves: Fig. 9, energies, the published values beside ours, a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faultsim.learning.array_energy import ArrayRow
from faultsim.learning.energy import INFERENCE, TRAINING, Energy, PowerRow
from faultsim.learning.energy_comparison import EnergyComparisonRow, comparison_rows
from faultsim.learning.measure_spec import EnergySpec
from faultsim.reports.figures.canvas import blank, label, rendered
from faultsim.reports.figures.figure import Figure
from faultsim.reports.figures.palette import curve_style
from faultsim.reports.learning.study import Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Plot

_NW, _PW = 1e9, 1e12


def energy_study(path: Path, measure: Energy, rows: Sequence[PowerRow], array: Sequence[ArrayRow]) -> Study:
    """Return what a measurement leaves."""
    spec, comparison = measure.spec, list(comparison_rows(measure.spec, rows))
    failed = sum(bool(row.reason) for row in rows) + sum(bool(row.reason) for row in array)
    best = _agreeing(spec, comparison)
    return Study(
        kind="energy",
        verb="measure",
        path=path,
        title=spec.title,
        source=spec.source,
        verdict=_sentence(best, failed),
        tone="unknown" if failed else "seen" if any(good == of for good, of in best.values()) else "missed",
        notes=spec.notes,
        tables={
            "power": (PowerRow, rows),
            "array": (ArrayRow, array),
            "power-comparison": (EnergyComparisonRow, comparison),
        },
        figures=dict(_figures(spec, rows)),
        shown={
            "comparison": comparison,
            "spec": spec,
            "extremes": [_extreme(variation.name, rows) for variation in spec.variations],
        },
        counts={"loads": len(rows), "unknown": failed},
    )


def _agreeing(spec: EnergySpec, comparison: Sequence[EnergyComparisonRow]) -> dict[str, tuple[int, int]]:
    """Return how many of the published values agree, variation by variation."""
    found = {}
    for variation in spec.variations:
        own = [row.agrees for row in comparison if row.variation == variation.name]
        found[variation.name] = sum(own), len(own)
    return found


def _extreme(variation: str, rows: Sequence[PowerRow]) -> dict[str, Any]:
    """Return what the paper's Table 2 has of a work: the most power of an update, the least energy of a spike."""
    own = [row for row in rows if row.variation == variation]
    powers = [row.dissipated_w for row in own if row.mode == TRAINING and row.dissipated_w is not None]
    energies = [row.energy_as_published_j for row in own if row.mode == INFERENCE and row.energy_as_published_j]
    return {
        "name": variation,
        "update_power": max(powers, default=None),
        "energy_per_spike": min(energies, default=None),
    }


def _sentence(best: dict[str, tuple[int, int]], failed: int) -> str:
    parts = [f"{good} of {of} with {name}" for name, (good, of) in best.items()]
    said = f"Published values within a factor of two: {', '.join(parts)}."
    return said + (f" {failed} rows are unknown, because transients failed." if failed else "")


def _figures(spec: EnergySpec, rows: Sequence[PowerRow]) -> Iterator[tuple[str, Figure]]:
    text = "Power of a synapse in training over its junctions, most active input (Fig. 9A)"
    yield "over-junctions", Figure("power", text, *rendered(_over_junctions(spec, rows)))
    text = "Power over the input's frequency: dissipated in training, drawn in inference; stars are published (Fig. 9B)"
    yield "over-frequency", Figure("power", text, *rendered(_over_frequency(spec, rows)))


def _over_junctions(spec: EnergySpec, rows: Sequence[PowerRow]) -> Plot:
    figure = blank(5.2, 3.6)
    axes = figure.add_subplot()
    fastest = max(row.frequency_hz for row in rows)
    own = [row for row in rows if row.mode == TRAINING and row.frequency_hz == fastest]
    _lines(axes, spec, own, "junctions", "dissipated_w", _NW)
    axes.set_xticks(sorted({row.junctions for row in own}))
    axes.set_ylim(bottom=0)
    label(axes, f"junctions of a synapse, {fastest:g} Hz", "power in training (nW)")
    axes.legend(fontsize=8, frameon=False)
    return figure


def _over_frequency(spec: EnergySpec, rows: Sequence[PowerRow]) -> Plot:
    figure = blank(8.4, 3.6)
    most = max(row.junctions for row in rows)
    sides = ((TRAINING, "dissipated_w", _NW, "nW"), (INFERENCE, "drawn_w", _PW, "pW"))
    for axes, (mode, quantity, scale, unit) in zip(figure.subplots(1, 2), sides, strict=True):
        own = [row for row in rows if row.mode == mode and row.junctions == most]
        _lines(axes, spec, own, "frequency_hz", quantity, scale)
        published = [one for one in spec.published if one.mode == mode and one.junctions == most]
        stars: dict[str, Any] = {"marker": "*", "markersize": 10, "linestyle": "", "color": "black"}
        points = [(one.frequency, one.power * scale) for one in published]
        axes.plot(*zip(*points, strict=True), label="published", **stars)
        axes.set_ylim(bottom=0)
        label(axes, f"input's frequency (Hz), {most} junctions", f"power in {mode} ({unit})")
        axes.legend(fontsize=8, frameon=False)
    return figure


def _lines(axes: Any, spec: EnergySpec, rows: Sequence[PowerRow], over: str, quantity: str, scale: float) -> None:
    for number, variation in enumerate(spec.variations):
        own = [row for row in rows if row.variation == variation.name and getattr(row, quantity) is not None]
        own.sort(key=lambda row: getattr(row, over))
        style = curve_style(number)
        points = [(getattr(row, over), getattr(row, quantity) * scale) for row in own]
        axes.plot(*zip(*points, strict=True), label=variation.name, markersize=4, linewidth=1.1, **style)
    axes.grid(True, linewidth=0.4, alpha=0.6)
