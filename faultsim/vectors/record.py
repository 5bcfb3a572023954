"""vectors.json: what a set of vectors is made of, and what SPICE says about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from faultsim.errors import SpecError, UsageError
from faultsim.reports.files import remove
from faultsim.specfile import Spec, read_json

VECTORS, LIMITS, MATRIX, REPLAY = "vectors.csv", "limits.csv", "matrix.csv", "replay.csv"
STIL, LEVELS = "vectors.stil", "levels.stil"
GOLDEN, FAULTY = "golden.stdf", "faulty.stdf"
RECORD = "vectors.json"
DICTIONARY = "dictionary.json"
# Only our own: the folder may be one in which others keep their tables.
_FILES = (VECTORS, LIMITS, MATRIX, REPLAY, STIL, LEVELS, GOLDEN, FAULTY, DICTIONARY, "pwl/v[0-9]*.*.pwl")


Edges = list[tuple[int, str]]
"""Time in fs and event of each edge of a signal."""


class PairRecord(Spec):
    """What one vector sees of one defect: between two neighbouring severities a test begins to fail.

    ``passes_at`` is nothing where the mildest severity fails already. ``covered`` is false of what is only looked up
    for diagnosis: seen at the severest, or not at all (``fails_at`` is nothing).
    """

    defect_id: str
    unit: str
    demanded: float
    passes_at: float | None
    fails_at: float | None
    covered: bool
    responses: list[tuple[float, float | None]]
    reason: str = ""


class VectorRecord(Spec):
    """One vector; its ``purpose`` is to detect, or to diagnose what others have detected.

    ``edges`` are all that a tester drives and compares, as the certificates were simulated with: signal -> time in fs
    and event. ``compares`` are cycle of the pattern, pulse and event of each comparison of the output, from 1.
    """

    name: str
    test: str
    observable: str
    limit_low: float | None
    limit_high: float | None
    certain_low: float | None
    certain_high: float | None
    expected: float | None
    time_s: float
    purpose: str
    edges: dict[str, Edges]
    compares: list[tuple[int, int, str]]
    pairs: list[PairRecord]


class DefectRecord(Spec):
    """One defect of the universe: covered, or why not."""

    defect_id: str
    weight: float
    unit: str
    direction: str
    default: float
    demanded: float | None
    covered_by: list[str]
    same_as: str = ""
    reason: str = ""


class SelectionRecord(Spec):
    """How the set was chosen; costs in s, or in vectors where these were counted.

    ``bound`` is proven: no set of the matrix costs less. ``certified`` of its ``entries`` rest on transients of just
    that pair, the others are estimates.
    """

    aim: str
    target: float
    candidates: int
    usable: int
    defects: int
    cost: float
    bound: float
    gap: float
    greedy_cost: float
    rounds: int
    entries: int
    certified: int


class ParetoRecord(Spec):
    """One point of the curve: the most weight that so much cost can cover."""

    cost: float
    covered_weight: float
    proven: bool
    vectors: list[str]


class AppliedRecord(Spec):
    """How one vector is applied: the variables of its level, the lengths of its cycles, and the rest behind them.

    ``about`` says what it does that was not chosen: it writes the weights. It is a vector of the files for the tester
    alone, and its time is in no cost.
    """

    name: str
    about: str
    level: dict[str, float]
    periods_fs: list[int]
    rest_fs: int


class SetRecord(Spec):
    """A set of vectors.

    ``applied`` are all vectors in the order in which a tester applies them, the one first that writes the weights,
    where there is one; ``initial`` are its edges. ``tester_v`` are the lowest and the highest level that the tester
    drives. An earlier version wrote neither ``applied`` nor ``tester_v``.
    """

    circuit: str
    campaigns: list[str]
    only: list[str]
    candidates: str
    tester: str
    tester_v: tuple[float, float] | None = None
    rest_s: float
    versions: dict[str, str]
    fingerprints: dict[str, str]
    selection: SelectionRecord
    pareto: list[ParetoRecord]
    applied: list[AppliedRecord] = Field(default_factory=list)
    initial: dict[str, Edges]
    vectors: list[VectorRecord]
    defects: list[DefectRecord]
    refused: dict[str, str]
    withdrawn: list[str]


def record_text(record: SetRecord) -> str:
    """Return a record as JSON; infinity, which JSON does not have, is written as nothing where it may be."""
    return json.dumps(record.model_dump(), indent=1, allow_nan=False) + "\n"


def clear(folder: Path) -> None:
    """Take away the files of an earlier set, the record that says that it is whole first.

    Raises:
        StorageError: One cannot be removed.
    """
    remove(folder / RECORD)
    for pattern in _FILES:
        for path in folder.glob(pattern):
            remove(path)


def is_of(folder: Path, name: str, only: str, fingerprint: Mapping[str, str]) -> bool:
    """Return whether a folder has vectors that were chosen for a campaign as it is now.

    Args:
        folder: Of vectors.
        name: Of the campaign.
        only: The glob that its run is narrowed down by.
        fingerprint: Hashes of what its run follows from.
    """
    try:
        record = read_record(folder)
    except (UsageError, SpecError):
        return False
    same = all(record.fingerprints.get(f"{name}.{key}") == value for key, value in fingerprint.items())
    return same and only in record.only


def read_record(folder: Path, command: str = "") -> SetRecord:
    """Read the record of a folder of vectors.

    Args:
        folder: The folder.
        command: That makes it; as if it lay in its run folder if none.

    Raises:
        UsageError: There are no vectors.
        SpecError: The file is not a record.
    """
    return read_json(made(folder, RECORD, command), SetRecord)


def made(folder: Path, name: str, command: str = "") -> Path:
    """Return a file of a folder of vectors.

    Raises:
        UsageError: It is not there.
    """
    path = folder / name
    if not path.is_file():
        remedy = f"{command} makes it" if command else "faultsim vectors makes it with the others; make them anew"
        raise UsageError(f"{folder} has no {name}; {remedy}")
    return path
