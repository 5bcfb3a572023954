"""The page of the small campaign against the kept one: the same words in the same order, numbers to a part in 1000.

To keep the page of a run on purpose, run the tests with ``FAULTSIM_KEEP_GOLDEN=1``.
"""

from __future__ import annotations

import difflib
import os
import re
from html.parser import HTMLParser

import pytest

from tests.golden.conftest import KEPT, TwoOpens

# A digit of what is near nothing is as good as any other.
NEAR_NOTHING = 2e-3
# Styles, scripts and curves are no words; versions are those of the machine.
LEFT_OUT = {"style", "script", "svg"}
VERSIONS = "How it was made"
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?%?")


class Words(HTMLParser):
    """Collects what a reader reads, a line for each piece of text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.skipped: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in LEFT_OUT:
            self.skipped.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.skipped and self.skipped[-1] == tag:
            self.skipped.pop()

    def handle_data(self, data: str) -> None:
        line = " ".join(data.split())
        if line and not self.skipped:
            self.lines.append(line)


def same(kept: str, ours: str) -> bool:
    """Return whether two lines differ in nothing but the last digits of measured values."""
    if NUMBER.split(kept) != NUMBER.split(ours):
        return False
    pairs = zip(NUMBER.findall(kept), NUMBER.findall(ours), strict=True)
    return all(
        float(one.rstrip("%")) == pytest.approx(float(two.rstrip("%")), rel=1e-3, abs=NEAR_NOTHING)
        for one, two in pairs
    )


def test_the_page_still_says_what_the_kept_one_says(two_opens: TwoOpens) -> None:
    lines = Words((two_opens.folder / "report.html").read_text()).lines
    ours = lines[: len(lines) - lines[::-1].index(VERSIONS)]
    kept_file = KEPT / "report.txt"
    if os.environ.get("FAULTSIM_KEEP_GOLDEN"):
        kept_file.write_text("\n".join(ours) + "\n")
    kept = kept_file.read_text().splitlines()
    if len(kept) == len(ours) and all(map(same, kept, ours)):
        return
    pytest.fail("\n".join(difflib.unified_diff(kept, ours, "kept", "ours", lineterm="", n=1)))
