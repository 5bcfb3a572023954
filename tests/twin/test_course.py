"""Courses of small networks: what is broken off and gone on with is as if it had not been; names and confusions."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import numpy as np
import pytest

from faultsim.campaigns.watcher import Quiet
from faultsim.learning.twin.academy import split
from faultsim.learning.twin.course import Course, Stopped
from faultsim.learning.twin.images import Images, digits
from faultsim.learning.twin.network_spec import NetworkSpec
from faultsim.learning.twin.recognition import Names, confusion
from faultsim.learning.twin.tally import Tally
from tests.twin.test_loop import recipe

SPEC = NetworkSpec(
    kind="network",
    title="small",
    data="digits",
    outputs=12,
    junctions=3,
    presentation=0.025,
    step=1e-4,
    samples=90,
    measured_every=30,
    named_by=80,
)
BRISK = {"input": {"fbias": "80", "low": "-0.05"}, "output": {"c": "20p"}}


class Stopping(Tally):
    """Sets an event once so many pictures have been shown."""

    def __init__(self, event: Event, after: int) -> None:
        super().__init__(0)
        self.event, self.after = event, after

    def shown(self) -> None:
        super().shown()
        self.after -= 1
        if not self.after:
            self.event.set()


def course(folder: Path, stop: Event | None = None, **changed: object) -> Course:
    learned, tested = (one.in_black_and_white(0.5) for one in split(digits(), 0.1, 0))
    made = recipe(rise_v=5e-5, **BRISK)
    spec = SPEC.model_copy(update=changed)
    return Course(spec, made, learned, tested.some(np.arange(60)), 1, folder, stop or Event())


def test_a_course_that_is_gone_on_with_ends_as_one_that_was_not_broken_off(tmp_path: Path) -> None:
    whole = course(tmp_path / "whole").run(Tally(90), Quiet())
    assert [row.samples for row in whole.rows] == [30, 60, 90]
    stop = Event()
    with pytest.raises(Stopped):
        course(tmp_path / "parts", stop).run(Stopping(stop, 47), Quiet())
    tally = Tally(90)
    rest = course(tmp_path / "parts").run(tally, Quiet())
    assert str(tally).startswith("90 of 90 pictures")
    assert rest.rows == whole.rows
    assert (rest.crossbar.synapses.bits == whole.crossbar.synapses.bits).all()
    assert (rest.crossbar.neurons.raised_v == whole.crossbar.neurons.raised_v).all()
    assert (rest.confusion == whole.confusion).all()
    files = [tmp_path / name / "seed-1.npz" for name in ("whole", "parts")]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_more_samples_go_on_where_fewer_ended(tmp_path: Path) -> None:
    course(tmp_path / "grown", samples=30).run(Tally(30), Quiet())
    tally = Tally(60)
    grown = course(tmp_path / "grown", samples=60).run(tally, Quiet())
    straight = course(tmp_path / "straight", samples=60).run(Tally(60), Quiet())
    assert grown.rows == straight.rows
    assert (grown.crossbar.synapses.bits == straight.crossbar.synapses.bits).all()


@pytest.mark.parametrize(("before", "after"), [(60, 30), (45, 60)])
def test_fewer_samples_or_others_measured_begin_anew(tmp_path: Path, before: int, after: int) -> None:
    course(tmp_path / "used", samples=before).run(Tally(before), Quiet())
    used = course(tmp_path / "used", samples=after).run(Tally(after), Quiet())
    straight = course(tmp_path / "straight", samples=after).run(Tally(after), Quiet())
    assert used.rows == straight.rows
    assert (used.crossbar.synapses.bits == straight.crossbar.synapses.bits).all()


def test_a_state_of_something_else_or_a_damaged_one_is_no_beginning(tmp_path: Path) -> None:
    first = course(tmp_path, samples=30).run(Tally(30), Quiet())
    other = course(tmp_path, samples=30, outputs=10).run(Tally(30), Quiet())
    assert other.crossbar.weights.shape == (64, 10)
    (tmp_path / "seed-1.npz").write_bytes(b"PK no state")
    again = course(tmp_path, samples=30).run(Tally(30), Quiet())
    assert (again.crossbar.synapses.bits == first.crossbar.synapses.bits).all()
    tally = Tally(30)
    course(tmp_path, samples=30).run(tally, Quiet(), fresh=True)
    assert tally.per_s > 0


def test_a_finished_course_shows_nothing_again(tmp_path: Path) -> None:
    first = course(tmp_path, samples=30).run(Tally(30), Quiet())
    tally = Tally(30)
    again = course(tmp_path, samples=30).run(tally, Quiet())
    assert tally.per_s == 0
    assert (again.confusion == first.confusion).all()


def test_outputs_are_named_by_what_they_answer_to() -> None:
    answers = np.array([[3, 0, 0], [1, 0, 0], [0, 2, 0], [0, 2, 0]], dtype=float)
    names = Names.of(answers, np.array([0, 0, 1, 1]), 3)
    assert names.likeliest.tolist() == [0, 1, -1]
    assert names.said(np.array([[2, 1, 0], [0, 1, 5], [0, 0, 9]], dtype=float)).tolist() == [0, 1, -1]
    assert confusion(np.array([0, 1, 1]), np.array([0, 0, -1]), 2).tolist() == [[1, 0, 0], [1, 0, 1]]


def test_the_more_frequent_class_does_not_name_by_being_frequent() -> None:
    """An output that answers each picture of a rare class, and half of those of a frequent one, is the rare one's."""
    answers = np.array([[1.0]] * 5 + [[0.0]] * 5 + [[1.0]])
    labels = np.array([0] * 10 + [1])
    assert Names.of(answers, labels, 2).likeliest.tolist() == [1]


def test_pictures_of_two_kinds_are_told_apart(tmp_path: Path) -> None:
    """Left and right half black: nothing is told, and both are recognised."""
    left = np.tile([1, 1, 0, 0], 4).astype(float)
    source = np.random.default_rng(0)
    labels = source.integers(0, 2, 120)
    noisy = [np.where(source.random(16) < 0.05, 1 - one, one) for one in (left, 1 - left)]
    images = Images((4, 4), np.array([noisy[label] for label in labels]), labels)
    made = recipe(rise_v=1e-4, **BRISK)
    spec = SPEC.model_copy(update={"outputs": 6, "samples": 120, "measured_every": 120})
    found = Course(spec, made, images.some(np.arange(90)), images.some(np.arange(90, 120)), 1, tmp_path)
    assert found.run(Tally(120), Quiet()).rows[-1].accuracy > 0.95
