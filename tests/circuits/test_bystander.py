"""Whether an edit leaves an instance alone, and where steps may be larger because of it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from faultsim.campaigns.lab import Lab
from faultsim.campaigns.question import Question
from faultsim.circuits import bench, network
from faultsim.circuits.bystander import leaves_alone
from faultsim.circuits.circuit import of_network
from faultsim.circuits.deck import Cards
from faultsim.circuits.network import Network
from faultsim.circuits.reading import read_cards
from faultsim.circuits.stimulus import Stimulus
from faultsim.circuits.variant import Corner
from faultsim.errors import SpecError
from faultsim.fault_models.naming import find_defect

DECK = """* a neuron behind two cells
.param vt=0.3
.model n1 nmos
.subckt gate a y
Ma y a 0 0 n1
.ends
.subckt neuron in out
Xg in mid gate
Rx mid out 1k
.ends
.subckt cell w bl
Rc w bl 10k
.ends
.subckt load n
Rl n 0 1meg
.ends
.subckt case n
Xinner n load
.ends
.subckt aside n
Ra n 0 1meg
.ends
Xload out case
Xaside w2 aside
Xc1 w1 bl cell
Xc2 w2 bl cell
Xn bl out neuron
Rload out far 1k
.end
"""


def cards(folder: Path, text: str) -> Cards:
    path = folder / "deck.cir"
    path.write_text(text)
    return read_cards(path)


@pytest.mark.parametrize(
    ("old", "new", "alone"),
    [
        ("Xc1 w1 bl", "Xc1 w1 cut", True),
        ("Rc w bl 10k", "Rc w bl 20k", True),
        (".end\n", "Rshort w1 w2 10\n.end\n", True),
        (".end\n", "Vsense bl 0 0\n.end\n", True),
        ("Xn bl out", "Xn cut out", False),
        ("Rx mid out 1k", "Rx mid out 2k", False),
        ("Ma y a 0 0 n1", "Ma y a b 0 n1", False),
        ("Rx mid out 1k\n", "", False),
        ("Ra n 0 1meg", "Ra n 0 10", True),
        ("Rl n 0 1meg", "Rl n 0 10", False),
        (".end\n", "Rbridge xn.mid w1 10\n.end\n", False),
        (".end\n", "Rbridge out w1 10\n.end\n", False),
        ("Rload out far 1k\n", "", False),
        (".param vt=0.3", ".param vt=0.35", False),
        (".model n1 nmos", ".model n1 nmos vto=1", False),
    ],
)
def test_an_edit_is_told_from_one_elsewhere(old: str, new: str, alone: bool, tmp_path: Path) -> None:
    before = cards(tmp_path, DECK)
    assert leaves_alone(before, before, "xn", {"bl"})
    assert old in DECK
    assert leaves_alone(before, cards(tmp_path, DECK.replace(old, new)), "xn", {"bl"}) is alone


def test_an_instance_that_is_not_there_is_not_alone(tmp_path: Path) -> None:
    found = cards(tmp_path, DECK)
    assert not leaves_alone(found, found[:-2], "other", set())


@pytest.fixture(scope="module")
def crossbar() -> Network:
    return network.load("crossbar4")


def paced(circuit: Network, defect: str = "", **conditions: object) -> str:
    """Return what the sine that makes steps small is multiplied with."""
    sidecar = circuit.sidecar
    lab = Lab(circuit, None, sidecar.simulation, sidecar.observables)  # type: ignore[arg-type]
    found = find_defect(of_network(circuit), defect) if defect else None
    nominal = replace(bench.nominal(circuit), **conditions)  # type: ignore[arg-type]
    deck = lab.job(Question(Stimulus("1111", sidecar.stimulus), nominal, found, 1e4 if found else None)).deck
    line = next(line for line in deck.splitlines() if line.startswith("BFS_pace"))
    return line.partition("u(")[2].partition(")*sin")[0]


@pytest.mark.parametrize("defect", ["", "Rop1", "Rop5", "xpot2.cpot:short", "in2~bl:bridge", "xcell3.xmtj:pinhole"])
def test_far_from_its_level_a_neuron_as_drawn_is_read_in_large_steps(defect: str, crossbar: Network) -> None:
    assert paced(crossbar, defect) == "0.92-v(xneuron.mz)"


@pytest.mark.parametrize(
    "defect", ["xneuron.mread.d:open", "xneuron.mn1.g:open", "xneuron.xref:pinhole", "in2~out:bridge"]
)
def test_a_defect_that_may_move_the_level_is_read_in_small_steps(defect: str, crossbar: Network) -> None:
    assert paced(crossbar, defect) == "1"


def test_an_edit_in_the_only_instance_of_something_on_its_nets_counts() -> None:
    # What turns the neuron back is on all of its nets, and edited in place.
    for defect in ("xreset.mgnd.d:open", "xreset.mset.g:open"):
        assert paced(network.load("crossbar4-train"), defect) == "1"


def test_reads_at_another_timing_have_small_steps(crossbar: Network) -> None:
    for name, value in (("read_width", 0.25e-9), ("strobe_width", 0.3e-9), ("read_delay", 60e-12), ("edge", 30e-12)):
        timing = crossbar.sidecar.stimulus.model_copy(update={name: value})
        sidecar = crossbar.sidecar
        lab = Lab(crossbar, None, sidecar.simulation, sidecar.observables)  # type: ignore[arg-type]
        deck = lab.job(Question(Stimulus("1111", timing), bench.nominal(crossbar))).deck
        assert "u(1)*sin" in deck, name


def test_away_from_the_nominal_conditions_every_read_has_small_steps(crossbar: Network) -> None:
    assert paced(crossbar, vdd_v=1.0) == paced(crossbar, temperature_c=85.0) == "1"
    assert paced(crossbar, corner=Corner("slow", shift={"t_dvth": 0.03})) == "1"


def test_a_sidecar_without_a_level_has_small_steps_everywhere(crossbar: Network) -> None:
    accuracy = crossbar.sidecar.simulation.model_copy(update={"near": None})
    assert paced(replace(crossbar, sidecar=crossbar.sidecar.model_copy(update={"simulation": accuracy}))) == "1"


@pytest.mark.parametrize(
    ("near", "said"),
    [
        ('{ probe = "mzz" }', "simulation.near.probe: 'mzz' is no probe of a voltage inside an instance"),
        ('{ probe = "out" }', "simulation.near.probe: 'out' is no probe of a voltage inside an instance"),
        ('{ side = "beside" }', "simulation.near.side: 'beside': Input should be 'below' or 'above'"),
    ],
)
def test_a_level_that_cannot_be_told_is_said(near: str, said: str, crossbar: Network, tmp_path: Path) -> None:
    sidecar = tmp_path / "mine.toml"
    deck, base = crossbar.path.with_suffix(".cir").as_posix(), crossbar.path.as_posix()
    sidecar.write_text(f'extends = "{base}"\ndeck = "{deck}"\n[simulation]\nnear = {near}\n')
    with pytest.raises(SpecError, match=re.escape(said)):
        network.load(str(sidecar))


@pytest.mark.parametrize(
    ("near", "factor"), [("false", "1"), ('{ side = "above", level = 0.5 }', "v(xneuron.mz)-(0.5)")]
)
def test_a_sidecar_that_extends_another_one_may_say_otherwise(
    near: str, factor: str, crossbar: Network, tmp_path: Path
) -> None:
    sidecar = tmp_path / "mine.toml"
    deck, base = crossbar.path.with_suffix(".cir").as_posix(), crossbar.path.as_posix()
    sidecar.write_text(f'extends = "{base}"\ndeck = "{deck}"\n[simulation]\nnear = {near}\n')
    assert paced(network.load(str(sidecar))) == factor
