"""Responses of parts: STDF or a CSV table, and everything that is wrong with a table at once."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultsim.errors import SpecError
from faultsim.vectors.lot import Lot, PartResult, TestResult
from faultsim.vectors.responses import read_responses, responses_text
from faultsim.vectors.stdf_reader import parse_stdf
from faultsim.vectors.stdf_writer import stdf_bytes

names = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), min_size=1, max_size=8).filter(
    lambda name: name == name.strip() and name.isprintable() and not name.startswith("'")
)
values = st.floats(allow_nan=False, allow_infinity=False)
answers = st.tuples(st.sampled_from([True, False, None]), st.none() | st.integers(0, 99), st.none() | values)
tables = st.dictionaries(names, st.dictionaries(names, answers, min_size=1, max_size=4), min_size=1, max_size=4)


def lot_of(table: dict[str, dict[str, tuple[bool | None, int | None, float | None]]]) -> Lot:
    order = list(dict.fromkeys(vector for answered in table.values() for vector in answered))
    parts = [
        PartResult(
            part,
            tuple(
                TestResult(
                    order.index(vector) + 1,
                    vector,
                    passed,
                    value,
                    unit="" if value is None else "A",
                    spike_pulse=pulse,
                )
                for vector, (passed, pulse, value) in answered.items()
            ),
        )
        for part, answered in table.items()
    ]
    return Lot("", "", "", tuple(parts))


def written(folder: Path, content: str | bytes, name: str = "responses.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def problems(path: Path) -> list[str]:
    with pytest.raises(SpecError) as refused:
        read_responses(path)
    return [line.removeprefix(str(path)) for line in str(refused.value).splitlines()]


@given(table=tables)
def test_a_table_that_is_written_is_read_back(
    table: dict[str, dict[str, tuple[bool | None, int | None, float | None]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    lot = lot_of(table)
    assert read_responses(written(tmp_path_factory.getbasetemp(), responses_text(lot))) == lot


def test_a_table_has_a_line_per_part_and_vector() -> None:
    lot = lot_of({"a": {"v1": (True, 2, None), "=i": (None, None, -1e-6)}, "b": {"v1": (False, 0, None)}})
    assert responses_text(lot) == (
        "part,vector,result,spike_pulse,im_wr_a\na,v1,pass,2,\na,'=i,,,-1e-06\nb,v1,fail,0,\n"
    )


def test_a_value_in_another_unit_has_no_column() -> None:
    lot = Lot("", "", "", (PartResult("p", (TestResult(1, "v", True, 1.1, unit="V"),)),))
    assert responses_text(lot).splitlines()[1] == "p,v,pass,,"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_marks_and_blank_lines_do_not_matter(separator: str, bom: str, end: str, tmp_path: Path) -> None:
    lines = [
        "",
        "Result, vector ,im_wr_a,spike_pulse",
        "",
        ',"v,;1",12.5u,None',
        ",,,",
        "F,v2,,7",
        '"true",v3,-1uA,',
    ]
    # Within quotation marks every separator stands for itself.
    text = bom + end.join(lines).replace(",", separator).replace(f'"v{separator};1"', '"v,;1"')
    lot = read_responses(written(tmp_path, text))
    assert lot.parts == (
        PartResult(
            "1",
            (
                TestResult(1, "v,;1", None, 12.5e-6, unit="A", spike_pulse=0),
                TestResult(2, "v2", False, spike_pulse=7),
                TestResult(3, "v3", True, -1e-6, unit="A"),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("result", "passed"),
    [(word, True) for word in ("pass", "PASS", "P", "p", "1", "true", "True")]
    + [(word, False) for word in ("fail", "Fail", "F", "f", "0", "false", "FALSE")]
    + [("", None)],
)
def test_a_result_is_written_in_several_ways(result: str, passed: bool | None, tmp_path: Path) -> None:
    (part,) = read_responses(written(tmp_path, f"vector,result\nv1,{result}\n")).parts
    assert part.results == (TestResult(1, "v1", passed),)


@pytest.mark.parametrize("value", ["20.5u", "20.5uA", "20.5 uA", "20.5 \u00b5A", "20.5\u03bcA", "2.05e-5", "0.0205m"])
def test_a_current_is_written_as_people_do(value: str, tmp_path: Path) -> None:
    [part] = read_responses(written(tmp_path, f"vector,result,im_wr_a\nv1,P,{value}\n")).parts
    assert part.results[0].value == pytest.approx(20.5e-6, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('{"vector": "v001", "result": "fail"}', "responses.json"),
        ('\n[{"vector": "v001"}]', "r.csv"),
        ("[{", "a.json"),
    ],
)
def test_json_is_said_to_be_none_of_the_formats(text: str, name: str, tmp_path: Path) -> None:
    [said] = problems(written(tmp_path, text, name))
    assert (
        said == ": is JSON; responses are a CSV table or STDF (write a table that begins with vector,result, or give "
        "the tester's STDF)"
    )


def test_a_line_is_kept_for_what_is_said_later(tmp_path: Path) -> None:
    [part] = read_responses(written(tmp_path, "vector,result\n\nv1,P\nv2,F\n")).parts
    assert [result.line for result in part.results] == [3, 4]


def test_lines_of_parts_may_be_interleaved_and_vectors_keep_their_number(tmp_path: Path) -> None:
    lot = read_responses(written(tmp_path, "part,vector,result\na,v1,P\nb,v2,F\na,v2,P\nb,v1,P\n"))
    found = {part.part_id: [(result.number, result.name) for result in part.results] for part in lot.parts}
    assert found == {"a": [(1, "v1"), (2, "v2")], "b": [(2, "v2"), (1, "v1")]}


def test_a_header_alone_is_of_a_part_that_nothing_was_applied_to(tmp_path: Path) -> None:
    assert read_responses(written(tmp_path, "vector,result\n")).parts == (PartResult("1", ()),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [":1: is empty (write a header: part, vector, result, spike_pulse, im_wr_a)"]),
        ("\n\n", [":1: is empty (write a header: part, vector, result, spike_pulse, im_wr_a)"]),
        (
            "\nvectr,result,result\nv1,P,F\n",
            [
                ":2: vectr: unknown column (did you mean vector?)",
                ":2: result: is the name of more than one column",
                ":2: vector: is missing",
            ],
        ),
        ("part;verdict\na;P\n", [":1: verdict: unknown column (", ":1: vector: is m", ":1: result: is m"]),
        (
            "part,vector,result,spike_pulse,im_wr_a\n,,,,1\na,v1,pas,-1,1 A\na,v2,P,2.5,1e999\n\n"
            "a,v2,P,,\na,v2,P\na,v3,P,,1e-6A\n",
            [
                ":2: vector: is empty",
                ":2: part: is empty",
                ":3: im_wr_a: '1 A' would be atto in SPICE (leave the unit out)",
                ":3: result: 'pas' is no result (pass or fail, P or F, 1 or 0, true or false; empty where",
                ":3: spike_pulse: '-1' is no pulse (a number from 1, 0 or none for no spike, or empty)",
                ":4: im_wr_a: '1e999' is no current (a finite number of amperes)",
                ":4: spike_pulse: '2.5' is no pulse",
                ":6: vector: 'v2' of part 'a' is in line 4 already (give each part another name, and each vector one",
                ":7: has 3 cells where the header has 5 (each column has a separator, and a name with one is quoted)",
                ":8: im_wr_a: '1e-6A' would be atto in SPICE (leave the unit out)",
            ],
        ),
        (
            "vector;result;im_wr_a\nv1\nv2;P;1,2e-5\nv3;P;much\nv4;P;nan\n",
            [
                ":2: has 1 cell where the header has 3 (",
                ":3: im_wr_a: '1,2e-5' is no current (with a decimal point, not a comma)",
                ":4: im_wr_a: 'much' is no current (amperes, such as 2.05e-5, 20.5u or 20.5 uA)",
                ":5: im_wr_a: 'nan' is no current (amperes, such as",
            ],
        ),
        (
            "v1,fail\nv2,fail,\n",
            [":1: 'v1' is no column: there is no header (begin with a line vector,result; there may be part,"],
        ),
        ('"part', [":1: not valid CSV: unexpected end of data"]),
        ('vector,result\nv1,X\n"v2,P\nv3,P\n', [":2: result: 'X' is no", ":3: not valid CSV: unexpected end of data"]),
    ],
)
def test_everything_that_is_wrong_is_said_at_once(text: str, expected: list[str], tmp_path: Path) -> None:
    said = problems(written(tmp_path, text))
    assert len(said) == len(expected)
    for line, beginning in zip(sorted(said), sorted(expected), strict=True):
        assert line.startswith(beginning)


def test_what_is_not_utf_8_is_said_with_its_line(tmp_path: Path) -> None:
    assert problems(written(tmp_path, b"vector,result\nv\xb5,P\n")) == [":2: is not UTF-8 (save it as CSV UTF-8)"]


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert problems(tmp_path / "none.csv")[0].startswith(": cannot be read: ")


@pytest.mark.parametrize("name", ["lot.stdf", "LOT.STD", "lot.stdf.gz", "lot.dat", "lot.gz"])
def test_stdf_is_known_by_its_suffix_or_by_how_it_begins(name: str, tmp_path: Path) -> None:
    data = stdf_bytes(lot_of({"a": {"v1": (False, None, None)}}))
    path = written(tmp_path, gzip.compress(data) if name.endswith(".gz") else data, name)
    assert read_responses(path) == parse_stdf(data, path)


def test_a_table_may_be_gzipped(tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress(b"vector,result\nv1,P\n"), "responses.csv.gz")
    assert read_responses(path).parts[0].results == (TestResult(1, "v1", True),)


def test_what_is_called_stdf_is_read_as_such(tmp_path: Path) -> None:
    (said,) = problems(written(tmp_path, "vector,result\nv1,P\n", "lot.stdf"))
    assert said.startswith(": record 1 at byte 0: it is not STDF")


@given(text=st.text(st.sampled_from("v1,pf;\"'=\t\r\n\0 "), max_size=60), headed=st.booleans())
def test_whatever_a_table_says_it_is_a_lot_or_problems(
    text: str, headed: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = written(tmp_path_factory.getbasetemp(), ("vector,result\n" if headed else "") + text)
    try:
        assert read_responses(path).parts
    except SpecError as error:
        assert str(error).startswith(str(path))
