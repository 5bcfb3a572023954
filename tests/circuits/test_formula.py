"""An expression has the value that ngspice gives it; one that has none is nobody's error."""

from __future__ import annotations

import math
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
from tests.examples import examples

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


@settings(max_examples=examples(70), deadline=None)
@given(texts=st.lists(expressions(wild=False), min_size=8, max_size=24))
def test_an_expression_has_the_value_that_ngspice_gives_it(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    for text, their in zip(texts, ngspice_s(tmp_path_factory.getbasetemp(), texts), strict=True):
        our = evaluate(f"{{{text}}}", HERE)
        assert close(our, their), f"{text}: {our}, ngspice {their}"


@settings(max_examples=examples(70), deadline=None)
@given(texts=st.lists(expressions(wild=True), min_size=8, max_size=24))
def test_what_has_no_value_in_ngspice_has_none_and_no_other_value_is_made_up(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    for text, their in zip(texts, ngspice_s(tmp_path_factory.getbasetemp(), texts), strict=True):
        our = evaluate(f"{{{text}}}", HERE)
        assert our is None or close(our, their), f"{text}: {our}, ngspice {their}"


@settings(max_examples=examples(60), deadline=None)
@given(numbers=st.lists(NUMBERS, min_size=5, max_size=40))
def test_a_number_is_the_same_with_and_without_braces(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[str]
) -> None:
    for number, their in zip(numbers, ngspice_s(tmp_path_factory.getbasetemp(), numbers), strict=True):
        assert close(evaluate(number, HERE), their), number
        assert close(evaluate(f"{{{number}}}", HERE), their), number
        assert close(evaluate(f"'{number}'", HERE), their), number


@pytest.mark.parametrize(
    "card",
    [
        "R1 1 0 {a*2}",
        "R1 1 0 'a*2'",
        "R1 1 0 { a * 2 }",
        "R1 1 0 r={a*2}",
        "R1 1 0 R = 'a * 2'",
        "R1 1 0 r=a*2",
        "R1 1 0 r=(a+b_2)*2",
        "R1 1 0 r = max(a, b_2)",
        "R1 1 0 a",
        "R1 1 0 4k",
        "R1 1 0 4k tc1=1m",
        "R1 1 0 r=4k tc1={a}",
        "R1 1 0\n+ {a\n+ *2}",
        ".param d=(a+1)*2\nR1 1 0 {d}",
        ".param d = max( a , 3 )\nR1 1 0 {d}",
        ".param d={a} e='d*2' f = e\nR1 1 0 {f}",
        ".param d={e}\nR1 1 0 {d}\n.param e=7",
        ".params d=7\nR1 1 0 {d}",
        ".Parameters d=7\nR1 1 0 {d}",
        "X1 1 s k=(a+1)*2\n.subckt s p k=1\nR1 p 0 {k}\n.ends",
        "X1 1 s k=max(a,7)\n.subckt s p k=1\nR1 p 0 {k}\n.ends",
        "X1 1 s k='a + 1'\n.subckt s p k=1\nR1 p 0 {k}\n.ends",
        "X1 1 s params: k = {a}\n.subckt s p params: k=1\nR1 p 0 {k}\n.ends",
        "X1 1 s\n.subckt s p k=(a+1)*2\nR1 p 0 {k}\n.ends",
        "X1 1 s k=4\n.subckt s p k=3 j={k*2}\nR1 p 0 {j}\n.ends",
        "X1 1 s k=4\n.subckt s p k=3\n.param k=7\nR1 p 0 {k}\n.ends",
        "X1 1 s a=4\n.subckt s p\n.param a=9\nR1 p 0 {a}\n.ends",
        "X1 1 s a=4\n.subckt s p a=1\nX2 p t\n.ends\n.subckt t p\nR1 p 0 {a}\n.ends",
        "X1 1 s a={a*3}\n.subckt s p a=1\nX2 p t a={a+1}\n.ends\n.subckt t p a=7\nR1 p 0 {a}\n.ends",
        "X1 1 s\n.subckt s p\n.param v={a*2} a=5\nR1 p 0 {v}\n.ends",
        # Numbers are known first, then what others name, then what stands first; else the outer one is meant.
        "X1 1 s k={j} j=9\n.subckt s p k=1 j=2\nR1 p 0 {k}\n.ends",
        "X1 1 s k={a}\n.subckt s p k=1 a=7\nR1 p 0 {k}\n.ends",
        "X1 1 s k={a}\n.subckt s p k=1 a={b_2}\nR1 p 0 {k}\n.ends",
        "X1 1 s k={a}\n.subckt s p k={a+1}\n.param a={b_2}\nR1 p 0 {k}\n.ends",
        "X1 1 s a={b_2} b_2={a+10}\n.subckt s p b_2=2 a=1\nR1 p 0 {a}\n.ends",
        "X1 1 s a={b_2} b_2={a+10}\n.subckt s p a=2 b_2=1\nR1 p 0 {b_2}\n.ends",
        "X1 1 s a={b_2+1}\n.subckt s p b_2={a*100} a=2\nR1 p 0 {b_2}\n.ends",
        "X1 1 s\n.subckt s p k={a}\n.param a={a*5}\nR1 p 0 {k}\n.ends",
        "X1 1 s\n.subckt s p k={j} i={k} j={a}\nR1 p 0 {i}\n.ends",
        "X1 1 t a=7\n.subckt t p a=1 b_2=3\nX2 p s a={b_2} b_2={a}\n.ends\n.subckt s p a=1 b_2=1\nR1 p 0 {b_2}\n.ends",
        "X1 1 s\n.subckt s p k=2 k=4\n.param j=1\n.param j={k}\nR1 p 0 {j}\n.ends",
        ".param a=6\n.param d={a}\n.param a=8\nR1 1 0 {d}",
    ],
)
def test_a_resistor_has_the_value_that_ngspice_gives_it_wherever_the_expression_stands(
    tmp_path: Path, card: str
) -> None:
    text = f"title\n.param {' '.join(f'{name}={value}' for name, value in PARAMETERS.items())}\n{card}\n"
    cards = split_cards(text, "deck.cir", title=True)
    (device,) = Circuit("deck", cards, Hierarchy(cards)).devices
    (words,) = (words for words in expanded(tmp_path, text) if words[0].startswith("r"))
    their = evaluate(next(word for word in words[3:] if word != "r=").removeprefix("r="), Values())
    assert their is not None
    assert close(device.values["r"], their)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # LTspice writes the sign; decks were saved in any encoding.
        ("1µ", 1e-6),
        ("{2µ}", 2e-6),
        # What stands behind the letter says nothing.
        ("4k7", 4e3),
        ("1meg5", 1e6),
        (b"3\xb5".decode("utf-8", "surrogateescape"), 3e-6),
        # Statistics are worked out at the middle.
        ("{agauss(5, 1, 3)*2}", 10.0),
        ("{gauss(5,0.1,3)}", 5.0),
        ("{aunif(5,1)}", 5.0),
        ("{unif(5,1)}", 5.0),
        ("{limit(5,1)}", 5.0),
        ("{a}", 2.0),
        ("{a >= 2 && b_2 != 3}", 1.0),
    ],
)
def test_what_decks_from_elsewhere_write_has_a_value(text: str, value: float) -> None:
    assert evaluate(text, HERE) == value


NOTHING = [
    "",
    "{}",
    "''",
    "(",
    ")",
    "(1",
    "1)",
    "1 2",
    "a b",
    "1+",
    "*1",
    "max(",
    "max()",
    "max(1,",
    "abs(1,2,3)",
    "sqrt()",
]
NOTHING += [
    "nosuch",
    "nosuch(1)",
    "v(out)",
    "1/0",
    "{a/z}",
    "ln(0)",
    "sqrt(-1)",
    "acos(2)",
    "10**1000",
    "1e400",
    "exp(1e9)",
]
NOTHING += [
    "1?2",
    "1?2:",
    "1?:2",
    "?1:2",
    "a=2",
    "{a}+{b}",
    "a..b",
    "1.5.2",
    "&1",
    "1&2",
    "@x",
    "#",
    "\x00",
    "İ",
    "²",
    "1²",
]
NOTHING += ["pow(-8,0.5)", "pwr(0,-1)", "z**-1", "int(1e400)", "nint(exp(1e9))", "7%0", "log10(-1)", "ternary_fcn(1,2)"]


@pytest.mark.parametrize("text", NOTHING)
def test_what_is_no_expression_or_has_no_value_gives_none(text: str) -> None:
    assert evaluate(text, HERE) is None


def test_a_parameter_that_is_defined_by_itself_has_no_value() -> None:
    values = Values({"a": "{b}", "b": "{a+1}", "c": "{c}", "d": "{d*2}", "e": "5"})
    assert [values.value(name) for name in "abcde"] == [None, None, None, None, 5.0]


TOKENS = st.sampled_from([*"+-*/%^()<>!?:,.{}'\"&|=~ ", "**", "==", "&&", "||", "1", "2k", "a", "z", "max(", "e", "1e"])


@settings(max_examples=examples(600), deadline=None)
@given(text=st.one_of(st.text(max_size=40), st.lists(TOKENS, max_size=30).map("".join)))
def test_any_text_has_a_value_or_none_and_is_never_an_error(text: str) -> None:
    value = evaluate(text, HERE)
    assert value is None or math.isfinite(value)
    try:
        parse_formula(text.lower())
    except NoValue:
        assert value is None


@pytest.mark.parametrize(
    "piece", ["(", "-", "!", "1+", "1**", "1?", "1?1:", "max(1,", "{", "a*", "1", "1e", "(1)+", " "]
)
def test_an_expression_of_any_length_is_worked_out_or_not(piece: str) -> None:
    for text in (piece * 20_000, piece * 20_000 + "1" + ")" * 20_000):
        value = evaluate(text, HERE)
        assert value is None or math.isfinite(value)


@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_an_angle_whose_last_bits_decide_has_no_sine(name: str) -> None:
    assert evaluate(f"{{{name}(1/3f)}}", HERE) is None
    assert evaluate(f"{{{name}(1e9)}}", HERE) is not None
