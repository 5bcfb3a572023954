"""generate learning: what it writes is taken by sites, inject and validate, and what it refuses it says."""

from __future__ import annotations

from tests.cli.conftest import Shell


def test_a_crossbar_that_learns_is_taken_by_other_verbs(shell: Shell) -> None:
    done = shell("generate", "learning", "--glyph", "letters5:X", "--junctions", 2, "-o", "x").succeeds()
    assert done.out == "x.toml\n"
    assert "25 synapses of 2 junctions" in done.err
    assert "a valid sidecar of a learning crossbar" in shell("validate", "x.toml").succeeds().err
    shell("validate", "x.cir").succeeds()
    ids = {row["id"] for row in shell("sites", "x.toml", "--universe", "devices", "--json").succeeds().json}
    assert {"in1~in2:bridge", "xs25_1.xj2:open", "xs7_1.xj1:pinhole"} <= ids
    faulty = shell("inject", "x.toml", "xs25_1.xj2:open", "--ohm", "1meg").succeeds().out
    assert "1meg" in faulty or "1e+06" in faulty or "1000000" in faulty
    assert ".tran" in faulty
    shell("inject", "x.toml", "xs25_1.xj2:open", "--pulses", 2).fails_with(2, "stimulus and conditions of its own")
    shell("simulate", "x.toml").fails_with(2, "x.toml is a crossbar that learns, which sites, inject and validate take")
    shell("generate", "learning", "--glyph", "letters5:X", "-o", "x").fails_with(2, "x.toml", "--force")


def test_json_says_how_many_there_are(shell: Shell) -> None:
    words = ["--pixels", "1,0,0.5", "--outputs", 2, "--junctions", 3, "--set", "input.fmax=60", "--as-published"]
    answer = shell("generate", "learning", *words, "-o", "three", "--json").succeeds().json
    assert (answer["inputs"], answer["outputs"], answer["synapses"], answer["junctions"]) == (3, 2, 6, 18)
    assert all((shell.folder / part).is_file() for part in answer["parts"])
    assert "fmax=60" in (shell.folder / "three.cir").read_text()


def test_what_does_not_fit_is_said(shell: Shell) -> None:
    shell("generate", "learning", "-o", "a").fails_with(2, "give --glyph or --pixels")
    shell("generate", "learning", "--pixels", "1,2", "-o", "a").fails_with(2, "--pixels: 2 does not fit (0 to 1)")
    shell("generate", "learning", "--pixels", "1,x", "-o", "a").fails_with(2, "--pixels", "x")
    shell("generate", "learning", "--glyph", "X", "-o", "a").fails_with(2, "FILE:NAME, such as letters5:X")
    shell("generate", "learning", "--glyph", "letters5:Q", "-o", "a").fails_with(3, "glyph 'Q'", "is not there")
    shell("generate", "learning", "--glyph", "letters6:X", "-o", "a").fails_with(2, "letters6", "letters5")
    words = ["--pixels", "1", "--set", "output.vthh=1", "--set", "inputs.high=1", "--junctions", 99]
    done = shell("generate", "learning", *words, "-o", "no/a").fails_with(2, "vthh", "vth", "inputs", "--junctions 99")
    assert "no folder no" in done.err
    shell("generate", "learning", "--pixels", "1", "--set", "vth=1", "-o", "a").fails_with(2, "CELL.NAME=VALUE")
