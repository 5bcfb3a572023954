"""What a measurement of updates leaves: its table, how well SPICE and the twin agree, the law as a figure, a page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from faultsim.learning.twin.update_law import UpdateLaw
from faultsim.learning.twin.updates import UpdateAgreementRow, UpdateRow, Updates, update_agreement
from faultsim.reports.figures.canvas import blank, label, rendered
from faultsim.reports.figures.figure import Figure
from faultsim.reports.figures.palette import curve_style
from faultsim.reports.learning.study import Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Plot

_LEVEL = 0.01
_MS = 1e3


def update_study(path: Path, measure: Updates, law: UpdateLaw, rows: Sequence[UpdateRow]) -> Study:
    """Return what a measurement leaves."""
    spec, agreement = measure.spec, update_agreement(rows)
    failed = {row.age_s for row in rows if row.reason}
    text = "Change of the number of parallel junctions by one spike of the output, over the age of the input's pulse"
    agrees = bool(agreement) and all(row.p_value > _LEVEL for row in agreement)
    return Study(
        kind="update",
        verb="measure",
        path=path,
        title=spec.title,
        source=spec.source,
        verdict=_sentence(agreement, len(failed)),
        tone="unknown" if failed else "seen" if agrees else "missed",
        notes=spec.notes,
        tables={"updates": (UpdateRow, rows), "update-agreement": (UpdateAgreementRow, agreement)},
        figures={
            "law": Figure("law", f"{text}: by the law as lines, in SPICE as points", *rendered(_figure(law, rows)))
        },
        shown={"agreement": agreement, "level": _LEVEL, "junctions": spec.junctions, "count": spec.updates},
        counts={"updates": len(spec.ages) * spec.updates, "unknown": len(failed)},
    )


def _sentence(agreement: Sequence[UpdateAgreementRow], failed: int) -> str:
    names = {"spice": "SPICE", "twin": "the twin's draws"}
    parts = [
        f"{names[row.source]} against the law over {row.updates:,} updates: chi-square {row.chi_square:.1f} "
        f"for {row.freedom} degrees of freedom, p = {row.p_value:.2g}"
        for row in agreement
    ]
    return f"{'; '.join(parts)}." + (f" At {failed} ages a transient failed." if failed else "")


def _figure(law: UpdateLaw, rows: Sequence[UpdateRow]) -> Plot:
    figure = blank(6.6, 3.6)
    axes = figure.subplots()
    for number, before in enumerate(sorted({row.before for row in rows})):
        style, own = curve_style(number), [row for row in rows if row.before == before]
        junctions = max(row.after for row in own)
        expected = (junctions - before) * law.up - before * law.down
        axes.plot(law.ages_s * _MS, expected, color=style["color"], linestyle=style["linestyle"], linewidth=1.0)
        ages_s = sorted({row.age_s for row in own if row.spice is not None})
        means, errors = _changes(own, ages_s)
        marks = {"marker": style["marker"], "markersize": 4, "linestyle": "", "color": style["color"]}
        said = f"{before} of {junctions} parallel before"
        axes.errorbar(np.array(ages_s) * _MS, means, yerr=errors, elinewidth=0.8, label=said, **marks)
    label(axes, "age of the input's pulse (ms)", "mean change of the number")
    axes.grid(True, linewidth=0.4, alpha=0.6)
    axes.legend(fontsize=7, frameon=False)
    return figure


def _changes(rows: Sequence[UpdateRow], ages_s: Sequence[float]) -> tuple[list[float], list[float]]:
    """Return the mean change in SPICE at each age, and its standard error doubled."""
    means, errors = [], []
    for age_s in ages_s:
        own = [row for row in rows if row.age_s == age_s]
        changes = np.repeat([row.after - row.before for row in own], [row.spice or 0 for row in own])
        means.append(float(changes.mean()))
        errors.append(2 * float(changes.std() / np.sqrt(len(changes))))
    return means, errors
