"""Writes a lot as STDF V4: the same bytes for the same lot, with neither times nor names of hosts."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from faultsim.vectors.lot import Lot, PartResult, TestResult

NULL = "\0"
"""A text that says "empty" where a text of no length would say "as in the first record of this test"."""
FORMATS = {"U1": "B", "B1": "B", "U2": "H", "U4": "I", "I1": "b", "I2": "h", "I4": "i", "R4": "f", "C1": "c"}
"""The types of STDF that have a fixed length, as ``struct`` calls them."""

_PASS_BIN, _FAIL_BIN, _UNTESTED_BIN = 1, 2, 0
_BINS = ((_PASS_BIN, b"P", "PASS"), (_FAIL_BIN, b"F", "FAIL"), (_UNTESTED_BIN, b" ", "UNTESTED"))
_SITE = {"HEAD_NUM": 1, "SITE_NUM": 1}
_ALL_SITES = {"HEAD_NUM": 255, "SITE_NUM": 0}
_LONGEST_TEXT = 255
_DIGEST = 8
_MISSING_U2, _MISSING_U4, _MISSING_I2 = 0xFFFF, 0xFFFFFFFF, -32768


@dataclass(frozen=True)
class Layout:
    """A kind of record: REC_TYP, REC_SUB, and each field as NAME:TYPE; an array's type is COUNT*TYPE."""

    typ: int
    sub: int
    text: str

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Return name and type of every field, up to the last that is ever written or looked at."""
        return [(name, kind) for name, _, kind in (field.partition(":") for field in self.text.split())]


LAYOUTS: Mapping[str, Layout] = {
    "FAR": Layout(0, 10, "CPU_TYPE:U1 STDF_VER:U1"),
    "MIR": Layout(
        1,
        10,
        "SETUP_T:U4 START_T:U4 STAT_NUM:U1 MODE_COD:C1 RTST_COD:C1 PROT_COD:C1 BURN_TIM:U2 CMOD_COD:C1 "
        "LOT_ID:Cn PART_TYP:Cn NODE_NAM:Cn TSTR_TYP:Cn JOB_NAM:Cn",
    ),
    "MRR": Layout(1, 20, "FINISH_T:U4 DISP_COD:C1"),
    "PCR": Layout(1, 30, "HEAD_NUM:U1 SITE_NUM:U1 PART_CNT:U4 RTST_CNT:U4 ABRT_CNT:U4 GOOD_CNT:U4 FUNC_CNT:U4"),
    "HBR": Layout(1, 40, "HEAD_NUM:U1 SITE_NUM:U1 HBIN_NUM:U2 HBIN_CNT:U4 HBIN_PF:C1 HBIN_NAM:Cn"),
    "SBR": Layout(1, 50, "HEAD_NUM:U1 SITE_NUM:U1 SBIN_NUM:U2 SBIN_CNT:U4 SBIN_PF:C1 SBIN_NAM:Cn"),
    "PIR": Layout(5, 10, "HEAD_NUM:U1 SITE_NUM:U1"),
    "PRR": Layout(
        5,
        20,
        "HEAD_NUM:U1 SITE_NUM:U1 PART_FLG:B1 NUM_TEST:U2 HARD_BIN:U2 SOFT_BIN:U2 X_COORD:I2 Y_COORD:I2 TEST_T:U4 "
        "PART_ID:Cn",
    ),
    "PTR": Layout(
        15,
        10,
        "TEST_NUM:U4 HEAD_NUM:U1 SITE_NUM:U1 TEST_FLG:B1 PARM_FLG:B1 RESULT:R4 TEST_TXT:Cn ALARM_ID:Cn OPT_FLAG:B1 "
        "RES_SCAL:I1 LLM_SCAL:I1 HLM_SCAL:I1 LO_LIMIT:R4 HI_LIMIT:R4 UNITS:Cn",
    ),
    "FTR": Layout(
        15,
        20,
        "TEST_NUM:U4 HEAD_NUM:U1 SITE_NUM:U1 TEST_FLG:B1 OPT_FLAG:B1 CYCL_CNT:U4 REL_VADR:U4 REPT_CNT:U4 NUM_FAIL:U4 "
        "XFAIL_AD:I4 YFAIL_AD:I4 VECT_OFF:I2 RTN_ICNT:U2 PGM_ICNT:U2 RTN_INDX:RTN_ICNT*U2 RTN_STAT:RTN_ICNT*N1 "
        "PGM_INDX:PGM_ICNT*U2 PGM_STAT:PGM_ICNT*N1 FAIL_PIN:Dn VECT_NAM:Cn TIME_SET:Cn OP_CODE:Cn TEST_TXT:Cn",
    ),
}
"""The records of STDF V4 that are written or read, by name."""


def stdf_bytes(lot: Lot) -> bytes:
    """Return a lot as a little-endian STDF V4 file.

    Values and limits are R*4 in the unit itself; the scaling exponents only say which prefix suits a display. A value
    that R*4 cannot hold is marked as invalid, such a limit as absent. Texts come out as :func:`printable`; one over
    255 bytes is cut and ends in a hash of the whole. There is no field for a pulse at which the output spiked.
    """
    # Later records of a test have to say so where they have no unit and its first one has.
    units = {r.number: r.unit for part in reversed(lot.parts) for r in reversed(part.results) if r.measured}
    records = [_record("FAR", CPU_TYPE=2, STDF_VER=4), _mir(lot)]
    for part in lot.parts:
        records += [_record("PIR", **_SITE), *(_result(result, units) for result in part.results), _prr(part)]
    return b"".join([*records, *_summary(lot), _record("MRR", FINISH_T=0, DISP_COD=b" ")])


def printable(text: str) -> str:
    """Return a text with everything that is not printable ASCII written as an escape, such as that of µ."""
    return "".join(char if " " <= char <= "~" else char.encode("unicode_escape").decode() for char in text)


def _record(name: str, **values: Any) -> bytes:
    """Return a record with the given fields: the layout's first ones, less any arrays of no elements."""
    layout = LAYOUTS[name]
    body = b"".join(_field(kind, values[field]) for field, kind in layout.fields if field in values)
    return struct.pack("<HBB", len(body), layout.typ, layout.sub) + body


def _field(kind: str, value: Any) -> bytes:
    if kind == "Cn":
        text = value.encode() if value == NULL else _short(printable(value)).encode()
        return bytes([len(text)]) + text
    if kind in FORMATS:
        return struct.pack("<" + FORMATS[kind], value)
    # What is left is D*n, of which only the length is written: no bits.
    return bytes(2)


def _short(text: str) -> str:
    if len(text) <= _LONGEST_TEXT:
        return text
    return text[: _LONGEST_TEXT - _DIGEST - 1] + "~" + sha256(text.encode()).hexdigest()[:_DIGEST]


def _mir(lot: Lot) -> bytes:
    codes = {"MODE_COD": b" ", "RTST_COD": b" ", "PROT_COD": b" ", "CMOD_COD": b" ", "BURN_TIM": _MISSING_U2}
    texts = {"LOT_ID": lot.lot_id, "PART_TYP": lot.part_type, "JOB_NAM": lot.program}
    return _record("MIR", SETUP_T=0, START_T=0, STAT_NUM=1, NODE_NAM="", TSTR_TYP="faultsim", **codes, **texts)


def _result(result: TestResult, units: Mapping[int, str]) -> bytes:
    return _ptr(result, units[result.number]) if result.measured else _ftr(result)


def _ftr(result: TestResult) -> bytes:
    failing = result.failing_cycle
    return _record(
        "FTR",
        **_SITE,
        TEST_NUM=result.number,
        TEST_FLG=_verdict(result, valued=False),
        # CYCL_CNT, REL_VADR and NUM_FAIL are invalid (bits 0, 1 and 3) without a failing cycle, the others always.
        OPT_FLAG=0xFF if failing is None else 0xF4,
        CYCL_CNT=failing or 0,
        REL_VADR=failing or 0,
        REPT_CNT=0,
        NUM_FAIL=0 if failing is None else 1,
        XFAIL_AD=0,
        YFAIL_AD=0,
        VECT_OFF=0,
        RTN_ICNT=0,
        PGM_ICNT=0,
        FAIL_PIN=None,
        VECT_NAM=result.name,
        TIME_SET="",
        OP_CODE="",
        TEST_TXT=result.name,
    )


def _ptr(result: TestResult, default_unit: str) -> bytes:
    value, low, high = (_single(number) for number in (result.value, result.low, result.high))
    scale = _scale(value, low, high)
    return _record(
        "PTR",
        **_SITE,
        TEST_NUM=result.number,
        # RESULT is invalid (bit 1) without a value.
        TEST_FLG=_verdict(result, valued=value is not None) | (value is None) << 1,
        PARM_FLG=_limits_passed(value, low, high),
        RESULT=value or 0.0,
        TEST_TXT=result.name,
        ALARM_ID="",
        # Bit 1 is reserved, there are no specification limits (2, 3), and maybe no test limits (6, 7).
        OPT_FLAG=0x0E | (low is None) << 6 | (high is None) << 7,
        RES_SCAL=scale,
        LLM_SCAL=scale,
        HLM_SCAL=scale,
        LO_LIMIT=low or 0.0,
        HI_LIMIT=high or 0.0,
        UNITS=result.unit or (NULL if default_unit else ""),
    )


def _verdict(result: TestResult, *, valued: bool) -> int:
    """Return TEST_FLG: fail is bit 7, no verdict bit 6, not executed bit 4."""
    if result.passed is None:
        return 0x40 if valued else 0x50
    return 0x00 if result.passed else 0x80


def _limits_passed(value: float | None, low: float | None, high: float | None) -> int:
    """Return PARM_FLG: above the high limit is bit 3, below the low one bit 4; bits 6 and 7: a limit itself passes."""
    if value is None:
        return 0
    above, below = high is not None and value > high, low is not None and value < low
    return 0xC0 | above << 3 | below << 4


def _single(number: float | None) -> float | None:
    """Return the R*4 next to a number, None where there is none."""
    try:
        rounded = None if number is None else struct.unpack("<f", struct.pack("<f", number))[0]
    except OverflowError:
        return None
    return rounded if rounded is not None and math.isfinite(rounded) else None


def _scale(*numbers: float | None) -> int:
    """Return the exponent that makes the largest number 1 to 999 under an SI prefix, from T (-12) to f (15)."""
    largest = max((abs(number) for number in numbers if number is not None), default=0.0)
    # As shown, not by its logarithm: the R*4 next to 1e-9 is a little less.
    exponent = int(f"{largest:.5e}".partition("e")[2])
    return max(-12, min(15, -3 * (exponent // 3)))


def _prr(part: PartResult) -> bytes:
    number = _bin(part)
    executed = sum(result.passed is not None or result.value is not None for result in part.results)
    return _record(
        "PRR",
        **_SITE,
        # Failed is bit 3, no verdict bit 4.
        PART_FLG={_PASS_BIN: 0x00, _FAIL_BIN: 0x08, _UNTESTED_BIN: 0x10}[number],
        NUM_TEST=min(executed, _MISSING_U2),
        HARD_BIN=number,
        SOFT_BIN=number,
        X_COORD=_MISSING_I2,
        Y_COORD=_MISSING_I2,
        TEST_T=0,
        PART_ID=part.part_id,
    )


def _bin(part: PartResult) -> int:
    if part.passed is None:
        return _UNTESTED_BIN
    return _PASS_BIN if part.passed else _FAIL_BIN


def _summary(lot: Lot) -> list[bytes]:
    """Return the records that count the parts: HBR and SBR of each bin, and the PCR."""
    bins = [_bin(part) for part in lot.parts]
    records = []
    for kind in ("H", "S"):
        for number, verdict, name in _BINS:
            values = {"BIN_NUM": number, "BIN_CNT": bins.count(number), "BIN_PF": verdict, "BIN_NAM": name}
            records.append(_record(f"{kind}BR", **_ALL_SITES, **{f"{kind}{key}": v for key, v in values.items()}))
    counts = {"PART_CNT": len(bins), "RTST_CNT": 0, "ABRT_CNT": 0, "GOOD_CNT": bins.count(_PASS_BIN)}
    return [*records, _record("PCR", **_ALL_SITES, **counts, FUNC_CNT=_MISSING_U4)]
