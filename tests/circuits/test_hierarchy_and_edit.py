"""One instance is edited and its siblings are not; paths and decks that do not fit are refused with the reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from faultsim.circuits.deck import Cards, split_cards, text_of
from faultsim.circuits.edit import split_terminal, split_wire
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.sidecar import SiteSpec, WireSpec
from faultsim.circuits.sites import Site, site_of
from faultsim.errors import SpecError
from tests.circuits.flat import pins

DECK = """\
* three cells on a bit line, and a receiver
V1 vdd 0 1
X1 vdd bl cell
XCell2 VDD BL Cell w=2  $ upper case, with a parameter
X3 vdd bl cell
+ w=3
RLOAD bl 0 1k
.subckt cell p q w=1
* a pillar and its contacts
R1 p m {1k*w}
XIN m n inner
R2 n q 5k
.ends cell
.subckt inner s t
RA s mid 1
RB mid t 1
.ends
"""
CARDS = split_cards(DECK, "deck.cir")
TERMINALS = sorted(pins(CARDS))
WIRE = WireSpec(net="bl", order=["x1.q", "xcell2.q", "x3.q", "rload.1"])


def problems(text: str) -> list[str]:
    with pytest.raises(SpecError) as refused:
        Hierarchy(split_cards(text, "deck.cir"))
    return str(refused.value).splitlines()


def segment(after: str, wire: WireSpec = WIRE, cards: Cards = CARDS) -> Site:
    return site_of("Rop", SiteSpec(wire="bl", after=after, path="read"), {"bl": wire}, Hierarchy(cards))


def changed(before: Cards, after: Cards) -> dict[tuple[str, str], str]:
    """Return the terminals that sit on another net than before, all others being as they were."""
    old, new = pins(before), pins(after)
    assert set(old) == set(new)
    return {pin: net for pin, net in new.items() if net != old[pin]}


def test_a_path_is_resolved_in_any_case_through_all_instances() -> None:
    hierarchy = Hierarchy(CARDS)
    element = hierarchy.resolve("XCELL2.xin.RA")
    assert (element.scope, element.card.name, element.net("1"), element.net("2")) == ("inner", "ra", "s", "mid")
    assert [outer.card.name for outer in hierarchy.chain("xcell2.xin.ra")] == ["xcell2", "xin", "ra"]


def test_an_instance_has_its_ports_as_terminals_and_a_model() -> None:
    element = Hierarchy(CARDS).resolve("x3")
    assert (element.terminals, element.model, element.net("q")) == ({"p": 1, "q": 2}, "cell", "bl")


def test_nets_and_mentions_are_those_of_one_scope() -> None:
    hierarchy = Hierarchy(CARDS)
    assert hierarchy.nets("cell") == {"p", "m", "n", "q"}
    assert [(element.card.name, terminal) for element, terminal in hierarchy.mentions("", "bl")] == [
        ("x1", "q"),
        ("xcell2", "q"),
        ("x3", "q"),
        ("rload", "1"),
    ]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("xcel2.r1", "xcel2.r1: the top level has no element 'xcel2' (did you mean xcell2?)"),
        ("x1.rx", "x1.rx: x1 has no element 'rx' (known: r1, r2, xin)"),
        ("x1.xin.zz", "x1.xin.zz: x1.xin has no element 'zz' (known: ra, rb)"),
        ("x1.r1.r2", "x1.r1.r2: x1.r1 has no element 'r2' (known: none)"),
        ("rload.v1", "rload.v1: rload has no element 'v1' (known: none)"),
        ("", ": the top level has no element '' (known: rload, v1, x1, x3, xcell2)"),
    ],
)
def test_a_step_that_does_not_exist_is_named_with_what_was_meant(path: str, message: str) -> None:
    with pytest.raises(SpecError) as refused:
        Hierarchy(CARDS).resolve(path)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("X1 a b cel\n.subckt cell p q\n.ends\n", "deck.cir:1: no subcircuit 'cel' (did you mean cell?)"),
        (
            "X1 a cell\n.subckt cell p q\n.ends\n",
            "deck.cir:1: x1 connects 1 nets; cell has 2 ports (its ports are p q)",
        ),
        ("R1 a b 1\nr1 a b 1\n", "deck.cir:2: r1 is already defined at deck.cir:1 (rename one)"),
        ("R1 a b\n", "deck.cir:1: r1 needs 2 nets and a model or value: R1 a b (complete the card)"),
        ("M1 d g s b\n", "deck.cir:1: m1 needs 4 nets and a model or value: M1 d g s b (complete the card)"),
        ("V1 a\n", "deck.cir:1: v1 needs 2 nets and a model or value: V1 a (complete the card)"),
        (".subckt cell p\n", "deck.cir:1: .subckt cell has no .ends (end it)"),
        (".subckt\n.ends\n", "deck.cir:1: .subckt has no name (name it)"),
        (".ends\n", "deck.cir:1: .ends without .subckt (remove it)"),
        (
            ".subckt a p\n.ends\n.subckt A q\n.ends\n",
            "deck.cir:3: subcircuit 'a' is already defined otherwise at deck.cir:1 (rename one)",
        ),
        (".subckt a\n.subckt b\n.ends\n", "deck.cir:1: .subckt a has no .ends (end it)"),
        (".subckt a\nX1 a\n.ends\n", "deck.cir:2: subcircuit 'a' contains itself (remove the instance)"),
    ],
)
def test_a_deck_whose_structure_is_broken_is_refused(text: str, message: str) -> None:
    assert problems(text) == [message]


def test_all_that_is_wrong_with_a_deck_is_said_at_once() -> None:
    assert [problem.split(":")[1] for problem in problems(".ends\nR1 a\nX1 a b c\nR2 a b 1\nR2 a b 1\n")] == [
        "1",
        "2",
        "3",
        "5",
    ]


def test_a_source_without_a_value_is_a_whole_element() -> None:
    assert Hierarchy(split_cards("V1 a 0\n", "deck.cir")).resolve("v1").net("p") == "a"


def test_the_same_name_in_two_scopes_is_no_clash() -> None:
    Hierarchy(split_cards("R1 a 0 1\nX1 a c\n.subckt c p\nR1 p 0 1\n.ends\n", "deck.cir"))


@pytest.mark.parametrize(("path", "terminal"), TERMINALS, ids=lambda part: str(part))
def test_splitting_a_terminal_moves_it_to_a_new_net_and_nothing_else(path: str, terminal: str) -> None:
    split = split_terminal(CARDS, path, terminal)
    near = changed(CARDS, split.cards)
    assert list(near) == [(path, terminal)]
    assert near[path, terminal] not in pins(CARDS).values()
    assert near[path, terminal] == split.prefix + split.near


@pytest.mark.parametrize(("path", "terminal"), TERMINALS, ids=lambda part: str(part))
def test_the_halves_are_joined_where_they_meet(path: str, terminal: str) -> None:
    split = split_terminal(CARDS, path, terminal)
    joined = split.joined_by([f"RF {split.near} {split.far} 1"])
    found = pins(joined)
    assert found[f"{split.prefix}rf", "1"] == found[path, terminal]
    assert found[f"{split.prefix}rf", "2"] == pins(CARDS)[path, terminal]


@pytest.mark.parametrize("path", ["x1.r2", "xcell2.xin.rb", "x3.r1"])
def test_siblings_and_all_other_cards_stay_byte_identical(path: str) -> None:
    edited = split_terminal(CARDS, path, "1").cards
    instance = path.split(".")[0]
    kept = [card for card in edited if (card.text, card.line) in {(old.text, old.line) for old in CARDS}]
    assert [card for card in CARDS if card.name != instance] == list(dict.fromkeys(kept))
    assert len(edited) > len(CARDS)


def test_the_edited_instance_keeps_its_text_but_for_the_model() -> None:
    edited = split_terminal(CARDS, "xcell2.r1", "1").cards
    assert edited[3].text == CARDS[3].text.replace("Cell w=2", "cell_xcell2 w=2")
    edited = split_terminal(CARDS, "x3.r1", "1").cards
    assert edited[4].text == "X3 vdd bl cell_x3\n+ w=3\n"


def test_the_copied_body_differs_in_its_name_and_the_cut_only() -> None:
    edited = split_terminal(CARDS, "x1.r2", "1").cards
    end = next(place for place, card in enumerate(edited) if card.name == ".ends") + 1
    assert text_of(edited[end : end + 6]) == (
        ".subckt cell_x1 p q w=1\n"
        "* a pillar and its contacts\n"
        "R1 p m {1k*w}\n"
        "XIN m n inner\n"
        "R2 n_cut q 5k\n"
        ".ends cell_x1\n"
    )


def test_the_same_instance_can_be_cut_twice() -> None:
    once = split_terminal(CARDS, "x1.xin.ra", "1").cards
    twice = split_terminal(once, "x1.xin.rb", "2").cards
    assert list(changed(CARDS, twice)) == [("x1.xin.ra", "1"), ("x1.xin.rb", "2")]
    assert len(set(changed(CARDS, twice).values())) == 2


def test_the_same_terminal_can_be_cut_twice() -> None:
    once = split_terminal(CARDS, "x1.r1", "2").cards
    twice = split_terminal(once, "x1.r1", "2")
    assert list(changed(once, twice.cards)) == [("x1.r1", "2")]
    assert twice.far == "m_cut"
    assert twice.near == "m_cut_cut"


@pytest.mark.parametrize(("after", "count"), [("x1", 1), ("xcell2", 2), ("X3", 3)])
def test_a_wire_split_moves_exactly_the_taps_on_the_near_side(after: str, count: int) -> None:
    site = segment(after)
    split = site.split(CARDS)
    assert site.cuts == ("x1", "xcell2", "x3")[:count]
    assert site.location == f"bl:{after.lower()}|"
    assert changed(CARDS, split.cards) == {(f"{cell}.r2", "2"): "bl_cut" for cell in site.cuts}
    assert (split.near, split.far, split.prefix) == ("bl_cut", "bl", "")


def test_a_wire_inside_an_instance_is_cut_in_that_instance_only() -> None:
    split = split_wire(CARDS, "x1.xin", [("ra", "2")])
    assert changed(CARDS, split.cards) == {("x1.xin.ra", "2"): "x1.xin.mid_cut"}
    assert split.prefix == "x1.xin."


def test_a_site_at_a_terminal_is_checked_and_cut_there() -> None:
    site = site_of("R", SiteSpec(device="XCell2.R1", terminal="1", path="read"), {}, Hierarchy(CARDS))
    assert (site.location, site.net) == ("xcell2.r1:1", "vdd")
    assert list(changed(CARDS, site.split(CARDS).cards)) == [("xcell2.r1", "1")]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (SiteSpec(wire="lb", after="x1", path="read"), "wire 'lb': is not in the sidecar (known: bl)"),
        (
            SiteSpec(wire="bl", after="x4", path="read"),
            "after 'x4': is not a tap before the last (known: x1, x3, xcell2)",
        ),
        (
            SiteSpec(wire="bl", after="rload", path="read"),
            "after 'rload': is not a tap before the last (known: x1, x3, xcell2)",
        ),
        (SiteSpec(device="x1.r1", terminal="3", path="read"), "x1.r1: has no terminal '3' (known: 1, 2)"),
        (SiteSpec(device="x1.r9", terminal="1", path="read"), "x1.r9: x1 has no element 'r9' (known: r1, r2, xin)"),
    ],
)
def test_a_site_that_is_not_in_the_deck_is_refused(spec: SiteSpec, message: str) -> None:
    with pytest.raises(SpecError) as refused:
        site_of("Rop", spec, {"bl": WIRE}, Hierarchy(CARDS))
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("order", "wrong"),
    [
        (["x1.q", "x3.q", "rload.1"], "xcell2.q"),
        (["x1.q", "xcell2.q", "x3.q", "rload.1", "x4.q"], "x4.q"),
        (["x1.q", "xcell2.q", "x3.p", "rload.1"], "x3.p, x3.q"),
    ],
)
def test_a_wire_whose_order_is_not_the_deck_s_is_refused(order: list[str], wrong: str) -> None:
    with pytest.raises(SpecError) as refused:
        segment("x1", WireSpec(net="bl", order=order))
    assert str(refused.value) == f"wire on net 'bl': order and deck disagree about {wrong}"


def test_a_net_that_is_already_called_like_the_new_one_is_avoided() -> None:
    cards = split_cards(DECK + "R9 BL_cut bl_cut2 1\n", "deck.cir")
    split = segment("x1", cards=cards).split(cards)
    assert split.near == "bl_cut3"
    assert list(changed(cards, split.cards)) == [("x1.r2", "2")]


def test_a_subcircuit_that_is_already_called_like_the_copy_is_avoided() -> None:
    cards = split_cards(DECK + ".subckt CELL_x1 a\nR1 a 0 1\n.ends\n", "deck.cir")
    split = split_terminal(cards, "x1.r1", "1")
    assert Hierarchy(split.cards).resolve("x1").model == "cell_x12"
    assert list(changed(cards, split.cards)) == [("x1.r1", "1")]


def test_an_edit_leaves_the_deck_that_it_was_given_alone() -> None:
    before = tuple(replace(card) for card in CARDS)
    split_terminal(CARDS, "x1.xin.ra", "1")
    segment("xcell2").split(CARDS)
    assert before == CARDS
