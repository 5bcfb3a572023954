"""Writes the files of a run folder: each is there as a whole or not at all, whenever the process is killed."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from faultsim.errors import StorageError

_PART = ".part"
_PROBE = ".faultsim"


def write_file(path: Path, text: str) -> None:
    """Write a file, with the folders above it, in place of an earlier one.

    Raises:
        StorageError: It cannot be written; an earlier one is as it was.
    """
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file that is no text, likewise.

    Raises:
        StorageError: It cannot be written; an earlier one is as it was.
    """
    part = path.with_name(f".{path.name}{_PART}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            # Without it a power cut could leave an empty file under the final name.
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise StorageError.of(path, error) from error


def check_writable(folder: Path) -> None:
    """Make a folder, with those above it, and check that a file can be written there, before much work is done for it.

    Raises:
        StorageError: It cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _PROBE).touch()
        (folder / _PROBE).unlink()
    except OSError as error:
        raise StorageError.of(folder, error) from error


def remove(path: Path) -> None:
    """Remove a file if it is there.

    Raises:
        StorageError: It cannot be removed.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError.of(path, error) from error


def remove_parts(folder: Path) -> None:
    """Remove what a process left that was killed while it wrote."""
    for part in folder.rglob(f".*{_PART}"):
        remove(part)
