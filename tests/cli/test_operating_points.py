"""Supply, temperature and corners as axes of a campaign; settings that cannot be used; the gate on nominal ones."""

from __future__ import annotations

import pytest

from tests.cli.conftest import TINY, Shell, edit, table

# One early pulse: currents do not need the neuron to fire.
POINTS = (
    TINY
    + """
[[conditions]]
vdd_v = 1.1
temperature_c = 27
[[conditions]]
vdd_v = 1.0
temperature_c = 27
[[conditions]]
vdd_v = 1.1
temperature_c = 125
[[conditions]]
vdd_v = 1.1
temperature_c = 27
corner = "slow"
[[corners]]
name = "slow"
scale = { t_mob = 0.9 }
shift = { t_dvth = "20m" }
"""
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    shell = Shell(tmp_path_factory.mktemp("points") / "my work")
    text = POINTS.replace('observable = "im_wr_a"\nlimits', 'observable = "im_wr_a"\nrequires = "enough"\nlimits')
    text += '[observables]\nenough = "nth(at(im_wr, mid_integrate), 1) > 95e-6"\n'
    shell.write("points.toml", text)
    shell("run", "points.toml", "--jobs", "2").succeeds()
    return shell


def test_every_point_has_its_own_current_and_its_own_row(run: Shell) -> None:
    rows = table(run.folder / "runs" / "points" / "settings.csv")
    points = [(row["vdd_v"], row["temperature_c"], row["corner"]) for row in rows]
    assert points == [
        ("1.1", "27.0", "nominal"),
        ("1.0", "27.0", "nominal"),
        ("1.1", "125.0", "nominal"),
        ("1.1", "27.0", "slow"),
    ]
    nominal, low, hot, slow = (float(row["im_wr_a"]) for row in rows)
    assert nominal == pytest.approx(108.44e-6, rel=2e-3)
    assert low < hot < nominal
    assert slow < nominal


def test_a_setting_that_the_fault_free_circuit_fails_is_skipped_and_said(run: Shell) -> None:
    folder = run.folder / "runs" / "points"
    rows = table(folder / "settings.csv")
    assert [row["usable"] for row in rows] == ["true", "false", "true", "true"]
    assert "enough" in rows[1]["reason"]
    assert not [row for row in table(folder / "thresholds.csv") if row["vdd_v"] == "1.0"]
    points = {(row["vdd_v"], row["defect_id"]): row["verdict"] for row in table(folder / "points.csv")}
    assert points["1.0", "Rop3"] == "unusable"
    assert "Settings that cannot be used" in (folder / "report.html").read_text()
    status = run("status", folder, "--json").succeeds().json
    assert status["complete"] is True
    assert status["verdicts"]["skipped"] == 2


def test_a_run_that_skipped_is_reported_and_resumed_without_simulating(run: Shell) -> None:
    folder = run.folder / "runs" / "points"
    before = (folder / "thresholds.csv").read_bytes()
    assert run("run", "points.toml", "--json").succeeds().json["simulated"] == 0
    run("report", folder).succeeds()
    assert (folder / "thresholds.csv").read_bytes() == before


def test_a_test_that_is_unusable_at_the_circuit_s_own_setting_stops_the_campaign(shell: Shell) -> None:
    text = TINY.replace("limits = { relative", 'requires = "spiked"\nlimits = { relative')
    shell.write("tiny.toml", text)
    shell("run", "tiny.toml").fails_with(5, "unusable at the circuit's own windows", "spiked is not true")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('corner = "slow"', 'corner = "slwo"', "unknown corners ['slwo']"),
        ("t_mob = 0.9", "t_mobb = 0.9", "corner 'slow': t_mobb: is not a .param of the deck (did you mean t_mob"),
        ('scale = { t_mob = 0.9 }\nshift = { t_dvth = "20m" }', "", "scales and shifts nothing"),
        (
            'observable = "im_wr_a"\nlimits',
            'observable = "im_wr_a"\nrequires = "spikd"\nlimits',
            "tests.current.requires",
        ),
        ('windows = ["original"]', 'windows = ["original"]\nweights = "01"', "takes 4 symbols"),
        ('sites = ["Rop3", "Rop5"]', 'sites = ["Tiw"]', "matches no site of crossbar4 that a defect of kind open fits"),
    ],
)
def test_mistakes_in_a_campaign_s_axes_are_said_before_anything_runs(
    shell: Shell, old: str, new: str, said: str
) -> None:
    path = shell.write("points.toml", POINTS)
    edit(path, old, new)
    shell("validate", path).fails_with(3, said)


RESPONSE = """
[[responses]]
figure = "iw"
caption = "c"
test = "current"
window = "original"
over = "integrate"
start = "0.8n"
stop = "1.2n"
points = 3
observable = "im_wr_a"
defects = ["Rop3"]
severity = "1k"
[[waveforms]]
figure = "wave"
caption = "c"
test = "current"
window = "original"
defect = "Rop3"
[[waveforms]]
figure = "never"
caption = "undetected, so that there is no failing side to draw"
test = "current"
window = "original"
defect = "Rop5"
"""


def test_figures_over_the_stimulus_and_waveforms_are_kept_and_drawn(shell: Shell) -> None:
    shell.write("tiny.toml", TINY + RESPONSE)
    shell("run", "tiny.toml").succeeds()
    folder = shell.folder / "runs" / "tiny"
    rows = table(folder / "responses.csv")
    assert [row["defect_id"] for row in rows] == [""] * 3 + ["Rop3"] * 3
    assert [float(row["value"]) for row in rows] == pytest.approx([0.8e-9, 1e-9, 1.2e-9] * 2)
    assert all(
        float(faulty["result"]) < float(healthy["result"]) for healthy, faulty in zip(rows[:3], rows[3:], strict=True)
    )
    drawn = {path.stem for path in (folder / "figures").iterdir()}
    assert {"iw", "wave"} <= drawn
    assert "never" not in drawn
    assert shell("run", "tiny.toml", "--json").succeeds().json["simulated"] == 0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('over = "integrate"', 'over = "integrat"', "no quantity 'integrat' (did you mean integrate?)"),
        ('stop = "1.2n"', 'stop = "-1n"', "integrate"),
        ('defects = ["Rop3"]\nseverity', 'defects = ["Rop33"]\nseverity', "unknown defect 'Rop33'"),
        ('figure = "wave"', 'figure = "iw"', "two figures have the same name"),
        ('figure = "wave"', 'figure = "../wave"', "waveforms.0.figure"),
    ],
)
def test_mistakes_in_figures_are_said_before_anything_runs(shell: Shell, old: str, new: str, said: str) -> None:
    path = shell.write("tiny.toml", TINY + RESPONSE)
    edit(path, old, new)
    shell("validate", path).fails_with(3, said)
