"""dictionary.json: what every usable candidate shows of every defect, for diagnosis."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from faultsim.campaigns.grid import Grid
from faultsim.errors import Problem, SpecError, UsageError
from faultsim.specfile import Spec, check_table
from faultsim.vectors.dictionary import NOTHING, Dictionary, Entry, Measured, Suspect, width_of
from faultsim.vectors.record import DICTIONARY

Seen = tuple[float | None, bool]
"""Severity from which on a test fails, none where the severest passes; whether it is certified."""


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

    Of a measurement ``curve`` names the swept current that it follows, in shares of ``expected``; ``relative`` and
    ``absolute`` are how far a good circuit and the tester may be off. Of a spike vector ``pulses`` are, by defect,
    severities and the pulse of the first spike there, 0 for none.
    """

    test: str
    vector: str
    time_s: float
    expected: float | None
    curve: str
    relative: float
    absolute: float
    seen: dict[str, Seen]
    pulses: dict[str, list[tuple[float, int]]]


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
    path = folder / DICTIONARY
    if not path.is_file():
        raise UsageError(f"{folder} has no {DICTIONARY}; faultsim vectors {folder.parent} makes it")
    try:
        table = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise SpecError([Problem(str(path), f"cannot be read: {error}")]) from error
    return dictionary_of(check_table(table, DictionaryRecord, path))


def dictionary_of(record: DictionaryRecord) -> Dictionary:
    """Return what a record says, ready to look responses up in."""
    measured = {test.vector or test.test: Measured(test.relative, test.absolute) for test in record.tests if test.curve}
    suspects = [_suspect(record, identity, own) for identity, own in record.suspects.items()]
    return Dictionary(suspects, measured, {test.vector or test.test: test.time_s for test in record.tests})


def _suspect(record: DictionaryRecord, identity: str, own: SuspectRecord) -> Suspect:
    grid = Grid(own.low, own.high, own.ratio, own.falling)
    entries = {test.vector or test.test: _entry(record, test, identity, own, grid) for test in record.tests}
    return Suspect(identity, own.unit, grid, own.weight, entries, tuple(own.same_as))


def _entry(record: DictionaryRecord, test: TestRecord, identity: str, own: SuspectRecord, grid: Grid) -> Entry:
    severity, certified = test.seen.get(identity, (None, False))
    fails_from = np.inf if severity is None else grid.place(severity) - 0.5
    swept = record.curves.get(test.curve, {}).get(identity, [])
    shares = np.array([np.nan if share is None else share for share in swept], dtype=float)
    known = ~np.isnan(shares)
    places = np.array([grid.place(severity) for severity in own.swept], dtype=float)[: shares.size][known]
    values = shares[known] * (test.expected or np.nan)
    pulses = [(grid.place(at), pulse) for at, pulse in test.pulses.get(identity, [])]
    order = np.argsort(places) if places.size else NOTHING
    return Entry(
        fails_from=float(fails_from),
        width=width_of(grid, certified),
        places=places[order] if places.size else NOTHING,
        values=values[order] if places.size else NOTHING,
        pulses=tuple(sorted(pulses)),
    )
