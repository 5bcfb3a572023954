"""A deck survives being read: what is not edited keeps every byte, and problems name file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultsim.circuits.deck import Card, generated, split_cards, text_of
from faultsim.circuits.reading import read_cards
from faultsim.errors import SpecError

names = st.sampled_from(
    ["R1", "bl", "0", "1k", "{w*2}", "'a + b'", "w=108n", "v(x,y)", "µ", "$x", "a;b", "x // y", "$ z"]
)
statements = st.lists(names, min_size=1, max_size=6).map(" ".join)
lines = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), max_size=20),
    statements,
    statements.map("+ {}".format),
    statements.map("  +{}".format),
    statements.map("* {}".format),
    st.sampled_from(["", "  ", ".ends", "\t", "R1 a b 1k\r", "* \x0c", "x\u2028y"]),
)
texts = st.lists(lines, max_size=12).map(lambda parts: "".join(f"{line}\n" for line in parts))

DECK = """\
* title
M1 d g s b nmos40 w=108n ; the d drain
+ l=40n $ s is not the source here
X1 (a, b) cell w={1 + 2} // cell

R1 a b 'x y'
"""


def card(text: str) -> Card:
    (found,) = split_cards(text, "deck.cir")
    return found


def words(text: str) -> list[str]:
    return [word.text for word in card(text).words]


@given(texts)
def test_a_deck_that_ends_with_a_newline_comes_back_unchanged(text: str) -> None:
    assert text_of(split_cards(text, "deck.cir")) == text


def test_a_deck_without_a_last_newline_gets_one() -> None:
    assert text_of(split_cards("R1 a b 1k", "deck.cir")) == "R1 a b 1k\n"


@given(texts)
def test_every_card_knows_the_line_that_it_starts_on(text: str) -> None:
    source = text.split("\n")
    for found in split_cards(text, "deck.cir"):
        assert found.text.split("\n")[0] == source[found.line - 1]
        assert found.where == f"deck.cir:{found.line}"


@given(texts)
def test_a_word_stands_where_it_says(text: str) -> None:
    for found in split_cards(text, "deck.cir"):
        for word in found.words:
            # A quoted word may run over a continuation mark, which is blanked in it.
            assert len(found.text[word.start : word.end]) == len(word.text)
            if "\n" not in word.text:
                assert found.text[word.start : word.end] == word.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("R1 a b 1k", ["R1", "a", "b", "1k"]),
        ("r1 a b\n+ 1k", ["r1", "a", "b", "1k"]),
        ("M1 d g s b nmos w=1u l={2*x}", ["M1", "d", "g", "s", "b", "nmos", "w", "=", "1u", "l", "=", "{2*x}"]),
        ("B1 x 0 V='v(a) + 1'", ["B1", "x", "0", "V", "=", "'v(a) + 1'"]),
        ("V1 a 0 PULSE(0 1,2)", ["V1", "a", "0", "PULSE", "(", "0", "1", ",", "2", ")"]),
        ("R1 a b 1k ; c d", ["R1", "a", "b", "1k"]),
        ("R1 a b 1k $ c d", ["R1", "a", "b", "1k"]),
        ("R1 a b 1k // c d", ["R1", "a", "b", "1k"]),
        ("R1 a b $1k", ["R1", "a", "b"]),
        ("R1 a$ b 1k$x", ["R1", "a$", "b", "1k$x"]),
        ("R1 a b 1k \\\\\ntc=1", ["R1", "a", "b", "1k", "tc", "=", "1"]),
        (".include ../a//b.cir", [".include", "../a//b.cir"]),
        ("R1 a b ; c\n+ 1k ; d", ["R1", "a", "b", "1k"]),
        ("R1 a\n* b\n+ c 1k", ["R1", "a", "c", "1k"]),
        ("R1 a b\n\n  \n+ 1k", ["R1", "a", "b", "1k"]),
        ("* R1 a b 1k", []),
        ("   ", []),
    ],
)
def test_words_are_what_ngspice_sees(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_a_comment_between_two_statements_stays_a_card_of_its_own() -> None:
    assert [found.name for found in split_cards("R1 a b 1k\n* c\nR2 a b 1k\n", "deck.cir")] == ["r1", "", "r2"]


def test_the_name_of_a_card_is_in_lower_case() -> None:
    assert card("XCell1 a cell").name == "xcell1"


@pytest.mark.parametrize("place", [0, 1, 2])
def test_with_word_touches_nothing_else(place: int) -> None:
    found = [item for item in split_cards(DECK, "deck.cir") if item.words][place]
    for index, word in enumerate(found.words):
        edited = found.with_word(index, "NEW")
        assert edited.text == found.text[: word.start] + "NEW" + found.text[word.end :]
        assert (edited.source, edited.line) == (found.source, found.line)
        if word.text in "=(),":
            continue
        kept = [other.text for other in found.words]
        assert [other.text for other in edited.words] == [*kept[:index], "NEW", *kept[index + 1 :]]


def test_with_word_reaches_a_word_on_a_continuation_line() -> None:
    assert card("R1 a b\n* c\n+ 1k ; d\n").with_word(3, "2k").text == "R1 a b\n* c\n+ 2k ; d\n"


def test_generated_lines_are_cards_of_faultsim() -> None:
    cards = generated(["R1 a b 1", "R2 b 0 1"])
    assert text_of(cards) == "R1 a b 1\nR2 b 0 1\n"
    assert [item.where for item in cards] == ["faultsim:1", "faultsim:2"]


def test_includes_are_put_in_place_relative_to_the_file_that_names_them(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "top.cir").write_text("a title\n.include 'sub/one.cir'\nR4 a b 4\n")
    (tmp_path / "sub" / "one.cir").write_text('.INC "two.cir"\nR3 a b 3\n')
    (tmp_path / "sub" / "two.cir").write_text("R2 a b 2")
    cards = read_cards(tmp_path / "top.cir")
    assert text_of(cards) == "a title\nR2 a b 2\nR3 a b 3\nR4 a b 4\n"
    assert cards[2].where == f"{tmp_path / 'sub' / 'one.cir'}:2"


def test_a_file_may_be_included_twice_but_not_by_itself(tmp_path: Path) -> None:
    (tmp_path / "top.cir").write_text("title\n.include one.cir\n.include one.cir\n")
    (tmp_path / "one.cir").write_text("R1 a b 1\n")
    assert len(read_cards(tmp_path / "top.cir")) == 3


def test_every_include_that_does_not_work_is_said_at_once_with_file_and_line(tmp_path: Path) -> None:
    top, one, two = (tmp_path / name for name in ("top.cir", "one.cir", "two.cir"))
    top.write_text("* title\n.include gone.cir\n.include\n.include one.cir\n.include top.cir\n")
    one.write_text("\n.include two.cir\n")
    two.write_text(".include lost.cir\n.include one.cir\n")
    with pytest.raises(SpecError) as refused:
        read_cards(top)
    assert str(refused.value).splitlines() == [
        f"{top}:2: no file gone.cir (paths count from the including file)",
        f"{top}:3: .include names no file",
        f"{two}:1: no file lost.cir (paths count from the including file)",
        f"{two}:2: one.cir includes itself in a circle",
        f"{top}:5: top.cir includes itself in a circle",
    ]


def test_a_deck_that_is_not_there_or_not_text_is_refused(tmp_path: Path) -> None:
    binary = tmp_path / "binary.cir"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "none.cir", binary):
        with pytest.raises(SpecError, match="cannot be read: ") as refused:
            read_cards(path)
        assert str(refused.value).startswith(str(path))
