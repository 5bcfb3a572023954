"""``faultsim vectors`` stopped by Ctrl-C, by SIGKILL, and ended on a cluster: the bytes of one that is left alone."""

from __future__ import annotations

import signal
from pathlib import Path

from distributed import LocalCluster

from tests.cli.conftest import Shell, bytes_of, kill_group, stored_transients, wait_until
from tests.cli.test_vectors import begin, prepared
from tests.conftest import name_of
from tests.shared_work import SharedWork

VECTORS = ("vectors", "runs/c", "--candidates", "space.toml")


def stopped(shell: Shell, after: int, how: signal.Signals) -> tuple[int, int, str]:
    """Stop the choice of vectors once so many transients are new; return how it ended, and how many are stored."""
    store = shell.folder / "runs" / "store.sqlite"
    wanted = stored_transients(store) + after
    process = shell.start(*VECTORS)
    wait_until(lambda: stored_transients(store) >= wanted, process)
    done = kill_group(process, how)
    return done.code, stored_transients(store), done.err


def same(shell: Shell) -> dict[str, bytes]:
    """Return the files of the vectors, wherever the campaign is."""
    files = bytes_of(shell.folder / "runs" / "c" / "vectors")
    # Others may have replayed the vectors that are looked at here as well.
    files.pop("replay.csv", None)
    return {name: data.replace(str(shell.folder).encode(), b".") for name, data in files.items()}


def test_stopped_killed_and_ended_elsewhere(shared_work: SharedWork, tmp_path: Path) -> None:
    shell = prepared(tmp_path)
    vectors = shell.folder / "runs" / "c" / "vectors"
    code, first, said = stopped(shell, 10, signal.SIGINT)
    assert code == 130, said
    assert "resume with: faultsim vectors runs/c --tester bench --candidates space.toml" in said
    assert not (vectors / "vectors.json").exists()
    code, second, _ = stopped(shell, 60, signal.SIGKILL)
    assert code == -signal.SIGKILL
    assert second >= first + 60
    assert not (vectors / "vectors.json").exists()
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster:
        done = shell(*VECTORS, "--dask", cluster.scheduler_address).succeeds()
    assert stored_transients(shell.folder / "runs" / "store.sqlite") > second
    assert "transients simulated" in done.err
    assert same(shell) == same(shared_work.result(name_of(begin), begin).shell)
