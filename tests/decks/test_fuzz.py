"""A deck may be anything: what is wrong with it is said, and nothing but that comes out."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faultsim.circuits.circuit import of_deck
from faultsim.circuits.graph import graphml
from faultsim.errors import FaultsimError
from faultsim.fault_models.naming import find_defect
from faultsim.fault_models.record import row_of
from faultsim.fault_models.rules import load_universe
from faultsim.fault_models.universe import Universe
from faultsim.spice.reference import with_values
from tests.decks.conftest import REPOSITORY, decks_in

LARGEST = 6000
TOKENS = [
    ".subckt", ".ends", ".include", ".lib", ".endl", ".if (", ".else", ".endif", ".param", ".global", ".end",
    ".control", "+", "*", "$", ";", "\\\\", "=", "(", ")", "{", "}", "'", '"', "{a", "m=1e999", "m=0", "w={1/0}",
    "9**9**9**9",
    "x1", "X1 X1", "a" * 3000, "((((" * 200, "\x00", "\x1b[2J", "\ufeff", "é", "\r", "..", "poly(",
    "0 0 0 0", "-" * 500,
]  # fmt: skip
Mutation = Callable[[list[str], random.Random], None]


class Texts(tuple[str, ...]):
    """Decks that a failing example does not print."""

    def __repr__(self) -> str:
        return f"{len(self)} decks"


def _drop(lines: list[str], chance: random.Random) -> None:
    del lines[chance.randrange(len(lines))]


def _double(lines: list[str], chance: random.Random) -> None:
    lines.insert(chance.randrange(len(lines)), chance.choice(lines))


def _swap(lines: list[str], chance: random.Random) -> None:
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]


def _spoil(lines: list[str], chance: random.Random) -> None:
    place = chance.randrange(len(lines))
    words = lines[place].split(" ")
    words[chance.randrange(len(words))] = chance.choice([*TOKENS, chance.choice(words)])
    lines[place] = " ".join(words)


def _put(lines: list[str], chance: random.Random) -> None:
    lines.insert(chance.randrange(len(lines) + 1), " ".join(chance.choices(TOKENS, k=chance.randrange(1, 5))))


def _cut(lines: list[str], chance: random.Random) -> None:
    place = chance.randrange(len(lines))
    lines[place] = lines[place][: chance.randrange(len(lines[place]) + 1)]


MUTATIONS: list[Mutation] = [_drop, _double, _swap, _spoil, _spoil, _put, _cut]


def mutated(text: str, seed: int) -> str:
    chance = random.Random(seed)
    lines = text.split("\n")
    for _ in range(chance.randrange(1, 8)):
        if lines:
            chance.choice(MUTATIONS)(lines, chance)
    return "\n".join(lines)


@pytest.fixture(scope="module")
def texts(public_decks: Path) -> Texts:
    """Small decks of every package, and ours."""
    ours = sorted((REPOSITORY / "circuits").rglob("*.cir"))
    theirs = [path for path in decks_in(public_decks) if path.stat().st_size < LARGEST]
    return Texts(path.read_bytes().decode("utf-8", "surrogateescape") for path in (*ours, *theirs))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def put_through(deck: Path) -> None:
    """Do with a deck what the commands do."""
    circuit = of_deck(deck, trust=True)
    for name in ("2427", "all-pairs"):
        rules = load_universe(name)
        defects = list(islice(Universe(circuit, rules), 3000))
        for defect in defects:
            row_of(defect)
        for defect in defects[:: max(1, len(defects) // 4)]:
            assert find_defect(circuit, defect.id).site == defect.site
            edited = defect.inject(circuit.cards).at(defect.definition.severity.default)
            with_values("".join(card.text for card in edited.cards), dict(edited.alters))
    if len(circuit.devices) < 200:
        graphml(circuit)


@settings(max_examples=400, deadline=10_000, suppress_health_check=list(HealthCheck))
@given(place=st.integers(0, 10_000), seed=st.integers(0, 2**32))
def test_a_spoilt_deck_is_read_or_refused(texts: Texts, folder: Path, place: int, seed: int) -> None:
    deck = folder / "deck.cir"
    deck.write_text(mutated(texts[place % len(texts)], seed), encoding="utf-8", errors="surrogateescape")
    try:
        put_through(deck)
    except FaultsimError as error:
        assert str(error)


@settings(max_examples=200, deadline=5_000)
@given(data=st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(folder: Path, data: bytes) -> None:
    deck = folder / "bytes.cir"
    deck.write_bytes(data)
    try:
        put_through(deck)
    except FaultsimError as error:
        assert str(error)
