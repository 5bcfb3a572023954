"""Opens and bridges in resistor networks, solved by ngspice, against formulas: dividers, a nodal solver, Thévenin."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultsim import library
from faultsim.circuits import bench, network
from faultsim.circuits.circuit import Circuit, of_network
from faultsim.circuits.deck import Cards, split_cards, text_of
from faultsim.circuits.edit import Split, split_terminal
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.network import Network
from faultsim.circuits.sidecar import SiteSpec, WireSpec
from faultsim.circuits.sites import Cut, site_of
from faultsim.circuits.stimulus import Stimulus
from faultsim.circuits.variant import EditedDeck
from faultsim.fault_models.defect import Defect
from faultsim.fault_models.definition import load as load_definition
from faultsim.fault_models.naming import find_defect, named_defects
from faultsim.spice.job import Job
from faultsim.spice.pool import WorkerPool
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
    # It has no neuron that could be near its level.
    stated = re.sub(r"(?m)^near = .*\n", "", "".join(sections))
    (tmp_path / "cells.toml").write_text(SIDECAR.format(sections=stated))
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


# Resistors up to three levels deep; `inner` is defined inside `outer`. Cards stand for several at both kinds of place,
# but never one inside another: there ngspice lets the instance's multiplier replace that of the device.
TREE = """\
* a tree of resistors
V1 vdd 0 1.1
X1 vdd out1 outer
X2 vdd out2 many m=2
X3 out1 out2 outer r={r3}
X4 out1 0 bundle n=2
RL1 out1 0 {l1}
RL2 out2 0 {l2} m=3
.subckt outer p q r={r1}
R1 p a {{r}}
XA a b inner
XB b q inner s={sb}
R2 a q {o2} m=3
.subckt inner p q s={sa}
R1 p m {{s}}
R2 m q {i2}
XU m q unit
.ends
.ends
.subckt many p q
R1 p a {m1}
R2 a q {m2}
XU a q unit
.ends
.subckt bundle p q n=1
R1 p a {b1}
R2 a q {b2} m={{n+1}}
XU a q unit m='n + 1'
.ends
.subckt unit p q
R1 p m {u1}
R2 m q {u2}
.ends
"""
OHMS = {"r1": 200.0, "r3": 300.0, "l1": 100.0, "l2": 150.0, "sa": 120.0, "sb": 70.0, "o2": 500.0, "i2": 90.0}
OHMS |= {"m1": 110.0, "m2": 130.0, "b1": 80.0, "b2": 250.0, "u1": 40.0, "u2": 60.0}
SEVERAL = {"x2": 2, "x4.xu": 3}
"""Instances that stand for several."""
SEVERITIES = [1e-3, 1.0, 1e3, 1e6, 1e9, 1e12]

Resistors = dict[str, tuple[str, str, float]]
"""Path -> its nets and its resistance. The second of several is called ``x2#2``."""


class Tree:
    """The tree, flattened by hand, and what a nodal solver of our own says of it."""

    def __init__(self, ohms: Mapping[str, float] = OHMS) -> None:
        self.cards = split_cards(TREE.format(**ohms), "tree.cir", title=True)
        self.resistors = dict(self._all(ohms))

    def _all(self, ohm: Mapping[str, float]) -> Iterator[tuple[str, tuple[str, str, float]]]:
        yield from self._outer("x1.", "vdd", "out1", ohm["r1"], ohm)
        yield from self._outer("x3.", "out1", "out2", ohm["r3"], ohm)
        for many in _copies("x2", 2):
            yield f"{many}.r1", ("vdd", f"{many}.a", ohm["m1"])
            yield f"{many}.r2", (f"{many}.a", "out2", ohm["m2"])
            yield from self._unit(f"{many}.xu.", f"{many}.a", "out2", ohm)
        yield "x4.r1", ("out1", "x4.a", ohm["b1"])
        yield from ((name, ("x4.a", "0", ohm["b2"])) for name in _copies("x4.r2", 3))
        for unit in _copies("x4.xu", 3):
            yield from self._unit(f"{unit}.", "x4.a", "0", ohm)
        yield "rl1", ("out1", "0", ohm["l1"])
        yield from ((name, ("out2", "0", ohm["l2"])) for name in _copies("rl2", 3))

    def _outer(
        self, at: str, p: str, q: str, r: float, ohm: Mapping[str, float]
    ) -> Iterator[tuple[str, tuple[str, str, float]]]:
        yield f"{at}r1", (p, f"{at}a", r)
        yield from ((name, (f"{at}a", q, ohm["o2"])) for name in _copies(f"{at}r2", 3))
        for inner, start, stop, s in (("xa", f"{at}a", f"{at}b", ohm["sa"]), ("xb", f"{at}b", q, ohm["sb"])):
            yield f"{at}{inner}.r1", (start, f"{at}{inner}.m", s)
            yield f"{at}{inner}.r2", (f"{at}{inner}.m", stop, ohm["i2"])
            yield from self._unit(f"{at}{inner}.xu.", f"{at}{inner}.m", stop, ohm)

    @staticmethod
    def _unit(at: str, p: str, q: str, ohm: Mapping[str, float]) -> Iterator[tuple[str, tuple[str, str, float]]]:
        yield f"{at}r1", (p, f"{at}m", ohm["u1"])
        yield f"{at}r2", (f"{at}m", q, ohm["u2"])


class Solution:
    """Voltages of a resistor network, and how they answer to a current between two nets."""

    def __init__(self, resistors: Resistors) -> None:
        self.resistors = resistors
        nets = dict.fromkeys(net for first, second, _ in resistors.values() for net in (first, second))
        self.nets = [net for net in nets if net not in ("0", "vdd")]
        place = {net: number for number, net in enumerate(self.nets)}
        conductance = np.zeros((len(self.nets), len(self.nets)))
        current = np.zeros(len(self.nets))
        for first, second, ohm in resistors.values():
            for one, other in ((first, second), (second, first)):
                if one in place:
                    conductance[place[one], place[one]] += 1 / ohm
                    current[place[one]] += SUPPLY_V / ohm if other == "vdd" else 0.0
                    if other in place:
                        conductance[place[one], place[other]] -= 1 / ohm
        self._impedance = np.linalg.inv(conductance)
        self._place = place
        self.volts = {"0": 0.0, "vdd": SUPPLY_V, **self._named(np.linalg.solve(conductance, current))}

    def bridged(self, first: str, second: str, ohm: float) -> tuple[dict[str, float], float, float]:
        """Return the voltages with a bridge, its current and the resistance that it sees; after Thévenin."""
        rise = self._answer(first) - self._answer(second)
        places = {net: rise[self._place[net]] if net in self._place else 0.0 for net in (first, second)}
        seen_ohm = places[first] - places[second]
        current = (self.volts[first] - self.volts[second]) / (seen_ohm + ohm)
        change = self._named(-current * rise)
        return {net: volt + change.get(net, 0.0) for net, volt in self.volts.items()}, current, seen_ohm

    def leaves(self, net: str, volts: Mapping[str, float]) -> float:
        """Return the current that its resistors carry into a net, by Kirchhoff: it leaves through the bridge."""
        ends = [(first, second, ohm) for first, second, ohm in self.resistors.values() if net in (first, second)]
        return sum((volts[second if first == net else first] - volts[net]) / ohm for first, second, ohm in ends)

    def _named(self, volts: np.ndarray) -> dict[str, float]:
        return dict(zip(self.nets, volts.tolist(), strict=True))

    def _answer(self, net: str) -> np.ndarray:
        return self._impedance[self._place[net]] if net in self._place else np.zeros(len(self.nets))


def _copies(path: str, count: int) -> list[str]:
    return [path, *(f"{path}#{number}" for number in range(2, count + 1))]


def called(net: str, *hit: str) -> str:
    """Return what ngspice calls a net of the tree while devices or nets are hit: one of several is hit alone."""
    alone = {path for path in SEVERAL if any(place.startswith(path + ".") for place in hit)}
    *instances, name = net.split(".")
    steps = [
        step + "_one" if ".".join(instances[: place + 1]) in alone else step.partition("#")[0]
        for place, step in enumerate(instances)
    ]
    return ".".join([*steps, name])


def compare(pool: WorkerPool, edited: EditedDeck, expected: Mapping[str, float]) -> dict[str, float]:
    """Check the voltages of nets of a deck, by their names there; return them."""
    probes = {f"n{number}": f"v({net})" for number, net in enumerate(expected)}
    tail = f".save {' '.join(probes.values())}\n.tran 1n {STOP_S} 0 1n uic\n.end\n"
    observables = {name: f"at({name}, {STOP_S / 2})" for name in probes}
    job = Job(text_of(edited.cards) + tail, STOP_S, probes, observables, {}, edited.alters)
    outcome = pool.submit(job).result().outcome
    assert outcome.ok, outcome.log_tail
    found = {net: outcome.values[name] for net, name in zip(expected, probes, strict=True)}
    assert found == pytest.approx(expected, rel=REL, abs=0.0)
    return found


def at_names(volts: Mapping[str, float], *hit: str) -> dict[str, float]:
    """Return voltages by what ngspice calls their nets; of several that are not hit all have the same."""
    named: dict[str, float] = {}
    for net, volt in volts.items():
        assert named.setdefault(called(net, *hit), volt) == pytest.approx(volt, rel=REL, abs=0.0)
    del named["0"], named["vdd"]
    return named


def open_at(path: str, terminal: str, net: str) -> Defect:
    return Defect("open", load_definition("open"), Cut("open", path, ((path, terminal),), net, "", (path,)), "open")


def check_open(pool: WorkerPool, tree: Tree, path: str, terminal: str, ohm: float) -> None:
    """Check all voltages with an open at a resistor's terminal: a resistance in series, the new net between them."""
    first, second, own_ohm = tree.resistors[path]
    volts = Solution({**tree.resistors, path: (first, second, own_ohm + ohm)}).volts
    drop = (volts[first] - volts[second]) * own_ohm / (own_ohm + ohm)
    defect = open_at(path, terminal, first if terminal == "1" else second)
    split = defect.site.split(tree.cards)  # type: ignore[union-attr]
    between = volts[second] + drop if terminal == "1" else volts[first] - drop
    compare(pool, defect.inject(tree.cards).at(ohm), {**at_names(volts, path), split.prefix + split.near: between})


def check_bridge(pool: WorkerPool, tree: Tree, name: str, first: str, second: str, ohm: float) -> None:
    """Check all voltages with a bridge or a short, and its current."""
    healthy = Solution(tree.resistors)
    volts, current, seen_ohm = healthy.bridged(first, second, ohm)
    edited = find_defect(_circuit(tree.cards), name).inject(tree.cards).at(ohm)
    found = {**compare(pool, edited, at_names(volts, first, second)), "0": 0.0, "vdd": SUPPLY_V}
    found = {net: found[called(net, first, second)] for net in volts}
    # Across a small bridge the voltage has too few digits left; across a large one the sum of the others' currents.
    net, sign = (first, 1) if first in healthy.nets else (second, -1)
    measured = (found[first] - found[second]) / ohm if ohm > seen_ohm else sign * healthy.leaves(net, found)
    last_digit = np.finfo(float).eps * SUPPLY_V / ohm
    assert measured == pytest.approx(current, rel=REL, abs=last_digit)


def _circuit(cards: Cards, wires: Mapping[str, WireSpec] | None = None) -> Circuit:
    return Circuit("tree", cards, Hierarchy(cards), wires=wires or {})


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(2, timeout_s=60.0) as workers:
        yield workers


TREE_PATHS = [path for path in Tree().resistors if "#" not in path]
TREE_NETS = [net for net in Solution(Tree().resistors).volts if "#" not in net]


def test_the_tree_by_hand_is_the_tree_that_ngspice_reads(pool: WorkerPool) -> None:
    tree = Tree()
    compare(pool, EditedDeck(tree.cards), at_names(Solution(tree.resistors).volts))


@pytest.mark.parametrize("terminal", ["1", "2"])
@pytest.mark.parametrize("path", TREE_PATHS)
def test_an_open_at_any_depth_is_a_resistance_in_series_with_one_device(
    pool: WorkerPool, path: str, terminal: str
) -> None:
    for ohm in SEVERITIES:
        check_open(pool, Tree(), path, terminal, ohm)


@pytest.mark.parametrize("path", TREE_PATHS)
def test_a_short_across_any_device_carries_what_thevenin_says(pool: WorkerPool, path: str) -> None:
    first, second, _ = Tree().resistors[path]
    for ohm in SEVERITIES:
        check_bridge(pool, Tree(), f"{path}:short", first, second, ohm)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("x1.xa.m", "x3.xb.m"),
        ("x1.xa.xu.m", "x3.xa.xu.m"),
        ("x1.a", "x1.xb.xu.m"),
        ("x1.b", "0"),
        ("vdd", "x4.a"),
        ("x2.a", "x1.b"),
        ("x2.a", "x2.xu.m"),
        ("x4.xu.m", "x2.xu.m"),
        ("x4.xu.m", "x4.a"),
        ("out1", "out2"),
    ],
)
def test_a_bridge_of_inner_nets_carries_what_thevenin_says(pool: WorkerPool, first: str, second: str) -> None:
    for ohm in SEVERITIES:
        check_bridge(pool, Tree(), f"{first}~{second}:bridge", first, second, ohm)


trees = st.fixed_dictionaries(dict.fromkeys(OHMS, st.floats(20.0, 500.0))).map(Tree)
any_ohm = st.floats(-3.0, 12.0).map(lambda exponent: 10.0**exponent)


@settings(max_examples=60, deadline=None)
@given(trees, st.sampled_from(TREE_PATHS), st.sampled_from("12"), any_ohm)
def test_an_open_in_any_tree_is_a_resistance_in_series(
    pool: WorkerPool, tree: Tree, path: str, terminal: str, ohm: float
) -> None:
    check_open(pool, tree, path, terminal, ohm)


@settings(max_examples=60, deadline=None)
@given(trees, st.lists(st.sampled_from(TREE_NETS), min_size=2, max_size=2, unique=True), any_ohm)
def test_a_bridge_in_any_tree_carries_what_thevenin_says(
    pool: WorkerPool, tree: Tree, nets: list[str], ohm: float
) -> None:
    check_bridge(pool, tree, "~".join(nets) + ":bridge", nets[0], nets[1], ohm)


@pytest.mark.parametrize(
    ("path", "first", "second"),
    [
        ("x1.xa.r1", "x1.xa.m", "x3.xb.m"),
        ("x1.r2", "x1.a", "out2"),
        ("x4.r2", "x4.a", "x3.b"),
        ("x3.xb.xu.r2", "x3.xb.xu.m", "0"),
    ],
)
def test_an_open_and_a_bridge_are_both_there(pool: WorkerPool, path: str, first: str, second: str) -> None:
    tree = Tree()
    one, other, own_ohm = tree.resistors[path]
    cut, bridge = f"{path}:open", f"{first}~{second}:bridge"
    for open_ohm, bridge_ohm in [(1e3, 1e2), (1e9, 1e-3), (1e-3, 1e12), (50.0, 50.0)]:
        volts, _, _ = Solution({**tree.resistors, path: (one, other, own_ohm + open_ohm)}).bridged(
            first, second, bridge_ohm
        )
        # One keeps its severity, the other is altered; each may be named first.
        for name, severity in [
            (f"{cut}@{open_ohm!r}+{bridge}", bridge_ohm),
            (f"{bridge}+{cut}@{open_ohm!r}", bridge_ohm),
            (f"{cut}+{bridge}@{bridge_ohm!r}", open_ohm),
            (f"{bridge}@{bridge_ohm!r}+{cut}", open_ohm),
        ]:
            edited = find_defect(_circuit(tree.cards), name).inject(tree.cards).at(severity)
            compare(pool, edited, at_names(volts, path))


# A wire at the top level, and one inside an instance; a cell's middle tells the voltage of the piece that it taps.
WIRED = """\
* cells on wires
V1 vdd 0 1.1
X1 vdd bl cell r=100
X2 vdd bl cell r=200
X3 vdd bl cell r=300
RLOAD bl 0 150
XROW vdd row
XROW2 vdd row
.subckt row vdd
X1 vdd bl cell r=100
X2 vdd bl cell r=200
X3 vdd bl cell r=300
RLOAD bl 0 150
.ends
.subckt cell p q r=1
R1 p m 50
R2 m q {r}
.ends
"""
ORDER = ["x1.q", "x2.q", "x3.q", "rload.1"]


def cut_row(at: str, cuts: Mapping[int, float]) -> Resistors:
    """Return a row with resistances in its wire, each behind the cell of its number."""
    row: Resistors = {}
    piece = f"{at}piece0"
    for number in (1, 2, 3):
        row[f"{at}x{number}.r1"] = ("vdd", f"{at}x{number}.m", 50.0)
        row[f"{at}x{number}.r2"] = (f"{at}x{number}.m", piece, 100.0 * number)
        if number in cuts:
            row[f"{at}open{number}"] = (piece, f"{at}piece{number}", cuts[number])
            piece = f"{at}piece{number}"
    return {**row, f"{at}rload": (piece, "0", 150.0)}


@pytest.mark.parametrize(("near", "far"), [(1, 2), (1, 3), (2, 3)])
@pytest.mark.parametrize(("wire", "at"), [("top", ""), ("inner", "xrow.")])
def test_two_cuts_of_one_wire_are_where_they_are_in_either_order(
    pool: WorkerPool, wire: str, at: str, near: int, far: int
) -> None:
    cards = split_cards(WIRED, "wired.cir", title=True)
    circuit = _circuit(
        cards, {"top": WireSpec(net="bl", order=ORDER), "inner": WireSpec(net="bl", order=ORDER, scope="xrow")}
    )
    one, other = f"{wire}.x{near}:open", f"{wire}.x{far}:open"
    for near_ohm, far_ohm in [(1e3, 70.0), (1e-3, 1e9), (1e12, 1.0)]:
        rows = {**cut_row("", {}), **cut_row("xrow.", {}), **cut_row("xrow2.", {})}
        rows |= cut_row(at, {near: near_ohm, far: far_ohm})
        volts = {net: volt for net, volt in Solution(rows).volts.items() if net.endswith(".m")}
        for name, severity in [
            (f"{one}@{near_ohm!r}+{other}", far_ohm),
            (f"{other}+{one}@{near_ohm!r}", far_ohm),
            (f"{one}+{other}@{far_ohm!r}", near_ohm),
            (f"{other}@{far_ohm!r}+{one}", near_ohm),
        ]:
            compare(pool, find_defect(circuit, name).inject(cards).at(severity), volts)


@pytest.mark.parametrize("name", ["x1.xa.r1:open", "x3.xb.xu.r2:short", "x2.xu.r1:open", "x2.a~x4.xu.m:bridge"])
def test_the_deck_that_ngspice_b_reads_is_the_one_that_the_engine_alters(pool: WorkerPool, name: str) -> None:
    cards = Tree().cards
    edited = find_defect(_circuit(cards), name).inject(cards).at(50.0)
    found = solved(edited.cards, ["out1", "out2"], edited.alters)
    compare(pool, edited, found)
    assert found != pytest.approx(solved(cards, ["out1", "out2"]), rel=1e-5)
