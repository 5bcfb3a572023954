"""What a report draws of each defect is a transient that its thresholds rest on, and costs the store nothing."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.cli.conftest import Finished, Shell


def rows(database: Path, query: str) -> list[tuple[Any, ...]]:
    # Nobody writes any more, so that nothing is left beside the file.
    with closing(sqlite3.connect(f"file:{database}?immutable=1", uri=True)) as connection:
        return connection.execute(query).fetchall()


def portraits(run: Path) -> dict[str, dict[str, Any]]:
    query = "SELECT title, result FROM item WHERE stage = 'portraits' ORDER BY ordinal"
    return {title: json.loads(result) for title, result in rows(run / "campaign.sqlite", query)}


def test_every_circuit_and_what_stands_behind_it_is_drawn_from_a_transient_of_the_run(finished: Finished) -> None:
    found = portraits(finished.folder)
    assert list(found) == ["current|original|1.1|27.0|nominal", "Rop3", "Rop5"]
    query = "SELECT DISTINCT transient FROM reference JOIN item ON id = item WHERE stage IN ('thresholds', 'settings')"
    rested_on = {key for (key,) in rows(finished.folder / "campaign.sqlite", query)}
    assert {row["transient"] for row in found.values()} <= rested_on
    assert (found["Rop3"]["side"], found["Rop5"]["side"]) == ("fails", "passes")
    assert "im_wr" in found["Rop3"]["traces"]


def test_the_store_keeps_no_waveforms_for_it_and_no_transient_counts_twice(finished: Finished) -> None:
    store = finished.folder.parent / "store.sqlite"
    keys = {row["transient"] for row in portraits(finished.folder).values()}
    assert not keys & {key for (key,) in rows(store, "SELECT key FROM waveform")}
    assert {runs for (runs,) in rows(store, "SELECT runs FROM transient")} == {1}


def test_a_run_whose_folder_is_lost_is_drawn_again_from_the_store(workspace: Shell) -> None:
    run = workspace.folder / "runs" / "tiny"
    before = portraits(run), (run / "report.html").read_bytes()
    shutil.rmtree(run)
    assert workspace("run", "tiny.toml", "--json").succeeds().json["simulated"] == 0
    assert (portraits(run), (run / "report.html").read_bytes()) == before
