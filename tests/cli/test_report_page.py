"""report.html: one file that loads nothing, is well formed, shows every defect, and shows hostile text as text.

What a browser makes of it is in tests/browser.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from tests.cli.conftest import Finished, Shell, edit

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
LOADS = {"src", "srcset", "href", "xlink:href", "data", "poster", "action", "formaction", "background", "cite"}
# An id of a defect, the name of a test and the like reach the page by different ways.
HOSTILE = "<script src=//x.org></script>\"'&<img src=x onerror=alert(1)>"


class Page(HTMLParser):
    """Reads a page and keeps what is wrong with it."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.problems: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.headings: list[str] = []
        self.feed(text)
        self.close()
        if self.open:
            self.problems.append(f"never closed: {self.open}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> at {self.getpos()} closes nothing")

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self.open and self.open[-1] in ("h1", "h2"):
            self.headings.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)


@pytest.fixture(scope="module")
def page(finished: Finished) -> Page:
    return Page((finished.folder / "report.html").read_text())


def loaded(page: Page) -> list[tuple[str, str]]:
    """Return everything that a browser would fetch or follow; a fragment of the page itself is neither."""
    return [(name, value) for name, value in page.attributes if name in LOADS and not value.startswith("#")]


def test_the_page_is_well_formed(page: Page) -> None:
    assert page.problems == []
    assert {"html", "head", "title", "body", "table", "svg"} <= page.tags


def test_the_page_loads_nothing_and_runs_nothing_but_its_own_script(page: Page, finished: Finished) -> None:
    assert loaded(page) == []
    assert not page.tags & {"link", "iframe", "object", "embed", "img", "base", "foreignobject"}
    assert not [name for name, _ in page.attributes if name.startswith("on") or name == "style"]
    text = (finished.folder / "report.html").read_text()
    assert "@import" not in text
    assert text.count("url(") == text.count("url(#")
    script = text[text.rindex("<script>") + len("<script>") : text.rindex("</script>")]
    style = text[text.index("<style>") + len("<style>") : text.index("</style>")]
    policy = _policy(text)
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == f"'{_hash(script)}'"
    assert policy["style-src"] == f"'{_hash(style)}'"


def _policy(text: str) -> dict[str, str]:
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert found is not None
    return dict(part.strip().split(" ", 1) for part in found[1].split(";"))


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def test_the_page_shows_every_defect_threshold_version_and_section(page: Page) -> None:
    for shown in ("Two opens", "Rop3", "Rop5", "6.4 kohm", "undetected", "programming path", "ngspice-", "IM_WR"):
        assert shown in page.text, shown
    assert {"Defects", "Not detected, or unknown", "Fault-free circuit", "Test vectors"} <= set(page.headings)
    assert "of 2 defects" in " ".join(page.text.split())


def test_hostile_text_of_campaign_and_circuit_is_shown_as_text(workspace: Shell) -> None:
    sidecar = workspace.copy_circuits()
    name = json.dumps(HOSTILE)
    edit(sidecar, 'title = "4-input', f"title = {name[:-1]} 4-input")
    edit(sidecar, "[sites.Rop5]", f"[sites.{name}]")
    campaign = workspace.folder / "tiny.toml"
    edit(campaign, 'title = "Two opens"', f"title = {name}\nsource = {name}")
    edit(campaign, 'sites = ["Rop3", "Rop5"]', 'sites = ["*"]')
    edit(campaign, 'name = "original"', f"name = {name}")
    edit(campaign, 'windows = ["original"]', f"windows = [{name}]")
    edit(campaign, 'name = "current"', f"name = {name}")
    workspace("run", "tiny.toml", "--only", "*script*").succeeds()
    text = (workspace.folder / "runs" / "tiny" / "report.html").read_text()
    page = Page(text)
    assert page.problems == []
    assert loaded(page) == []
    assert "img" not in page.tags
    # The data's and the page's own.
    assert text.lower().count("<script") == 2
    # Title, heading, circuit, source, window, and the defect in two tables at least.
    assert page.text.count(HOSTILE) >= 7


def test_a_campaign_without_a_sweep_has_a_page_without_its_figure(workspace: Shell) -> None:
    campaign = workspace.folder / "tiny.toml"
    text = campaign.read_text()
    campaign.write_text(text[: text.index("[currents]")] + text[text.index("[behaviours]") :])
    workspace("run", "tiny.toml").succeeds()
    html = (workspace.folder / "runs" / "tiny" / "report.html").read_text()
    page = Page(html)
    assert page.problems == []
    assert 'id="currents"' not in html
    assert 'id="crossbar"' in html
    assert "Rop3" in page.text
