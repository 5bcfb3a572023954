"""Decks that nobody here wrote: which are read, which are not and why, and that each that is read has its universe.

After a change on purpose, ``FAULTSIM_KEEP_GOLDEN=1`` writes not_read.csv and the table in README.md again.
"""

from __future__ import annotations

import csv
import math
import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from faultsim.circuits.circuit import Circuit
from faultsim.circuits.deck import split_cards
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.reading import is_part, read_cards
from faultsim.errors import SpecError
from faultsim.fault_models.rules import UniverseSpec
from faultsim.fault_models.universe import Universe
from faultsim.fault_models.universe_file import load_universe
from tests.decks.conftest import decks_in

NOT_READ = Path(__file__).parent / "not_read.csv"
README = Path(__file__).parent / "README.md"
# Why a deck is not read, by what is said first.
REASONS = {
    "no file": "a file that is not there",
    "no subcircuit": "a subcircuit that is not there",
    "is already defined at": "two elements of one name",
    "is already defined otherwise": "one subcircuit in two ways",
    "needs": "an element with too few words",
    "connects": "too few nets",
    "cannot be read": "UTF-16",
    "the first line": "an element as the title",
}
FEWEST = {"PySpice": 25, "gnucap": 400, "ltspice-mcp": 250, "neospice": 200, "openram": 70, "oregano": 900}


def circuit_of(path: Path) -> Circuit:
    """Read a deck, or a library as the part that it is."""
    cards = read_cards(path, trust=True, part=is_part(path))
    depth, top_level = 0, 0
    for card in cards:
        depth += (card.name in (".subckt", ".macro")) - (card.name in (".ends", ".eom"))
        top_level += depth == 0 and card.name[:1].isalpha()
    return Circuit(path.stem, cards, Hierarchy(cards, part=not top_level))


def check_universe(circuit: Circuit, rules: UniverseSpec) -> None:
    universe = Universe(circuit, rules)
    defects = list(universe)
    ids = [defect.id for defect in defects]
    known = set(ids)
    assert len(known) == len(ids)
    for defect in defects:
        accounting = defect.accounting
        assert math.isfinite(accounting.weight)
        assert accounting.weight > 0 or (accounting.weight == 0 and accounting.justification)
        assert accounting.origin
        assert accounting.merged >= 1
        assert not accounting.same_as or accounting.same_as in known
    named = {defect.site.device for defect in defects} | {excluded.device for excluded in universe.excluded}
    for device in circuit.devices:
        assert device.path in named or len(set(device.nets)) == 1, device.path


@pytest.fixture(scope="module")
def readings(public_decks: Path) -> tuple[dict[str, int], list[tuple[str, str, str]]]:
    """Read every deck and list its universe; return how many of each package are read, and why others are not."""
    rules = load_universe("2427")
    read: dict[str, int] = {}
    refused: list[tuple[str, str, str]] = []
    for path in decks_in(public_decks):
        package, *rest = path.relative_to(public_decks).parts
        text = path.read_bytes().decode("utf-8", "surrogateescape")
        assert "".join(card.text for card in split_cards(text, path.name, title=True)) == text
        try:
            circuit = circuit_of(path)
        except SpecError as error:
            first = error.problems[0]
            refused.append((package, "/".join(rest), _plain(first.message, public_decks)))
            continue
        check_universe(circuit, rules)
        read[package] = read.get(package, 0) + 1
    return read, refused


def _plain(message: str, folder: Path) -> str:
    """Return a message without this machine's folders."""
    return re.sub(r"\S*" + re.escape(folder.name) + r"/\S*/", "", message.replace(str(folder), folder.name))


def test_most_public_decks_are_read_and_have_their_universe(
    readings: tuple[dict[str, int], list[tuple[str, str, str]]],
) -> None:
    read, refused = readings
    assert {name: count for name, count in FEWEST.items() if read.get(name, 0) < count} == {}
    assert sum(read.values()) > 20 * len(refused)


def test_those_that_are_not_read_are_the_kept_ones_with_the_kept_reason(
    readings: tuple[dict[str, int], list[tuple[str, str, str]]],
) -> None:
    _, refused = readings
    if os.environ.get("FAULTSIM_KEEP_GOLDEN"):
        with NOT_READ.open("w", newline="", errors="surrogateescape") as file:
            csv.writer(file, lineterminator="\n").writerows([("package", "deck", "why"), *refused])
    with NOT_READ.open(newline="", errors="surrogateescape") as file:
        _, *kept = [tuple(row) for row in csv.reader(file)]
    assert refused == kept


def reason_of(message: str) -> str:
    return next((reason for start, reason in REASONS.items() if start in message), message)


def table(read: dict[str, int], refused: list[tuple[str, str, str]], fetched: Path) -> Iterator[str]:
    """Yield the lines of the table in README.md."""
    yield "| package | version | licence | decks | read | why others are not |"
    yield "|---|---|---|--:|--:|---|"
    packages = tomllib.loads((Path(__file__).parent / "packages.toml").read_text(encoding="utf-8"))["package"]
    for package in packages:
        name, count = package["name"], sum(1 for _ in decks_in(fetched / package["name"]))
        why = Counter(reason_of(message) for other, _, message in refused if other == name)
        reasons = "; ".join(f"{number} × {reason}" for reason, number in why.most_common())
        yield f"| {name} | {package['version']} | {package['licence']} | {count} | {read.get(name, 0)} | {reasons} |"
    yield f"| all | | | {sum(read.values()) + len(refused)} | {sum(read.values())} | |"


def test_the_readme_has_the_table_of_what_is_read(
    readings: tuple[dict[str, int], list[tuple[str, str, str]]], public_decks: Path
) -> None:
    ours = "\n".join(table(*readings, public_decks)) + "\n"
    text = README.read_text(encoding="utf-8")
    if os.environ.get("FAULTSIM_KEEP_GOLDEN"):
        text = re.sub(r"\| package .*?\n\n", lambda _: ours + "\n", text, flags=re.DOTALL)
        README.write_text(text, encoding="utf-8")
    assert ours in text
