"""campaign.sqlite: the plan of one run folder and which stored transients its finished rows rest on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faultsim.campaigns.headway import Headway, Stale
from faultsim.database import Database
from faultsim.schema import Schema

_SCHEMA = Schema(
    noun="campaign's ledger",
    application=0x46534C47,
    version=1,
    main="item",
    tables=(
        """
        CREATE TABLE IF NOT EXISTS item (
            id TEXT PRIMARY KEY, ordinal INTEGER NOT NULL, stage TEXT NOT NULL, title TEXT NOT NULL, result TEXT,
            scope TEXT NOT NULL DEFAULT '*', transients INTEGER NOT NULL DEFAULT 0
        )
        """,
        "CREATE TABLE IF NOT EXISTS reference (item TEXT NOT NULL, ordinal INTEGER NOT NULL, transient TEXT NOT NULL)",
        "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
        "CREATE INDEX IF NOT EXISTS reference_item ON reference (item)",
    ),
    added={"item": {"scope": "TEXT NOT NULL DEFAULT '*'", "transients": "INTEGER NOT NULL DEFAULT 0"}},
    upgrade=(
        "UPDATE item SET scope = coalesce((SELECT value FROM meta WHERE key = 'only'), '*'), "
        "transients = (SELECT count(*) FROM reference WHERE item = item.id)",
    ),
)
_EVERYTHING = "*"


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
class Use:
    """A stored transient that a finished row rests on.

    Attributes:
        transient: Its key in the store.
        stage: Of the row's item.
        title: Of the row's item.
    """

    transient: str
    stage: str
    title: str


class Ledger:
    """The only reader and writer of campaign.sqlite; safe to use from several threads.

    A plan has a scope: all of the campaign, or a part of it that the user chose. Results of one scope are no other's,
    because what is found first helps what is searched next; the store is what they share.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, made where missing.

        Raises:
            StorageError: The folder cannot be written, or the file is not a ledger.
        """
        self._database = Database(path, _SCHEMA)
        self._scope = self.facts().get("only", _EVERYTHING)

    def begin_fresh(self, generation: int) -> None:
        """Forget all results; until `conclude` the run is one of a generation of the store, even if it is resumed."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM item")
            connection.execute("DELETE FROM reference")
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('fresh', ?)", (str(generation),))

    @property
    def generation(self) -> int:
        """Return from which generation of the store on outcomes count."""
        return int(self.facts().get("fresh", 0))

    def conclude(self) -> None:
        """End a run that went through: what it did not ask for was not needed, and from now on every outcome counts."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM item WHERE scope = ? AND result IS NULL", (self._scope,))
            connection.execute("DELETE FROM meta WHERE key = 'fresh'")

    def plan(self, items: Sequence[Item], facts: Mapping[str, str]) -> Stale:
        """Write down all work, with the facts that it follows from, in one commit; other rows of the scope are dropped.

        Args:
            items: The plan.
            facts: What `facts` returns from now on; ``only`` is the scope.
        """
        self._scope = facts.get("only", _EVERYTHING)
        before = self.facts()
        changed = frozenset(name for name, value in facts.items() if before.get(name, value) != value)
        with self._database.writing() as connection:
            wanted = {self._row(item) for item in items}
            query = "SELECT id, stage, title, result IS NOT NULL FROM item WHERE scope = ? ORDER BY ordinal"
            dropped = [row for row in connection.execute(query, (self._scope,)) if row[0] not in wanted]
            connection.executemany("DELETE FROM item WHERE id = ?", [(row[0],) for row in dropped])
            connection.executemany("DELETE FROM reference WHERE item = ?", [(row[0],) for row in dropped])
            insert = (
                "INSERT INTO item (id, ordinal, stage, title, scope) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET ordinal = excluded.ordinal"
            )
            rows = [
                (self._row(item), ordinal, item.stage, item.title, self._scope) for ordinal, item in enumerate(items)
            ]
            connection.executemany(insert, rows)
            connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", facts.items())
        titles: dict[str, list[str]] = {}
        for _, stage, title, finished in dropped:
            if finished:
                titles.setdefault(stage, []).append(title)
        return Stale(titles, changed)

    def result(self, item: Item) -> Any:
        """Return a finished item's result, or None."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT result FROM item WHERE id = ?", (self._row(item),)).fetchone()
        return None if row is None or row[0] is None else json.loads(row[0])

    def finish(self, item: Item, result: Any, transients: Sequence[str]) -> None:
        """Store a result with the keys of the transients that it rests on, in one commit."""
        identity = self._row(item)
        references = [(identity, ordinal, key) for ordinal, key in enumerate(transients)]
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE item SET result = ?, transients = ? WHERE id = ?",
                (json.dumps(result), len(set(transients)), identity),
            )
            connection.execute("DELETE FROM reference WHERE item = ?", (identity,))
            connection.executemany("INSERT INTO reference VALUES (?, ?, ?)", references)

    def references(self) -> set[str]:
        """Return the keys of all transients that any finished row rests on, whatever its scope."""
        with self._database.reading() as connection:
            return {row[0] for row in connection.execute("SELECT DISTINCT transient FROM reference")}

    def uses(self, prefix: str) -> list[Use]:
        """Return what rests on the transients whose keys begin with some hexadecimal digits, in plan order."""
        query = (
            "SELECT DISTINCT transient, stage, title FROM reference JOIN item ON item.id = reference.item "
            "WHERE scope = ? AND substr(transient, 1, ?) = ? ORDER BY item.ordinal, transient"
        )
        with self._database.reading() as connection:
            return [Use(*row) for row in connection.execute(query, (self._scope, len(prefix), prefix))]

    def transients_of(self, stage: str, title: str) -> list[str]:
        """Return the keys of the transients that a finished row rests on, in the order in which it asked for them."""
        query = (
            "SELECT transient FROM reference JOIN item ON item.id = reference.item "
            "WHERE scope = ? AND stage = ? AND title = ? ORDER BY reference.ordinal"
        )
        with self._database.reading() as connection:
            return [row[0] for row in connection.execute(query, (self._scope, stage, title))]

    def forget(self, transients: Collection[str]) -> int:
        """Take the finished rows for unfinished that rest on one of some transients; return how many there were."""
        with self._database.writing() as connection:
            rows = connection.execute("SELECT item, transient FROM reference").fetchall()
            lost = {item for item, transient in rows if transient in transients}
            connection.executemany("UPDATE item SET result = NULL WHERE id = ?", [(item,) for item in lost])
            connection.executemany("DELETE FROM reference WHERE item = ?", [(item,) for item in lost])
        return len(lost)

    def results(self, stage: str) -> list[Any]:
        """Return the results of a stage's finished items in plan order."""
        query = "SELECT result FROM item WHERE scope = ? AND stage = ? AND result IS NOT NULL ORDER BY ordinal"
        with self._database.reading() as connection:
            return [json.loads(row[0]) for row in connection.execute(query, (self._scope, stage))]

    def remember(self, facts: Mapping[str, str]) -> None:
        """Store facts about the run beside those of its plan."""
        with self._database.writing() as connection:
            connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", facts.items())

    def facts(self) -> dict[str, str]:
        """Return what was remembered."""
        with self._database.reading() as connection:
            return dict(connection.execute("SELECT key, value FROM meta").fetchall())

    def transients(self) -> set[str]:
        """Return the keys of all transients that finished rows rest on."""
        query = "SELECT DISTINCT transient FROM reference JOIN item ON item.id = reference.item WHERE scope = ?"
        with self._database.reading() as connection:
            return {row[0] for row in connection.execute(query, (self._scope,))}

    def progress(self) -> Headway:
        """Return how far the run is."""
        query = (
            "SELECT stage, count(*), count(result), sum(CASE WHEN result IS NOT NULL THEN transients ELSE 0 END) "
            "FROM item WHERE scope = ? GROUP BY stage ORDER BY min(ordinal)"
        )
        with self._database.reading() as connection:
            rows = connection.execute(query, (self._scope,)).fetchall()
        return Headway(
            planned={stage: planned for stage, planned, _, _ in rows},
            finished={stage: finished for stage, _, finished, _ in rows},
            transients={stage: transients for stage, _, _, transients in rows},
        )

    def verdicts(self) -> dict[str, int]:
        """Return how many finished thresholds have which verdict."""
        counts: dict[str, int] = {}
        for result in self.results("thresholds"):
            verdict = result.get("verdict", "skipped")
            counts[verdict] = counts.get(verdict, 0) + 1
        return dict(sorted(counts.items()))

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _row(self, item: Item) -> str:
        """Return under which id an item is kept in the scope of the plan."""
        if self._scope == _EVERYTHING:
            return item.id
        return hashlib.sha256(f"{self._scope}\n{item.id}".encode()).hexdigest()
