"""An expression has the value that ngspice gives it; one that has none is nobody's error."""

from __future__ import annotations

import math
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultsim.circuits.circuit import Circuit
from faultsim.circuits.deck import split_cards
from faultsim.circuits.formula import NoValue, parse_formula
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.parameters import Values, evaluate
from tests.decks.ngspice import expanded

PARAMETERS = {"a": "2", "b_2": "3.5", "c": "-1.5", "z": "0", "wide": "1u"}
HERE = Values(PARAMETERS)
# mil and atto stand for something else between ngspice's braces: 10mil are ten milli there, and 2a is 2.
NUMBERS = st.builds(
    "{}{}{}".format,
    st.sampled_from(["0", "1", "2", "3", "7.5", ".5", "5.", "0.25", "12"]),
    st.sampled_from(["", "", "", "e0", "e2", "E+1", "e-3"]),
    st.sampled_from(["", "", "", "k", "K", "meg", "MEG", "m", "M", "u", "n", "p", "f", "g", "t", "kohm", "megx", "s"]),
)
NAMES = st.sampled_from([*PARAMETERS, "A", "Wide"])
SMALL = st.sampled_from(["0", "1", "2", "3", "7.5", ".5", "5.", "25m", "1k", "3E+1"])
INTEGERS = st.integers(1, 30)
# Where an operator or a function has no value, or hardly one, it is a matter of the simulator what becomes of it.
TAME = ["+", "-", "*", "==", "!=", "<>", "<", ">", "<=", ">=", "&&", "||", " + ", " - ", " * "]
TAME_OF_ONE = ["({})", "(-{})", "(- {})", "(!{})", "{}/3", "{}**2", "{}^3", "{} ** 0.5^2", "abs({})", "atan({})"]
TAME_OF_ONE += ["arctan({})", "tanh({})", "sin({})", "cos({})", "floor({})", "ceil({})", "int({})", "nint({})"]
TAME_OF_ONE += ["sgn({})", "sqr({})", "asinh({})", "sqrt(abs({}))", "ln(1+abs({}))", "log(1+abs({}))"]
TAME_OF_ONE += ["log10(1+abs({}))", "exp(min(5,{}))", "pow({},3)", "pwr({},2)", "pow(abs({}),0.5)", "ABS({})"]
WILD = [*TAME, "/", "**", "^", " ** "]
WILD_OF_ONE = [*TAME_OF_ONE, "sqrt({})", "exp({})", "ln({})", "log({})", "log10({})", "tan({})", "asin({})", "acos({})"]
WILD_OF_ONE += ["sinh({})", "cosh({})", "acosh({})", "atanh({})", "pow(2,{})", "pwr(-2,{})"]


@st.composite
def expressions(draw: st.DrawFn, wild: bool, depth: int = 3) -> str:
    """Write expressions as ngspice takes them: a sign in front of a name only where a bracket opens."""

    def inner() -> str:
        return draw(expressions(wild, depth - 1))

    match draw(st.integers(0, 7 if depth else 2)):
        case 0:
            return draw(NUMBERS if wild else SMALL)
        case 1:
            return draw(NAMES)
        case 2:
            return f"({draw(INTEGERS)}%{draw(INTEGERS)})"
        case 3 | 4:
            return inner() + draw(st.sampled_from(WILD if wild else TAME)) + inner()
        case 5:
            return draw(st.sampled_from(WILD_OF_ONE if wild else TAME_OF_ONE)).format(inner())
        case 6:
            return f"{draw(st.sampled_from(['min', 'max', 'MAX']))}({inner()}, {inner()})"
        case _:
            # ngspice loses one choice in another that has no brackets.
            form = draw(st.sampled_from(["({} ? {} : {})", "(({})?{}:{})", "ternary_fcn({},{},{})"]))
            return form.format(inner(), inner(), inner())


def ngspice_s(folder: Path, expressions: list[str]) -> list[float]:
    """Return what ngspice makes of each; as a model's parameter it may be no number without harm to the others."""
    given = " ".join(f"{name}={value}" for name, value in PARAMETERS.items())
    lines = ["title", f".param {given}"]
    for number, expression in enumerate(expressions):
        lines += [f"D{number} 1 0 m{number}", f".model m{number} d is={{{expression}}}"]
    cards = {words[1]: words for words in expanded(folder, "\n".join([*lines, "R1 1 0 1", ""])) if words[0] == ".model"}
    return [float(cards[f"m{number}"][4]) for number in range(len(expressions))]


def close(our: float | None, their: float) -> bool:
    return our is not None and math.isclose(our, their, rel_tol=1e-9, abs_tol=1e-12)


@settings(max_examples=200, deadline=None)
@given(texts=st.lists(expressions(wild=False), min_size=8, max_size=24))
def test_an_expression_has_the_value_that_ngspice_gives_it(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    for text, their in zip(texts, ngspice_s(tmp_path_factory.getbasetemp(), texts), strict=True):
        our = evaluate(f"{{{text}}}", HERE)
        assert close(our, their), f"{text}: {our}, ngspice {their}"


@settings(max_examples=200, deadline=None)
@given(texts=st.lists(expressions(wild=True), min_size=8, max_size=24))
def test_what_has_no_value_in_ngspice_has_none_and_no_other_value_is_made_up(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    for text, their in zip(texts, ngspice_s(tmp_path_factory.getbasetemp(), texts), strict=True):
        our = evaluate(f"{{{text}}}", HERE)
        assert our is None or close(our, their), f"{text}: {our}, ngspice {their}"
