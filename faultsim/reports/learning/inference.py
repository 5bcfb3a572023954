"""What an examination of trained crossbars leaves: who answers which character first, a figure, a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from faultsim.learning.examination import InferenceRow, RecognitionRow, kind_of, recognition_rows
from faultsim.learning.training import Training
from faultsim.learning.trial import Curriculum
from faultsim.reports.figures.canvas import blank, label, rendered
from faultsim.reports.figures.figure import Figure
from faultsim.reports.learning.study import Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Plot

_MS = 1e3
_NOTE = (
    "The crossbars are compared by when their first spike comes, as neurons are that inhibit each other. Each is "
    "simulated on its own: their columns meet only at the input neurons, whose impedance is a hundredth of a synapse's."
)


def inference_study(curriculum: Curriculum, trainings: Sequence[Training], rows: Sequence[InferenceRow]) -> Study:
    """Return what an examination leaves."""
    recognised, failed = recognition_rows(trainings, rows), sum(bool(row.reason) for row in rows)
    right = sum(row.right for row in recognised)
    moved = sum(row.unmoved is False for row in rows)
    return Study(
        kind="inference",
        verb="infer",
        path=curriculum.path,
        title=f"Inference: {curriculum.spec.title}",
        source=curriculum.spec.source,
        verdict=_sentence(right, len(recognised), moved, len(rows), failed),
        tone="unknown" if failed else "seen" if right == len(recognised) else "missed",
        notes=[_NOTE, *curriculum.spec.notes],
        tables={"inference": (InferenceRow, rows), "recognition": (RecognitionRow, recognised)},
        figures=_figures(trainings, rows, recognised),
        shown={"shown_s": curriculum.spec.inference},
        counts={"shown": len(rows), "recognised": right, "of": len(recognised), "unknown": failed},
    )


def _sentence(right: int, of: int, moved: int, shown: int, failed: int) -> str:
    said = f"{right} of {of} characters are answered first by the crossbar that was trained on them." if of else ""
    said += f" In {moved} of {shown} presentations a synapse changed." if moved else " No synapse changed meanwhile."
    return (said + (f" {failed} presentations could not be simulated." if failed else "")).strip()


def _figures(
    trainings: Sequence[Training], rows: Sequence[InferenceRow], recognised: Sequence[RecognitionRow]
) -> dict[str, Figure]:
    if not recognised:
        return {}
    first = recognised[0].kind
    text = f"First spike of each trained crossbar when a character is shown, {first}; framed is the first to answer"
    own = {one.trial.id for one in trainings if kind_of(one) == first}
    picked = [row for row in rows if row.training in own]
    return {"first-spikes": Figure("first-spikes", text, *rendered(first_spikes_figure(picked)))}


def first_spikes_figure(rows: Sequence[InferenceRow]) -> Plot:
    """Draw when each trained crossbar spikes first, character by character."""
    trained, shown = (list(dict.fromkeys(getattr(row, name) for row in rows)) for name in ("trained", "shown"))
    times = np.full((len(trained), len(shown)), np.nan)
    for row in rows:
        if row.first_spike_s is not None:
            times[trained.index(row.trained), shown.index(row.shown)] = row.first_spike_s * _MS
    figure = blank(1.2 + 0.62 * len(shown), 1.0 + 0.4 * len(trained))
    axes = figure.add_subplot()
    axes.set_xlim(-0.5, len(shown) - 0.5)
    axes.set_ylim(len(trained) - 0.5, -0.5)
    for (row_place, column), time_ms in np.ndenumerate(times):
        best = not np.isnan(time_ms) and time_ms == np.nanmin(times[:, column])
        frame = {"facecolor": "none", "edgecolor": "black" if best else "none", "linewidth": 1.2, "boxstyle": "square"}
        text = "-" if np.isnan(time_ms) else f"{time_ms:.3f}"
        axes.text(column, row_place, text, ha="center", va="center", fontsize=7, bbox=frame)
    axes.set_xticks(range(len(shown)), shown)
    axes.set_yticks(range(len(trained)), trained)
    label(axes, "character that is shown; first spike in ms", "trained on")
    return figure
