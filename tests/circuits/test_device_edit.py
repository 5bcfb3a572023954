"""A device's parameters change in one instance, by formulas over what the good device has."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultsim.circuits.circuit import Circuit
from faultsim.circuits.deck import Cards, split_cards, text_of
from faultsim.circuits.device_edit import changed_device
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.errors import SpecError
from tests.decks.ngspice import expanded

DECK = """\
title
.param outside=3k
X1 a b pair
X2 b 0 pair
X3 a 0 part r={outside/2} tc=0
.subckt pair p q r=5k
X1 p m part r={r*2} tc='outside/600'
X2 m q part
.ends
.subckt part p q r=1k tc=2
R1 p q {r*(1+tc)}
.ends
"""


def cards(text: str = DECK) -> Cards:
    return split_cards(text, "deck.cir", title=True)


def resistances(deck: Cards) -> dict[str, float]:
    devices = Circuit("deck", deck, Hierarchy(deck)).devices
    return {device.path: device.values["r"] for device in devices}


HEALTHY = {"x1.x1.r1": 60e3, "x1.x2.r1": 3e3, "x2.x1.r1": 60e3, "x2.x2.r1": 3e3, "x3.r1": 1.5e3}


@pytest.mark.parametrize("path", ["x1.x1", "x1.x2", "x2.x1", "X3"])
@pytest.mark.parametrize("severity", [0.0, 1e-9, 0.25, 1.0])
def test_one_device_changes_and_no_other(path: str, severity: float) -> None:
    change = changed_device(cards(), path, {"r": "r*(1+severity*tc)"})
    found = resistances(change.at(severity))
    tc = {"x1.x1": 5.0, "x1.x2": 2.0, "x2.x1": 5.0, "X3": 0.0}[path]
    changed = f"{path.lower()}.r1"
    assert found[changed] == pytest.approx(HEALTHY[changed] * (1 + severity * tc), rel=1e-12)
    assert {name: value for name, value in found.items() if name != changed} == {
        name: value for name, value in HEALTHY.items() if name != changed
    }


def test_ngspice_takes_the_formula_as_we_do(tmp_path: Path) -> None:
    deck = changed_device(cards(), "x1.x1", {"r": "1/((1-severity)/r + severity/max(tc, 2)) + 1e-3*r", "tc": "0"}).at(
        0.3
    )
    ours = resistances(deck)
    theirs = {words[0]: float(words[3]) for words in expanded(tmp_path, text_of(deck)) if words[0].startswith("r")}
    assert theirs.keys() == {f"r.{name}" for name in ours}
    for name, value in ours.items():
        assert math.isclose(theirs[f"r.{name}"], value, rel_tol=1e-9)


def test_cards_are_added_to_one_device_s_own_subcircuit() -> None:
    change = changed_device(cards(), "x2.x1", {}, ["R2 p q {1k/severity}", "R3 p q {tc*severity}"])
    found = resistances(change.at(0.5))
    assert found == {**HEALTHY, "x2.x1.r2": 2000.0, "x2.x1.r3": 2.5}


def test_a_parameter_that_the_device_has_not_is_refused_with_what_was_meant() -> None:
    with pytest.raises(SpecError) as refused:
        changed_device(cards(), "x1.x1", {"rr": "r*severity*width"})
    assert str(refused.value).splitlines() == [
        "x1.x1: has no parameter 'rr' (did you mean r?)",
        "x1.x1: has no parameter 'width' (known: r, tc)",
    ]


def test_a_name_that_would_mean_the_ill_device_s_own_parameter_is_refused() -> None:
    deck = cards(DECK.replace("tc='outside/600'", "tc={tc}").replace("p q r=5k", "p q r=5k tc=3"))
    assert resistances(changed_device(deck, "x1.x1", {"tc": "tc*severity"}).at(0.0))["x1.x1.r1"] == 10e3
    with pytest.raises(SpecError) as refused:
        changed_device(deck, "x1.x1", {"r": "r*severity", "tc": "tc*r"})
    assert str(refused.value).startswith("x1.x1: gives r by {r*2}; r is a parameter of its own, and tc follows from it")


@given(severity=st.floats(1e-12, 1e12), exponent=st.integers(-12, 12))
def test_any_severity_is_written_as_it_is(severity: float, exponent: int) -> None:
    change = changed_device(cards(), "x3", {"r": f"severity*1e{exponent}"})
    assert resistances(change.at(severity))["x3.r1"] == pytest.approx(severity * 10.0**exponent, rel=1e-12)


def test_text_that_is_not_the_device_s_stays_byte_for_byte() -> None:
    deck = changed_device(cards(), "x3", {"tc": "severity"}).at(2.0)
    assert text_of(deck) == DECK.replace("tc=0\n", "tc={(2.0)}\n")
