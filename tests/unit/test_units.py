"""Quantities: what SPICE reads, to the last bit, and back."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultsim.units import format_quantity, number_of, parse_quantity, quantity_in

POWERS = {"t": 12, "g": 9, "meg": 6, "k": 3, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18}

decimals = st.decimals(min_value=-9999, max_value=9999, places=6).map(lambda number: f"{number:f}")
magnitudes = st.floats(1e-17, 1e14)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1n", 1e-9),
        ("0.1n", 1e-10),
        ("16k", 16e3),
        ("8.9n", 8.9e-9),
        ("-2.5k", -2500.0),
        ("+.5u", 5e-7),
        ("1.", 1.0),
        (" 5 ", 5.0),
        ("1e3", 1000.0),
        ("1E-3k", 1.0),
        ("1.5e+2m", 0.15),
        ("1.2ns", 1.2e-9),
        ("10kOhm", 1e4),
        ("1.1V", 1.1),
        ("1mA", 1e-3),
        (16, 16.0),
        (2.5, 2.5),
    ],
)
def test_a_quantity_is_read_as_spice_reads_it(text: str | float, value: float) -> None:
    assert parse_quantity(text) == value


def test_m_is_milli_in_either_case_and_meg_is_mega() -> None:
    assert [parse_quantity(text) for text in ("1m", "1M", "1meg", "1MEG", "1Meg")] == [1e-3, 1e-3, 1e6, 1e6, 1e6]


def test_mil_is_a_thousandth_of_an_inch() -> None:
    assert parse_quantity("2mil") == pytest.approx(50.8e-6, rel=1e-15)


def test_a_farad_is_a_femto_as_in_spice() -> None:
    assert parse_quantity("1F") == 1e-15


@given(decimals, st.sampled_from(sorted(POWERS)), st.booleans(), st.sampled_from(["", "s", "V", "ohm", "Hz"]))
def test_a_suffix_gives_the_double_nearest_to_the_decimal(number: str, suffix: str, upper: bool, unit: str) -> None:
    written = number + (suffix.upper() if upper else suffix) + unit
    assert parse_quantity(written) == float(Decimal(number).scaleb(POWERS[suffix]))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_as_python_prints_it_is_read_back_unchanged(value: float) -> None:
    assert parse_quantity(repr(value)) == value
    assert parse_quantity(value) == value


@pytest.mark.parametrize("text", ["", "k", "1 k", "1,5", "0x10", "1n2", "--1", "nan", "inf", "1%", "1_000", "1µ"])
def test_what_is_not_a_quantity_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="is not a quantity; write a number") as refused:
        parse_quantity(text)
    assert repr(text) in str(refused.value)


@pytest.mark.parametrize("value", [None, True, [], b"1n"])
def test_what_is_neither_text_nor_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="is not a quantity"):
        parse_quantity(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (16000.0, "", "16k"),
        (16000.0, "ohm", "16 kohm"),
        (1e6, "", "1meg"),
        (1e6, "ohm", "1 Mohm"),
        (1e9, "ohm", "1 Gohm"),
        (1e-10, "s", "100 ps"),
        (-2.5e-9, "", "-2.5n"),
        (999.96, "", "1k"),
        (999.94, "", "999.9"),
        (1.1, "V", "1.1 V"),
        (0.0, "", "0"),
        (0.0, "A", "0 A"),
        (float("inf"), "ohm", "inf ohm"),
        (0.01, "of area", "0.01 of area"),
        (5.48220052e-6, "of area", "5.482e-06 of area"),
    ],
)
def test_a_value_is_shown_with_its_suffix(value: float, unit: str, text: str) -> None:
    assert format_quantity(value, unit) == text


@given(magnitudes, st.sampled_from([-1, 1]), st.integers(3, 12))
def test_what_is_shown_is_read_back_to_its_digits(magnitude: float, sign: int, digits: int) -> None:
    shown = format_quantity(sign * magnitude, digits=digits)
    assert parse_quantity(shown) == pytest.approx(sign * magnitude, rel=0.501 * 10 ** (1 - digits))


@given(magnitudes)
def test_what_is_shown_has_one_to_three_digits_before_the_point(magnitude: float) -> None:
    number = format_quantity(magnitude).rstrip("tgmekunpfa")
    assert 1 <= float(number) < 1000


@pytest.mark.parametrize(
    ("unit", "text", "value"),
    [
        ("s", "1p", 1e-12),
        ("s", "1ps", 1e-12),
        ("s", " 2.5e-1ns ", 2.5e-10),
        ("s", "1s", 1.0),
        ("s", 3, 3.0),
        ("A", "10nA", 1e-8),
        ("A", "1A", 1.0),
        ("V", "2.5", 2.5),
        ("V", "-1v", -1.0),
        ("V", "1megV", 1e6),
    ],
)
def test_a_quantity_may_have_its_unit(unit: str, text: str | float, value: float) -> None:
    assert quantity_in(unit, text) == value


@pytest.mark.parametrize(
    ("unit", "text"), [("s", "1px"), ("s", "1pV"), ("V", "1s"), ("A", "1nF"), ("s", ""), ("s", "s"), ("s", "1pss")]
)
def test_a_quantity_has_no_other_unit(unit: str, text: str) -> None:
    with pytest.raises(ValueError, match=f"is not a quantity in {unit}"):
        quantity_in(unit, text)


def test_a_count_is_of_one_or_of_several() -> None:
    assert [number_of(count, "vector") for count in (0, 1, 2, 1234)] == [
        "0 vectors",
        "1 vector",
        "2 vectors",
        "1,234 vectors",
    ]
