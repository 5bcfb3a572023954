"""What ``status`` says of a study's folder: under way, stopped or complete; and how long a stage still takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from faultsim.campaigns.lock import FolderLock
from faultsim.cli.progress import Progress, ProgressView
from faultsim.cli.study_log import StudyLog, is_study, print_study


def noted(folder: Path) -> StudyLog:
    log = StudyLog(folder, "faultsim train small.toml")
    log.begin()
    with log.view(lambda: "7 transients") as view:
        view.stage("trainings", 9)
        view.advance("ok")
        view.advance("ok")
    return log


def test_a_folder_says_how_far_it_is_and_how_to_go_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not is_study(tmp_path)
    log = noted(tmp_path)
    assert is_study(tmp_path)
    print_study(tmp_path, as_json=False)
    assert capsys.readouterr().out == "trainings: 2 of 9\nnot complete; resume with: faultsim train small.toml\n"
    with FolderLock(tmp_path, "train"):
        print_study(tmp_path, as_json=False)
        said = capsys.readouterr().out
        assert "under way: faultsim train, process" in said
        assert said.endswith(": 7 transients\n")
        print_study(tmp_path, as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert (found["complete"], found["stages"], found["running"]["done"]) == (False, {"trainings": [2, 9]}, 2)
    log.end()
    (tmp_path / "manifest.json").write_text('{"kind": "training", "trainings": 9, "unknown": 0}')
    print_study(tmp_path, as_json=False)
    assert capsys.readouterr().out == "trainings: 9\nunknown: 0\ncomplete\n"
    print_study(tmp_path, as_json=True)
    assert json.loads(capsys.readouterr().out) == {
        "complete": True,
        "resume": None,
        "stages": {},
        "counts": {"trainings": 9, "unknown": 0},
        "running": None,
    }


def test_the_manifest_of_something_else_is_no_study(tmp_path: Path) -> None:
    for text in ('{"campaign": "lats2024"}', "[]", "{"):
        (tmp_path / "manifest.json").write_text(text)
        assert not is_study(tmp_path)


def test_a_stage_that_has_some_items_says_how_long_it_still_takes() -> None:
    seen: list[Progress] = []
    with ProgressView(telling=lambda: "5 transients", noting=seen.append, estimating=True) as view:
        view.stage("trainings", 8)
        for _ in range(5):
            view.advance()
    assert (seen[-1].stage, seen[-1].done, seen[-1].total) == ("trainings", 5, 8)
    assert seen[-1].spent.startswith("5 transients; about ")
    assert seen[-1].spent.endswith(" more of this stage")
