"""What a run says while it is under way, to its terminal, to a log and to another shell; and what is stale."""

from __future__ import annotations

import os
import pty
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import PATIENCE_S, Shell, bytes_of, edit, kill_group
from tests.cli.small import Whole, prepared, simulations, undisturbed

LINE = re.compile(r"^ *\d+ s  (\w+): (\d+) of (\d+)  (.*)$")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    return undisturbed(tmp_path_factory.mktemp("whole") / "my work")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    shell = prepared(tmp_path_factory.mktemp("finished") / "my work", step="20p")
    shell("run", "campaign.toml").succeeds()
    return shell


def test_a_log_and_another_shell_see_transients_and_what_is_to_go(finished: Shell) -> None:
    shell = prepared(finished.folder.parent / "slow", step="30f")
    process = shell.start("run", "campaign.toml", "--jobs", "1")
    assert process.stderr is not None
    while not ((found := LINE.match(line := process.stderr.readline())) and "this stage" in line):
        assert line, "the run ended without a word"
    assert re.search(r"\d+ transients(, \d+ reused)?; about \d+ (s|min|h \d\d min) more of this stage$", found[4])
    # Between two stages, and before anything of one is finished, nobody knows what is to go.
    until_s, told = time.monotonic() + PATIENCE_S, None
    while told is None:
        assert time.monotonic() < until_s
        status = shell("status", "runs/campaign", "--json").succeeds().json
        talk = shell("status", "runs/campaign").succeeds().out
        told = re.search(r"; at \w+ after \d+ s: .*; about \d+ \w+ more of this stage$", talk, re.MULTILINE)
        told = told if status["running"]["eta_s"] is not None else None
    assert status["running"]["pid"] == process.pid
    assert status["running"]["simulated"] > 0
    assert status["running"]["eta_s"] > 0
    assert f"under way: faultsim run, process {process.pid} on " in talk
    assert "transients of finished results: " in talk
    kill_group(process, signal.SIGTERM).fails_with(130, "resume with: faultsim run campaign.toml --jobs 1")
    after = shell("status", "runs/campaign", "--json").succeeds().json
    assert (after["complete"], after["running"]) == (False, None)
    assert sum(after["transients"].values()) > 0


def test_a_terminal_gets_a_bar_with_verdicts_and_transients(finished: Shell) -> None:
    shell = prepared(finished.folder.parent / "terminal")
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "150"}
    command = [sys.executable, "-m", "faultsim", "run", "campaign.toml", "--jobs", "1"]
    process = subprocess.Popen(
        command, cwd=shell.folder, env=environment, stdout=subprocess.DEVNULL, stderr=theirs, stdin=subprocess.DEVNULL
    )
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:
        # Nobody has the other end any more.
        pass
    os.close(ours)
    assert process.wait(timeout=60) == 0
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode())
    assert re.search(r"thresholds +.* 6/6 .*6 detected", plain)
    assert re.search(r"waveforms +.* 2/2 .*6 detected", plain)
    assert re.search(rf"portraits +.* (\d+)/\1 .*6 detected; {simulations(shell)} transients(, \d+ reused)? *\r", plain)
    assert shown.rpartition(b"\x1b[?25")[2].startswith(b"h"), "the cursor is shown again"


def test_a_finished_run_can_be_reported_again_though_it_did_not_need_all_that_was_planned(finished: Shell) -> None:
    run = finished.folder / "runs" / "campaign"
    before = bytes_of(run)
    finished("report", "runs/campaign").succeeds()
    assert bytes_of(run) == before
    stages = finished("status", "runs/campaign", "--json").succeeds().json["stages"]
    assert all(done == planned for done, planned in stages.values())


@pytest.mark.parametrize(
    ("name", "old", "new", "because"),
    [
        ("sentinel.cir", "R1 x y 2k", "R1 x y 3k", "the circuit's deck changed"),
        ("sentinel.toml", 'read_delay = "50p"', 'read_delay = "60p"', "the circuit's sidecar changed"),
    ],
)
def test_a_changed_circuit_says_which_results_are_stale(
    finished: Shell, name: str, old: str, new: str, because: str
) -> None:
    path = finished.folder / name
    before = path.read_text()
    edit(path, old, new)
    said = finished("run", "campaign.toml").succeeds().err
    path.write_text(before)
    assert f"finished results are stale, because {because}: 2 baseline (0, 1), 1 settings" in said
    assert re.search(r"6 thresholds \(.*, \.\.\.\)", said)
    # What is as it was is in the store, and what is stale now was found with the other circuit.
    back = finished("run", "campaign.toml", "--json").succeeds()
    assert back.json["simulated"] == 0
    assert because in back.err


def test_a_changed_search_says_that_only_what_was_searched_is_stale(finished: Shell) -> None:
    path = finished.folder / "campaign.toml"
    before = path.read_text()
    edit(path, "ratio = 2", "ratio = 3")
    said = finished("run", "campaign.toml").succeeds().err
    path.write_text(before)
    assert "stale, because the campaign's file changed: 6 thresholds (" in said
    assert "baseline" not in said
    finished("run", "campaign.toml").succeeds()


def test_another_campaign_in_a_folder_says_what_it_drops_in_a_line(finished: Shell, tmp_path: Path) -> None:
    shell = Shell(shutil.copytree(finished.folder, tmp_path / "copy"))
    edit((shell.folder / "campaign.toml").rename(shell.folder / "other.toml"), '["0", "1"]', '["0"]')
    said = shell("run", "other.toml", "--out", "runs/campaign").succeeds().err.splitlines()
    assert said[0].startswith("runs/campaign held the report of the whole campaign of ")
    assert said[1] == "1 finished results of the campaign that was run here before are stale, and dropped"
    assert said[2:] == [
        "writing the report of 7 defects",
        "7 detected, 0 undetected, 0 unknown; 0 transients simulated",
    ]


def test_a_part_of_a_campaign_leaves_the_results_of_all_of_it_alone(whole: Whole, finished: Shell) -> None:
    shell = prepared(finished.folder.parent / "part")
    shell("run", "campaign.toml", "--only", "r1:*").succeeds()
    run = shell.folder / "runs" / "campaign"
    part = bytes_of(run)
    done = shell("run", "campaign.toml").succeeds()
    assert "stale" not in done.err
    assert bytes_of(run) == whole.files
    again = shell("run", "campaign.toml", "--only", "r1:*", "--json").succeeds()
    assert (again.json["simulated"], bytes_of(run)) == (0, part)
    said = "runs/campaign held the report of the whole campaign, which that of --only 'r1:*' replaces; faultsim run "
    assert said in again.err
    back = re.search(r"(faultsim run .*) brings it back from what is stored", again.err)
    assert back
    assert shell("status", run, "--json").succeeds().json["only"] == "r1:*"
    again = shell(*shlex.split(back[1])[1:], "--json").succeeds()
    assert "held the report of --only 'r1:*', which that of the whole campaign replaces" in again.err
    assert (again.json["simulated"], bytes_of(run)) == (0, whole.files)
