"""A campaign that is changed and run again: nothing stale is left; defect files and sidecars by path."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from tests.cli.conftest import REPOSITORY, TINY, Shell, edit, table


def test_a_changed_observable_leaves_no_stale_setting_and_no_stale_vector(workspace: Shell) -> None:
    campaign = workspace.folder / "tiny.toml"
    folder = workspace.folder / "runs" / "tiny"
    text = campaign.read_text().replace('observable = "im_wr_a"\nlimits', 'observable = "margin"\nlimits', 1)
    campaign.write_text(text.replace("relative = 0.3", "relative = 0.001", 1))
    assert "margin" in campaign.read_text()
    workspace("run", "tiny.toml").succeeds()
    (setting,) = table(folder / "settings.csv")
    assert setting["observable"] == "margin"
    assert 0.9 < float(setting["expected"]) < 1
    for vector in table(folder / "vectors" / "vectors.csv"):
        assert vector["observable"] == "margin"
        low, high = float(vector["limit_low"]), float(vector["limit_high"])
        assert low < float(vector["expected"]) < high
        assert high / low == pytest.approx(1.001 / 0.999, rel=1e-6)


def test_a_copy_of_a_defect_file_is_a_kind_of_its_own(shell: Shell) -> None:
    shutil.copy(REPOSITORY / "fault_models" / "defects" / "open.toml", shell.write("my open.toml", ""))
    campaign = shell.write("tiny.toml", TINY)
    edit(campaign, 'kind = "open"', 'kind = "my open.toml"')
    shell("validate", campaign).succeeds()
    planned = shell("run", campaign, "--dry-run", "--json").succeeds().json
    assert planned["defects"] == ["Rop3:my open", "Rop5:my open"]


def test_a_defect_of_an_own_file_can_be_drawn_over_the_stimulus(shell: Shell) -> None:
    shutil.copy(REPOSITORY / "fault_models" / "defects" / "open.toml", shell.write("mine.toml", ""))
    curve = """
[[responses]]
figure = "iw"
caption = "c"
test = "current"
window = "original"
over = "integrate"
start = "0.8n"
stop = "1n"
points = 2
observable = "im_wr_a"
defects = ["Rop3:mine"]
severity = "1k"
"""
    campaign = shell.write("tiny.toml", TINY + curve)
    edit(campaign, 'kind = "open"', 'kind = "mine.toml"')
    shell("run", campaign).succeeds()
    rows = table(shell.folder / "runs" / "tiny" / "responses.csv")
    assert [row["defect_id"] for row in rows] == ["", "", "Rop3:mine", "Rop3:mine"]


def test_a_defect_file_that_is_not_there_is_said(shell: Shell) -> None:
    campaign = shell.write("tiny.toml", TINY)
    edit(campaign, 'kind = "open"', 'kind = "mine.toml"')
    shell("validate", campaign).fails_with(3, "defects.kind", "mine.toml")


def test_a_range_that_leaves_nothing_of_a_window_says_what_to_do(shell: Shell) -> None:
    campaign = shell.write("tiny.toml", TINY)
    edit(campaign, 'kind = "open"\nsites = ["Rop3", "Rop5"]', 'kind = "shrink"\nsites = ["Tiw"]')
    edit(campaign, 'integrate = "1n"', 'integrate = "0.5n"')
    said = ("test 'current' at 'original'", "Tiw:shrink at 900 ps", "leaves nothing of the integrate window of 500 ps")
    shell("validate", campaign).fails_with(3, *said, "lower severity.high")


def test_a_sidecar_elsewhere_extends_one_of_the_library(shell: Shell) -> None:
    base = REPOSITORY / "circuits" / "networks" / "crossbar4-lif.toml"
    mine = shell.write("somewhere else/mine.toml", f'extends = "{base}"\ntitle = "Mine"\n[stimulus]\npulses = 1\n')
    shell("validate", mine).succeeds()
    assert shell("simulate", mine, "--json").succeeds().json["im_wr_a"] == pytest.approx(108.4e-6, rel=1e-3)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('windows = ["original"]\n', 'windows = ["original"]\ndefects = ["Rop55"]\n', "'Rop55' matches no defect"),
        ("limits = { relative = 0.3 }", "", "add limits"),
        ('program = "1---"', 'program = "----"', "leaves every input alone"),
    ],
)
def test_what_could_never_say_anything_is_refused(shell: Shell, old: str, new: str, said: str) -> None:
    text = (
        TINY.replace('windows = ["original"]\n', 'windows = ["original"]\nprogram = "1---"\n')
        if "program" in old
        else TINY
    )
    campaign = shell.write("tiny.toml", text)
    edit(campaign, old, new)
    done = shell("run", campaign)
    assert done.code in (3, 5)
    assert said in done.err


def test_an_injected_deck_runs_by_itself_and_prints(shell: Shell) -> None:
    words = ("--weights", "0111", "--program", "1---", "--pattern", "1000", "--pulses", "1")
    shell("inject", "crossbar4", "Rop5", "--ohm", "1meg", *words, "-o", "faulty.cir").succeeds()
    first = (shell.folder / "faulty.cir").read_text().splitlines()[0]
    assert "Rop5 at 1meg" in first
    done = subprocess.run(
        ["ngspice", "-b", "faulty.cir"], cwd=shell.folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    rows = re.findall(r"^\d+\t[\d.e+-]+\t", done.stdout, re.MULTILINE)
    assert len(rows) > 100


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--iw", "1"), "is a suffix such as n missing"),
        (("--plot", "x.png"), "plots are SVG"),
        (("--severity", "1k"), "needs --defect"),
        (("--program", "1---", "--delay", "-1n"), "may not be below zero"),
    ],
)
def test_values_that_cannot_be_meant_are_refused_at_once(shell: Shell, words: tuple[str, ...], said: str) -> None:
    shell("simulate", "crossbar4", *words).fails_with(2, said)


def test_a_plot_is_written_even_if_nobody_reads_the_values(shell: Shell) -> None:
    process = shell.start("simulate", "crossbar4", "--pulses", "1", "--plot", "x.svg")
    assert process.stdout is not None
    process.stdout.close()
    process.wait(timeout=60)
    assert (shell.folder / "x.svg").read_text().startswith("<svg")
