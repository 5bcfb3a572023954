"""The decks of public packages, fetched by name into a cache and never kept in the repository."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shared_work import SharedWork

REPOSITORY = Path(__file__).parents[2]


def decks_in(folder: Path) -> Iterator[Path]:
    """Yield the decks of a folder in a fixed order."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path


@pytest.fixture(scope="session")
def public_decks(shared_work: SharedWork) -> Path:
    """Return the folder of the decks; without the packages there is nothing to test, and that is a failure."""
    return shared_work.result("public_decks", fetched)


def fetched(_: Path) -> Path:
    """Fetch what is not in the cache yet."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(os.environ.get("FAULTSIM_DECKS") or cache / "faultsim-test-decks")
    command = [sys.executable, REPOSITORY / "scripts" / "fetch-decks.py", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder
