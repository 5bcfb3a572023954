"""The grid of severities and the bracket search on it, against brute force."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultsim.campaigns.grid import Grid
from faultsim.campaigns.search import Bracket, Verdict, changes, confirm_bracket, find_bracket, scan_grid

PAPER = Grid(10.0, 1e9, 1.01)

grids = st.builds(
    lambda low, span, ratio: Grid(low, low * span, ratio),
    st.floats(1e-3, 1e6),
    st.floats(1.001, 1e9),
    st.floats(1.1, 10.0),
)


def step(size: int, first_fail: int) -> list[Verdict]:
    return [Verdict.FAIL if index >= first_fail else Verdict.PASS for index in range(size)]


def searched(verdicts: Sequence[Verdict], guess: int | None = None) -> Bracket:
    def probe(index: int) -> Verdict:
        # A negative index would quietly ask from the end.
        assert 0 <= index < len(verdicts)
        return verdicts[index]

    return find_bracket(probe, len(verdicts), guess)


def most_probes(size: int, guess: int | None) -> int:
    # A gallop from a guess finds the side by doubling strides, then the change by halving.
    return math.ceil(math.log2(size)) + 1 if guess is None else 2 * math.ceil(math.log2(size + 1)) + 1


def test_the_paper_grid_has_one_percent_steps_from_10_ohm_to_1_gohm() -> None:
    assert PAPER[0] == 10.0
    assert PAPER[100] == pytest.approx(10 * 1.01**100, rel=1e-15)
    assert PAPER[len(PAPER) - 1] == 1e9
    assert len(PAPER) == math.ceil(math.log(1e8) / math.log(1.01)) + 1


def test_a_span_that_is_a_power_of_the_ratio_has_no_short_last_step() -> None:
    assert [Grid(1.0, 1000.0, 10.0)[index] for index in range(4)] == pytest.approx([1, 10, 100, 1000])
    assert len(Grid(1.0, 1000.0, 10.0)) == 4


@given(grids)
def test_a_grid_starts_at_low_and_ends_at_high(grid: Grid) -> None:
    assert grid[0] == grid.low
    assert grid[len(grid) - 1] == grid.high


@given(grids)
def test_neighbours_are_one_ratio_apart_and_the_last_two_at_most(grid: Grid) -> None:
    ratios = [grid[index + 1] / grid[index] for index in range(len(grid) - 1)]
    assert ratios[:-1] == pytest.approx([grid.ratio] * (len(grid) - 2), rel=1e-12)
    assert 1 < ratios[-1] <= grid.ratio * (1 + 1e-8)


@given(grids)
def test_there_is_nothing_beyond_the_ends(grid: Grid) -> None:
    for index in (-1, len(grid)):
        with pytest.raises(IndexError):
            grid[index]


@given(grids)
def test_every_severity_is_nearest_to_itself(grid: Grid) -> None:
    assert [grid.nearest(grid[index]) for index in range(len(grid))] == list(range(len(grid)))


@given(grids, st.floats(0, 1))
def test_nearest_means_on_the_logarithmic_scale(grid: Grid, share: float) -> None:
    value = min(grid.low * (grid.high / grid.low) ** share, grid.high)
    distances = [abs(math.log(grid[index] / value)) for index in range(len(grid))]
    assert distances[grid.nearest(value)] == pytest.approx(min(distances), abs=1e-12)


@given(grids, st.floats(0, 1), st.booleans())
def test_a_place_lies_between_the_indices_around_a_value(grid: Grid, share: float, falling: bool) -> None:
    grid = Grid(grid.low, grid.high, grid.ratio, falling)
    value = min(grid.low * (grid.high / grid.low) ** share, grid.high)
    place = grid.place(value)
    assert 0 <= place <= len(grid) - 1
    around = sorted((grid[math.floor(place)], grid[math.ceil(place)]))
    assert around[0] * (1 - 1e-9) <= value <= around[1] * (1 + 1e-9)


@given(grids, st.booleans())
def test_every_severity_is_at_its_own_place(grid: Grid, falling: bool) -> None:
    grid = Grid(grid.low, grid.high, grid.ratio, falling)
    assert [grid.place(grid[index]) for index in range(len(grid))] == pytest.approx(list(range(len(grid))), abs=1e-6)


@pytest.mark.parametrize(("value", "index"), [(0.0, 0), (1.0, 0), (1e12, len(PAPER) - 1), (1e9, len(PAPER) - 1)])
def test_beyond_an_end_that_end_is_nearest(value: float, index: int) -> None:
    assert PAPER.nearest(value) == index


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 31])
def test_every_monotone_verdict_is_bracketed_from_every_guess(size: int) -> None:
    for first_fail in range(size + 1):
        for guess in (None, *range(-1, size + 2)):
            found = searched(step(size, first_fail), guess)
            assert (found.last_pass, found.first_fail, found.unknown_at) == (first_fail - 1, first_fail, None)
            assert len(set(found.probes)) == len(found.probes) <= most_probes(size, guess)


@given(st.data())
def test_the_paper_grid_is_bracketed_in_logarithmically_many_probes(data: st.DataObject) -> None:
    size = len(PAPER)
    first_fail = data.draw(st.integers(0, size), "first_fail")
    guess = data.draw(st.none() | st.integers(0, size - 1), "guess")
    found = searched(step(size, first_fail), guess)
    assert (found.last_pass, found.first_fail) == (first_fail - 1, first_fail)
    assert len(set(found.probes)) == len(found.probes) <= most_probes(size, guess)


@given(st.integers(1, len(PAPER) - 2), st.sampled_from([-1, 0]))
def test_a_guess_at_either_side_of_the_change_costs_only_its_certificate(first_fail: int, offset: int) -> None:
    found = searched(step(len(PAPER), first_fail), first_fail + offset)
    assert sorted(found.probes) == [first_fail - 1, first_fail]


@given(st.data())
def test_margins_change_what_is_spent_and_never_the_answer(data: st.DataObject) -> None:
    size = len(PAPER)
    first_fail = data.draw(st.integers(0, size), "first_fail")
    guess = data.draw(st.none() | st.floats(0, size - 1), "guess")
    verdicts = step(size, first_fail)
    margins: dict[int, float] = {}
    wild = data.draw(st.booleans(), "wild")

    def probe(index: int) -> Verdict:
        drawn = st.floats(-1e6, 1e6) | st.just(-math.inf)
        margins[index] = data.draw(drawn) if wild else index - first_fail + 0.5
        return verdicts[index]

    found = find_bracket(probe, size, guess, margins)
    assert (found.last_pass, found.first_fail) == (first_fail - 1, first_fail)
    # Six interpolations in vain at most.
    assert len(set(found.probes)) == len(found.probes) <= most_probes(size, 0) + 6


@pytest.mark.parametrize("slope", [0.6, 1.0, 1.5])
@pytest.mark.parametrize("off", [-40.0, -3.0, 0.0, 3.0, 40.0])
def test_margins_that_are_about_right_find_the_threshold_in_a_few_probes(slope: float, off: float) -> None:
    margins: dict[int, float] = {}

    def probe(index: int) -> Verdict:
        margins[index] = slope * (index - 463.5)
        return Verdict.PASS if index < 464 else Verdict.FAIL

    assert len(find_bracket(probe, len(PAPER), 463.5 + off, margins).probes) <= (2 if not off else 5)


def test_margins_that_are_wrong_by_a_few_indices_cost_a_few_probes() -> None:
    margins: dict[int, float] = {}

    def probe(index: int) -> Verdict:
        margins[index] = index - 458.5
        return Verdict.PASS if index < 464 else Verdict.FAIL

    assert len(find_bracket(probe, len(PAPER), 400.5, margins).probes) <= 8


def test_margins_that_all_grow_too_slowly_are_stretched_by_what_two_probes_show() -> None:
    margins: dict[int, float] = {}

    def probe(index: int) -> Verdict:
        # As of a defect whose deviation grows with half the power of the resistance.
        margins[index] = 0.55 * (index - 530.5)
        return Verdict.PASS if index < 531 else Verdict.FAIL

    found = find_bracket(probe, len(PAPER), 380.5, margins)
    assert (found.last_pass, found.first_fail) == (530, 531)
    assert len(found.probes) <= 4


def test_a_guess_that_shows_nothing_yet_is_far_from_the_change_and_no_strides_are_taken() -> None:
    margins: dict[int, float] = {}

    def probe(index: int) -> Verdict:
        margins[index] = index - 1267.5 if index > 1000 else -math.inf
        return Verdict.PASS if index < 1268 else Verdict.FAIL

    found = find_bracket(probe, len(PAPER), 743.5, margins)
    assert (found.last_pass, found.first_fail) == (1267, 1268)
    assert found.probes[:2] == (743, (743 + len(PAPER)) // 2)
    assert len(found.probes) <= 5


def test_where_nothing_is_ever_seen_the_strongest_severity_is_asked() -> None:
    margins: dict[int, float] = {}

    def probe(index: int) -> Verdict:
        margins[index] = -math.inf
        return Verdict.PASS

    found = find_bracket(probe, len(PAPER), 743.5, margins)
    assert (found.first_fail, found.probes[-1]) == (len(PAPER), len(PAPER) - 1)
    assert len(found.probes) <= 3


@pytest.mark.parametrize("first_fail", [700, 736, 741, 742, 750, 760])
def test_a_guess_that_may_be_off_by_so_much_is_left_in_such_strides(first_fail: int) -> None:
    found = find_bracket(step(len(PAPER), first_fail).__getitem__, len(PAPER), 741.5, stride=8)
    assert (found.last_pass, found.first_fail) == (first_fail - 1, first_fail)
    assert abs(found.probes[1] - found.probes[0]) == 8
    assert len(found.probes) <= 9


def test_a_defect_that_passes_at_the_strongest_severity_takes_one_probe() -> None:
    assert searched(step(100, 100)) == Bracket(99, 100, None, (99,))


def test_a_wrong_guess_of_an_undetected_defect_costs_a_few_probes() -> None:
    found = searched(step(100, 100), guess=40)
    assert (found.last_pass, found.first_fail, found.probes[-1]) == (99, 100, 99)
    assert len(found.probes) <= 5


@given(st.lists(st.sampled_from([Verdict.PASS, Verdict.FAIL]), min_size=1, max_size=60), st.data())
def test_any_verdicts_end_in_neighbours_that_were_both_asked(verdicts: list[Verdict], data: st.DataObject) -> None:
    found = searched(verdicts, data.draw(st.none() | st.integers(0, len(verdicts) - 1)))
    assert found.first_fail == found.last_pass + 1
    if found.last_pass >= 0:
        assert verdicts[found.last_pass] is Verdict.PASS
        assert found.last_pass in found.probes
    if found.first_fail < len(verdicts):
        assert verdicts[found.first_fail] is Verdict.FAIL
        assert found.first_fail in found.probes


@pytest.mark.parametrize("guess", [None, 0, 6, 11])
def test_an_unknown_probe_ends_the_search_and_is_named(guess: int | None) -> None:
    for first_fail in range(13):
        for unknown in range(12):
            verdicts = step(12, first_fail)
            verdicts[unknown] = Verdict.UNKNOWN
            found = searched(verdicts, guess)
            if unknown in found.probes:
                assert found.unknown_at == unknown == found.probes[-1]
            else:
                assert (found.last_pass, found.first_fail, found.unknown_at) == (first_fail - 1, first_fail, None)


@given(st.lists(st.sampled_from([Verdict.PASS, Verdict.FAIL]), min_size=2, max_size=40), st.integers(1, 4), st.data())
def test_a_confirmed_bracket_has_its_failures_above_it_and_is_made_of_neighbours(
    verdicts: list[Verdict], wanted: int, data: st.DataObject
) -> None:
    verdicts = [*verdicts, Verdict.FAIL]
    found = searched(verdicts, data.draw(st.none() | st.integers(0, len(verdicts) - 1)))
    confirmed = confirm_bracket(lambda index: verdicts[index], found, len(verdicts), wanted)
    assert confirmed.first_fail == confirmed.last_pass + 1
    above = verdicts[confirmed.first_fail : confirmed.first_fail + wanted + 1]
    assert set(above) == {Verdict.FAIL}
    if confirmed.last_pass >= 0:
        assert verdicts[confirmed.last_pass] is Verdict.PASS


def test_two_ways_into_a_band_that_flips_end_in_the_same_bracket() -> None:
    flips = [Verdict.PASS] * 10 + [Verdict.FAIL] + [Verdict.PASS] * 2 + [Verdict.FAIL] * 20

    def climbed(last_pass: int) -> tuple[int, int]:
        bracket = Bracket(last_pass, last_pass + 1, None, (len(flips) - 1,))
        confirmed = confirm_bracket(lambda index: flips[index], bracket, len(flips), 3)
        return confirmed.last_pass, confirmed.first_fail

    assert climbed(9) == climbed(12) == (12, 13)


def test_what_is_undetected_or_unknown_has_nothing_to_confirm() -> None:
    never = Bracket(9, 10, None, (9,))
    assert confirm_bracket(lambda _: Verdict.PASS, never, 10, 3) == never
    broken = Bracket(3, 4, 4, (9, 4))
    assert confirm_bracket(lambda _: Verdict.FAIL, broken, 10, 3) == broken
    stops = Bracket(3, 4, None, (9, 3, 4))
    assert confirm_bracket(lambda _: Verdict.UNKNOWN, stops, 10, 3).unknown_at == 5


@given(
    verdicts=st.lists(st.sampled_from([Verdict.PASS, Verdict.FAIL]), min_size=2, max_size=200), count=st.integers(1, 40)
)
def test_a_scan_leads_to_the_first_failure_that_it_sees_wherever_it_passes_again(
    verdicts: list[Verdict], count: int
) -> None:
    asked: list[int] = []

    def probe(index: int) -> Verdict:
        asked.append(index)
        return verdicts[index]

    low, high = scan_grid(probe, len(verdicts), count)
    fails = [index for index in asked if verdicts[index] is Verdict.FAIL]
    assert high == (min(fails) if fails else len(verdicts))
    assert asked[-1] == len(verdicts) - 1
    bracket = find_bracket(verdicts.__getitem__, len(verdicts), between=(low, high))
    assert bracket.first_fail == bracket.last_pass + 1 <= high
    assert bracket.first_fail == len(verdicts) or verdicts[bracket.first_fail] is Verdict.FAIL
    assert bracket.last_pass < 0 or verdicts[bracket.last_pass] is Verdict.PASS


def test_a_simulation_that_fails_says_nothing_in_a_scan() -> None:
    verdicts = [Verdict.UNKNOWN, Verdict.PASS, Verdict.UNKNOWN, Verdict.FAIL, Verdict.UNKNOWN]
    assert scan_grid(verdicts.__getitem__, 5, 5) == (1, 3)
    assert scan_grid(lambda _: Verdict.UNKNOWN, 5, 5) == (-1, 5)


@given(st.lists(st.sampled_from([Verdict.PASS, Verdict.FAIL]), min_size=1, max_size=60), st.data())
def test_every_change_that_is_reported_is_one_and_none_between_known_ones_is_missed(
    verdicts: list[Verdict], data: st.DataObject
) -> None:
    places = data.draw(st.sets(st.integers(0, len(verdicts) - 1)))
    found = changes(verdicts.__getitem__, {place: verdicts[place] for place in places})
    row = [Verdict.PASS, *verdicts]
    assert all(row[index + 1] is not row[index + 2] for index in found)
    known = [-1, *sorted(places)]
    for low, high in pairwise(known):
        inside = sum(low <= index < high for index in found)
        assert inside == (row[low + 1] is not row[high + 1])


def test_a_change_next_to_a_failed_simulation_is_not_made_up() -> None:
    verdicts = [Verdict.PASS, Verdict.UNKNOWN, Verdict.FAIL]
    assert changes(verdicts.__getitem__, {0: Verdict.PASS, 2: Verdict.FAIL}) == []
