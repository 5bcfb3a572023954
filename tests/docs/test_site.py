"""The site: no warning, every link leads somewhere, and nothing of the program is missing from the reference."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import fields
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import typer
from playwright.sync_api import Browser

import faultsim
from faultsim import errors
from faultsim.campaigns.spec import CampaignSpec
from faultsim.circuits.crossbar_plan import GeneratorSpec
from faultsim.circuits.device import DeviceSpec
from faultsim.circuits.sidecar import Sidecar
from faultsim.cli.app import app
from faultsim.cli.replay import ReplayRow
from faultsim.fault_models.behaviour import QUANTITIES, BehaviourSpec
from faultsim.fault_models.definition import DefectDefinition
from faultsim.fault_models.rules import UniverseSpec, WeightsSpec
from faultsim.reports.drawings.cell import DrawingSpec
from faultsim.reports.published import PublishedSpec
from faultsim.reports.run_folders.run import RunTable
from faultsim.specfile import Spec
from faultsim.vectors import tester
from faultsim.vectors.space import SpaceSpec
from faultsim.vectors.tables import LimitRow, MatrixRow
from tests.cli.conftest import REPOSITORY
from tests.conftest import Reproduction
from tests.docs.conftest import Site

MODELS: dict[str, type[Spec]] = {
    "campaign": CampaignSpec,
    "sidecar": Sidecar,
    "defect": DefectDefinition,
    "behaviour": BehaviourSpec,
    "universe": UniverseSpec,
    "weights": WeightsSpec,
    "tester": tester.TesterSpec,
    "candidates": SpaceSpec,
    "device": DeviceSpec,
    "published": PublishedSpec,
    "drawing": DrawingSpec,
    "generator": GeneratorSpec,
}


def test_it_is_built_without_a_warning(site: Site) -> None:
    assert "WARNING" not in site.said
    assert {"index.html", "tutorial.html", "404.html", "search/search_index.js"} <= {
        path.relative_to(site.folder).as_posix() for path in site.folder.rglob("*") if path.is_file()
    }


def test_every_link_leads_somewhere(site: Site) -> None:
    broken = [
        f"{page}: {address}"
        for page, html in site.pages.items()
        # The page for addresses that are not there belongs to a server's root.
        if page != "404.html"
        for _, address in html.links
        if not leads_somewhere(site, page, address)
    ]
    assert broken == []


def leads_somewhere(site: Site, page: str, address: str) -> bool:
    parts = urlsplit(address)
    if parts.scheme:
        return parts.scheme in ("http", "https", "data")
    target = (site.folder / page).parent / unquote(parts.path) if parts.path else site.folder / page
    if not target.exists():
        return False
    found = site.pages.get(target.resolve().relative_to(site.folder.resolve()).as_posix())
    return not parts.fragment or parts.fragment == "__top" or (found is not None and parts.fragment in found.ids)


def test_every_link_of_readme_leads_to_a_file() -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (REPOSITORY / "README.md").read_text())
    assert [link for link in links if not (REPOSITORY / link).exists()] == []
    assert len(links) > 10


def test_nothing_is_fetched_from_elsewhere(site: Site) -> None:
    asked = [
        f"{page}: {address}"
        for page, html in site.pages.items()
        for tag, address in html.links
        if tag != "a" and urlsplit(address).scheme not in ("", "data")
    ]
    assert asked == []
    ours = [path.read_text() for path in (REPOSITORY / "docs" / "assets").iterdir()]
    assert not any("http" in text.replace("http://www.w3.org/2000/svg", "") for text in ours)


def verbs() -> Iterator[tuple[str, Any]]:
    for name, command in typer.main.get_command(app).commands.items():
        inner = getattr(command, "commands", None)
        yield from ((f"{name}-{below}", one) for below, one in inner.items()) if inner else [(name, command)]


def test_every_verb_has_its_place_and_all_its_options(site: Site) -> None:
    page = site.pages["reference/commands.html"]
    for name, command in verbs():
        assert name in page.ids
        told = {word for cell in page.column(name) for word in cell.replace(",", " ").split()}
        options = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
        assert {option for option in options if option.startswith("-")} - {"--help"} <= told, name


@pytest.mark.parametrize("name", MODELS)
def test_every_key_of_a_file_has_its_place(site: Site, name: str) -> None:
    schema = MODELS[name].model_json_schema()
    tables = [{row[0] for row in rows[1:]} for _, rows in site.pages[f"reference/{name}-file.html"].tables]
    for model in (schema, *schema.get("$defs", {}).values()):
        if "properties" in model:
            assert set(model["properties"]) in tables, model.get("title")


def test_every_table_that_a_run_can_have_has_its_columns(site: Site) -> None:
    page = site.pages["reference/tables.html"]
    rows = {table.file: table.row_type for table in vars(faultsim.Run).values() if isinstance(table, RunTable)}
    rows |= {"vectors/limits.csv": LimitRow, "vectors/matrix.csv": MatrixRow, "vectors/replay.csv": ReplayRow}
    for file, row_type in rows.items():
        assert page.column(Path(file).stem) == [field.name for field in fields(row_type)], file


def test_every_file_of_a_real_run_has_its_place(site: Site, lats2024: Reproduction) -> None:
    folder = site.pages["reference/run-folder.html"]
    told = [*folder.column("run"), *folder.column("vectors")]
    files = [path.relative_to(lats2024.folder).as_posix() for path in lats2024.folder.rglob("*") if path.is_file()]
    assert [file for file in files if not any(fnmatch(file, pattern) for pattern in told)] == []
    beside = folder.column("beside")
    assert all(any(fnmatch(path.name, glob) for glob in beside) for path in lats2024.folder.parent.glob("*.sqlite*"))
    tables = site.pages["reference/tables.html"]
    for file in filter(lambda file: file.endswith(".csv"), files):
        with (lats2024.folder / file).open(newline="") as text:
            assert tables.column(Path(file).stem) == next(csv.reader(text)), file


def test_every_key_of_coverage_json_has_its_place(site: Site, lats2024: Reproduction) -> None:
    page = site.pages["reference/coverage-json.html"]
    record = json.loads((lats2024.folder / "coverage.json").read_text())
    assert set(record) <= set(page.column("coveragejson"))
    for name in ("tests", "defects", "over_resistance"):
        assert {key for item in record[name] for key in item} <= set(page.column(name)), name
    for name in ("simulation", "universe", "coverage"):
        assert set(record[name]) <= set(page.column(name)), name


def test_every_exit_code_has_its_place(site: Site) -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    codes = {0, 1, *(kind.exit_code for kind in kinds if issubclass(kind, errors.FaultsimError))}
    assert {int(code) for code in site.pages["reference/exit-codes.html"].column("exit-codes")} == codes


def test_the_python_interface_has_its_place(site: Site) -> None:
    page = site.pages["reference/python.html"]
    assert {name for name in faultsim.__all__ if not name.startswith("_")} <= page.ids
    public = {name for name in vars(faultsim.Run) if not name.startswith("_")}
    methods = {name for name in public if callable(getattr(faultsim.Run, name))}
    assert public - methods - set(page.column("Run")) == set()
    assert {f"run{name}" for name in methods} <= page.ids


def test_every_quantity_has_its_place(site: Site) -> None:
    quantities = {name for names in QUANTITIES.values() for name in names}
    assert set(site.pages["reference/behaviour-file.html"].column("quantities")) == quantities


def test_search_works_from_the_disk_and_asks_nothing_of_a_network(site: Site, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    wrong: list[str] = []
    page.on("request", lambda asked: wrong.append(asked.url) if not asked.url.startswith(("file:", "data:")) else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto((site.folder / "howto" / "deck.html").as_uri())
    page.locator("input.md-search__input").click()
    page.keyboard.type("threshold_ohm")
    page.wait_for_selector(".md-search-result__item a")
    found = page.locator(".md-search-result__item a").evaluate_all("links => links.map(link => link.pathname)")
    assert any(address.endswith("reference/tables.html") for address in found)
    context.close()
    assert wrong == []
