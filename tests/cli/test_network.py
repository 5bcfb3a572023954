"""train of a functional network: its folder, resuming, pictures of one's own, what does not fit."""

from __future__ import annotations

import csv
import json
import re
import signal
from pathlib import Path

import pytest

from faultsim.cli.studies import StudyRequest
from tests.cli.conftest import Shell, bytes_of, kill_group, wait_until
from tests.twin.test_faults import TABLE
from tests.twin.test_images import write_mnist

SPEC = """\
kind = "network"
title = "Few digits, few outputs"
data = "digits"
black_from = 0.5
outputs = 20
junctions = 4
presentation = "25m"
step = "100u"
samples = 600
measured_every = 200
named_by = 300
initialisations = 2
[threshold]
rise = "50u"
fades = 2000
[settings.input]
fbias = 80
lag = "3.8m"
low = "-0.055"
[settings.output]
c = "20p"
vth = "7m"
first = "0.1u"
"""


def rows(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    shell = Shell(tmp_path_factory.mktemp("network"))
    shell.write("few.toml", SPEC)
    done = shell("train", "few.toml").succeeds()
    assert done.out.splitlines()[-1] == "runs/few/report.html"
    assert re.search(r"^64 x 20 x 4: [\d,]+ pictures a second, examinations included$", done.err, re.M)
    return shell


def test_it_recognises_far_more_than_by_chance_and_tables_and_page_say_so(learned: Shell) -> None:
    folder = learned.folder / "runs" / "few"
    accuracy = rows(folder / "accuracy.csv")
    assert [(row["seed"], row["samples"]) for row in accuracy] == [
        (seed, samples) for seed in "12" for samples in ("200", "400", "600")
    ]
    finals = [float(row["accuracy"]) for row in accuracy if row["samples"] == "600"]
    assert min(finals) > 0.3
    confused = rows(folder / "confusion.csv")
    right = sum(int(row["pictures"]) for row in confused if row["shown"] == row["said"])
    assert right / sum(int(row["pictures"]) for row in confused) == pytest.approx(sum(finals) / 2)
    assert json.loads((folder / "manifest.json").read_text())["accuracy"] == pytest.approx(sum(finals) / 2)
    assert f"{sum(finals) / 2:.2%} of 449 held-out pictures" in (folder / "report.html").read_text()
    assert len(rows(folder / "outputs.csv")) == 40


def test_a_second_run_shows_no_picture_and_writes_the_same_bytes(learned: Shell) -> None:
    folder = learned.folder / "runs" / "few"
    before = bytes_of(folder)
    done = learned("train", "few.toml").succeeds()
    assert "a second" not in done.err
    assert bytes_of(folder) == before


def test_ctrl_c_says_how_to_resume_and_the_result_is_the_same(learned: Shell, shell: Shell) -> None:
    shell.write("few.toml", SPEC)
    process = shell.start("train", "few.toml", "--jobs", 1)
    wait_until(lambda: (shell.folder / "runs" / "few" / "states" / "seed-1.npz").exists(), process)
    done = kill_group(process, signal.SIGINT)
    done.fails_with(130, "what was measured is kept", "resume with: faultsim train few.toml --jobs 1")
    assert not (shell.folder / "runs" / "few" / "manifest.json").exists()
    shell("train", "few.toml").succeeds()
    assert bytes_of(shell.folder / "runs" / "few") == bytes_of(learned.folder / "runs" / "few")


def test_pictures_of_ones_own_are_learned(shell: Shell) -> None:
    write_mnist(shell.folder, 60, 20)
    text = SPEC.replace('data = "digits"', 'data = "idx"').replace("samples = 600", "samples = 50")
    shell.write("own.toml", text.replace("initialisations = 2", "initialisations = 1"))
    answer = shell("train", "own.toml", "--data", ".", "--json").succeeds().json
    assert answer["networks"] == 1
    assert "784 x 20 x 4" in (shell.folder / "runs" / "own" / "report.html").read_text()
    shell("train", "own.toml").fails_with(3, "own.toml: data", "nothing is downloaded", "--data FOLDER")
    shell("train", "own.toml", "--data", "nowhere").fails_with(3, "train-images-idx3-ubyte: is not there")


def test_the_command_that_resumes_names_the_folders_that_were_given() -> None:
    request = StudyRequest("train", "map.toml", None, None, False, None, "*", Path("my pictures"), Path("runs/c"))
    assert request.command == "faultsim train map.toml --data 'my pictures' --behaviours runs/c"


def test_what_does_not_fit_is_said(learned: Shell) -> None:
    learned("train", "few.toml", "--data", ".").fails_with(3, "few.toml: data", "leave --data away")
    learned("train", "few.toml", "--only", "X*").fails_with(2, "--only is about trainings")
    learned("train", "x", "--data", ".").fails_with(2, "--data and --behaviours are about functional networks")
    learned("train", "few.toml", "--behaviours", ".").fails_with(2, "--behaviours is about fault maps")
    learned("train", "broken", "--data", ".").fails_with(2, "--data and --behaviours are about", "broken.toml")
    learned("train", "few.toml", "--only", "X*", "--dry-run").fails_with(2, "--only is about trainings")
    learned("run", "few.toml").fails_with(3, "few.toml: kind: 'network' is no campaign")
    learned("infer", "few.toml").fails_with(2, "few.toml is a network", "infer shows")
    listed = learned("train", "few.toml", "--dry-run", "--json").succeeds().json
    assert [row["size"] for row in listed] == ["64 x 20 x 4"] * 2
    wrong = SPEC.replace('c = "20p"', 'cc = "20p"').replace("junctions = 4", "junctions = 0")
    learned.write("wrong.toml", wrong)
    learned("validate", "wrong.toml").fails_with(3, "wrong.toml:6: junctions")
    learned.write("wrong.toml", wrong.replace("junctions = 0", "junctions = 4"))
    for verb in ("train", "validate"):
        learned(verb, "wrong.toml").fails_with(3, "wrong.toml: settings: output.cc", "no such parameter")
    learned.write("wrong.toml", re.sub('step = "[^"]*"', 'step = "100m"', SPEC))
    learned("validate", "wrong.toml").fails_with(3, "step 0.1 s is too long: a presentation of 0.025 s")


FAULTS = """\
kind = "fault-map"
title = "Two faults"
network = "few.toml"
outputs = 10
samples = 200
shares = [0.1, 0.5]
moments = ["before", "during", "after"]
claimed = 0.1
[[faults]]
name = "dead"
kind = "dead-synapse"
[[faults]]
name = "eager"
kind = "always-spiking"
"""


def test_a_fault_map_is_made_once_and_resumed_point_by_point(shell: Shell) -> None:
    shell.write("few.toml", SPEC)
    shell.write("map.toml", FAULTS)
    shell.write("run/behaviours.csv", TABLE)
    words = ["train", "map.toml", "--behaviours", "run"]
    planned = shell(*words, "--dry-run", "--json").succeeds().json
    assert sum(row["networks"] for row in planned) == 2 * 2 * 3 * 2 + 3 * 2 * 3 * 2
    done = shell(*words).succeeds()
    assert "Without a fault" in done.err
    assert "10% dead synapses after learning cost" in done.err
    folder = shell.folder / "runs" / "map"
    found = rows(folder / "faults.csv")
    assert len(found) == 2 + 60
    eager = [float(row["accuracy"]) for row in found if row["fault"] == "eager"]
    assert max(eager) < 0.2, "whoever always spikes says one thing to everything"
    assert len(rows(folder / "severities.csv")) == 3 * 2 * 3 + 1
    before = bytes_of(folder)
    kept = sorted((folder / "points").iterdir())
    assert len(kept) == 60
    kept[0].unlink()
    assert "a second" not in shell(*words).succeeds().err.splitlines()[-2:]
    assert bytes_of(folder) == before
    shell("train", "map.toml", "--behaviours", "nowhere").fails_with(2, "--behaviours nowhere: no behaviours.csv")
    shell.write("map.toml", FAULTS.replace("few.toml", "x"))
    shell("train", "map.toml").fails_with(3, "map.toml: network", "is no functional network")
