"""``faultsim simulate`` with other weights, with a programming sequence and with a wrong timing generator."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Shell, edit

EARLY = ("--pulses", "1", "--json")


def test_a_zero_among_the_weights_carries_less_but_not_nothing(shell: Shell) -> None:
    ones, zero = (
        shell("simulate", "crossbar4", "--weights", weights, "--pattern", "1000", *EARLY).succeeds().json["im_wr_a"]
        for weights in ("1111", "0111")
    )
    assert 0.7 * ones < zero < 0.85 * ones


def test_weights_are_programmed_and_read_one_by_one(shell: Shell) -> None:
    words = ("--weights", "1001", "--program", "0110", "--pattern", "1000,0100,0010,0001", "--pulses", "4", "--json")
    each = shell("simulate", "crossbar4", *words).succeeds().json["im_wr_each_a"]
    middle = (max(each) + min(each)) / 2
    assert [current > middle for current in each] == [False, True, True, False]


def test_a_late_output_spike_programs_nothing(shell: Shell) -> None:
    words = ("--weights", "0111", "--program", "1---", "--pattern", "1000", *EARLY)
    soon, late = (
        shell("simulate", "crossbar4", *words, "--delay", delay).succeeds().json["im_wr_a"] for delay in ("2n", "12n")
    )
    assert late < 0.85 * soon


def test_a_defect_of_the_generator_moves_its_window(shell: Shell) -> None:
    words = ("simulate", "crossbar4-lif", "--defect", "Tiw:shrink", "--json")
    healthy, short = (
        shell(*words, "--severity", severity).succeeds().json["pulses_to_spike"] for severity in ("1p", "0.2n")
    )
    assert (healthy, short) == (3, None)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--weights", "11"), 3, "takes 4 symbols out of 0, 1"),
        (("--program", "12--"), 3, "out of 0, 1 and - for an input left alone"),
        (("--delay", "1n"), 2, "--delay needs --program"),
        (("--program", "1---", "--delay", "-1n"), 2, "--delay"),
        (("--pattern", "1111,111"), 3, "does not fit"),
        (
            ("--defect", "Tiw:shrink", "--severity", "2n"),
            3,
            "Tiw:shrink at 2 ns: leaves nothing of the integrate window of 1 ns",
        ),
    ],
)
def test_what_does_not_fit_is_said(shell: Shell, words: tuple[str, ...], code: int, said: str) -> None:
    shell("simulate", "crossbar4", *words).fails_with(code, said)


def test_a_sidecar_that_extends_another_is_read_with_its_changes(shell: Shell) -> None:
    sidecar = shell.copy_circuits()
    mine = sidecar.with_name("mine.toml")
    mine.write_text('extends = "crossbar4.toml"\ntitle = "Mine"\n[stimulus]\npulses = 7\n')
    shell("validate", mine).succeeds()
    titles = {row["name"]: row["title"] for row in shell("list", "circuits", "--json").succeeds().json}
    assert titles["mine"] == "Mine"
    edit(mine, "pulses = 7", "pulses = 0")
    shell("validate", mine).fails_with(3, "mine.toml:4: stimulus.pulses: 0")


@pytest.mark.parametrize(
    ("base", "said"),
    [
        ("nowhere.toml", "no file nowhere.toml"),
        ("mine.toml", "extends itself in a circle"),
        ("loop.toml", "in a circle"),
    ],
)
def test_a_base_that_is_missing_or_leads_back_is_said(shell: Shell, base: str, said: str) -> None:
    sidecar = shell.copy_circuits()
    mine = sidecar.with_name("mine.toml")
    mine.write_text(f'extends = "{base}"\n')
    sidecar.with_name("loop.toml").write_text('extends = "mine.toml"\n')
    shell("validate", mine).fails_with(3, said)
