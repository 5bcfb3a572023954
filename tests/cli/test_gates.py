"""A baseline that is not as declared ends with 5, a transient without an end with 6; neither is ever a detection."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

from tests.cli.conftest import REPOSITORY, SPIKING, TINY, Finished, Shell, edit, table
from tests.cli.small import prepared

# A break whose far side draws a current without bound as soon as a third of a volt lies across it.
RUNAWAY = 'elements = ["RFAULT {near} {far} {severity}", "BFAULT {near} {far} I=u(v({near},{far})-0.3)*1e12"]'


def results(shell: Shell) -> set[str]:
    """Return the tables, pages and manifests that a run has written."""
    files = (path.name for path in (shell.folder / "runs").rglob("*") if path.is_file())
    return {name for name in files if ".sqlite" not in name}


def test_a_finished_run_is_not_complete_any_more_when_its_baseline_fails(workspace: Shell) -> None:
    edit(workspace.copy_circuits(), "spikes = { 1111 = 3 }", "spikes = { 0000 = 1 }")
    run = workspace.folder / "runs" / "tiny"
    assert (run / "manifest.json").is_file()
    done = workspace("run", "tiny.toml", "--json")
    done.fails_with(5, "crossbar4.toml: baseline", "pattern 0000: spike on pulse 1 declared, silence simulated")
    assert not (run / "manifest.json").exists()
    assert workspace("status", run, "--json").succeeds().json["complete"] is False
    said = workspace("status", "runs/tiny").succeeds().out.splitlines()[-1]
    resume = f"faultsim run '{workspace.folder}/tiny.toml' --out runs/tiny"
    assert said == f"not complete; resume with: {resume}"


def test_every_pattern_that_does_not_do_what_is_declared_is_named(shell: Shell) -> None:
    edit(shell.copy_circuits(), "spikes = { 1111 = 3 }", "spikes = { 1111 = 2, 0001 = 1 }")
    edit(shell.write("spiking.toml", SPIKING), 'patterns = ["1111"]', 'patterns = ["0000", "0001", "11g1", "1111"]')
    done = shell("run", "spiking.toml").fails_with(
        5,
        "crossbar4.toml: baseline",
        "pattern 0001: spike on pulse 1 declared, silence simulated",
        "pattern 11g1: silence declared, spike on pulse 3 simulated",
        "pattern 1111: spike on pulse 2 declared, spike on pulse 3 simulated",
    )
    assert "pattern 0000" not in done.err
    assert results(shell) == set()


def test_another_neuron_parameter_is_caught_before_anything_is_written(shell: Shell) -> None:
    shell.copy_circuits()
    neuron = shell.folder / "circuits" / "devices" / "neuron_lats_quant.cir"
    (theta,) = re.findall(r"n_theta=[\d.]+", neuron.read_text())
    edit(neuron, theta, "n_theta=0.05")
    shell.write("spiking.toml", SPIKING)
    shell("run", "spiking.toml").fails_with(5, "pattern 1111: spike on pulse 3 declared, silence simulated")
    assert results(shell) == set()


def test_a_defect_that_ngspice_cannot_solve_is_unknown_with_its_reason_and_never_detected(workspace: Shell) -> None:
    defect = workspace.write(
        "fault_models/defects/open.toml", (REPOSITORY / "fault_models" / "defects" / "open.toml").read_text()
    )
    edit(defect, 'elements = ["RFAULT {near} {far} {severity}"]', RUNAWAY)
    workspace.write("runaway.toml", SPIKING)
    done = workspace("run", "runaway.toml", "--only", "Rop3", "--json")
    assert done.code == 6, done.err
    assert done.json["verdicts"] == {"detected": 0, "undetected": 0, "unknown": 1}
    assert "1 unknown" in done.err
    run = workspace.folder / "runs" / "runaway"
    (row,) = table(run / "thresholds.csv")
    assert (row["verdict"], row["threshold_ohm"], row["crossings"]) == ("unknown", "", "0")
    assert "10 kohm ended with convergence" in row["reason"]
    (covered,) = table(run / "coverage.csv")
    assert (covered["verdict"], covered["reason"]) == ("unknown", row["reason"])
    assert table(run / "vectors" / "vectors.csv") == []
    coverage = json.loads((run / "manifest.json").read_text())["coverage"]
    assert (coverage["low"], coverage["high"]) == (0.0, 1.0)
    assert row["reason"] in (run / "report.html").read_text()
    # simulate shows the log that the verdict rests on.
    alone = workspace("simulate", "crossbar4", "--defect", "Rop3", "--ohm", "10k", "--json")
    assert alone.code == 6
    assert (alone.json["spiked"], alone.json["status"]) == (None, "convergence")
    assert "Timestep too small" in alone.json["log_tail"]
    assert "Timestep too small" in alone.err
    assert "unknown" in alone.err.splitlines()[-1]


def test_an_operating_point_that_cannot_be_simulated_leaves_its_rows_unknown_and_the_others_as_they_were(
    workspace: Shell,
) -> None:
    points = "[[conditions]]\nvdd_v = 1.1\ntemperature_c = 27\n[[conditions]]\nvdd_v = 1e9\ntemperature_c = 27\n"
    workspace.write("points.toml", TINY + points)
    done = workspace("run", "points.toml", "--json")
    assert done.code == 6, done.err
    assert done.json["verdicts"] == {"detected": 1, "undetected": 1, "unknown": 2}
    rows = table(workspace.folder / "runs" / "points" / "thresholds.csv")
    assert rows[:2] == table(workspace.folder / "runs" / "tiny" / "thresholds.csv")
    assert {row["verdict"] for row in rows[2:]} == {"unknown"}
    assert all("the fault-free simulation ended with convergence" in row["reason"] for row in rows[2:])


def test_a_transient_that_does_not_end_in_time_has_no_verdict(shell: Shell) -> None:
    edit(shell.copy_circuits(), "timeout = 60", "timeout = 1e-6")
    done = shell("simulate", "crossbar4", "--json")
    assert done.code == 6
    values = done.json
    assert (values["status"], values["spiked"], values["pulses_to_spike"], values["im_wr_a"]) == (
        "timeout",
        None,
        None,
        None,
    )
    assert "no end after 1e-06 s" in done.err


def test_a_transient_that_does_not_end_in_time_says_so_without_a_traceback(shell: Shell) -> None:
    edit(shell.copy_circuits(), "timeout = 60", "timeout = 1e-6")
    shell("simulate", "crossbar4").fails_with(6, "no end after 1e-06 s", "what the circuit does is unknown")


def test_a_baseline_that_does_not_end_in_time_is_no_baseline(shell: Shell) -> None:
    edit(shell.copy_circuits(), "timeout = 60", "timeout = 1e-6")
    shell.write("tiny.toml", TINY)
    done = shell("run", "tiny.toml", "--jobs", "1")
    assert done.code == 5
    assert "crossbar4.toml: baseline: the fault-free circuit cannot be simulated\n" in done.err
    said = "pattern 0000: the simulation ended with timeout: no end after 1e-06 s (faultsim simulate crossbar4 "
    assert f"{said}--pattern 0000 shows the whole log)" in done.err
    assert not (shell.folder / "runs" / "tiny" / "manifest.json").exists()


def test_what_timed_out_is_tried_again_when_there_is_more_time(shell: Shell, finished: Finished) -> None:
    sidecar = shell.copy_circuits()
    edit(sidecar, "timeout = 60", "timeout = 1e-6")
    shell.write("tiny.toml", TINY)
    assert shell("run", "tiny.toml", "--only", "Rop5", "--jobs", "1").code == 5
    edit(sidecar, "timeout = 1e-6", "timeout = 60")
    shell("run", "tiny.toml", "--only", "Rop5", "--jobs", "1").succeeds()
    again = table(shell.folder / "runs" / "tiny" / "baseline.csv")
    assert again == table(finished.folder / "baseline.csv")


def test_a_deck_that_ngspice_rejects_has_ngspices_message_in_one_line(tmp_path: Path) -> None:
    shell = prepared(tmp_path / "my work")
    edit(shell.folder / "sentinel.cir", "R2 in 0 10k", "R2 in 0 10k\nQ9 y in 0 nomodel")
    done = shell("run", "campaign.toml").fails_with(5)
    [where, said] = done.err.splitlines()
    assert where == "faultsim: sentinel.toml: baseline: the fault-free circuit cannot be simulated"
    assert said.startswith("patterns 0 and 1: the simulation ended with bad_output: Error on line ")
    assert said.endswith(
        " q9 y in 0 nomodel: could not find a valid modelname "
        "(faultsim simulate sentinel.toml --pattern 0 shows the whole log)"
    )
    # Without a baseline it is found by the tests, before anything is searched.
    edit(shell.folder / "campaign.toml", '["0", "1"]', "[]")
    done = shell("run", "campaign.toml").fails_with(5, "campaign.toml: tests: the fault-free circuit cannot be")
    command = re.search(r"test 'look' at original: .*\((faultsim .*) shows the whole log\)", done.err)
    assert command
    shown = shell(*shlex.split(command[1])[1:])
    assert (shown.code, "could not find a valid modelname" in shown.err) == (6, True)
    assert results(shell) == set()


def test_limits_around_what_is_not_one_number_are_refused(shell: Shell) -> None:
    edit(shell.write("list.toml", TINY), 'windows = ["original"]\nobservable = "im_wr_a"', LIST)
    said = "test 'current': limits are around one measured number, and im_wr_each_a is ["
    shell("run", "list.toml").fails_with(5, "limits that compare nothing", said)
    assert results(shell) == set()


LIST = 'windows = ["original"]\nobservable = "im_wr_each_a"'


def test_only_measured_numbers_are_compared_with_resistors(shell: Shell) -> None:
    defects = '[[defects]]\nkind = "device"\nuniverse = "devices"\nsites = ["xcell1.xmtj:pinhole"]\n'
    resistors = '[resistors]\nobservables = ["mz", "spiked", "im_wr_a"]\ntolerance = 0.1\n'
    shell.write("mz.toml", TINY + defects + resistors)
    done = shell("run", "mz.toml").fails_with(
        5, "resistors.observables", "mz is [", "spiked is False in test 'current'"
    )
    assert "im_wr_a is" not in done.err
