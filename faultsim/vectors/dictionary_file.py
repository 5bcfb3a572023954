"""dictionary.json: what every usable candidate shows of every defect, for diagnosis."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from faultsim.campaigns.grid import Grid
from faultsim.specfile import Spec, read_json
from faultsim.vectors.dictionary import Dictionary, Entry, Measured, Suspect, width_of
from faultsim.vectors.record import DICTIONARY, made

Seen = tuple[float | None, float | None, bool]
"""Severity up to which a test is known to pass, none for the fault-free circuit alone; severity from which on it fails,
none where the severest passes; whether that is certified."""

_ODD_CERTIFIED, _ODD_MEASURED, _ODD_ESTIMATED = 1e-3, 1e-2, 0.1
"""How probable a response is that contradicts a certificate, a sweep, and the batch engine."""


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

    Of a measurement ``curve`` names the swept current that it follows, in shares of ``expected``, and ``relative`` and
    ``absolute`` are how far a good circuit and the tester may be off; one that writes before it reads follows none.
    ``responses`` are, by defect, severities and what a transient showed there: of a spike vector the pulse of the first
    spike, 0 for none, of a measurement its value.
    """

    test: str
    vector: str
    time_s: float
    expected: float | None
    measures: bool
    curve: str
    relative: float
    absolute: float
    seen: dict[str, Seen]
    responses: dict[str, list[tuple[float, float]]]


class DictionaryRecord(Spec):
    """The file."""

    suspects: dict[str, SuspectRecord]
    curves: dict[str, dict[str, list[float | None]]]
    tests: list[TestRecord]


def dictionary_text(record: DictionaryRecord) -> str:
    """Return the file's text."""
    return json.dumps(record.model_dump(), separators=(",", ":"), allow_nan=False) + "\n"


def read_dictionary(folder: Path) -> Dictionary:
    """Read the dictionary of a folder of vectors; tests that are in the set go by their vector's name.

    Raises:
        UsageError: There is none.
        SpecError: The file is not one.
    """
    return dictionary_of(read_json(made(folder, DICTIONARY), DictionaryRecord))


def dictionary_of(record: DictionaryRecord) -> Dictionary:
    """Return what a record says, ready to look responses up in."""
    measured = {
        test.vector or test.test: Measured(test.relative, test.absolute) for test in record.tests if test.measures
    }
    suspects = [_suspect(record, identity, own) for identity, own in record.suspects.items()]
    return Dictionary(suspects, measured, {test.vector or test.test: test.time_s for test in record.tests})


def _suspect(record: DictionaryRecord, identity: str, own: SuspectRecord) -> Suspect:
    grid = Grid(own.low, own.high, own.ratio, own.falling)
    entries = {test.vector or test.test: _entry(record, test, identity, own, grid) for test in record.tests}
    return Suspect(identity, own.unit, grid, own.weight, entries, tuple(own.same_as))


def _entry(record: DictionaryRecord, test: TestRecord, identity: str, own: SuspectRecord, grid: Grid) -> Entry:
    passes, fails, certified = test.seen.get(identity, (None, None, False))
    responses = [(grid.place(at), value) for at, value in test.responses.get(identity, [])]
    swept = _swept(record, test, identity, own, grid) if test.measures else {}
    # A transient of just this vector and defect says more than a sweep of the same current.
    values = sorted((swept | dict(responses)).items()) if test.measures else []
    estimated = _ODD_MEASURED if test.measures else _ODD_ESTIMATED
    return Entry(
        passes_to=-0.5 if passes is None else grid.place(passes) + 0.5,
        fails_from=np.inf if fails is None else grid.place(fails) - 0.5,
        width=width_of(grid, certified),
        odd=_ODD_CERTIFIED if certified else estimated,
        places=np.array([place for place, _ in values]),
        values=np.array([value for _, value in values]),
        pulses=() if test.measures else tuple(sorted((place, int(value)) for place, value in responses)),
    )


def _swept(
    record: DictionaryRecord, test: TestRecord, identity: str, own: SuspectRecord, grid: Grid
) -> dict[float, float]:
    """Return what a measurement has along the sweep that it follows, by place."""
    shares = record.curves.get(test.curve, {}).get(identity, [])
    known = zip(own.swept, shares, strict=bool(shares))
    return {grid.place(severity): share * (test.expected or 0.0) for severity, share in known if share is not None}
