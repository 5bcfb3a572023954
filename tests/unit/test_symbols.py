"""Patterns and weights with repeats."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultsim.circuits.symbols import abridged, spelled_out


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("1{3}0{2}", "11100"),
        ("10g{2}1", "10gg1"),
        ("1 1{2},0{3}", "111,000"),
        ("1{0}0", "0"),
        ("1{}", "1{}"),
        ("1{99999999999999999999}", "1{99999999999999999999}"),
        ("1{" + "9" * 5000 + "}", "1{" + "9" * 5000 + "}"),
    ],
)
def test_repeats_are_spelled_out(text: str, symbols: str) -> None:
    assert spelled_out(text) == symbols


@given(st.text(alphabet="01g-,", max_size=300))
def test_a_short_form_is_read_back_as_it_was(symbols: str) -> None:
    assert spelled_out(abridged(symbols)) == symbols


def test_what_people_count_for_themselves_stays_as_it_is() -> None:
    assert abridged("1" * 16) == "1" * 16
    assert abridged("1" * 32 + "0" * 32) == "1{32}0{32}"
