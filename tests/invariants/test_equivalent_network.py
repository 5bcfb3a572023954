"""A campaign by the equivalent of its network: thresholds as of the whole, its proof kept, left where it fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import LONG_PATIENCE_S, Shell, bytes_of, edit, table

CAMPAIGN = """\
title = "Eight inputs, four of them active"
circuit = "eight.toml"
[[windows]]
name = "original"
integrate = "1n"
leaky = "9n"
[baseline]
patterns = ["11110000"]
[equivalent]
sample = 2
[[defects]]
kind = "open"
universe = "devices"
sites = ["xcell1.ma1.d:open", "bl.xcell2:open"]
[[defects]]
kind = "bridge"
universe = "devices"
sites = ["in4~in5:bridge"]
[[defects]]
kind = "device"
universe = "devices"
sites = ["xcell2.xmtj:pinhole"]
[[tests]]
name = "inference"
pattern = "1{4}0{4}"
windows = ["original"]
observable = "pulses_to_spike"
requires = "spiked"
[[tests]]
name = "current"
pattern = "1{4}0{4}"
windows = ["original"]
observable = "im_wr_a"
limits = { relative = 0.02 }
stimulus = { start = "0.5n", pulses = 1 }
[currents]
pattern = "1{4}0{4}"
observable = "im_wr_a"
per_decade = 1
stimulus = { start = "0.5n", pulses = 1 }
simulation = { strobe_step = "50p" }
[behaviours]
defects = []
[search]
low = 500
high = "1meg"
ratio = 1.2
"""
Rows = list[dict[str, str]]


def begin(folder: Path) -> Path:
    """Run the campaign by the equivalent, by the whole network, and with a tolerance that no equivalent keeps."""
    shell = Shell(folder / "my work", LONG_PATIENCE_S)
    words = ["--inputs", 8, "--fires-from", 4, "-o", "eight"]
    shell("generate", "crossbar", *words).succeeds()
    campaign = shell.write("rows.toml", CAMPAIGN)
    shell("run", "rows.toml", "--out", "runs/lumped").succeeds()
    shell("run", "rows.toml", "--out", "runs/whole", "--whole").succeeds()
    shell.write("strict.toml", CAMPAIGN)
    edit(campaign.with_name("strict.toml"), "sample = 2", "sample = 0\ntolerance = 1e-15")
    shell("run", "strict.toml", "--out", "runs/strict").succeeds()
    for name, tolerance in (("structure", "1e-3"), ("doubtful", "1e-15")):
        shell.write(f"{name}.toml", CAMPAIGN)
        edit(campaign.with_name(f"{name}.toml"), "sample = 2", f'proof = "structure"\ntolerance = {tolerance}')
        shell("run", f"{name}.toml", "--out", f"runs/{name}").succeeds()
    return shell.folder


@pytest.fixture(scope="module")
def runs(begun: Path) -> Shell:
    return Shell(begun)


def found(runs: Shell, name: str, file: str = "thresholds.csv") -> Rows:
    return table(runs.folder / "runs" / name / file)


def without(rows: Rows, *columns: str) -> Rows:
    return [{name: value for name, value in row.items() if name not in columns} for row in rows]


def test_thresholds_are_those_of_the_whole_network(runs: Shell) -> None:
    whole, lumped = found(runs, "whole"), found(runs, "lumped")
    assert without(lumped, "network", "reason", "transients") == without(whole, "network", "reason", "transients")
    assert {row["network"] for row in lumped} == {"equivalent"}
    assert {row["network"] for row in whole} == {"whole"}
    assert {row["verdict"] for row in lumped} >= {"detected"}
    assert not (runs.folder / "runs" / "whole" / "equivalents.csv").exists()


def test_where_structure_is_the_proof_one_comparison_is_enough(runs: Shell) -> None:
    whole, lumped = found(runs, "whole"), found(runs, "structure")
    assert without(lumped, "network", "reason", "transients") == without(whole, "network", "reason", "transients")
    [row] = found(runs, "structure", "equivalents.csv")
    assert (row["test"], row["defect_id"], row["harmless"], row["exact"]) == ("inference", "", "true", "true")
    for file in ("thresholds.csv", "baseline.csv", "settings.csv"):
        assert {row["network"] for row in found(runs, "structure", file)} == {"equivalent"}
    [ours], [theirs] = found(runs, "structure", "baseline.csv"), found(runs, "whole", "baseline.csv")
    assert float(ours["im_wr_a"]) == pytest.approx(float(theirs["im_wr_a"]), rel=1e-6)


def test_where_that_comparison_fails_the_whole_network_is_simulated_even_without_a_defect(runs: Shell) -> None:
    [row] = found(runs, "doubtful", "equivalents.csv")
    assert row["harmless"] == "false"
    for file in ("thresholds.csv", "baseline.csv", "settings.csv", "currents.csv"):
        assert found(runs, "doubtful", file) == found(runs, "whole", file)


def test_a_run_that_goes_on_with_another_outcome_of_the_proof_is_as_if_it_always_had_been(runs: Shell) -> None:
    campaign = runs.write("turn.toml", (runs.folder / "structure.toml").read_text())
    for tolerance, like in (("1e-3", "structure"), ("1e-15", "doubtful"), ("1e-3", "structure")):
        campaign.write_text((runs.folder / "structure.toml").read_text().replace("1e-3", tolerance))
        runs("run", "turn.toml", "--out", "runs/turn").succeeds()
        for file in ("baseline.csv", "settings.csv", "currents.csv", "thresholds.csv", "equivalents.csv"):
            assert found(runs, "turn", file) == found(runs, like, file), (tolerance, file)


def test_the_proof_is_kept_for_every_setting_and_for_a_sample_of_thresholds(runs: Shell) -> None:
    rows = found(runs, "lumped", "equivalents.csv")
    assert [(row["test"], row["defect_id"]) for row in rows][:2] == [("inference", ""), ("current", "")]
    assert all(row["harmless"] == "true" and row["exact"] == "true" for row in rows)
    assert max(float(row["deviation"]) for row in rows) < 1e-6
    assert all(int(row["taps_merged"]) >= 3 for row in rows)
    sampled = {(row["test"], row["defect_id"]) for row in rows if row["defect_id"]}
    assert len(sampled) == 4
    page = (runs.folder / "runs" / "lumped" / "report.html").read_text()
    assert "<h2>Equivalent of the network</h2>" in page
    assert "1{4}0{4}" not in page, "eight symbols are short enough to be shown"


def test_where_the_equivalent_is_not_good_enough_the_whole_network_is_simulated(runs: Shell) -> None:
    rows = found(runs, "strict", "equivalents.csv")
    assert {row["harmless"] for row in rows} == {"false"}
    assert all("im_wr_a is off by" in row["reason"] for row in rows)
    whole, strict = found(runs, "whole"), found(runs, "strict")
    assert strict == whole


def test_a_resumed_run_and_a_report_are_the_same_bytes(runs: Shell) -> None:
    for name, campaign in (("lumped", "rows.toml"), ("doubtful", "doubtful.toml")):
        folder = runs.folder / "runs" / name
        before = bytes_of(folder)
        done = runs("run", campaign, "--out", f"runs/{name}", "--json").succeeds()
        assert done.json["simulated"] == 0
        assert bytes_of(folder) == before
        runs("report", f"runs/{name}").succeeds()
        assert bytes_of(folder) == before


def test_a_folder_that_is_run_again_with_the_whole_network_is_as_if_it_always_had_been(runs: Shell) -> None:
    for words in ([], ["--whole"]):
        runs("run", "rows.toml", "--out", "runs/both", *words).succeeds()
    assert bytes_of(runs.folder / "runs" / "both") == bytes_of(runs.folder / "runs" / "whole")


def test_a_folder_that_is_run_again_on_another_grid_has_the_proof_of_that_grid(runs: Shell) -> None:
    only = ["--only", "xcell1.ma1.d:open"]
    campaign = runs.write("grid.toml", CAMPAIGN.replace("ratio = 1.2", "ratio = 3"))
    runs("run", "grid.toml", "--out", "runs/grid", *only).succeeds()
    campaign.write_text(CAMPAIGN)
    for folder in ("runs/grid", "runs/straight"):
        runs("run", "grid.toml", "--out", folder, *only).succeeds()
    assert bytes_of(runs.folder / "runs" / "grid") == bytes_of(runs.folder / "runs" / "straight")


def test_one_transient_by_the_equivalent(runs: Shell) -> None:
    words = ["simulate", "eight.toml", "--pattern", "1{4}0{4}", "--defect", "xcell1.ma1.d:open", "--ohm", "10k"]
    whole, lumped = (runs(*words, *more, "--json").succeeds() for more in ([], ["--equivalent"]))
    assert "4 of 9 taps on bit lines are simulated" in lumped.err
    assert lumped.json["im_wr_a"] == pytest.approx(whole.json["im_wr_a"], rel=1e-6)
    assert lumped.json["pulses_to_spike"] == whole.json["pulses_to_spike"]


def test_wires_with_resistance_are_lumped_by_stretches(runs: Shell) -> None:
    runs("generate", "crossbar", "--inputs", 8, "--fires-from", 4, "--wire-ohm", 2, "-o", "wires").succeeds()
    words = ["simulate", "wires.toml", "--pattern", "11001010", "--pulses", 1, "--json"]
    whole, lumped = (runs(*words, *more).succeeds().json for more in ([], ["--equivalent"]))
    assert lumped["im_wr_a"] == pytest.approx(whole["im_wr_a"], rel=1e-4)


def test_outputs_on_wires_with_resistance_have_no_equivalent_and_that_is_said(runs: Shell) -> None:
    runs("generate", "crossbar", "--inputs", 4, "--outputs", 2, "--wire-ohm", 2, "-o", "two").succeeds()
    runs("simulate", "two.toml", "--equivalent").fails_with(2, "rows are on several bit lines with resistance")
