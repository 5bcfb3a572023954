"""Generated crossbars that learn: what is written, that ngspice runs it, and that every kind of defect applies."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from faultsim import library
from faultsim.circuits import network
from faultsim.circuits.deck import text_of
from faultsim.circuits.glyphs import load_glyphs
from faultsim.circuits.learning_generator import GeneratedLearning, generate_learning, load_learning_spec
from faultsim.circuits.learning_network import LearningNetwork, load_learning
from faultsim.circuits.learning_plan import LearningRequest, periods_of
from faultsim.circuits.learning_sidecar import is_learning
from faultsim.errors import SpecError, UsageError
from faultsim.fault_models.defect import Defect
from faultsim.fault_models.universe import Universe
from faultsim.fault_models.universe_file import load_universe
from faultsim.spice.reference import with_values
from tests.spice.llg_bench import Traces, read_raw

SMALL = LearningRequest((1.0, 0.0, 0.5), outputs=2, junctions=2, seed=7)


def written(request: LearningRequest, folder: Path) -> GeneratedLearning:
    generated = generate_learning(request, folder / "learns")
    generated.write()
    return generated


def traces_of(deck: str, folder: Path, stop_s: float) -> Traces:
    """Return what ``ngspice -b`` records of the first part of a deck's transient."""
    (folder / "run.cir").write_text(
        re.sub(r"^\.tran .*$", f".tran 100u {stop_s:g} 0 100u uic", deck, flags=re.MULTILINE)
    )
    command = ["ngspice", "-n", "-b", "run.cir", "-r", "run.raw"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (folder / "run.raw").exists(), done.stdout + done.stderr
    traces = read_raw(folder / "run.raw")
    assert traces.time_s[-1] == pytest.approx(stop_s), done.stdout + done.stderr
    return traces


def test_ngspice_alone_trains_what_is_written(tmp_path: Path) -> None:
    generated = written(LearningRequest((1.0, 0.0), junctions=1, seed=3), tmp_path)
    traces = traces_of(generated.deck.read_text(), tmp_path, 15e-3)
    assert {"v(col1)", "v(vm1)", "v(turn1)", "v(w1_1)", "v(w2_1)"} == set(traces.values)
    assert traces.values["v(turn1)"][-1] > 1, "the output has not spiked"


def test_junctions_start_as_they_are_told_synapse_after_synapse(tmp_path: Path) -> None:
    states = (0, 1, 1, 1, 0, 0, 1, 0, 1, 1, 0, 1)
    plan = generate_learning(replace(SMALL, states=states), tmp_path / "a").plan
    drawn = generate_learning(SMALL, tmp_path / "a").plan
    both = [[one for synapse in some.synapses for one in synapse.junctions] for some in (plan, drawn)]
    assert tuple(one.start for one in both[0]) == states
    assert [one.seed for one in both[0]] == [one.seed for one in both[1]]


@pytest.mark.parametrize("states", [(0, 1), (0,) * 13, (2,) + (0,) * 11])
def test_states_that_do_not_fit_are_refused(states: tuple[int, ...], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="12 of 0 and 1"):
        generate_learning(replace(SMALL, states=states), tmp_path / "a")


def test_the_same_seed_gives_the_same_bytes_and_another_one_other_junctions(tmp_path: Path) -> None:
    first, again = (generate_learning(SMALL, tmp_path / "a").files for _ in range(2))
    assert first == again
    other = generate_learning(LearningRequest(SMALL.intensities, 2, 2, seed=8), tmp_path / "a").plan
    seeds = [
        {j.seed for s in plan.synapses for j in s.junctions}
        for plan in (generate_learning(SMALL, tmp_path / "a").plan, other)
    ]
    assert len(seeds[0]) == 12
    assert not seeds[0] & seeds[1]


def test_more_outputs_or_junctions_leave_those_that_were_there_alone(tmp_path: Path) -> None:
    few = generate_learning(LearningRequest((1.0, 0.0), 1, 2, seed=5), tmp_path / "a").plan
    many = generate_learning(LearningRequest((1.0, 0.0), 3, 4, seed=5), tmp_path / "a").plan
    kept = {synapse.name: synapse.junctions for synapse in many.synapses}
    assert all(kept[synapse.name][:2] == synapse.junctions for synapse in few.synapses)


def test_the_sidecar_says_what_the_deck_has(tmp_path: Path) -> None:
    generated = written(SMALL, tmp_path)
    assert is_learning(generated.sidecar)
    loaded = load_learning(generated.sidecar)
    assert loaded.sidecar.inputs == ["in1", "in2", "in3"]
    assert [output.net for output in loaded.sidecar.outputs] == ["col1", "col2"]
    assert [synapse.weight for synapse in loaded.sidecar.synapses] == ["w1_1", "w2_1", "w3_1", "w1_2", "w2_2", "w3_2"]
    assert loaded.sidecar.simulation.duration == 0.15
    assert any("Inhibition" in note for note in loaded.sidecar.notes)
    with pytest.raises(UsageError, match="is a crossbar that learns, which sites, inject and validate take"):
        network.load(str(generated.sidecar))


def test_what_a_sidecar_has_wrong_is_said_at_once(tmp_path: Path) -> None:
    generated = written(SMALL, tmp_path)
    text = generated.sidecar.read_text()
    text = text.replace('turn = "turn1"', 'turn = "trun1"').replace('instance = "xs2_1"', 'instance = "xs9_1"')
    generated.sidecar.write_text(text.replace('output = "col2"', 'output = "col3"', 1))
    with pytest.raises(SpecError) as error:
        load_learning(generated.sidecar)
    said = str(error.value)
    assert "no top-level net 'trun1'" in said
    assert "turn1" in said
    assert "no instance 'xs9_1'" in said
    assert "'col3' is no output's column" in said


@pytest.fixture(scope="module")
def learning(tmp_path_factory: pytest.TempPathFactory) -> LearningNetwork:
    folder = tmp_path_factory.mktemp("learns")
    return load_learning(written(LearningRequest((1.0, 0.0), junctions=2, seed=7), folder).sidecar)


@pytest.fixture(scope="module")
def defects(learning: LearningNetwork) -> list[Defect]:
    return list(Universe(learning.circuit, load_universe("devices")))


def test_its_universe_has_wires_lines_and_junctions(defects: list[Defect]) -> None:
    found = {defect.id for defect in defects}
    assert {"in1~in2:bridge", "in1~col1:bridge", "xs1_1.xj2:open", "xs2_1.xj1:short", "xs1_1.xj1:pinhole"} <= found
    assert {"xs1_1.xj1:stuck-parallel", "xs1_1.xj1.ra:min"} <= found
    assert any(identity.startswith("col1.") for identity in found), "no open of the column"
    assert any(identity.startswith("in2.") for identity in found), "no open of a word line"
    inner = [identity for identity in found if identity.startswith(("xout1", "xin1.", "xs1_1.bw"))]
    assert inner == [], "what is modelled by its behaviour has no metal"


def test_ngspice_runs_one_defect_of_each_kind(learning: LearningNetwork, defects: list[Defect], tmp_path: Path) -> None:
    one_each = {(defect.definition.title, defect.site.device.startswith("xs")): defect for defect in defects}
    assert len(one_each) >= 7
    for defect in one_each.values():
        edited = defect.inject(learning.cards).at(defect.definition.severity.default)
        traces = traces_of("* faulty\n" + with_values(text_of(edited.cards), dict(edited.alters)), tmp_path, 2e-3)
        assert np.isfinite(list(traces.values.values())).all(), defect.id


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (LearningRequest(()), "0 pixels: do not fit"),
        (LearningRequest((1.0,), outputs=65), "--outputs 65: does not fit"),
        (LearningRequest((1.0,), junctions=0), "--junctions 0: does not fit"),
        (LearningRequest((1.0,), settings={"inptu": {"fmax": "60"}}), "--set inptu.: is no part of it"),
        (LearningRequest((1.0,), settings={"input": {"fmx": "60"}}), "input_neuron has no such parameter"),
        (LearningRequest((1.0,), settings={"synapse": {"seed": "3"}}), "stt_two_state has no such parameter"),
        (LearningRequest((1.0,), settings={"output": {"vth": "12 mV?"}}), "--set output.vth=12 mV?"),
    ],
)
def test_what_does_not_fit_is_said(request_: LearningRequest, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        generate_learning(request_, tmp_path / "a")


def test_settings_are_on_every_cell(tmp_path: Path) -> None:
    settings = {"input": {"high": "0.2"}, "output": {"first": "5u"}, "synapse": {"tmr": "1.2"}}
    deck = generate_learning(LearningRequest((1.0, 0.0), junctions=2, settings=settings), tmp_path / "a").files
    text = next(data.decode() for path, data in deck.items() if path.suffix == ".cir" and path.stem == "a")
    assert len(re.findall(r"^XIN\d+ .* high=0\.2$", text, re.MULTILINE)) == 2
    assert len(re.findall(r"^XOUT1 .* first=5u$", text, re.MULTILINE)) == 1
    assert len(re.findall(r"^xj\d pre post m\d stt_two_state .* tmr=1\.2$", text, re.MULTILINE)) == 2


def test_as_published_is_another_junction(tmp_path: Path) -> None:
    generated = written(LearningRequest((1.0,), as_published=True), tmp_path)
    assert "stt_two_state_as_published.cir" in generated.deck.read_text()
    assert load_learning(generated.sidecar).sidecar.notes[-1].startswith("The junctions draw a delay anew")


def test_slow_trains_take_turns(tmp_path: Path) -> None:
    assert [periods_of(intensity, 20, 80) for intensity in (0, 0.25, 0.5, 1)] == [4, 2, 1, 1]
    plan = generate_learning(LearningRequest((0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.5)), tmp_path / "a").plan
    assert [pixel.slot for pixel in plan.pixels] == [0, 0, 1, 2, 3, 0, 0]


def test_the_glyphs_of_the_library_are_ten_of_25_pixels() -> None:
    glyphs = load_glyphs(library.find("glyphs", "letters5"))
    assert len(glyphs.glyphs) == 10
    pictures = [glyphs.intensities(name) for name in glyphs.glyphs]
    assert {len(picture) for picture in pictures} == {25}
    assert len(set(pictures)) == 10
    assert (
        np.array(glyphs.intensities("X")).reshape(5, 5).T.tolist()
        == np.array(glyphs.intensities("X")).reshape(5, 5).tolist()
    )
    with pytest.raises(SpecError, match="glyph 'Y'"):
        glyphs.intensities("Y")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('"#" = 1.0', '"#" = 1.5'), "intensity of '#' is outside 0..1"),
        (('"#" = 1.0', '"##" = 1.0'), "symbol '##' has to be one character"),
        (("#...#\n.#.#.\n..#..\n.#.#.", "#...#\n.#.#\n..#..\n.#.#."), "the rows of X are not equally long"),
        (("#...#\n.#.#.\n..#..\n.#.#.", "#..?#\n.#.#.\n..#..\n.#.#."), "X has symbols that are not declared: ?"),
        (("#...#\n.#.#.\n..#..\n.#.#.", ".#.#.\n..#..\n.#.#."), "glyphs of different sizes"),
    ],
)
def test_what_a_file_of_glyphs_has_wrong_is_said(change: tuple[str, str], said: str, tmp_path: Path) -> None:
    text = library.find("glyphs", "letters5").read_text()
    assert change[0] in text
    (tmp_path / "g.toml").write_text(text.replace(*change, 1))
    with pytest.raises(SpecError, match=re.escape(said)):
        load_glyphs(tmp_path / "g.toml")


def test_a_generator_that_names_what_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "generator").mkdir()
    file = tmp_path / "generator" / "learning.toml"
    file.write_text(library.generator("learning").read_text())
    with pytest.raises(SpecError) as error:
        load_learning_spec(file)
    assert "no file learning.cir.j2" in str(error.value)
    assert "no file devices/stt_two_state.cir" in str(error.value)
