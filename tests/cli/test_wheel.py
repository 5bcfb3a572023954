"""The wheel carries the content folders, whole and nothing else, so that an installed faultsim needs no repository."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.cli.conftest import REPOSITORY, TINY, Shell

FOLDERS = ("circuits", "campaigns", "fault_models", "reports/templates")
LIBRARY = "faultsim/_library/"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("THE WHEEL IS NOT TESTED: hatchling is missing; pip install hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--no-build-isolation", "--no-deps", "--no-index", "--disable-pip-version-check", "--quiet"]
    command = [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", str(folder), str(REPOSITORY)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_carries_every_content_file_that_git_has_or_would_take_and_no_other(wheel: Path) -> None:
    if shutil.which("git") is None or not (REPOSITORY / ".git").exists():
        pytest.skip("THE WHEEL'S CONTENT IS NOT TESTED: this is no git checkout")
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *FOLDERS]
    listed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout.splitlines()
    expected = {name for name in listed if (REPOSITORY / name).is_file()}
    carried = {name.removeprefix(LIBRARY) for name in zipfile.ZipFile(wheel).namelist() if name.startswith(LIBRARY)}
    assert expected
    assert carried == expected


def test_the_wheel_alone_lists_sites_and_plans_and_reads_nothing_from_the_repository(wheel: Path, shell: Shell) -> None:
    installed = shell.folder / "site"
    zipfile.ZipFile(wheel).extractall(installed)
    shell.write("tiny.toml", TINY)
    environment = {"PYTHONPATH": str(installed)}
    doctor = shell("doctor", "--json", env=environment).succeeds().json
    assert {"what": "library", "ok": True, "found": str(installed / "faultsim" / "_library")}.items() <= next(
        finding for finding in doctor if finding["what"] == "library"
    ).items()
    assert {row["name"] for row in shell("list", "--json", env=environment).succeeds().json} >= {
        "crossbar4",
        "lats2024",
    }
    assert len(shell("sites", "crossbar4", "--json", env=environment).succeeds().json) > 300
    assert "lats2024" in shell("run", "lats2024", "--dry-run", env=environment).succeeds().out
    done = shell("run", "tiny.toml", "--only", "Rop5", env=environment).succeeds()
    assert (shell.folder / done.out.strip()).is_file()
