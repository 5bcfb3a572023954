"""Opens in resistor networks, solved by ngspice, against the divider formula."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultsim import library
from faultsim.circuits import bench, network
from faultsim.circuits.circuit import of_network
from faultsim.circuits.deck import Cards, split_cards, text_of
from faultsim.circuits.edit import Split, split_terminal
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.network import Network
from faultsim.circuits.sidecar import SiteSpec, WireSpec
from faultsim.circuits.sites import site_of
from faultsim.circuits.stimulus import Stimulus
from faultsim.fault_models.naming import named_defects
from faultsim.spice.job import Job
from faultsim.spice.reference import run_batch

STOP_S = 20e-9
SUPPLY_V = 1.1
REL = 1e-9

# Small beside 1 kohm, and yet not so small that the matrix loses the digits of the other resistors.
TINY_OHM = 1e-4
TINY_REL = 1e-6

ohms = st.floats(1.0, 8.0).map(lambda exponent: 10.0**exponent)

CELLS = """\
* two equal cells, each a divider between the supply and ground
VDD vdd 0 1.1
X1 vdd out1 cell
X2 vdd out2 cell
.subckt cell p o
RTOP p o 2k
RBOT o 0 3k
.ends
"""


def solved(cards: Cards, nets: Sequence[str], alters: Mapping[str, float] | None = None) -> dict[str, float]:
    """Return the voltages of nets, as ngspice solves the deck."""
    probes = {net: f"v({net})" for net in nets}
    tail = f".save {' '.join(probes.values())}\n.tran 1n {STOP_S} 0 1n uic\n.end\n"
    observables = {net: f"at({net}, {STOP_S / 2})" for net in nets}
    trace = run_batch(Job("* test\n" + text_of(cards) + tail, STOP_S, probes, observables, {}, alters or {}))
    assert trace.outcome.ok, trace.outcome.log_tail
    return {name: float(value) for name, value in trace.outcome.values.items() if isinstance(value, float)}


def opened(split: Split, ohm: float) -> Cards:
    return split.joined_by([f"RFAULT {split.near} {split.far} {ohm!r}"])


def divided(top_ohm: float, bottom_ohm: float) -> float:
    return SUPPLY_V * bottom_ohm / (top_ohm + bottom_ohm)


@pytest.mark.parametrize(("terminal", "above"), [("x1.rtop.1", True), ("x1.rtop.2", True), ("x1.rbot.1", False)])
@pytest.mark.parametrize("ohm", [10.0, 16e3, 1e9])
def test_an_open_in_one_cell_divides_there_and_leaves_its_sibling_alone(terminal: str, above: bool, ohm: float) -> None:
    path, _, pin = terminal.rpartition(".")
    found = solved(opened(split_terminal(split_cards(CELLS, "deck.cir"), path, pin), ohm), ["out1", "out2"])
    expected = divided(2e3 + ohm, 3e3) if above else divided(2e3, 3e3 + ohm)
    assert found == pytest.approx({"out1": expected, "out2": divided(2e3, 3e3)}, rel=REL)


def test_two_opens_in_one_cell_add_up() -> None:
    cards = split_cards(CELLS, "deck.cir")
    once = opened(split_terminal(cards, "x1.rtop", "1"), 5e3)
    twice = split_terminal(once, "x1.rbot", "2")
    joined = twice.joined_by([f"RSECOND {twice.near} {twice.far} 7k"])
    assert solved(joined, ["out1"]) == pytest.approx({"out1": divided(2e3 + 5e3, 3e3 + 7e3)}, rel=REL)


class Ladder:
    """Cells that feed a bit line from the supply through a resistor each; a load to ground receives them."""

    def __init__(self, cells_ohm: Sequence[float], load_ohm: float) -> None:
        self.cells_ohm, self.load_ohm = cells_ohm, load_ohm
        lines = ["VDD vdd 0 1.1", *(f"X{place} vdd bl cell r={ohm!r}" for place, ohm in enumerate(cells_ohm))]
        lines += [f"RLOAD bl 0 {load_ohm!r}", ".subckt cell p o r=1", "RC p o {r}", ".ends"]
        self.cards = split_cards("\n".join(lines) + "\n", "ladder.cir")

    def cut_after(self, place: int, ohm: float) -> float:
        """Return the voltage at the load with an open after a cell."""
        order = [*(f"x{number}.o" for number in range(len(self.cells_ohm))), "rload.1"]
        spec = SiteSpec(wire="bl", after=f"x{place}", path="read")
        site = site_of("Rop", spec, {"bl": WireSpec(net="bl", order=order)}, Hierarchy(self.cards))
        return solved(opened(site.split(self.cards), ohm), ["bl"])["bl"]

    def formula(self, place: int, ohm: float) -> float:
        """Return it by hand: the cells behind the open act through their common resistance and the open."""
        near_s = sum(1 / cell for cell in self.cells_ohm[: place + 1])
        far_s = sum(1 / cell for cell in self.cells_ohm[place + 1 :])
        feeding_s = far_s + 1 / (1 / near_s + ohm)
        return SUPPLY_V * feeding_s / (feeding_s + 1 / self.load_ohm)


@pytest.mark.parametrize("place", range(4))
def test_a_break_of_the_bit_line_cuts_off_exactly_the_cells_behind_it(place: int) -> None:
    # No two sums of these conductances are equal, so that the voltage tells which cells still feed the line.
    ladder = Ladder([1e3, 2e3, 4e3, 8e3], 500.0)
    left_s = sum(1 / ohm for ohm in ladder.cells_ohm[place + 1 :])
    # What leaks through 1e15 ohm is 1e-12 of what the weakest cell carries; with no cell left it is all there is.
    assert ladder.cut_after(place, 1e15) == pytest.approx(SUPPLY_V * left_s / (left_s + 1 / 500), rel=REL, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.lists(ohms, min_size=1, max_size=6), ohms, ohms, st.data())
def test_an_open_in_any_ladder_follows_the_divider_formula(
    cells_ohm: list[float], load_ohm: float, ohm: float, data: st.DataObject
) -> None:
    ladder = Ladder(cells_ohm, load_ohm)
    place = data.draw(st.integers(0, len(cells_ohm) - 1), "after")
    assert ladder.cut_after(place, ohm) == pytest.approx(ladder.formula(place, ohm), rel=REL)


@pytest.mark.parametrize("place", range(4))
def test_a_tiny_open_reproduces_the_healthy_ladder(place: int) -> None:
    ladder = Ladder([1e3, 2e3, 4e3, 8e3], 500.0)
    healthy = solved(ladder.cards, ["bl"])["bl"]
    assert healthy == pytest.approx(ladder.formula(place, 0.0), rel=REL)
    assert ladder.cut_after(place, TINY_OHM) == pytest.approx(healthy, rel=TINY_REL)


SIDECAR = """\
title = "two cells on a wire"
deck = "cells.cir"
{sections}
[[ports]]
nets = ["vdd"]
role = "supply"
[probes]
wire = "v(wire)"
inner = "v(x1.m)"
[observables]
spiked = "any(at(wire, mid_integrate) > vdd/2)"
pulses_to_spike = "first(at(wire, mid_integrate) > vdd/2)"
time_to_spike_s = "start"
im_wr_a = "nth(at(wire, mid_integrate), 1) / 3e3"
wire_v = "nth(at(wire, mid_integrate), 1)"
inner_v = "nth(at(inner, mid_integrate), 1)"
[baseline]
spikes = {{}}
[wires.w]
net = "wire"
order = ["x1.o", "x2.o", "rload.1"]
[sites.segment]
wire = "w"
after = "x1"
path = "read"
[sites.contact]
device = "x1.r2"
terminal = "1"
path = "read"
"""


@pytest.fixture
def cells(tmp_path: Path) -> Network:
    """A network that is read from a sidecar, a deck and a file that the deck includes."""
    text = (library.root() / "circuits" / "networks" / "crossbar4.toml").read_text()
    # Whatever timing and accuracy a sidecar has to state, the library's own states it.
    sections = re.findall(r"(?ms)^\[(?:conditions|stimulus|simulation)\]\n.*?(?=^\[)", text)
    (tmp_path / "cells.toml").write_text(SIDECAR.format(sections="".join(sections)))
    (tmp_path / "cells.cir").write_text(
        "* cells\n.include cell.cir\nX1 vdd wire cell\nX2 vdd wire cell\nRLOAD wire 0 3k\n"
    )
    (tmp_path / "cell.cir").write_text(".subckt cell p o\nR1 p m 1k\nR2 m o 1k\n.ends\n")
    return network.load_sidecar(tmp_path / "cells.toml")


def asked(cells: Network, defect: str = "", ohm: float = 0.0) -> dict[str, float]:
    """Return the voltages that the network's own bench measures."""
    timing = cells.sidecar.stimulus.model_copy(update={"pulses": 1})
    edited = named_defects(of_network(cells))[defect].inject(cells.cards).at(ohm) if defect else None
    job = bench.job(cells, Stimulus("", timing), bench.nominal(cells), cells.sidecar.simulation, edited)
    outcome = run_batch(job).outcome
    assert outcome.ok, outcome.log_tail
    return {name: float(outcome.values[name] or 0.0) for name in ("wire_v", "inner_v")}  # type: ignore[arg-type]


def test_a_named_site_is_injected_and_altered_from_files_to_volts(cells: Network) -> None:
    vdd = cells.sidecar.conditions.vdd_v
    assert asked(cells) == pytest.approx({"wire_v": vdd * 3 / 4, "inner_v": vdd * 7 / 8}, rel=REL)
    # A cell of 2k + R beside one of 2k, on 3k; inside the first the open lies past its middle.
    feeding_s = 1 / 18e3 + 1 / 2e3
    wire_v = vdd * feeding_s / (feeding_s + 1 / 3e3)
    inner_v = vdd - (vdd - wire_v) * 1e3 / 18e3
    for defect in ("segment", "contact"):
        assert asked(cells, defect, 16e3) == pytest.approx({"wire_v": wire_v, "inner_v": inner_v}, rel=REL)


@pytest.mark.parametrize("defect", ["segment", "contact"])
def test_a_named_open_of_no_severity_is_the_healthy_circuit(cells: Network, defect: str) -> None:
    assert asked(cells, defect, TINY_OHM) == pytest.approx(asked(cells), rel=TINY_REL)
