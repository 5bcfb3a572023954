"""A worker that dies costs its transient a second try, and only the second death is the transient's fault."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from multiprocessing import active_children
from pathlib import Path

import pytest

from faultsim.spice.job import Job, Status
from faultsim.spice.pool import WorkerPool

RC = "* a low pass\nV1 in 0 1\nR1 in out 1k\nC1 out 0 1p ic=0\n.options noacct\n.tran {step} 4n 0 {step} uic\n.end\n"
VALUES = {"level": "at(out, t)"}


def low_pass(step: str) -> Job:
    return Job(RC.format(step=step), 4e-9, {"out": "v(out)"}, VALUES, {"t": 1e-9})


QUICK, SLOW = low_pass("10p"), low_pass("2f")


@pytest.fixture
def others() -> frozenset[int]:
    """Workers that are there already: of an earlier pool, or of one that lasts as long as the tests."""
    return frozenset(process.pid or 0 for process in active_children())


@pytest.fixture
def pool(others: frozenset[int]) -> Iterator[WorkerPool]:
    with WorkerPool(1, timeout_s=60.0) as pool:
        yield pool


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60.0
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def started(besides: frozenset[int]) -> list[int]:
    """Return the workers that have loaded ngspice: one that is still starting has no job yet, one that ends none."""
    found = []
    for process in active_children():
        maps = Path(f"/proc/{process.pid}/maps")
        if process.pid not in {None, *besides} and maps.exists() and "libngspice" in maps.read_text():
            found.append(process.pid)
    return found


def worker(besides: frozenset[int]) -> int:
    """Return the only worker."""
    wait_for(lambda: len(started(besides)) == 1)
    return started(besides)[0]


def kill_when_busy(besides: frozenset[int]) -> int:
    """Kill the worker once it is at a job; return which it was."""
    wait_for(lambda: len(started(besides)) == 1)
    time.sleep(0.4)
    (pid,) = started(besides)
    os.kill(pid, signal.SIGKILL)
    return pid


def test_a_transient_whose_worker_is_killed_is_run_again(pool: WorkerPool, others: frozenset[int]) -> None:
    answer = pool.submit(SLOW)
    kill_when_busy(others)
    outcome = answer.result(timeout=60).outcome
    assert (outcome.status, outcome.values["level"]) == (Status.OK, pytest.approx(0.632, abs=1e-3))


def test_a_transient_that_two_workers_die_of_has_crashed_and_the_next_one_runs(
    pool: WorkerPool, others: frozenset[int]
) -> None:
    answer = pool.submit(SLOW)
    first = kill_when_busy(others)
    kill_when_busy(others | {first})
    outcome = answer.result(timeout=60).outcome
    assert outcome.status is Status.CRASHED
    assert "exit code -9" in outcome.log_tail
    assert pool.submit(QUICK).result(timeout=60).outcome.ok


def test_a_worker_that_dies_while_it_waits_costs_nothing(pool: WorkerPool, others: frozenset[int]) -> None:
    assert pool.submit(QUICK).result(timeout=60).outcome.ok
    os.kill(worker(others), signal.SIGKILL)
    assert pool.submit(QUICK).result(timeout=60).outcome.ok


def test_what_hangs_is_not_tried_again(others: frozenset[int]) -> None:
    with WorkerPool(1, timeout_s=0.2) as pool:
        answer, workers = pool.submit(SLOW), set[int | None]()

        def is_answered() -> bool:
            workers.update(process.pid for process in active_children() if process.pid not in others)
            return answer.done()

        wait_for(is_answered)
        assert answer.result().outcome.status is Status.TIMEOUT
        assert len(workers) == 2, "the one that hung, and its successor"
        assert pool.submit(QUICK).result(timeout=60).outcome.ok


def test_a_worker_that_dies_when_the_pool_is_closed_has_not_crashed(others: frozenset[int]) -> None:
    pool = WorkerPool(1, timeout_s=60.0)
    answer = pool.submit(SLOW)
    closing = threading.Thread(target=pool.close)
    wait_for(answer.running)
    closing.start()
    time.sleep(0.3)
    os.kill(worker(others), signal.SIGKILL)
    with pytest.raises(CancelledError):
        answer.result(timeout=60)
    closing.join(timeout=60)
    assert not closing.is_alive()


def test_every_trace_says_how_long_its_worker_had_it(pool: WorkerPool) -> None:
    seconds = pool.submit(QUICK).result(timeout=60).seconds
    assert 0 < seconds < 60
