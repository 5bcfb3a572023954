"""A defect that changes nothing, put into decks that nobody here wrote: ngspice takes them, with the same voltages."""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pytest

from faultsim.circuits.circuit import Circuit
from faultsim.circuits.deck import Card, text_of
from faultsim.circuits.reading import is_part
from faultsim.errors import SpecError
from faultsim.fault_models.defect import Defect
from faultsim.fault_models.universe import Universe
from faultsim.fault_models.universe_file import load_universe
from faultsim.spice.reference import with_values
from tests.circuits.test_flatten import differences
from tests.decks.conftest import decks_in
from tests.decks.ngspice import ngspice
from tests.decks.test_public_decks import circuit_of

FLAT, NESTED = 120, 45
SMALL_OHM, LARGE_OHM = 1e-3, 1e15
LARGEST = 100_000
# Some of them stop ngspice for ever.
PATIENCE_S = 2.0
_HOLDS_NESTED = re.compile(rb"^\s*\.subckt", re.MULTILINE | re.IGNORECASE)
_INSTANCES = re.compile(rb"^x", re.MULTILINE | re.IGNORECASE)
_VECTOR = re.compile(r"^([^\s#]+) = ([^\s,]+)$", re.MULTILINE)
# ngspice puts code models in the place of polynomials, and lists brackets as they are written.
_LISTED_OTHERWISE = re.compile(r"poly|\([^()]*=|e\d+ .*\(")
_COMPLAINT = re.compile(r"error|singular|no such|unknown", re.IGNORECASE)
# What a deck says of its circuit stays; what it wants to be done does not.
_STAYS = {".model", ".subckt", ".ends", ".macro", ".eom", ".param", ".global", ".func", ".options", ".option", ".temp"}
_STAYS |= {".ic", ".nodeset", ".csparam", ".if", ".else", ".elseif", ".endif"}


@dataclass(frozen=True)
class Taken:
    """A deck that ngspice takes, and its operating point."""

    name: str
    circuit: Circuit
    cards: tuple[Card, ...]
    voltages: dict[str, float]


def told(card: Card) -> bool:
    """Return whether a card is a part of the circuit: no analysis, no command."""
    return not card.inert and (not card.name.startswith(".") or card.name in _STAYS)


def voltages(folder: Path, cards: Sequence[Card]) -> tuple[dict[str, float], str]:
    """Return the operating point as ngspice prints it, and what it complains about."""
    deck = folder / "deck.cir"
    point = ".control\nset numdgt=12\nop\nprint all\n.endc\n.end\n"
    deck.write_text(text_of(cards) + point, encoding="utf-8", errors="surrogateescape")
    try:
        done = ngspice(deck, PATIENCE_S)
    except subprocess.TimeoutExpired:
        return {}, "no end"
    found = {name: float(value) for name, value in _VECTOR.findall(done.stdout) if name != "all"}
    return found, "\n".join(line for line in done.stderr.splitlines() if _COMPLAINT.search(line))


def shuffled(folder: Path) -> list[Path]:
    """Return the decks of a folder in an order that has nothing to do with their packages, but is always the same."""
    small = (path for path in decks_in(folder) if path.stat().st_size < LARGEST and not is_part(path))
    return sorted(small, key=lambda path: hashlib.sha256(path.name.encode()).hexdigest())


def taken(folder: Path, scratch: Path, nested: bool) -> Iterator[Taken]:
    """Yield the decks that ngspice takes, those with devices inside subcircuits or the others."""
    for path in shuffled(folder):
        data = path.read_bytes()
        if bool(_HOLDS_NESTED.search(data) and _INSTANCES.search(data)) != nested:
            continue
        try:
            circuit = circuit_of(path)
        except SpecError:
            continue
        inside = any("." in device.path for device in circuit.devices)
        if not circuit.devices or inside != nested:
            continue
        cards = tuple(card for place, card in enumerate(circuit.cards) if place == 0 or told(card))
        point, complaint = voltages(scratch, cards)
        if point and not complaint:
            yield Taken(str(path.relative_to(folder)), circuit, cards, point)


@pytest.fixture(scope="module")
def decks(public_decks: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Taken]]:
    scratch = tmp_path_factory.mktemp("taken")
    return {
        "flat": list(islice(taken(public_decks, scratch, nested=False), FLAT)),
        "nested": list(islice(taken(public_decks, scratch, nested=True), NESTED)),
    }


def test_ngspice_takes_enough_of_them(decks: dict[str, list[Taken]]) -> None:
    assert {kind: len(found) for kind, found in decks.items()} == {"flat": FLAT, "nested": NESTED}


@pytest.mark.parametrize("kind", ["flat", "nested"])
def test_a_flattened_deck_is_the_one_that_ngspice_has(decks: dict[str, list[Taken]], kind: str, tmp_path: Path) -> None:
    plain = [deck for deck in decks[kind] if not _LISTED_OTHERWISE.search(text_of(deck.cards).lower())]
    found = {deck.name: differences(tmp_path, text_of(deck.cards)) for deck in plain}
    assert {name: lines for name, lines in found.items() if lines} == {}
    assert len(found) > 0.6 * len(decks[kind])


def first(defects: Sequence[Defect], name: str) -> list[Defect]:
    """Return one of the defects, by the deck's name."""
    place = int(hashlib.sha256(name.encode()).hexdigest(), 16)
    return [defects[place % len(defects)]] if defects else []


def harmless(deck: Taken) -> Iterator[tuple[Defect, float]]:
    """Yield an open of next to nothing at the top level and one inside, and a short that is next to none inside."""
    defects = list(Universe(deck.circuit, load_universe("2427")))
    opens = [defect for defect in defects if defect.model == "open"]
    for defect in first([each for each in opens if "." not in each.site.device], deck.name):
        yield defect, SMALL_OHM
    for defect in first([each for each in opens if "." in each.site.device], deck.name):
        yield defect, SMALL_OHM
    for defect in first([each for each in defects if each.model == "short"], deck.name):
        yield defect, LARGE_OHM


def deviation(deck: Taken, found: dict[str, float]) -> float:
    """Return by how much of the largest voltage any has moved."""
    largest = max(1e-3, *map(abs, deck.voltages.values()))
    return max(abs(found[net] - value) for net, value in deck.voltages.items()) / largest


@pytest.mark.parametrize("kind", ["flat", "nested"])
def test_a_deck_with_a_defect_that_changes_nothing_has_its_operating_point(
    decks: dict[str, list[Taken]], kind: str, tmp_path: Path
) -> None:
    moved: dict[tuple[str, str], float] = {}
    for deck in decks[kind]:
        for defect, ohm in harmless(deck):
            edited = defect.inject(deck.cards).at(ohm)
            cards = with_values(text_of(edited.cards), dict(edited.alters))
            found, complaint = voltages(tmp_path, [Card(cards, deck.name, 1)])
            assert not complaint, f"{deck.name}, {defect.id}: {complaint}"
            assert deck.voltages.keys() <= found.keys(), f"{deck.name}, {defect.id}"
            moved[deck.name, defect.id] = deviation(deck, found)
    assert len(moved) > 1.5 * len(decks[kind])
    # A thousandth of an ohm shows where there is an ohm; and an amplifier of ideal transistors has any gain.
    far = [where for where, by in moved.items() if by > 1e-2]
    assert len(far) <= 2, far
    assert sum(by < 1e-6 for by in moved.values()) > 0.8 * len(moved)
