"""What counts as learned, how files of trainings are read, and what is made of results; nothing is simulated."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from faultsim.circuits.deck import text_of
from faultsim.circuits.learning_network import LearningNetwork
from faultsim.errors import SpecError, UsageError
from faultsim.learning.results import share_rows, synapse_rows, training_row
from faultsim.learning.spec import TrainingSpec
from faultsim.learning.training import Training, Verdict, spikes_of, training_of
from faultsim.learning.trial import Curriculum, Trial, make_curriculum
from faultsim.reports.learning.figures import pairs_figure
from faultsim.spice.job import Outcome, Status, Trace
from faultsim.spice.waveform import Waveform

GLYPHS = """
title = "two pixels"
symbols = { "#" = 1.0, "." = 0.0 }
glyphs = { left = "#.", right = ".#" }
"""
LAST_S, END_S = 15e-3, 0.15
TIMES_S = np.linspace(0, END_S, 3001)


def curriculum(folder: Path, **changed: object) -> Curriculum:
    (folder / "two.toml").write_text(GLYPHS)
    table = {"kind": "training", "title": "t", "glyphs": "two.toml", "last": LAST_S, "lessons": [{}], **changed}
    return make_curriculum(folder / "spec.toml", TrainingSpec.model_validate(table))


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    return curriculum(tmp_path_factory.mktemp("trial")).trials[0]


@pytest.fixture(scope="module")
def network(trial: Trial) -> LearningNetwork:
    return trial.network()


def traced(network: LearningNetwork, first: np.ndarray, second: np.ndarray, spikes: int = 3) -> Trace:
    """Return a trace in which two weights go through given values, and an output spikes every 10 ms."""
    waves = {"w1_1": first, "w2_1": second, "vm1": np.zeros_like(TIMES_S)}
    waves["turn1"] = np.interp(TIMES_S, [0, 0.01 * spikes], [0.01, spikes + 0.01])
    return Trace(Outcome(Status.OK), {name: Waveform(TIMES_S, values) for name, values in waves.items()})


def judged(trial: Trial, network: LearningNetwork, first: np.ndarray, second: np.ndarray) -> Training:
    return training_of(trial, network, traced(network, first, second), LAST_S)


def stepped(before: float, after: float, at_s: float) -> np.ndarray:
    return np.where(at_s > TIMES_S, before, after)


def test_it_has_learned_if_every_synapse_is_on_its_side_throughout_the_last_part(
    trial: Trial, network: LearningNetwork
) -> None:
    found = judged(trial, network, stepped(0.5, 1.0, 0.1), stepped(1.0, 0.0, 0.02))
    assert found.verdict is Verdict.LEARNED
    assert found.winner is not None
    assert found.winner.settled_s == pytest.approx(0.1, abs=1e-4)
    late = judged(trial, network, stepped(0.0, 1.0, END_S - LAST_S + 1e-3), np.zeros_like(TIMES_S))
    assert late.verdict is Verdict.NOT_LEARNED
    assert training_row(late).wrong == (1,)
    assert training_row(late).settled_s == pytest.approx(END_S - LAST_S + 1e-3, abs=1e-4)


def test_the_middle_is_on_neither_side(trial: Trial, network: LearningNetwork) -> None:
    half = np.full_like(TIMES_S, 0.5)
    found = judged(trial, network, half, half)
    assert found.verdict is Verdict.NOT_LEARNED
    assert training_row(found).wrong == (1, 2)
    assert training_row(found).settled_s is None


def test_what_dips_for_a_moment_in_the_last_part_is_wrong(trial: Trial, network: LearningNetwork) -> None:
    dip = np.where(np.abs(TIMES_S - 0.14) < 2e-4, 0.5, 1.0)
    found = judged(trial, network, dip, np.zeros_like(TIMES_S))
    assert found.verdict is Verdict.NOT_LEARNED
    rows = list(synapse_rows([found]))
    assert [(row.lowest, row.highest, row.right) for row in rows] == [(0.5, 1.0, False), (0.0, 0.0, True)]


def test_a_failed_transient_is_unknown_and_says_why(trial: Trial, network: LearningNetwork) -> None:
    failed = Trace(Outcome(Status.CONVERGENCE, log_tail="first\nfaultsim: stopped at 0.01 s of 0.15 s"), {})
    found = training_of(trial, network, failed, LAST_S)
    assert found.verdict is Verdict.UNKNOWN
    assert training_row(found).reason == "convergence: faultsim: stopped at 0.01 s of 0.15 s"
    learned = judged(trial, network, np.ones_like(TIMES_S), np.zeros_like(TIMES_S))
    (row,) = share_rows([found, learned])
    assert (row.trainings, row.learned, row.unknown, row.share) == (2, 1, 1, 0.5)
    # Wilson's interval of 1 in 2, by hand.
    assert (row.low, row.high) == (pytest.approx(0.0945, abs=1e-4), pytest.approx(0.9055, abs=1e-4))


def test_spikes_begin_where_a_tenth_of_a_turn_is_over() -> None:
    turn = Waveform(np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.01, 0.99, 1.05, 2.2]))
    found = spikes_of(turn)
    assert found == pytest.approx([0.09 / 0.98, 2 + 0.05 / 1.15, 2 + 1.05 / 1.15])
    assert spikes_of(Waveform(np.array([0.0, 1.0]), np.array([0.01, 0.08]))).size == 0


def test_a_file_gives_every_combination_once_and_names_each(tmp_path: Path) -> None:
    lessons = [{"characters": ["left"], "junctions": 4}, {"initialisations": 2, "first_seed": 5}]
    found = curriculum(tmp_path, lessons=lessons, explore={"input.fmax": [60, "80"]})
    assert [trial.id for trial in found.trials[:2]] == ["left-4j-input.fmax-60-s1", "left-4j-input.fmax-80-s1"]
    assert len(found.trials) == 2 + 2 * 2 * 2
    assert len({trial.id for trial in found.trials}) == len(found.trials)
    assert len(found.only("right-*-s6").trials) == 2
    with pytest.raises(UsageError, match=r"--only nothing: no training of .*spec\.toml"):
        found.only("nothing")


def test_what_differs_in_the_seed_alone_differs_in_the_deck(tmp_path: Path) -> None:
    first, second = curriculum(tmp_path, lessons=[{"initialisations": 2, "characters": ["left"]}]).trials
    decks = [text_of(trial.network().cards) for trial in (first, second, first)]
    assert decks[0] == decks[2] != decks[1]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"lessons": [{"characters": ["middle"]}]}, r"two\.toml has no glyph 'middle'"),
        ({"settings": {"input": {"fmx": 60}}}, r"input\.fmx=60: .*\(did you mean fmax"),
        ({"explore": {"fmax": [1]}}, r"explore: 'fmax' does not fit .*CELL\.NAME"),
        ({"explore": {"input.fmax": []}}, r"explore: 'input\.fmax' has no values"),
        ({"drawn": ["left-2j-s9"]}, r"drawn: 'left-2j-s9' is no training of it .*left-2j-s1"),
        ({"duration": 1e-3}, r"last: 0\.015 s is longer than a presentation"),
        ({"last": 0.2}, r"last: 0\.2 s is longer than a presentation .*at most 0\.15 s"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_place(
    tmp_path: Path, changed: dict[str, object], message: str
) -> None:
    with pytest.raises(SpecError, match=message):
        curriculum(tmp_path, **changed)


def test_a_pixel_with_a_colour_has_three_inputs(tmp_path: Path) -> None:
    symbols = "{ r = [1.0, 0.0, 0.0], y = [1.0, 1.0, 0.0] }"
    (tmp_path / "two.toml").write_text(f'title = "colours"\nsymbols = {symbols}\nglyphs = {{ pair = "ry" }}\n')
    table = {"kind": "training", "title": "t", "glyphs": "two.toml", "last": LAST_S, "lessons": [{}]}
    (trial,) = make_curriculum(tmp_path / "spec.toml", TrainingSpec.model_validate(table)).trials
    assert trial.request.intensities == (1, 0, 0, 1, 1, 0)
    assert trial.network().sidecar.inputs == [f"in{number}" for number in range(1, 7)]
    (tmp_path / "two.toml").write_text('title = "t"\nsymbols = { r = [1, 0, 0], w = 1 }\nglyphs = { pair = "rw" }\n')
    with pytest.raises(SpecError, match="some symbols have one intensity, and some three"):
        make_curriculum(tmp_path / "spec.toml", TrainingSpec.model_validate(table))


def test_a_colour_is_drawn_as_its_synapses_have_it(trial: Trial, network: LearningNetwork) -> None:
    found = judged(trial, network, np.ones_like(TIMES_S), np.zeros_like(TIMES_S))
    assert found.winner is not None
    learner = replace(found.winner, weights=np.array([[1.0, 0.0, 0.5]] * 2), right=np.array([True, True, False]))
    plot = pairs_figure([replace(found, learners=(learner,))], (1, 1, 3))
    (before, after) = ([patch.get_facecolor() for patch in axes.patches] for axes in plot.axes)
    assert before == after == [pytest.approx((1, 0, 0.5, 1), abs=0.01)]
    assert [len(axes.lines) for axes in plot.axes] == [0, 1]
