"""The universe of hand-made decks, counted and weighed by hand after the rules; its invariants on any deck."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from math import comb
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faultsim.circuits import network
from faultsim.circuits.circuit import Circuit, of_deck, of_network
from faultsim.circuits.process import ProcessSpec
from faultsim.circuits.sidecar import LayoutSpec, SiteSpec, WireSpec
from faultsim.circuits.sites import Cut, Pair, Parameter, Window, site_of
from faultsim.errors import SpecError
from faultsim.fault_models.accounting import Detectability
from faultsim.fault_models.defect import Defect
from faultsim.fault_models.record import Count, head, row_of
from faultsim.fault_models.rules import OverrideSpec
from faultsim.fault_models.universe import FORGOTTEN, Universe
from faultsim.fault_models.universe_file import load_universe, load_universe_file, load_weights

MODELS = """\
.model n nmos level=1
.model p pmos level=1
.model q npn
.model dio d
.model jn njf
.model sw sw
.model line ltra
"""
STRUCTURALLY, POTENTIALLY = Detectability.STRUCTURALLY, Detectability.POTENTIALLY

Make = Callable[..., Universe]


def circuit_of(folder: Path, text: str, **sidecar: Any) -> Circuit:
    file = folder / "deck.cir"
    file.write_text(f"* a deck by hand\n{text}\n{MODELS}")
    return replace(of_deck(file), **sidecar)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make the universe of a deck's text; what a sidecar would say by name."""

    def made(text: str, name: str = "2427", weights: tuple[OverrideSpec, ...] = (), **sidecar: Any) -> Universe:
        return Universe(circuit_of(tmp_path, text, **sidecar), load_universe(name), weights)

    return made


def by_id(universe: Universe) -> dict[str, Defect]:
    listed = list(universe)
    found = {defect.id: defect for defect in listed}
    assert len(found) == len(listed)
    return found


def names(*parts: str) -> set[str]:
    """Return ids: ``m1 d.g:open`` is an open at each of d and g."""
    found = set()
    for part in parts:
        device, _, rest = part.partition(" ")
        places, _, kind = rest.partition(":")
        found |= {f"{device}.{place}:{kind}" for place in places.split(".")} if places else {f"{device}:{kind}"}
    return found


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ("M1 d g s b n", names("m1 d.g.s:open", "m1 d-g.g-s.d-s:short")),
        ("M1 d g s s n", names("m1 d.g.s:open", "m1 d-g.g-s.d-s:short")),
        ("M1 x x s b n", names("m1 d.g.s:open", "m1 g-s:short")),
        ("M1 d x x b n", names("m1 d.g.s:open", "m1 d-g:short")),
        ("M1 x g x b n", names("m1 d.g.s:open", "m1 d-g:short")),
        ("M1 x x x b n", names("m1 d.g.s:open")),
        ("Q1 c b e q", names("q1 c.b.e:open", "q1 c-b.b-e.c-e:short")),
        ("Q1 c b e sub q", names("q1 c.b.e:open", "q1 c-b.b-e.c-e:short")),
        ("Q1 x x e q", names("q1 c.b.e:open", "q1 b-e:short")),
        ("J1 d g s jn", names("j1 d.g.s:open", "j1 d-g.g-s.d-s:short")),
        *((f"{name} a b {value}", names(f"{name.lower()} :open", f"{name.lower()} :short")) for name, value in
          [("R1", "1k"), ("C1", "1p"), ("L1", "1n"), ("D1", "dio")]),
        *((f"{name} a a {value}", set()) for name, value in [("R1", "1k"), ("C1", "1p"), ("L1", "1n"), ("D1", "dio")]),
        ("R1 0 gnd 1k", set()),
        ("O1 a 0 b 0 line", names("o1 1:open", "o1 1-2:short")),
    ],
)  # fmt: skip
def test_each_device_has_the_defects_of_its_class(make: Make, card: str, expected: set[str]) -> None:
    assert set(by_id(make(card))) == expected


@pytest.mark.parametrize(
    ("card", "device", "reason"),
    [
        ("V1 a 0 1", "v1", "an ideal source"),
        ("I1 a 0 1", "i1", "an ideal source"),
        ("B1 a 0 v=v(b)", "b1", "an ideal source"),
        ("E1 a 0 b 0 2", "e1", "an ideal source"),
        ("F1 a 0 v1 2", "f1", "an ideal source"),
        ("S1 a b c 0 sw", "s1", "an ideal switch"),
        ("K1 L1 L2 0.9", "k1", "the coupling of two inductors"),
        ("A1 a b something", "a1", "its terminals are not known"),
    ],
)
def test_what_no_rule_is_about_is_excluded_with_the_reason(make: Make, card: str, device: str, reason: str) -> None:
    universe = make(f"{card}\nR1 a b 1k")
    assert set(by_id(universe)) == {"r1:open", "r1:short"}
    ((excluded, why),) = universe.excluded
    assert excluded == device
    assert why.startswith(reason)


def test_a_class_that_a_universe_has_no_rule_for_is_excluded_by_its_name(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "few.toml"
    file.write_text(
        'title = "t"\nsource = "s"\n[[opens]]\ndevice = "resistor"\nterminals = ["1"]\nweight = "1"\norigin = "o"\n'
    )
    universe = replace(make("R1 a b 1k\nC1 a b 1p"), spec=load_universe_file(file))
    assert set(by_id(universe)) == {"r1:open"}
    assert list(universe.excluded) == [("c1", "the universe has no rule for a device of class capacitor")]


def test_a_device_whose_number_ngspice_forgets_is_excluded_with_the_reason(make: Make) -> None:
    universe = make(
        "X1 a s m=3\nX2 a s\n.subckt s p\nR1 p q 1k m=2\nR2 q 0 1k\nX3 q t m={1}\n.ends\n.subckt t p\nR3 p 0 1k\n.ends"
    )
    assert {identity.partition(":")[0] for identity in by_id(universe)} == {"x1.r2", "x2.r1", "x2.r2", "x2.x3.r3"}
    assert list(universe.excluded) == [("x1.r1", FORGOTTEN), ("x1.x3.r3", FORGOTTEN)]


def test_a_short_is_100_ohm_an_open_1_gigaohm_and_an_open_gate_floats(make: Make) -> None:
    found = by_id(make("M1 d g s b n\nR1 d g 1k"))
    severity = {identity: defect.definition.severity for identity, defect in found.items()}
    assert {identity for identity in found if severity[identity].default == 100.0} == names(
        "m1 d-g.g-s.d-s:short", "r1 :short"
    )
    assert {identity for identity in found if severity[identity].default == 1e9} == names("m1 d.s:open", "r1 :open")
    gate = found["m1.g:open"]
    assert (gate.model, gate.definition.severity.default, gate.unit) == ("open-gate", 1e12, "ohm")
    faulty = gate.inject(make("M1 d g s b n\nR1 d g 1k").circuit.cards)
    text = "".join(card.text for card in faulty.cards)
    assert "RFAULT g_cut g 1\nRLEAKD g_cut d 1\nRLEAKS g_cut s 1\n" in text
    assert faulty.at(1e12).alters == {"rfault": 1e12, "rleakd": 500e9, "rleaks": 500e9}
    assert faulty.at(1e6).alters == {"rfault": 1e6, "rleakd": 500e15, "rleaks": 500e15}
    assert {severity[identity].direction for identity in found if identity.endswith("short")} == {"fails_below"}
    assert {severity[identity].direction for identity in found if identity.endswith("open")} == {"fails_above"}


def test_a_subcircuit_that_is_a_device_has_the_defects_of_its_metal_only() -> None:
    found = by_id(Universe(of_network(network.load("crossbar4")), load_universe("2427")))
    assert {identity for identity in found if identity.startswith("xcell2.xmtj")} == names(
        "xcell2.xmtj pil.ha.hb:open", "xcell2.xmtj pil-ha.pil-hb.ha-hb:short"
    )
    assert {identity for identity in found if identity.startswith("xneuron.xref")} == names(
        "xneuron.xref :open", "xneuron.xref :short"
    )


# Identical parallel devices.

FINGERS = "M1 d g s b n w=2u l=1u\nM2 d g s b n w={2*x} l=1000n\n.param x=1u"


def test_identical_parallel_devices_stay_listed_and_are_simulated_once(make: Make) -> None:
    found = by_id(make(FINGERS))
    assert len(found) == 12
    assert {defect.accounting.merged for defect in found.values()} == {2}
    assert {defect.accounting.group for defect in found.values()} == {2}
    for identity, defect in found.items():
        first = identity.replace("m2", "m1")
        assert defect.accounting.same_as == ("" if identity == first else first)
        # One of the two breaks: each is as likely as if it were alone.
        assert defect.weight == found[first].weight == pytest.approx(0.7 if "d-s" in identity else 2.0 if "short" in
                                                                     identity else 1.0)  # fmt: skip


@pytest.mark.parametrize(
    "other",
    [
        "M2 d g s b n w=3u l=1u",
        "M2 d g s b n w=2u l=2u",
        "M2 d g s b p w=2u l=1u",
        "M2 d g s 0 n w=2u l=1u",
        "M2 d g s b n w=2u l=1u ad=1p",
        "M2 d g s b n w=2u l={unknown}",
        "M2 d h s b n w=2u l=1u",
    ],
)
def test_devices_that_differ_in_a_value_the_model_or_a_net_are_not_merged(make: Make, other: str) -> None:
    found = by_id(make(f"M1 d g s b n w=2u l=1u\n{other}\nR1 d 0 1\nR2 d 0 2\nR3 s 0 1\nR4 s 0 2"))
    opens = [defect for identity, defect in found.items() if identity.startswith("m") and identity.endswith("open")]
    assert len(opens) == 6
    assert all(defect.accounting.merged == 1 and not defect.accounting.same_as for defect in opens)


def test_an_area_behind_the_model_is_a_value_too(make: Make) -> None:
    rest = "\nR1 a 0 1\nR2 k 0 1"
    assert by_id(make("D1 a k dio 2\nD2 a k dio 3" + rest))["d2:open"].accounting.same_as == ""
    assert by_id(make("D1 a k dio 2\nD2 a k dio 2" + rest))["d2:open"].accounting.same_as == "d1:open"
    assert by_id(make("Q1 a k 0 q\nQ2 a k 0 q 4" + rest))["q2.b:open"].accounting.same_as == ""
    assert by_id(make("Q1 a k 0 q 4\nQ2 a k 0 q 4" + rest))["q2.b:open"].accounting.same_as == "q1.b:open"


def test_a_card_with_a_multiplier_is_so_many_devices(make: Make) -> None:
    found = by_id(make("M1 d g s b n w=2u l=1u m=3\nX1 a b two m=2\n.subckt two p q\nR1 p q 800\n.ends"))
    assert (found["m1.d:open"].accounting.multiplier, found["m1.d:open"].accounting.merged) == (3.0, 3)
    assert found["m1.d:open"].weight == 3.0
    assert found["m1.d-s:short"].weight == pytest.approx(3 * 0.7)
    assert (found["x1.r1:open"].accounting.multiplier, found["x1.r1:open"].weight) == (2.0, 2.0)


def test_a_segment_before_a_card_that_is_several_is_not_an_open_of_one_of_them(make: Make) -> None:
    wire = {"w": WireSpec(net="w", order=["r1.2", "r2.1"])}
    for several, together in (("", True), (" m=2", False)):
        found = by_id(make(f"R1 a w 1k{several}\nR2 w 0 1k\nR3 a 0 1\nR4 a 0 2", "network", wires=wire))
        accounts = [found[identity].accounting for identity in ("r1:open", "w.r1:open")]
        assert (accounts[1].same_as == "r1:open") == together
        assert [account.group for account in accounts] == ([3, 3] if together else [1, 2])


# Weights.


@pytest.mark.parametrize(
    ("card", "identity", "weight"),
    [
        ("R1 a b 1.6k", "r1:open", 2.0),
        ("R1 a b 1.6k", "r1:short", 0.5),
        ("R1 a b r=1.6k", "r1:open", 2.0),
        ("R1 a b 1.6k m=3", "r1:short", 1.5),
        ("R1 a b {2*x}\n.param x=800", "r1:open", 2.0),
        ("C1 a b 50f", "c1:open", 1.0),
        ("C1 a b 50f", "c1:short", 0.5),
        ("L1 a b 1n", "l1:open", 1.0),
        ("L1 a b 1n", "l1:short", 1.0),
        ("Q1 c b e q", "q1.b:open", 1.0),
        ("Q1 c b e q m=2", "q1.c-e:short", 2.0),
        ("M1 d g s b n w=3u l=0.5u", "m1.d:open", 1.0),
        ("M1 d g s b n w=3u l=0.5u", "m1.g:open", 1.0),
        ("M1 d g s b n w=3u l=0.5u", "m1.d-g:short", 3.0),
        ("M1 d g s b n w=3u l=0.5u", "m1.g-s:short", 3.0),
        ("M1 d g s b n w=3u l=0.5u", "m1.d-s:short", 0.35 * 6),
        ("M1 d g s b n w=3u l=0.5u m=2", "m1.d-s:short", 0.35 * 12),
        ("M1 d g s b n w=3u l=2u", "m1.d-s:short", 0.35 * 1.5),
        ("M1 d g s b n w=3u l=2.1u", "m1.d-s:short", 0.0),
        # Drain and gate are one net: a short to the source is either of two.
        ("M1 x x s b n w=3u l=0.5u", "m1.g-s:short", 3.0 + 0.35 * 6),
        ("M1 x x s b n w=3u l=3u", "m1.g-s:short", 3.0),
        ("M1 x g x b n w=3u l=3u", "m1.d-g:short", 6.0),
    ],
)
def test_weights_follow_the_rules(make: Make, card: str, identity: str, weight: float) -> None:
    assert by_id(make(card))[identity].weight == pytest.approx(weight, rel=1e-12)


def test_a_weight_of_zero_says_why_and_no_other_does(make: Make) -> None:
    found = by_id(make("M1 d g s b n w=1u l=3u\nM2 d g s b n w=1u l=1u"))
    reasons = {identity: defect.accounting.justification for identity, defect in found.items() if defect.weight == 0}
    assert list(reasons) == ["m1.d-s:short"]
    assert "longer than 2 um" in reasons["m1.d-s:short"]
    assert all(not defect.accounting.justification for defect in found.values() if defect.weight)


@pytest.mark.parametrize("card", ["R1 a b rmodel", "R1 a b {nobody}", "R1 a b '1/0'", "R1 a b -800"])
def test_a_weight_is_one_where_a_parameter_has_no_value_and_its_origin_says_so(make: Make, card: str) -> None:
    for defect in make(card):
        assert defect.weight == 1.0
        assert defect.accounting.origin.endswith("; 1 because a parameter has no value")


def test_every_weight_has_an_origin_and_our_own_rules_say_so(make: Make) -> None:
    found = by_id(make("M1 d g s b n\nJ1 d g s jn\nD1 d s dio\nR1 d s 1k"))
    origins = {identity: defect.accounting.origin for identity, defect in found.items()}
    assert all(origins.values())
    ours = {
        identity.partition(":")[0].partition(".")[0] for identity, text in origins.items() if text.startswith("ours")
    }
    assert ours == {"j1", "d1"}


def weights_of(folder: Path, text: str) -> tuple[OverrideSpec, ...]:
    file = folder / "weights.toml"
    file.write_text(text)
    return load_weights(file)


def test_a_user_s_weights_replace_the_rules_and_the_last_that_matches_counts(make: Make, tmp_path: Path) -> None:
    weights = weights_of(
        tmp_path,
        """
        weights = [
          { defects = "r*", weight = 5, origin = "layout" },
          { defects = "*:short", weight = 0, origin = "layout", zero_reason = "lines are far apart" },
          { defects = "r2:short", weight = 7, origin = "looked at again" },
        ]
        """,
    )
    found = by_id(make("R1 a b 800\nR2 b c 800\nC1 a c 1p", weights=weights))
    accounts = {
        identity: (defect.weight, defect.accounting.origin, defect.accounting.justification)
        for identity, defect in found.items()
        if identity != "c1:open"
    }
    assert accounts == {
        "r1:open": (5.0, "layout", ""),
        "r2:open": (5.0, "layout", ""),
        "r1:short": (0.0, "layout", "lines are far apart"),
        "r2:short": (7.0, "looked at again", ""),
        "c1:short": (0.0, "layout", "lines are far apart"),
    }
    assert found["c1:open"].accounting.origin == "reading of IEEE Std 2427-2025: 1"


@pytest.mark.parametrize(
    "weight",
    [
        '{ defects = "r1", weight = 0, origin = "o" }',
        '{ defects = "r1", weight = 1, origin = "o", zero_reason = "none" }',
        '{ defects = "r1", weight = -1, origin = "o" }',
        '{ defects = "r1", weight = 1 }',
        '{ defects = "r1", weight = 1, origin = "" }',
    ],
)
def test_a_user_s_weight_needs_an_origin_and_zero_a_reason(tmp_path: Path, weight: str) -> None:
    with pytest.raises(SpecError, match=r"weights\.toml:1: weights\.0"):
        weights_of(tmp_path, f"weights = [{weight}]\n")


# What cannot be detected.

STRUCTURE = """\
V1 in 0 1
V2 q 0 2
VAM m1 m2
VZERO z 0 dc 0
R1 in tie 1k
M1 o tie 0 0 n
M2 o tie 0 0 p
R2 o in 1k
R3 in q 5
R4 hang in 1k
R5 m1 m2 5
R6 z 0 1
R7 m1 a 1
R8 a b 1
R9 b c 1
R10 c z 3
R11 c 0 4
R12 c 0 4
R13 c 0 5
C1 m2 0 1p
"""


def test_structure_says_what_cannot_be_detected_and_why(make: Make) -> None:
    found = by_id(make(STRUCTURE))
    told = {
        identity: (defect.accounting.detectability, defect.accounting.reason)
        for identity, defect in found.items()
        if defect.accounting.detectability
    }
    assert told == {
        "r1:short": (STRUCTURALLY, "short across a resistor that ties an input to a rail"),
        "r3:short": (
            POTENTIALLY,
            "prevented by test access: ideal sources hold in and q; state a driver's impedance",
        ),
        "r4:open": (STRUCTURALLY, "open to an unused net: nothing else is on hang"),
        "r4:short": (STRUCTURALLY, "short to an unused net: nothing else is on hang"),
        "r5:short": (
            STRUCTURALLY,
            "short between two nets that cannot differ: an ideal source of 0 V joins m1 and m2",
        ),
        "r6:short": (
            STRUCTURALLY,
            "short between two nets that cannot differ: an ideal source of 0 V joins 0 and z",
        ),
        "r7:short": (POTENTIALLY, "short in one of 2 resistors in series"),
        "r8:short": (POTENTIALLY, "short in one of 3 resistors in series"),
        "r9:short": (POTENTIALLY, "short in one of 2 resistors in series"),
        "r11:open": (POTENTIALLY, "open in one of 2 in parallel"),
        "r12:open": (POTENTIALLY, "open in one of 2 in parallel"),
    }
    assert all(defect.accounting.reason == "" for identity, defect in found.items() if identity not in told)


@pytest.mark.parametrize("watch", [".print tran v(hang)", ".save v(HANG)", ".meas tran x find v(hang,0) at=1n"])
def test_a_net_that_is_looked_at_is_no_unused_net(make: Make, watch: str) -> None:
    deck = "V1 in 0 1\nR1 hang in 1k\nR2 in 0 1"
    assert by_id(make(deck))["r1:open"].accounting.detectability is STRUCTURALLY
    assert by_id(make(f"{deck}\n{watch}"))["r1:open"].accounting.detectability is Detectability.DETECTABLE


def test_a_net_in_an_expression_is_no_unused_net_and_ends_a_branch(make: Make) -> None:
    deck = "V1 in 0 1\nR1 in m 1k\nR2 m 0 1"
    assert by_id(make(deck))["r2:open"].accounting.same_as == "r1:open"
    assert by_id(make(f"{deck}\nB1 o 0 V=2*v(m)\nR3 o 0 1"))["r2:open"].accounting.same_as == ""


def test_a_driver_with_an_impedance_holds_no_net(make: Make) -> None:
    deck = "R1 a b 1k\nR2 a 0 1\nR3 b 0 1"
    held = by_id(make(deck, driven={"a": 0.0, "b": 0.0}))["r1:short"].accounting
    driven = by_id(make(deck, driven={"a": 1e3, "b": 0.0}))["r1:short"].accounting
    assert (held.detectability, driven.detectability) == (POTENTIALLY, Detectability.DETECTABLE)


# The universe of a network.

ROWS = """\
.param rcell=1k
.subckt cell in bl vdd
M1 vdd in x 0 n
R1 x bl {rcell}
.ends
X1 in1 bl vdd cell
X2 in2 bl vdd cell
X3 in3 bl vdd cell
X4 in1 bl2 vdd cell
RL bl 0 1k
RL2 bl2 0 1k
"""
SIDECAR: dict[str, Any] = {
    "wires": {
        "bl": WireSpec(net="bl", order=["x1.bl", "x2.bl", "x3.bl", "rl.1"]),
        "in1": WireSpec(net="in1", order=["x1.in", "x4.in"], driven=True),
    },
    "layout": LayoutSpec(word_lines=["in1", "in2", "IN3"], bit_lines=["bl", "bl2"], rails=["vdd", "0"]),
    "process": {"rcell": ProcessSpec(min_scale=0.5, max_shift="100", source="ours")},
    "sites": {
        "Twin": Window("Twin", "integrate"),
        "Rbreak": Cut("Rbreak", "x1", (("x1", "bl"), ("x2", "bl")), "bl", "bl", ("x1", "x2")),
        "Rcontact": Cut("Rcontact", "x3.m1", (("x3.m1", "d"),), "vdd", "", ("x3.m1",)),
        "Rpair": Pair("Rpair", ("in2", "in1")),
        "Rfar": Pair("Rfar", ("in1", "bl2")),
        "Rlone": Pair("Rlone", ("in2", "x1.x")),
    },
    "driven": {"in1": 1e3, "in2": 1e3, "in3": 1e3, "vdd": 0.0},
}


def test_a_network_has_segments_neighbours_bulks_windows_and_corners_besides(make: Make) -> None:
    plain, found = by_id(make(ROWS, **SIDECAR)), by_id(make(ROWS, "network", **SIDECAR))
    assert set(plain) < set(found)
    assert Counter(defect.definition.kind for defect in plain.values()) == {"open": 4 * 4 + 2, "short": 4 * 4 + 2}
    added = {identity: defect for identity, defect in found.items() if identity not in plain}
    assert {identity: defect.model for identity, defect in added.items()} == {
        **{f"x{number}.m1.b:open": "open" for number in (1, 2, 3, 4)},
        # Three segments between four taps; a driven wire has one behind its last tap, too.
        **dict.fromkeys(["bl.x1:open", "Rbreak", "bl.x3:open", "in1.x1:open", "in1.x4:open"], "open"),
        "Rpair": "bridge",
        "in2~in3:bridge": "bridge",
        "bl~bl2:bridge": "bridge",
        **dict.fromkeys(["in1~bl:bridge", "in2~bl:bridge", "in3~bl:bridge", "Rfar"], "bridge"),
        **{f"{net}~{rail}:bridge": "bridge" for net in ("in1", "in2", "in3", "bl", "bl2") for rail in ("vdd", "0")},
        "Twin:shrink": "shrink",
        "Twin:stretch": "stretch",
        "rcell:min": "corner",
        "rcell:max": "corner",
        "Rlone": "bridge",
    }
    assert {found[identity].weight for identity in ("in1~bl:bridge", "in1~0:bridge")} == {0.5}
    assert {found[identity].weight for identity in ("bl.x1:open", "Rpair", "Twin:shrink", "rcell:min")} == {1.0}
    assert found["x1.m1.b:open"].weight == 0.2
    assert found["Rlone"].accounting.origin == "ours: named by the sidecar, and by no rule"


def test_sites_of_a_network_say_where_they_are(make: Make) -> None:
    found = by_id(make(ROWS, "network", **SIDECAR))
    cut = found["Rbreak"].site
    assert isinstance(cut, Cut)
    assert (cut.wire, cut.cuts, cut.net, cut.location) == ("bl", ("x1", "x2"), "bl", "bl:x2|")
    assert found["rcell:min"].site == Parameter("rcell:min", "rcell", 0.0, 0.5, source="ours")
    assert found["rcell:max"].site == Parameter("rcell:max", "rcell", 100.0, 1.0, source="ours")
    assert found["in1~bl:bridge"].site.nets == ("in1", "bl")
    assert found["Rcontact"].site.location == "x3.m1:d"
    assert "x3.m1.d:open" not in found


def test_a_tap_of_an_element_that_taps_in_twice_is_called_with_its_terminal(make: Make) -> None:
    wire = {"w": WireSpec(net="w", order=["m1.s", "m1.b", "m2.s", "x1.p", "rl.1", "x1.q"])}
    deck = "M1 a g w w n\nM2 b g w 0 n\nX1 w w pair\nRL w 0 1\n.subckt pair p q\nR1 p m 1\nR2 m q 2\n.ends"
    found = by_id(make(deck, "network", wires=wire))
    near = {identity: defect.site.terminals for identity, defect in found.items() if identity.startswith("w.")}
    taps = (("m1", "s"), ("m1", "b"), ("m2", "s"), ("x1", "p"), ("rl", "1"))
    assert near == {
        "w.m1.s:open": taps[:1],
        "w.m1.b:open": taps[:2],
        "w.m2:open": taps[:3],
        "w.x1.p:open": taps[:4],
        "w.rl:open": taps[:5],
    }
    assert found["w.m1.s:open"].accounting.same_as == "m1.s:open"
    assert [found[identity].accounting.same_as for identity in near if identity != "w.m1.s:open"] == [""] * 4
    assert make(deck, "network", wires=wire).find("w.x1.p:open") is not None
    named = {"Rnear": SiteSpec(wire="w", after="M1.B", path="read")}
    sites = {name: site_of(name, spec, wire, make(deck).circuit.hierarchy) for name, spec in named.items()}
    assert "w.m1.b:open" not in by_id(make(deck, "network", wires=wire, sites=sites))
    assert by_id(make(deck, "network", wires=wire, sites=sites))["Rnear"].site.terminals == taps[:2]


def test_a_corner_moves_its_parameter_by_the_share_of_the_way(make: Make) -> None:
    universe = make(ROWS, "network", **SIDECAR)
    found, cards = by_id(universe), universe.circuit.cards
    texts = {
        (end, share): next(
            card.text for card in found[f"rcell:{end}"].inject(cards).at(share).cards if card.name == ".param"
        )
        for end in ("min", "max")
        for share in (1.0, 0.5)
    }
    assert texts == {
        ("min", 1.0): ".param rcell={(1k)*0.5+(0)}\n",
        ("min", 0.5): ".param rcell={(1k)*0.75+(0)}\n",
        ("max", 1.0): ".param rcell={(1k)*1+(100)}\n",
        ("max", 0.5): ".param rcell={(1k)*1+(50)}\n",
    }
    with pytest.raises(SpecError, match="scales the parameter to nothing"):
        found["rcell:min"].inject(cards).at(2.0)


def test_bridges_of_neighbours_and_shorts_of_devices_between_the_same_nets_are_one_circuit(make: Make) -> None:
    found = by_id(make(ROWS, "network", **SIDECAR))
    account = found["in1~vdd:bridge"].accounting
    # x1.m1 and x4.m1 have their gates on in1 and their drains on the supply.
    assert (account.same_as, account.group) == ("x1.m1.d-g:short", 3)
    assert found["x4.m1.d-g:short"].accounting.same_as == "x1.m1.d-g:short"
    # A segment with one tap on its near side is that tap's branch.
    assert found["bl.x1:open"].accounting.same_as == found["x1.r1:open"].accounting.same_as == "x1.m1.s:open"
    assert found["bl.x3:open"].accounting.same_as == "rl:open"


# Bridges between any two nets.


@pytest.mark.parametrize("count", [2, 3, 30])
def test_any_two_of_n_nets_make_n_times_n_minus_1_over_2_bridges(make: Make, count: int) -> None:
    chain = "\n".join(f"R{number} n{number} n{number + 1} 1k" for number in range(count - 1))
    found = by_id(make(f"{chain}\nV1 n0 nowhere 1", "all-pairs"))
    bridges = {frozenset(defect.site.nets) for defect in found.values() if defect.definition.kind == "bridge"}
    assert len(bridges) == comb(count, 2)
    assert not any("nowhere" in nets for nets in bridges), "no metal but a source's end is on it"
    shorts = [defect for defect in found.values() if defect.definition.kind == "short"]
    assert len(found) == comb(count, 2) + 2 * len(shorts)
    assert all(defect.accounting.same_as for defect in found.values() if defect.site.nets[:2] == ("n0", "n1")
               and defect.definition.kind == "bridge")  # fmt: skip


def test_pairs_that_are_neighbours_are_listed_once(make: Make) -> None:
    found = by_id(make(ROWS, "all-pairs", **SIDECAR))
    pairs = [frozenset(d.site.nets) for d in found.values() if d.definition.kind == "bridge"]
    assert len(pairs) == len(set(pairs))
    nets = {net for pair in pairs for net in pair}
    assert nets == {"in1", "in2", "in3", "bl", "bl2", "vdd", "0", "x1.x", "x2.x", "x3.x", "x4.x"}
    assert len(pairs) == comb(len(nets), 2)


def test_more_pairs_than_anybody_looks_at_are_refused_before_they_are_listed(make: Make) -> None:
    chain = "\n".join(f"R{number} n{number} n{number + 1} 1k" for number in range(2001))
    with pytest.raises(SpecError) as refused:
        next(iter(make(chain, "all-pairs")))
    assert str(refused.value) == (
        "deck: 2,002 nets make 2,003,001 pairs; the most that is listed is 2,000,000 "
        "(use the universe network, or a part of the deck)"
    )
    assert sum(1 for _ in make(chain, "network")) == 2 * 2001


# Any deck.

nets = st.sampled_from(["a", "b", "c", "d", "vdd", "0"])
values = st.sampled_from(["1k", "2k", "{2*500}"])
widths = st.sampled_from(["w=1u l=1u", "w=2u l=1u", "w=2u l=1u m=2"])


@st.composite
def cards(draw: st.DrawFn) -> list[str]:
    """Draw device cards; the name of each is its letter and its place."""
    letters = draw(st.lists(st.sampled_from("rcmqdvx"), min_size=1, max_size=9))
    drawn = []
    for number, letter in enumerate(letters):
        count = {"m": 4, "q": 3, "x": 2}.get(letter, 2)
        ends = " ".join(draw(nets) for _ in range(count))
        rest = {"m": f"n {draw(widths)}", "q": "q", "d": "dio", "x": "pair", "v": "1"}.get(letter) or draw(values)
        drawn.append(f"{letter}{number} {ends} {rest}")
    return drawn


PAIR = "\n.subckt pair p q\nR1 p m 1k\nR2 m q 2k\nM1 m p q q n w=1u l=1u\n.ends\n"
of_any_deck = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@of_any_deck
@given(cards(), st.sampled_from(["2427", "network", "all-pairs"]))
def test_ids_are_unique_and_each_finds_the_defect_that_it_is(make: Make, drawn: list[str], name: str) -> None:
    universe = make("\n".join(drawn) + PAIR, name)
    for identity, defect in by_id(universe).items():
        found = universe.find(identity)
        assert found is not None
        assert (found.id, found.site, found.model) == (defect.id, defect.site, defect.model)
        # It stands for itself alone, and a bridge that is asked for by its nets has no rule.
        told = [(d.accounting.merged, d.accounting.detectability, d.accounting.reason) for d in (defect, found)]
        # What is known of one of several equal circuits is said of all of them where they are listed together.
        assert told[0] == told[1] or defect.accounting.group > 1
        assert (found.accounting.group, found.accounting.same_as) == (1, "")


@of_any_deck
@given(cards())
def test_the_number_of_defects_follows_from_the_nets_of_each_device(make: Make, drawn: list[str]) -> None:
    expected = 0
    for card in drawn:
        letter, ends = card[0], card.split()[1:]
        if letter in "rcd":
            expected += 2 * (ends[0] != ends[1])
        elif letter in "mq":
            expected += 3 + comb(len(set(ends[:3])), 2)
        elif letter == "x":
            # R1 and R2 have a net of their own; M1 has its gate and source on the ports.
            expected += 4 + 3 + comb(len({ends[0], ends[1], "m"}), 2)
    assert len(by_id(make("\n".join(drawn) + PAIR))) == expected


@of_any_deck
@given(cards().flatmap(lambda drawn: st.tuples(st.just(drawn), st.permutations(drawn))))
def test_the_order_of_cards_changes_neither_defects_nor_which_are_equal(
    make: Make, orders: tuple[list[str], list[str]]
) -> None:
    one, other = (by_id(make("\n".join(drawn) + PAIR, "network")) for drawn in orders)
    assert set(one) == set(other)
    assert all(one[identity].weight == other[identity].weight for identity in one)
    assert {identity: row(one[identity]) for identity in one} == {identity: row(other[identity]) for identity in one}
    assert partition(one) == partition(other)


@of_any_deck
@given(cards())
def test_a_deck_inside_of_an_instance_has_the_same_defects_one_level_deeper(make: Make, drawn: list[str]) -> None:
    text = "\n".join(drawn)
    flat = by_id(make(text + PAIR, "network"))
    deep = by_id(make(f".subckt whole a b c d vdd\n{text}\n.ends\nXW a b c d vdd whole{PAIR}", "network"))
    assert set(deep) == {f"xw.{identity}" for identity in flat}
    assert partition(deep) == {frozenset(f"xw.{identity}" for identity in members) for members in partition(flat)}
    assert all(deep[f"xw.{identity}"].weight == flat[identity].weight for identity in flat)


def row(defect: Defect) -> tuple[object, ...]:
    accounting = defect.accounting
    return defect.model, defect.site, accounting.group, accounting.merged, accounting.detectability, accounting.reason


def partition(found: dict[str, Defect]) -> set[frozenset[str]]:
    """Return the sets of equal circuits, whichever member of each is simulated."""
    sets: dict[str, set[str]] = {}
    for identity, defect in found.items():
        sets.setdefault(defect.accounting.same_as or identity, set()).add(identity)
        assert not defect.accounting.same_as or not found[defect.accounting.same_as].accounting.same_as
    for members in sets.values():
        assert {found[identity].accounting.group for identity in members} == {len(members)}
    return set(map(frozenset, sets.values()))


# Records.

KEYS = [
    "id", "kind", "location", "device", "terminals", "nets", "weight", "merged", "model", "spice_model", "multiplier",
    "unit", "default", "direction", "weight_origin", "zero_weight_reason", "group", "same_as", "undetectable",
    "undetectable_reason", "cuts_off", "path", "source",
]  # fmt: skip


def test_a_row_has_every_promised_key_and_plain_values(make: Make) -> None:
    found = by_id(make(ROWS, "network", **SIDECAR))
    rows = {identity: row_of(defect) for identity, defect in found.items()}
    assert all(list(item) == KEYS for item in rows.values())
    plain = (str, float, int, list)
    assert all(isinstance(value, plain) for item in rows.values() for value in item.values())
    assert rows["Rbreak"]["cuts_off"] == ["x1", "x2"]
    assert rows["Rbreak"]["terminals"] == ["x1.bl", "x2.bl"]
    short = rows["x2.m1.d-g:short"]
    assert (short["device"], short["terminals"], short["nets"]) == ("x2.m1", ["x2.m1.d", "x2.m1.g"], ["vdd", "in2"])
    assert (short["kind"], short["location"], short["spice_model"]) == ("short", "x2.m1:d-g", "n")
    assert (rows["rcell:min"]["unit"], rows["rcell:min"]["location"]) == ("corner", "process:rcell")
    assert (rows["Twin:shrink"]["unit"], rows["Twin:shrink"]["nets"]) == ("s", [])


def test_a_record_s_counts_are_those_of_its_defects(make: Make) -> None:
    universe = make(ROWS, "network", **SIDECAR)
    count, defects = Count(), list(universe)
    for defect in defects:
        count.add(defect)
    record = head(universe.circuit, "network", universe.spec, count, universe.excluded)
    assert record["counts"] == {
        "devices": 10,
        "defects": len(defects),
        "circuits": len(partition({defect.id: defect for defect in defects})),
        "by_kind": dict(Counter(defect.definition.kind for defect in defects)),
        "undetectable": dict(Counter(d.accounting.detectability.value for d in defects if d.accounting.detectability)),
        "zero_weights": 0,
    }
    assert record["weights"]["total"] == pytest.approx(sum(defect.weight for defect in defects))
