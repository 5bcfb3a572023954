"""The project's SQLite files: write-ahead log, several threads and processes, errors that say what to do."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from faultsim.errors import StorageError
from faultsim.schema import DAMAGED, Schema

_BUSY_TIMEOUT_S = 30.0
_RETRY_EVERY_S = 0.05
# Opening a file while another process makes it, or closes it as the last one, can fail without waiting.
_PASSING = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)
_NO_WRITING = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
_UNWRITABLE = "make the file and its folder writable, or choose another folder with --out"
_REMEDIES = {
    sqlite3.SQLITE_FULL: "free some space on the disk; what was finished before is stored",
    sqlite3.SQLITE_IOERR: "look for a full quota or a failing drive; what was finished before is stored",
    sqlite3.SQLITE_READONLY: _UNWRITABLE,
    sqlite3.SQLITE_CANTOPEN: _UNWRITABLE,
    sqlite3.SQLITE_PERM: _UNWRITABLE,
    sqlite3.SQLITE_AUTH: _UNWRITABLE,
    sqlite3.SQLITE_BUSY: "another process does not let go of it; try again when that one has ended",
    sqlite3.SQLITE_LOCKED: "another process does not let go of it; try again when that one has ended",
}


class Database:
    """One open file; its threads take turns, and what a process commits survives its being killed."""

    def __init__(self, path: Path, schema: Schema) -> None:
        """Open the file: made where missing, brought up to date where older, for reading where it cannot be written.

        Raises:
            StorageError: It cannot be made, is damaged, of another program or of a later faultsim.
        """
        self._path, self._schema = path, schema
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError.of(path.parent, error) from error
        deadline = time.monotonic() + _BUSY_TIMEOUT_S
        while (connection := self._opened(final=time.monotonic() > deadline)) is None:
            time.sleep(_RETRY_EVERY_S)
        self._connection = connection

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection for queries.

        Raises:
            StorageError: The file cannot be read.
        """
        with self._lock:
            try:
                yield self._connection
            except sqlite3.DatabaseError as error:
                raise self._explained(error) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection for one transaction: all of it is committed in the end, or nothing.

        Raises:
            StorageError: The file cannot be written.
        """
        with self.reading() as connection, _transaction(connection):
            yield connection

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _opened(self, final: bool) -> sqlite3.Connection | None:
        """Return a connection to a file that is ours and up to date; None where another process is in the way."""
        connection = None
        try:
            connection = sqlite3.connect(
                self._path, timeout=_BUSY_TIMEOUT_S, check_same_thread=False, isolation_level=None
            )
            self._prepare(connection)
            return connection
        except BaseException as error:
            if connection is not None:
                connection.close()
            if not isinstance(error, sqlite3.DatabaseError):
                raise
            if _code(error) in _PASSING and not final:
                return None
            if _code(error) in _NO_WRITING and (readable := self._read_only()) is not None:
                return readable
            raise self._explained(error) from error

    def _read_only(self) -> sqlite3.Connection | None:
        """Return a connection to a file that is ours and up to date, where it can only be read."""
        # The first works beside a process that writes it, the second where none can.
        for how in ("mode=ro", "immutable=1"):
            connection = None
            try:
                address = f"{self._path.resolve().as_uri()}?{how}"
                connection = sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)
                if self._schema.is_current(connection, self._path):
                    return connection
            except sqlite3.DatabaseError:
                pass
            if connection is not None:
                connection.close()
        return None

    def _prepare(self, connection: sqlite3.Connection) -> None:
        current = self._schema.is_current(connection, self._path)
        connection.execute("PRAGMA journal_mode=WAL")
        # No fsync at a commit: docs/design/store.md says what that can cost.
        connection.execute("PRAGMA synchronous=NORMAL")
        if not current:
            with _transaction(connection):
                self._schema.update(connection)

    def _explained(self, error: sqlite3.DatabaseError) -> StorageError:
        return StorageError(f"{self._path}: {error}; {_REMEDIES.get(_code(error), DAMAGED)}")


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # A full disk ends the transaction by itself.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code, 0 where the error is not SQLite's."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
