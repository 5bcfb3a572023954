"""Learning as a test: which characters are chosen, and what is said of a test that was applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import pytest

from faultsim.circuits.learning_plan import LearningRequest
from faultsim.learning.application import Applied
from faultsim.learning.breakage import Broken
from faultsim.learning.choice import Choice, ExposureRow
from faultsim.learning.learning_test import LearningTest
from faultsim.learning.limits import Limits
from faultsim.learning.reading import Reading
from faultsim.learning.trial import Trial


class Named:
    """As much of a defect as the choice looks at."""

    def __init__(self, identity: str) -> None:
        self.id = identity


def read(seed: int, seen: bool | None) -> Reading:
    """Return a reading in which the second synapse is off where a defect is seen; None: the transient failed."""
    found_s = np.array([2.0, 1.5 if seen else 1.0]) + 0.01 * seed
    return Reading(found_s, 3, 1e-3, "" if seen is not None else "failed")


def trained(character: str, seed: int, defect: str, seen: bool | None, needed: int | None = 1) -> Broken:
    trial = Trial(character, LearningRequest((1.0, 0.0), seed=seed), {})
    what = Named(defect) if defect else None
    return Broken(trial, what, 0.15, read(seed, seen), needed, (), (), None)  # type: ignore[arg-type]


def explored(shown: Mapping[str, Mapping[str, int]], seeds: int = 1, unlearned: Iterable[str] = ()) -> list[Broken]:
    """Return trainings: character -> defect -> in how many of the initial states it is shown."""
    found = []
    for character, defects in shown.items():
        for seed in range(seeds):
            found.append(trained(character, seed, "", False, None if character in unlearned else 1))
            found += [trained(character, seed, defect, seed < count) for defect, count in defects.items()]
    return found


def learning_test(
    shown: Mapping[str, Mapping[str, int]], seeds: int = 1, unlearned: Iterable[str] = ()
) -> LearningTest:
    return LearningTest(Choice(explored(shown, seeds, unlearned), 0.1))


def applied(test: LearningTest, after: Mapping[tuple[str, str], int | None], most: int) -> LearningTest:
    """Return a test that was applied: defect, crossbar -> presentations until it was shown."""
    found = []
    for (defect, crossbar), number in after.items():
        one = Applied(crossbar, Named(defect))  # type: ignore[arg-type]
        for place in range(number or most):
            one = one.then(test.choice.order[place % len(test.choice.order)], read(0, place + 1 == number))
        found.append(one)
    return replace(test, applied=found)


def chosen(test: LearningTest) -> dict[str, int]:
    return {row.character: row.repetitions for row in test.presentations}


THREE = {
    "A": {"a": 1, "b": 1, "c": 0, "d": 0, "e": 0},
    "B": {"a": 0, "b": 1, "c": 1, "d": 0, "e": 0},
    "C": {"a": 1, "b": 0, "c": 1, "d": 1, "e": 0},
}
"""A or B, and C; nothing shows e."""


def test_the_fewest_characters_are_chosen_and_what_nothing_shows_is_named() -> None:
    test = learning_test(THREE)
    assert chosen(test) in ({"A": 1, "C": 1}, {"B": 1, "C": 1})
    assert test.choice.selection.proven
    assert test.choice.selection.cost == test.length == 2
    assert (test.covered, test.unseen, test.unsure) == (["a", "b", "c", "d"], ["e"], [])
    assert test.choice.order[0] == "C"
    assert [(row.order, row.defects, row.first) for row in test.presentations] == [(1, 3, 3), (2, 2, 1)]


def test_what_is_shown_in_some_initial_states_only_has_to_be_in_each_of_them() -> None:
    # A shows a in the first of two, B in both.
    assert chosen(learning_test({"A": {"a": 1, "b": 2}, "B": {"a": 2, "b": 0}}, seeds=2)) == {"A": 1, "B": 1}
    test = learning_test({"A": {"a": 1, "b": 2}}, seeds=2)
    assert (chosen(test), test.covered, test.unsure) == ({"A": 1}, ["b"], ["a"])


def test_a_character_that_good_crossbars_do_not_always_learn_is_not_used() -> None:
    test = learning_test({"A": {"a": 1}, "B": {"a": 1}}, unlearned=["A"])
    assert (test.choice.refused, chosen(test)) == (["A"], {"B": 1})
    test = LearningTest(replace(test.choice, trained=explored({"A": {"a": 1}, "B": {"a": 1}}), given_up=frozenset("B")))
    assert (test.choice.refused, chosen(test)) == (["B"], {"A": 1})


def test_what_only_a_refused_character_shows_is_told_from_what_none_shows() -> None:
    test = learning_test({"A": {"a": 1, "b": 0, "c": 0}, "B": {"a": 0, "b": 1, "c": 0}}, unlearned=["A"])
    assert (test.covered, test.unsure, test.unseen) == (["b"], ["a"], ["c"])


def test_a_test_is_as_long_as_it_takes_to_show_what_it_shows_in_every_state() -> None:
    first = learning_test(THREE)
    assert first.choice.order[0] == "C"
    after = dict.fromkeys([(defect, state) for defect in "abcd" for state in ("s1", "s2")], 1) | {("b", "s2"): 2}
    test = applied(first, after | {("e", "s1"): None, ("e", "s2"): None}, most=2)
    assert (test.length, test.covered, test.unseen, test.unsure) == (2, ["a", "b", "c", "d"], ["e"], [])
    assert [(row.repetitions, row.failed) for row in test.presentations] == [(1, 7), (1, 1)]
    # Once more from the top, but only as far as it is needed.
    again = applied(first, after | {("b", "s2"): 3}, most=6)
    assert (again.length, [(row.repetitions, row.failed) for row in again.presentations]) == (3, [(2, 8), (1, 0)])
    # What the first of them shows of all crossbars needs no second one.
    short = applied(first, after | {("b", "s2"): 1}, most=2)
    assert (short.length, [row.repetitions for row in short.presentations]) == (1, [1])


def test_what_a_test_shows_in_some_states_only_is_not_counted_on() -> None:
    after = {("a", "s1"): 1, ("a", "s2"): 1, ("b", "s1"): 2, ("b", "s2"): None, ("e", "s1"): None, ("e", "s2"): 1}
    test = applied(learning_test(THREE), after, most=6)
    # e, which no character has shown from where it was explored, is shown from one of them.
    assert (test.covered, test.unsure, test.unseen) == (["a"], ["b", "c", "d", "e"], [])
    assert test.length == 1


def test_a_presentation_that_fails_shows_nothing() -> None:
    one = Applied("s1", Named("a")).then("A", read(0, None))  # type: ignore[arg-type]
    assert (one.reason, one.shown_after(Limits.of([("A", read(0, False))], 0.1))) == ("failed", None)


def test_limits_hold_for_every_good_crossbar_with_tolerance() -> None:
    (row,) = learning_test({"A": {"a": 4}}, seeds=4).presentations
    assert row.low_s == pytest.approx((0.9 * 2.0, 0.9 * 1.0))
    assert row.high_s == pytest.approx((1.1 * 2.03, 1.1 * 1.03))
    assert row.pixels == (1.0, 0.0)


def test_limits_hold_for_good_crossbars_to_which_the_test_was_applied() -> None:
    good = Applied("s9", None).then("A", read(9, False))
    test = replace(learning_test({"A": {"a": 1}}), applied=[good])
    assert test.limits.by_character["A"][1] == pytest.approx((1.1 * 2.09, 1.1 * 1.09))


def test_a_synapse_that_cannot_be_read_fails() -> None:
    open_s = Reading(np.array([np.nan, 1.0]), 3, 1e-3, "")
    test = LearningTest(Choice([trained("A", 1, "", False), replace(trained("A", 1, "a", False), reading=open_s)], 0.1))
    assert test.choice.exposures == [ExposureRow("A", "a", 1, 1)]


def test_failed_trainings_do_not_count_and_a_defect_of_which_all_failed_is_shown_by_none() -> None:
    test = LearningTest(
        Choice([trained("A", 1, "", False), trained("A", 1, "a", None), trained("A", 2, "a", True)], 0.1)
    )
    assert test.choice.exposures == [ExposureRow("A", "a", 1, 1)]
    nothing = LearningTest(Choice([trained("A", 1, "", False), trained("A", 1, "a", None)], 0.1))
    assert nothing.unseen == ["a"]
    assert (nothing.presentations, nothing.choice.selection.cost, nothing.length) == ([], 0, 0)
