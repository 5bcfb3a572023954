"""What trainings with defects leave: a row for each, how many of each kind learn and are seen, a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faultsim.learning.application import Applied
from faultsim.learning.breakage import Breakage, BrokenRow, broken_row
from faultsim.learning.choice import ExposureRow
from faultsim.learning.learning_test import LearningTest, PresentationRow
from faultsim.learning.proof import BrokenTrainings
from faultsim.learning.training import Verdict
from faultsim.reports.figures.canvas import blank, plain, rendered
from faultsim.reports.figures.figure import Figure
from faultsim.reports.figures.palette import DEFECT
from faultsim.reports.learning.study import Study
from faultsim.units import number_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Plot


@dataclass(frozen=True)
class BrokenShareRow:
    """Trainings of one picture with defects of one kind.

    Attributes:
        training: Name of the training.
        defect: What the defects are called, without where they are.
        defects: How many.
        learned: Those with which the picture is learned by one presentation.
        later: Those with which it takes more.
        never: Those with which it never is, as often as it was shown.
        unknown: Those of which a transient failed.
        detected: Those with which a synapse conducts otherwise than in the good crossbar.
        lost: Pixels that are not learned by one presentation, on average over those with which any is not.
    """

    training: str
    defect: str
    defects: int
    learned: int
    later: int
    never: int
    unknown: int
    detected: int
    lost: float | None


@dataclass(frozen=True)
class ApplicationRow:
    """A crossbar that the test was applied to.

    Attributes:
        crossbar: Its name with its initial state.
        defect_id: What is wrong with it; empty where nothing is.
        presentations: How many characters were presented to it.
        shown_after: How many it took until a conductance was outside of the limits; empty where none was.
        shown_by: The character of that presentation.
        reason: Why nothing is known of the last one.
    """

    crossbar: str
    defect_id: str
    presentations: int
    shown_after: int | None
    shown_by: str
    reason: str


def breakage_study(path: Path, made: Breakage, trained: BrokenTrainings) -> Study:
    """Return what trainings with defects leave."""
    spec, test, everything = made.spec, trained.test, list(map(broken_row, trained.all))
    rows = everything[: len(trained.explored)]
    broken = [row for row in rows if row.defect_id]
    applied = [_application_row(one, test) for one in test.applied]
    unknown = sum(row.verdict is Verdict.UNKNOWN for row in everything) + sum(bool(row.reason) for row in applied)
    shares = share_rows(broken)
    return Study(
        kind="breakage",
        verb="train",
        path=path,
        title=spec.title,
        source=spec.source,
        verdict=_sentence(rows, shares, unknown, test),
        tone="unknown" if unknown else "seen",
        notes=[*spec.notes, *dict.fromkeys(note for one in made.trials for note in one.network().sidecar.notes)],
        tables={
            "broken": (BrokenRow, everything),
            "broken-shares": (BrokenShareRow, shares),
            "exposures": (ExposureRow, test.choice.exposures),
            "presentations": (PresentationRow, test.presentations),
            "applications": (ApplicationRow, applied),
        },
        figures={"lost": Figure("lost", _CAPTION, *rendered(_figure(made, broken)))},
        shown={
            "rest": [row for row in broken if row.verdict is not Verdict.LEARNED or not row.detected],
            "shares": shares,
            "presentations": spec.presentations,
            "tolerance": spec.tolerance,
            "test": test,
            "matrix": matrix_rows(test.choice.exposures),
            "explored": len({one.trial.id for one in trained.explored}),
            "escapes": len(trained.escapes),
            "states": sorted({one.crossbar for one in test.applied}),
            "presented": sum(row.presentations for row in applied),
        },
        counts={"trainings": len(everything), "presentations": test.length, "unknown": unknown},
    )


_A_ROW = 5
"""Pictures beside each other."""
_CAPTION = "With how many defects each pixel is not learned by one presentation, training by training"


def _sentence(rows: Sequence[BrokenRow], shares: Sequence[BrokenShareRow], unknown: int, test: LearningTest) -> str:
    good = [row for row in rows if not row.defect_id]
    whole = sum(row.verdict is Verdict.LEARNED and row.presentations == 1 for row in good)
    known = {row.training for row in good if row.presentations == 1}
    asked = [row for row in shares if row.training in known]
    once, later, never = (sum(getattr(row, name) for row in asked) for name in ("learned", "later", "never"))
    length, crossbars = test.length, number_of(sum(row.defects for row in asked), "crossbar")
    said = [
        f"Without a defect {whole} of {number_of(len(good), 'picture')} {'is' if len(good) == 1 else 'are'} learned.",
        f"Of {crossbars} with a defect, shown what is learned without it, {once} still learn it at once, "
        f"{later} by more presentations, {never} never.",
        f"{number_of(length, 'presentation')} show{'s' if length == 1 else ''} {len(test.covered)} of "
        f"{number_of(len(test.choice.defects), 'defect')} by the conductance of a synapse.",
    ]
    return " ".join(said + ([f"{number_of(unknown, 'transient')} failed."] if unknown else []))


def _application_row(one: Applied, test: LearningTest) -> ApplicationRow:
    after = one.shown_after(test.limits) if one.defect else None
    return ApplicationRow(
        crossbar=one.crossbar,
        defect_id=one.defect.id if one.defect else "",
        presentations=len(one.readings),
        shown_after=after,
        shown_by=one.characters[after - 1] if after else "",
        reason=one.reason,
    )


def share_rows(broken: Sequence[BrokenRow]) -> list[BrokenShareRow]:
    """Return how many of each kind learn and are seen."""
    groups: dict[tuple[str, str], list[BrokenRow]] = {}
    for row in broken:
        groups.setdefault((row.training, row.defect_id.rpartition(":")[2]), []).append(row)
    return [_share(*key, group) for key, group in groups.items()]


def _share(training: str, defect: str, group: Sequence[BrokenRow]) -> BrokenShareRow:
    lost = [len(row.lost) for row in group if row.lost]
    return BrokenShareRow(
        training=training,
        defect=defect,
        defects=len(group),
        learned=sum(row.presentations == 1 for row in group),
        later=sum((row.presentations or 0) > 1 for row in group),
        never=sum(row.verdict is Verdict.NOT_LEARNED for row in group),
        unknown=sum(row.verdict is Verdict.UNKNOWN for row in group),
        detected=sum(bool(row.detected) for row in group),
        lost=float(np.mean(lost)) if lost else None,
    )


def matrix_rows(exposures: Sequence[ExposureRow]) -> dict[str, dict[str, int]]:
    """Return how many defects of each kind every character shows in any initialisation: kind -> character -> count."""
    found: dict[str, dict[str, int]] = {}
    for row in exposures:
        counts = found.setdefault(row.defect_id.rpartition(":")[2], {})
        counts[row.character] = counts.get(row.character, 0) + bool(row.detected)
    return found


def _figure(made: Breakage, broken: Sequence[BrokenRow]) -> Plot:
    glyphs = made.curriculum.glyphs
    across = min(len(made.trials), _A_ROW)
    lines = -(-len(made.trials) // across)
    figure = blank(2.2 * across, 2.4 * lines)
    places = list(figure.subplots(lines, across, squeeze=False).flat)
    for axes in places[len(made.trials) :]:
        axes.set_axis_off()
    for axes, trial in zip(places, made.trials, strict=False):
        rows, columns = glyphs.size(trial.character)
        counts = np.zeros(len(trial.request.intensities), dtype=int)
        for row in broken:
            if row.training == trial.id:
                counts[[pixel - 1 for pixel in row.lost]] += 1
        for place, (count, dark) in enumerate(zip(counts, trial.request.intensities, strict=True)):
            _pixel(axes, *divmod(place // glyphs.channels, columns), int(count), dark > 0.5)
        axes.set_xlim(-0.05, columns + 0.05)
        axes.set_ylim(-rows - 0.05, 0.05)
        axes.set_aspect("equal")
        axes.set_axis_off()
        axes.set_title(plain(trial.id), fontsize=8)
    return figure


def _pixel(axes: Any, row: int, column: int, count: int, dark: bool) -> None:
    from matplotlib.patches import Rectangle

    face = "0.75" if dark else "white"
    axes.add_patch(Rectangle((column, -row - 1), 1, 1, facecolor=face, edgecolor="0.5", linewidth=0.5))
    axes.text(column + 0.5, -row - 0.5, str(count), fontsize=7, color=DEFECT, ha="center", va="center")
