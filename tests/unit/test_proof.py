"""Proof of a test by learning: to what it is applied, and what becomes of a choice that lets something escape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace

from faultsim.learning.application import Applied
from faultsim.learning.breakage import Break, Broken
from faultsim.learning.proof import BrokenTrainings, broken_trainings
from faultsim.learning.reading import Reading
from faultsim.learning.trial import Trial
from tests.unit.test_learning_test import Named, read, trained


@dataclass
class Crossbars:
    """Crossbars that show what they are told to show.

    Attributes:
        shows: (character, defect) -> the seeds with which a crossbar shows it in its initial state.
        characters: All of them; they are explored with seed 1.
        seeds: To which the test is applied.
        later: (character, defect) -> from which presentation on a crossbar shows it that others were presented to; from
            the first on where nothing is said, if its initial state does.
        unlearned: Characters that a good crossbar does not learn after another one.
        asked: What was trained, in order.
        orders: In which characters were presented, one entry a time that a test was applied.
    """

    shows: Mapping[tuple[str, str], Sequence[int]]
    characters: str
    seeds: Sequence[int] = (2, 3)
    later: Mapping[tuple[str, str], int] = field(default_factory=dict)
    unlearned: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    spec: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(tolerance=0.1, passes=3))

    @property
    def trials(self) -> list[Trial]:
        return [trained(one, 1, "", False).trial for one in self.characters]

    @property
    def presented(self) -> dict[str, dict[str, Trial]]:
        found = {seed: {one: trained(one, seed, "", False).trial for one in self.characters} for seed in self.seeds}
        return {trials[self.characters[0]].crossbar: trials for trials in found.values()}

    @property
    def breaks(self) -> list[Break]:
        return [Break(one, what) for one in self.trials for what in (None, *self.defects(one))]

    def defects(self, trial: Trial) -> list[Named]:
        return [Named(name) for name in sorted({defect for _, defect in self.shows})]

    def trained(self, asking: None, breaks: Sequence[Break]) -> list[Broken]:
        return [self._trained(one) for one in breaks]

    def _trained(self, one: Break) -> Broken:
        character, seed = one.trial.character, one.trial.request.seed
        defect = one.defect.id if one.defect else ""
        self.asked.append((one.trial.id, defect))
        return trained(character, seed, defect, seed in self.shows.get((character, defect), ()))

    def has_learned(self, trial: Trial, reading: Reading) -> bool:
        return trial.character not in self.unlearned

    def tester(self, order: Sequence[str]) -> SimpleNamespace:
        self.orders.append("".join(order))
        return SimpleNamespace(order=order, apply=lambda *args: self._apply(order, *args))

    def _apply(
        self,
        order: Sequence[str],
        asking: None,
        crossbars: Sequence[tuple[str, Named | None]],
        going_on: Callable[[Applied], bool],
    ) -> list[Applied]:
        found = []
        for crossbar, defect in crossbars:
            one = Applied(crossbar, defect)  # type: ignore[arg-type]
            while going_on(one):
                number = len(one.readings) + 1
                character = order[(number - 1) % len(order)]
                one = one.then(character, read(0, self._seen(crossbar, character, defect, number)))
            found.append(one)
        return found

    def _seen(self, crossbar: str, character: str, defect: Named | None, number: int) -> bool:
        if defect is None:
            return False
        pair, seed = (character, defect.id), int(crossbar.rpartition("s")[2])
        return number >= self.later[pair] if pair in self.later else seed in self.shows.get(pair, ())


def proven(crossbars: Crossbars) -> BrokenTrainings:
    return broken_trainings(crossbars, None)  # type: ignore[arg-type]


def chosen(found: BrokenTrainings) -> dict[str, int]:
    return {row.character: row.repetitions for row in found.test.presentations}


def test_a_choice_that_shows_everything_in_every_state_stands() -> None:
    crossbars = Crossbars({("A", "a"): (1, 2, 3), ("A", "b"): (1, 2, 3), ("B", "a"): (1, 2, 3), ("B", "c"): ()}, "AB")
    found = proven(crossbars)
    assert (chosen(found), found.test.covered, found.test.unseen) == ({"A": 1}, ["a", "b"], ["c"])
    assert (crossbars.orders, found.escapes) == (["A"], [])
    assert len(crossbars.asked) == len(crossbars.breaks)
    # What nothing is expected to show goes through the characters once, a good crossbar as often as any may.
    presented = {(one.crossbar, one.defect.id if one.defect else ""): len(one.readings) for one in found.test.applied}
    assert presented == {
        (name, defect): {"": 3}.get(defect, 1) for name in ("6j-s2", "6j-s3") for defect in ("", "a", "b", "c")
    }


def test_what_escapes_is_explored_from_where_it_did_and_another_character_is_chosen() -> None:
    shows = {("A", "a"): (1, 3), ("A", "b"): (1, 2, 3), ("B", "a"): (1, 2, 3)}
    crossbars = Crossbars(shows, "AB")
    found = proven(crossbars)
    assert (chosen(found), found.test.covered) == ({"A": 1, "B": 1}, ["a", "b"])
    assert crossbars.orders == ["A", "AB"]
    again = crossbars.asked[len(crossbars.breaks) :]
    assert again == [(f"{one}-6j-s2", defect) for one in "AB" for defect in ("", "a")]
    assert len(found.all) == len(crossbars.asked)


def test_what_takes_another_pass_repeats_the_characters_up_to_there() -> None:
    shows = {("A", "a"): (1, 2, 3), ("B", "b"): (1, 2, 3), ("A", "c"): (1, 2, 3)}
    found = proven(Crossbars(shows, "AB", later={("A", "a"): 3}))
    assert (chosen(found), found.test.length) == ({"A": 2, "B": 1}, 3)
    assert found.test.covered == ["a", "b", "c"]


def test_what_no_pass_shows_is_explored_and_then_said_to_be_unsure() -> None:
    crossbars = Crossbars({("A", "a"): (1, 2, 3), ("A", "b"): (1, 2, 3)}, "A", later={("A", "a"): 99})
    found = proven(crossbars)
    assert (found.test.covered, found.test.unsure) == (["b"], ["a"])
    assert crossbars.orders == ["A", "A"]
    assert [len(one.readings) for one in found.test.applied if one.defect and one.defect.id == "a"] == [3, 3]


def test_a_character_that_is_not_learned_after_others_is_given_up() -> None:
    shows = {("A", "a"): (1, 2, 3), ("A", "b"): (1, 2, 3), ("B", "a"): (1, 2, 3), ("C", "b"): (1, 2, 3)}
    crossbars = Crossbars(shows, "ABC", unlearned="A")
    found = proven(crossbars)
    assert found.test.choice.refused == ["A"]
    assert chosen(found) == {"B": 1, "C": 1}
    assert crossbars.orders == ["A", "BC"]


def test_where_no_character_is_left_nothing_is_applied() -> None:
    found = proven(Crossbars({("A", "a"): (1, 2, 3)}, "A", unlearned="A"))
    assert (chosen(found), found.test.covered, found.test.unsure) == ({}, [], ["a"])


def test_without_initial_states_to_apply_it_in_a_choice_stands_as_it_was_explored() -> None:
    crossbars = Crossbars({("A", "a"): (1,)}, "A", seeds=())
    found = proven(crossbars)
    assert (chosen(found), found.test.covered, found.test.applied, crossbars.orders) == ({"A": 1}, ["a"], (), [])
