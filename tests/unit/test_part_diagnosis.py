"""What is said of a part: good, explained, or explained by nothing, with what does not fit; and how it is put."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultsim.cli.diagnosis_text import diagnosis_text
from faultsim.vectors.diagnosis import explain
from faultsim.vectors.dictionary import Dictionary, Measured
from faultsim.vectors.lot import PartResult, TestResult
from faultsim.vectors.part_diagnosis import Diagnosis
from tests.unit.test_diagnosis import GRID, dictionary, failed, from_place, measuring, passed, reading, suspect

MEASURED = {name: Measured(0.003, 1e-9, 1e-4, {"wafer": 0.03}) for name in "abcd"}
ENDS = {"a": 0.0, "b": 0.3, "c": 0.8, "d": 1.0}
# Each defect lowers some currents and leaves others alone; a neuron's vector sees one of them.
CURRENTS = dictionary(
    suspect("it", s=from_place(90), **{name: measuring(end)[0] for name, end in ENDS.items()}),
    suspect("other", s=from_place(None), **{name: measuring(1 - end)[0] for name, end in ENDS.items()}),
    measured=MEASURED,
)
VERDICTS = dictionary(
    suspect("both", a=from_place(50), b=from_place(70), c=from_place(None)),
    suspect("a alone", a=from_place(60), b=from_place(None), c=from_place(None)),
)


def diagnosed(known: Dictionary, results: Sequence[TestResult], further: bool = False) -> Diagnosis:
    program = replace(known, program=frozenset(known.times_s))
    return Diagnosis(program, PartResult("7", tuple(results)), ["a", "b"], explain(program, results), further)


def readings(values: Mapping[str, float], fails: str = "") -> list[TestResult]:
    return [replace(reading(name, value), passed=name not in fails) for name, value in values.items()]


def shown(identity: str, place: int) -> dict[str, float]:
    [own] = [one for one in CURRENTS.suspects if one.id == identity]
    return {name: float(own.curve(name)[0][place]) for name in "abcd"}


GOOD = dict.fromkeys("abcd", 1e-4)


@settings(max_examples=20)
@given(st.sampled_from(["it", "other"]), st.integers(70, 150), st.floats(-2, 2))
def test_what_a_part_with_a_defect_shows_is_explained(identity: str, place: int, drift: float) -> None:
    values = {name: value * (1 + 0.03 * drift) for name, value in shown(identity, place).items()}
    found = diagnosed(CURRENTS, readings(values, fails="abcd"))
    assert found.explained
    assert not found.misfits
    assert found.nearest.suspect.id == found.explanations[0].suspect.id == identity


def test_currents_in_another_unit_are_explained_by_nothing() -> None:
    found = diagnosed(CURRENTS, readings({"a": 20.5, "b": 21.3}, fails="ab"))
    assert not found.explained
    assert found.explanations[0].plausible < 1e-6
    assert {(one.vector, one.value, one.good) for one in found.misfits} == {("a", 20.5, 1e-4), ("b", 21.3, 1e-4)}
    assert found.suggestions == []


def test_a_failure_that_no_defect_has_is_explained_by_nothing() -> None:
    found = diagnosed(VERDICTS, [passed("a"), passed("b"), failed("c")])
    assert not found.explained
    assert found.nearest.suspect.id == ""
    assert [(one.vector, one.passed) for one in found.misfits] == [("c", False)]
    # Three that contradict all that is known are too many, also where a defect explains a fourth.
    some = suspect("some", a=from_place(50), **dict.fromkeys("bcd", from_place(None)))
    found = diagnosed(dictionary(some), [failed(name) for name in "abcd"])
    assert not found.explained
    assert found.nearest.suspect.id == "some"
    assert [one.vector for one in found.misfits] == ["b", "c", "d"]


def test_one_response_that_does_not_fit_is_named() -> None:
    found = diagnosed(CURRENTS, readings(shown("it", 110) | {"c": 3e-4}, fails="abc"))
    assert found.explained
    assert [(one.vector, one.value) for one in found.misfits] == [("c", 3e-4)]
    assert found.misfits[0].shown == pytest.approx(shown("it", 110)["c"], rel=0.02)
    found = diagnosed(CURRENTS, [*readings(shown("it", 110), fails="ab"), passed("s")])
    assert found.explained
    assert [(one.vector, one.passed) for one in found.misfits] == [("s", True)]


@pytest.mark.parametrize("wrong", [3e-4, 1.0, 1e6])
def test_the_other_readings_count_however_wrong_one_is(wrong: float) -> None:
    alone = {one.suspect.id: one for one in explain(CURRENTS, readings({k: shown("it", 110)[k] for k in "abd"}))}
    found = {one.suspect.id: one for one in explain(CURRENTS, readings(shown("it", 110) | {"c": wrong}))}
    assert found["it"].score == pytest.approx(alone["it"].score - 9, abs=0.01)
    assert found["it"].low == pytest.approx(alone["it"].low, rel=0.2)


def test_a_part_that_passes_looks_good_and_is_asked_no_more() -> None:
    found = diagnosed(VERDICTS, [passed("a")])
    assert found.good
    assert found.missing == ["b"]
    assert {one.suspect.id: one.high for one in found.group} == {"both": GRID[50], "a alone": GRID[60]}
    assert found.suggestions == []
    asked = diagnosed(CURRENTS, readings({"d": 1e-4}), further=True)
    assert asked.good
    assert [one.ready for one in asked.suggestions][:1] == [True]


@settings(max_examples=20)
@given(st.floats(-2, 2), st.lists(st.floats(-0.002, 0.002), min_size=4, max_size=4))
def test_a_good_part_of_any_wafer_looks_good(drift: float, errors: list[float]) -> None:
    values = {name: 1e-4 * (1 + 0.03 * drift) * (1 + error) for name, error in zip("abcd", errors, strict=True)}
    found = diagnosed(CURRENTS, readings(values))
    assert found.good
    assert not found.misfits


def test_a_part_that_passes_with_a_current_that_is_low_for_the_others_does_not_look_good() -> None:
    found = diagnosed(CURRENTS, readings(shown("it", 75)))
    assert shown("it", 75)["a"] > 0.9e-4
    assert not found.good
    assert found.explained
    assert found.explanations[0].suspect.id == "it"


def test_a_part_that_fails_as_a_weak_wafer_does_is_said_to_be_like_a_good_one() -> None:
    found = diagnosed(CURRENTS, readings(dict.fromkeys("abcd", 0.935e-4), fails="abcd"))
    assert found.explained
    assert found.like_good
    assert "a good part whose process is far from the nominal one may show that, too" in text(found)


def text(found: Diagnosis, top: int = 10, purposes: Mapping[str, str] | None = None) -> list[str]:
    return diagnosis_text(found, purposes or {}, top).splitlines()


def test_the_answer_begins_with_the_part_and_what_it_is() -> None:
    assert text(diagnosed(VERDICTS, []))[0] == "part 7 was not tested; 2 defects are possible"
    assert text(diagnosed(VERDICTS, [failed("a")]))[0] == "part 7 fails; 2 defects explain that equally well"
    assert text(diagnosed(VERDICTS, [failed("a"), failed("b")]))[0] == "part 7 fails; both explains that best"
    good = text(diagnosed(VERDICTS, [passed("a")]))
    assert good[:2] == ["part 7 passes: consistent with a good part", "not applied yet of the vectors that detect: b"]
    assert not any("apply" in line for line in good)
    partly = text(diagnosed(CURRENTS, readings(shown("it", 110) | {"c": 3e-4}, fails="abc")))
    assert partly[0] == "part 7 fails; it explains that best, but not all of it"
    assert partly[1].startswith("what does not fit it at ")
    unlike = text(diagnosed(CURRENTS, readings(shown("it", 75))))
    assert unlike[0] == "part 7 passes, but its readings are not those of a good part; it explains that best"


def test_a_name_of_several_lines_is_one_line() -> None:
    results = (failed("a"),)
    found = Diagnosis(VERDICTS, PartResult("7\npart 8 passes", results), ["a"], explain(VERDICTS, results))
    assert text(found)[0].startswith("part 7 part 8 passes fails; ")


def test_what_nothing_explains_is_said_with_what_does_not_fit() -> None:
    lines = text(diagnosed(CURRENTS, readings({"a": 20.5, "b": 21.3}, fails="ab")))
    assert lines[0] == "part 7 fails; no single defect explains this (nearest: a good part)"
    assert set(lines[2:4]) == {"  a reads 20.5 A, where it has 100 uA", "  b reads 21.3 A, where it has 100 uA"}
    lines = text(diagnosed(VERDICTS, [passed("a"), passed("b"), failed("c")]))
    assert lines[1:3] == ["what does not fit a good part:", "  c fails, where it passes"]
    some = suspect("some", a=from_place(50), **dict.fromkeys("bcd", from_place(None)))
    lines = text(diagnosed(dictionary(some), [failed(name) for name in "abcd"]))
    assert re.match(
        r"part 7 fails; no single defect explains this \(nearest: some at .*; probability 8e-09\)", lines[0]
    )


def test_defects_that_are_as_good_and_not_listed_are_counted() -> None:
    lines = text(diagnosed(VERDICTS, [failed("a")]), top=1)
    assert "and 1 more as good as these (--top 2 lists all)" in lines
    assert len([line for line in lines if line.endswith("yes")]) == 1


def test_the_next_vector_is_said_and_why_one_for_diagnosis_may_be_the_first() -> None:
    lines = text(diagnosed(VERDICTS, []), purposes={"a": "diagnosis", "b": "diagnosis"})
    assert lines[1].startswith("apply b first: ")
    assert lines[2].startswith("  (it is for diagnosis: ")
    lines = text(diagnosed(VERDICTS, [failed("a")]), purposes={"b": "detection"})
    assert lines[-1].startswith("apply b next: ")


def test_candidates_have_a_line_each_and_quotation_marks() -> None:
    defects = [
        suspect(name, **{"a": from_place(20), "1110, IW 2 ns, LW 3 ns": from_place(place)})
        for name, place in (("one", 20), ("other", None))
    ]
    known = dictionary(*defects)
    results = [failed("a")]
    found = Diagnosis(
        replace(known, program=frozenset("a")), PartResult("7", tuple(results)), ["a"], explain(known, results)
    )
    assert text(found)[-2:] == [
        "no vector of the program tells them apart; by estimates these candidates would (see docs/vectors.md):",
        '  "1110, IW 2 ns, LW 3 ns": 1.00 bit in 1 us',
    ]
