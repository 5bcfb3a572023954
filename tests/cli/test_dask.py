"""Campaigns on a Dask cluster: the bytes of a run on one machine, whatever happens to the cluster meanwhile."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest
from distributed import LocalCluster

from tests.cli.conftest import TINY, Finished, Shell, bytes_of, kill_group, stored_transients, wait_until

WITHOUT_DASK = """\
import sys
sys.modules["distributed"] = None
from faultsim.cli import main
main()
"""

TRAINING = """\
kind = "training"
title = "Two pixels"
glyphs = "two.toml"
duration = "10m"
last = "1m"
lessons = [{ initialisations = 2 }]
"""
GLYPHS = """\
title = "two pixels"
symbols = { "#" = 1.0, "." = 0.0 }
glyphs = { left = "#." }
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """Two worker processes under nannies, as a cluster's workers usually are."""
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster:
        yield cluster


def begin(shell: Shell, cluster: LocalCluster, transients: int) -> subprocess.Popen[str]:
    """Start a run on the cluster, and wait until so many transients are stored."""
    shell.write("tiny.toml", TINY)
    process = shell.start("run", "tiny.toml", "--dask", cluster.scheduler_address)
    store = shell.folder / "runs" / "store.sqlite"
    wait_until(lambda: stored_transients(store) >= transients, process)
    return process


def test_a_run_ends_with_the_same_bytes_even_if_a_worker_is_killed(
    shell: Shell, cluster: LocalCluster, finished: Finished
) -> None:
    process = begin(shell, cluster, 2)
    victim = psutil.Process(cluster.workers[0].pid)
    victim.kill()
    assert stored_transients(shell.folder / "runs" / "store.sqlite") < finished.simulated
    out, err = process.communicate(timeout=shell.patience_s)
    assert process.returncode == 0, err
    assert out.strip().endswith("report.html")
    assert f"{finished.simulated} transients simulated" in err
    assert "Traceback" not in err
    assert not victim.is_running()
    assert bytes_of(shell.folder / "runs" / "tiny") == bytes_of(finished.folder)


def test_what_is_stopped_on_a_cluster_goes_on_there_or_here(
    shell: Shell, cluster: LocalCluster, finished: Finished
) -> None:
    done = kill_group(begin(shell, cluster, 2), signal.SIGINT)
    resume = f"resume with: faultsim run tiny.toml --dask {cluster.scheduler_address}"
    done.fails_with(130, "what was finished is stored", resume)
    kept = stored_transients(shell.folder / "runs" / "store.sqlite")
    words = shlex.split(resume)
    done = shell(*words[words.index("run") : words.index("--dask")], "--json").succeeds()
    assert done.json["simulated"] == finished.simulated - kept
    assert bytes_of(shell.folder / "runs" / "tiny") == bytes_of(finished.folder)


def test_trainings_run_there_too(shell: Shell, cluster: LocalCluster) -> None:
    shell.write("small.toml", TRAINING)
    shell.write("two.toml", GLYPHS)
    answer = shell("train", "small.toml", "--dask", cluster.scheduler_address, "--json").succeeds().json
    assert answer["simulated"] == 2
    there = bytes_of(shell.folder / "runs" / "small")
    shell("train", "small.toml", "--fresh").succeeds()
    assert bytes_of(shell.folder / "runs" / "small") == there


def test_an_address_without_a_scheduler_is_said_with_what_to_do(shell: Shell) -> None:
    said = ["no Dask scheduler at localhost:1", "dask scheduler"]
    shell("run", "lats2024", "--dask", "localhost:1").fails_with(4, *said)


def test_processes_here_and_workers_there_are_not_asked_for_together(shell: Shell) -> None:
    shell("run", "lats2024", "--dask", "tcp://127.0.0.1:1", "--jobs", "2").fails_with(2, "--jobs", "--dask")


def test_without_dask_it_is_said_how_to_install_it(shell: Shell) -> None:
    command = [sys.executable, "-c", WITHOUT_DASK, "run", "lats2024", "--dask", "tcp://127.0.0.1:1"]
    done = subprocess.run(command, cwd=shell.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 'faultsim-mtj[cluster]'" in done.stderr
    assert "Traceback" not in done.stderr
