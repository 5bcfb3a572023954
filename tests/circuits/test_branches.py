"""The branch of an ``.if`` that ngspice takes is the one that counts; the others stay in the deck."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultsim.circuits.circuit import of_deck
from faultsim.circuits.deck import split_cards, text_of
from faultsim.circuits.reading import read_cards
from faultsim.errors import SpecError

VALUES = st.integers(0, 3)
CONDITIONS = st.builds("({} {} {})".format, st.sampled_from("ab"), st.sampled_from(["==", ">", "<=", "!="]), VALUES)


@st.composite
def branches(draw: st.DrawFn, depth: int = 0) -> list[str]:
    inner = draw(branches(depth + 1)) if depth < 2 and draw(st.booleans()) else []
    lines = [f".if {draw(CONDITIONS)}", f"r{depth} 1 0 1", *inner]
    lines += [
        line
        for value in draw(st.lists(VALUES, max_size=2))
        for line in (f".elseif (a == {value})", f"r{depth} 1 0 {value + 2}")
    ]
    return [*lines, ".else", f"r{depth} 1 0 9", ".endif"]


def ours(path: Path) -> dict[str, float]:
    return {device.path: device.values["r"] for device in of_deck(path).devices if "r" in device.values}


def ngspice_s(path: Path) -> dict[str, float]:
    told = path.with_suffix(".told")
    told.write_text(path.read_text().replace(".end\n", ".control\nlisting expand\n.endc\n.end\n"))
    done = subprocess.run(["ngspice", "-n", "-b", told], capture_output=True, text=True, check=False)
    return {
        name: float(value) for name, value in re.findall(r"^\s*\d+ : (r\S*) 1 0 (\S+)\s*$", done.stdout, re.MULTILINE)
    }


@settings(max_examples=40, deadline=None)
@given(lines=branches(), a=VALUES, b=VALUES)
def test_the_branch_that_counts_is_the_one_that_ngspice_takes(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], a: int, b: int
) -> None:
    path = tmp_path_factory.mktemp("branches") / "deck.cir"
    path.write_text("\n".join(["title", f".param a={a} b={b}", "v1 1 0 1", *lines, ".op", ".end"]) + "\n")
    assert text_of(read_cards(path)) == path.read_text()
    assert "r0" in ours(path)
    assert ours(path) == ngspice_s(path)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (".if (x > 1)\n.endif\n", "2: the condition '(x > 1)' cannot be worked out (define its parameters before it)"),
        (".endif\n", "2: .endif without .if (remove it)"),
        (".else\n", "2: .else without .if (remove it)"),
        (".if (1 == 1)\n", "2: .if without .endif (end it)"),
    ],
)
def test_what_is_wrong_with_a_branch_is_said(tmp_path: Path, lines: str, message: str) -> None:
    path = tmp_path / "deck.cir"
    path.write_text("title\n" + lines)
    with pytest.raises(SpecError) as refused:
        read_cards(path)
    assert str(refused.value) == f"{path}:{message}"


def test_a_subcircuit_chooses_by_its_defaults(tmp_path: Path) -> None:
    path = tmp_path / "deck.cir"
    path.write_text("t\n.subckt s x k=1\n.if (k == 1)\nr1 x 0 5\n.else\nr1 x 0 6\n.endif\n.ends\nx1 1 s\n")
    assert ours(path) == {"x1.r1": 5.0}
    assert split_cards(path.read_text(), "s")[0].text == "t\n"
