"""Every transient ever finished, by content hash, in one SQLite file beside the run folders."""

from __future__ import annotations

import json
import sqlite3
import threading
from pathlib import Path

from faultsim.database import open_database
from faultsim.errors import FaultsimError
from faultsim.spice.job import Outcome, Status

_SCHEMA = """
CREATE TABLE IF NOT EXISTS transient (
    key TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    observables TEXT NOT NULL,
    margin REAL,
    points INTEGER NOT NULL,
    log_tail TEXT NOT NULL
) WITHOUT ROWID
"""


class Store:
    """The only reader and writer of store.sqlite; safe to use from several threads.

    A row is finished when it is committed, so that nothing is lost when the process is killed.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, made where missing.

        Raises:
            FaultsimError: The folder cannot be written, or the file is not a store.
        """
        self._lock = threading.Lock()
        self._connection = open_database(path, _SCHEMA)
        self._path = path

    def get(self, key: str) -> Outcome | None:
        """Return a stored outcome."""
        with self._lock:
            query = "SELECT status, observables, points, log_tail FROM transient WHERE key = ?"
            row = self._connection.execute(query, (key,)).fetchone()
        if row is None:
            return None
        status, values, points, log_tail = row
        return Outcome(Status(status), json.loads(values), points, log_tail)

    def put(self, key: str, outcome: Outcome) -> None:
        """Store an outcome and commit it.

        Raises:
            FaultsimError: The disk is full or the file cannot be written.
        """
        row = (
            key,
            outcome.status.value,
            json.dumps(outcome.values),
            outcome.values.get("margin"),
            outcome.points,
            outcome.log_tail,
        )
        try:
            with self._lock, self._connection:
                self._connection.execute("INSERT OR REPLACE INTO transient VALUES (?, ?, ?, ?, ?, ?)", row)
        except sqlite3.Error as error:
            raise FaultsimError(f"{self._path}: {error}; what was finished before is stored") from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
