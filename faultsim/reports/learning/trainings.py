"""What a run of trainings leaves: tables, decks, histories, figures and a page."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from faultsim.circuits.deck import text_of
from faultsim.learning.results import ShareRow, SynapseRow, TrainingRow, share_rows, synapse_rows, training_row
from faultsim.learning.training import Learner, Training, Verdict
from faultsim.learning.trial import Curriculum
from faultsim.reports.learning.figures import drawn, training_figures
from faultsim.reports.learning.study import Study
from faultsim.reports.tables import cell


def training_study(curriculum: Curriculum, trainings: Sequence[Training]) -> Study:
    """Return what trainings leave."""
    rows, shares = [training_row(one) for one in trainings], share_rows(trainings)
    spec, verdicts = curriculum.spec, [one.verdict for one in trainings]
    return Study(
        kind="training",
        verb="train",
        path=curriculum.path,
        title=spec.title,
        source=spec.source,
        verdict=_sentence(verdicts, spec.last),
        tone=_tone(verdicts),
        notes=[*spec.notes, *dict.fromkeys(note for one in trainings for note in one.notes)],
        tables={
            "trainings": (TrainingRow, rows),
            "synapses": (SynapseRow, list(synapse_rows(trainings))),
            "shares": (ShareRow, shares),
        },
        texts=_texts(curriculum, trainings),
        figures=training_figures(curriculum, trainings),
        shown={
            "last_s": spec.last,
            "failed": [row for row in rows if row.verdict != Verdict.LEARNED],
            "laws": len({row.law for row in shares}) > 1,
            "varied": any(row.explored for row in shares),
        },
        counts={"trainings": len(rows), "verdicts": {verdict.value: verdicts.count(verdict) for verdict in Verdict}},
    )


def _texts(curriculum: Curriculum, trainings: Sequence[Training]) -> Mapping[str, str]:
    decks = {f"decks/{one.trial.id}.cir": text_of(one.trial.network().cards) for one in trainings}
    histories = {
        f"history/{one.trial.id}-output{learner.number}.csv": _history(learner)
        for one in drawn(curriculum, trainings)
        for learner in one.learners
    }
    return decks | histories


def _history(learner: Learner) -> str:
    """Return weights and membrane over time as CSV text."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    membrane = learner.membrane.at(learner.times_s)
    writer.writerow(["time_s", "membrane_v", *(f"w{place + 1}" for place in range(learner.weights.shape[1]))])
    for time_s, volts, weights in zip(learner.times_s, membrane, learner.weights, strict=True):
        writer.writerow([cell(float(value)) for value in (time_s, volts, *weights)])
    return buffer.getvalue()


def _sentence(verdicts: Sequence[Verdict], last_s: float) -> str:
    learned, unknown = verdicts.count(Verdict.LEARNED), verdicts.count(Verdict.UNKNOWN)
    means = f"every synapse on its side of mid-conductance throughout the last {1e3 * last_s:g} ms"
    said = f"{learned} of {len(verdicts)} trainings learned their picture: {means}."
    return said + (f" {unknown} could not be simulated." if unknown else "")


def _tone(verdicts: Sequence[Verdict]) -> str:
    if Verdict.UNKNOWN in verdicts:
        return "unknown"
    return "missed" if Verdict.NOT_LEARNED in verdicts else "seen"
