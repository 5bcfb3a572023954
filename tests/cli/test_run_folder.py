"""run, status and report: what a run folder holds, and that the same work gives the same bytes."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.conftest import (
    PATIENCE_S,
    TINY,
    Finished,
    Shell,
    bytes_of,
    edit,
    kill_group,
    stored_transients,
    table,
    wait_until,
)

FILES = {
    "baseline.csv",
    "settings.csv",
    "currents.csv",
    "thresholds.csv",
    "behaviours.csv",
    "coverage.csv",
    "coverage.json",
    "vectors/vectors.csv",
    "report.html",
    "manifest.json",
}
PUBLISHED = """\
title = "One value"
[[values]]
id = "III-0000"
table = "Table III"
item = "IM_WR"
unit = "A"
published = [0, 0]
absolute_tolerance = 1e-7
source = { baseline = "0000", column = "im_wr_a" }
[[values]]
id = "V-Rop5"
table = "Table V"
item = "Rop5"
unit = "ohm"
verdict = "detected"
source = { defect = "Rop5", window = "original" }
"""


@dataclass(frozen=True)
class Again:
    """The finished run once more, with one worker and without the store."""

    folder: Path
    simulated: int


@pytest.fixture(scope="module")
def fresh(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> Again:
    shell = Shell(tmp_path_factory.mktemp("fresh") / "my work")
    shutil.copytree(finished.shell.folder, shell.folder, dirs_exist_ok=True)
    run = shell.folder / "runs" / "tiny"
    process = shell.start("run", "tiny.toml", "--fresh", "--jobs", "1", "--json")
    wait_until(lambda: not (run / "manifest.json").exists(), process)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    return Again(run, json.loads(out)["simulated"])


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(shell: Shell) -> None:
    shell.write("tiny.toml", TINY)
    plan = shell("run", "tiny.toml", "--dry-run", "--json").succeeds().json
    assert plan["defects"] == ["Rop3", "Rop5"]
    assert (plan["circuit"], plan["thresholds"], plan["baseline_patterns"]) == ("crossbar4", 2, 1)
    assert (plan["folder"], plan["store"], plan["shard"]) == ("runs/tiny", "runs/store.sqlite", None)
    talk = shell("run", "tiny.toml", "--dry-run", "--only", "Rop5", "--out", "else where").succeeds().out
    assert "folder: else where\nstore: store.sqlite\n" in talk
    assert "shard" not in talk
    assert "Rop5" in talk
    assert "Rop3" not in talk
    assert [path.name for path in shell.folder.iterdir()] == ["tiny.toml"]


def test_a_finished_run_holds_every_file_and_nothing_temporary(finished: Finished) -> None:
    names = set(bytes_of(finished.folder))
    assert names >= FILES
    assert all(name.startswith(("figures/", "vectors/")) for name in names - FILES)
    drawn = {ending: {path.stem for path in finished.folder.glob(f"figures/*.{ending}")} for ending in ("svg", "png")}
    # Sketches of the circuit are lines and letters alone.
    assert drawn["svg"] - drawn["png"] == {"crossbar", "bitcell", "neuron", "potentiation"}
    assert drawn["png"] == {"currents", "coverage-over-resistance", "coding", "timing"}
    assert (finished.folder / "campaign.sqlite").is_file()
    assert (finished.folder.parent / "store.sqlite").is_file()
    left = [path.name for path in finished.folder.parent.rglob("*") if path.name.endswith(("-wal", "-shm", "-journal"))]
    assert left == []


def test_the_tables_say_what_the_circuit_does(finished: Finished) -> None:
    (baseline,) = table(finished.folder / "baseline.csv")
    assert (baseline["pattern"], baseline["spiked"], baseline["pulses_to_spike"]) == ("0000", "false", "")
    currents = table(finished.folder / "currents.csv")
    assert [float(row["r_ohm"]) for row in currents if row["defect_id"] == "Rop3"] == [0, 100, 1000, 10000]
    falling = [float(row["im_wr_a"]) for row in currents if row["defect_id"] == "Rop3"]
    assert falling == sorted(falling, reverse=True)
    rows = {row["defect_id"]: row for row in table(finished.folder / "thresholds.csv")}
    seen, unseen = rows["Rop3"], rows["Rop5"]
    assert (seen["verdict"], seen["direction"], seen["reason"]) == ("detected", "fails_above", "")
    assert (seen["r_pass_ohm"], seen["r_fail_ohm"], seen["threshold_ohm"]) == ("3200.0", "6400.0", "6400.0")
    assert (unseen["verdict"], unseen["r_pass_ohm"], unseen["threshold_ohm"]) == ("undetected", "10000.0", "")
    assert "programming path" in unseen["reason"]
    (vector,) = table(finished.folder / "vectors" / "vectors.csv")
    assert (vector["pattern"], vector["observable"], vector["covers"]) == ("1111", "im_wr_a", "Rop3>=6400.0")
    assert float(vector["expected"]) == falling[0]


def test_the_manifest_states_versions_options_hashes_and_counts(finished: Finished) -> None:
    manifest = json.loads((finished.folder / "manifest.json").read_text())
    assert {"faultsim", "simulator", "python", "PySpice", "numpy"} <= set(manifest["versions"])
    hashes = [value for name, value in manifest.items() if name.endswith("_sha256")]
    assert len(hashes) == 3
    assert all(len(value) == 64 for value in hashes)
    assert 0 < manifest["options"]["step"] < 1e-10
    assert manifest["counts"]["defects"] == 2
    assert manifest["counts"]["verdicts"] == {"detected": 1, "undetected": 1}
    assert (
        manifest["counts"]["transients"]
        == finished.simulated
        == stored_transients(finished.folder.parent / "store.sqlite")
    )


def test_running_again_simulates_nothing_and_changes_no_byte(workspace: Shell, finished: Finished) -> None:
    done = workspace("run", "tiny.toml", "--json").succeeds()
    assert done.json["simulated"] == 0
    assert "0 transients simulated" in done.err
    assert bytes_of(workspace.folder / "runs" / "tiny") == bytes_of(finished.folder)


def test_fresh_simulates_everything_again(finished: Finished, fresh: Again) -> None:
    assert fresh.simulated == finished.simulated > 5


def test_one_worker_and_two_give_the_same_bytes(finished: Finished, fresh: Again) -> None:
    assert bytes_of(fresh.folder) == bytes_of(finished.folder)


def test_a_run_elsewhere_beside_the_same_store_simulates_nothing(workspace: Shell, finished: Finished) -> None:
    done = workspace("run", "tiny.toml", "--out", "runs/an other", "--json").succeeds()
    assert done.json == {
        "report": "runs/an other/report.html",
        "verdicts": {"detected": 1, "undetected": 1, "unknown": 0},
        "simulated": 0,
    }
    assert bytes_of(workspace.folder / "runs" / "an other") == bytes_of(finished.folder)


def test_only_keeps_the_rows_of_the_defects_that_match(workspace: Shell, finished: Finished) -> None:
    done = workspace("run", "tiny.toml", "--only", "*5", "--out", "runs/part").succeeds()
    assert done.out == "runs/part/report.html\n"
    expected = [row for row in table(finished.folder / "thresholds.csv") if row["defect_id"] == "Rop5"]
    assert table(workspace.folder / "runs" / "part" / "thresholds.csv") == expected


def test_a_campaign_that_reproduces_a_paper_puts_its_values_beside_ours(workspace: Shell) -> None:
    workspace.write("published.toml", PUBLISHED)
    edit(workspace.folder / "tiny.toml", 'circuit = "crossbar4"', 'circuit = "crossbar4"\npublished = "published.toml"')
    workspace("run", "tiny.toml").succeeds()
    run = workspace.folder / "runs" / "tiny"
    current, verdict = table(run / "comparison.csv")
    assert (current["id"], current["agrees"], current["why"]) == ("III-0000", "true", "within 100 nA")
    assert (verdict["published"], verdict["ours"], verdict["agrees"]) == ("detected", "undetected", "false")
    assert "programming path" in verdict["why"]
    assert "<h3>Published values</h3><strong>1 of 2</strong>" in (run / "report.html").read_text()


def test_status_of_a_folder_without_a_run_says_what_makes_one(shell: Shell) -> None:
    shell("status", "runs/tiny").fails_with(2, "runs/tiny is not a run folder", "faultsim run")


def test_status_from_another_shell_shows_a_run_under_way_as_not_complete(shell: Shell) -> None:
    # Trains so long that the run is not over before status has started, however busy the machine.
    shell.write("tiny.toml", TINY.replace("pulses = 1", "pulses = 100"))
    process, run = shell.start("run", "tiny.toml", "--jobs", "1"), shell.folder / "runs" / "tiny"

    def begun() -> bool:
        if not (run / "campaign.sqlite").exists():
            return False
        with closing(sqlite3.connect(f"file:{run / 'campaign.sqlite'}?mode=ro", uri=True)) as ledger:
            [[count]] = ledger.execute("SELECT count(*) FROM sqlite_master WHERE name = 'item'")
            return bool(count) and bool(
                ledger.execute("SELECT 1 FROM item WHERE stage = 'baseline' AND result IS NOT NULL").fetchall()
            )

    try:
        wait_until(begun, process)
        during, talk = (shell("status", run, *words).succeeds() for words in (["--json"], []))
    finally:
        kill_group(process, signal.SIGKILL)
    assert during.json["complete"] is False
    stages = during.json["stages"]
    assert list(stages) == ["baseline", "settings", "currents", "thresholds", "portraits"]
    assert [total for _, total in stages.values()] == [1, 1, 2, 2, 3]
    assert sum(done for done, _ in stages.values()) < 9
    assert talk.out.startswith("baseline: 1 of 1\n")
    assert "\nunder way: faultsim run, process " in talk.out
    assert during.json["running"]["pid"] > 0


def test_status_of_a_finished_run_shows_the_verdicts(finished: Finished) -> None:
    after = finished.shell("status", finished.folder, "--json").succeeds().json
    assert after["complete"] is True
    assert all(done == total for done, total in after["stages"].values())
    assert after["verdicts"] == {"detected": 1, "undetected": 1}
    lines = finished.shell("status", "runs/tiny").succeeds().out.splitlines()
    assert "thresholds: 2 of 2" in lines
    assert lines[-1] == "complete"


def test_two_runs_beside_one_store_at_once_simulate_nothing_twice(shell: Shell, finished: Finished) -> None:
    shell.write("tiny.toml", TINY)
    words = ["run", "tiny.toml", "--jobs", "1", "--json", "--out"]
    processes = [shell.start(*words, f"runs/{name}") for name in ("a", "b")]
    answers = [json.loads(process.communicate(timeout=PATIENCE_S)[0]) for process in processes]
    with closing(sqlite3.connect(shell.folder / "runs" / "store.sqlite")) as store:
        [[count, most]] = store.execute("SELECT count(*), max(runs) FROM transient").fetchall()
    assert most == 1
    assert sum(answer["simulated"] for answer in answers) == count == finished.simulated
    assert bytes_of(shell.folder / "runs" / "a") == bytes_of(shell.folder / "runs" / "b") == bytes_of(finished.folder)


def test_the_manifest_is_written_last(fresh: Again) -> None:
    """That it goes first is what the fixture waits for."""
    files = [path for path in fresh.folder.rglob("*") if path.is_file() and ".sqlite" not in path.name]
    assert max(files, key=lambda path: path.stat().st_mtime_ns).name == "manifest.json"


def test_report_writes_the_same_bytes_again_from_any_folder(workspace: Shell, finished: Finished) -> None:
    run = workspace.folder / "runs" / "tiny"
    for name in bytes_of(run):
        (run / name).unlink()
    workspace("run", "tiny.toml").succeeds()
    (run / "thresholds.csv").write_text("spoilt")
    (run / "report.html").unlink()
    for name in ("old.svg", "old.png"):
        (run / "figures" / name).write_text("of an earlier campaign")
    elsewhere = Shell(workspace.folder / "else where")
    done = elsewhere("report", run, "--json").succeeds()
    manifest = json.loads((run / "manifest.json").read_text())
    assert done.json == {
        "report": str(run / "report.html"),
        "coverage": manifest["coverage"],
        "counts": manifest["counts"],
    }
    assert bytes_of(run) == bytes_of(finished.folder)


def test_report_says_that_the_campaign_changed_and_how_to_go_on(workspace: Shell) -> None:
    workspace("run", "tiny.toml").succeeds()
    edit(workspace.folder / "tiny.toml", "ratio = 2", "ratio = 3")
    workspace("report", "runs/tiny").fails_with(2, "runs/tiny: spec changed since this run", "--out runs/tiny")
    (workspace.folder / "tiny.toml").unlink()
    workspace("report", "runs/tiny").fails_with(2, "its campaign", "tiny.toml is gone")


def test_report_says_that_the_circuit_changed(workspace: Shell) -> None:
    sidecar = workspace.copy_circuits()
    workspace("run", "tiny.toml").succeeds()
    edit(sidecar, 'title = "', 'title = "Changed: ')
    workspace("report", "runs/tiny").fails_with(2, "sidecar changed since this run")


def test_report_of_an_unfinished_run_says_what_finishes_it(workspace: Shell) -> None:
    edit(workspace.copy_circuits(), "spikes = { 1111 = 3 }", "spikes = { 0000 = 1 }")
    assert workspace("run", "tiny.toml", "--out", "runs/half done", "--only", "Rop3").code == 5
    said = ["not finished", "tiny.toml", "--out 'runs/half done' --only Rop3 resumes it"]
    workspace("report", "runs/half done").fails_with(2, *said)


def test_a_folder_that_cannot_be_made_is_named_with_the_option_that_moves_it(shell: Shell) -> None:
    shell.write("tiny.toml", TINY)
    shell.write("file", "")
    for out in ("file", "file/below"):
        said = f"{out}: cannot be written: file is a file, not a folder; choose another folder with --out"
        shell("run", "tiny.toml", "--out", out).fails_with(1, said)


@pytest.mark.parametrize("name", ["runs/store.sqlite", "runs/tiny/campaign.sqlite"])
def test_a_damaged_database_is_named(shell: Shell, name: str) -> None:
    shell.write("tiny.toml", TINY)
    shell.write(name, "this is no database, whatever its name says\n" * 100)
    done = shell("run", "tiny.toml")
    assert done.code != 0
    assert "Traceback" not in done.err
    assert f"{name}: file is not a database" in done.err
