"""The site, built once as `make docs` builds it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.browser.conftest import browser as browser
from tests.cli.conftest import REPOSITORY


@dataclass
class Html(HTMLParser):
    """What a page of the site refers to, and what it is made of.

    Attributes:
        links: Values of ``href`` and ``src``, each with its element.
        ids: What can be linked to.
        tables: Rows of each table, each cell its text; the id of the heading above it comes first.
    """

    text: str
    links: list[tuple[str, str]] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    tables: list[tuple[str, list[list[str]]]] = field(default_factory=list)
    _heading: str = ""
    _cell: list[str] | None = None

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if given.get(name)}
        self.links += [(tag, given[name]) for name in ("href", "src") if name in given]
        if tag in ("h1", "h2", "h3"):
            self._heading = given.get("id", "")
        elif tag == "table":
            self.tables.append((self._heading, []))
        elif tag == "tr":
            self.tables[-1][1].append([])
        elif tag in ("td", "th"):
            self._cell = []

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self._cell is not None:
            self.tables[-1][1][-1].append("".join(self._cell).strip())
            self._cell = None

    def column(self, heading: str = "") -> list[str]:
        """Return the first cells of the tables below a heading, their heads left out."""
        return [row[0] for above, rows in self.tables if above == heading for row in rows[1:]]


@dataclass(frozen=True)
class Site:
    """The built site, and what was said while it was built."""

    folder: Path
    said: str

    @cached_property
    def pages(self) -> dict[str, Html]:
        return {
            path.relative_to(self.folder).as_posix(): Html(path.read_text())
            for path in sorted(self.folder.rglob("*.html"))
        }


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=REPOSITORY,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Site(folder, done.stdout + done.stderr)
