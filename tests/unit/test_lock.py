"""A folder that another process writes is said with a command that a shell takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from faultsim.campaigns.lock import FolderLock
from faultsim.errors import UsageError


def test_the_command_that_shows_who_has_a_folder_is_ready_for_a_shell(tmp_path: Path) -> None:
    folder = tmp_path / "my runs" / "b c"
    with (
        FolderLock(folder, "run"),
        pytest.raises(UsageError, match=f"; faultsim status '{folder}' shows how far it is"),
        FolderLock(folder, "run"),
    ):
        pass
