"""Learning as a test: which presentations are chosen from what characters show, surely or by chance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from faultsim.circuits.learning_plan import LearningRequest
from faultsim.learning.breakage import Broken
from faultsim.learning.learning_test import ExposureRow, LearningTest
from faultsim.learning.reading import Reading
from faultsim.learning.trial import Trial


class Named:
    """As much of a defect as the choice looks at."""

    def __init__(self, identity: str) -> None:
        self.id = identity


def trained(character: str, seed: int, defect: str, seen: bool | None, needed: int | None = 1) -> Broken:
    trial = Trial(character, LearningRequest((1.0, 0.0), seed=seed), {})
    found_s = np.array([2.0, 1.5 if seen else 1.0]) + 0.01 * seed
    reading = Reading(found_s, 3, 1e-3, "" if seen is not None else "failed")
    what = Named(defect) if defect else None
    return Broken(trial, what, 0.15, reading, needed, (), (), None)  # type: ignore[arg-type]


def learning_test(shown: dict[str, dict[str, int]], seeds: int = 4, unlearned: tuple[str, ...] = ()) -> LearningTest:
    """Return a test: character -> defect -> how many of the seeds show it."""
    found = []
    for character, defects in shown.items():
        for seed in range(seeds):
            found.append(trained(character, seed, "", False, None if character in unlearned else 1))
            found += [trained(character, seed, defect, seed < count) for defect, count in defects.items()]
    return LearningTest(found, 0.99, 0.1)


def chosen(test: LearningTest) -> dict[str, int]:
    return {row.character: row.repetitions for row in test.presentations}


def test_the_fewest_presentations_are_chosen_and_what_nothing_shows_is_named() -> None:
    shown = {
        "A": {"a": 4, "b": 4, "c": 0, "d": 0, "e": 0},
        "B": {"a": 0, "b": 4, "c": 4, "d": 0, "e": 0},
        "C": {"a": 4, "b": 0, "c": 4, "d": 4, "e": 0},
    }
    test = learning_test(shown)
    assert chosen(test) == {"A": 1, "C": 1} or chosen(test) == {"B": 1, "C": 1}
    assert test.selection.proven
    assert test.selection.cost == 2
    assert test.unseen == ["e"]
    assert sum(row.first for row in test.presentations) == 4
    assert [row.order for row in test.presentations] == [1, 2]


def test_what_is_shown_by_chance_is_repeated_until_it_is_sure_enough() -> None:
    # One half each time: 1 - 2^-7 is above 0.99, 1 - 2^-6 below.
    assert chosen(learning_test({"A": {"a": 2, "b": 4}})) == {"A": 7}
    # Another character that shows it every time is cheaper.
    assert chosen(learning_test({"A": {"a": 2, "b": 4}, "B": {"a": 4, "b": 0}})) == {"A": 1, "B": 1}


def test_a_character_that_good_crossbars_do_not_always_learn_is_not_used() -> None:
    test = learning_test({"A": {"a": 4}, "B": {"a": 4}}, unlearned=("A",))
    assert test.refused == ["A"]
    assert chosen(test) == {"B": 1}


def test_what_only_a_refused_character_shows_or_none_often_enough_is_told_from_what_none_shows() -> None:
    shown = {"A": {"a": 40, "b": 0, "c": 0, "d": 0}, "B": {"a": 0, "b": 40, "c": 1, "d": 0}}
    found = []
    for character, defects in shown.items():
        for seed in range(40):
            found.append(trained(character, seed, "", False, None if character == "A" else 1))
            found += [trained(character, seed, name, seed < count) for name, count in defects.items()]
    test = LearningTest(found, 0.99, 0.05)
    # One time in forty: 20 repetitions are not enough for 0.99.
    assert (test.unsure, test.unseen) == (["a", "c"], ["d"])


def test_limits_hold_for_every_good_crossbar_with_tolerance() -> None:
    (row,) = learning_test({"A": {"a": 4}}).presentations
    assert row.low_s == pytest.approx((0.9 * 2.0, 0.9 * 1.0))
    assert row.high_s == pytest.approx((1.1 * 2.03, 1.1 * 1.03))
    assert row.pixels == (1.0, 0.0)
    assert row.initialisations == 4


def test_a_synapse_that_cannot_be_read_fails() -> None:
    open_s = Reading(np.array([np.nan, 1.0]), 3, 1e-3, "")
    test = LearningTest([trained("A", 1, "", False), replace(trained("A", 1, "a", False), reading=open_s)], 0.99, 0.1)
    assert test.exposures == [ExposureRow("A", "a", 1, 1)]


def test_failed_trainings_do_not_count_and_a_defect_of_which_all_failed_is_shown_by_none() -> None:
    test = LearningTest([trained("A", 1, "", False), trained("A", 1, "a", None), trained("A", 2, "a", True)], 0.99, 0.1)
    assert test.exposures == [ExposureRow("A", "a", 1, 1)]
    nothing = LearningTest([trained("A", 1, "", False), trained("A", 1, "a", None)], 0.99, 0.1)
    assert nothing.unseen == ["a"]
    assert nothing.presentations == []
    assert nothing.selection.cost == 0
