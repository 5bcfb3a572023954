"""What one kind of SQLite file consists of: how it is known, made, and brought up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from faultsim.errors import StorageError

DAMAGED = "move it away if it is damaged, or choose another --out"


@dataclass(frozen=True)
class Schema:
    """One kind of file.

    Attributes:
        noun: What the file is, for messages.
        application: SQLite's application id of such files; 0 in those that were made before there was one.
        version: Raised with every change; files of a later one are refused.
        main: The table by which a file without an application id is known.
        tables: Statements that make what is not there yet.
        added: Table -> column -> declaration, for the columns that older files lack.
        upgrade: Statements for an older file, once it has all columns.
    """

    noun: str
    application: int
    version: int
    main: str
    tables: Sequence[str]
    added: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    upgrade: Sequence[str] = ()

    def is_current(self, connection: sqlite3.Connection, path: Path) -> bool:
        """Return whether a file is of this kind and up to date; one that is empty or older is not.

        Raises:
            StorageError: It is of another kind, or of a later version.
        """
        application, version = _pragma(connection, "application_id"), _pragma(connection, "user_version")
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        ours = application == self.application
        if not ours and (application or (tables and self.main not in tables)):
            raise StorageError(f"{path}: is no {self.noun} but a file of another kind; {DAMAGED}")
        if version > self.version:
            raise StorageError(
                f"{path}: was written by a later faultsim (its version of a {self.noun} is {version}, "
                f"this one's {self.version}); upgrade faultsim, or choose another --out"
            )
        return ours and version == self.version

    def update(self, connection: sqlite3.Connection) -> None:
        """Make what is missing, inside the caller's transaction."""
        for statement in self.tables:
            connection.execute(statement)
        for table, columns in self.added.items():
            known = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
            for column, declaration in columns.items():
                if column not in known:
                    connection.execute(f"ALTER TABLE {table} ADD COLUMN {column} {declaration}")
        # Another process may have been faster; then there is nothing left to upgrade.
        if _pragma(connection, "user_version") < self.version:
            for statement in self.upgrade:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id={self.application}")
        connection.execute(f"PRAGMA user_version={self.version}")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
