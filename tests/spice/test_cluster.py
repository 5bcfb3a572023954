"""Transients on a real Dask cluster: what it answers, and what dies without taking anything along."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import dask
import psutil
import pytest
from distributed import LocalCluster

from faultsim.errors import SimulatorError
from faultsim.spice.cluster import DaskExecutor
from faultsim.spice.job import Job, Status
from faultsim.spice.pool import WorkerPool

TIMEOUT_S = 60.0
LOCAL = "127.0.0.1:0"
PATIENCE_S = 60.0
RC = """\
* an RC low-pass
V1 in 0 PWL(0 0 1p 1)
R1 in out 1k
C1 out 0 1p
.save v(out)
.tran {step} {stop} 0 {step} uic
.end
"""


def low_pass(ohm: float, step: str = "5p", stop_s: float = 5e-9) -> Job:
    deck = RC.format(step=step, stop=stop_s)
    return Job(deck, stop_s, {"out": "v(out)"}, {"level": "at(out, t)"}, {"t": 1e-9}, {"r1": ohm})


# Minutes of work, for what is to be under way when something dies.
LONG = low_pass(1e3, "0.1f", 1e-6)


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """Two worker processes under nannies, as a cluster's workers usually are."""
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=LOCAL) as cluster:
        yield cluster


@pytest.fixture
def executor(cluster: LocalCluster) -> Iterator[DaskExecutor]:
    executor = DaskExecutor(cluster.scheduler_address, TIMEOUT_S)
    yield executor
    executor.close()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.01)


def workers(cluster: LocalCluster) -> list[psutil.Process]:
    """Return the process of every worker that is there now."""
    found = [psutil.Process(nanny.pid) for nanny in cluster.workers.values() if nanny.pid]
    return [process for process in found if process.is_running()]


def busy(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Return the children of workers that simulate right now."""
    return [child for process in processes for child in process.children() if simulates(child)]


def simulates(child: psutil.Process) -> bool:
    try:
        return "spawn_main" in str(child.cmdline()) and child.cpu_percent(0.2) > 20
    except psutil.NoSuchProcess:
        return False


def test_a_cluster_answers_what_the_machine_itself_does(executor: DaskExecutor) -> None:
    jobs = [low_pass(ohm) for ohm in (100.0, 1e3, 2e3, 1e6)]
    broken = replace(jobs[0], deck="* no analysis\nR1 a 0 1\n.end\n", alters={})
    with WorkerPool(1, TIMEOUT_S) as pool:
        assert executor.simulator == pool.simulator
        here = [pool.submit(job).result().outcome for job in (*jobs, broken)]
    there = [future.result(PATIENCE_S).outcome for future in [executor.submit(job) for job in (*jobs, broken)]]
    assert there == here
    assert [outcome.status for outcome in here] == [Status.OK] * 4 + [Status.BAD_OUTPUT]
    assert len({outcome.values["level"] for outcome in here[:4]}) == 4


def test_waveforms_come_where_they_are_asked_for(executor: DaskExecutor) -> None:
    job = low_pass(3e3)
    assert executor.submit(job).result(PATIENCE_S).waveforms == {}
    wave = executor.submit(job, with_waveforms=True).result(PATIENCE_S).waveforms["out"]
    assert wave.at(3e-9) == pytest.approx(0.632, abs=0.01)


def test_ngspice_runs_in_a_process_of_its_own_whose_death_leaves_the_dask_worker_alone(
    executor: DaskExecutor, cluster: LocalCluster
) -> None:
    before = workers(cluster)
    long = executor.submit(replace(LONG, alters={"r1": 1.0}))
    killed: set[int] = set()
    while not long.done():
        for child in busy(workers(cluster)):
            killed.add(child.pid)
            with suppress(psutil.NoSuchProcess):
                child.kill()
    assert long.result().outcome.status is Status.CRASHED
    assert len(killed) >= 1
    assert executor.submit(low_pass(4e3)).result(PATIENCE_S).outcome.ok
    assert workers(cluster) == before


def test_a_transient_that_hangs_costs_only_itself(cluster: LocalCluster) -> None:
    executor = DaskExecutor(cluster.scheduler_address, timeout_s=1.0)
    futures = [executor.submit(job) for job in (LONG, low_pass(5e3), low_pass(6e3))]
    assert [future.result(PATIENCE_S).outcome.status for future in futures] == [Status.TIMEOUT, Status.OK, Status.OK]
    executor.close()


def test_what_is_queued_on_a_worker_that_is_killed_is_run_elsewhere(
    executor: DaskExecutor, cluster: LocalCluster
) -> None:
    futures = [executor.submit(low_pass(ohm, "0.1p")) for ohm in range(100, 120)]
    wait_until(lambda: any(future.done() for future in futures))
    victim = workers(cluster)[0]
    victim.kill()
    outcomes = [future.result(PATIENCE_S).outcome for future in futures]
    assert not victim.is_running()
    assert all(outcome.ok for outcome in outcomes)
    with WorkerPool(1, TIMEOUT_S) as pool:
        again = [pool.submit(low_pass(ohm, "0.1p")).result().outcome for ohm in (100, 119)]
    assert [outcomes[0], outcomes[-1]] == again


def test_a_transient_that_no_worker_survives_is_recorded_as_crashed() -> None:
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=LOCAL) as cluster,
    ):
        executor = DaskExecutor(cluster.scheduler_address, TIMEOUT_S)
        future = executor.submit(LONG)
        wait_until(lambda: bool(busy(workers(cluster))))
        workers(cluster)[0].kill()
        outcome = future.result(PATIENCE_S).outcome
        assert outcome.status is Status.CRASHED
        assert "Dask worker" in outcome.log_tail
        assert executor.submit(low_pass(1e3)).result(PATIENCE_S).outcome.ok
        executor.close()


def test_closing_cancels_what_is_under_way_and_what_comes_later(cluster: LocalCluster) -> None:
    executor = DaskExecutor(cluster.scheduler_address, TIMEOUT_S)
    first = executor.submit(low_pass(7e3))
    assert first.result(PATIENCE_S).outcome.ok
    futures = [executor.submit(replace(LONG, alters={"r1": float(ohm)})) for ohm in range(10, 20)]
    executor.close()
    assert all(future.cancelled() for future in futures)
    assert executor.submit(low_pass(1e3)).cancelled()


def test_workers_that_join_later_simulate_too() -> None:
    with LocalCluster(n_workers=0, threads_per_worker=1, dashboard_address=LOCAL) as cluster:
        cluster.adapt(minimum=0, maximum=1, interval="100ms")
        executor = DaskExecutor(cluster.scheduler_address, TIMEOUT_S)
        assert executor.submit(low_pass(1e3)).result(PATIENCE_S).outcome.ok
        executor.close()


def test_workers_that_differ_are_named(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import faultsim.spice.job as job\njob.ENGINE_VERSION = 99\n")
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=LOCAL) as cluster:
        command = [sys.executable, "-m", "distributed.cli.dask_worker", cluster.scheduler_address, "--no-dashboard"]
        env = {**os.environ, "PYTHONPATH": str(tmp_path)}
        other = subprocess.Popen([*command, "--nthreads", "1", "--name", "other"], env=env, stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: len(cluster.scheduler.workers) == 2)
            with pytest.raises(SimulatorError, match=r"tcp://.* runs ngspice.*tcp://.* ngspice.*engine") as raised:
                DaskExecutor(cluster.scheduler_address, TIMEOUT_S)
            assert "(engine 99)" in str(raised.value)
        finally:
            other.send_signal(signal.SIGTERM)
            other.wait(PATIENCE_S)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("tcp://127.0.0.1:1", "no answer within 10 s"),
        ("nowhere", "missing port number"),
        ("http://127.0.0.1:1", "unknown address scheme 'http'"),
    ],
)
def test_where_no_scheduler_is_the_address_is_named_and_what_to_do(address: str, reason: str) -> None:
    with pytest.raises(SimulatorError, match=f"no Dask scheduler at {address}.*{reason}.*dask scheduler"):
        DaskExecutor(address, TIMEOUT_S)


def test_the_address_of_a_worker_is_no_schedulers(cluster: LocalCluster) -> None:
    worker = next(iter(cluster.scheduler.workers))
    with pytest.raises(SimulatorError, match="is a Dask worker; give the address of its scheduler"):
        DaskExecutor(worker, TIMEOUT_S)


def test_what_is_under_way_fails_when_the_scheduler_goes() -> None:
    cluster = LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=LOCAL)
    executor = DaskExecutor(cluster.scheduler_address, TIMEOUT_S)
    future = executor.submit(LONG)
    wait_until(lambda: bool(busy(workers(cluster))))
    threading.Thread(target=cluster.close).start()
    with pytest.raises(SimulatorError, match="the scheduler is gone"):
        future.result(PATIENCE_S)
    executor.close()
