"""A real Chromium that reads reports; every page that it opens may ask nothing of a network and log no error."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from tests.cli.conftest import Shell
from tests.shared_work import SharedWork

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HERE = Path(__file__).parent
_MISSING = "NO CHROMIUM: nobody has looked at report.html. bash scripts/install-chromium.sh, or set FAULTSIM_CHROMIUM"


@dataclass
class Watched:
    """A page, with all that it said or asked for which it should not."""

    page: Page
    wrong: list[str] = field(default_factory=list)


Open = Callable[..., Page]
"""Opens a file; keywords are those of a browser context, ``hash`` is what follows the # of its address."""


# Not of the session: while Playwright is there asyncio has a loop, and others start theirs.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = os.environ.get("FAULTSIM_CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip(_MISSING)
    with sync_playwright() as playwright:
        try:
            # A container's root may not have the sandbox; the pages are our own.
            found = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        except Error as error:
            pytest.skip(f"CHROMIUM DOES NOT START: nobody has looked at report.html: {error}")
        yield found
        found.close()


@pytest.fixture(scope="session")
def looked(shared_work: SharedWork) -> Path:
    """The folder of a finished run with defects of three kinds, seen, not seen and unknown, at two windows."""
    return shared_work.result("looked", run_looked)


def run_looked(folder: Path) -> Path:
    shell = Shell(folder)
    shutil.copy(HERE / "looked.toml", shell.folder)
    shell("run", "looked.toml").succeeds()
    return shell.folder / "runs" / "looked"


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    contexts: list[BrowserContext] = []
    watched: list[Watched] = []

    def open_file(path: Path, hash: str = "", **options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        found = Watched(context.new_page())
        watched.append(found)
        address = path.as_uri()
        found.page.on("console", lambda said: found.wrong.append(said.text) if said.type != "log" else None)
        found.page.on("pageerror", lambda error: found.wrong.append(str(error)))
        found.page.on("dialog", lambda dialog: (found.wrong.append(f"dialog {dialog.message}"), dialog.dismiss()))
        found.page.on("request", lambda asked: found.wrong.append(asked.url) if asked.url != address else None)
        found.page.goto(f"{address}{hash}")
        return found.page

    yield open_file
    wrong = [text for found in watched for text in found.wrong]
    for context in contexts:
        context.close()
    assert wrong == []
