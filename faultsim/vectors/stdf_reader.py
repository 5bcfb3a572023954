"""Reads what a tester wrote as STDF V4 into a lot; whatever is broken is a problem with its record and byte."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from faultsim.errors import Problem, SpecError
from faultsim.vectors.lot import Lot, PartResult, TestResult
from faultsim.vectors.stdf_writer import FORMATS, LAYOUTS, NULL, printable

_GZIP = b"\x1f\x8b"
_HEADER = 4
_FAR = 6
_BYTE_ORDERS = {1: ">", 2: "<"}
_LAST_REQUIRED = {"MIR": "JOB_NAM", "PIR": "SITE_NUM", "PRR": "HARD_BIN", "PTR": "PARM_FLG", "FTR": "TEST_FLG"}
_AGAIN = "the file is damaged or cut off; write or copy it again"
_NO_COORDINATE = -32768

Site = tuple[int, int]
Fields = dict[str, Any]


class _Broken(Exception):
    """A record that is not as STDF V4 says."""

    def __init__(self, what: str, remedy: str = _AGAIN) -> None:
        super().__init__(what)
        self.what, self.remedy = what, remedy


def read_stdf(path: Path) -> Lot:
    """Read an STDF V4 file of either byte order, which may be gzipped.

    Raises:
        SpecError: It cannot be read or is not STDF V4, with the record and the byte where that shows.
    """
    return parse_stdf(file_bytes(path), path)


def file_bytes(path: Path) -> bytes:
    """Return what is in a file, unzipped where it is gzipped.

    Raises:
        SpecError: It cannot be read or unzipped.
    """
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if data.startswith(_GZIP) else data
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise SpecError([Problem(str(path), f"cannot be read: {reason}")]) from error


def is_stdf(data: bytes) -> bool:
    """Return whether something begins as STDF does, with a FAR."""
    return len(data) >= _FAR and data[2:4] == bytes([LAYOUTS["FAR"].typ, LAYOUTS["FAR"].sub])


def parse_stdf(data: bytes, path: Path) -> Lot:
    """Return the lot in an STDF V4 file, with its parts in the order in which they ended (PRR).

    A part that is tested again (PART_FLG bit 0 or 1) takes the place of the earlier ones of that name. A part without
    PART_ID is called by its coordinates, or else by its number. What the value of a test was is None where its flags,
    or an infinite number, say that it is not to be used. Records of no interest are skipped.

    Args:
        data: What :func:`file_bytes` returned.
        path: Of the file, for the problem.

    Raises:
        SpecError: It is not STDF V4, with the record (from 1) and the byte (from 0) where that shows.
    """
    names = {(layout.typ, layout.sub): name for name, layout in LAYOUTS.items()}
    reading = _Reading()
    number, at = 1, 0
    try:
        order = _byte_order(data)
        while not reading.ended:
            typ, sub, body = _record(data, at, order)
            if name := names.get((typ, sub)):
                reading.take(name, _decoded(name, body, order))
            number, at = number + 1, at + _HEADER + len(body)
        if data[at:].strip(b"\0"):
            raise _Broken("something follows the MRR, which ends a file", "give each STDF file on its own")
        return reading.lot()
    except _Broken as broken:
        raise SpecError([Problem(f"{path}: record {number} at byte {at}", broken.what, broken.remedy)]) from None


def _byte_order(data: bytes) -> str:
    """Return the byte order that the FAR declares, as ``struct`` calls it."""
    if not is_stdf(data):
        raise _Broken("it is not STDF: that begins with a FAR", "give a file in STDF V4, or a CSV table as .csv")
    cpu, version = data[4:_FAR]
    if cpu not in _BYTE_ORDERS:
        raise _Broken(f"CPU_TYPE is {cpu}", "1 (big endian) and 2 (little endian) can be read")
    if struct.unpack(_BYTE_ORDERS[cpu] + "H", data[:2])[0] != _FAR - _HEADER:
        raise _Broken(f"REC_LEN of the FAR is not 2 in the byte order of CPU_TYPE {cpu}")
    if version != 4:
        raise _Broken(f"STDF_VER is {version}", "convert it to STDF V4")
    return _BYTE_ORDERS[cpu]


def _record(data: bytes, at: int, order: str) -> tuple[int, int, bytes]:
    """Return REC_TYP, REC_SUB and what follows the header of the record that begins at a byte."""
    if at == len(data):
        raise _Broken("the file ends without an MRR")
    if at + _HEADER > len(data):
        raise _Broken("the file ends within the header of a record")
    length, typ, sub = struct.unpack_from(order + "HBB", data, at)
    body = data[at + _HEADER : at + _HEADER + length]
    if len(body) < length:
        raise _Broken(f"the record is {length} bytes long, and the file ends after {len(body)}")
    return typ, sub, body


def _decoded(name: str, body: bytes, order: str) -> Fields:
    """Return the fields of a record; any number of them may be left out at its end."""
    fields: Fields = {}
    at = 0
    for key, kind in LAYOUTS[name].fields:
        if at == len(body):
            break
        length = _length(kind, body[at:], order, fields)
        raw = body[at : at + length]
        if len(raw) < length:
            raise _Broken(f"{key} of the {name} is {length} bytes long, and the record ends after {len(raw)}")
        fields[key] = _value(kind, raw, order)
        at += length
    last = _LAST_REQUIRED.get(name)
    if last and last not in fields:
        raise _Broken(f"the {name} ends before {last}")
    return fields


def _length(kind: str, rest: bytes, order: str, fields: Fields) -> int:
    """Return how many bytes a field has, with its own length where it has one."""
    if kind in FORMATS:
        return struct.calcsize(order + FORMATS[kind])
    if kind == "Cn":
        return 1 + rest[0]
    if kind == "Dn":
        return 2 if len(rest) < 2 else 2 + (struct.unpack(order + "H", rest[:2])[0] + 7) // 8
    count, _, element = kind.partition("*")
    return (fields[count] + 1) // 2 if element == "N1" else 2 * fields[count]


def _value(kind: str, raw: bytes, order: str) -> Any:
    if kind in FORMATS:
        return struct.unpack(order + FORMATS[kind], raw)[0]
    return raw[1:].decode("latin-1") if kind == "Cn" else raw


@dataclass
class _Reading:
    """What the records so far say.

    Attributes:
        header: Fields of the MIR.
        open: By head and site, the results of a part whose PRR has not come yet.
        first: The first result of every test: what it says holds for later ones that leave it out.
    """

    header: Fields | None = None
    parts: list[PartResult] = field(default_factory=list)
    open: dict[Site, list[TestResult]] = field(default_factory=dict)
    first: dict[tuple[str, int], TestResult] = field(default_factory=dict)
    ended: bool = False

    def take(self, name: str, fields: Fields) -> None:
        """Take in one record."""
        if name == "MIR":
            if self.header is not None:
                raise _Broken("it is a second MIR", "give each STDF file on its own")
            self.header = fields
        elif name == "PIR":
            if _site(fields) in self.open:
                raise _Broken(f"it begins a part at {_place(fields)}, where the one before has no PRR")
            self.open[_site(fields)] = []
        elif name in ("PTR", "FTR"):
            self._result(name, fields)
        elif name == "PRR":
            self._part(fields)
        elif name == "MRR":
            self.ended = True

    def lot(self) -> Lot:
        """Return what all records say."""
        if self.header is None:
            raise _Broken("there is no MIR")
        if self.open:
            raise _Broken(f"{len(self.open)} of the parts that a PIR begins have no PRR")
        lot_id, part_type, program = (_text(self.header, key) for key in ("LOT_ID", "PART_TYP", "JOB_NAM"))
        return Lot(lot_id, part_type, program, tuple(self.parts))

    def _result(self, name: str, fields: Fields) -> None:
        key = (name, fields["TEST_NUM"])
        result = (_measurement if name == "PTR" else _functional)(fields, self.first.get(key))
        self.first.setdefault(key, result)
        if _site(fields) in self.open:
            self.open[_site(fields)].append(result)
        elif not fields["TEST_FLG"] & 0x10:
            raise _Broken(f"the {name} is of no part: no PIR at {_place(fields)} is open")

    def _part(self, fields: Fields) -> None:
        results = self.open.pop(_site(fields), None)
        if results is None:
            raise _Broken(f"it ends a part at {_place(fields)}, where no PIR began one")
        x, y = (fields.get(key, _NO_COORDINATE) for key in ("X_COORD", "Y_COORD"))
        unnamed = f"{x},{y}" if _NO_COORDINATE not in (x, y) else str(len(self.parts) + 1)
        part = PartResult(_text(fields, "PART_ID") or unnamed, tuple(results))
        if fields["PART_FLG"] & 0b11:
            self.parts = [earlier for earlier in self.parts if earlier.part_id != part.part_id]
        self.parts.append(part)


def _site(fields: Fields) -> Site:
    return fields["HEAD_NUM"], fields["SITE_NUM"]


def _place(fields: Fields) -> str:
    return f"head {fields['HEAD_NUM']} site {fields['SITE_NUM']}"


def _text(fields: Fields, key: str) -> str:
    return printable(fields.get(key, "").strip(" " + NULL))


def _passed(fields: Fields) -> bool | None:
    """Return what TEST_FLG says: bit 4 not executed, bit 6 no verdict, bit 7 failed."""
    return None if fields["TEST_FLG"] & 0x50 else not fields["TEST_FLG"] & 0x80


def _functional(fields: Fields, first: TestResult | None) -> TestResult:
    """Return what an FTR says; a passed one counts cycles that mean nothing here."""
    name = _text(fields, "VECT_NAM") or _text(fields, "TEST_TXT") or (first.name if first else "")
    result = TestResult(fields["TEST_NUM"], name, _passed(fields))
    flags = fields.get("OPT_FLAG", 0xFF)
    cycles = [fields.get(key) for key, invalid in (("CYCL_CNT", 0x01), ("REL_VADR", 0x02)) if not flags & invalid]
    return replace(result, failing_cycle=cycles[0]) if cycles and result.passed is False else result


def _measurement(fields: Fields, first: TestResult | None) -> TestResult:
    """Return what a PTR says, with the defaults of the first one of the test."""
    number = fields["TEST_NUM"]
    default = first or TestResult(number, "", None)
    flags = fields.get("OPT_FLAG", 0x30)
    # RESULT is to be used only if all of these bits are 0, says STDF V4.
    usable = not fields["TEST_FLG"] & 0x3F and not fields["PARM_FLG"] & 0x07
    return TestResult(
        number=number,
        name=_text(fields, "TEST_TXT") or default.name,
        passed=_passed(fields),
        value=_finite(fields.get("RESULT")) if usable else None,
        low=_limit(fields, "LO_LIMIT", flags >> 4, default.low),
        high=_limit(fields, "HI_LIMIT", flags >> 5, default.high),
        unit=_text(fields, "UNITS") if fields.get("UNITS") else default.unit,
    )


def _limit(fields: Fields, key: str, flags: int, default: float | None) -> float | None:
    """Return a limit, for which OPT_FLAG, shifted, has bit 2: there is none, bit 0: that of the first PTR."""
    if flags & 0x04:
        return None
    return default if flags & 0x01 or key not in fields else _finite(fields[key])


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None
