"""Where the vectors of a run are, and what is told where they are not: commands that work."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from faultsim.cli.vectors import load_record_folder
from faultsim.errors import StorageError, UsageError
from faultsim.reports.files import check_writable
from faultsim.vectors.record import clear


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run folder without vectors, and with a space in its path."""
    folder = tmp_path / "my runs" / "c"
    folder.mkdir(parents=True)
    (folder / "campaign.sqlite").touch()
    return folder


def told(run: Path, out: Path | None) -> str:
    with pytest.raises(UsageError) as error:
        load_record_folder(run, out)
    return str(error.value)


def test_vectors_are_in_the_run_or_elsewhere(run: Path, tmp_path: Path) -> None:
    for folder in (run / "vectors", tmp_path / "cv"):
        folder.mkdir()
        (folder / "vectors.json").touch()
    assert load_record_folder(run, None) == run / "vectors"
    assert load_record_folder(run, tmp_path / "cv") == tmp_path / "cv"


@pytest.mark.parametrize("there", [False, True])
def test_a_run_without_vectors(run: Path, there: bool) -> None:
    if there:
        # What a run alone leaves.
        (run / "vectors").mkdir()
        (run / "vectors" / "vectors.csv").touch()
    assert (
        told(run, None) == f"{run / 'vectors'} has no vectors.json; faultsim vectors {shlex.quote(str(run))} makes it"
    )
    assert told(run, Path("cv")).endswith(f"; faultsim vectors {shlex.quote(str(run))} --out cv makes it")


def test_the_folder_of_the_vectors_in_place_of_the_run(run: Path, tmp_path: Path) -> None:
    for folder, instead in [(run / "vectors", str(run)), (tmp_path / "a b", f"RUN --out {tmp_path}/a b")]:
        folder.mkdir()
        (folder / "vectors.json").touch()
        said = told(folder, None)
        assert said.startswith(f"{folder} is a folder of vectors, not the run that they are for; give ")
        assert said.replace("'", "").endswith(f"give {instead} in its place")


def test_no_run_at_all_and_a_file(run: Path) -> None:
    assert told(Path("no"), None).startswith("no is not a run folder: it has no campaign.sqlite")
    assert told(run, run / "campaign.sqlite") == f"{run / 'campaign.sqlite'} is a file, not a folder of vectors"


def test_only_files_of_vectors_are_taken_away(run: Path) -> None:
    own = ["vectors.json", "vectors.csv", "replay.csv", "vectors.stil", "golden.stdf", "pwl/v001.in1.pwl"]
    others = ["responses.csv", "wrong.stil", "wrong.replay.csv", "lot7.stdf", "pwl/mine.pwl", "notes.json"]
    (run / "pwl").mkdir()
    for name in (*own, *others):
        (run / name).touch()
    clear(run)
    assert not any((run / name).exists() for name in own)
    assert all((run / name).exists() for name in others)


def test_a_folder_that_cannot_be_written_is_told_before_the_work(run: Path) -> None:
    check_writable(run / "new" / "folder")
    assert list((run / "new" / "folder").iterdir()) == []
    with pytest.raises(StorageError, match="is a file, not a folder; choose another folder with --out"):
        check_writable(run / "campaign.sqlite")
    (run / "new").chmod(0o500)
    if os.geteuid():
        with pytest.raises(StorageError, match="make it writable"):
            check_writable(run / "new")
