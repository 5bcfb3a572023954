"""Diagnosis of random single defects: is the true one in the top group, how large is that, how wide the severity range.

    python benchmarks/bench_diagnosis.py [--runs FOLDER] [--samples 500] [--seed 1]

Runs lats2024, bridges4 and devices4 and chooses vectors for them where FOLDER does not have them yet. Each sample is a
defect that the set covers, at a severity between the mildest that any vector sees and the severest, evenly in
logarithms. Its responses are simulated in SPICE: first those to the set, then those to the vectors that the diagnosis
asks for, until none tells its top group apart.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from faultsim.campaigns.lab import Lab
from faultsim.campaigns.limits import first_pulse, number
from faultsim.cli.finished import finished
from faultsim.cli.vectors import opened
from faultsim.fault_models.defect import Defect
from faultsim.vectors.check import Check
from faultsim.vectors.chooser import Aim
from faultsim.vectors.diagnosis import Explanation, explain, suggest
from faultsim.vectors.dictionary import Dictionary
from faultsim.vectors.dictionary_file import dictionary_of
from faultsim.vectors.dictionary_maker import dictionary_record
from faultsim.vectors.lot import TestResult
from faultsim.vectors.named_set import NamedSet
from faultsim.vectors.probe import Probe
from faultsim.vectors.space import load_space
from faultsim.vectors.tester import load_tester
from faultsim.vectors.vector_set import Subject, VectorSet, make_set

CAMPAIGNS = ("lats2024", "bridges4", "devices4")
MOST_ASKED = 12


@dataclass(frozen=True)
class Sample:
    """One diagnosis.

    Attributes:
        found: The true defect is in the top group.
        group: How many defects are.
        alike: How many circuits the full matrix cannot tell from the true one, itself counted.
        inside: The true severity is in the range.
        decades: Width of the range.
        asked: Vectors that were applied besides the set.
    """

    found: bool
    group: int
    alike: int
    inside: bool
    decades: float
    asked: int


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=Path, default=None)
    options.add_argument("--samples", type=int, default=500)
    options.add_argument("--seed", type=int, default=1)
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
        asked = [(one, source.random()) for one in source.choices(covered(vectors), k=given.samples)]
        view.stage("samples", len(asked))

        def sampled(one: tuple[Defect, float]) -> Sample:
            found = sample(vectors, dictionary, lab, *one)
            if given.verbose:
                print(one[0].id, f"{one[1]:.3f}", found, flush=True)
            view.advance()
            return found

        report(list(pool.map(sampled, asked)))


def covered(vectors: VectorSet) -> list[Defect]:
    """Return the defects that the set covers."""
    certificates = vectors.certificates
    return [
        defect
        for defect in vectors.matrix.defects
        if any(certificates[check.id, defect.id].seen.first is not None for check in vectors.checks)
    ]


def sample(vectors: VectorSet, dictionary: Dictionary, lab: Lab, defect: Defect, share: float) -> Sample:
    """Diagnose a defect at a severity.

    Args:
        vectors: The set.
        dictionary: What it is diagnosed with.
        lab: Simulates the responses.
        defect: The true defect.
        share: Where between the mildest severity that is seen and the severest, from 0 to 1.
    """
    firsts = [vectors.certificates[check.id, defect.id].seen.first for check in vectors.checks]
    first, last = min(one for one in firsts if one is not None), len(vectors.matrix.grids[defect.id]) - 1
    place = round(first + share * (last - first))
    named = dict(NamedSet(vectors).numbered)
    names = {check.id: name for name, check in named.items()}
    named |= {check.id: check for check in vectors.matrix.checks if check.id not in names}
    results = [answer(vectors, lab, name, named[name], defect, place) for name in names.values()]
    explanations, more = explain(dictionary, results), 0
    while more < MOST_ASKED:
        suggested = suggest(dictionary, group_of(explanations), [result.name for result in results])
        if len(group_of(explanations)) < 2 or not suggested:
            break
        name, more = suggested[0].vector, more + 1
        results.append(answer(vectors, lab, name, named[name], defect, place))
        explanations = explain(dictionary, results)
    return judged(vectors, explanations, defect, place, more)


def answer(vectors: VectorSet, lab: Lab, name: str, check: Check, defect: Defect, place: int) -> TestResult:
    """Return what a tester sees of a defect."""
    grid = vectors.matrix.grids[defect.id]
    probe = Probe(lab, check, defect, grid)
    probe.verdict(place)
    [(_, value)] = probe.values or [(0.0, None)]
    passed = check.limits.passes(check.expected, value)
    if check.candidate.measures:
        return TestResult(1, name, passed, number(value), check.limits.low, check.limits.high, "A")
    return TestResult(1, name, passed, spike_pulse=first_pulse(value))


def group_of(explanations: Sequence[Explanation]) -> list[Explanation]:
    return [one for one in explanations if one.in_group]


def judged(vectors: VectorSet, explanations: Sequence[Explanation], defect: Defect, place: int, more: int) -> Sample:
    group, severity = group_of(explanations), vectors.matrix.grids[defect.id][place]
    own = next(one for one in explanations if one.suspect.id == defect.id)
    inside = own.low * (1 - 1e-9) <= severity <= own.high * (1 + 1e-9)
    alike = sum(1 for _ in equals(vectors, defect, place))
    return Sample(own in group, len(group), alike, inside, float(np.log10(own.high / own.low)), more)


def equals(vectors: VectorSet, defect: Defect, place: int) -> Iterator[Defect]:
    """Yield the defects that have a severity at which every candidate does what it does of the true one."""
    matrix = vectors.matrix
    wanted = [fails(vectors, check, defect, place) for check in matrix.checks]
    for other in matrix.defects:
        firsts = {seen.first for check in matrix.checks if (seen := matrix.get(check, other)).first is not None}
        places = {0, len(matrix.grids[other.id]) - 1, *firsts, *(max(first - 1, 0) for first in firsts)}
        if any([fails(vectors, check, other, at) for check in matrix.checks] == wanted for at in places):
            yield other


def fails(vectors: VectorSet, check: Check, defect: Defect, place: int) -> bool:
    first = vectors.matrix.get(check, defect).first
    return first is not None and place >= first


def report(samples: Sequence[Sample]) -> None:
    count = len(samples)

    def share(flags: Iterator[bool]) -> str:
        return f"{sum(flags) / count:.1%}"

    groups, alike = [one.group for one in samples], [one.alike for one in samples]
    print(f"{count} random single defects")
    print(f"true defect in the top group: {share(one.found for one in samples)}")
    print(f"top group no larger than the matrix's own class: {share(one.group <= one.alike for one in samples)}")
    print(f"defects in the top group, median and mean: {np.median(groups):g}, {np.mean(groups):.2f}")
    print(f"in the class: {np.median(alike):g}, {np.mean(alike):.2f}")
    print(f"severity range contains the true one: {share(one.inside for one in samples)}")
    print(f"width of the range, median: {np.median([one.decades for one in samples]):.2f} decades")
    print(f"vectors applied besides the set, mean: {np.mean([one.asked for one in samples]):.2f}")


if __name__ == "__main__":
    main()
