"""Renews the pictures of reports that README shows: report_screenshots.py RUN OTHER DEFECT; both runs are finished."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from urllib.parse import quote

from PIL import Image
from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).parents[1] / "docs" / "images"
PROGRAM = os.environ.get("FAULTSIM_CHROMIUM", "/usr/bin/chromium")
SIZE = {"width": 1320, "height": 900}
COLOURS = 128


def keep(page: Page, name: str) -> None:
    """Write what the window shows, in few colours: a picture of text needs no more."""
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(IMAGES / name, optimize=True)
    print(IMAGES / name)


def main(run: Path, other: Path, defect: str) -> None:
    """Take both pictures: the map of one run, and an opened row of another in the dark."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, color_scheme="light", reduced_motion="reduce")
        page.goto((run / "report.html").resolve().as_uri())
        page.evaluate("document.getElementById('map').scrollIntoView()")
        keep(page, "report-map.png")
        page = browser.new_page(viewport=SIZE, color_scheme="dark", reduced_motion="reduce")
        page.goto(f"{(other / 'report.html').resolve().as_uri()}#defect={quote(defect, safe='')}")
        page.locator("tr.detail").wait_for()
        page.evaluate("document.activeElement.blur()")
        keep(page, "report-defect.png")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
