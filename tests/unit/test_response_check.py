"""Responses against what vectors can answer: an error where it cannot be meant, a warning where it is contradictory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from faultsim.campaigns.grid import Grid
from faultsim.errors import SpecError
from faultsim.vectors.dictionary import Dictionary, Entry, Measured, Suspect
from faultsim.vectors.lot import Lot, PartResult, TestResult
from faultsim.vectors.record import SetRecord, VectorRecord
from faultsim.vectors.response_check import Believed, believed
from faultsim.vectors.responses import read_responses

CANDIDATES = ("1110, IW 2 ns, LW 3 ns", "1101, IW 2 ns, LW 3 ns", "0001, im_wr_a")


def vector(name: str, low: float | None, high: float | None, compares: Sequence[tuple[int, int, str]]) -> VectorRecord:
    return VectorRecord(
        name=name,
        test=name,
        observable="pulses_to_spike" if compares else "im_wr_a",
        limit_low=low,
        limit_high=high,
        certain_low=low,
        certain_high=high,
        expected=None,
        time_s=1e-6,
        purpose="detection",
        edges={},
        compares=list(compares),
        pairs=[],
    )


VECTORS = [
    vector("v001", 26e-6, 29e-6, []),
    # The spike comes on pulse 2 or 3, or on none of four.
    vector("v002", 2, 3, [(2, 1, "L"), (4, 3, "H")]),
    vector("v003", 5, None, [(2, 1, "L"), (3, 2, "L"), (4, 3, "L"), (5, 4, "L")]),
]
RECORD = SetRecord.model_construct(vectors=VECTORS, initial={"in1": [(0, "U")]})
NAMES = ["v001", "v002", "v003", *CANDIDATES]
NOTHING = Entry((), 1.0, 1e-3, np.zeros(0), np.zeros(0))
KNOWN = Dictionary(
    [Suspect("it", "ohm", Grid(10, 1e6, 1.1), 1.0, dict.fromkeys(NAMES, NOTHING))],
    {name: Measured(0.003, 1e-8, 27.7e-6, {}) for name in ("v001", CANDIDATES[2])},
    dict.fromkeys(NAMES, 1e-6),
    frozenset({"v001", "v002", "v003"}),
)


def checked(folder: Path, text: str) -> Believed:
    path = folder / "r.csv"
    path.write_text(text)
    found = believed(path, read_responses(path), RECORD, KNOWN)
    return Believed(found.lot, tuple(line.removeprefix(str(path)) for line in found.warnings))


def result(found: Believed) -> TestResult:
    [part] = found.lot.parts
    [only] = part.results
    return only


@pytest.mark.parametrize(
    ("row", "passed", "pulse", "said"),
    [
        ("v001,pass,,27.7u", True, None, ""),
        ("v001,fail,,20u", False, None, ""),
        ("v001,pass,,20u", False, None, ":2: im_wr_a: v001 passes with 20 uA, outside of its limits 26 uA to 29 uA; "),
        ("v001,fail,,27.7u", True, None, ":2: im_wr_a: v001 fails with 27.7 uA, within its limits 26 uA to 29 uA; "),
        ("v001,,,20u", False, None, ": no result, so judged by the limits: line 2"),
        (
            "v001,fail,,20.5",
            False,
            None,
            ":2: im_wr_a: v001 reads 20.5 A, and no good part more than 27.7 uA; is it in",
        ),
        ("v002,pass,2,", True, 2, ""),
        ("v002,fail,1,", False, 1, ""),
        ("v002,fail,none,", False, 0, ""),
        (
            "v002,pass,0,",
            True,
            None,
            ":2: spike_pulse: v002 passes without a spike, where a good part has one on pulse",
        ),
        (
            "v002,fail,3,",
            False,
            None,
            ":2: spike_pulse: v002 fails with a spike on pulse 3, where a good part has one ",
        ),
        ("v002,,1,", False, 1, ": no result, so judged by the limits: line 2"),
        ("v003,pass,0,", True, 0, ""),
        ("v003,,0,", True, 0, ": no result, so judged by the limits: line 2"),
        (
            "v003,pass,4,",
            True,
            None,
            ":2: spike_pulse: v003 passes with a spike on pulse 4, where a good part has none",
        ),
        ('"0001, im_wr_a",fail,,20u', False, None, ""),
    ],
)
def test_a_value_is_believed_before_a_verdict_and_that_before_a_pulse(
    row: str, passed: bool, pulse: int | None, said: str, tmp_path: Path
) -> None:
    found = checked(tmp_path, f"vector,result,spike_pulse,im_wr_a\n{row}\n")
    assert (result(found).passed, result(found).spike_pulse) == (passed, pulse)
    assert len(found.warnings) == bool(said)
    assert all(line.startswith(said) for line in found.warnings)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("v002,fail,9,", ":2: spike_pulse: v002 has 3 pulses, not 9 (0 or none where no spike came)"),
        (
            "v001,fail,2,",
            ":2: spike_pulse: v001 measures a current; it has no pulse (leave it empty; the current is im",
        ),
        (
            "v002,pass,,2e-5",
            ":2: im_wr_a: v002 compares the spike; it measures no current (leave it empty; those that ",
        ),
        ("v01,pass,,", ":2: vector: 'v01' is none of the vectors (did you mean 'v001'"),
        ("V003,pass,,", ":2: vector: 'V003' is none of the vectors (did you mean 'v003'? vectors.csv lists the prog"),
        (
            '"1110, IW 2 ns",pass,,',
            ":2: vector: '1110, IW 2 ns' is none of the vectors (did you mean '1110, IW 2 ns, LW 3 ns' or '1101, IW 2",
        ),
        (
            "7,pass,,",
            ":2: vector: '7' is none of the vectors (vectors.csv lists the program's, v001 to v003, and",
        ),
    ],
)
def test_what_cannot_be_meant_is_an_error_with_its_line(row: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as refused:
        checked(tmp_path, f"vector,result,spike_pulse,im_wr_a\n{row}\n")
    assert str(refused.value).removeprefix(str(tmp_path / "r.csv")).startswith(said)


def test_an_unknown_vector_of_many_parts_is_said_once(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as refused:
        checked(tmp_path, "part,vector,result\na,v9,pass\nb,v9,pass\n")
    assert len(str(refused.value).splitlines()) == 1


def test_what_writes_the_weights_says_nothing(tmp_path: Path) -> None:
    found = checked(tmp_path, "part,vector,result\na,v000,pass\na,v001,pass\nb,v000,pass\n")
    assert [[one.name for one in part.results] for part in found.lot.parts] == [["v001"], []]
    assert found.warnings == (":2: vector: v000 writes the weights and has no expected response; it is left out",)


def test_stdf_has_parts_in_place_of_lines_limits_of_its_own_and_failing_cycles() -> None:
    narrow = TestResult(1, "v001", False, 26.5e-6, 27e-6, 28e-6, "A")
    late = TestResult(2, "v003", False, failing_cycle=4)
    contradicted = TestResult(1, "v001", True, 20e-6, unit="A")
    lot = Lot("", "", "", (PartResult("a", (narrow, late)), PartResult("b", (contradicted,))))
    found = believed(Path("lot.stdf"), lot, RECORD, KNOWN)
    assert [one.passed for one in found.lot.parts[0].results] == [False, False]
    assert found.lot.parts[0].results[1].spike_pulse == 3
    [warning] = found.warnings
    assert warning.startswith("lot.stdf: part b: v001 passes with 20 uA, outside of its limits")
