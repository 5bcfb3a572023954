"""generate crossbar: what it writes is taken by every other verb, and what it refuses it says all at once."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Shell, table

CAMPAIGN = """\
title = "An open of a bit line"
circuit = "two.toml"
[[windows]]
name = "original"
integrate = "1n"
leaky = "9n"
[baseline]
patterns = ["11", "10"]
[[defects]]
kind = "open"
universe = "network"
sites = ["bl.xcell1:open"]
[[tests]]
name = "inference"
pattern = "11"
windows = ["original"]
observable = "spiked"
[behaviours]
defects = []
[search]
low = 100
high = "10meg"
ratio = 10
"""


def test_a_generated_crossbar_is_taken_by_the_other_verbs(shell: Shell) -> None:
    done = shell("generate", "crossbar", "--inputs", 3, "--outputs", 2, "--weights", "101", "-o", "mine").succeeds()
    assert done.out == "mine.toml\n"
    shell("validate", "mine.toml").succeeds()
    shell("validate", "mine.cir").succeeds()
    words = shell("generate", "crossbar", "--inputs", 2, "-o", "two.cir", "--json").succeeds().json
    assert (words["sidecar"], words["deck"], words["cells"], words["fires_from"]) == ("two.toml", "two.cir", 2, 2)
    assert all((shell.folder / part).is_file() for part in words["parts"])
    ids = [row["id"] for row in shell("sites", "two.toml", "--json").succeeds().json]
    assert "bl.xcell1:open" in ids
    answer = shell("simulate", "two.toml", "--json").succeeds().json
    assert answer["pulses_to_spike"] == 3


def test_a_campaign_runs_on_a_generated_crossbar(shell: Shell) -> None:
    shell("generate", "crossbar", "--inputs", 2, "-o", "two").succeeds()
    shell.write("opens.toml", CAMPAIGN)
    shell("run", "opens.toml", "--jobs", 2).succeeds()
    (row,) = table(shell.folder / "runs" / "opens" / "thresholds.csv")
    assert (row["defect_id"], row["verdict"]) == ("bl.xcell1:open", "detected")


def test_all_that_does_not_fit_is_said_at_once(shell: Shell) -> None:
    words = ["--inputs", 1025, "--outputs", 65, "--weights", "1x", "--fires-from", 2000, "--neuron", "lif-alpha"]
    done = shell("generate", "crossbar", *words, "--wire-ohm", "-1", "--wire-farad", "tiny", "-o", "no/where")
    done.fails_with(
        2,
        "--inputs 1025: does not fit (1 to 1024)",
        "--outputs 65: does not fit (1 to 64)",
        "--fires-from 2000: does not fit (1 to the number of inputs, 1025)",
        "--weights: 2 symbols (one per input: 1025, or one per cell: 66625)",
        "--weights: has 'x' (each is 0 or 1)",
        "--neuron lif-alpha: is not known (did you mean lif-alpha045?)",
        "--wire-ohm -1: may not be below zero",
        "--wire-farad: 'tiny' is not a quantity",
        "no folder no",
    )
    assert not list(shell.folder.iterdir())


@pytest.mark.parametrize("inputs", [0, -3])
def test_a_crossbar_has_an_input(inputs: int, shell: Shell) -> None:
    shell("generate", "crossbar", "--inputs", inputs, "-o", "none").fails_with(2, "1 to 1024")


def test_files_are_written_over_only_when_forced(shell: Shell) -> None:
    mine = shell.write("mine.toml", "title = 'mine'\n")
    done = shell("generate", "crossbar", "--inputs", 2, "-o", "mine")
    done.fails_with(2, "mine.toml: there already", "--force")
    assert mine.read_text() == "title = 'mine'\n"
    assert [path.name for path in shell.folder.iterdir()] == ["mine.toml"]
    shell("generate", "crossbar", "--inputs", 2, "-o", "mine", "--force").succeeds()
    shell("validate", "mine.toml").succeeds()


def test_many_files_that_are_there_are_one_line(shell: Shell) -> None:
    shell("generate", "crossbar", "--inputs", 2, "-o", "mine").succeeds()
    done = shell("generate", "crossbar", "--inputs", 2, "-o", "mine")
    assert len(done.fails_with(2, "mine.toml and ", " other files: there already").err.splitlines()) == 1


def test_a_campaign_that_comes_with_a_crossbar_is_taken_by_the_other_verbs(shell: Shell) -> None:
    words = ["--inputs", 4, "--fires-from", 2, "-o", "mine", "--campaign", "plan.toml"]
    assert shell("generate", "crossbar", *words).succeeds().out == "mine.toml\nplan.toml\n"
    shell("validate", "plan.toml").succeeds()
    said = shell("run", "plan.toml", "--dry-run", "--json").succeeds().json
    assert said["circuit"] == "mine"
    assert {"xcell1.ma1.d:open", "bl~0:bridge", "xneuron.xref:pinhole"} <= set(said["defects"])


@pytest.mark.parametrize(
    "words",
    [
        ["--inputs", 1],
        ["--inputs", 4, "--weights", "1{2}0{2}"],
        ["--inputs", 2, "--wire-farad", "1f"],
    ],
)
def test_a_campaign_that_comes_with_a_crossbar_runs_whatever_its_neuron_does(words: list[object], shell: Shell) -> None:
    done = shell("generate", "crossbar", *words, "-o", "mine", "--campaign", "plan.toml").succeeds()
    assert "too near to call" in done.err or "--wire-farad" not in words
    plan = shell.folder / "plan.toml"
    plan.write_text(plan.read_text().replace("ratio = 1.01", "ratio = 10").replace("scan = 6", "scan = 1"))
    shell("run", "plan.toml", "--only", "xcell1*.ma1.d:open").succeeds()
    rows = table(shell.folder / "runs" / "plan" / "thresholds.csv")
    assert "detected" in {row["verdict"] for row in rows}
    # Where a defect leaves no two rows alike, the row says that the whole network was simulated.
    proofs = table(shell.folder / "runs" / "plan" / "equivalents.csv")
    merged = {row["test"]: int(row["taps_merged"]) for row in proofs if not row["defect_id"]}
    assert all(row["network"] == "whole" for row in rows if not merged[row["test"]])


@pytest.mark.parametrize(
    ("campaign", "said"), [("mine.toml", "is the crossbar's sidecar"), ("no/plan.toml", "a file .toml in a folder")]
)
def test_a_campaign_needs_a_place_of_its_own(campaign: str, said: str, shell: Shell) -> None:
    shell("generate", "crossbar", "--inputs", 2, "-o", "mine", "--campaign", campaign).fails_with(2, said)
    assert not list(shell.folder.iterdir())


def test_help_says_what_is_copied_where(shell: Shell) -> None:
    text = " ".join(shell("generate", "crossbar", "--help").succeeds().out.split())
    assert "FILE-parts" in text
    assert "stand alone" in text
