"""SIGKILL at random moments, of a worker, of the main process and of both: the same bytes, and nothing done twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Shell, bytes_of, wait_until
from tests.cli.small import Whole, prepared, transients, undisturbed

KILLS = int(os.environ.get("FAULTSIM_KILLS", "6"))
SEED = int(os.environ.get("FAULTSIM_SEED", "2026"))
VICTIMS = ("worker", "main", "both")


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    """Return the numbers of a run's workers."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == process.pid and b"spawn_main" in command:
            found.append(int(folder.name))
    return found


def busy_s(pid: int) -> float:
    """Return for how long a process has had a processor."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ended(process: subprocess.Popen[str], patience_s: float = 60.0) -> str:
    """Wait until a run and all its workers have ended, which have its stderr; return what they said."""
    try:
        return process.communicate(timeout=patience_s)[1]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        pytest.fail(f"somebody still runs after {patience_s:g} s")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    return undisturbed(tmp_path_factory.mktemp("whole") / "my work")


@pytest.mark.parametrize("number", range(KILLS))
def test_a_kill_at_any_moment_costs_no_byte_and_no_transient(whole: Whole, tmp_path: Path, number: int) -> None:
    chance, victim = random.Random(f"{SEED} {number}"), VICTIMS[number % len(VICTIMS)]
    shell = prepared(tmp_path / "my work")
    process = shell.start("run", "campaign.toml", "--jobs", "2")
    moment_s = chance.uniform(0.0, whole.lasted_s)
    time.sleep(moment_s)
    before = process.poll()
    if victim == "worker":
        for pid in chance.sample(workers := workers_of(process), min(1, len(workers))):
            os.kill(pid, signal.SIGKILL)
    elif before is None and victim == "main":
        process.kill()
    elif before is None:
        os.killpg(process.pid, signal.SIGKILL)
    said = ended(process)
    at = f"{victim} killed after {moment_s:.3f} s: {said}"
    if victim == "worker" or before is not None:
        # The run goes on without it.
        assert process.returncode == 0, at
    else:
        assert process.returncode == -signal.SIGKILL, at
        shell("run", "campaign.toml", "--jobs", "2").succeeds()
    assert bytes_of(shell.folder / "runs" / "campaign") == whole.files, at
    assert transients(shell) == whole.transients, at


@pytest.fixture
def endless(tmp_path: Path) -> tuple[Shell, subprocess.Popen[str], int]:
    """A run in the middle of a transient that takes many seconds: the shell, the main process, the worker."""
    shell = prepared(tmp_path / "my work", step="2.7f")
    process = shell.start("run", "campaign.toml", "--jobs", "1")
    wait_until(lambda: any(busy_s(pid) > 1.5 for pid in workers_of(process)), process)
    (worker,) = workers_of(process)
    return shell, process, worker


def test_a_worker_in_a_long_transient_ends_with_its_parent(endless: tuple[Shell, subprocess.Popen[str], int]) -> None:
    _, process, _ = endless
    process.kill()
    ended(process, patience_s=3.0)


def test_ctrl_c_twice_stops_at_once_and_says_how_to_go_on(endless: tuple[Shell, subprocess.Popen[str], int]) -> None:
    shell, process, _ = endless
    assert process.stderr is not None
    os.killpg(process.pid, signal.SIGINT)
    line = ""
    while "once more stops at once" not in line:
        line = process.stderr.readline()
        assert line
    time.sleep(0.5)
    assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)
    said = ended(process, patience_s=3.0)
    assert process.returncode == 130
    assert "resume with: faultsim run campaign.toml --jobs 1" in said
    assert "Traceback" not in said
    status = shell("status", "runs/campaign", "--json").succeeds().json
    assert (status["complete"], status["running"]) == (False, None)
