"""Puts the transients of one store into another: those of runs on other machines beside one's own."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from faultsim.errors import StorageError
from faultsim.spice.job import Status
from faultsim.spice.store import Store


def absorb(store: Path, other: Path) -> None:
    """Add what another store has, in one commit; what ended well in both stays as it is.

    Args:
        store: The file that gets it, made where missing.
        other: The file that has it, which stays as it is.

    Raises:
        StorageError: One of them is no store or cannot be read, or the first cannot be written.
    """
    for path in (store, other):
        # Both are of this version then, with the same columns.
        Store(path).close()
    if store.samefile(other):
        return
    try:
        # The commit at the end of the context does not close the connection.
        with closing(sqlite3.connect(store)) as connection:
            connection.execute("ATTACH ? AS other", (str(other),))
            with connection:
                _copy(connection)
    except sqlite3.Error as error:
        raise StorageError(f"{store}: what {other} has cannot be put into it: {error}") from error


def _copy(connection: sqlite3.Connection) -> None:
    columns = [row[1] for row in connection.execute("PRAGMA main.table_info(transient)")]
    # A generation counts demands to simulate everything again, and each store has its own count.
    own = "coalesce((SELECT value FROM main.counter WHERE name = 'generation'), 0)"
    values = ", ".join(own if name == "generation" else name for name in columns)
    ended_well = "SELECT key FROM main.transient WHERE status = ?"
    connection.execute(
        f"INSERT OR REPLACE INTO main.transient ({', '.join(columns)}) "
        f"SELECT {values} FROM other.transient WHERE key NOT IN ({ended_well}) "
        "AND (status = ? OR key NOT IN (SELECT key FROM main.transient))",
        (Status.OK.value, Status.OK.value),
    )
    connection.execute("INSERT OR IGNORE INTO main.waveform SELECT * FROM other.waveform")
