"""``faultsim diagnose``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from faultsim.cli.output import print_json, print_rows, say
from faultsim.cli.vectors import load_record_folder
from faultsim.errors import Problem, SpecError, did_you_mean
from faultsim.units import format_quantity
from faultsim.vectors.diagnosis import Explanation, explain
from faultsim.vectors.dictionary import Dictionary
from faultsim.vectors.dictionary_file import read_dictionary
from faultsim.vectors.lot import Lot, PartResult, TestResult
from faultsim.vectors.record import SetRecord, VectorRecord, read_record
from faultsim.vectors.responses import read_responses
from faultsim.vectors.suggestion import Suggestion, suggest

_SUGGESTED = 3


@dataclass(frozen=True)
class Diagnosis:
    """What the responses of one part say.

    Attributes:
        part: The part.
        passed: Whether all vectors passed; None where none was executed.
        explanations: Defects that explain them, the best first.
        suggestions: Vectors that tell the best ones apart.
    """

    part: str
    passed: bool | None
    explanations: Sequence[Explanation]
    suggestions: Sequence[Suggestion]

    @property
    def group(self) -> list[Explanation]:
        """The defects that explain the responses as well as the best."""
        return [one for one in self.explanations if one.in_group]


def run(run: Path, responses: Path, out: Path | None, top: int, json: bool) -> None:
    """Say which defects explain what a tester saw of each part, and which vector to apply next.

    Raises:
        SpecError: The responses cannot be read, or name vectors that there are not.
    """
    folder = load_record_folder(run, out)
    record, dictionary = read_record(folder), read_dictionary(folder)
    lot = read_responses(responses)
    check_names(responses, lot, dictionary)
    found = [diagnosed(record, dictionary, part) for part in lot.parts]
    if json:
        print_json([_record(one, top) for one in found])
        return
    for one in found:
        _show(one, top)


def diagnosed(record: SetRecord, dictionary: Dictionary, part: PartResult) -> Diagnosis:
    """Diagnose one part."""
    vectors = {vector.name: vector for vector in record.vectors}
    results = [_with_pulse(result, vectors.get(result.name)) for result in part.results]
    explanations = explain(dictionary, results)
    executed = [result.name for result in results if result.passed is not None or result.value is not None]
    group = [one for one in explanations if one.in_group]
    return Diagnosis(part.part_id, part.passed, explanations, suggest(dictionary, group, executed))


def check_names(path: Path, lot: Lot, dictionary: Dictionary) -> None:
    """Check that responses are to vectors that there are.

    Raises:
        SpecError: They are not.
    """
    names = dict.fromkeys(result.name for part in lot.parts for result in part.results)
    unknown = [name for name in names if name not in dictionary.times_s]
    if unknown:
        known = list(dictionary.times_s)
        raise SpecError(
            Problem(str(path), f"{name!r} is none of the vectors", did_you_mean(name, known)) for name in unknown
        )


def _with_pulse(result: TestResult, vector: VectorRecord | None) -> TestResult:
    """Return a result with the pulse that the output spiked on, where the cycle in which it failed tells it."""
    if vector is None or result.spike_pulse is not None or result.failing_cycle is None:
        return result
    for cycle, pulse, event in vector.compares:
        if cycle == result.failing_cycle:
            # Low was compared before as well, so that the latch was set just now; high says only that none came.
            return replace(result, spike_pulse=pulse if event == "L" else 0)
    return result


def _show(found: Diagnosis, top: int) -> None:
    group = found.group
    verdict = {True: "passes", False: "fails", None: "was not tested"}[found.passed]
    count = len(group)
    also = f"; {count} defects explain that equally well" if count > 1 else ""
    say(f"part {found.part} {verdict}{also}")
    print_rows([_row(rank, one) for rank, one in enumerate(found.explanations[:top], start=1)], json=False)
    if count > 1:
        _show_next(found.suggestions)


def _show_next(suggestions: Sequence[Suggestion]) -> None:
    ready = [one for one in suggestions if one.ready]
    if ready:
        say(f"tells them apart: {_words(ready)}")
    elif suggestions:
        say(f"no vector of the program tells them apart; by estimates these candidates would: {_words(suggestions)}")
    else:
        say("no candidate tells them apart")


def _words(suggestions: Sequence[Suggestion]) -> str:
    words = [f"{one.vector} ({one.bits:.2f} bit, {format_quantity(one.time_s, 's')})" for one in suggestions]
    return ", ".join(words[:_SUGGESTED])


def _row(rank: int, one: Explanation) -> dict[str, Any]:
    unit = one.suspect.unit
    return {
        "rank": rank,
        "defect": " = ".join([one.suspect.id, *one.suspect.same_as]),
        "from": format_quantity(one.low, unit),
        "to": format_quantity(one.high, unit),
        "likelihood": f"{one.likelihood:.3g}",
        "group": "yes" if one.in_group else "",
    }


def _record(found: Diagnosis, top: int) -> dict[str, Any]:
    return {
        "part": found.part,
        "passed": found.passed,
        "defects": [
            {
                "defect_id": one.suspect.id,
                "same_as": list(one.suspect.same_as),
                "unit": one.suspect.unit,
                "severity_low": one.low,
                "severity_high": one.high,
                "severity": one.best,
                "likelihood": one.likelihood,
                "in_group": one.in_group,
            }
            for one in found.explanations[:top]
        ],
        "next": [
            {"vector": one.vector, "bits": one.bits, "time_s": one.time_s, "in_program": one.ready}
            for one in found.suggestions
        ],
    }
