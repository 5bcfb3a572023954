"""What a defect goes by: the sidecar's names, ids by the rules, any two nets, two at once; what is said otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from faultsim import library
from faultsim.circuits import network
from faultsim.circuits.circuit import Circuit, of_deck, of_network
from faultsim.circuits.sites import Cut, Pair
from faultsim.circuits.stimulus import Stimulus
from faultsim.errors import UsageError
from faultsim.fault_models.defect import Double
from faultsim.fault_models.naming import default_universe, double, find_defect, named_defects
from faultsim.fault_models.universe import Universe
from faultsim.fault_models.universe_file import load_universe

DECK = """\
* a deck whose nets have signs in their names
V1 in+ 0 1
R1 in+ out- 1k
R2 out- 0 1k
X1 out- end half
R3 end 0 1k
.subckt half p q
R1 p m 1k
R2 m q 1k
.ends
"""


@pytest.fixture(scope="module")
def crossbar() -> Circuit:
    return of_network(network.load("crossbar4"))


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Circuit:
    file = tmp_path_factory.mktemp("decks") / "signs.cir"
    file.write_text(DECK)
    return of_deck(file)


def said(circuit: Circuit, name: str) -> str:
    with pytest.raises(UsageError) as refused:
        find_defect(circuit, name)
    return str(refused.value)


def test_every_site_of_the_sidecar_and_every_listed_defect_is_found_by_its_name(crossbar: Circuit) -> None:
    listed = {defect.id: defect for defect in Universe(crossbar, load_universe("network"))}
    named = named_defects(crossbar)
    assert set(named) < set(listed)
    assert {site for site in crossbar.sites if site.startswith("R")} < set(named)
    for identity, defect in listed.items():
        found = find_defect(crossbar, identity)
        assert (found.id, found.site, found.model, found.weight) == (
            defect.id,
            defect.site,
            defect.model,
            defect.weight,
        )


@pytest.mark.parametrize(
    ("by_rule", "name", "model"),
    [
        ("xcell1.ma1.d:open", "Rop4", "open"),
        ("xcell1.mpot.g:open", "Rpp3", "open-gate"),
        ("bl.xcell1:open", "Rop1", "open"),
        ("bl.xcell3:open", "Rop3", "open"),
    ],
)
def test_a_place_that_the_sidecar_names_is_found_by_the_rules_name_too(
    crossbar: Circuit, by_rule: str, name: str, model: str
) -> None:
    found = find_defect(crossbar, by_rule)
    assert found == find_defect(crossbar, name)
    assert (found.id, found.model) == (name, model)


def test_a_cut_at_a_site_is_an_open_of_its_own_kind(crossbar: Circuit) -> None:
    named = named_defects(crossbar)
    assert {defect.model for name, defect in named.items() if name.startswith("Rop")} == {"open"}
    assert named["Rpp3"].model == "open-gate"
    assert {name for name in named if name.startswith("T")} == {
        "Tiw:shrink",
        "Tiw:stretch",
        "Tlw:shrink",
        "Tlw:stretch",
    }


@pytest.mark.parametrize(
    "nets", [("in1", "in2"), ("pe", "sl"), ("xcell1.rt", "xneuron.n2"), ("0", "xcell3.pa"), ("vdd", "xcell4.pb")]
)
def test_a_bridge_of_any_two_nets_is_found_whether_it_is_listed_or_not(
    crossbar: Circuit, nets: tuple[str, str]
) -> None:
    name = "~".join(nets) + ":bridge"
    found = find_defect(crossbar, name)
    assert isinstance(found.site, Pair)
    assert (found.id, found.model, found.site.nets, found.location) == (name, "bridge", nets, "~".join(nets))
    assert found.definition.severity.direction == "fails_below"


def test_nets_with_signs_in_their_names_are_told_from_two_defects(bare: Circuit) -> None:
    bridge = find_defect(bare, "in+~out-:bridge")
    assert not isinstance(bridge, Double)
    both = find_defect(bare, "in+~out-:bridge@5+r2:open")
    assert isinstance(both, Double)
    assert [part.id for part in both.parts] == ["in+~out-:bridge", "r2:open"]
    assert both.fixed == (5.0, None)
    # Its id is the same from either side; a port is the net outside.
    for name in ("x1.m~in+:bridge", "IN+~X1.M:bridge"):
        found = find_defect(bare, name)
        assert (found.id, found.site.nets) == ("in+~x1.m:bridge", ("in+", "x1.m"))
    assert find_defect(bare, "x1.q~in+:bridge").id == "in+~end:bridge"
    assert find_defect(bare, "gnd~end:bridge").id == "0~end:bridge"


# Two at once.


def test_two_defects_with_a_plus_between_share_their_severity(bare: Circuit) -> None:
    both = find_defect(bare, "r1:open+x1.r2:open")
    assert isinstance(both, Double)
    assert (both.id, both.fixed) == ("r1:open+x1.r2:open", (None, None))
    assert both.weight == 0 and "two defects at once" in both.accounting.justification
    assert both.location == "r1:1 + x1.r2:1"
    deck = both.inject(bare.cards).at(5e3)
    assert sorted(deck.alters.values()) == [5e3, 5e3]
    assert len(deck.alters) == 2


def test_the_severity_that_stays_is_written_behind_its_defect(bare: Circuit) -> None:
    for name, fixed in [
        ("r1:open@5k+out-~end:bridge", (5e3, None)),
        ("r1:open+out-~end:bridge@2meg", (None, 2e6)),
        ("r1:open@5k+out-~end:bridge@2meg", (5e3, 2e6)),
    ]:
        both = find_defect(bare, name)
        assert isinstance(both, Double)
        assert both.fixed == fixed
        alters = sorted(both.inject(bare.cards).at(77.0).alters.values())
        assert alters == sorted(77.0 if severity is None else severity for severity in fixed)


def test_the_free_one_of_two_gives_unit_range_and_direction(bare: Circuit) -> None:
    for name, lead in [
        ("r1:open@5k+out-~end:bridge", "out-~end:bridge"),
        ("r1:open+out-~end:bridge@9", "r1:open"),
        ("r1:open@1+r2:open@2", "r1:open"),
    ]:
        both, alone = find_defect(bare, name), find_defect(bare, lead)
        assert (both.definition, both.site, both.unit) == (alone.definition, alone.site, alone.unit)


def test_a_defect_of_the_timing_and_one_of_the_deck_are_both_there(crossbar: Circuit) -> None:
    both = find_defect(crossbar, "Tiw:stretch@0.2n+Rop1")
    loaded = network.load("crossbar4")
    stimulus = Stimulus("1111", loaded.sidecar.stimulus)
    assert both.disturb(stimulus, 5e3).spec.integrate == pytest.approx(stimulus.spec.integrate + 0.2e-9)
    assert list(both.inject(loaded.cards).at(5e3).alters.values()) == [5e3]
    corner = find_defect(crossbar, "n_ra:min@0.5+Rop1").inject(loaded.cards).at(5e3)
    assert "n_ra={(" in "".join(card.text for card in corner.cards)


def test_a_name_is_put_together_from_both_where_there_is_none(bare: Circuit) -> None:
    first, second = find_defect(bare, "r1:open"), find_defect(bare, "r2:open")
    assert double(first, second).id == "r1:open+r2:open"


# What is no defect.


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Rop9", "crossbar4 has no defect 'Rop9' (did you mean Rop7 or Rop6 or Rop5?)"),
        ("rop11", "crossbar4 has no defect 'rop11' (did you mean Rop1"),
        ("zzz", "crossbar4 has no defect 'zzz' (faultsim sites lists them)"),
        ("", "crossbar4 has no defect '' (faultsim sites lists them)"),
        ("+", "crossbar4 has no defect '+' (faultsim sites lists them)"),
        ("in1~in1:bridge", "crossbar4 has no defect 'in1~in1:bridge' (did you mean in1~in2:bridge"),
        ("in1~in9:bridge", "crossbar4 has no defect 'in1~in9:bridge' (it has no net 'in9': did you mean in4 or"),
        ("in1~in2:short", "crossbar4 has no defect 'in1~in2:short' (did you mean"),
        ("xcell1.ma9.d:open", "crossbar4 has no defect 'xcell1.ma9.d:open' (did you mean xcell1.ma"),
        ("xcell1.ma2.g:opne", "crossbar4 has no defect 'xcell1.ma2.g:opne' (did you mean xcell1.ma2.g:open"),
        ("Rop1+Nope", "crossbar4 has no defect 'Rop1+Nope' (did you mean Rop1"),
        ("Rop1@5k", "crossbar4 has no defect 'Rop1@5k' (a severity with @ is for one of two"),
        ("Rop1+Rop2+Rop3", "crossbar4 has no defect 'Rop1+Rop2+Rop3' (no more than two at once)"),
        ("Rop1+Rop1", "Rop1+Rop1: these are one defect"),
        ("Rop4+xcell1.ma1.d:open", "Rop4+xcell1.ma1.d:open: these are one defect"),
        ("Rop1@1+Rop1@2", "Rop1@1+Rop1@2: these are one defect"),
        ("Rop1+Rop6@-5", "Rop1+Rop6@-5: -5 has to be positive"),
        ("Rop1+Rop6@0", "Rop1+Rop6@0: 0 has to be positive"),
        ("Rop1+Rop6@much", "Rop1+Rop6@much: 'much' is not a quantity"),
        ("Rop1@+Rop6", "Rop1@+Rop6: '' is not a quantity"),
        (
            "Rop1+in1~in2:bridge",
            "Rop1+in1~in2:bridge: one severity cannot be both's; keep one at a value, as in Rop1+in1~in2:bridge@100",
        ),
        ("Tiw:shrink+Rop1", "Tiw:shrink+Rop1: one severity cannot be both's; keep one at a value, as in"),
    ],
)
def test_a_name_that_is_none_is_refused_with_what_was_meant(crossbar: Circuit, name: str, message: str) -> None:
    assert said(crossbar, name).startswith(message)


def test_a_bare_deck_is_named_by_its_file(bare: Circuit) -> None:
    assert said(bare, "R9:open") == "signs has no defect 'R9:open' (did you mean r3:open or r2:open or r1:open?)"
    assert find_defect(bare, "X1.R1:OPEN").id == "x1.r1:open"
    assert said(bare, "Rop1") == "signs has no defect 'Rop1' (faultsim sites lists them)"


def test_the_universe_of_a_circuit_is_the_network_s_where_a_sidecar_gives_wires_or_neighbours(
    crossbar: Circuit, bare: Circuit
) -> None:
    assert (default_universe(crossbar), default_universe(bare)) == ("network", "2427")


def test_a_kind_of_defect_from_a_file_is_named_by_its_site_and_the_file(crossbar: Circuit, tmp_path: Path) -> None:
    text = (library.root() / "fault_models" / "defects" / "open-gate.toml").read_text()
    (tmp_path / "leaky.toml").write_text(text)
    named = named_defects(crossbar, ["leaky.toml"], tmp_path)
    added = set(named) - set(named_defects(crossbar))
    # Only where the device has a drain and a source besides.
    assert added == {
        f"{name}:leaky" for name, site in crossbar.sites.items() if isinstance(site, Cut) and not site.wire
    }
    assert named["Rop4:leaky"].model == "leaky.toml"
