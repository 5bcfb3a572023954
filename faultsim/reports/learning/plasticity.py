"""What a measurement of plasticity leaves: curves, regions, the fitted rule, waveforms of Figs. 2 to 4, a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from faultsim.learning.bi_sigmoid import FitRow, RegionRow, fit_rows, region_rows
from faultsim.learning.measure_spec import PlasticitySpec
from faultsim.learning.plasticity import ChangeRow, Plasticity
from faultsim.learning.portraits import Portraits
from faultsim.reports.figures.canvas import rendered
from faultsim.reports.figures.figure import Figure
from faultsim.reports.learning.plasticity_figures import change_figure, input_figure, output_figure, pairs_figure
from faultsim.reports.learning.study import Study


def plasticity_study(path: Path, measure: Plasticity, rows: Sequence[ChangeRow], drawn: Portraits) -> Study:
    """Return what a measurement leaves."""
    spec = measure.spec
    fits, regions = fit_rows(spec, rows), region_rows(spec, rows)
    failed = [row for row in rows if row.reason]
    complete = all(row.from_s is not None for row in regions)
    return Study(
        kind="plasticity",
        verb="measure",
        path=path,
        title=spec.title,
        source=spec.source,
        verdict=_sentence(spec, fits, regions, len(failed)),
        tone="unknown" if failed else "seen" if complete else "missed",
        notes=spec.notes,
        tables={"plasticity": (ChangeRow, rows), "regions": (RegionRow, regions), "fits": (FitRow, fits)},
        figures=dict(_figures(spec, rows, fits, drawn)),
        shown={"published": spec.published, "copies": spec.copies, "junctions": spec.junctions},
        counts={"delays": len(rows), "unknown": len(failed)},
    )


def _sentence(spec: PlasticitySpec, fits: Sequence[FitRow], regions: Sequence[RegionRow], failed: int) -> str:
    reached = sum(row.from_s is not None for row in regions)
    said = f"{reached} of {len(regions)} regions of Fig. 2 are there, five on each of {len(spec.curves)} curves."
    times = [row for row in fits if row.width_s == spec.published.width and row.parameter.startswith("t")]
    parts = [f"{row.parameter} {row.fitted:.1f} ms ({row.law}; published {row.published:.1f})" for row in times]
    said += f" Fitted rule: {', '.join(parts)}." if parts else ""
    return said + (f" {failed} transients failed." if failed else "")


def _figures(
    spec: PlasticitySpec, rows: Sequence[ChangeRow], fits: Sequence[FitRow], drawn: Portraits
) -> Iterator[tuple[str, Figure]]:
    for width_s in dict.fromkeys(curve.width for curve in spec.curves):
        lines = "with the fitted rule as lines and the published one grey (Fig. 2)"
        text = f"Change of conductance over the delay, pulse of {1e3 * width_s:g} ms, {lines}"
        yield f"change-{1e3 * width_s:g}ms", _plotted("change", text, change_figure(spec, width_s, rows, fits))
    if all(trace.waveforms for trace in (*drawn.pairs, drawn.neurons)):
        shown = "Input, output and voltage across the synapse around the output's spike"
        text = f"{shown}, after each of several delays from the input's onset (Fig. 2)"
        yield "pairs", _plotted("waveforms", text, pairs_figure(drawn))
        text = "Input neurons: pulses as often as a pixel is dark, a bias frequency where it is white (Fig. 3)"
        yield "input-neuron", _plotted("waveforms", text, input_figure(drawn.neurons))
        text = "Output neuron whose column a source holds at 60 mV: membrane, column, and one spike enlarged (Fig. 4)"
        yield "output-neuron", _plotted("waveforms", text, output_figure(drawn.neurons))


def _plotted(group: str, caption: str, plot: object) -> Figure:
    return Figure(group, caption, *rendered(plot))  # type: ignore[arg-type]
