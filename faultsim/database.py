"""Opens the project's SQLite files: write-ahead log, usable from several threads, clear errors."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from faultsim.errors import FaultsimError

_BUSY_TIMEOUT_S = 30.0


def open_database(path: Path, schema: str) -> sqlite3.Connection:
    """Open a database, made where missing; the caller serialises its use.

    Args:
        path: The file.
        schema: Statements that make what is not there yet.

    Raises:
        FaultsimError: The folder cannot be written, or the file is not a database of ours.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(schema)
    except sqlite3.DatabaseError as error:
        raise FaultsimError(f"{path}: {error}; move it away if it is damaged, or choose another --out") from error
    except OSError as error:
        raise FaultsimError(f"{path}: {error}; choose a folder that can be written with --out") from error
    return connection
