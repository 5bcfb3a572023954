"""Ctrl-C, kill and power loss: what was finished stays, and the run ends with the same bytes."""

from __future__ import annotations

import re
import shlex
import signal

import pytest

from faultsim.cli.interrupts import Interrupts
from tests.cli.conftest import TINY, Done, Finished, Shell, bytes_of, edit, kill_group, stored_transients, wait_until


def interrupt(shell: Shell, transients: int, number: signal.Signals, *words: str, patience_s: float = 60.0) -> Done:
    """Start a run and send a signal when so many transients are stored."""
    shell.write("tiny.toml", TINY)
    process = shell.start("run", *words, "--jobs", "2")
    store = shell.folder / "runs" / "store.sqlite"
    wait_until(lambda: stored_transients(store) >= transients, process)
    return kill_group(process, number, patience_s)


def finish(shell: Shell, command: list[str], finished: Finished) -> None:
    """Run a command that resumes; it may simulate only what is missing, and ends with the bytes of a straight run."""
    run = shell.folder / "runs" / "tiny"
    assert not (run / "manifest.json").exists()
    before = stored_transients(run.parent / "store.sqlite")
    done = shell(*command, "--json").succeeds()
    assert 0 < done.json["simulated"] == finished.simulated - before
    assert bytes_of(run) == bytes_of(finished.folder)


def test_ctrl_c_says_how_to_resume_and_resuming_ends_with_the_same_bytes(shell: Shell, finished: Finished) -> None:
    done = interrupt(shell, 2, signal.SIGINT, "tiny.toml")
    done.fails_with(130, "what was finished is stored", "resume with: faultsim run tiny.toml")
    said = shlex.split(done.err.strip().rpartition("resume with: ")[2])
    assert said[0] == "faultsim"
    finish(shell, said[1:], finished)


def test_signals_within_a_moment_are_one() -> None:
    with Interrupts("faultsim run tiny.toml"):
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        # As timeout does; a second one would end this process.
        signal.raise_signal(signal.SIGINT)


def test_ctrl_c_in_the_middle_of_a_search_ends_at_once_too(shell: Shell) -> None:
    edit(shell.write("fine.toml", TINY), "ratio = 2", "ratio = 1.05")
    # Eight transients are for the baseline and the sweep; the search between 3 and 5 kohm then has four to go.
    interrupt(shell, 9, signal.SIGINT, "fine.toml", patience_s=10.0).fails_with(
        130, "resume with: faultsim run fine.toml"
    )
    done = shell("run", "fine.toml", "--json").succeeds()
    assert done.json["verdicts"] == {"detected": 1, "undetected": 1, "unknown": 0}


def test_the_command_that_resumes_repeats_every_option_that_decides_what_is_run(shell: Shell) -> None:
    done = interrupt(shell, 1, signal.SIGINT, "tiny.toml", "--out", "runs/my run", "--only", "Rop*")
    said = re.search(r"resume with: faultsim (.*)", done.fails_with(130).err)
    assert said
    assert shlex.split(said[1]) == ["run", "tiny.toml", "--out", "runs/my run", "--only", "Rop*", "--jobs", "2"]


def test_a_killed_run_goes_on_where_it_was_without_simulating_anything_twice(shell: Shell, finished: Finished) -> None:
    interrupt(shell, finished.simulated // 2, signal.SIGKILL, "tiny.toml")
    assert stored_transients(shell.folder / "runs" / "store.sqlite") >= finished.simulated // 2
    finish(shell, ["run", "tiny.toml", "--jobs", "2"], finished)


def test_workers_do_not_outlive_the_run_that_was_killed(shell: Shell) -> None:
    shell.write("tiny.toml", TINY)
    process = shell.start("run", "tiny.toml", "--jobs", "2")
    store = shell.folder / "runs" / "store.sqlite"
    wait_until(lambda: stored_transients(store) >= 1, process)
    process.kill()
    # stderr closes when the last process that has it is gone.
    process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL
