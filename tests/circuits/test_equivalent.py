"""The equivalent of rows that do the same: the same circuit, whatever is wrong in it; where none is it says why."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from faultsim.campaigns.lab import Lab
from faultsim.campaigns.question import Question
from faultsim.circuits import bench, network
from faultsim.circuits.blocks import Surroundings
from faultsim.circuits.circuit import of_network
from faultsim.circuits.crossbar_plan import CrossbarRequest
from faultsim.circuits.deck import Cards, text_of
from faultsim.circuits.equivalent import equivalent
from faultsim.circuits.generator import generate_crossbar
from faultsim.circuits.network import Network
from faultsim.circuits.reading import read_cards
from faultsim.circuits.sidecar import WeightsSpec
from faultsim.circuits.stimulus import Stimulus
from faultsim.fault_models.naming import find_defect
from faultsim.spice.job import Job, Outcome
from faultsim.spice.pool import WorkerPool
from faultsim.units import parse_quantity

ROWS = """\
* rows
.subckt cell in bl pot w=1
R1 in bl {1k/w}
C1 pot 0 1p
.ends
.subckt pot in pot
R1 in pot 1k
.ends
.subckt end bl
R1 bl 0 10
.ends
"""
SIX = "".join(f"XP{row} in{row} pot{row} pot\nXC{row} in{row} bl pot{row} cell w=1\n" for row in range(1, 7))
DEFECTS = [
    (None, None),
    ("xcell2.ma1.d:open", "20k"),
    ("xcell7.ma1.d:open", "20k"),
    ("bl.xcell3:open", "2k"),
    ("in2~in3:bridge", "3k"),
    ("in4~in5:bridge", "3k"),
    ("in1~bl:bridge", "5k"),
    ("bl~0:bridge", "200"),
    ("xcell3.xmtj.pil-ha:short", "1k"),
    ("xcell3.xmtj:pinhole", "0.05"),
    ("xneuron.xmtj:cracked-metal", "0.3"),
    ("t_dvth:max", "1"),
    ("xcell2.ma2.s:open+xcell3.ma2.s:open", "30k"),
]
# A row that is silent, two rows that do the same.
UNSEEN = [None, "xcell7.ma1.d:open", "in2~in3:bridge"]


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(2, timeout_s=60.0) as workers:
        yield workers


def made(folder: Path, request: CrossbarRequest) -> Network:
    written = generate_crossbar(request, folder / "xbar")
    written.write()
    return network.load(str(written.sidecar))


@pytest.fixture(scope="module")
def eight(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return made(tmp_path_factory.mktemp("eight"), CrossbarRequest(8, weights="11110111", fires_from=4))


def labs(circuit: Network) -> tuple[Lab, Lab]:
    sidecar = circuit.sidecar
    whole, lumped = (
        Lab(circuit, None, sidecar.simulation, sidecar.observables, lumped=lumped)  # type: ignore[arg-type]
        for lumped in (False, True)
    )
    return whole, lumped


def question(circuit: Network, pattern: str, defect: str | None = None, severity: str | None = None) -> Question:
    timing = circuit.sidecar.stimulus.model_copy(update={"start": 0.5e-9, "pulses": 1})
    found = find_defect(of_network(circuit), defect) if defect else None
    at = parse_quantity(severity) if severity else None
    return Question(Stimulus(pattern, timing), bench.nominal(circuit), found, at)


def outcome(pool: WorkerPool, job: Job) -> Outcome:
    found = pool.submit(job).result().outcome
    assert found.ok, found.log_tail
    return found


@pytest.mark.parametrize(("defect", "severity"), DEFECTS)
def test_the_equivalent_does_what_the_whole_network_does(
    defect: str | None, severity: str | None, eight: Network, pool: WorkerPool
) -> None:
    asked = question(eight, "11110000", defect, severity)
    whole, lumped = labs(eight)
    layout = lumped.equivalent(asked)
    assert layout.gone >= 2, layout.reason
    assert layout.exact
    one, other = (outcome(pool, lab.job(asked)).values for lab in (whole, lumped))
    assert other["im_wr_a"] == pytest.approx(one["im_wr_a"], rel=1e-6)
    assert other["mz"] == pytest.approx(one["mz"], abs=1e-6)
    assert other["spiked"] == one["spiked"]
    healthy = outcome(pool, whole.job(question(eight, "11110000"))).values
    assert (abs(one["im_wr_a"] / healthy["im_wr_a"] - 1) > 1e-4) is (defect not in UNSEEN)


@pytest.mark.parametrize("seed", range(4))
def test_weights_patterns_and_outputs_may_be_any(seed: int, tmp_path: Path, pool: WorkerPool) -> None:
    random = np.random.default_rng(seed)
    rows, columns = 9, int(random.integers(1, 4))
    weights, pattern = ("".join(random.choice(["0", "1"], count)) for count in (rows * columns, rows))
    circuit = made(tmp_path, CrossbarRequest(rows, columns, weights=weights, fires_from=5))
    asked = question(circuit, pattern)
    whole, lumped = labs(circuit)
    layout = lumped.equivalent(asked)
    assert layout.kept + layout.gone == columns * (rows + 1)
    one, other = (outcome(pool, lab.job(asked)).values for lab in (whole, lumped))
    for name, value in one.items():
        if name.startswith("im_wr_a"):
            # Rows of different weights load their word lines differently: that is all that may differ.
            assert other[name] == pytest.approx(value, rel=1e-6 if layout.exact else 1e-4, abs=1e-10)


def test_an_exact_equivalent_lets_no_row_stand_for_one_with_other_weights(tmp_path: Path, pool: WorkerPool) -> None:
    circuit = made(tmp_path, CrossbarRequest(6, 2, weights="111000" + "110100", fires_from=3))
    asked = question(circuit, "111111")
    whole, lumped = labs(circuit)
    exact = replace(lumped, exact=True)
    loose, strict = lumped.equivalent(asked), exact.equivalent(asked)
    assert (loose.exact, strict.exact) == (False, True)
    # Two rows have 1 and 1, two 0 and 0; one each has 1 and 0, 0 and 1.
    assert (strict.gone, loose.gone) == (4, 6)
    one, other = (outcome(pool, lab.job(asked)).values for lab in (whole, exact))
    for name, value in one.items():
        if name.startswith("im_wr_a"):
            assert other[name] == pytest.approx(value, rel=1e-8)


def test_an_exact_equivalent_leaves_lines_with_resistance_alone(tmp_path: Path) -> None:
    circuit = made(tmp_path, CrossbarRequest(8, fires_from=4, wire_ohm=2.0))
    asked = question(circuit, "11110000")
    lumped = labs(circuit)[1]
    assert lumped.equivalent(asked).gone > 0
    assert replace(lumped, exact=True).equivalent(asked).gone == 0


def test_what_is_kept_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    kept = []
    for rows in (8, 32, 128):
        circuit = made(tmp_path, CrossbarRequest(rows, fires_from=rows // 2))
        lumped = labs(circuit)[1]
        asked = question(circuit, "1" * (rows // 2) + "0" * (rows // 2), "xcell1.ma1.d:open", "20k")
        kept.append((lumped.equivalent(asked).kept, lumped.job(asked).deck.count("\nXCELL")))
        (tmp_path / "xbar.toml").unlink(), (tmp_path / "xbar.cir").unlink()
        for path in sorted(tmp_path.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
    # The defect's row, one active and one silent row, and the neuron.
    assert kept == [(4, 3)] * 3


def test_a_probe_of_a_row_that_is_gone_shows_the_row_that_stands_for_it(eight: Network, pool: WorkerPool) -> None:
    sidecar = eight.sidecar
    probes = {**sidecar.probes, "last": "v(in4)", "state": "v(xcell4.my)", "inner": "i(v.xcell4.xmtj.vpil)"}
    circuit = network.Network(eight.name, eight.path, sidecar.model_copy(update={"probes": probes}), eight.cards)
    waves = [
        pool.submit(lab.job(question(circuit, "11110000")), with_waveforms=True).result().waveforms
        for lab in labs(circuit)
    ]
    for name in ("last", "state", "inner"):
        one, other = waves[0][name], waves[1][name]
        at = np.linspace(0, min(one.time_s[-1], other.time_s[-1]), 200)
        seen = [np.interp(at, wave.time_s, wave.values) for wave in (one, other)]
        assert np.abs(seen[0] - seen[1]).max() < 1e-3 * max(np.abs(seen[0]).max(), 1e-9)


def test_symbols_that_mean_the_same_in_one_coding_may_differ_in_another(eight: Network) -> None:
    lumped = labs(eight)[1]
    kept = []
    for grey in (0.0, 1.0):
        asked = question(eight, "11g00000")
        spec = asked.stimulus.spec
        coding = spec.coding.model_copy(update={"intensity": {"1": 2.0, "g": grey, "0": 0.0}})
        stimulus = Stimulus("11g00000", spec.model_copy(update={"coding": coding}))
        kept.append(lumped.job(Question(stimulus, asked.conditions)).deck.count("\nXCELL"))
    # Active and silent rows of weight 1, and silent ones of weight 0; the grey one.
    assert kept == [3, 4]


def deck(tmp_path: Path, text: str) -> Cards:
    path = tmp_path / "rows.cir"
    path.write_text(ROWS + text + "XEND bl end\n.end\n")
    return read_cards(path)


def around(**more: object) -> Surroundings:
    fed = {f"in{row}": "a pulse" for row in range(1, 7)}
    return Surroundings(**{"lines": frozenset({"bl"}), "held": {}, "fed": fed, "starts": {}, **more})  # type: ignore[arg-type]


def test_rows_that_are_alike_become_one_with_a_source_for_the_others(tmp_path: Path) -> None:
    found = equivalent(deck(tmp_path, SIX), around(), None)
    text = text_of(found.cards).lower()
    assert (found.kept, found.gone) == (2, 5)
    assert "ffs_tap_1 0 bl vfs_tap_1 5" in text
    assert found.merged.elements["xc4"] == "xc1"
    assert found.merged.nets["pot6"] == "pot1"
    # What is inside of one that stays is nobody's stand-in, whatever it is called.
    vectors = ["v(in3)", "v(xc4.inner)", "i(v.xc4.vsense)", "v(xend.in3)", "v(in1)", "i(v.xend.in3)"]
    assert [found.merged.vector(vector) for vector in vectors] == [
        "v(in1)",
        "v(xc1.inner)",
        "i(v.xc1.vsense)",
        "v(xend.in3)",
        "v(in1)",
        "i(v.xend.in3)",
    ]


@pytest.mark.parametrize(
    ("change", "more"),
    [
        (("XC3 in3 bl pot3 cell w=1", "XC3 in3 bl pot3 cell w=2"), {}),
        (("XP3 in3 pot3 pot", "XP3 in3 pot3 pot\nR3 pot3 0 1k"), {}),
        (("XP3 in3 pot3 pot", "XP3 in3 pot3 pot\nR3 xc3.pot 0 1k"), {}),
        (("", ""), {"fed": {f"in{row}": "another" if row == 3 else "a pulse" for row in range(1, 7)}}),
        (("", ""), {"starts": {"pot3": 1.0}}),
        (("", ""), {"starts": {"xc3.inner": 1.0}}),
        (("", ""), {"touched": frozenset({"xc3"})}),
        (("", ""), {"held": {"in3": "a level"}}),
    ],
)
def test_a_row_that_differs_in_anything_stays(change: tuple[str, str], more: dict[str, object], tmp_path: Path) -> None:
    text = SIX.replace(*change) if change[0] else SIX
    found = equivalent(deck(tmp_path, text), around(**more), None)
    assert found.gone == 4
    assert "xc3" not in found.merged.elements


def test_a_bridge_of_two_rows_keeps_both(tmp_path: Path) -> None:
    found = equivalent(deck(tmp_path, SIX + "RB in2 in5 1k\n"), around(), None)
    assert {name for name in found.merged.elements if name.startswith("xc")} == {"xc3", "xc4", "xc6"}


def test_a_bridge_into_rows_whose_names_have_dots_keeps_both(tmp_path: Path) -> None:
    dotted = re.sub(r"XC(\d)", r"XC.\1", SIX)
    found = equivalent(deck(tmp_path, dotted + "RB xc.2.n1 xc.5.n1 1k\n"), around(), None)
    assert {name for name in found.merged.elements if name.startswith("xc")} == {"xc.3", "xc.4", "xc.6"}


def test_resistors_to_different_places_inside_of_rows_make_them_different(tmp_path: Path) -> None:
    found = equivalent(deck(tmp_path, SIX + "RB2 xc2.n1 0 1k\nRB3 xc3.n2 0 1k\nRB4 xc4.n1 0 1k\n"), around(), None)
    assert {name: other for name, other in found.merged.elements.items() if name.startswith("xc")} == {
        "xc4": "xc2",
        "xc5": "xc1",
        "xc6": "xc1",
    }


def test_a_cell_that_is_not_on_the_line_itself_keeps_its_weight(tmp_path: Path) -> None:
    rows = "".join(
        f"XP{row} in{row} pot{row} pot\nVS{row} far{row} bl 0\n"
        f"XC{row} in{row} far{row} pot{row} cell w={1 + row // 4}\n"
        for row in range(1, 7)
    )
    weights = WeightsSpec(cells=[f"XC{row}" for row in range(1, 7)], parameter="w", values={"1": "1"}, default="1" * 6)
    found = equivalent(deck(tmp_path, rows), around(), weights)
    assert found.gone == 4
    assert {found.merged.elements[f"xc{row}"] for row in (2, 3)} == {"xc1"}
    assert {found.merged.elements[f"xc{row}"] for row in (5, 6)} == {"xc4"}


@pytest.mark.parametrize(
    ("text", "more", "said"),
    [
        (SIX + "B1 x 0 v=v(in3)\n", {}, "b1 may depend on more"),
        (SIX + ".ic v(pot3)=1\n", {}, ".ic names nets"),
        (SIX + ".global vdd\n", {}, "global net vdd"),
        (SIX + "RX x 0 r='1k*v(in3)'\n", {}, "rx may depend on more"),
        (SIX.replace("w=1", "w={agauss(1,0.1,3)}", 1), {}, "drawn at random"),
        (SIX, {"watched": frozenset({"i(vfs_vdd)"})}, "i(vfs_vdd) is recorded"),
        (SIX, {"lines": frozenset()}, "no bit_lines"),
        ("XC1 in1 bl pot1 cell w=1\n", {}, "no two rows are alike"),
    ],
)
def test_a_deck_without_an_equivalent_says_why(text: str, more: dict[str, object], said: str, tmp_path: Path) -> None:
    cards = deck(tmp_path, text)
    found = equivalent(cards, around(**more), None)
    assert found.cards == cards
    assert said in found.reason


WIRES = [
    (None, None),
    ("xcell3.ma1.d:open", "20k"),
    ("rbl_5:open", "300"),
    ("bl~0:bridge", "300"),
    ("in7~in8:bridge", "2k"),
    ("xcell9.xmtj:pinhole", "0.05"),
]


@pytest.fixture(scope="module")
def wired(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return made(tmp_path_factory.mktemp("wired"), CrossbarRequest(16, fires_from=8, wire_ohm=3.0, wire_farad=1e-16))


@pytest.mark.parametrize(("defect", "severity"), WIRES)
def test_a_line_with_resistance_is_lumped_by_stretches(
    defect: str | None, severity: str | None, wired: Network, pool: WorkerPool
) -> None:
    asked = question(wired, "1101001110100100", defect, severity)
    whole, lumped = labs(wired)
    layout = lumped.equivalent(asked)
    assert layout.gone >= 6, layout.reason
    assert not layout.exact
    one, other = (outcome(pool, lab.job(asked)).values for lab in (whole, lumped))
    assert other["im_wr_a"] == pytest.approx(one["im_wr_a"], rel=1e-5)
    assert other["mz"] == pytest.approx(one["mz"], abs=1e-6)


LINE = """\
* cells that bring constant currents, two kinds of them in turn, a line of resistors of different sizes
.param r_wire=3
.subckt odd bl
I1 0 bl 7u
.ends
.subckt even bl
I1 0 bl 2u
.ends
.subckt end bl
R1 bl 0 10
.ends
"""


@pytest.mark.parametrize("far", [False, True])
def test_constant_currents_leave_both_ends_of_a_stretch_as_they_were(far: bool, tmp_path: Path) -> None:
    cells = "".join(
        f"XC{n} bl_{n} {'odd' if n % 3 else 'even'}\nR{n} bl_{n} bl_{n - 1} {{r_wire*{n}}}\n" for n in range(1, 24)
    )
    cells = cells.replace("bl_0 ", "bl ") + "XEND bl end\n" + ("XFAR bl_23 end\n" if far else "") + ".end\n"
    path = tmp_path / "line.cir"
    path.write_text(LINE + cells)
    cards = read_cards(path)
    lines = frozenset({"bl", *(f"bl_{n}" for n in range(1, 24))})
    found = equivalent(cards, Surroundings(lines, {}, {}, {}), None)
    assert found.gone >= 14
    ends = ["v(bl)", "v(bl_23)"] if far else ["v(bl)"]
    volts = [_operating_point(tmp_path, text_of(deck), ends) for deck in (cards, found.cards)]
    assert volts[1] == pytest.approx(volts[0], rel=1e-9)


def _operating_point(folder: Path, deck: str, vectors: list[str]) -> list[float]:
    control = f".control\nop\nset numdgt=12\nprint {' '.join(vectors)}\n.endc\n.end\n"
    (folder / "op.cir").write_text(deck.rpartition(".end")[0] + control)
    command = ["ngspice", "-n", "-b", "op.cir"]
    log = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False).stdout
    found = [float(text) for text in re.findall(r"^v\(bl\S*\) = (\S+)", log, re.MULTILINE)]
    assert len(found) == len(vectors), log
    return found


def test_a_corner_of_the_wires_moves_what_is_lumped(tmp_path: Path, pool: WorkerPool) -> None:
    circuit = made(tmp_path, CrossbarRequest(12, fires_from=6, wire_ohm=20.0))
    corner = '[process.r_wire]\nmin_scale = 0.5\nmax_scale = 4.0\nsource = "ours"\n'
    circuit.path.write_text(circuit.path.read_text() + corner)
    circuit = network.load(str(circuit.path))
    asked = question(circuit, "111111000000", "r_wire:max", "1")
    whole, lumped = labs(circuit)
    assert lumped.equivalent(asked).gone >= 4
    one, other = (outcome(pool, lab.job(asked)).values["im_wr_a"] for lab in (whole, lumped))
    healthy = outcome(pool, whole.job(question(circuit, "111111000000"))).values["im_wr_a"]
    assert other == pytest.approx(one, rel=1e-3)
    assert one < 0.95 * healthy


def test_resistors_that_are_not_what_they_state_are_no_pieces_of_a_chain(tmp_path: Path) -> None:
    cells = "".join(f"XC{n} bl_{n} odd\nR{n} bl_{n} {f'bl_{n - 1}' if n > 1 else 'bl'} 3 m=2\n" for n in range(1, 9))
    path = tmp_path / "line.cir"
    path.write_text(LINE + cells + "XEND bl end\n.end\n")
    lines = frozenset({"bl", *(f"bl_{n}" for n in range(1, 9))})
    assert equivalent(read_cards(path), Surroundings(lines, {}, {}, {}), None).gone == 0


def test_a_line_with_a_branch_is_left_alone(tmp_path: Path) -> None:
    text = "".join(f"XC{n} bl_{n} odd\nR{n} bl_{n} bl 3\n" for n in range(1, 9))
    path = tmp_path / "star.cir"
    path.write_text(LINE + text + "XEND bl end\n.end\n")
    cards = read_cards(path)
    lines = frozenset({"bl", *(f"bl_{n}" for n in range(1, 9))})
    assert equivalent(cards, Surroundings(lines, {}, {}, {}), None).gone == 0
