"""Proof of a test by learning: what is simulated again, and what becomes of a choice that it contradicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace

from faultsim.learning.breakage import Break, Broken
from faultsim.learning.proof import BrokenTrainings, broken_trainings
from faultsim.learning.trial import Trial
from tests.unit.test_learning_test import Named, trained


@dataclass
class Crossbars:
    """Crossbars that show what they are told to show: (character, defect) -> the seeds whose training does.

    Attributes:
        shows: That.
        characters: All of them; seed 1 explores, the other seeds prove.
        seeds: How many there are.
        unlearned: Trainings that the good crossbar does not learn.
        asked: What was trained, in order.
    """

    shows: Mapping[tuple[str, str], Sequence[int]]
    characters: str
    seeds: int = 3
    unlearned: tuple[str, ...] = ()
    asked: list[tuple[str, str]] = field(default_factory=list)
    spec: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(confidence=0.99, tolerance=0.1))

    def defects(self, trial: Trial) -> list[Named]:
        return [Named(name) for name in sorted({defect for _, defect in self.shows})]

    @property
    def proofs(self) -> list[Trial]:
        return [trained(one, seed, "", False).trial for one in self.characters for seed in range(2, self.seeds + 1)]

    @property
    def breaks(self) -> list[Break]:
        trials = [trained(one, 1, "", False).trial for one in self.characters]
        return [Break(one, what) for one in trials for what in (None, *self.defects(one))]  # type: ignore[arg-type]

    def trained(self, asking: None, breaks: Sequence[Break]) -> list[Broken]:
        return [self._trained(one) for one in breaks]

    def _trained(self, one: Break) -> Broken:
        character, seed = one.trial.character, one.trial.request.seed
        defect = one.defect.id if one.defect else ""
        self.asked.append((one.trial.id, defect))
        needed = None if one.trial.id in self.unlearned else 1
        return trained(character, seed, defect, seed in self.shows.get((character, defect), ()), needed)


def proven(crossbars: Crossbars) -> BrokenTrainings:
    return broken_trainings(crossbars, None)  # type: ignore[arg-type]


def chosen(found: BrokenTrainings) -> dict[str, tuple[int, int]]:
    return {row.character: (row.repetitions, row.initialisations) for row in found.test.presentations}


def test_only_what_is_relied_on_is_simulated_again() -> None:
    crossbars = Crossbars({("A", "a"): (1, 2, 3), ("A", "b"): (1, 2, 3), ("B", "a"): (1, 2, 3), ("B", "c"): ()}, "AB")
    found = proven(crossbars)
    assert chosen(found) == {"A": (1, 3)}
    again = crossbars.asked[len(crossbars.breaks) :]
    assert again == [(trial, defect) for trial in ("A-6j-s2", "A-6j-s3") for defect in ("", "a", "b")]
    assert [row.trainings for row in found.test.exposures if row.character == "B"] == [1, 1, 1]


def test_a_defect_that_two_chosen_characters_show_is_simulated_again_with_one_of_them() -> None:
    two = {("A", "a"): (1, 2, 3), ("A", "b"): (1, 2, 3), ("B", "b"): (1, 2, 3), ("B", "c"): (1, 2, 3)}
    crossbars = Crossbars(two, "AB")
    found = proven(crossbars)
    assert [(row.character, row.defects, row.relied, row.initialisations) for row in found.test.presentations] == [
        ("A", 2, 2, 3),
        ("B", 2, 1, 3),
    ]
    again = {(trial[0], defect) for trial, defect in crossbars.asked[len(crossbars.breaks) :]}
    assert again == {("A", ""), ("A", "a"), ("A", "b"), ("B", ""), ("B", "c")}


def test_where_one_of_two_shows_a_defect_by_chance_the_other_is_simulated_again() -> None:
    two = {("A", "a"): (1, 2, 3), ("A", "b"): (1,), ("B", "b"): (1, 2, 3), ("B", "c"): (1, 2, 3)}
    found = proven(Crossbars(two, "AB"))
    assert chosen(found) == {"A": (1, 3), "B": (1, 3)}
    assert {row.character: row.relied for row in found.test.presentations} == {"A": 1, "B": 2}
    assert all(row.trainings == 3 for row in found.test.exposures if row.detected)


def test_what_turns_out_to_be_chance_is_repeated_or_shown_by_another() -> None:
    # A shows a in one initialisation of three: 1 - (2/3)^12 is above 0.99, 1 - (2/3)^11 below.
    assert chosen(proven(Crossbars({("A", "a"): (1,)}, "A"))) == {"A": (12, 3)}
    other = proven(Crossbars({("A", "a"): (1,), ("A", "b"): (1, 2, 3), ("B", "a"): (1, 2, 3)}, "AB"))
    assert chosen(other) == {"A": (1, 3), "B": (1, 3)}


def test_a_character_that_proofs_show_to_be_unreliable_is_given_up_and_its_successor_proven() -> None:
    crossbars = Crossbars(
        {("A", "a"): (1, 2, 3), ("A", "b"): (1, 2, 3), ("B", "a"): (1, 2, 3), ("C", "b"): (1, 2, 3)},
        "ABC",
        unlearned=("A-6j-s3",),
    )
    found = proven(crossbars)
    assert found.test.refused == ["A"]
    assert chosen(found) == {"B": (1, 3), "C": (1, 3)}
    assert len(crossbars.asked) == len(set(crossbars.asked))


def test_without_proofs_a_choice_stands_as_it_was_explored() -> None:
    found = proven(Crossbars({("A", "a"): (1,)}, "A", seeds=1))
    assert (chosen(found), found.proofs) == ({"A": (1, 1)}, [])
