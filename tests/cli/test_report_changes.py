"""report BEFORE AFTER: what changed from one run to another, and the gates on it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Finished, Shell, edit
from tests.cli.report_command import report


@pytest.fixture(scope="module")
def runs(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the finished run, and of two as its test would give them if it were sharper, and blind."""
    folder = tmp_path_factory.mktemp("runs") / "my work"
    for name in ("tiny", "sharper", "blind"):
        shutil.copytree(finished.folder, folder / name, ignore=shutil.ignore_patterns("*.sqlite*"))
        edit(folder / name / "manifest.json", '"campaign": "tiny"', f'"campaign": "{name}"')
    edit(folder / "sharper" / "settings.csv", ",im_wr_a,0.3,", ",im_wr_a,0.1,")
    bracket = "3200.0,6400.0,6400.0,3200.0,6400.0,6400.0"
    edit(folder / "sharper" / "thresholds.csv", bracket, bracket.replace("6400", "1600").replace("3200", "800"))
    edit(
        folder / "blind" / "thresholds.csv",
        f"detected,fails_above,ohm,{bracket}",
        "undetected,fails_above,ohm,1e4,,,,,",
    )
    edit(folder / "blind" / "coverage.csv", ",detected,6400.0,6400.0,", ",undetected,,,")
    return folder


def test_a_sharper_test_moves_a_threshold_and_the_settings_say_why(runs: Path) -> None:
    lines = [" ".join(line.split()) for line in report(runs / "tiny", runs / "sharper").succeeds().out.splitlines()]
    assert lines[0] == "0 detections won, 0 lost; 0 defects added, 0 removed; 1 of 2 thresholds moved."
    assert "Rop3 current original 6.4 kohm 1.6 kohm 0.25 more" in lines
    assert "1 thresholds are where they were, within one step of the search." in lines
    assert "current, original, 1.1 V, 27 C: limits_relative 0.3 0.1" in lines
    assert "campaign tiny sharper" in lines
    assert not any(line.startswith(("deck_sha256", "sidecar_sha256")) for line in lines)


def test_the_same_as_json_and_as_a_table_of_a_document(runs: Path, tmp_path: Path) -> None:
    two = runs / "tiny", runs / "sharper"
    thresholds = report(*two, "--json").succeeds().json["thresholds"]
    (move,) = thresholds["found"]
    assert (move["defect_id"], move["ratio"], move["sees"], thresholds["unchanged"]) == ("Rop3", 0.25, "more", 1)
    csv = report(*two, "--format", "csv", "--table", "thresholds").succeeds().out.splitlines()
    assert csv == [
        "Defect,Test,Window,Before,After,Ratio,Test sees,unit",
        "Rop3,current,original,6400.0,1600.0,0.25,more,ohm",
    ]
    files = report(*two, "--format", "latex", "-o", tmp_path).succeeds().out.split()
    assert files == [f"{tmp_path}/{kind}.tex" for kind in ("coverage", "thresholds", "circuit", "sources")]
    assert r"\label{tab:tiny-sharper-changes-thresholds}" in (tmp_path / "thresholds.tex").read_text()
    report(*two, "--table", "comparison").fails_with(2, "--table 'comparison': two runs have no such table")


def test_a_run_beside_itself_has_not_changed_and_passes_every_gate(runs: Path) -> None:
    done = report(runs / "tiny", runs / "tiny", "--fail-on-loss", "--fail-under", "50").succeeds()
    assert done.out.startswith("Nothing changed; 2 thresholds are where they were.\n")


def test_a_lost_detection_ends_with_exit_code_5_after_all_is_said(runs: Path) -> None:
    assert report(runs / "tiny", runs / "blind").succeeds().out.startswith("0 detections won, 1 lost;")
    done = report(runs / "tiny", runs / "blind", "--fail-on-loss", "--fail-under", "50")
    assert done.code == 5
    assert "Rop3" in done.out
    assert "faultsim: 1 detection was lost: Rop3\n" in done.err
    assert "coverage is 0.00% by weight" in done.err
    assert "below --fail-under 50" in done.err
    back = report(runs / "blind", runs / "tiny", "--fail-on-loss").succeeds().out
    assert back.startswith("1 detection won, 0 lost;")


def test_names_that_move_a_terminal_s_cursor_are_shown_as_text(runs: Path, tmp_path: Path) -> None:
    shutil.copytree(runs / "tiny", tmp_path / "odd")
    text = (tmp_path / "odd" / "coverage.csv").read_text()
    (tmp_path / "odd" / "coverage.csv").write_text(text.replace("Rop3", "\x1b[31m[red]<b>"))
    said = report(runs / "tiny", tmp_path / "odd").succeeds().out
    assert r"\x1b[31m[red]<b>" in said
    assert "\x1b" not in said


def test_a_run_whose_coverage_is_too_low_ends_with_exit_code_5_and_has_its_report(workspace: Shell) -> None:
    page = workspace.folder / "runs" / "tiny" / "report.html"
    page.unlink()
    done = workspace("run", "tiny.toml", "--fail-under", "50.1")
    assert (done.code, done.out) == (5, "runs/tiny/report.html\n")
    assert "coverage is 50.00% by weight (up to 100.00%" in done.err
    page.unlink()
    again = report(page.parent, "--fail-under", "95")
    assert (again.code, again.out) == (5, f"{page}\n")
    assert page.is_file()
    page.unlink()
    assert report(page.parent, "--fail-under", "50").succeeds().out == f"{page}\n"
    assert report(page.parent, "--format", "csv", "--fail-under", "95").code == 5
