"""The table of defects: sorted, filtered, opened, by mouse and by keyboard."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open

ROWS = "#defect-table tbody tr.row:visible"


@pytest.fixture
def page(opened: Open, looked: Path) -> Page:
    return opened(looked / "report.html")


def names(page: Page) -> list[str]:
    return [text.strip() for text in page.locator(f"{ROWS} th").all_text_contents()]


def header(page: Page, name: str) -> Locator:
    return page.locator("#defect-table thead th", has_text=name)


def row(page: Page, name: str) -> Locator:
    return page.locator(ROWS).filter(has=page.get_by_role("rowheader", name=name, exact=True))


def covered(looked: Path) -> list[dict[str, str]]:
    with (looked / "coverage.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def thresholds(looked: Path, window: str) -> dict[str, float]:
    with (looked / "thresholds.csv").open(newline="") as file:
        rows = [found for found in csv.DictReader(file) if found["window"] == window]
    return {found["defect_id"]: float(found["threshold"]) for found in rows if found["threshold"]}


def test_every_defect_has_a_row_in_the_order_of_the_campaign(page: Page, looked: Path) -> None:
    assert names(page) == [found["defect_id"] for found in covered(looked)]
    expect(page.locator("#shown")).to_have_text(f"{len(names(page))} of {len(names(page))} shown")


def test_a_column_sorts_upwards_then_downwards_by_its_numbers_with_what_has_none_last(page: Page, looked: Path) -> None:
    found = thresholds(looked, "original")
    without = [name for name in names(page) if name not in found]
    assert len(found) > 1 and without
    column = header(page, "original")
    assert column.get_attribute("aria-sort") == "none"
    column.get_by_role("button").click()
    assert column.get_attribute("aria-sort") == "ascending"
    upwards = sorted(found, key=found.__getitem__)
    assert names(page) == [*upwards, *without]
    column.get_by_role("button").click()
    assert column.get_attribute("aria-sort") == "descending"
    assert [found[name] for name in names(page)[: len(found)]] == [found[name] for name in reversed(upwards)]
    assert names(page)[len(found) :] == without


def test_text_sorts_as_people_count(page: Page, looked: Path) -> None:
    header(page, "Kind").get_by_role("button").press("Enter")
    kinds = {found["defect_id"]: found["kind"] for found in covered(looked)}
    assert [kinds[name] for name in names(page)] == sorted(kinds.values())
    header(page, "Weight").get_by_role("button").press("Enter")
    assert header(page, "Kind").get_attribute("aria-sort") == "none"
    weights = {found["defect_id"]: float(found["weight"]) for found in covered(looked)}
    assert [weights[name] for name in names(page)] == sorted(weights.values())


def test_words_kind_and_verdict_narrow_it_down_together(page: Page, looked: Path) -> None:
    page.keyboard.press("/")
    page.keyboard.type("~BL in1")
    assert names(page) == ["in1~bl:bridge"]
    page.locator("#search").fill("")
    page.locator("#kind").select_option("open")
    page.locator("#verdict-of").select_option("detected")
    wanted = [found for found in covered(looked) if (found["kind"], found["verdict"]) == ("open", "detected")]
    assert names(page) == [found["defect_id"] for found in wanted] != []
    expect(page.locator("#shown")).to_have_text(f"{len(wanted)} of {len(covered(looked))} shown")
    page.locator("#search").fill("no such thing")
    assert names(page) == []
    expect(page.locator("#none")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    assert len(names(page)) == len(covered(looked))
    expect(page.locator("#none")).to_be_hidden()


def test_a_count_at_the_top_shows_just_these(page: Page, looked: Path) -> None:
    page.locator("#verdict button.undetected").click()
    wanted = [found["defect_id"] for found in covered(looked) if found["verdict"] == "undetected"]
    assert names(page) == wanted != []


def test_a_row_opens_to_waveforms_currents_thresholds_and_commands(page: Page, looked: Path) -> None:
    row(page, "Rop3").click()
    detail = page.locator("tr.detail")
    assert row(page, "Rop3").get_by_role("button").get_attribute("aria-expanded") == "true"
    found = thresholds(looked, "original")["Rop3"]
    shown = f"{found / 1000:.4g} kohm"
    expect(detail.get_by_role("heading", name="Waveforms at")).to_contain_text("where the test begins to fail")
    assert detail.locator("path.faulty").count() >= 2
    assert detail.locator("path.healthy").count() >= 1
    assert detail.locator("circle.point").count() >= 5
    table = detail.get_by_role("row").filter(has_text="original")
    expect(table).to_contain_text(shown)
    expect(table).to_contain_text("detected")
    commands = detail.locator("code").all_text_contents()
    # The page knows in which folder it lies.
    assert commands[0].startswith(f"faultsim show {looked} Rop3 ") and commands[0].endswith("--plot waveforms.svg")
    row(page, "Rop3").click()
    expect(detail).to_have_count(0)


def test_waveforms_are_read_off_under_the_pointer(page: Page) -> None:
    row(page, "Rop3").click()
    picture = page.locator("tr.detail svg.chart").first
    picture.hover()
    expect(picture).to_contain_text("im_wr ")
    expect(picture.locator("line.cross")).to_have_attribute("visibility", "visible")


def test_an_open_row_stays_with_its_defect_when_sorted_and_goes_when_filtered(page: Page) -> None:
    row(page, "Rop3").get_by_role("button").press("Enter")
    header(page, "Kind").get_by_role("button").click()
    after = row(page, "Rop3").locator("xpath=following-sibling::tr[1]")
    expect(after).to_have_class("detail")
    page.locator("#kind").select_option("bridge")
    expect(page.locator("tr.detail")).to_be_hidden()


def test_what_is_unknown_says_why(page: Page, looked: Path) -> None:
    unknown = next(found for found in covered(looked) if found["verdict"] == "unknown")
    row(page, unknown["defect_id"]).click()
    expect(page.locator("tr.detail")).to_contain_text(unknown["reason"])


def test_an_address_names_a_defect_and_its_row_is_open(opened: Open, looked: Path) -> None:
    page = opened(looked / "report.html", hash="#defect=in1~bl%3Abridge")
    expect(page.locator("tr.detail")).to_have_count(1)
    expect(row(page, "in1~bl:bridge").get_by_role("button")).to_be_focused()


def test_what_is_not_seen_links_to_its_row(page: Page, looked: Path) -> None:
    first = page.locator("#not-seen tbody a").first
    name = first.text_content()
    first.click()
    expect(row(page, name or "").get_by_role("button")).to_have_attribute("aria-expanded", "true")
