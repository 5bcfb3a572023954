"""dictionary.json: what every usable candidate shows of every defect, for diagnosis."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydantic import ConfigDict

from faultsim.campaigns.grid import Grid
from faultsim.errors import UsageError
from faultsim.specfile import Spec, read_json
from faultsim.vectors.dictionary import (
    CERTIFIED,
    Change,
    Dictionary,
    Entry,
    Measured,
    Suspect,
    changes_of,
    reach_of,
    width_of,
)
from faultsim.vectors.record import DICTIONARY, made

FORMAT = 2
"""Of the file; counted up when older ones can no longer be read."""

SeenRecord = tuple[float | None, float | None, bool]
"""Severity up to which a test is known to pass, none for the fault-free circuit alone; severity from which on it is
known to fail, none where it is of none; whether that is certified."""

Response = tuple[float, float, bool | None]
"""Severity, what a transient showed there, and whether the tester fails that; none where that is up to its errors."""

_ODD_MEASURED, _ODD_ESTIMATED = 1e-2, 0.1
"""How probable a response is that contradicts a sweep, and the batch engine."""

_ROUGH, _ROUGH_WRITTEN = 0.1, 0.5
"""By how much of a step between two severities a value may be off a smooth curve: writing succeeds or fails."""


class SuspectRecord(Spec):
    """A defect: its severities on a grid, its likelihood, and those of its severities that were swept."""

    low: float
    high: float
    ratio: float
    falling: bool
    unit: str
    weight: float
    same_as: list[str]
    swept: list[float]


class TestRecord(Spec):
    """A candidate: what it shows of each defect.

    Of a measurement ``curve`` names the swept current that it follows, in shares of ``expected``; one that writes
    before it reads follows none. ``relative`` and ``absolute`` are how far a value may be off by itself, and ``drifts``
    by which share it moves with what moves others as well: good circuits' tolerances, the tester's levels.
    ``responses`` are, by defect, severities, what a transient showed there, and whether the tester fails that: of a
    spike vector the pulse of the first spike, 0 for none, of a measurement its value.
    """

    test: str
    vector: str
    time_s: float
    expected: float | None
    measures: bool
    written: bool
    curve: str
    relative: float
    absolute: float
    drifts: dict[str, float]
    seen: dict[str, SeenRecord]
    responses: dict[str, list[Response]]


class FormatRecord(Spec):
    """The file's format, whatever else is in it."""

    model_config = ConfigDict(extra="ignore")

    format: int = 1


class DictionaryRecord(Spec):
    """The file."""

    format: int
    suspects: dict[str, SuspectRecord]
    curves: dict[str, dict[str, list[float | None]]]
    tests: list[TestRecord]


def dictionary_text(record: DictionaryRecord) -> str:
    """Return the file's text."""
    return json.dumps(record.model_dump(), separators=(",", ":"), allow_nan=False) + "\n"


def read_dictionary(folder: Path, command: str) -> Dictionary:
    """Read the dictionary of a folder of vectors; tests that are in the set go by their vector's name.

    Args:
        folder: The folder.
        command: That makes it.

    Raises:
        UsageError: There is none, or one of another version.
        SpecError: The file is not one.
    """
    path = made(folder, DICTIONARY, command)
    if read_json(path, FormatRecord).format != FORMAT:
        raise UsageError(f"{path} is of another version of faultsim; {command} makes it anew")
    return dictionary_of(read_json(path, DictionaryRecord))


def dictionary_of(record: DictionaryRecord) -> Dictionary:
    """Return what a record says, ready to look responses up in."""
    measured = {
        test.vector or test.test: Measured(
            test.relative, test.absolute, test.expected or 0.0, test.drifts, test.written
        )
        for test in record.tests
        if test.measures
    }
    suspects = [_suspect(record, identity, own) for identity, own in record.suspects.items()]
    program = frozenset(test.vector for test in record.tests if test.vector)
    return Dictionary(suspects, measured, {test.vector or test.test: test.time_s for test in record.tests}, program)


def _suspect(record: DictionaryRecord, identity: str, own: SuspectRecord) -> Suspect:
    grid = Grid(own.low, own.high, own.ratio, own.falling)
    entries = {test.vector or test.test: _entry(record, test, identity, own, grid) for test in record.tests}
    return Suspect(identity, own.unit, grid, own.weight, entries, tuple(own.same_as))


def _entry(record: DictionaryRecord, test: TestRecord, identity: str, own: SuspectRecord, grid: Grid) -> Entry:
    passes, fails, certified = test.seen[identity]
    responses = sorted((grid.place(at), value, failed) for at, value, failed in test.responses.get(identity, []))
    ends = (-1.0 if passes is None else grid.place(passes), None if fails is None else grid.place(fails))
    known = _known(responses, *ends, width_of(grid, False))
    swept = _swept(record, test, identity, own, grid) if test.measures else {}
    # A transient of just this vector and defect says more than a sweep of the same current.
    seen = swept | {place: value for place, value, _ in responses} if test.measures else {}
    if test.measures and responses and not swept:
        # The fault-free circuit is one place before the mildest.
        seen[-1.0] = test.expected or 0.0
    values = sorted(seen.items())
    estimated = _ODD_MEASURED if test.measures else _ODD_ESTIMATED
    return Entry(
        changes=changes_of(known) if known and certified else _change(*ends, len(grid) - 1),
        width=width_of(grid, certified),
        odd=CERTIFIED if certified else estimated,
        places=np.array([place for place, _ in values]),
        values=np.array([value for _, value in values]),
        pulses=() if test.measures else tuple((place, int(value)) for place, value, _ in responses),
        rough=_ROUGH_WRITTEN if test.written else _ROUGH,
        reach=reach_of(grid),
    )


def _known(
    responses: Sequence[tuple[float, float, bool | None]], passes: float, fails: float | None, doubt: float
) -> list[tuple[float, bool]]:
    """Return places whose verdict is known, rising.

    Of a measurement a bracket's milder side passes by limits that leave room for the tester's errors; by others it may
    fail. What is milder by more than these errors passes, unless a transient says otherwise.

    Args:
        responses: Place, what is shown there, and whether that fails.
        passes: The milder side of the bracket.
        fails: The severer one; None where there is none.
        doubt: How far the tester's errors reach, in places.
    """
    known = [(place, failed) for place, _, failed in responses if failed is not None]
    if fails is None:
        return known
    milder = max((place for place, _ in known if place < fails), default=-1.0)
    unsure = [place for place, _, failed in responses if failed is None and milder < place < fails]
    edge = min([passes, *unsure]) - doubt
    return sorted([*known, (edge, False)]) if edge > milder else known


def _change(passes: float, fails: float | None, last: int) -> tuple[Change, ...]:
    """Return where an estimated verdict changes: after what is known to pass, if anywhere."""
    if fails is None:
        return () if passes >= last else (Change(passes, np.inf),)
    return (Change(passes, fails),)


def _swept(
    record: DictionaryRecord, test: TestRecord, identity: str, own: SuspectRecord, grid: Grid
) -> dict[float, float]:
    """Return what a measurement has along the sweep that it follows, by place."""
    shares = record.curves.get(test.curve, {}).get(identity, [])
    known = zip(own.swept, shares, strict=bool(shares))
    return {grid.place(severity): share * (test.expected or 0.0) for severity, share in known if share is not None}
