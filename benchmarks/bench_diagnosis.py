"""Diagnosis of random single defects: is the true one in the top group, how large is that, how wide the severity range.

    python benchmarks/bench_diagnosis.py [--runs FOLDER] [--samples 500] [--seed 1] [--varied] [--verdicts]

Runs lats2024, bridges4 and devices4 and chooses vectors for them where FOLDER does not have them yet. Each sample is a
defect that the set covers, at a severity between the mildest that a detecting vector sees and the severest, evenly in
logarithms. Its responses are simulated in SPICE: first those to the vectors that detect, then those to the further ones
that the diagnosis asks for, until none of the program tells its top group apart.

Readings are off by what the tester's accuracy allows, drawn anew for each, and rounded to its resolution.
With --varied each part is of a process of its own, every tolerance of the circuit drawn with its ends at three sigma,
and the tester has one of its errors of edges and levels, or none.

With --verdicts readings are left out, and pulses, as of a tester that says pass and fail alone.

A part that passes, its severity next to a threshold, is counted and not diagnosed.

A defect's class are those that the matrix of all candidates cannot tell from it: that have a severity at which no
candidate is known to say another thing. Of a certified entry all but what is between two neighbouring severities is
known, of an estimated one all that its doubts leave, of one that a tester's errors hide nothing beyond what passes.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faultsim.campaigns.grid import Grid
from faultsim.campaigns.lab import Lab
from faultsim.campaigns.limits import first_pulse, number
from faultsim.campaigns.question import Question
from faultsim.campaigns.tolerance import corner_at
from faultsim.circuits.variant import NOMINAL, Corner
from faultsim.cli.finished import finished
from faultsim.cli.vectors import opened
from faultsim.fault_models.defect import Defect
from faultsim.vectors.check import Check
from faultsim.vectors.chooser import Aim
from faultsim.vectors.diagnosis import Explanation, explain
from faultsim.vectors.dictionary import Dictionary, Entry, Floats, Suspect
from faultsim.vectors.dictionary_file import dictionary_of
from faultsim.vectors.dictionary_maker import dictionary_record
from faultsim.vectors.lot import PartResult, TestResult
from faultsim.vectors.named_set import NamedSet
from faultsim.vectors.part_diagnosis import Diagnosis
from faultsim.vectors.space import load_space
from faultsim.vectors.suggestion import suggest
from faultsim.vectors.tester import Applied, load_tester
from faultsim.vectors.vector_set import Subject, VectorSet, make_set

CAMPAIGNS = ("lats2024", "bridges4", "devices4")


@dataclass(frozen=True)
class Part:
    """A part with a defect.

    Attributes:
        defect: The true defect.
        share: Its severity: where between the mildest that a detecting vector sees and the severest, 0 to 1.
        corner: What its process is like.
        error: Which of the tester's errors it meets, and what those of its readings are drawn from.
    """

    defect: Defect
    share: float
    corner: Corner
    error: int


@dataclass(frozen=True)
class Sample:
    """One diagnosis.

    Attributes:
        found: The true defect is in the top group.
        group: How many defects are.
        alike: How many circuits the full matrix cannot tell from the true one, itself counted.
        inside: The true severity is in the range.
        decades: Width of the range.
        asked: Vectors that were applied besides those that detect.
        explained: It is said that a defect explains the responses.
    """

    found: bool
    group: int
    alike: int
    inside: bool
    decades: float
    asked: int
    explained: bool


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=Path, default=None)
    options.add_argument("--samples", type=int, default=500)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--varied", action="store_true", help="draw the tolerances of each part")
    options.add_argument("--verdicts", action="store_true", help="leave readings and pulses out")
    options.add_argument("--verbose", action="store_true", help="print each sample")
    given = options.parse_args()
    folder = given.runs or Path(tempfile.mkdtemp())
    runs = [folder / name for name in CAMPAIGNS]
    for name, run in zip(CAMPAIGNS, runs, strict=True):
        if not (run / "manifest.json").is_file():
            subprocess.run([sys.executable, "-m", "faultsim", "run", name, "--out", str(run)], check=True)
    subject = Subject([finished(run).plan for run in runs], load_space("small")[1], load_tester("bench"))
    with opened(runs[0], subject.network, None, None) as (lab, pool, view):
        vectors = make_set(subject, Aim(), True, lab, pool, view)
        dictionary = dictionary_of(dictionary_record(NamedSet(vectors)))
        source = random.Random(given.seed)
        defects = source.choices(covered(vectors), k=given.samples)
        asked = [Part(defect, source.random(), *drawn(subject, source, given.varied)) for defect in defects]
        view.stage("samples", len(asked))

        def sampled(part: Part) -> Sample | None:
            found = sample(vectors, dictionary, lab, part, given.verdicts)
            if given.verbose:
                print(part.defect.id, f"{part.share:.3f}", found, flush=True)
            view.advance()
            return found

        report(list(pool.map(sampled, asked)))


def drawn(subject: Subject, source: random.Random, varied: bool) -> tuple[Corner, int]:
    """Return the process of a part, and the tester's error: even numbers are none of edges and levels."""
    error = source.randrange(10**6)
    if not varied:
        return NOMINAL, 2 * error
    shares = {name: source.gauss(0, 1 / 3) for name in subject.network.sidecar.tolerance}
    return corner_at(subject.network, shares), error


def covered(vectors: VectorSet) -> list[Defect]:
    """Return the defects that the set covers."""
    named, certificates = NamedSet(vectors), vectors.certificates
    return [
        defect
        for defect in vectors.matrix.defects
        if any(named.counts(defect, certificates[check.id, defect.id]) for check in vectors.choice.checks)
    ]


def sample(vectors: VectorSet, dictionary: Dictionary, lab: Lab, part: Part, verdicts: bool) -> Sample | None:
    """Diagnose a part, by the vectors that detect, then by those that are asked for; none of one that passes."""
    defect = part.defect
    grid = vectors.matrix.grids[defect.id]
    firsts = [vectors.certificates[check.id, defect.id].seen.first for check in vectors.choice.checks]
    first, last = min(one for one in firsts if one is not None), len(grid) - 1
    place = first + part.share * (last - first)
    named = dict(NamedSet(vectors).numbered)
    detecting = [name for name, check in named.items() if check not in vectors.extras]

    def applied(name: str) -> TestResult:
        found = answer(vectors, lab, name, named[name], part, place)
        return TestResult(1, name, found.passed) if verdicts else found

    results = [applied(name) for name in detecting]
    if all(result.passed for result in results):
        return None
    explanations = explain(dictionary, results)
    while True:
        suggested = suggest(dictionary, group_of(explanations), [result.name for result in results])
        if len(group_of(explanations)) < 2 or not suggested or not suggested[0].ready:
            found = Diagnosis(dictionary, PartResult("", tuple(results)), detecting, explanations)
            return judged(vectors, found, defect, place, len(results) - len(detecting))
        results.append(applied(suggested[0].vector))
        explanations = explain(dictionary, results)


def answer(vectors: VectorSet, lab: Lab, name: str, check: Check, part: Part, place: float) -> TestResult:
    """Return what a tester sees of a part."""
    candidate, tester = check.candidate, vectors.subject.tester
    errors = tester.corners(candidate.stimulus, candidate.conditions)
    applied = Applied("", candidate.stimulus, candidate.conditions)
    if part.error % 2:
        applied = errors[part.error // 2 % len(errors)]
    point = replace(applied.conditions, corner=applied.conditions.corner.along(part.corner))
    severity = between(vectors.matrix.grids[part.defect.id], place)
    asked = Question(applied.stimulus, point, part.defect, severity, reads=(candidate.observable,))
    value = lab.ask(asked)[1].values.get(candidate.observable)
    if not candidate.measures:
        return TestResult(1, name, check.limits.passes(check.expected, value), spike_pulse=first_pulse(value))
    seen = number(value)
    if seen is not None:
        accuracy, step = tester.spec.current_accuracy, tester.spec.current_resolution
        off = random.Random(f"{part.error} {name}").uniform(-accuracy, accuracy)
        seen = round(seen * (1 + off) / step) * step
    passed = check.limits.passes(check.expected, seen)
    return TestResult(1, name, passed, seen, check.limits.low, check.limits.high, "A")


def between(grid: Grid, place: float) -> float:
    """Return the severity at a place of a grid, which may be between two."""
    low, high = grid[int(np.floor(place))], grid[int(np.ceil(place))]
    return float(low * (high / low) ** (place % 1))


def group_of(explanations: Sequence[Explanation]) -> list[Explanation]:
    return [one for one in explanations if one.in_group]


def judged(vectors: VectorSet, found: Diagnosis, defect: Defect, place: float, asked: int) -> Sample:
    group, severity = found.group, between(vectors.matrix.grids[defect.id], place)
    own = next(one for one in found.explanations if one.suspect.id == defect.id)
    inside = own.low * (1 - 1e-9) <= severity <= own.high * (1 + 1e-9)
    alike = in_class(found.dictionary, own.suspect, place)
    width = float(np.log10(own.high / own.low))
    return Sample(own in group, len(group), alike, inside, width, asked, found.explained)


def in_class(dictionary: Dictionary, true: Suspect, place: float) -> int:
    """Return how many defects have a severity at which each candidate may say what it says of the true one."""
    below, above = (verdicts(dictionary, true)[int(end)] for end in (np.floor(place), np.ceil(place)))
    wanted = np.where(below == above, below, 0)
    return sum(bool((verdicts(dictionary, other) * wanted >= 0).all(axis=1).any()) for other in dictionary.suspects)


@cache
def verdicts(dictionary: Dictionary, suspect: Suspect) -> NDArray[np.int8]:
    """Return what candidates say at all places: 1 fails, -1 passes, 0 not known; shape (places, candidates)."""
    columns = [verdict(suspect.entries[vector], suspect.places) for vector in dictionary.times_s]
    return np.stack(columns, axis=1)


def verdict(entry: Entry, places: Floats) -> NDArray[np.int8]:
    found = np.full(places.shape, -1, dtype=np.int8)
    for change in entry.changes:
        found[places > change.after] = 0
        found[places >= change.before] = 1 if change.fails else -1
    return found


def report(tested: Sequence[Sample | None]) -> None:
    samples = [one for one in tested if one is not None]
    count = len(samples)

    def share(flags: Iterator[bool]) -> str:
        return f"{sum(flags) / count:.1%}"

    groups, alike = [one.group for one in samples], [one.alike for one in samples]
    print(f"{len(tested)} random single defects, {len(tested) - count} of which pass the vectors that detect")
    print(f"true defect in the top group: {share(one.found for one in samples)}")
    print(f"top group no larger than the matrix's own class: {share(one.group <= one.alike for one in samples)}")
    print(f"defects in the top group, median and mean: {np.median(groups):g}, {np.mean(groups):.2f}")
    print(f"in the class: {np.median(alike):g}, {np.mean(alike):.2f}")
    print(f"severity range contains the true one: {share(one.inside for one in samples)}")
    print(f"width of the range, median: {np.median([one.decades for one in samples]):.2f} decades")
    print(f"said to be explained by no single defect: {share(not one.explained for one in samples)}")
    print(f"vectors applied besides those that detect, mean: {np.mean([one.asked for one in samples]):.2f}")


if __name__ == "__main__":
    main()
