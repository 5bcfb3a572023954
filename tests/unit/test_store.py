"""store.sqlite and campaign.sqlite: what is committed stays, several processes at once, and files that are not ours."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from faultsim.campaigns.headway import Headway
from faultsim.campaigns.ledger import Item, Ledger
from faultsim.errors import StorageError
from faultsim.spice.job import Outcome, Status, Trace
from faultsim.spice.store import Store
from faultsim.spice.waveform import Waveform

OK = Trace(Outcome(Status.OK, {"margin": 0.25, "spiked": True, "times": [1e-9, 2e-9]}, points=321), {})
HUNG = Trace(Outcome(Status.TIMEOUT, log_tail="no end after 60 s"), {})
WRITER = """
import sys
from pathlib import Path
from faultsim.spice.job import Outcome, Status, Trace
from faultsim.spice.store import Store
store = Store(Path(sys.argv[1]))
for number in range(150):
    store.put(f"own {sys.argv[2]} {number}", Trace(Outcome(Status.OK, {"by": sys.argv[2]}), {}))
    store.put(f"shared {number}", Trace(Outcome(Status.OK, {"number": number}), {}))
store.close()
"""
# As the first version made them, without an application id.
OLD_STORE = """
CREATE TABLE transient (key TEXT PRIMARY KEY, status TEXT NOT NULL, observables TEXT NOT NULL, margin REAL,
    points INTEGER NOT NULL, log_tail TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO transient VALUES ('a', 'ok', '{"margin": 0.5}', 0.5, 7, '');
"""
OLD_LEDGER = """
CREATE TABLE item (id TEXT PRIMARY KEY, ordinal INTEGER NOT NULL, stage TEXT NOT NULL, title TEXT NOT NULL,
    result TEXT);
CREATE TABLE reference (item TEXT NOT NULL, ordinal INTEGER NOT NULL, transient TEXT NOT NULL);
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "my work" / "store.sqlite"


def made(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
    return path


def row(path: Path, columns: str, key: str = "a") -> tuple[object, ...]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT {columns} FROM transient WHERE key = ?", (key,)).fetchone()


def test_an_outcome_comes_back_as_it_was(path: Path) -> None:
    with closing(Store(path)) as store:
        store.put("a", replace(OK, seconds=0.5))
        store.put("b", HUNG)
    with closing(Store(path)) as store:
        assert store.get("a") == OK.outcome
        assert store.get("b") == HUNG.outcome
        assert store.get("c") is None
        assert store.statuses(["a", "b", "c"]) == {"ok": 1, "timeout": 1}
    assert row(path, "status, margin, points, seconds, runs") == ("ok", 0.25, 321, 0.5, 1)
    assert row(path, "status, log_tail", "b") == ("timeout", "no end after 60 s")


def test_what_ended_well_is_never_replaced_and_what_did_not_is(path: Path) -> None:
    with closing(Store(path)) as store:
        store.put("a", HUNG)
        store.put("a", OK)
        store.put("a", HUNG)
        assert store.get("a") == OK.outcome
    assert row(path, "runs") == (3,)


def test_a_generation_hides_what_is_older_until_it_is_simulated_again(path: Path) -> None:
    with closing(Store(path)) as store:
        store.put("a", Trace(OK.outcome, {"v": Waveform(np.array([0.0, 1.0]), np.array([0.0, 2.0]))}))
        store.put("b", OK)
        since = store.begin_generation()
        assert store.get("a", since) is None
        assert store.get("a") == OK.outcome
        store.put("a", Trace(Outcome(Status.OK, {"margin": 0.75}), {}), since)
        again = store.get("a", since)
        assert again is not None
        assert again.values == {"margin": 0.75}
        assert store.get("b", since) is None
        assert store.trace("a") is None
        assert store.begin_generation() == since + 1


def test_waveforms_come_back_bit_by_bit_whatever_their_names_are(path: Path) -> None:
    times = np.array([0.0, 1e-12, 3.3e-12])
    waveforms = {name: Waveform(times, times * 7.1 + place) for place, name in enumerate(("file", "names", "arr_0"))}
    with closing(Store(path)) as store:
        store.put("a", OK)
        assert store.trace("a") is None
        store.put("a", Trace(OK.outcome, waveforms))
        found = store.trace("a")
    assert found is not None
    assert found.outcome == OK.outcome
    assert list(found.waveforms) == ["file", "names", "arr_0"]
    for name, waveform in waveforms.items():
        assert (found.waveforms[name].time_s == times).all()
        assert (found.waveforms[name].values == waveform.values).all()


def test_processes_that_make_and_fill_one_store_at_once_all_get_their_rows_in(path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(number)], stderr=subprocess.PIPE, text=True)
        for number in range(4)
    ]
    assert [(writer.communicate()[1], writer.returncode) for writer in writers] == [("", 0)] * 4
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*), sum(runs) FROM transient").fetchone() == (5 * 150, 8 * 150)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_an_older_store_is_brought_up_to_date_with_its_rows(path: Path) -> None:
    with closing(Store(made(path, OLD_STORE))) as store:
        found = store.get("a")
        assert found is not None
        assert (found.values, found.points) == ({"margin": 0.5}, 7)
        store.put("a", HUNG)
        store.put("b", replace(OK, seconds=1.5))
    assert row(path, "status, seconds, runs, generation") == ("ok", None, 2, 0)
    assert row(path, "seconds", "b") == (1.5,)
    Store(path).close()


def test_an_older_ledger_keeps_its_results(tmp_path: Path) -> None:
    item = Item("thresholds", "one", "content")
    script = (
        f"{OLD_LEDGER} INSERT INTO item VALUES ('{item.id}', 0, 'thresholds', 'one', '{{\"verdict\": \"detected\"}}');"
        f"INSERT INTO reference VALUES ('{item.id}', 0, 'a'), ('{item.id}', 1, 'b');"
        "INSERT INTO meta VALUES ('only', '*');"
    )
    with closing(Ledger(made(tmp_path / "campaign.sqlite", script))) as ledger:
        assert ledger.result(item) == {"verdict": "detected"}
        assert ledger.progress() == Headway({"thresholds": 1}, {"thresholds": 1}, {"thresholds": 2})
        assert ledger.transients() == {"a", "b"}


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("CREATE TABLE invoice (number INTEGER)", "is no store of transients but a file of another kind"),
        ("CREATE TABLE transient (key TEXT); PRAGMA application_id = 77", "but a file of another kind"),
        (f"{OLD_STORE} PRAGMA user_version = 1000", "was written by a later faultsim"),
    ],
    ids=["other tables", "other application", "later version"],
)
def test_a_file_of_another_program_or_a_later_version_is_left_alone(path: Path, script: str, said: str) -> None:
    before = made(path, script).read_bytes()
    with pytest.raises(StorageError, match=said) as caught:
        Store(path)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == before


def test_a_ledger_is_no_store(path: Path) -> None:
    Ledger(path).close()
    with pytest.raises(StorageError, match="is no store of transients"):
        Store(path)


def overwritten(path: Path) -> None:
    path.write_text("no database\n" * 100)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def scribbled(path: Path) -> None:
    page = 4096
    content = path.read_bytes()
    path.write_bytes(content[:page] + b"\xa5" * (len(content) - page))


@pytest.mark.parametrize("damage", [overwritten, cut, scribbled])
def test_a_damaged_store_is_named_with_what_to_do(path: Path, damage: Callable[[Path], None]) -> None:
    with closing(Store(path)) as store:
        for number in range(100):
            store.put(f"{number:064}", OK)
    damage(path)
    with pytest.raises(StorageError, match="move it away if it is damaged") as caught, closing(Store(path)) as store:
        for number in range(100):
            assert store.get(f"{number:064}") == OK.outcome
    assert str(path) in str(caught.value)


def test_results_of_one_scope_are_no_others_and_come_back_with_it(tmp_path: Path) -> None:
    one, other = Item("thresholds", "one", ""), Item("thresholds", "other", "")
    with closing(Ledger(tmp_path / "campaign.sqlite")) as ledger:
        ledger.plan([one, other], {"only": "*"})
        ledger.finish(one, {"row": 1}, ["a"])
        ledger.finish(other, {"row": 2}, ["b"])
        assert not ledger.plan([one], {"only": "on*"}).titles
        assert ledger.result(one) is None
        ledger.finish(one, {"row": 3}, ["c"])
        assert ledger.results("thresholds") == [{"row": 3}]
        assert ledger.transients() == {"c"}
        assert not ledger.plan([one, other], {"only": "*"}).titles
        assert ledger.results("thresholds") == [{"row": 1}, {"row": 2}]


def test_a_new_plan_says_what_of_the_old_one_is_stale_and_which_facts_changed(tmp_path: Path) -> None:
    kept, stale, unfinished = (Item("thresholds", name, "old") for name in ("kept", "stale", "unfinished"))
    with closing(Ledger(tmp_path / "campaign.sqlite")) as ledger:
        first = ledger.plan([kept, stale, unfinished], {"deck_sha256": "1", "spec_sha256": "1"})
        assert (first.titles, first.changed) == ({}, frozenset())
        for item in (kept, stale):
            ledger.finish(item, {}, [])
        second = ledger.plan([kept, Item("thresholds", "stale", "new")], {"deck_sha256": "2", "spec_sha256": "1"})
        assert (second.titles, second.changed) == ({"thresholds": ["stale"]}, {"deck_sha256"})
        assert ledger.progress().finished == {"thresholds": 1}


def test_a_fresh_run_is_fresh_until_it_is_concluded_even_if_it_is_opened_again(tmp_path: Path) -> None:
    item, never = Item("thresholds", "one", ""), Item("waveforms", "not asked for", "")
    file = tmp_path / "campaign.sqlite"
    with closing(Ledger(file)) as ledger:
        ledger.plan([item], {})
        ledger.finish(item, {}, [])
        ledger.begin_fresh(3)
    with closing(Ledger(file)) as ledger:
        assert (ledger.generation, ledger.result(item)) == (3, None)
        ledger.plan([item, never], {})
        ledger.finish(item, {}, [])
        assert ledger.progress().missing == 1
        ledger.conclude()
        assert (ledger.generation, ledger.progress().missing) == (0, 0)


def test_what_is_to_go_of_a_stage_is_reckoned_by_what_it_has_cost() -> None:
    headway = Headway({"a": 4, "b": 10}, {"a": 2, "b": 0}, {"a": 10, "b": 0})
    assert headway.remaining("a") == 2 * 5
    assert headway.remaining("b") is None
    assert headway.remaining("one without items") is None
    assert Headway({"a": 4}, {"a": 4}, {"a": 9}).remaining("a") == 0
