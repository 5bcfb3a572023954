"""Functions of a deck: what stands in the place of their calls has the value that they have."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from faultsim import library
from faultsim.circuits.deck import Cards, split_cards, text_of
from faultsim.circuits.functions import inlined
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.parameters import Values
from faultsim.magnetics import demagnetising_factors
from tests.decks.ngspice import expanded


def deck(*lines: str) -> Cards:
    return split_cards("\n".join(["title", *lines, ""]), "deck.cir", title=True)


def value(cards: Cards, name: str = "y") -> float | None:
    """Return what a parameter of the top level is without the functions."""
    return Values().inside(Hierarchy(inlined(cards)), None).value(name)


# What is written, and what y is.
CALLS = {
    "one argument": ([".func twice(a) {2*a}", ".param y={1+twice(3)*2}"], 13),
    "several arguments": ([".func f(a,b,c) {a-b/c}", ".param y={f(1, 6, 3)}"], -1),
    "arguments that are formulas": ([".func f(a,b) {a*b}", ".param x=2 y={f(x+1, (x-5)*(x+1))}"], -27),
    "arguments in brackets of others": ([".func f(a,b) {a-b}", ".param y={f(max(1,2), min(3,4))}"], -1),
    "a call in a call": ([".func f(a,b) {a-b}", ".param y={f(f(5,2), f(1,f(7,3)))}"], 6),
    "functions of functions": ([".func g(a) {h(a)+1}", ".func h(b) {b*b}", ".param y={g(3)}"], 10),
    "names that change places": ([".func f(a,b) {g(b,a)}", ".func g(a,b) {a-b}", ".param y={f(1,10)}"], 9),
    "an argument named as a parameter": ([".func f(x) {10*x}", ".param x=2 y={f(x+1)+x}"], 32),
    "a parameter in the body": ([".func f(a) {a*x}", ".param x=4 y={f(3)}"], 12),
    "functions that all decks have": ([".func f(a) {sqrt(a)+abs(-a)}", ".param y={f(4)}"], 6),
    "one name in another": ([".func f(a) {a+1}", ".func ff(a,aa) {a*f(aa)}", ".param y={ff(2,3)+f(1)}"], 10),
    "capitals": ([".FUNC Twice(A) {2*a}", ".PARAM Y={TWICE(3)+twice(1)}"], 8),
    "continuation lines": ([".func f(a,", "+ b) {a +", "* a comment", "+ b}", ".param", "+ y={f(1,", "+ 2)}"], 3),
    "an equals sign": ([".func f(a) = {a+1}", ".param y={f(2)}"], 3),
    "quotes": ([".func f(a) 'a+1'", ".param y='f(2)'"], 3),
    "neither braces nor quotes": ([".func f(a) a+1", ".param y=f(2)"], 3),
    "blanks": ([".func  f ( a , b )  { a - b }", ".param y = { f ( 3 , 1 ) }"], 2),
    "several parameters on a card": ([".func f(a) {a+1}", ".param u={f(1)} y={f(u)} w={f(y)}"], 3),
    "the function behind its call": ([".param y={f(2)}", ".func f(a) {a+1}"], 3),
}


@pytest.mark.parametrize("case", CALLS)
def test_a_call_is_worth_what_the_function_says(case: str) -> None:
    lines, expected = CALLS[case]
    assert value(deck(*lines)) == pytest.approx(expected, rel=1e-12)


def test_ngspice_has_the_same_values(tmp_path: Path) -> None:
    for lines, expected in CALLS.values():
        cards = expanded(tmp_path, text_of(deck(*lines, "r1 1 0 {10+y}")))
        [resistor] = [words for words in cards if words[0] == "r1"]
        assert float(resistor[3]) == pytest.approx(10 + expected, rel=1e-9)


def test_a_deck_without_functions_is_left_as_it_is() -> None:
    cards = deck(".param y={sqrt(4)}", "r1 1 0 {y}")
    assert inlined(cards) is cards


def test_cards_without_a_call_are_left_as_they_are() -> None:
    lines = [".func f(a) {a+1}", ".param  x = 1", "r1 1 0 {f(2)}", ".param y={F(x)} z={ sqrt(X) }", "* f(2)"]
    before, after = deck(*lines), inlined(deck(*lines))
    assert [old == new for old, new in zip(before, after, strict=True)] == [True] * 4 + [False, True]
    assert "z={ sqrt(X) }" in after[4].text


@pytest.mark.parametrize("body", ["f(a-1)", "1+f(a)", "g(a)", "a > 0 ? f(a-1) : 0"])
def test_a_function_that_calls_itself_has_no_value_and_harms_no_other(body: str) -> None:
    cards = deck(f".func f(a) {{{body}}}", ".func g(a) {f(a)}", ".func h(a) {a+1}", ".param y={f(3)} z={h(3)}")
    assert value(cards, "y") is None
    assert value(cards, "z") == 4


@pytest.mark.parametrize("written", ["f(2", "f", "nobody_s(2)", "f(nobody_s(1))"])
def test_what_is_no_call_has_no_value(written: str) -> None:
    assert value(deck(".func f(a) {a+1}", f".param y={{{written}}}")) is None


def test_parameters_of_a_subcircuit_call_them_too() -> None:
    lines = [".func f(a,b) {a*b}", "x1 1 cell w=3", ".subckt cell p w=1", ".param y={f(w,2)}", "r1 p 0 {y}", ".ends"]
    hierarchy = Hierarchy(inlined(deck(*lines)))
    values = Values().inside(hierarchy, None).inside(hierarchy, hierarchy.resolve("x1"))
    assert values.value("y") == 6


def turned(shape: tuple[float, float, float]) -> list[str]:
    """Return the edges as arguments, with that of each axis last in its turn."""
    return [",".join(map(repr, (*shape[axis + 1 :], *shape[: axis + 1]))) for axis in range(3)]


def shapes_nm() -> list[tuple[float, float, float]]:
    drawn = np.exp(np.random.default_rng(3).uniform(0, 4, size=(12, 3)))
    return [(45, 45, 1.3), (60, 40, 0.45), (1, 1, 1), *map(tuple, drawn.tolist())]


@pytest.mark.parametrize("shape_nm", shapes_nm(), ids=lambda shape: "x".join(f"{edge:.3g}" for edge in shape))
def test_the_prism_s_factors_are_those_of_the_reference(shape_nm: tuple[float, float, float]) -> None:
    prism = (library.root() / "circuits" / "devices" / "prism.cir").read_text()
    lines = [f".param n{axis}={{demag_z({edges})}}" for axis, edges in enumerate(turned(shape_nm))]
    cards = deck(*prism.splitlines(), *lines)
    found = [value(cards, f"n{k}") for k in range(3)]
    assert found == pytest.approx(demagnetising_factors(*shape_nm), rel=1e-9)
