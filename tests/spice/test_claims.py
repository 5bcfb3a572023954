"""Processes that share a store: a transient that several of them want at once is simulated by one."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from faultsim.errors import StorageError
from faultsim.spice.claims import Claims
from faultsim.spice.job import Job, Outcome, Status
from faultsim.spice.pool import WorkerPool
from faultsim.spice.service import SimulationService
from faultsim.spice.store import Store

_LONG_S = 600.0
KEY, OTHER = "0123456789abcdef" * 4, "fedcba9876543210" * 4
SPAWN = multiprocessing.get_context("spawn")


def job(stop: str) -> Job:
    deck = f"* RC\nV1 in 0 PWL(0 0 1n 1)\nR1 in out 1k\nC1 out 0 1p\n.tran 1p {stop} 0 1p\n.end\n"
    seconds = {"2u": 2e-6, "1n": 1e-9}[stop]
    return Job(deck, seconds, {"out": "v(out)"}, {"last": "at(out, end)"}, {"end": seconds})


def hold(path: Path, key: str, told: Connection) -> None:
    """Claim a transient, say whether it was granted, and hold it until somebody says something or kills us."""
    claims = Claims(path)
    told.send(claims.take(key))
    try:
        told.recv()
    except EOFError:
        time.sleep(_LONG_S)


def simulate(path: Path, told: Connection) -> None:
    """Ask for a long transient as soon as somebody says so, and say what came out of it."""
    with SimulationService(WorkerPool(1, timeout_s=60.0), Store(path)) as service:
        told.send("ready")
        told.recv()
        outcome = service.outcome(job("2u"))
        told.send((outcome, service.simulated, service.reused))


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[tuple[BaseProcess, Connection]]:
    """A process that has claimed a transient."""
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=hold, args=(tmp_path / "store.sqlite-claims", KEY, theirs))
    process.start()
    assert ours.recv() is True
    yield process, ours
    process.kill()
    process.join()


def test_a_claim_keeps_other_processes_away_from_one_transient(
    tmp_path: Path, holder: tuple[BaseProcess, Connection]
) -> None:
    claims = Claims(tmp_path / "store.sqlite-claims")
    assert not claims.take(KEY)
    assert claims.take(OTHER)
    holder[1].send("enough")
    holder[0].join()
    assert claims.take(KEY)
    claims.close()


def test_a_process_that_is_killed_has_no_claims(tmp_path: Path, holder: tuple[BaseProcess, Connection]) -> None:
    claims = Claims(tmp_path / "store.sqlite-claims")
    holder[0].kill()
    holder[0].join()
    assert claims.take(KEY)


def test_what_is_released_may_be_taken(tmp_path: Path) -> None:
    claims = Claims(tmp_path / "store.sqlite-claims")
    assert claims.take(KEY)
    claims.release(KEY)
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=hold, args=(tmp_path / "store.sqlite-claims", KEY, theirs))
    process.start()
    assert ours.recv() is True
    process.kill()
    process.join()


def test_where_no_file_can_be_made_every_claim_is_granted(tmp_path: Path) -> None:
    claims = Claims(tmp_path / "nowhere" / "store.sqlite-claims")
    assert claims.take(KEY)
    claims.release(KEY)
    claims.close()


def test_two_processes_that_want_one_transient_at_once_simulate_it_once(tmp_path: Path) -> None:
    path, pipes = tmp_path / "store.sqlite", [SPAWN.Pipe() for _ in range(2)]
    processes = [SPAWN.Process(target=simulate, args=(path, theirs)) for _, theirs in pipes]
    for process in processes:
        process.start()
    assert [ours.recv() for ours, _ in pipes] == ["ready", "ready"]
    for ours, _ in pipes:
        ours.send("go")
    answers = [ours.recv() for ours, _ in pipes]
    for process in processes:
        process.join()
    assert answers[0][0] == answers[1][0]
    assert answers[0][0].ok, answers[0][0].log_tail
    assert sorted(answer[1:] for answer in answers) == [(0, 1), (1, 0)]
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT runs FROM transient").fetchall() == [(1,)]


def test_what_a_process_was_at_when_it_was_killed_is_simulated_here(tmp_path: Path) -> None:
    asked = job("1n")
    with SimulationService(WorkerPool(1, timeout_s=60.0), Store(tmp_path / "store.sqlite")) as service:
        mine = _claimed_elsewhere(service, asked, tmp_path)
        answer = service.submit(asked)
        time.sleep(0.2)
        assert (answer.done(), service.simulated) == (False, 0)
        mine.kill()
        mine.join()
        assert answer.result(timeout=30).ok
        assert service.simulated == 1


def test_closing_cancels_what_another_process_is_at(tmp_path: Path) -> None:
    asked = job("1n")
    service = SimulationService(WorkerPool(1, timeout_s=60.0), Store(tmp_path / "store.sqlite"))
    other = _claimed_elsewhere(service, asked, tmp_path)
    answer, raised = service.submit(asked), list[BaseException]()

    def trace() -> None:
        try:
            service.trace(asked)
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=trace)
    thread.start()
    time.sleep(0.1)
    service.close()
    thread.join(timeout=10)
    other.kill()
    other.join()
    assert answer.cancelled()
    assert [type(error) for error in raised] == [CancelledError]


def test_a_store_that_cannot_be_read_any_more_is_said_to_whoever_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, store = job("1n"), Store(tmp_path / "store.sqlite")
    with SimulationService(WorkerPool(1, timeout_s=60.0), store) as service:
        other = _claimed_elsewhere(service, asked, tmp_path)
        answer = service.submit(asked)

        def get(key: str, since: int = 0) -> Outcome | None:
            raise StorageError("the drive is gone")

        monkeypatch.setattr(store, "get", get)
        with pytest.raises(StorageError, match="the drive is gone"):
            answer.result(timeout=30)
    other.kill()
    other.join()


def test_what_another_process_has_finished_meanwhile_is_not_simulated_again(tmp_path: Path) -> None:
    asked, path = job("1n"), tmp_path / "store.sqlite"
    with SimulationService(WorkerPool(1, timeout_s=60.0), Store(path)) as service:
        other = _claimed_elsewhere(service, asked, tmp_path)
        answer = service.submit(asked)
        with WorkerPool(1, timeout_s=60.0) as pool:
            trace = pool.submit(asked).result()
        Store(path).put(service.key(asked), trace)
        assert answer.result(timeout=30).status is Status.OK
        assert (service.simulated, service.reused) == (0, 1)
    other.kill()
    other.join()


def _claimed_elsewhere(service: SimulationService, asked: Job, folder: Path) -> BaseProcess:
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=hold, args=(folder / "store.sqlite-claims", service.key(asked), theirs))
    process.start()
    assert ours.recv() is True
    return process
