"""The drawing of the circuit: a mark per defect, coloured, explained, and a way to its row."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open
from tests.browser.test_defect_table import covered, names, row


@pytest.fixture
def page(opened: Open, looked: Path) -> Page:
    return opened(looked / "report.html")


def mark(page: Page, name: str) -> Locator:
    return page.locator(f'#map [data-defect="{name}"]')


def ink(found: Locator) -> str:
    return found.locator(".mark-shape").first.evaluate("shape => getComputedStyle(shape).fill")


def test_every_defect_has_a_mark_that_can_be_seen(page: Page) -> None:
    for name in names(page):
        box = mark(page, name).bounding_box()
        assert box is not None and box["width"] >= 6 and box["height"] >= 6, name


def test_marks_have_the_colour_of_their_verdict(page: Page, looked: Path) -> None:
    colours: dict[str, set[str]] = {}
    for found in covered(looked):
        colours.setdefault(found["verdict"], set()).add(ink(mark(page, found["defect_id"])))
    assert len(colours) == 3
    assert all(len(found) == 1 for found in colours.values())
    assert len(set.union(*colours.values())) == 3


def test_marks_may_have_the_colour_of_their_threshold(page: Page) -> None:
    before = ink(mark(page, "Rop3"))
    page.locator("#map-colour").select_option("threshold")
    assert len({before, ink(mark(page, "Rop3")), ink(mark(page, "bl~0:bridge"))}) == 3


def test_pointing_at_a_mark_says_what_it_is_and_lights_its_row(page: Page) -> None:
    mark(page, "Rop3").hover()
    tip = page.locator(".tip")
    expect(tip).to_contain_text("Rop3: open at bl:xcell3|, detected")
    assert "lit" in (row(page, "Rop3").get_attribute("class") or "")
    page.mouse.move(0, 0)
    expect(tip).to_be_hidden()


def test_choosing_a_mark_opens_its_row(page: Page) -> None:
    mark(page, "Rop3").click()
    expect(row(page, "Rop3").get_by_role("button")).to_have_attribute("aria-expanded", "true")
    expect(row(page, "Rop3")).to_be_in_viewport()


def test_the_keyboard_chooses_a_mark_of_a_row_that_is_filtered_away(page: Page) -> None:
    page.locator("#kind").select_option("bridge")
    mark(page, "Rop3").press("Enter")
    expect(page.locator("tr.detail")).to_have_count(1)
    expect(row(page, "Rop3")).to_be_visible()


def test_the_marks_are_one_stop_of_the_keyboard_and_arrows_go_from_one_to_the_next(page: Page) -> None:
    stops = page.locator("#map [data-defect][tabindex='0']")
    expect(stops).to_have_count(1)
    first = stops.get_attribute("data-defect")
    stops.press("ArrowRight")
    expect(stops).to_have_count(1)
    expect(stops).to_be_focused()
    assert stops.get_attribute("data-defect") != first
    stops.press("Home")
    assert stops.get_attribute("data-defect") == first
    stops.press("ArrowLeft")
    stops.press(" ")
    expect(page.locator("tr.detail")).to_have_count(1)
