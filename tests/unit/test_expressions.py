"""The language of observables: hand-computed values, and nothing but observables gets in."""

from __future__ import annotations

import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultsim.spice.expressions import FUNCTIONS, ExpressionError, Value, check, evaluate, looks_until
from faultsim.spice.waveform import Waveform

# Two triangles, 2 and 4 high; a window around each.
OUT = Waveform(np.array([0.0, 1.0, 2.0, 3.0, 4.0]), np.array([0.0, 2.0, 0.0, 4.0, 0.0]))
NAMES = {
    "out": OUT,
    "vdd": 2.0,
    "strobe": [(0.0, 2.0), (2.0, 4.0)],
    "mid": [1.0, 3.0],
    "late": [(2.5, 3.5)],
    "early": [(2.0, 3.0)],
    "thirds": [1.0, 2.0, 3.0],
}
KNOWN = dict.fromkeys(NAMES, "")

TOKENS = ["(", ")", ",", "+", "-", "**", "/", "//", "<", "==", " and ", " not ", " if ", " else ", "0", "1", "9", "1e9"]
TOKENS += ["out", "vdd", "strobe", "mid", "nth(", "any(", "at(", "rises(", "mean(", "first(", "[", "]", ".", ":", "'"]

expressions = st.text(max_size=40) | st.lists(st.sampled_from(TOKENS), max_size=12).map("".join)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2*3 - vdd/4", 6.5),
        ("-vdd", -2.0),
        ("vdd**3", 8.0),
        ("vdd > 1", True),
        ("1 < vdd < 2", False),
        ("not vdd > 1", False),
        ("vdd > 1 and vdd < 1", False),
        ("vdd > 1 or vdd < 1", True),
        ("mid - 1", [0.0, 2.0]),
        ("mid * 2", [2.0, 6.0]),
        ("mid + mid", [2.0, 6.0]),
        ("at(out, 0.25)", 0.5),
        ("at(out, mid)", [2.0, 4.0]),
        ("at(out, mid) > 3", [False, True]),
        ("abs(at(out, mid) - 3)", [1.0, 1.0]),
        ("highest(out, strobe)", [2.0, 4.0]),
        ("lowest(out, late)", [2.0]),
        ("mean(out, strobe)", [1.0, 2.0]),
        ("mean(out, late)", [3.0]),
        ("rises(out, 3, strobe)", [False, True]),
        ("rises(out, vdd/2, early)", [True]),
        ("falls(out, vdd/2, early)", [False]),
        ("falls(out, vdd/2, strobe)", [True, True]),
        ("rise_times(out, vdd/2, strobe)", [0.5, 2.25]),
        ("rise_times(out, 3, strobe)", [None, 2.75]),
        ("fall_times(out, 1, strobe)", [1.5, 3.75]),
        ("rises(out, 3, strobe) and vdd > 1", [False, True]),
        ("any(rises(out, 3, strobe))", True),
        ("all(rises(out, 3, strobe))", False),
        ("count(rises(out, 3, strobe))", 1),
        ("first(rises(out, 3, strobe))", 2),
        ("first(rises(out, 9, strobe))", None),
        ("nth(at(out, mid), 2)", 4.0),
        ("earliest(rise_times(out, 3, strobe)) - 2", 0.75),
        ("earliest(rise_times(out, 9, strobe))", None),
        ("smallest(at(out, mid))", 2.0),
        ("largest(at(out, mid))", 4.0),
        ("1 / at(out, 0)", None),
        ("(-8) ** 0.5", None),
    ],
)
def test_an_observable_has_the_value_that_one_computes_by_hand(expression: str, value: Value) -> None:
    found = evaluate(expression, NAMES)
    assert found == value
    assert type(found) is type(value)
    assert check(expression, KNOWN) == []


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.integers(0, 9))
def test_reductions_agree_with_python_on_a_train_of_triangles(peaks: list[int], level: int) -> None:
    times = np.arange(2 * len(peaks) + 1, dtype=float)
    values = np.zeros(times.size)
    values[1::2] = peaks
    names = {"out": Waveform(times, values), "level": float(level), "w": [(t, t + 2) for t in times[:-1:2]]}
    over = [peak > level for peak in peaks]
    assert evaluate("highest(out, w)", names) == peaks
    assert evaluate("rises(out, level, w)", names) == over
    assert evaluate("count(rises(out, level, w))", names) == sum(over)
    assert evaluate("any(rises(out, level, w))", names) is any(over)
    assert evaluate("first(rises(out, level, w))", names) == (over.index(True) + 1 if any(over) else None)


HOSTILE = [
    "out.values",
    "out.__class__",
    "().__class__.__bases__",
    "vdd.real",
    "strobe[0]",
    "lambda: 1",
    "(lambda: 1)()",
    "any(x for x in strobe)",
    "[x for x in strobe]",
    "[1, 2]",
    "(1, 2)",
    "{1: 2}",
    "{1, 2}",
    "'text'",
    "b'bytes'",
    "f'{vdd}'",
    "...",
    "None",
    "1j",
    "1 if vdd else 2",
    "any(flags=strobe)",
    "any(strobe, flags=strobe)",
    "any(*strobe)",
    "any(**strobe)",
    "any(strobe)(1)",
    "at(out, mid).tolist()",
    "__import__('os')",
    "__builtins__",
    "eval('1')",
    "open('x', 'w')",
    "print(vdd)",
    "any(any)",
    "(a := 1)",
    "await out",
    "yield out",
    "a = 1",
    "import os",
    "vdd; vdd",
    "1 // 2",
    "1 % 2",
    "1 << 2",
    "1 & 2",
    "~1",
    "1 @ 2",
    "1 in strobe",
    "1 is 1",
    "",
    "(",
    "\0",
    "\ud800",
    "-" * 20000 + "1",
    "1" + "+1" * 20000,
    "(" * 5000 + "1" + ")" * 5000,
    "abs(" * 80 + "out." + ")" * 80,
    "9" * 5000,
]


@pytest.mark.parametrize("expression", HOSTILE, ids=lambda text: repr(text[:30]))
def test_what_is_not_part_of_the_language_is_refused_before_and_at_evaluation(expression: str) -> None:
    assert check(expression, KNOWN)
    with pytest.raises(ExpressionError):
        evaluate(expression, NAMES)


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('pathlib').Path('ran').touch()",
        "open('ran', 'w')",
        "eval(\"open('ran', 'w')\")",
        "trap()",
        "trap",
        "any(trap())",
    ],
)
def test_hostile_input_is_never_executed(expression: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = {**NAMES, "trap": lambda: Path("ran").touch()}
    with suppress(ExpressionError):
        evaluate(expression, names)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("expression", ["9**9**9**9", "vdd**9**9**9", "2**(2**(2**(2**(2**2))))"])
def test_a_huge_power_is_no_number_instead_of_a_hang(expression: str) -> None:
    assert evaluate(expression, NAMES) is None


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("1/0", "division by zero"),
        ("9e999999/0", "division by zero"),
        ("1" * 400 + " + 0.5", "too large"),
        ("at(1, mid)", "at takes a probe first"),
        ("at()", "at takes a probe first"),
        ("at(out)", "missing"),
        ("highest(out, mid)", "a set of windows is expected"),
        ("nth(mid, 3)", "there are 2 values, counted from 1"),
        ("nth(mid, 0)", "there are 2 values, counted from 1"),
        ("mid + thirds", "could not be broadcast"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_the_reason(expression: str, reason: str) -> None:
    with pytest.raises(ExpressionError, match=reason) as refused:
        evaluate(expression, NAMES)
    assert repr(expression) in str(refused.value)


@pytest.mark.parametrize(
    "expression",
    ["out", "any(out)", "count(out)", "first(out)", "out == 1", "not out", "vdd and out", "-out", "at(out, out)"],
)
def test_a_whole_waveform_is_no_value(expression: str) -> None:
    with pytest.raises(ExpressionError, match="a whole waveform where a value is meant"):
        evaluate(expression, NAMES)


def test_check_names_everything_that_is_unknown_and_what_was_meant() -> None:
    assert check("ani(rises(uot, vvd/2, strobe))", KNOWN) == [
        "unknown function 'ani' (did you mean any?)",
        "unknown name 'uot' (did you mean out?)",
        "unknown name 'vvd' (did you mean vdd?)",
    ]


def test_check_takes_a_function_without_its_parentheses_for_a_name() -> None:
    assert [problem.split(" (")[0] for problem in check("any(any)", KNOWN)] == ["unknown name 'any'"]


def test_check_says_where_the_syntax_breaks() -> None:
    assert check("any(rises(out, 1 strobe))", KNOWN)[0].endswith("at column 16")


def test_check_and_evaluate_know_the_same_functions() -> None:
    assert all(check(f"{name}(out)", KNOWN) == [] for name in FUNCTIONS)


@settings(max_examples=300)
@given(expressions)
def test_any_text_is_evaluated_or_refused_and_what_check_refuses_is_never_evaluated(expression: str) -> None:
    with warnings.catch_warnings():
        # Python's parser warns about text such as "1if"; that it is odd is the point here.
        warnings.simplefilter("ignore", SyntaxWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        problems = check(expression, KNOWN)
        try:
            evaluate(expression, NAMES)
        except ExpressionError:
            return
    assert problems == []


@pytest.mark.parametrize(
    ("expression", "until"),
    [
        ("nth(at(out, mid), 1)", 3.0),
        ("at(out, nth(mid, 1)) > 0.9", 1.0),
        ("at(out, late - 0.5) - mean(out, early)", 3.0),
        ("any(rises(out, vdd/2, strobe))", 4.0),
        ("earliest(rise_times(out, 3, late)) - 99", 3.5),
        ("highest(out, early)", 3.0),
        ("at(out, 1)", 1.0),
        ("vdd * 2", -np.inf),
        ("at(out, earliest(rise_times(out, 3, strobe)))", np.inf),
        ("at(out, nowhere)", np.inf),
    ],
)
def test_until_when_an_expression_looks_follows_from_its_times(expression: str, until: float) -> None:
    scope = {name: value for name, value in NAMES.items() if name != "out"}
    assert looks_until(expression, scope) == until


@given(st.sampled_from(["at(out, mid)", "mean(out, early)", "rises(out, 1, strobe)", "lowest(out, late) + at(out, 1)"]))
def test_what_comes_after_that_changes_nothing(expression: str) -> None:
    until = looks_until(expression, {name: value for name, value in NAMES.items() if name != "out"})
    assert until < np.inf
    cut = OUT.time_s <= until
    times = np.append(OUT.time_s[cut], until)
    shorter = Waveform(times, np.interp(times, OUT.time_s, OUT.values))
    assert evaluate(expression, {**NAMES, "out": shorter}) == evaluate(expression, NAMES)
