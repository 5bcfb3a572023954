"""Other weights and process corners: one word of the deck changes, everything else keeps its bytes."""

from __future__ import annotations

import pytest

from faultsim.circuits import bench, network
from faultsim.circuits.bench import Conditions
from faultsim.circuits.deck import Cards, split_cards, text_of
from faultsim.circuits.network import Network
from faultsim.circuits.sidecar import WeightsSpec
from faultsim.circuits.stimulus import Stimulus
from faultsim.circuits.variant import NOMINAL, Corner, at_corner, with_weights
from faultsim.errors import SpecError
from faultsim.spice.job import Job
from faultsim.spice.reference import run_batch

DECK = split_cards(
    """* two cells
.param r_a = 1k r_b={2*500}
.param gain='3'
.subckt cell a w=1
.param r_a=7
r1 a 0 {r_a}
.ends
XC1 n1 cell w=1
XC2 n2 cell w = -1
R2 n1 n2 {r_b*gain}
""",
    "deck.cir",
)
WEIGHTS = WeightsSpec(cells=["xc1", "xc2"], parameter="w", values={"1": "1", "0": "-1"}, default="10")


@pytest.fixture(scope="module")
def crossbar() -> Network:
    return network.load("crossbar4")


def changed(before: Cards, after: Cards) -> list[tuple[str, str]]:
    pairs = zip(before, after, strict=True)
    return [(one.text.strip(), other.text.strip()) for one, other in pairs if one.text != other.text]


def test_the_nominal_corner_is_the_deck_itself(crossbar: Network) -> None:
    assert at_corner(DECK, NOMINAL) == DECK
    assert crossbar.variant() is crossbar.cards


def test_a_corner_scales_and_shifts_parameters_of_the_top_level_only() -> None:
    cards = at_corner(DECK, Corner("c", {"r_a": 1.1, "R_B": 2.0}, {"r_a": 5.0, "gain": -1.0}))
    assert changed(DECK, cards) == [
        (".param r_a = 1k r_b={2*500}", ".param r_a = {(1k)*1.1+(5)} r_b={(2*500)*2+(0)}"),
        (".param gain='3'", ".param gain={(3)*1+(-1)}"),
    ]


def test_ngspice_reads_a_corner_as_it_is_meant() -> None:
    deck = text_of(
        at_corner(split_cards("* d\n.param r=2k\nV1 a 0 1\nR1 a b {r}\nR2 b 0 1k\n", "d"), Corner("c", {"r": 1.5}))
    )
    tail = ".save v(b)\n.tran 1u 20u 0 1u\n.end\n"
    outcome = run_batch(Job(deck + tail, 20e-6, {"b": "v(b)"}, {"v": "at(b, t)"}, {"t": 1e-5})).outcome
    assert outcome.values["v"] == pytest.approx(1 / 4, rel=1e-6)


def test_a_parameter_that_the_deck_has_not_is_named_with_the_nearest() -> None:
    with pytest.raises(SpecError, match=r"corner 'c': r_c: is not a .param of the deck \(did you mean r_"):
        at_corner(DECK, Corner("c", {"r_c": 1.1}))


def test_weights_change_one_word_of_each_cell() -> None:
    assert changed(DECK, with_weights(DECK, "01", WEIGHTS)) == [
        ("XC1 n1 cell w=1", "XC1 n1 cell w=-1"),
        ("XC2 n2 cell w = -1", "XC2 n2 cell w = 1"),
    ]
    assert with_weights(DECK, WEIGHTS.default, WEIGHTS) == DECK


@pytest.mark.parametrize("weights", ["1", "111", "1x"])
def test_weights_that_do_not_fit_are_refused(weights: str) -> None:
    with pytest.raises(SpecError, match="the circuit takes 2 symbols out of 0, 1"):
        with_weights(DECK, weights, WEIGHTS)


def test_a_cell_that_does_not_state_its_weight_is_named() -> None:
    spec = WEIGHTS.model_copy(update={"parameter": "weight"})
    with pytest.raises(SpecError, match="xc1: the deck's instance does not state weight="):
        with_weights(DECK, "11", spec)


def test_the_default_weights_are_those_that_the_crossbar_is_written_with(crossbar: Network) -> None:
    weights = crossbar.sidecar.weights
    assert weights is not None
    assert crossbar.variant(weights.default) == crossbar.cards


@pytest.mark.parametrize(
    ("weights", "program", "said"),
    [("11", "", "takes 4 symbols"), ("", "11x1", "does not fit"), ("1111", "111", "does not fit")],
)
def test_what_is_typed_is_checked(crossbar: Network, weights: str, program: str, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        crossbar.check_weights(weights, program)


def test_conditions_with_corners_are_keys() -> None:
    points = {Conditions(1.1, 27.0): 1, Conditions(1.1, 27.0, Corner("c", {"a": 1.1})): 2}
    assert points[Conditions(1.1, 27.0, Corner("c", {"a": 1.1}))] == 2
    assert points[Conditions(1.1, 27.0)] == 1


def test_supply_temperature_and_corner_reach_the_bench(crossbar: Network) -> None:
    conditions = Conditions(0.9, -40.0, Corner("slow", {"t_mob": 0.9}))
    job = bench.job(crossbar, Stimulus("1111", crossbar.sidecar.stimulus), conditions, crossbar.sidecar.simulation)
    for text in ("VFS_vdd vdd 0 0.9", "temperature_c=-40", "temp=-40", "t_mob={(1)*0.9+(0)}", ".ic v(pot1)=0.9"):
        assert text in job.deck, text
    assert job.scope["vdd"] == 0.9


def test_a_corner_on_top_of_another_moves_what_both_move_and_what_each_does() -> None:
    slow = Corner("slow", {"a": 0.5, "b": 3.0}, {"a": 1.0})
    end = Corner("width:max", {"a": 1.2}, {"a": 0.5, "c": 2.0})
    both = slow.along(end)
    assert (both.name, both.scale) == ("slow, width:max", {"a": pytest.approx(0.6), "b": 3.0})
    assert both.shift == {"a": 1.5, "c": 2.0}
    assert Corner().along(end) == end
