"""Generated crossbars: of four inputs the one of the paper, of others neurons that count, lines as a nodal solution."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import lil_matrix
from scipy.sparse.linalg import spsolve

from faultsim import library
from faultsim.campaigns import spec
from faultsim.campaigns.lab import Lab
from faultsim.campaigns.plan import make_plan
from faultsim.campaigns.question import Question
from faultsim.circuits import bench, network
from faultsim.circuits.circuit import of_network
from faultsim.circuits.crossbar_plan import CrossbarPlan, CrossbarRequest
from faultsim.circuits.deck import text_of
from faultsim.circuits.generator import generate_crossbar, load_generator
from faultsim.circuits.network import Network
from faultsim.circuits.reading import read_cards
from faultsim.circuits.stimulus import Stimulus
from faultsim.circuits.toml_text import toml_text
from faultsim.errors import SpecError, UsageError
from faultsim.fault_models.defect import Defect
from faultsim.fault_models.naming import default_universe
from faultsim.fault_models.universe import Universe
from faultsim.fault_models.universe_file import load_universe
from faultsim.spice.job import Job
from faultsim.spice.pool import WorkerPool

Floats = NDArray[np.float64]
WIRE_OHM, CELL_OHM, NEURON_OHM, DRIVER_OHM = 2.0, 17e3, 40.0, 1e3


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(2, timeout_s=120.0) as workers:
        yield workers


def generated(folder: Path, request: CrossbarRequest, name: str = "xbar") -> Network:
    made = generate_crossbar(request, folder / name)
    made.write()
    return network.load(str(made.sidecar))


def plan(inputs: int, **asked: object) -> CrossbarPlan:
    return CrossbarPlan("xbar", CrossbarRequest(inputs, **asked), 4, load_generator(library.generator("crossbar")))


def defects(circuit: Network) -> list[Defect]:
    whole = of_network(circuit)
    return list(Universe(whole, load_universe(default_universe(whole))))


def transient(circuit: Network, pattern: str) -> Job:
    stimulus = Stimulus(pattern, circuit.sidecar.stimulus)
    return bench.job(circuit, stimulus, bench.nominal(circuit), circuit.sidecar.simulation)


def values(pool: WorkerPool, *jobs: Job) -> list[dict[str, object]]:
    outcomes = [future.result().outcome for future in [pool.submit(job) for job in jobs]]
    assert all(outcome.ok for outcome in outcomes), [outcome.log_tail for outcome in outcomes]
    return [dict(outcome.values) for outcome in outcomes]


def test_four_inputs_are_crossbar4_for_every_pattern(tmp_path: Path, pool: WorkerPool) -> None:
    ours, paper = generated(tmp_path, CrossbarRequest(4)), network.load("crossbar4")
    patterns = paper.patterns()
    found = values(pool, *(transient(ours, pattern) for pattern in patterns))
    # That the paper's does so is what tests/paper is about.
    assert {
        pattern: made["pulses_to_spike"] for pattern, made in zip(patterns, found, strict=True) if made["spiked"]
    } == {"1111": 3}
    sums = [
        [made["im_wr_a"] for made in values(pool, *(short(circuit, pattern) for pattern in patterns))]
        for circuit in (ours, paper)
    ]
    assert sums[0] == pytest.approx(sums[1], rel=1e-6, abs=1e-12)


def test_four_inputs_have_the_defects_of_crossbar4(tmp_path: Path) -> None:
    ours, paper = generated(tmp_path, CrossbarRequest(4)), network.load("crossbar4")
    # Some go by another name there: the opens that the paper names.
    assert [(defect.model, defect.location) for defect in defects(ours)] == [
        (defect.model, defect.location) for defect in defects(paper)
    ]


@pytest.mark.parametrize("neuron", ["lats-quant", "lif-alpha045"])
@pytest.mark.parametrize("inputs", [1, 2, 7])
def test_a_neuron_fires_from_all_its_inputs_and_not_from_one_less(
    inputs: int, neuron: str, tmp_path: Path, pool: WorkerPool
) -> None:
    circuit = generated(tmp_path, CrossbarRequest(inputs, neuron=neuron))
    assert circuit.sidecar.fires_from == inputs
    all_on, one_less = values(
        pool, *(transient(circuit, "1" * on + "0" * (inputs - on)) for on in (inputs, inputs - 1))
    )
    assert {"1" * inputs: all_on["pulses_to_spike"]} == circuit.sidecar.baseline.spikes
    assert not one_less["spiked"]


@pytest.mark.parametrize("neuron", ["lats-quant", "lif-alpha045"])
@pytest.mark.parametrize("inputs", [1024])
def test_a_large_neuron_fires_from_all_its_inputs_and_not_from_one_less(
    inputs: int, neuron: str, tmp_path: Path, pool: WorkerPool
) -> None:
    circuit = generated(tmp_path, CrossbarRequest(inputs, neuron=neuron))
    sidecar = circuit.sidecar
    lab = Lab(circuit, None, sidecar.simulation, sidecar.observables, lumped=True)  # type: ignore[arg-type]
    patterns = ["1" * on + "0" * (inputs - on) for on in (inputs, inputs - 1)]
    asked = [Question(Stimulus(pattern, sidecar.stimulus), bench.nominal(circuit)) for pattern in patterns]
    all_on, one_less = values(pool, *(lab.job(question) for question in asked))
    assert {"1" * inputs: all_on["pulses_to_spike"]} == sidecar.baseline.spikes
    assert not one_less["spiked"]


@pytest.mark.parametrize(
    ("inputs", "asked"),
    [
        (3, {"fires_from": 2}),
        (6, {"fires_from": 2}),
        (5, {"weights": "11000"}),
        (6, {"fires_from": 4, "weights": "001111"}),
    ],
)
def test_the_declared_pulse_of_all_inputs_together_is_the_simulated_one(
    inputs: int, asked: dict[str, object], tmp_path: Path, pool: WorkerPool
) -> None:
    circuit = generated(tmp_path, CrossbarRequest(inputs, **asked))
    (found,) = values(pool, transient(circuit, "1" * inputs))
    assert circuit.sidecar.baseline.spikes.get("1" * inputs) == found["pulses_to_spike"]


def test_the_first_and_the_last_inputs_that_are_asked_to_fire_do_so_on_the_declared_pulse(
    tmp_path: Path, pool: WorkerPool
) -> None:
    circuit = generated(tmp_path, CrossbarRequest(6, fires_from=2))
    patterns = ["111111", "110000", "000011"]
    found = values(pool, *(transient(circuit, pattern) for pattern in patterns))
    declared = circuit.sidecar.baseline.spikes
    assert declared == {pattern: made["pulses_to_spike"] for pattern, made in zip(patterns, found, strict=True)}


def test_as_many_inputs_fire_a_neuron_as_it_is_asked_to_whatever_else_is_silent(
    tmp_path: Path, pool: WorkerPool
) -> None:
    circuit = generated(tmp_path, CrossbarRequest(6, fires_from=3))
    three, two = values(pool, transient(circuit, "010101"), transient(circuit, "010100"))
    assert (three["spiked"], two["spiked"]) == (True, False)


def test_outputs_have_weights_bit_lines_and_neurons_of_their_own(tmp_path: Path, pool: WorkerPool) -> None:
    circuit = generated(tmp_path, CrossbarRequest(2, 3, weights="111000"))
    (found,) = values(pool, transient(circuit, "11"))
    currents = [found["im_wr_a"], found["im_wr_a_2"], found["im_wr_a_3"]]
    assert currents[0] > 1.1 * currents[1] > 1.2 * currents[2]
    assert (found["spiked"], found["spiked_3"]) == (True, False)
    assert circuit.sidecar.weights is not None
    assert circuit.sidecar.weights.cells[2:4] == ["xcell1_2", "xcell2_2"]


def test_weights_of_one_symbol_per_input_hold_for_every_output() -> None:
    assert plan(3, outputs=2, weights="101").weights == "101101"
    assert plan(3, outputs=2, weights="101011").weights == "101011"
    assert plan(3, outputs=2).weights == "111111"


def test_a_pulse_next_to_a_limit_is_not_declared() -> None:
    assert plan(4).first_spike("1" * 4) == 3
    assert plan(3, weights="000").first_spike("1" * 3) == 0
    assert plan(2, weights="00").first_spike("1" * 2) is None
    assert plan(4, wire_ohm=1).first_spike("1" * 4) == 3
    assert plan(64, wire_ohm=20).first_spike("1" * 64) is None
    assert plan(4, wire_farad=1e-15).first_spike("1" * 4) is None


def test_lines_without_resistance_are_wires_with_every_segment_in_order(tmp_path: Path) -> None:
    circuit = generated(tmp_path, CrossbarRequest(3, 2, wire_farad=1e-16))
    wires = circuit.sidecar.wires
    assert list(wires) == ["bl1", "bl2", "in1", "in2", "in3"]
    cells = [f"xcell{row}_2.bl cbl2_{row}.1" for row in (1, 2, 3)]
    assert " ".join(wires["bl2"].order) == " ".join([*cells, "xneuron2.bl"])
    assert " ".join(wires["in3"].order) == "xcell3_2.in cin3_2.1 xcell3_1.in cin3_1.1 xpot3.in"
    bridged = {defect.location for defect in defects(circuit) if defect.model == "bridge"}
    assert {"bl1~bl2", "in2~in3", "in1~bl2"} <= bridged


def test_lines_with_resistance_have_an_open_in_every_segment(tmp_path: Path) -> None:
    circuit = generated(tmp_path, CrossbarRequest(3, 2, wire_ohm=2.0))
    opens = {defect.id for defect in defects(circuit) if defect.model == "open"}
    segments = [f"rbl{column}_{row}" for column in (1, 2) for row in (1, 2, 3)]
    segments += [f"rin{row}_{column}" for column in (1, 2) for row in (1, 2, 3)]
    assert {f"{segment}:open" for segment in segments} <= opens
    assert not circuit.sidecar.wires


def test_a_piece_of_a_line_breaks_as_likely_as_any_wire_and_a_short_of_it_is_no_defect(tmp_path: Path) -> None:
    circuit = generated(tmp_path, CrossbarRequest(3, wire_ohm=2.0))
    accounted = {defect.id: defect.accounting for defect in defects(circuit)}
    broken, shorted = accounted["rbl_2:open"], accounted["rin3_1:short"]
    assert (broken.weight, shorted.weight) == (1.0, 0.0)
    assert "as likely as a contact" in broken.origin
    assert "makes the line better" in shorted.justification


def test_a_glob_for_pieces_of_lines_that_matches_none_is_told(tmp_path: Path) -> None:
    sidecar = generated(tmp_path, CrossbarRequest(3, wire_ohm=2.0)).path
    sidecar.write_text(sidecar.read_text().replace('"rbl*_*"', '"rb1*_*"'))
    with pytest.raises(SpecError, match=r"layout\.segments: 'rb1\*_\*' matches no resistor"):
        network.load(str(sidecar))


def test_a_crossbar_stands_alone_and_can_be_moved(tmp_path: Path) -> None:
    circuit = generated(tmp_path / made_in(tmp_path), CrossbarRequest(2))
    moved = tmp_path / "else" / "where"
    shutil.copytree(circuit.path.parent, moved)
    shutil.rmtree(circuit.path.parent)
    again = network.load(str(moved / "xbar.toml"))
    assert all(Path(card.source).is_relative_to(moved) for card in again.cards)
    assert [card.text for card in again.cards] == [card.text for card in circuit.cards]


def made_in(folder: Path) -> str:
    """Make a folder as hard on includes as they come: with a space, and called as the library's."""
    (folder / "my work" / "circuits" / "networks").mkdir(parents=True)
    return "my work/circuits/networks"


def test_nothing_is_written_over_unless_forced(tmp_path: Path) -> None:
    made = generate_crossbar(CrossbarRequest(2), tmp_path / "xbar.cir")
    cell = tmp_path / "xbar-parts" / "cells" / "neuron.cir"
    cell.parent.mkdir(parents=True)
    cell.write_text("mine")
    with pytest.raises(UsageError, match=r"neuron\.cir: there already"):
        made.write()
    assert [path.name for path in tmp_path.iterdir()] == ["xbar-parts"]
    made.write(force=True)
    assert network.load(str(tmp_path / "xbar.toml")).inputs == ["in1", "in2"]
    assert cell.read_text() != "mine"


def test_more_firing_inputs_than_there_are_is_refused_in_a_sidecar_too(tmp_path: Path) -> None:
    sidecar = generated(tmp_path, CrossbarRequest(2)).path
    sidecar.write_text(sidecar.read_text().replace("fires_from = 2", "fires_from = 3"))
    with pytest.raises(SpecError, match="fires_from: 3 inputs of 2"):
        network.load(str(sidecar))


@pytest.mark.parametrize("inputs", [16, 64, 256])
def test_the_crossbars_of_the_library_are_what_the_generator_writes(inputs: int) -> None:
    networks, campaign = library.find("circuits", f"crossbar{inputs}"), library.find("campaigns", f"crossbar{inputs}")
    made = generate_crossbar(CrossbarRequest(inputs, fires_from=inputs // 2), networks, campaign)
    assert sorted(path.name for path in made.files) == sorted(
        [f"crossbar{inputs}.cir", *[f"crossbar{inputs}.toml"] * 2]
    )
    assert {path: path.read_bytes() for path in made.files} == made.files


@pytest.mark.parametrize(
    "request_",
    [
        CrossbarRequest(1),
        CrossbarRequest(2),
        CrossbarRequest(5, 2, fires_from=5),
        CrossbarRequest(6, fires_from=2, wire_ohm=1.0, wire_farad=1e-16),
    ],
)
def test_a_campaign_comes_with_a_crossbar_and_fits_it(request_: CrossbarRequest, tmp_path: Path) -> None:
    (tmp_path / "plans").mkdir()
    campaign = tmp_path / "plans" / "mine.toml"
    generate_crossbar(request_, tmp_path / "xbar", campaign).write()
    plan = make_plan(*spec.load(str(campaign)))
    kinds = {defect.definition.kind for defect in plan.defects}
    assert kinds == {"open", "short", "bridge", "device"}
    assert all(task.setting.stimulus.pattern.count("1") >= plan.network.sidecar.fires_from for task in plan.thresholds)
    assert {defect.id for defect in plan.simulated} == {task.defect.id for task in plan.thresholds}


def test_a_campaign_finds_its_crossbar_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(library.find("circuits", "crossbar4").parents[1], tmp_path / "circuits")
    networks, campaign = tmp_path / "circuits" / "networks", tmp_path / "plan.toml"
    # Of a name that the library has, too.
    generate_crossbar(CrossbarRequest(3), networks / "crossbar16", campaign).write(force=True)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    plan = make_plan(*spec.load(str(campaign)))
    assert plan.network.path.resolve() == (networks / "crossbar16.toml").resolve()
    assert len(plan.network.inputs) == 3


def test_the_largest_line_is_written_and_read(tmp_path: Path) -> None:
    circuit = generated(tmp_path, CrossbarRequest(1024))
    assert len(circuit.inputs) == 1024
    assert len(circuit.sidecar.wires) == 1025
    assert len(circuit.sidecar.probes) < 50


def test_text_of_toml_is_read_back_as_it_was() -> None:
    import tomllib

    value = {"a b": 'say "x"\n', "list": [1, 2.5e-9, True], "table": {"1": "µ", "g": 1}}
    assert tomllib.loads(f"value = {toml_text(value)}")["value"] == value


@dataclass(frozen=True)
class Cells:
    """Linear cells, rows by columns: conductance to the word line, conductance to ground, current into the bit line."""

    to_word_s: Floats
    to_ground_s: Floats
    into_bit_a: Floats


def line_currents(cells: Cells, wire_ohm: float, drives_v: Floats, neuron_s: float) -> Floats:
    """Return the currents at the ends of the bit lines from a nodal solution; nodes are taps and ends of all lines."""
    rows, columns = cells.to_word_s.shape
    count = rows * columns
    word, bit = (np.arange(count).reshape(rows, columns) + start for start in (0, count))
    word_ends, bit_ends = np.arange(rows) + 2 * count, np.arange(columns) + 2 * count + rows
    matrix, injected = lil_matrix((2 * count + rows + columns,) * 2), np.zeros(2 * count + rows + columns)

    def join(first: int, second: int, siemens: float) -> None:
        for here, there in ((first, second), (second, first)):
            matrix[here, here] += siemens
            matrix[here, there] -= siemens

    for row, column in np.ndindex(rows, columns):
        join(word[row, column], word[row, column - 1] if column else word_ends[row], 1 / wire_ohm)
        join(bit[row, column], bit[row + 1, column] if row + 1 < rows else bit_ends[column], 1 / wire_ohm)
        join(word[row, column], bit[row, column], cells.to_word_s[row, column])
        matrix[bit[row, column], bit[row, column]] += cells.to_ground_s[row, column]
    injected[bit] = cells.into_bit_a
    injected[word_ends] = drives_v / DRIVER_OHM
    for end, siemens in [*((end, 1 / DRIVER_OHM) for end in word_ends), *((end, neuron_s) for end in bit_ends)]:
        matrix[end, end] += siemens
    return spsolve(matrix.tocsr(), injected)[bit_ends] * neuron_s


def test_sums_of_a_linear_crossbar_with_resistive_lines_are_those_of_a_nodal_solution(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    weights = "".join(random.choice(["0", "1"], 64 * 8))
    generated(tmp_path, CrossbarRequest(64, 8, weights=weights, wire_ohm=WIRE_OHM))
    drives_v = random.uniform(0, 1, 64)
    deck = [linear_deck(tmp_path)]
    for row, volt in enumerate(drives_v, 1):
        deck += [f"vd{row} drv{row} 0 {volt:.17g}", f"rd{row} drv{row} in{row} {DRIVER_OHM}"]
    deck += [".control", "op", "set numdgt=12"]
    deck += [f"print v.xneuron{column}.vwr#branch" for column in range(1, 9)] + [".endc", ".end", ""]
    (tmp_path / "linear.cir").write_text("\n".join(deck))
    command = ["ngspice", "-n", "-b", "linear.cir"]
    log = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False).stdout
    simulated = np.array([float(text) for text in re.findall(r"vwr#branch = (\S+)", log)])
    assert simulated.size == 8, log

    ones = np.array(list(weights)).reshape(8, 64).T == "1"
    conductance = np.where(ones, 1 / CELL_OHM, 1 / (2 * CELL_OHM))
    none = np.zeros_like(conductance)
    solved = line_currents(Cells(conductance, none, none), WIRE_OHM, drives_v, 1 / NEURON_OHM)
    assert simulated == pytest.approx(solved, rel=1e-6)
    alone = line_currents(Cells(conductance, none, none), 1e-3, drives_v, 1 / NEURON_OHM)
    assert np.abs(solved / alone - 1).min() > 0.02, "the lines' resistance would not be seen"


def test_sums_of_real_cells_on_resistive_lines_are_those_of_cells_that_were_measured_alone(
    tmp_path: Path, pool: WorkerPool
) -> None:
    random = np.random.default_rng(2)
    weights, pattern = ("".join(random.choice(["0", "1"], count)) for count in (48 * 4, 48))
    circuit = generated(tmp_path, CrossbarRequest(48, 4, weights=weights, wire_ohm=WIRE_OHM))
    (found,) = values(pool, short(circuit, pattern))
    simulated = np.array([found["im_wr_a"], *(found[f"im_wr_a_{column}"] for column in range(2, 5))])

    alone = measured_alone(circuit, pool)
    ones, active = np.array(list(weights)).reshape(4, 48).T == "1", np.array([list(pattern)]).T == "1"
    chosen = np.where(ones, "1", "0")
    slope = np.where(active, np.vectorize(lambda weight: alone[weight][0])(chosen), 0.0)
    current = np.where(active, np.vectorize(lambda weight: alone[weight][1])(chosen), 0.0)
    cells = Cells(np.zeros_like(slope), slope, current)
    assert simulated == pytest.approx(line_currents(cells, WIRE_OHM, np.zeros(48), alone["neuron"][0]), rel=1e-3)
    ideal = line_currents(cells, 1e-3, np.zeros(48), alone["neuron"][0])
    assert np.abs(simulated / ideal - 1).min() > 0.02, "the lines' resistance would not be seen"


def linear_deck(folder: Path) -> str:
    """Return the deck with a resistor from word line to bit line for each cell, and one to ground for each neuron."""
    parts = folder / "xbar-parts" / "cells"
    (parts / "bitcell.cir").write_text(
        f".subckt bitcell in bl pe pot dep sl vdd w=1\nr1 in bl {{{CELL_OHM}*(3-w)/2}}\n.ends\n"
    )
    (parts / "neuron.cir").write_text(
        f".subckt neuron bl rd out ha hb vdd w_wr=1 w_hm=1\nvwr bl wr 0\nr1 wr 0 {NEURON_OHM}\n.ends\n"
    )
    (parts / "potentiation.cir").write_text(".subckt potentiation in pot vb vdd\nr1 pot 0 1\n.ends\n")
    return "".join(card.text for card in read_cards(folder / "xbar.cir") if card.name != ".end")


def short(circuit: Network, pattern: str) -> Job:
    """Return a transient of one early pulse: what flows in its middle needs no fine steps."""
    spec = circuit.sidecar.stimulus.model_copy(update={"start": 0.5e-9, "pulses": 1})
    accuracy = circuit.sidecar.simulation.model_copy(update={"step": 2e-11, "strobe_step": 1e-10})
    return bench.job(circuit, Stimulus(pattern, spec), bench.nominal(circuit), accuracy)


def measured_alone(circuit: Network, pool: WorkerPool) -> dict[str, tuple[float, float]]:
    """Return conductance and current at 0 V of a cell with each weight, and the conductance of a neuron.

    Cells hang on sources of 0 and 40 mV, about what they see; the neuron carries some of the current of 64 of them.
    """
    library_text = text_of(circuit.cards).partition("XPOT1")[0]
    neuron = next(card for card in circuit.cards if card.name == "xneuron1")
    widths = neuron.text.split("neuron ")[-1].strip()
    lines = ["* alone", ".param temperature_c=27 time_step=0", library_text, "vdd vdd 0 1.1", ".ic v(vdd)=1.1"]
    lines += ["vin drv 0 pwl(0 0 0.49n 0 0.51n 1.1)", "rin drv in 1k"]
    for weight, value in (("1", 1), ("0", -1)):
        for place, volt in enumerate((0.0, 0.04)):
            name = f"{weight}{place}"
            lines += [f"vb{name} b{name} 0 {volt}", f"xc{name} in b{name} 0 vdd 0 0 vdd bitcell w={value}"]
    lines += ["in 0 bn pwl(0 0 0.49n 0 0.51n 0.7m)", f"xn bn 0 on hn 0 vdd neuron {widths}"]
    lines += [".options method=trap reltol=1e-4 temp=27", ".tran 10p 1.1n 0 10p uic", ".end", ""]
    probes = {name: f"i(vb{name[1:]})" for name in ("i10", "i11", "i00", "i01")} | {"bn": "v(bn)"}
    observables = {name: f"nth(at({name}, when), 1)" for name in probes}
    (found,) = values(pool, Job("\n".join(lines), 1.1e-9, probes, observables, {"when": [1e-9]}))
    slopes = {weight: (found[f"i{weight}0"] - found[f"i{weight}1"]) / 0.04 for weight in "10"}
    return {weight: (slopes[weight], found[f"i{weight}0"]) for weight in "10"} | {"neuron": (0.7e-3 / found["bn"], 0.0)}
