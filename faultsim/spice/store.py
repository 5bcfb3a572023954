"""Every transient ever finished, by content hash, in one SQLite file beside the run folders."""

from __future__ import annotations

import io
import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from faultsim.database import Database
from faultsim.schema import Schema
from faultsim.spice.claims import Claims
from faultsim.spice.job import Outcome, Status, Trace
from faultsim.spice.waveform import Waveform

_TRANSIENT = """
CREATE TABLE IF NOT EXISTS transient (
    key TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    observables TEXT NOT NULL,
    margin REAL,
    points INTEGER NOT NULL,
    log_tail TEXT NOT NULL,
    seconds REAL,
    runs INTEGER NOT NULL DEFAULT 1,
    generation INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID
"""
_SCHEMA = Schema(
    noun="store of transients",
    application=0x46535354,
    version=1,
    main="transient",
    tables=(
        _TRANSIENT,
        "CREATE TABLE IF NOT EXISTS waveform (key TEXT PRIMARY KEY, samples BLOB NOT NULL)",
        "CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL)",
    ),
    added={
        "transient": {
            "seconds": "REAL",
            "runs": "INTEGER NOT NULL DEFAULT 1",
            "generation": "INTEGER NOT NULL DEFAULT 0",
        }
    },
)
_OUTCOME = "status, observables, points, log_tail"
_GENERATION = "coalesce((SELECT value FROM counter WHERE name = 'generation'), 0)"
_AT_A_TIME = 500


class Store:
    """The only reader and writer of store.sqlite, for several threads; several processes may have one open each.

    Its ``claims`` say which transients are under way in which process.

    A row is finished when it is committed, so that nothing is lost when the process is killed. What ended well is
    kept as it was first, however often it is simulated. A row's generation says after which demand to simulate
    everything again it was made.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, made where missing.

        Raises:
            StorageError: It cannot be written, or it is not a store.
        """
        self._database = Database(path, _SCHEMA)
        self.claims = Claims(path.with_name(f"{path.name}-claims"))

    def get(self, key: str, since: int = 0) -> Outcome | None:
        """Return a stored outcome; None where it is older than a generation."""
        query = f"SELECT {_OUTCOME} FROM transient WHERE key = ? AND generation >= ?"
        with self._database.reading() as connection:
            row = connection.execute(query, (key, since)).fetchone()
        return None if row is None else _outcome(row)

    def trace(self, key: str, since: int = 0) -> Trace | None:
        """Return a stored outcome with its waveforms, which are kept only of what was asked for with them."""
        query = f"SELECT {_OUTCOME}, samples FROM transient JOIN waveform USING (key) WHERE key = ? AND generation >= ?"
        with self._database.reading() as connection:
            row = connection.execute(query, (key, since)).fetchone()
        return None if row is None else Trace(_outcome(row[:-1]), _unpacked(row[-1]))

    def put(self, key: str, trace: Trace, since: int = 0) -> None:
        """Store what a transient showed, with the waveforms if it has any, in one commit.

        Args:
            key: Content hash of the job.
            trace: Outcome and waveforms.
            since: Generation from which on an outcome that ended well stays.

        Raises:
            StorageError: The disk is full or the file cannot be written.
        """
        with self._database.writing() as connection:
            query = "SELECT status = ? AND generation >= ? FROM transient WHERE key = ?"
            known = connection.execute(query, (Status.OK.value, since, key)).fetchone()
            if known is None:
                connection.execute(
                    "INSERT INTO transient (status, observables, margin, points, log_tail, seconds, generation, key) "
                    f"VALUES (?, ?, ?, ?, ?, ?, {_GENERATION}, ?)",
                    (*_columns(trace.outcome), trace.seconds, key),
                )
            elif known[0]:
                connection.execute("UPDATE transient SET runs = runs + 1 WHERE key = ?", (key,))
            else:
                connection.execute(
                    "UPDATE transient SET status = ?, observables = ?, margin = ?, points = ?, log_tail = ?, "
                    f"seconds = ?, generation = {_GENERATION}, runs = runs + 1 WHERE key = ?",
                    (*_columns(trace.outcome), trace.seconds, key),
                )
                connection.execute("DELETE FROM waveform WHERE key = ?", (key,))
            if trace.waveforms:
                connection.execute("INSERT OR REPLACE INTO waveform VALUES (?, ?)", (key, _packed(trace)))

    def begin_generation(self) -> int:
        """Return a generation that no row is of yet; rows that are finished from now on are of it."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO counter VALUES ('generation', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1"
            )
            return int(connection.execute(f"SELECT {_GENERATION}").fetchone()[0])

    def statuses(self, keys: Collection[str]) -> dict[str, int]:
        """Return how many of some transients ended in which way; those that are not stored are in none."""
        counts: Counter[str] = Counter()
        with self._database.reading() as connection:
            for part in _parts(keys):
                query = f"SELECT status, count(*) FROM transient WHERE key IN ({_marks(part)}) GROUP BY status"
                counts.update(dict(connection.execute(query, part).fetchall()))
        return dict(sorted(counts.items()))

    def missing(self, keys: Collection[str]) -> set[str]:
        """Return which of some transients are not stored."""
        found: set[str] = set()
        with self._database.reading() as connection:
            for part in _parts(keys):
                rows = connection.execute(f"SELECT key FROM transient WHERE key IN ({_marks(part)})", part)
                found.update(row[0] for row in rows)
        return set(keys) - found

    def close(self) -> None:
        """Close the file, and let go of what is claimed."""
        self.claims.close()
        self._database.close()


def _columns(outcome: Outcome) -> tuple[Any, ...]:
    margin = outcome.values.get("margin")
    return outcome.status.value, json.dumps(outcome.values), margin, outcome.points, outcome.log_tail


def _outcome(row: sqlite3.Row | tuple[Any, ...]) -> Outcome:
    status, values, points, log_tail = row
    return Outcome(Status(status), json.loads(values), points, log_tail)


def _packed(trace: Trace) -> bytes:
    file = io.BytesIO()
    found = list(trace.waveforms.values())
    # All of a transient are at the simulator's own time points.
    samples = np.stack([found[0].time_s, *(waveform.values for waveform in found)])
    np.savez_compressed(file, samples=samples, names=np.array(list(trace.waveforms)))
    return file.getvalue()


def _unpacked(samples: bytes) -> dict[str, Waveform]:
    with np.load(io.BytesIO(samples), allow_pickle=False) as arrays:
        time_s, *values = arrays["samples"]
        return {str(name): Waveform(time_s, found) for name, found in zip(arrays["names"], values, strict=True)}


def _parts(keys: Collection[str]) -> Iterator[list[str]]:
    """Yield keys in numbers that one query takes."""
    listed = list(keys)
    for first in range(0, len(listed), _AT_A_TIME):
        yield listed[first : first + _AT_A_TIME]


def _marks(keys: list[str]) -> str:
    return ", ".join("?" * len(keys))
