"""Light, dark, narrow, printed, without scripts, and with names that somebody chose to do harm."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import HERE, Open
from tests.cli.conftest import TINY, Shell, edit

HOSTILE = "<script>alert(1)</script>\"'&<img src=//x.org onerror=alert(2)></script><!--"
LONG = "n" * 300


def colour(page: Page, selector: str, name: str) -> tuple[float, float, float]:
    """Return a computed colour, each part from 0 to 1."""
    text = page.locator(selector).first.evaluate(f"node => getComputedStyle(node).{name}")
    red, green, blue = (float(part) / 255 for part in re.findall(r"[\d.]+", text)[:3])
    return red, green, blue


def luminance(rgb: tuple[float, float, float]) -> float:
    """Return the relative luminance of WCAG 2."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: tuple[float, float, float], two: tuple[float, float, float]) -> float:
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_readable_in_both_schemes(opened: Open, looked: Path, scheme: str) -> None:
    page = opened(looked / "report.html", color_scheme=scheme)
    paper = colour(page, "body", "backgroundColor")
    assert (luminance(paper) > 0.5) == (scheme == "light")
    for selector in ("body", ".quiet", "a", ".badge.detected", ".badge.undetected", ".badge.unknown", ".tile h3"):
        assert contrast(colour(page, selector, "color"), paper) >= 4.5, selector


def test_the_button_goes_through_the_themes_whatever_the_system_says(opened: Open, looked: Path) -> None:
    page = opened(looked / "report.html", color_scheme="light")
    button = page.locator("#theme")
    seen = []
    for _ in range(3):
        button.click()
        seen.append((button.text_content(), luminance(colour(page, "body", "backgroundColor")) > 0.5))
    assert seen == [("Theme: light", True), ("Theme: dark", False), ("Theme: auto", True)]


def test_figures_take_the_ink_of_the_page(opened: Open, looked: Path) -> None:
    page = opened(looked / "report.html", color_scheme="dark")
    assert luminance(colour(page, "figure svg text", "fill")) > 0.5
    assert luminance(colour(page, ".circuit-map .label", "fill")) > 0.5


@pytest.mark.parametrize("width", [380, 800, 1280, 2200])
def test_nothing_is_wider_than_the_window(opened: Open, looked: Path, width: int) -> None:
    page = opened(looked / "report.html", hash="#defect=Rop3", viewport={"width": width, "height": 800})
    expect(page.locator("tr.detail")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    # The table scrolls in itself where it is wider; what an opened row shows does not.
    for card in page.locator("tr.detail .card").all():
        box = card.bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= width


def test_a_print_has_every_row_and_no_controls(opened: Open, looked: Path) -> None:
    page = opened(looked / "report.html", color_scheme="dark")
    page.emulate_media(media="print")
    expect(page.locator("#controls")).to_be_hidden()
    expect(page.locator(".contents")).to_be_hidden()
    assert page.locator("#defect-table tbody tr.row:visible").count() == 10
    assert luminance(colour(page, "body", "color")) < 0.1
    assert page.pdf().startswith(b"%PDF")


def test_without_scripts_every_number_is_there(opened: Open, looked: Path) -> None:
    page = opened(looked / "report.html", java_script_enabled=False)
    assert page.locator("#defect-table tbody tr.row:visible").count() == 10
    expect(page.locator("#controls")).to_be_hidden()
    expect(page.locator("#theme")).to_be_hidden()
    expect(page.locator(".verdict")).to_contain_text("of 10 defects are detected")


def test_everything_that_can_be_pressed_can_be_reached_by_keyboard_and_has_a_name(opened: Open, looked: Path) -> None:
    page = opened(looked / "report.html")
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, .mark[tabindex='0'], input, select, a[href]")]
        .filter((node) => node.tabIndex < 0 || !(node.ariaLabel || node.textContent.trim() || node.labels?.length))
        .map((node) => node.outerHTML)"""
    )
    assert nameless == []
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()


def test_hostile_names_are_text_and_long_ones_do_not_burst_the_page(opened: Open, tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    sidecar = shell.copy_circuits()
    edit(sidecar, "[sites.Rop1]", f"[sites.{json.dumps(HOSTILE)}]")
    edit(sidecar, "[sites.Rop5]", f"[sites.{json.dumps(LONG)}]")
    campaign = shell.write("tiny.toml", TINY)
    name = json.dumps(HOSTILE)
    edit(campaign, 'title = "Two opens"', f"title = {name}\nsource = {name}")
    edit(campaign, 'sites = ["Rop3", "Rop5"]', 'sites = ["*script*", "nnn*"]')
    edit(campaign, 'name = "original"', f"name = {name}")
    edit(campaign, 'windows = ["original"]', f"windows = [{name}]")
    edit(campaign, 'name = "current"', f"name = {name}")
    shell("run", "tiny.toml").succeeds()
    page = opened(tmp_path / "runs" / "tiny" / "report.html")
    assert page.title() == HOSTILE
    headings = page.locator("#defect-table tbody th").all_text_contents()
    assert sorted(headings) == sorted([HOSTILE, LONG])
    for place in range(2):
        page.locator("#defect-table tbody tr.row").nth(place).click()
    expect(page.locator("tr.detail")).to_have_count(2)
    assert page.locator("tr.detail code").first.text_content()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.locator("img, iframe").count() == 0
    assert page.locator("script").count() == 2


def test_a_script_that_somebody_puts_into_the_page_does_not_run(browser: Browser, looked: Path, tmp_path: Path) -> None:
    text = (looked / "report.html").read_text()
    changed = tmp_path / "changed.html"
    put = '<script>document.title = "run"</script><b id="put" onclick="document.title = 1">x</b></main>'
    changed.write_text(text.replace("</main>", put))
    page = browser.new_page()
    page.goto(changed.as_uri())
    page.evaluate("document.getElementById('put').click()")
    assert page.title() == "Opens, bridges and a junction"
    page.close()


def test_the_same_run_gives_the_same_page(looked: Path, tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shutil.copy(HERE / "looked.toml", tmp_path)
    shutil.copytree(looked.parent, tmp_path / "runs", dirs_exist_ok=True)
    before = {path.name: path.read_bytes() for path in looked.rglob("*") if path.suffix in (".html", ".svg", ".png")}
    shell("run", "looked.toml").succeeds()
    again = tmp_path / "runs" / "looked"
    assert {path.name: path.read_bytes() for path in again.rglob("*") if path.name in before} == before
