"""campaign.sqlite: the plan of one run folder and which stored transients its finished rows rest on."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faultsim.database import open_database

_SCHEMA = """
CREATE TABLE IF NOT EXISTS item (
    id TEXT PRIMARY KEY, ordinal INTEGER NOT NULL, stage TEXT NOT NULL, title TEXT NOT NULL, result TEXT
);
CREATE TABLE IF NOT EXISTS reference (item TEXT NOT NULL, ordinal INTEGER NOT NULL, transient TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS reference_item ON reference (item);
"""


SKIPPED = {"skipped": "unusable setting, or no threshold to draw"}
"""Result of an item that turned out to ask for nothing."""


@dataclass(frozen=True)
class Item:
    """One piece of planned work.

    Attributes:
        stage: ``baseline``, ``settings``, ``currents`` or ``thresholds``.
        title: What it is, for people.
        content: Everything that the result depends on; its hash is the item's id.
    """

    stage: str
    title: str
    content: str

    @property
    def id(self) -> str:
        """Return the content hash."""
        return hashlib.sha256(f"{self.stage}\n{self.title}\n{self.content}".encode()).hexdigest()


@dataclass(frozen=True)
class Progress:
    """How far a run is: per stage, how many items are planned and finished, and the verdicts so far."""

    planned: Mapping[str, int]
    finished: Mapping[str, int]
    verdicts: Mapping[str, int]


class Ledger:
    """The only reader and writer of campaign.sqlite; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        """Open the file, made where missing.

        Raises:
            FaultsimError: The folder cannot be written, or the file is not a ledger.
        """
        self._lock = threading.Lock()
        self._connection = open_database(path, _SCHEMA)

    def plan(self, items: Sequence[Item], fresh: bool = False) -> int:
        """Write down all work; rows of an older plan are dropped.

        Returns:
            How many finished rows were stale, because the deck or the spec changed.
        """
        with self._lock, self._connection:
            if fresh:
                self._connection.execute("DELETE FROM item")
            known = {row[0]: row[1] for row in self._connection.execute("SELECT id, result FROM item")}
            wanted = {item.id for item in items}
            stale = [identity for identity in known if identity not in wanted]
            self._connection.executemany("DELETE FROM item WHERE id = ?", [(identity,) for identity in stale])
            self._connection.execute("DELETE FROM reference WHERE item NOT IN (SELECT id FROM item)")
            insert = (
                "INSERT INTO item VALUES (?, ?, ?, ?, NULL) ON CONFLICT (id) DO UPDATE SET ordinal = excluded.ordinal"
            )
            rows = [(item.id, ordinal, item.stage, item.title) for ordinal, item in enumerate(items)]
            self._connection.executemany(insert, rows)
        return sum(known[identity] is not None for identity in stale)

    def result(self, item: Item) -> Any:
        """Return a finished item's result, or None."""
        with self._lock:
            row = self._connection.execute("SELECT result FROM item WHERE id = ?", (item.id,)).fetchone()
        return None if row is None or row[0] is None else json.loads(row[0])

    def finish(self, item: Item, result: Any, transients: Sequence[str]) -> None:
        """Store a result with the keys of the transients that it rests on, in one commit."""
        references = [(item.id, ordinal, key) for ordinal, key in enumerate(transients)]
        with self._lock, self._connection:
            self._connection.execute("UPDATE item SET result = ? WHERE id = ?", (json.dumps(result), item.id))
            self._connection.execute("DELETE FROM reference WHERE item = ?", (item.id,))
            self._connection.executemany("INSERT INTO reference VALUES (?, ?, ?)", references)

    def results(self, stage: str) -> list[Any]:
        """Return the results of a stage's finished items in plan order."""
        query = "SELECT result FROM item WHERE stage = ? AND result IS NOT NULL ORDER BY ordinal"
        with self._lock:
            return [json.loads(row[0]) for row in self._connection.execute(query, (stage,))]

    def remember(self, facts: Mapping[str, str]) -> None:
        """Store facts about the run: which campaign it is of, which simulator it used."""
        with self._lock, self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", facts.items())

    def facts(self) -> dict[str, str]:
        """Return what was remembered."""
        with self._lock:
            return dict(self._connection.execute("SELECT key, value FROM meta"))

    def transients(self) -> set[str]:
        """Return the keys of all transients that finished rows rest on."""
        with self._lock:
            return {row[0] for row in self._connection.execute("SELECT DISTINCT transient FROM reference")}

    def progress(self) -> Progress:
        """Return how far the run is."""
        with self._lock:
            rows = self._connection.execute("SELECT stage, result FROM item ORDER BY ordinal").fetchall()
        planned: dict[str, int] = {}
        finished: dict[str, int] = {}
        verdicts: dict[str, int] = {}
        for stage, result in rows:
            planned[stage] = planned.get(stage, 0) + 1
            finished[stage] = finished.get(stage, 0) + (result is not None)
            if stage == "thresholds" and result is not None:
                verdict = json.loads(result).get("verdict", "skipped")
                verdicts[verdict] = verdicts.get(verdict, 0) + 1
        return Progress(planned, finished, verdicts)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
