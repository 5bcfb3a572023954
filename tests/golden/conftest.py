"""The run of the campaign whose tables are kept here."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import LONG_PATIENCE_S, Shell
from tests.shared_work import SharedWork

HERE = Path(__file__).parent
KEPT = HERE / "two_opens"


@dataclass(frozen=True)
class TwoOpens:
    """A run of the kept campaign, and what the command said at its end."""

    shell: Shell
    folder: Path
    said: dict[str, Any]


@pytest.fixture(scope="session")
def two_opens(shared_work: SharedWork) -> TwoOpens:
    return shared_work.result("two_opens", run_two_opens)


def run_two_opens(folder: Path) -> TwoOpens:
    shell = Shell(folder, LONG_PATIENCE_S)
    shutil.copy(KEPT / "campaign.toml", shell.folder / "two_opens.toml")
    said = shell("run", "two_opens.toml", "--json").succeeds().json
    return TwoOpens(shell, shell.folder / "runs" / "two_opens", said)
