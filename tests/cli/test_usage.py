"""Names and options that do not fit: exit code 2 and the way out, before anything is simulated."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.cli.conftest import TINY, Done, Shell

VERBS = {"doctor", "list", "sites", "validate", "inject", "simulate", "run", "merge", "status", "show", "report"}
HEAVY = {"numpy", "scipy", "pandas", "networkx", "matplotlib", "PySpice"}
MISFITS = [
    (("--bogus",), ["--bogus"]),
    (("simulat", "crossbar4"), ["'simulat'", "simulate"]),
    (("simulate",), ["CIRCUIT"]),
    (("simulate", "crossbar4", "--ptttern", "1111"), ["--ptttern", "--pattern"]),
    (("simulate", "crossbra4"), ["no circuit named 'crossbra4'", "did you mean crossbar4 or crossbar"]),
    (("simulate", "no/such/circuit.toml"), ["no circuit named 'no/such/circuit.toml': no such file\n"]),
    (("run", "crossbar4"), ["crossbar4 is a circuit, not a campaign (campaigns on it: ", " lats2024, "]),
    (("simulate", "lats2024"), ["lats2024 is a campaign, not a circuit (faultsim run lats2024)"]),
    (("run", "lats2024", "--out", ""), ["--out '' names no folder", "leave the option out"]),
    (("merge", "lats2024", "shard", "--out", ""), ["--out '' names no folder", "leave the option out"]),
    (("run", "lats2024", "--dask", ""), ["--dask '' is no address of a Dask scheduler", "tcp://host:port"]),
    (("run", "lats2024", "--dask", "nonsense", "--dry-run"), ["--dask 'nonsense' is no address", "tcp://host:port"]),
    (("run", "lats2042"), ["no campaign named 'lats2042'", "did you mean lats2024 or lats2024-lif"]),
    (("simulate", "crossbar4", "--defect", "Rop33"), ["no defect 'Rop33'", "did you mean", "Rop3"]),
    (("inject", "crossbar4", "Rop33"), ["no defect 'Rop33'", "did you mean", "Rop3"]),
    (("simulate", "crossbar4", "--ohm", "3k"), ["--ohm, --severity needs --defect"]),
    (("simulate", "crossbar4", "--defect", "Rop3", "--ohm", "3 kohms!"), ["--ohm", "'3 kohms!'", "16k"]),
    (("inject", "crossbar4", "Rop3", "--ohm", "lots"), ["--ohm", "'lots'", "16k"]),
    (("inject", "crossbar4", "Rop3", "--ohm=-3k"), ["--severity -3k", "above zero"]),
    (("inject", "crossbar4", "Rop3", "--ohm", "1e999"), ["--severity 1e999", "finite"]),
    (("simulate", "crossbar4", "--iw", "1 n s"), ["--iw", "'1 n s'", "1n"]),
    (("simulate", "crossbar4", "--lw", "0"), ["--lw 0", "above zero"]),
    (("simulate", "crossbar4", "--vdd=-1.1"), ["--vdd -1.1", "above zero"]),
    (("simulate", "crossbar4", "--temperature=-300"), ["--temperature -300", "absolute zero"]),
    (("simulate", "crossbar4", "--temperature", "nan"), ["--temperature nan"]),
    (("simulate", "crossbar4", "--pulses", "0"), ["--pulses"]),
    (("run", "lats2024", "--jobs", "0"), ["--jobs"]),
    (("run", "lats2024", "--only", "rop33"), ["--only 'rop33' matches no defect", "did you mean Rop3"]),
    (("run", "lats2024", "--only", "X*"), ["--only 'X*' matches no defect", "known: Rop1, Rop2"]),
    (("list", "circiuts"), ["'circiuts'", "did you mean circuits?"]),
    (("validate", "nothing.toml"), ["no file nothing.toml"]),
    (("status", "."), ["is not a run folder", "faultsim run"]),
    (("report", "."), ["is not a run folder", "faultsim run"]),
    (("report", ".", "."), [". is not a run folder; faultsim run CAMPAIGN --out ."]),
    (("report", "a", "b", "c"), ["one run, or two"]),
    (("report", "a", "--format", "markdwon"), ["--format 'markdwon'", "did you mean markdown?"]),
    (("report", "a", "--table", "coverage"), ["--format csv|markdown|latex"]),
    (("report", "a", "--fail-on-loss"), ["faultsim report BEFORE AFTER --fail-on-loss"]),
    (("report", "a", "b", "--format", "csv", "--json"), ["--json and --format"]),
    (("run", "lats2024", "--fail-under", "95", "--shard", "1/2"), ["--fail-under", "whole campaign"]),
    (("show", ".", "Rop3"), ["is not a run folder", "faultsim run"]),
    (("show", ".", "Rop3", "--plot", "rop3.png"), ["--plot rop3.png", ".svg"]),
]


def test_help_names_every_verb_and_imports_no_heavy_library() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "faultsim", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    shown = set(re.findall(r"(?m)^\W*([a-z]+)\b", done.stdout))
    assert shown >= VERBS
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "faultsim" in imported
    assert not imported & HEAVY


def test_every_verb_explains_itself(shell: Shell) -> None:
    for (verb, _), done in shell.together((verb, "--help") for verb in VERBS).items():
        assert f"faultsim {verb}" in done.succeeds().out


def test_the_version_is_one_line(shell: Shell) -> None:
    done = shell("--version").succeeds()
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*\n", done.out)


@pytest.fixture(scope="module")
def misfits(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[object, ...], Done]:
    shell = Shell(tmp_path_factory.mktemp("misfits") / "my work")
    done = shell.together(words for words, _ in MISFITS)
    assert list(shell.folder.iterdir()) == []
    return done


@pytest.mark.parametrize(("words", "said"), MISFITS, ids=lambda value: " ".join(value) if type(value) is tuple else "")
def test_a_command_that_does_not_fit_says_why_and_what_would(
    misfits: dict[tuple[object, ...], Done], words: tuple[str, ...], said: list[str]
) -> None:
    misfits[words].fails_with(2, *said)


def test_data_on_stdout_has_no_escape_codes_even_where_colour_is_forced(shell: Shell) -> None:
    shell.write("tiny.toml", TINY)
    for words in (("list",), ("sites", "crossbar4"), ("run", "tiny.toml", "--dry-run")):
        done = shell(*words, env={"FORCE_COLOR": "1"}).succeeds()
        assert "\x1b" not in done.out + done.err


def test_no_color_takes_the_colours_out_of_the_help(shell: Shell) -> None:
    colours = re.compile(r"\x1b\[(?:\d+;)*[34]\d")
    forced = shell("--help", env={"FORCE_COLOR": "1"}).succeeds()
    plain = shell("--help", env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).succeeds()
    assert colours.search(forced.out)
    assert not colours.search(plain.out)
