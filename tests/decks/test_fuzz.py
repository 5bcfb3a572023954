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
from faultsim.fault_models.universe import Universe
from faultsim.fault_models.universe_file import load_universe
from faultsim.spice.reference import with_values
from tests.decks.conftest import REPOSITORY, decks_in
from tests.examples import examples

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


@settings(max_examples=examples(120), deadline=10_000, suppress_health_check=list(HealthCheck))
@given(place=st.integers(0, 10_000), seed=st.integers(0, 2**32))
def test_a_spoilt_deck_is_read_or_refused(texts: Texts, folder: Path, place: int, seed: int) -> None:
    deck = folder / "deck.cir"
    deck.write_text(mutated(texts[place % len(texts)], seed), encoding="utf-8", errors="surrogateescape")
    try:
        put_through(deck)
    except FaultsimError as error:
        assert str(error)


@settings(max_examples=examples(60), deadline=5_000)
@given(data=st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(folder: Path, data: bytes) -> None:
    deck = folder / "bytes.cir"
    deck.write_bytes(data)
    try:
        put_through(deck)
    except FaultsimError as error:
        assert str(error)


def _chain(levels: int, copies: int, leaf: str) -> str:
    """Write subcircuits of which each holds some of the next."""
    bodies = (
        f".subckt s{level} a\n" + "".join(f"X{copy} a s{level + 1}\n" for copy in range(copies)) + ".ends\n"
        for level in range(levels)
    )
    return f"X1 1 s0\n{''.join(bodies)}.subckt s{levels} a\n{leaf}.ends\n"


def _numbered(text: str, count: int) -> str:
    return "".join(text.format(number, number + 1) for number in range(count))


HOSTILE = {
    "definitions in definitions": _numbered(".subckt s{} a\n", 3000) + "R1 a 0 1\n" + ".ends\n" * 3000 + "X1 1 s0\n",
    "instances in instances": _chain(3000, 1, "R1 a 0 1\n"),
    "as deep as may be": _chain(55, 1, "R1 a 0 1\nR2 a b 2\nR3 b 0 1\n"),
    "too many devices": _chain(50, 2, "R1 a 0 1\n"),
    "very many instances of nothing": _chain(50, 2, "") + "R1 a 0 1\n",
    "a circle": _chain(3000, 1, "X1 a s0\n"),
    "itself": ".subckt s a\nX1 a s\n.ends\nX1 1 s\n",
    "branches in branches": ".if (1)\n" * 3000 + "R1 a 0 1\n" + ".endif\n" * 3000,
    "brackets": "R1 a 0 {" + "(" * 30_000 + "1" + ")" * 30_000 + "}\nR2 a 0 r=" + "(" * 30_000 + "1" + ")" * 30_000,
    "a long line": "R1 a 0 " + "x" * 1_000_000,
    "many words": "R1 a 0 1k " + "x " * 200_000,
    "a long net": f"R1 {'a' * 500_000} 0 1k\nR2 {'a' * 500_000} 0 1k",
    "many continuations": "R1 a 0 1k\n" + "+ x\n" * 50_000 + "* c\n" * 50_000 + "+ y\n",
    "open quotes": "R1 a 0 " + "'" * 100_001 + "\nR2 a 0 " + "{ " * 50_000 + "\nR3 a 0 " + "\" ' " * 50_000,
    "open values": "R1 a 0 " + "r=( " * 20_000 + "\nR2 a 0 " + "r=(" * 20_000,
    "a long number": "R1 a 0 " + "1" * 100_000 + "²\nR2 a 0 1e" + "9" * 5000 + "\nR3 a 0 1" + "a1" * 50_000 + "²",
    "a chain of parameters": _numbered(".param p{}={{p{}}}\n", 5000) + ".param p5000=1\nR1 a 0 {p0}\n",
    "parameters in a circle": _numbered(".param p{}={{p{}}}\n", 5000) + ".param p5000={p0}\nR1 a 0 {p0}\n",
    "many ports": f".subckt s {_numbered('p{} ', 5000)}\nR1 p0 0 1\n.ends\nX1 {_numbered('n{} ', 5000)} s\n",
    "what is not there": _numbered("X{} 1 s{}\n", 3000) + _numbered(".subckt t{} a\nR1 a 0 1\n.ends\n", 3000),
    "the same again": "R1 a 0 1\n" * 5000 + ".subckt s a\nR1 a 0 1\n.ends\n" * 1000 + "X1 1 s\n",
    "too many pairs": _numbered("R{} n{} 0 1\n", 3000),
    "ends": ".ends\n" * 5000 + ".endif\n" * 5000 + ".endl\n" * 5000,
    "numbers of devices": "X1 a s m=1e300\nX2 a s m=-1\nR1 a 0 1 m=1e308\nR2 a b 1 m=0\nR3 b 0 1 m=0.3\n"
    "R4 b 0 1 m={1/0}\n.subckt s a\nR1 a 0 1 m=1e300\n.ends\n",
    "sizes": "M1 a b c d nm w=1e300 l=1e-300\nM2 a b c d nm w=-1 l=0\nR1 a 0 0\nR2 b c -5\nC1 c d 1e308\nR3 a c 1e-308",
    "names": "R~ a~b 0 1\nR2 a b~c 1\nR3 a~b b~c 1\nR1:open a+b a@b 1\nX. a.b s\nX.r2 a s\nXx.x.x a s\n"
    ".subckt s p\nR1 p a.b 1\nR2 p q.r 1\nR. .. . 1\n.ends\n",
    "markup": "R<&\"'> a<b&c 0 1\nR2 ]]> <![CDATA[ 1\nR3 {a} \x01\x1b[2J 1\nR4 \x85x \u2028y 1\nR%s %n {0} 1\n"
    "R{} a 0 1\nR5 a\udc80 \udcff 1\n",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_deck_is_read_or_refused(tmp_path: Path, case: str) -> None:
    deck = tmp_path / "hostile.cir"
    deck.write_text(f"title\n{HOSTILE[case]}\n", encoding="utf-8", errors="surrogateescape")
    try:
        put_through(deck)
    except FaultsimError as error:
        assert str(error)


NAMES = st.lists(
    st.one_of(
        st.sampled_from(["xcell0", "m1", "d", "g-s", ".", ":", "~", "+", "@", "open", "short", "bridge", "1k", "*"]),
        st.text(),
    ),
    max_size=8,
).map("".join)


@settings(max_examples=examples(50), deadline=None)
@given(name=NAMES)
def test_any_name_is_that_of_a_defect_or_refused(name: str) -> None:
    circuit = of_deck(REPOSITORY / "circuits" / "networks" / "crossbar4.cir")
    try:
        assert find_defect(circuit, name).id == name
    except FaultsimError as error:
        assert str(error)
