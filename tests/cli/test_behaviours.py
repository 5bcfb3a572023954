"""Behaviours in a run folder: measured and named, kept, reported again, left out, and refused where they are wrong."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

from faultsim.campaigns.plan import make_plan
from faultsim.campaigns.results import BehaviourRow
from faultsim.campaigns.spec import CampaignSpec
from faultsim.errors import SpecError
from faultsim.reports.tables import table_text
from faultsim.specfile import read_spec
from tests.cli.conftest import Shell, bytes_of, edit, table

CAMPAIGN = """\
title = "Two opens and what they do"
circuit = "crossbar4-lif"
[[windows]]
name = "short"
integrate = "1n"
leaky = "4n"
[baseline]
patterns = ["1111"]
[[defects]]
kind = "open"
sites = ["Rop1", "Rop5"]
[[tests]]
name = "inference"
pattern = "1111"
windows = ["short"]
observable = "pulses_to_spike"
requires = "spiked"
[search]
low = "1k"
high = "16k"
ratio = 2
[behaviours]
test = "inference"
"""
CONTRACT = {
    "circuit",
    "defect_id",
    "r_ohm",
    "window",
    "integration_gain",
    "leak_retention",
    "pulses_to_spike",
    "time_to_spike_s",
    "behaviours",
}
NOMINAL = {
    "integration_gain": 1.0,
    "leak_retention": 1.0,
    "phase_advance_rad": 0.0,
    "level_shift": 0.0,
    "integrate_ratio": 1.0,
    "leak_ratio": 1.0,
}
TOLERANCE = re.compile(r"^\[tolerance\.(?!damping\]).*?(?=^\[|\Z)", re.MULTILINE | re.DOTALL)


def shorten(sidecar: Path) -> None:
    """Leave the circuit one tolerance, two short coding windows and hardly a rest before them, for the sake of time."""
    edit(sidecar, 'start = "10n"', 'start = "1n"')
    edit(sidecar, 'leaky = "9n"', 'leaky = "4n"')
    edit(sidecar, "spikes = { 1111 = 3 }", "spikes = { 1111 = 2 }")
    sidecar.write_text(TOLERANCE.sub("", sidecar.read_text()))
    edit(sidecar.with_name("crossbar4-lif.toml"), "pulses = 5", "pulses = 2")


@dataclass(frozen=True)
class Measured:
    """A finished run, and what came of asking again.

    Attributes:
        files: Of the run folder, after the first run.
        simulated: In the first run, in the second, and in that of the same campaign without behaviours.
    """

    folder: Path
    files: dict[str, bytes]
    simulated: tuple[int, int, int]

    def row(self, defect: str) -> dict[str, str]:
        [row] = [row for row in table(self.folder / "behaviours.csv") if row["defect_id"] == defect]
        return row


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    shell = Shell(tmp_path_factory.mktemp("measured") / "my work")
    shorten(shell.copy_circuits())
    shell.write("mine.toml", CAMPAIGN)
    shell.write("none.toml", CAMPAIGN.replace('test = "inference"', "defects = []"))
    first = shell("run", "mine.toml", "--jobs", "2", "--json").succeeds().json
    folder = shell.folder / "runs" / "mine"
    files = bytes_of(folder)
    asked = [("run", f"{name}.toml", "--jobs", "1", "--json") for name in ("mine", "none")]
    done = shell.together(asked)
    simulated = first["simulated"], *(done[words].succeeds().json["simulated"] for words in asked)
    return Measured(folder, files, simulated)


def test_the_table_has_the_columns_that_were_agreed_and_a_row_for_each_defect(measured: Measured) -> None:
    rows = table(measured.folder / "behaviours.csv")
    assert set(rows[0]) >= CONTRACT
    assert [row["defect_id"] for row in rows] == ["Rop1", "Rop5"]
    for row in rows:
        assert (row["circuit"], row["kind"], row["test"], row["window"]) == (
            "crossbar4-lif",
            "open",
            "inference",
            "short",
        )
        assert (float(row["integrate_window_s"]), float(row["leaky_window_s"])) == (1e-9, 4e-9)
        assert (row["unit"], row["measured_by"]) == ("ohm", "twin")
        assert (row["spikes_anywhere"], row["spikes_when_silent"]) == ("true", "false")


def test_an_open_of_a_bit_line_integrates_more_slowly_and_leaks_alike(measured: Measured) -> None:
    row = measured.row("Rop1")
    [threshold] = [row for row in table(measured.folder / "thresholds.csv") if row["defect_id"] == "Rop1"]
    assert (row["at"], row["r_ohm"]) == ("threshold", threshold["threshold_ohm"])
    assert 0.85 < float(row["integration_gain"]) < 0.99
    assert float(row["leak_retention"]) == pytest.approx(1, abs=1e-3)
    assert float(row["phase_advance_rad"]) == pytest.approx(0, abs=1e-3)
    assert float(row["integrate_ratio"]) == pytest.approx(float(row["integration_gain"]), abs=0.03)
    assert float(row["leak_ratio"]) == pytest.approx(1, abs=0.02)
    assert 0.5 < float(row["weakest_synapse"]) < 0.95
    # The threshold is where it ceases to spike.
    assert row["pulses_to_spike"] == row["time_to_spike_s"] == ""
    assert "Slow-to-Integrate" in row["behaviours"]
    assert "Slow-to-Integrate" in row["confirmed"]
    assert "Leak" not in row["behaviours"]
    assert "less charge through the heavy metal. The spin-Hall torque" in row["explanation"]


def test_a_break_of_the_programming_path_leaves_inference_and_sticks_the_synapse(measured: Measured) -> None:
    row = measured.row("Rop5")
    # No test sees it, so that it is looked at with the severity of its kind.
    assert (row["at"], float(row["r_ohm"])) == ("default", 1e9)
    for quantity in ("integration_gain", "leak_retention", "integrate_ratio", "leak_ratio", "weakest_synapse"):
        assert float(row[quantity]) == pytest.approx(1, abs=1e-3)
    assert abs(float(row["switched_synapse"])) < 0.01
    assert row["pulses_to_spike"] == "2"
    assert 5e-9 < float(row["time_to_spike_s"]) < 7e-9
    assert row["behaviours"] == row["confirmed"] == "Stuck Synapse"


def test_the_two_boundaries_lie_inside_of_the_plane_and_the_weaker_neuron_needs_more(measured: Measured) -> None:
    ends = [
        [float(measured.row(name)[edge]) for name in ("Rop1", "Rop5")]
        for edge in ("smallest_integrate_s", "largest_leaky_s")
    ]
    (weak, good), (soon, late) = ends
    assert 0.2e-9 < good < weak < 2e-9
    assert 3e-9 < soon < late < 14e-9


def test_tolerances_are_a_table_of_bands_around_the_nominal_circuit(measured: Measured) -> None:
    rows = {row["quantity"]: row for row in table(measured.folder / "tolerance.csv")}
    assert list(rows) == list(NOMINAL)
    for quantity, row in rows.items():
        low, high = float(row["low"]), float(row["high"])
        assert low <= NOMINAL[quantity] <= high
        assert low <= float(row["root_sum_low"]) and float(row["root_sum_high"]) <= high
        assert high - low < 0.1
        # Damping moves all but the level.
        assert row["largest"] == ("damping" if quantity != "level_shift" else "")
        assert (high > low) is (quantity != "level_shift")


def test_the_page_has_a_section_with_every_name_and_band(measured: Measured) -> None:
    page = (measured.folder / "report.html").read_text()
    section = page.split("<h2>Behaviours</h2>")[1].split("<h2>")[0]
    for text in ("Rop1", "Rop5", "<b>Slow-to-Integrate</b>", "<b>Stuck Synapse</b>", "declared tolerances"):
        assert text in section
    figure = ElementTree.fromstring((measured.folder / "figures" / "behaviours.svg").read_bytes())
    written = {"".join(element.itertext()) for element in figure.iter() if element.tag.endswith("text")}
    assert {"slow to integrate", "fast to leak", "Stuck Synapse (1)"} <= written


def test_a_second_run_simulates_nothing_and_writes_the_same(measured: Measured) -> None:
    first, second, _ = measured.simulated
    assert first > 30
    assert second == 0
    assert bytes_of(measured.folder) == measured.files


def test_report_writes_the_same_bytes(measured: Measured) -> None:
    shell = Shell(measured.folder.parents[1])
    for name in ("behaviours.csv", "tolerance.csv", "report.html"):
        (measured.folder / name).unlink()
    shell("report", "runs/mine").succeeds()
    assert bytes_of(measured.folder) == measured.files


def test_an_empty_list_of_defects_measures_nothing_and_leaves_a_header(measured: Measured) -> None:
    folder = measured.folder.with_name("none")
    assert measured.simulated[2] == 0
    assert (folder / "behaviours.csv").read_text() == table_text(BehaviourRow, ())
    assert not (folder / "tolerance.csv").exists()
    assert "<h2>Behaviours</h2>" not in (folder / "report.html").read_text()
    thresholds = [list(csv.reader((run / "thresholds.csv").open(newline=""))) for run in (folder, measured.folder)]
    assert thresholds[0] == thresholds[1]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('test = "inferense"', "behaviours name an unknown test 'inferense'"),
        ('severities = ["treshold"]', r":23: behaviours\.severities\.0: 'treshold': Input should be 'threshold'"),
        ("severities = []", r":23: behaviours\.severities: \[\]: .*at least 1 item"),
        ('defect = ["Rop1"]', r":23: behaviours\.defect: unknown key \(did you mean defects\?\)"),
        ('defects = "Rop1"', r":23: behaviours\.defects: 'Rop1': Input should be a valid list"),
        ('defects = ["Rop1", "Rop9"]', r"behaviours\.defects: 'Rop9' matches no defect of the campaign"),
    ],
)
def test_what_is_wrong_in_the_table_is_refused_with_its_place(tmp_path: Path, wrong: str, said: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(CAMPAIGN.replace('test = "inference"', wrong))
    with pytest.raises(SpecError, match=rf"mine\.toml.*{said}"):
        make_plan(file, read_spec(file, CampaignSpec))


def test_a_misspelt_test_ends_a_run_before_it_begins(shell: Shell) -> None:
    shell.write("mine.toml", CAMPAIGN.replace('test = "inference"', 'test = "inferense"'))
    shell("run", "mine.toml").fails_with(3, "mine.toml: behaviours name an unknown test 'inferense'")
    assert [path.name for path in shell.folder.iterdir()] == ["mine.toml"]
