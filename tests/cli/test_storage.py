"""A full disk, a read-only folder, a file in the way, two runs at once: said clearly, and nothing is lost."""

from __future__ import annotations

import os
import shlex
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Done, Shell, bytes_of, stored_transients, wait_until
from tests.cli.small import Whole, prepared, simulations, transients, undisturbed

RUN = f"{shlex.quote(sys.executable)} -m faultsim run campaign.toml --jobs 2"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    return undisturbed(tmp_path_factory.mktemp("whole") / "my work")


@pytest.fixture
def small(tmp_path: Path) -> Shell:
    return prepared(tmp_path / "my work")


def script(shell: Shell, *lines: str) -> Done:
    """Run lines of a shell script in the folder."""
    command = ["sh", "-c", "\n".join(lines)]
    done = subprocess.run(command, cwd=shell.folder, capture_output=True, text=True, timeout=120, check=False)
    return Done(done.returncode, done.stdout, done.stderr)


def mounting(shell: Shell, *lines: str) -> Done:
    """Run lines of a shell script that may mount things, which nobody else sees and which are gone in the end."""
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let a test mount anything")
    quoted = shlex.quote("\n".join(lines))
    return script(shell, f"exec unshare -rm sh -c {quoted}")


def resumed(shell: Shell, whole: Whole) -> None:
    """Check that a run goes on from what was stored, and ends as if nothing had been."""
    with closing(sqlite3.connect(shell.folder / "runs" / "store.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    shell("run", "campaign.toml", "--jobs", "2").succeeds()
    assert bytes_of(shell.folder / "runs" / "campaign") == whole.files
    assert transients(shell) == whole.transients


@pytest.mark.parametrize("blocks", [80, 200], ids=lambda blocks: f"{blocks // 2} kB")
def test_a_file_that_may_not_grow_ends_the_run_with_its_name_and_nothing_is_lost(
    small: Shell, whole: Whole, blocks: int
) -> None:
    done = script(small, f"ulimit -f {blocks}", RUN).fails_with(1, "go on with: faultsim run campaign.toml --jobs 2")
    assert any(name in done.err for name in ("store.sqlite: ", "campaign.sqlite: ", ".svg: ", "report.html: "))
    assert any(remedy in done.err for remedy in ("free some space", "full quota"))
    resumed(small, whole)


@pytest.mark.parametrize("kilobytes", [160, 340])
def test_a_full_disk_ends_the_run_with_the_file_and_the_remedy(small: Shell, whole: Whole, kilobytes: int) -> None:
    done = mounting(
        small,
        "mkdir runs kept",
        f"mount -t tmpfs -o size={kilobytes}k none runs",
        RUN,
        "code=$?",
        # What is on the full disk is all that there is to go on with.
        "cp -r runs/. kept",
        "exit $code",
    )
    (small.folder / "runs").rmdir()
    (small.folder / "kept").rename(small.folder / "runs")
    done.fails_with(1, "free some space", "go on with: faultsim run campaign.toml --jobs 2")
    resumed(small, whole)


def test_a_read_only_folder_is_named_and_stays_as_it_is(small: Shell, whole: Whole) -> None:
    small("run", "campaign.toml", "--jobs", "2").succeeds()
    lines = ("mount --bind runs runs", "mount -o remount,ro,bind runs")
    done = mounting(small, *lines, RUN).fails_with(1, "runs/campaign: cannot be written", "--out")
    assert "Read-only file system" in done.err
    assert bytes_of(small.folder / "runs" / "campaign") == whole.files
    faultsim = RUN.partition(" run ")[0]
    mounting(small, *lines, f"{faultsim} report runs/campaign").fails_with(1, "runs/campaign: cannot be written")
    assert mounting(small, *lines, f"{faultsim} status runs/campaign").succeeds().out.endswith("ok\ncomplete\n")
    # What it advises works.
    mounting(small, *lines, f"{RUN} --out elsewhere/run").succeeds()
    assert bytes_of(small.folder / "elsewhere" / "run") == whole.files


def test_a_new_folder_on_a_read_only_disk_is_named(small: Shell) -> None:
    (small.folder / "runs").mkdir()
    lines = ("mount --bind runs runs", "mount -o remount,ro,bind runs")
    mounting(small, *lines, RUN).fails_with(1, "runs/campaign: cannot be written: Read-only file system", "--out")


@pytest.mark.parametrize(("name", "at_the_end"), [("report.html", False), ("thresholds.csv", True)])
def test_what_is_in_the_way_of_a_file_is_named_and_resuming_simulates_only_what_is_left(
    small: Shell, whole: Whole, name: str, at_the_end: bool
) -> None:
    way = small.folder / "runs" / "campaign" / name
    (way / "full").mkdir(parents=True)
    small("run", "campaign.toml").fails_with(1, f"runs/campaign/{name}: cannot be written", "go on with: ")
    (way / "full").rmdir()
    way.rmdir()
    done = small("run", "campaign.toml", "--json").succeeds()
    assert (done.json["simulated"] == 0) is at_the_end
    assert bytes_of(small.folder / "runs" / "campaign") == whole.files


def test_a_second_run_on_a_folder_says_who_has_it_and_a_run_beside_it_works(small: Shell, whole: Whole) -> None:
    process = small.start("run", "campaign.toml", "--jobs", "1")
    wait_until(lambda: stored_transients(small.folder / "runs" / "store.sqlite") > 0, process)
    os.killpg(process.pid, signal.SIGSTOP)
    said = ["runs/campaign is being written", f"faultsim run, process {process.pid} on ", "--out"]
    small("run", "campaign.toml").fails_with(2, *said)
    small("report", "runs/campaign").fails_with(2, *said)
    status = small("status", "runs/campaign", "--json").succeeds().json
    assert (status["complete"], status["running"]["pid"]) == (False, process.pid)
    os.killpg(process.pid, signal.SIGCONT)
    beside = small.start("run", "campaign.toml", "--jobs", "1", "--out", "runs/beside")
    for one in (process, beside):
        _, err = one.communicate(timeout=120)
        assert one.returncode == 0, err
    for name in ("campaign", "beside"):
        assert bytes_of(small.folder / "runs" / name) == whole.files
    assert set(transients(small)) == set(whole.transients)


def test_results_whose_transients_are_gone_are_found_again(small: Shell, whole: Whole) -> None:
    small("run", "campaign.toml").succeeds()
    (small.folder / "runs" / "store.sqlite").unlink()
    done = small("run", "campaign.toml", "--json").succeeds()
    assert "25 finished results rest on transients that are no more in the store" in done.err
    assert done.json["simulated"] == simulations(small)
    assert transients(small) == whole.transients
    assert bytes_of(small.folder / "runs" / "campaign") == whole.files


def test_a_lock_that_a_killed_run_left_is_no_hindrance(small: Shell) -> None:
    process = small.start("run", "campaign.toml")
    lock = small.folder / "runs" / "campaign" / "campaign.lock"
    wait_until(lock.is_file, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert lock.is_file()
    small("run", "campaign.toml").succeeds()
    assert not lock.exists()


def test_an_interrupted_run_leaves_no_page_that_looks_complete_and_a_fresh_one_stays_fresh(
    small: Shell, whole: Whole
) -> None:
    small("run", "campaign.toml").succeeds()
    run = small.folder / "runs" / "campaign"
    process = small.start("run", "campaign.toml", "--fresh", "--jobs", "1")
    first = sum(row[-1] for row in whole.transients.values())
    wait_until(lambda: simulations(small) > first + 3, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not (run / "report.html").exists()
    assert not (run / "manifest.json").exists()
    left = 2 * first - simulations(small)
    assert small("run", "campaign.toml", "--json").succeeds().json["simulated"] == left > 0
    assert bytes_of(run) == whole.files
    twice = {key: (*row[:-1], 2 * row[-1]) for key, row in whole.transients.items()}
    assert transients(small) == twice
    assert small("run", "campaign.toml", "--json").succeeds().json["simulated"] == 0
