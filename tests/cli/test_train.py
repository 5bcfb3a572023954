"""train and infer: a small crossbar that learns, its folder, and what ngspice itself makes of its deck."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Shell, bytes_of, kill_group, stored_transients, wait_until
from tests.spice.llg_bench import read_raw

# Four pixels learn within two of the darkest trains' periods.
SPEC = """\
kind = "training"
title = "Two pictures of four pixels"
glyphs = "four.toml"
duration = "40m"
last = "5m"
inference = "5m"
[[lessons]]
junctions = 2
initialisations = 2
"""
GLYPHS = """\
title = "four pixels"
symbols = { "#" = 1.0, "." = 0.0 }
[glyphs]
left = "#. #."
top = "## .."
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    shell = Shell(tmp_path_factory.mktemp("trained"))
    (shell.folder / "small.toml").write_text(SPEC)
    (shell.folder / "four.toml").write_text(GLYPHS)
    done = shell("train", "small.toml").succeeds()
    assert done.out.splitlines()[-1] == "runs/small/report.html"
    assert re.search(r"^4 x 2: \d+\.\d\d ms simulated per s, \d+\.\d s a training \(4 simulated\)$", done.err, re.M)
    return shell


def rows(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def test_a_second_run_simulates_nothing_and_writes_the_same_bytes(trained: Shell) -> None:
    folder = trained.folder / "runs" / "small"
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"}
    wanted = {"trainings.csv", "synapses.csv", "shares.csv", "manifest.json", "report.html"}
    assert wanted <= {path.name for path in before}
    done = trained("train", "small.toml").succeeds()
    assert "simulated per s" not in done.err
    assert {path: path.read_bytes() for path in before} == before


def test_ctrl_c_says_how_to_resume_and_only_the_rest_is_simulated(trained: Shell, shell: Shell) -> None:
    shell.write("small.toml", SPEC)
    shell.write("four.toml", GLYPHS)
    process = shell.start("train", "small.toml", "--jobs", 1)
    store = shell.folder / "runs" / "store.sqlite"
    wait_until(lambda: stored_transients(store) >= 1, process)
    # Held, so that it does not end while it is asked about.
    os.killpg(process.pid, signal.SIGSTOP)
    standing = shell("status", "runs/small", "--json").succeeds().json
    assert (standing["complete"], standing["running"]["verb"]) == (False, "train")
    os.killpg(process.pid, signal.SIGINT)
    done = kill_group(process, signal.SIGCONT)
    done.fails_with(130, "what was finished is stored", "resume with: faultsim train small.toml --jobs 1")
    assert not (shell.folder / "runs" / "small" / "manifest.json").exists()
    stopped = shell("status", "runs/small").succeeds().out
    assert stopped.endswith("not complete; resume with: faultsim train small.toml --jobs 1\n")
    kept = stored_transients(store)
    assert shell("train", "small.toml", "--json").succeeds().json["simulated"] == 4 - kept
    assert bytes_of(shell.folder / "runs" / "small") == bytes_of(trained.folder / "runs" / "small")
    assert shell("status", "runs/small").succeeds().out.splitlines()[-1] == "complete"


def test_a_folder_of_something_else_is_left_alone(trained: Shell) -> None:
    folder = trained.folder / "runs" / "small"
    before = bytes_of(folder)
    trained.write("other.toml", SPEC)
    trained("train", "other.toml", "--out", "runs/small").fails_with(2, "runs/small is the folder of training small")
    trained("train", "small.toml", "--dask", "tcp://127.0.0.1:1").fails_with(4, "127.0.0.1:1")
    for verb in (("report", "runs/small"), ("show", "runs/small", "Rop1")):
        trained(*verb).fails_with(2, "runs/small is no")
    assert bytes_of(folder) == before


def test_a_part_says_that_it_is_one(trained: Shell) -> None:
    done = trained("train", "small.toml", "--only", "left*", "--out", "runs/part", "--json").succeeds().json
    assert sum(done["verdicts"].values()) == 2
    assert "Only left*, by --only." in (trained.folder / "runs" / "part" / "report.html").read_text()
    assert json.loads((trained.folder / "runs" / "part" / "manifest.json").read_text())["only"] == "left*"


def test_every_deck_runs_alone_and_ends_as_the_tables_say(trained: Shell) -> None:
    folder = trained.folder / "runs" / "small"
    ends = {(row["training"], row["pixel"]): float(row["end"]) for row in rows(folder / "synapses.csv")}
    command = ["ngspice", "-b", "decks/left-2j-s2.cir", "-r", "out.raw"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=300)
    found = read_raw(folder / "out.raw")
    for pixel in range(1, 5):
        assert found[f"v(w{pixel}_1)"][-1] == pytest.approx(ends["left-2j-s2", str(pixel)], abs=1e-3)
    (folder / "out.raw").unlink()


def test_tables_and_page_say_the_same(trained: Shell) -> None:
    folder = trained.folder / "runs" / "small"
    trainings = rows(folder / "trainings.csv")
    learned = sum(row["verdict"] == "learned" for row in trainings)
    assert len(trainings) == 4
    assert learned >= 3
    for row in trainings:
        own = [one for one in rows(folder / "synapses.csv") if one["training"] == row["training"]]
        wrong = [one["pixel"] for one in own if one["right"] == "false"]
        assert row["wrong"].split() == wrong
        assert (row["verdict"] == "learned") == (not wrong)
    page = (folder / "report.html").read_text()
    assert f"{learned} of 4 trainings learned their picture" in page
    assert json.loads((folder / "manifest.json").read_text())["verdicts"]["learned"] == learned
    history = rows(folder / "history" / "left-2j-s1-output1.csv")
    assert len(history) == 41
    assert list(history[0]) == ["time_s", "membrane_v", "w1", "w2", "w3", "w4"]


def test_what_is_left_out_is_not_in_the_folder(trained: Shell) -> None:
    answer = trained("train", "small.toml", "--only", "top-*-s1", "--out", "one", "--json").succeeds().json
    assert sum(answer["verdicts"].values()) == 1
    assert [path.name for path in (trained.folder / "one" / "decks").iterdir()] == ["top-2j-s1.cir"]
    listed = trained("train", "small.toml", "--dry-run", "--json").succeeds().json
    assert [row["training"] for row in listed] == ["left-2j-s1", "left-2j-s2", "top-2j-s1", "top-2j-s2"]
    trained("train", "small.toml", "--only", "x*").fails_with(2, "--only x*", "--dry-run")
    trained("train", "none").fails_with(2, "no training named 'none'")
    trained("train", "small.toml", "--jobs", 1, "--dask", "tcp://a:1").fails_with(2, "--jobs", "--dask")


def test_the_crossbar_that_was_trained_on_a_picture_answers_it_first(trained: Shell) -> None:
    done = trained("infer", "small.toml").succeeds()
    folder = trained.folder / "runs" / "small-inference"
    presented = rows(folder / "inference.csv")
    assert len(presented) == 4 * 2
    assert all(row["unmoved"] == "true" and row["first_spike_s"] for row in presented)
    trainings = rows(trained.folder / "runs" / "small" / "trainings.csv")
    both = {row["training"] for row in trainings if row["verdict"] == "learned"}
    for row in rows(folder / "recognition.csv"):
        seed = row["kind"][-1]
        if {f"left-2j-s{seed}", f"top-2j-s{seed}"} <= both:
            assert row["right"] == "true", row
    assert "are answered first by the crossbar that was trained on them" in done.err
