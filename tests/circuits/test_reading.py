"""A deck is read with its files in place; what a simulator would run, or read elsewhere, is refused unless trusted."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultsim.circuits import reading
from faultsim.circuits.circuit import of_deck
from faultsim.circuits.deck import split_cards, text_of
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.reading import is_part, read_cards
from faultsim.errors import SpecError

TRUST = "read it, and if you trust it say --trust"
CODE = f"is code that a simulator runs (remove it; or {TRUST})"
LIBRARY = """\
* a library of corners
.lib common
.param c=1
.endl common
.lib tt
.lib 'models.lib' common
.param corner=1
.endl tt
.LIB "FF"
.lib models.lib tt
.param corner=2
.endl
.lib circle
.lib models.lib circle
.endl
.param outside=1
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write files beside each other and return the first."""

    def written(**texts: str | bytes) -> Path:
        paths = [tmp_path / "decks" / name.replace("__", ".") for name in texts]
        for path, text in zip(paths, texts.values(), strict=True):
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text.encode() if isinstance(text, str) else text)
        return paths[0]

    return written


def read(path: Path, trust: bool = False) -> str:
    return text_of(read_cards(path, trust))


def active(path: Path, trust: bool = False) -> list[str]:
    """Return the statements that say something about the circuit."""
    return [card.text.strip() for card in read_cards(path, trust) if card.name]


def problems(path: Path, trust: bool = False) -> list[str]:
    """Return what is wrong with a deck, with the files by their names."""
    with pytest.raises(SpecError) as refused:
        read_cards(path, trust)
    return str(refused.value).replace(f"{path.parent}/", "").replace(str(path.parent), "HERE").splitlines()


# --- includes and library sections ---


@pytest.mark.parametrize("command", [".include", ".INC", ".inc", ".Include"])
@pytest.mark.parametrize(
    "name", ["part.inc", "'part.inc'", '"part.inc"', "./part.inc", "../decks/part.inc", "part.inc ; c"]
)
def test_an_include_is_put_in_place(write: Write, command: str, name: str) -> None:
    deck = write(top__cir=f"t\nR1 a 0 1\n{command} {name}\nR3 a 0 3\n", part__inc="R2 a 0 2\n")
    assert read(deck) == "t\nR1 a 0 1\nR2 a 0 2\nR3 a 0 3\n"


def test_an_include_may_be_named_on_the_next_line(write: Write) -> None:
    deck = write(top__cir="t\n.include\n+ 'part.inc'\n", part__inc="R2 a 0 2\n")
    assert read(deck) == "t\nR2 a 0 2\n"


def test_the_first_line_of_an_include_is_no_title(write: Write) -> None:
    deck = write(top__cir="R9 is a title\n.include part.inc\n", part__inc="R2 a 0 2\n")
    assert active(deck) == ["R2 a 0 2"]


def test_paths_count_from_the_file_that_names_them(tmp_path: Path, write: Write) -> None:
    deck = write(top__cir="t\n.include sub/one.inc\n")
    (deck.parent / "sub").mkdir()
    (deck.parent / "sub" / "one.inc").write_text(".include two.inc\n.include ../three.inc\n")
    (deck.parent / "sub" / "two.inc").write_text("R2 a 0 2\n")
    (deck.parent / "three.inc").write_text("R3 a 0 3\n")
    assert active(deck) == ["R2 a 0 2", "R3 a 0 3"]


@pytest.mark.parametrize(
    ("call", "parameters"),
    [
        (".lib models.lib tt", ["c=1", "corner=1"]),
        (".lib 'models.lib' TT", ["c=1", "corner=1"]),
        ('.LIB "models.lib" "tt" $ typical', ["c=1", "corner=1"]),
        (".lib models.lib\n+ common", ["c=1"]),
        (".lib models.lib ff", ["c=1", "corner=1", "corner=2"]),
        # Without a section it is an include: sections are not part of it.
        (".lib models.lib", ["outside=1"]),
        (".lib models.lib $ all of it", ["outside=1"]),
        (".include models.lib", ["outside=1"]),
    ],
)
def test_a_library_section_is_read_with_those_that_it_calls(write: Write, call: str, parameters: list[str]) -> None:
    deck = write(top__cir=f"t\n{call}\n", models__lib=LIBRARY)
    assert active(deck) == [f".param {parameter}" for parameter in parameters]


def test_a_section_of_the_deck_itself_says_nothing_until_it_is_called(write: Write) -> None:
    deck = write(top__cir="t\n.lib own\nR1 a 0 1\n.endl\nR2 a 0 2\n")
    assert active(deck) == ["R2 a 0 2"]
    assert read(deck) == deck.read_text()


@pytest.mark.parametrize(
    ("top", "expected"),
    [
        (".lib models.lib circle\n", ["models.lib:14: models.lib includes itself in a circle"]),
        (".lib models.lib ffx\n", ["models.lib: has no library section 'ffx' (did you mean ff?)"]),
        (
            ".lib models.lib xyz\n",
            ["models.lib: has no library section 'xyz' (known: circle, common, ff, tt)"],
        ),
        (".lib gone.lib tt\n", ["top.cir:2: no file gone.lib (paths count from the including file)"]),
        (".include .\n", ["top.cir:2: no file . (paths count from the including file)"]),
        (".include\n", ["top.cir:2: .include names no file"]),
        (".lib\n", ["top.cir:2: .lib names no file"]),
        (f".include {'x' * 5000}\n", [f"top.cir:2: no file {'x' * 5000} (paths count from the including file)"]),
        (
            ".include gone.inc\n.control\nrun\n.endc\n.include top.cir\n.lib models.lib mm\n",
            [
                "top.cir:2: no file gone.inc (paths count from the including file)",
                f"top.cir:3: .control {CODE}",
                "top.cir:6: top.cir includes itself in a circle",
                "models.lib: has no library section 'mm' (known: circle, common, ff, tt)",
            ],
        ),
    ],
)
def test_all_that_is_wrong_with_the_files_is_said_at_once_with_the_place(
    write: Write, top: str, expected: list[str]
) -> None:
    deck = write(top__cir=f"t\n{top}R1 a 0 1\n", models__lib=LIBRARY)
    assert problems(deck) == expected


def test_a_problem_in_a_file_that_is_included_twice_is_said_once(write: Write) -> None:
    deck = write(top__cir="t\n.include part.inc\n.include part.inc\n", part__inc="*# shell ls\n")
    assert problems(deck) == [f"part.inc:1: *# {CODE}"]


def test_files_that_include_each_other_without_end_are_given_up_early(tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"{number}.inc").write_text(f".include {number + 1}.inc\n" * 2)
    (tmp_path / "40.inc").write_text("R1 a 0 1\n")
    top = tmp_path / "top.cir"
    top.write_text("t\n.include 0.inc\n")
    (problem,) = problems(top)
    assert problem.endswith("more than 20,000 includes (do files include each other many times?)")


def test_a_deck_with_too_many_cards_is_given_up(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_MOST_CARDS", 1000)
    deck = write(top__cir="t\n" + ".include part.inc\n" * 20, part__inc="R1 a 0 1\n" * 100)
    assert problems(deck) == ["part.inc:89: more than 1,000 cards (do files include each other many times?)"]


def whole_problems(path: Path) -> list[str]:
    with pytest.raises(SpecError) as refused:
        of_deck(path)
    return str(refused.value).replace(f"{path.parent}/", "").splitlines()


def test_what_is_wrong_with_files_and_structure_is_said_at_once(write: Write) -> None:
    deck = write(top__cir="t\n*# shell ls\nR1 a 0 1\nR1 a 0 2\nX1 a b s\nX2 a nothing\n.subckt s p\nR1 p 0 1\n.ends\n")
    assert whole_problems(deck) == [
        f"top.cir:2: *# {CODE}",
        "top.cir:4: r1 is already defined at top.cir:3 (rename one)",
        "top.cir:5: x1 connects 2 nets; s has 1 ports (its ports are p)",
        "top.cir:6: no subcircuit 'nothing' (known: s)",
    ]


def test_what_a_missing_file_may_hold_is_not_said_to_be_missing(write: Write) -> None:
    deck = write(top__cir="t\n.include gone.inc\n.if (where==1)\n.endif\nX1 a 0 from_there\nR1 a 0 1\nR1 a 0 2\n")
    assert whole_problems(deck) == [
        "top.cir:2: no file gone.inc (paths count from the including file)",
        "top.cir:7: r1 is already defined at top.cir:6 (rename one)",
    ]


def test_a_definition_without_an_end_is_not_said_to_contain_itself(write: Write) -> None:
    deck = write(top__cir="t\n.subckt s p\nR1 p 0 1\nX1 a s\n")
    assert whole_problems(deck) == ["top.cir:2: .subckt s has no .ends (end it)"]


# --- bytes ---


def test_line_ends_of_another_system_stay(write: Write) -> None:
    deck = write(
        top__cir=b"t\r\nR1 a b\r\n+ 1k ; c\r\n.include part.inc\r\nX1 b s\r\n.subckt s p\r\nC1 p 0 1p\r\n.ends\r\n",
        part__inc=b"R2 b 0 2\r\n",
    )
    assert read(deck).encode() == deck.read_bytes().replace(b".include part.inc\r\n", b"R2 b 0 2\r\n")
    hierarchy = Hierarchy(read_cards(deck))
    assert [element.nets for element in hierarchy.inside[""]] == [("a", "b"), ("b", "0"), ("b",)]
    assert hierarchy.resolve("x1.c1").texts == {"c": "1p"}


def test_bytes_that_are_no_utf_8_come_out_as_they_went_in(write: Write) -> None:
    text = b"50 \xb5F of Andr\xe9\n* \xff\xfe\nR1 a 0 1\n"
    deck = write(top__cir=text)
    assert read(deck).encode("utf-8", "surrogateescape") == text


@pytest.mark.parametrize("data", ["t\nR1 a 0 1\n".encode("utf-16"), "t\n".encode("utf-16-le"), b"t\nR1 a \x00 1\n"])
@pytest.mark.parametrize("trust", [False, True])
def test_what_is_not_text_is_refused(write: Write, data: bytes, trust: bool) -> None:
    expected = "cannot be read: it is not text (save it as plain UTF-8)"
    assert problems(write(top__cir=data), trust) == [f"top.cir: {expected}"]
    assert problems(write(top__cir="t\n.include part.inc\n", part__inc=data), trust) == [f"part.inc: {expected}"]


def test_a_file_that_is_too_large_to_be_a_deck_is_refused(tmp_path: Path) -> None:
    deck = tmp_path / "large.cir"
    with deck.open("wb") as file:
        file.truncate(300_000_000)
    assert problems(deck) == ["large.cir: cannot be read: is larger than 256 MB"]


def test_a_folder_or_nothing_is_no_deck(tmp_path: Path) -> None:
    assert problems(tmp_path / "none.cir") == ["none.cir: cannot be read: No such file or directory"]
    (tmp_path / "folder.cir").mkdir()
    assert problems(tmp_path / "folder.cir") == ["folder.cir: cannot be read: Is a directory"]


@given(st.text(st.characters(exclude_categories=["Cs"])), st.booleans())
def test_the_cards_of_any_text_are_the_text(text: str, title: bool) -> None:
    cards = split_cards(text, "deck.cir", title)
    assert "".join(card.text for card in cards) == text
    assert [card.line for card in cards] == sorted(card.line for card in cards)
    assert all(card.text for card in cards)


@given(
    st.lists(st.sampled_from(["R1 a 0", "+ 1k", "+", "", "* c", "\\\\", "X \\\\", "$", " ; c", "\t", "=(", ")", "{"]))
)
def test_the_cards_of_continued_and_commented_lines_are_the_text(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert "".join(card.text for card in split_cards(text, "deck.cir")) == text


@given(st.binary(max_size=300).filter(lambda data: b"\0" not in data))
def test_bytes_survive_whatever_they_are(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    deck = tmp_path_factory.getbasetemp() / "bytes.cir"
    deck.write_bytes(data)
    try:
        cards = read_cards(deck, trust=True)
    except SpecError:
        return
    assert "".join(card.text for card in cards).encode("utf-8", "surrogateescape") == data


# --- the title ---


TITLES = ["", "a title", "* a title", ".title of a deck", "R1 is a resistor", "RC low pass", "Vdd is 1 V", "*# "]
TITLES += ["BSIM NMOS AC test", "CCCS poly(2) test", "X marks the spot", "in out"]


@pytest.mark.parametrize("title", TITLES)
def test_the_first_line_is_a_title(write: Write, title: str) -> None:
    deck = write(top__cir=f"{title}\nV1 in 0 AC 1\nR1 in out 1\nR2 out 0 1\nM1 in out 0 0 NMOS\n.model NMOS NMOS\n")
    if title.startswith("*#"):
        assert problems(deck) == [f"top.cir:1: *# {CODE}"]
        return
    assert read(deck) == deck.read_text()
    assert active(deck)[0] in ("V1 in 0 AC 1", ".title of a deck")
    assert not is_part(deck)


@pytest.mark.parametrize(
    "title", ["R9 in out 1k", "V9 in 0 1", ".param a=1", " .include x.inc", "x1 in out s", "D1 out 0 d"]
)
def test_a_first_line_that_would_be_missed_is_no_title(write: Write, title: str) -> None:
    deck = write(top__cir=f"{title}\nV1 in 0 AC 1\nR1 in out 1\nR2 out 0 1\n")
    message = f"top.cir:1: the first line of a deck is its title, and not read: {title.strip()}"
    assert problems(deck) == [f"{message} (put a title line before it)"]


@pytest.mark.parametrize("first", [".subckt s p", ".SUBCKT s p", "  .model nm nmos", ".param a=1"])
def test_a_file_that_begins_with_a_statement_is_part_of_another(write: Write, first: str) -> None:
    part = write(part__inc=f"{first}\nR1 a 0 1\n")
    assert is_part(part)
    assert not is_part(part.parent / "none.inc")
    assert read_cards(part, part=True)[0].name == first.split()[0].lower()


# --- what a simulator would run ---

RUNS = {
    "a control block": (".control\nshell touch ran\n.endc", ".control", 3),
    "indented": ("  .CoNtRoL\nshell touch ran\n.ENDC", ".control", 3),
    "with more behind it": (".controls ; all of them\nshell touch ran\n.endc", ".control", 3),
    "in a branch that is not taken": (".if (0)\n.control\nshell touch ran\n.endc\n.endif", ".control", 4),
    "behind the end": (".end\n.control\nshell touch ran\n.endc", ".control", 4),
    "a comment": ("*# shell touch ran", "*#", 3),
    "an indented comment": (" \t*# shell touch ran", "*#", 3),
}
REFUSED_TOO = {
    "a comment in a card": ("R2 a 0\n*# shell touch ran\n+ 1k", "*#", 3),
    "a section that nobody calls": (".lib a\n.control\nshell touch ran\n.endc\n.endl", ".control", 4),
    "shell": ("shell touch ran", "shell", 3),
    "system": ("SYSTEM touch ran", "SYSTEM", 3),
    "write": ("write ran a", "write", 3),
    "wrdata": ("wrdata ran a", "wrdata", 3),
    "source": ("source other.cir", "source", 3),
    "a script": ("*ng_script\nshell touch ran", "*ng_script", 3),
}


def deck_of(code: str) -> str:
    return f"t\nV1 a 0 1\n{code}\nR1 a 0 1\n.op\n.end\n"


@pytest.mark.parametrize("case", [*RUNS, *REFUSED_TOO])
def test_code_is_refused_with_its_place_and_what_to_do(write: Write, case: str) -> None:
    code, word, line = (RUNS | REFUSED_TOO)[case]
    assert problems(write(top__cir=deck_of(code)))[0] == f"top.cir:{line}: {word} {CODE}"
    assert problems(write(top__cir="t\n.include part.inc\n", part__inc=deck_of(code)))[0].startswith("part.inc:")


@pytest.mark.parametrize("case", [*RUNS, *REFUSED_TOO])
def test_code_that_is_trusted_is_kept_byte_for_byte_and_never_run(
    write: Write, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    code, _, _ = (RUNS | REFUSED_TOO)[case]
    deck = write(top__cir=deck_of(code))
    monkeypatch.chdir(deck.parent)
    assert read(deck, trust=True) == deck.read_text()
    names = [name for _, name in Hierarchy(read_cards(deck, trust=True)).elements]
    assert set(names) <= {"v1", "r1", "r2"}
    assert ("r2" in names) == ("R2" in code)
    assert [path.name for path in deck.parent.iterdir()] == ["top.cir"]


@pytest.mark.parametrize("case", RUNS)
def test_what_is_refused_is_what_ngspice_runs(write: Write, case: str) -> None:
    deck = write(top__cir=deck_of(RUNS[case][0]))
    subprocess.run(["ngspice", "-n", "-b", deck.name], cwd=deck.parent, capture_output=True, timeout=20, check=False)
    assert (deck.parent / "ran").exists()


@pytest.mark.parametrize("first", ["*ng_script", "*NG_SCRIPT", "*ng_script_with_params"])
def test_a_script_is_no_deck(write: Write, first: str) -> None:
    deck = write(top__cir=f"{first}\nshell touch ran\n")
    assert problems(deck) == [f"top.cir:1: *ng_script {CODE}", f"top.cir:2: shell {CODE}"]
    subprocess.run(["ngspice", "-n", "-b", deck.name], cwd=deck.parent, capture_output=True, timeout=20, check=False)
    assert (deck.parent / "ran").exists()


def test_everything_that_is_code_is_said_at_once(write: Write) -> None:
    code = "*# a\nshell b\n.control\nrun\nshell c\n.endc\n*ng_script\n.include part.inc"
    deck = write(top__cir=deck_of(code), part__inc="source d\n")
    assert problems(deck) == [
        f"{place} {CODE}"
        for place in (
            "top.cir:3: *#",
            "top.cir:4: shell",
            "top.cir:5: .control",
            "top.cir:9: *ng_script",
            "part.inc:1: source",
        )
    ]


@pytest.mark.parametrize(
    "line", ["* # x", "**#", "*ngscript", "R1 a 0 1 ; *# x", "$ .control", "* .control", "shell1 a 0 1"]
)
def test_a_comment_is_no_code(write: Write, line: str) -> None:
    assert read(write(top__cir=f"t\nV1 a 0 1\n{line}\nR2 a 0 1\n")).splitlines()[2] == line


# --- files elsewhere ---


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    path = tmp_path / "elsewhere" / "secret.inc"
    path.parent.mkdir()
    path.write_text("R2 a 0 2\n")
    return path


def outside(line: int, name: str) -> str:
    return f"top.cir:{line}: {name} lies outside of HERE (move it there, or {TRUST})"


@pytest.mark.parametrize("command", [".include {}", ".lib {}", ".lib {} tt", ".inc '{}'"])
def test_a_file_outside_of_the_deck_s_folder_is_refused_and_read_if_trusted(
    write: Write, elsewhere: Path, command: str
) -> None:
    deck = write(top__cir="")
    elsewhere.write_text(".lib tt\nR2 a 0 2\n.endl\n" if "tt" in command else "R2 a 0 2\n")
    for name in ("../elsewhere/secret.inc", str(elsewhere)):
        deck.write_text(f"t\nR1 a 0 1\n{command.format(name)}\n")
        assert problems(deck) == [outside(3, name)]
        assert active(deck, trust=True) == ["R1 a 0 1", "R2 a 0 2"]


def test_a_link_that_leads_outside_is_refused(write: Write, elsewhere: Path) -> None:
    deck = write(
        top__cir="t\n.include link.inc\n.include folder/secret.inc\n.include inside.inc\n", part__inc="R1 a 0 1\n"
    )
    (deck.parent / "link.inc").symlink_to(elsewhere)
    (deck.parent / "folder").symlink_to(elsewhere.parent)
    (deck.parent / "inside.inc").symlink_to("part.inc")
    assert problems(deck) == [outside(2, "link.inc"), outside(3, "folder/secret.inc")]
    assert active(deck, trust=True) == ["R2 a 0 2", "R2 a 0 2", "R1 a 0 1"]


def test_a_copy_of_all_circuits_under_another_name_is_to_be_called_as_it_was(tmp_path: Path) -> None:
    for name in ("mine/networks", "mine/cells", "elsewhere"):
        (tmp_path / name).mkdir(parents=True)
    deck = tmp_path / "mine" / "networks" / "net.cir"
    deck.write_text("t\n.include ../cells/cell.cir\n.include ../../elsewhere/cell.cir\n")
    copied, other = problems(deck)
    outside = "lies outside of HERE"
    rename = f"name the copied folder circuits, as it was, in place of mine; or move it there, or {TRUST}"
    assert copied.endswith(f"{outside} ({rename})")
    assert other.endswith(f"{outside} (move it there, or {TRUST})")


def test_links_in_a_circle_are_no_file(write: Write) -> None:
    deck = write(top__cir="t\n.include one.inc\n")
    (deck.parent / "one.inc").symlink_to("two.inc")
    (deck.parent / "two.inc").symlink_to("one.inc")
    assert problems(deck)[0].startswith("top.cir:2: ")


def test_an_include_of_an_include_is_no_way_out(write: Write, elsewhere: Path) -> None:
    deck = write(top__cir="t\n.include sub/one.inc\n")
    (deck.parent / "sub").mkdir()
    (deck.parent / "sub" / "one.inc").write_text(".include ../../elsewhere/secret.inc\n")
    assert problems(deck) == [outside(1, "../../elsewhere/secret.inc").replace("top.cir", "sub/one.inc")]


@pytest.mark.parametrize("key", ["file", "input_file", "state_file", "table_filename", "FILE"])
@pytest.mark.parametrize("quotes", ['"{}"', "'{}'", "{}"])
def test_a_model_that_reads_a_file_elsewhere_is_refused(write: Write, elsewhere: Path, key: str, quotes: str) -> None:
    name = quotes.format("../elsewhere/secret.inc")
    deck = write(
        top__cir=f"t\n.model m filesource ({key}={name} amploffset=[0])\n.model n filesource ({key}=near.txt)\n"
    )
    assert problems(deck) == [outside(2, "../elsewhere/secret.inc")]
    assert read(deck, trust=True) == deck.read_text()


def test_a_deck_in_a_folder_of_circuits_may_include_from_all_of_it(tmp_path: Path) -> None:
    for name in ("circuits/networks", "circuits/cells", "other"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "circuits" / "cells" / "cell.cir").write_text("R1 a 0 1\n")
    (tmp_path / "other" / "cell.cir").write_text("R1 a 0 1\n")
    deck = tmp_path / "circuits" / "networks" / "net.cir"
    deck.write_text("t\n.include ../cells/cell.cir\n")
    assert active(deck) == ["R1 a 0 1"]
    deck.write_text("t\n.include ../../other/cell.cir\n")
    (problem,) = problems(deck)
    assert problem.endswith(f"lies outside of {tmp_path / 'circuits'} (move it there, or {TRUST})")
