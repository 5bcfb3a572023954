"""STDF V4: what is written is read back, also by pystdf; what is broken is a problem with its record and byte."""

from __future__ import annotations

import gzip
import io
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pystdf import V4
from pystdf.IO import Parser
from pystdf.Types import packFormatMap

from faultsim.errors import SpecError
from faultsim.vectors.lot import Lot, PartResult, TestResult
from faultsim.vectors.stdf_reader import file_bytes, is_stdf, parse_stdf, read_stdf
from faultsim.vectors.stdf_writer import printable, stdf_bytes

PATH = Path("lot.stdf")
ABSENT = b""

LOT = Lot(
    "faulty",
    "lif_paper",
    "vectors",
    (
        PartResult("good", (TestResult(1, "v1", True), TestResult(2, "i1", True, 0.5, 0.25, 0.75, "A"))),
        PartResult(
            "R1.open", (TestResult(1, "v1", False, failing_cycle=4), TestResult(2, "i1", None, None, 0.25, 0.75))
        ),
        PartResult("R1.short", (TestResult(1, "v1", None), TestResult(2, "i1", False, 1.5, None, 0.75, "A"))),
        PartResult("idle", (TestResult(1, "v1", None),)),
    ),
)

texts = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20).map(str.strip)
names = texts.filter(bool)
singles = st.none() | st.floats(width=32, allow_nan=False, allow_infinity=False)
numbers = st.integers(1, 4)
functional = st.builds(TestResult, numbers, names, st.sampled_from([True, None])) | st.builds(
    TestResult, numbers, names, st.just(False), failing_cycle=st.none() | st.integers(0, 2**32 - 1)
)
measurements = st.builds(
    TestResult,
    numbers,
    names,
    st.sampled_from([True, False, None]),
    singles,
    singles,
    singles,
    st.sampled_from(["", "A"]),
)
parts = st.builds(PartResult, names, st.lists(functional | measurements, max_size=4).map(tuple))
lots = st.builds(Lot, texts, texts, texts, st.lists(parts, max_size=4).map(tuple))


class Records:
    """What pystdf finds in a file."""

    def __init__(self, data: bytes) -> None:
        self.found: list[tuple[Any, dict[str, Any]]] = []
        parser = Parser(inp=io.BytesIO(data))
        parser.addSink(self)
        parser.parse()

    def after_send(self, _source: Any, sent: tuple[Any, list[Any]]) -> None:
        kind, values = sent
        self.found.append((kind, dict(zip(kind.fieldNames, values, strict=True))))

    def of(self, kind: Any) -> list[dict[str, Any]]:
        return [values for found, values in self.found if found is kind]


def big_endian(data: bytes) -> bytes:
    """Write a file anew in the other byte order, with the layouts of pystdf."""
    written = b""
    for kind, values in Records(data).found:
        values = {**values, "CPU_TYPE": 1} if kind is V4.far else values
        body = b"".join(
            field(values[name], form) for name, form in kind.fieldMap if name in values and values[name] is not None
        )
        written += record(kind.typ, kind.sub, body)
    return written


def field(value: Any, form: str) -> bytes:
    if form == "Cn":
        return text(value)
    if form == "Dn" or form.startswith("k"):
        assert not value
        return bytes(2) if form == "Dn" else b""
    return struct.pack(">" + packFormatMap[form], value.encode() if form == "C1" else value)


def text(value: str) -> bytes:
    return bytes([len(value)]) + value.encode()


def record(typ: int, sub: int, body: bytes) -> bytes:
    return struct.pack(">HBB", len(body), typ, sub) + body


FAR = record(0, 10, bytes([1, 4]))
MIR = record(1, 10, bytes(15) + text("lot") + text("") * 4)
MRR = record(1, 20, bytes(4))


def pir(site: int = 1) -> bytes:
    return record(5, 10, bytes([1, site]))


def prr(part: str, site: int = 1, flags: int = 0, x: int = -32768, y: int = -32768) -> bytes:
    return record(5, 20, struct.pack(">BBBHHHhhI", 1, site, flags, 1, 1, 1, x, y, 0) + text(part))


def ftr(*, number: int = 1, site: int = 1, flags: int = 0, rest: bytes = ABSENT) -> bytes:
    return record(15, 20, struct.pack(">IBBB", number, 1, site, flags) + rest)


def ptr(
    value: float = 1.0, *, number: int = 1, site: int = 1, flags: int = 0, parameter: int = 0, rest: bytes = ABSENT
) -> bytes:
    return record(15, 10, struct.pack(">IBBBBf", number, 1, site, flags, parameter, value) + rest)


def limits(low: float, high: float, unit: str = "", *, name: str = "", flags: int = 0x0E) -> bytes:
    return text(name) + text("") + struct.pack(">Bbbbff", flags, 0, 0, 0, low, high) + text(unit)


def lot_of(*records: bytes) -> Lot:
    return parse_stdf(b"".join([FAR, MIR, *records, MRR]), PATH)


def results_of(*records: bytes) -> tuple[TestResult, ...]:
    (part,) = lot_of(pir(), *records, prr("p")).parts
    return part.results


def problem(data: bytes) -> str:
    with pytest.raises(SpecError) as refused:
        parse_stdf(data, PATH)
    return str(refused.value)


@given(lots)
def test_what_is_written_is_read_back_in_both_byte_orders(lot: Lot) -> None:
    data = stdf_bytes(lot)
    assert parse_stdf(data, PATH) == lot
    assert parse_stdf(big_endian(data), PATH) == lot


@given(lots)
def test_pystdf_reads_the_same_records_as_were_meant(lot: Lot) -> None:
    data = stdf_bytes(lot)
    kinds = [kind for kind, _ in Records(data).found]
    tests = [[V4.ptr if result.measured else V4.ftr for result in part.results] for part in lot.parts]
    bodies = [kind for test in tests for kind in (V4.pir, *test, V4.prr)]
    assert kinds == [V4.far, V4.mir, *bodies, *[V4.hbr] * 3, *[V4.sbr] * 3, V4.pcr, V4.mrr]
    assert stdf_bytes(lot) == data


def test_pystdf_reads_every_field_of_the_lot() -> None:
    read = Records(stdf_bytes(LOT))
    assert read.of(V4.far) == [{"CPU_TYPE": 2, "STDF_VER": 4}]
    (mir,) = read.of(V4.mir)
    assert (mir["LOT_ID"], mir["PART_TYP"], mir["JOB_NAM"]) == ("faulty", "lif_paper", "vectors")
    assert (mir["SETUP_T"], mir["START_T"], mir["NODE_NAM"], mir["BURN_TIM"]) == (0, 0, "", 65535)
    assert read.of(V4.pir) == [{"HEAD_NUM": 1, "SITE_NUM": 1}] * 4
    ends = [(r["PART_ID"], r["PART_FLG"], r["NUM_TEST"], r["HARD_BIN"], r["SOFT_BIN"]) for r in read.of(V4.prr)]
    assert ends == [("good", 0, 2, 1, 1), ("R1.open", 8, 1, 2, 2), ("R1.short", 8, 1, 2, 2), ("idle", 16, 0, 0, 0)]
    assert {(r["X_COORD"], r["Y_COORD"], r["TEST_T"]) for r in read.of(V4.prr)} == {(-32768, -32768, 0)}
    bins = [(r["HEAD_NUM"], r["HBIN_NUM"], r["HBIN_CNT"], r["HBIN_PF"], r["HBIN_NAM"]) for r in read.of(V4.hbr)]
    assert bins == [(255, 1, 1, "P", "PASS"), (255, 2, 2, "F", "FAIL"), (255, 0, 1, " ", "UNTESTED")]
    assert [tuple(r.values()) for r in read.of(V4.sbr)] == [tuple(r.values()) for r in read.of(V4.hbr)]
    counts = {"PART_CNT": 4, "RTST_CNT": 0, "ABRT_CNT": 0, "GOOD_CNT": 1, "FUNC_CNT": 2**32 - 1}
    assert read.of(V4.pcr) == [{"HEAD_NUM": 255, "SITE_NUM": 0, **counts}]
    assert read.of(V4.mrr) == [{"FINISH_T": 0, "DISP_COD": " ", "USR_DESC": None, "EXC_DESC": None}]


def test_pystdf_reads_every_field_of_a_functional_test() -> None:
    passed, failed, *skipped = Records(stdf_bytes(LOT)).of(V4.ftr)
    assert {(r["TEST_NUM"], r["VECT_NAM"], r["TEST_TXT"]) for r in (passed, failed, *skipped)} == {(1, "v1", "v1")}
    assert (passed["TEST_FLG"], passed["OPT_FLAG"]) == (0, 0xFF)
    assert (failed["TEST_FLG"], failed["OPT_FLAG"]) == (0x80, 0xF4)
    assert (failed["CYCL_CNT"], failed["REL_VADR"], failed["NUM_FAIL"]) == (4, 4, 1)
    assert [(r["TEST_FLG"], r["OPT_FLAG"]) for r in skipped] == [(0x50, 0xFF)] * 2
    assert (failed["RTN_ICNT"], failed["PGM_ICNT"], failed["FAIL_PIN"], failed["VECT_OFF"]) == (0, 0, [], 0)


def test_pystdf_reads_every_field_of_a_measurement() -> None:
    passed, skipped, failed = Records(stdf_bytes(LOT)).of(V4.ptr)
    assert {(r["TEST_NUM"], r["TEST_TXT"], r["ALARM_ID"]) for r in (passed, skipped, failed)} == {(2, "i1", "")}
    assert (passed["TEST_FLG"], passed["PARM_FLG"], passed["OPT_FLAG"], passed["RESULT"]) == (0, 0xC0, 0x0E, 0.5)
    assert (passed["LO_LIMIT"], passed["HI_LIMIT"], passed["UNITS"]) == (0.25, 0.75, "A")
    assert (passed["RES_SCAL"], passed["LLM_SCAL"], passed["HLM_SCAL"]) == (3, 3, 3)
    assert (skipped["TEST_FLG"], skipped["PARM_FLG"], skipped["UNITS"]) == (0x52, 0, "\0")
    assert (failed["TEST_FLG"], failed["PARM_FLG"], failed["OPT_FLAG"]) == (0x80, 0xC8, 0x4E)
    below = replace(LOT.parts[0].results[1], passed=False, value=0.125)
    (low,) = Records(stdf_bytes(replace(LOT, parts=(PartResult("p", (below,)),)))).of(V4.ptr)
    assert low["PARM_FLG"] == 0xD0


@pytest.mark.parametrize(
    ("value", "scale"), [(0.0, 0), (1.0, 0), (-999.0, 0), (1e3, -3), (12.5e-6, 6), (1e-9, 9), (1e-30, 15), (1e30, -12)]
)
def test_the_scaling_exponent_is_that_of_the_si_prefix(value: float, scale: int) -> None:
    (written,) = Records(stdf_bytes(one(TestResult(1, "i", True, value)))).of(V4.ptr)
    assert written["RES_SCAL"] == scale
    assert written["RESULT"] == pytest.approx(value, rel=1e-7)


def one(result: TestResult) -> Lot:
    return Lot("", "", "", (PartResult("p", (result,)),))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1e39])
def test_a_number_that_single_precision_cannot_hold_is_no_value_and_no_limit(value: float) -> None:
    back = parse_stdf(stdf_bytes(one(TestResult(1, "i", True, value, value, value, "A"))), PATH)
    assert back == one(TestResult(1, "i", True, unit="A"))


def test_texts_are_made_harmless() -> None:
    long = "v" * 300
    back = parse_stdf(stdf_bytes(one(TestResult(1, "µ\x1b\n", True))), PATH)
    assert back.parts[0].results[0].name == r"\xb5\x1b\n" == printable("µ\x1b\n")
    shortened = [
        parse_stdf(stdf_bytes(one(TestResult(1, name, True))), PATH).parts[0].results[0].name
        for name in (long, long + "w")
    ]
    assert {len(name) for name in shortened} == {255}
    assert shortened[0][:246] == shortened[1][:246] == long[:246]
    assert shortened[0] != shortened[1]


def test_a_file_may_be_gzipped(tmp_path: Path) -> None:
    path = tmp_path / "lot.stdf.gz"
    path.write_bytes(gzip.compress(stdf_bytes(LOT)))
    assert is_stdf(file_bytes(path))
    assert read_stdf(path) == parse_stdf(stdf_bytes(LOT), path)


def test_sites_may_be_interleaved() -> None:
    lot = lot_of(pir(1), pir(2), ftr(site=2, flags=0x80), ftr(site=1), prr("b", 2), pir(2), prr("c", 2), prr("a", 1))
    assert [(part.part_id, part.passed) for part in lot.parts] == [("b", False), ("c", None), ("a", True)]


def test_a_part_that_is_tested_again_replaces_the_earlier_one_of_its_name() -> None:
    first, other = [pir(), ftr(flags=0x80), prr("a")], [pir(), prr("b")]
    lot = lot_of(*first, *other, pir(), ftr(), prr("a", flags=1))
    assert [(part.part_id, part.passed) for part in lot.parts] == [("b", None), ("a", True)]


def test_a_part_without_a_name_is_called_by_its_place_or_number() -> None:
    lot = lot_of(pir(), prr("", x=3, y=-4), pir(), prr("", x=3))
    assert [part.part_id for part in lot.parts] == ["3,-4", "2"]


def test_what_a_later_measurement_leaves_out_is_that_of_the_first() -> None:
    first = ptr(rest=limits(0.5, 2.0, "V", name="i1"))
    default, none, other, absent, cleared = results_of(
        first,
        ptr(),
        ptr(rest=limits(9.0, 9.0, name="i2", flags=0xCE)),
        ptr(rest=limits(-1.0, 9.0, "A", flags=0x2E)),
        ptr(rest=limits(0.0, 0.0, "\0", flags=0x3E)),
    )[0:5]
    assert default == TestResult(1, "i1", True, 1.0, 0.5, 2.0, "V")
    assert none == default
    assert other == TestResult(1, "i2", True, 1.0, None, None, "V")
    assert absent == TestResult(1, "i1", True, 1.0, -1.0, 2.0, "A")
    assert cleared == TestResult(1, "i1", True, 1.0, 0.5, 2.0, "")


def test_a_measurement_before_all_parts_gives_only_defaults() -> None:
    default = ptr(flags=0x10, rest=limits(0.5, 2.0, "V", name="i1"))
    lot = lot_of(default, pir(), ptr(1.5), prr("p"))
    assert lot.parts[0].results == (TestResult(1, "i1", True, 1.5, 0.5, 2.0, "V"),)


@pytest.mark.parametrize(
    ("flags", "parameter", "passed", "value"),
    [
        (0x00, 0x00, True, 1.0),
        (0x80, 0x08, False, 1.0),
        (0x40, 0x00, None, 1.0),
        (0x10, 0x00, None, None),
        (0x82, 0x00, False, None),
        (0x01, 0x00, True, None),
        (0x00, 0x04, True, None),
    ],
)
def test_the_flags_say_what_of_a_measurement_counts(
    flags: int, parameter: int, passed: bool | None, value: float | None
) -> None:
    (result,) = results_of(ptr(flags=flags, parameter=parameter))
    assert (result.passed, result.value) == (passed, value)


def test_an_infinite_result_or_limit_is_none() -> None:
    (result,) = results_of(ptr(float("inf"), flags=0x80, rest=limits(float("-inf"), 2.0, "A", name="i")))
    assert result == TestResult(1, "i", False, None, None, 2.0, "A")


def test_a_functional_test_has_arrays_and_bits_before_its_name() -> None:
    counts = struct.pack(">BIIIIiihHH", 0xF5, 0, 7, 0, 1, 0, 0, 0, 3, 2)
    arrays = bytes(3 * 2 + 2) + bytes(2 * 2 + 1) + struct.pack(">H", 9) + bytes(2)
    first, second = results_of(
        ftr(flags=0x80, rest=counts + arrays + text("v") + text("t") + text("") + text("other")), ftr(flags=0x80)
    )
    assert first == TestResult(1, "v", False, failing_cycle=7)
    assert second == TestResult(1, "v", False)


def test_a_functional_test_without_a_vector_s_name_is_called_by_its_text() -> None:
    unnamed = bytes(31 + 2) + text("") * 3 + text(" v ")
    assert results_of(ftr(rest=unnamed)) == (TestResult(1, "v", True),)


def test_unknown_records_and_padding_are_skipped() -> None:
    datalog = record(50, 30, text("hello"))
    assert parse_stdf(FAR + datalog + MIR + datalog + MRR + bytes(512), PATH) == Lot("lot", "", "", ())


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "record 1 at byte 0: it is not STDF: that begins with a FAR (give a file in STDF V4"),
        (b"part,vector\n", "record 1 at byte 0: it is not STDF"),
        (record(0, 10, bytes([0, 4])), "record 1 at byte 0: CPU_TYPE is 0 (1 (big endian) and 2 (little"),
        (
            record(0, 10, bytes([2, 4])),
            "record 1 at byte 0: REC_LEN of the FAR is not 2 in the byte order of CPU_TYPE 2",
        ),
        (record(0, 10, bytes([1, 3])), "record 1 at byte 0: STDF_VER is 3 (convert it to STDF V4)"),
        (FAR, "record 2 at byte 6: the file ends without an MRR (the file is damaged or cut off"),
        (FAR + MIR[:3], "record 2 at byte 6: the file ends within the header of a record"),
        (FAR + MIR[:9], "record 2 at byte 6: the record is 23 bytes long, and the file ends after 5"),
        (FAR + MRR, "record 3 at byte 14: there is no MIR"),
        (FAR + MIR + MIR + MRR, "record 3 at byte 33: it is a second MIR (give each STDF file on its own)"),
        (FAR + MIR + MRR + FAR, "record 4 at byte 41: something follows the MRR, which ends a file"),
        (FAR + record(1, 10, bytes(15)), "record 2 at byte 6: the MIR ends before JOB_NAM"),
        (FAR + record(1, 10, bytes(15) + b"\5abc"), "LOT_ID of the MIR is 6 bytes long, and the record ends after 4"),
        (FAR + record(1, 10, bytes(3)), "SETUP_T of the MIR is 4 bytes long, and the record ends after 3"),
        (FAR + MIR + pir() + pir(), "record 4 at byte 39: it begins a part at head 1 site 1, where the one before has"),
        (FAR + MIR + pir() + MRR, "record 5 at byte 47: 1 of the parts that a PIR begins have no PRR"),
        (FAR + MIR + prr("a", 2), "record 3 at byte 33: it ends a part at head 1 site 2, where no PIR began one"),
        (FAR + MIR + ftr(), "record 3 at byte 33: the FTR is of no part: no PIR at head 1 site 1 is open"),
        (FAR + MIR + pir() + ftr(rest=bytes(31) + b"\0"), "FAIL_PIN of the FTR is 2 bytes long, and the record ends"),
    ],
)
def test_what_is_broken_is_said_with_its_record_and_byte(data: bytes, expected: str) -> None:
    said = problem(data)
    assert said.startswith(f"{PATH}: record ")
    assert expected in said


@pytest.mark.parametrize("data", [gzip.compress(stdf_bytes(LOT))[:-9], b"\x1f\x8bxxxxxxxx", None])
def test_what_cannot_be_read_or_unzipped_is_said(data: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "lot.stdf.gz"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(SpecError, match="cannot be read: "):
        read_stdf(path)


def test_every_cut_is_noticed() -> None:
    data = stdf_bytes(LOT)
    for length in range(len(data)):
        assert problem(data[:length])


@given(st.data())
def test_whatever_is_changed_it_is_a_lot_or_a_problem(drawn: st.DataObject) -> None:
    data = bytearray(stdf_bytes(LOT) if drawn.draw(st.booleans()) else big_endian(stdf_bytes(LOT)))
    for at in drawn.draw(st.lists(st.integers(6, len(data) - 1), min_size=1, max_size=8)):
        data[at] = drawn.draw(st.integers(0, 255))
    try:
        assert isinstance(parse_stdf(bytes(data), PATH), Lot)
    except SpecError as error:
        assert str(error).startswith(f"{PATH}: record ")


@given(drawn=st.data())
def test_whatever_is_changed_in_what_is_gzipped_it_is_a_lot_or_a_problem(
    drawn: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = bytearray(gzip.compress(stdf_bytes(LOT), mtime=0))
    data[drawn.draw(st.integers(0, len(data) - 1))] ^= drawn.draw(st.integers(1, 255))
    path = tmp_path_factory.getbasetemp() / "mutated.gz"
    path.write_bytes(data)
    try:
        assert read_stdf(path)
    except SpecError as error:
        assert str(error).startswith(str(path))


@given(st.binary(max_size=200))
def test_whatever_follows_the_first_records_it_is_a_lot_or_a_problem(rest: bytes) -> None:
    assume(rest.strip(b"\0"))
    assert problem(FAR + MIR + MRR + rest)
    try:
        parse_stdf(FAR + MIR + rest + MRR, PATH)
    except SpecError as error:
        assert str(error).startswith(f"{PATH}: record ")
