"""Chosen vectors against every subset of small problems, and what is known beforehand."""

from __future__ import annotations

import os
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultsim.vectors.cover import CoverProblem, Selection
from faultsim.vectors.cover_curve import pareto
from faultsim.vectors.cover_exact import minimum
from faultsim.vectors.cover_greedy import greedy, simple_bound
from faultsim.vectors.silence import silenced


def problem(
    rows: list[str],
    costs: list[float],
    weights: list[float] | None = None,
    setups: list[int] | None = None,
    setup_costs: tuple[float, ...] = (),
    target: float = 1.0,
) -> CoverProblem:
    """Return a problem of a row of x and . for each candidate."""
    covers = np.array([[mark == "x" for mark in row] for row in rows], dtype=bool).reshape(
        len(rows), len(rows[0]) if rows else 0
    )
    return CoverProblem(
        covers,
        np.array(costs, dtype=float),
        np.ones(covers.shape[1]) if weights is None else np.array(weights, dtype=float),
        np.array([-1] * len(rows) if setups is None else setups, dtype=int),
        np.array(setup_costs, dtype=float),
        target,
    )


def near(value: Any) -> Any:
    return pytest.approx(value, rel=1e-8, abs=0)


@st.composite
def problems(draw: st.DrawFn, most: int = 10, setups: int = 3) -> CoverProblem:
    rows, columns, levels = draw(st.integers(1, most)), draw(st.integers(1, 8)), draw(st.integers(0, setups))
    # Numbers of few values make ties; drawn by numpy, they make none.
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    unit = draw(st.sampled_from([1.0, 0.1, 1e-7]))
    spread = draw(st.sampled_from(["equal", "few", "many"]))
    costs = {
        "equal": np.ones(rows),
        "few": generator.integers(1, 5, rows).astype(float),
        "many": generator.uniform(0.2, 1, rows),
    }
    paid = generator.uniform(0, 2, levels) if spread == "many" else generator.integers(0, 4, levels).astype(float)
    weights = generator.random(columns) if draw(st.booleans()) else generator.integers(0, 4, columns).astype(float)
    return CoverProblem(
        generator.random((rows, columns)) < draw(st.sampled_from([0.15, 0.3, 0.5])),
        costs[spread] * unit,
        weights,
        generator.integers(-1, levels, rows),
        paid * unit,
        draw(st.sampled_from([1.0, 1.0, 0.95, 0.7, 0.4, 0.0])),
    )


def every(asked: CoverProblem) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return size, cost and covered weight of every subset, and whether it meets the target."""
    count = len(asked.costs)
    taken = (np.arange(1 << count)[:, None] >> np.arange(count)) & 1
    covered = taken @ asked.covers.astype(int) > 0
    costs = taken @ asked.costs
    for setup, cost in enumerate(asked.setup_costs):
        costs += cost * taken[:, asked.setups == setup].any(axis=1)
    weights = covered @ asked.weights
    coverable = asked.covers.any(axis=0)
    whole = (covered | ~coverable).all(axis=1)
    enough = weights >= (asked.target - 1e-9) * asked.weights[coverable].sum()
    return taken.sum(axis=1), costs, weights, whole if asked.target == 1 else enough


def curve(asked: CoverProblem) -> list[tuple[float, float]]:
    """Return cost and weight of the best of every cost, up to where the target is met."""
    _, costs, weights, met = every(asked)
    least = costs[met].min()
    points: list[tuple[float, float]] = []
    for place in np.lexsort((-weights, costs)):
        if costs[place] > least * (1 + 1e-9):
            break
        if weights[place] > (points[-1][1] if points else 0) * (1 + 1e-9):
            if points and costs[place] <= points[-1][0] * (1 + 1e-9):
                points.pop()
            points.append((costs[place], weights[place]))
    if least > 0 and not (points and points[-1][0] >= least * (1 - 1e-9)):
        points.append((least, weights[met & (costs <= least * (1 + 1e-9))].max()))
    return points if least > 0 else []


def consistent(asked: CoverProblem, found: Selection) -> bool:
    covered = asked.covers[list(found.chosen)].any(axis=0)
    return (
        list(found.chosen) == sorted(set(found.chosen))
        and found.covered == tuple(np.flatnonzero(covered))
        and found.covered_weight == pytest.approx(asked.weights[covered].sum())
        and 0 <= found.bound <= found.cost
    )


@settings(max_examples=300, deadline=None)
@given(problems())
def test_minimum_is_what_trying_every_subset_finds(asked: CoverProblem) -> None:
    sizes, costs, _, met = every(asked)
    found = minimum(asked)
    assert consistent(asked, found) and found.proven
    assert asked.met(asked.covered_by(found.chosen))
    assert found.cost == near(costs[met].min())
    assert len(found.chosen) == sizes[met & (costs <= costs[met].min() * (1 + 1e-9))].min()


@settings(max_examples=100, deadline=None)
@given(problems(most=9, setups=8))
def test_minimum_with_more_setups_than_are_tried_one_by_one(asked: CoverProblem) -> None:
    _, costs, _, met = every(asked)
    found = minimum(asked)
    assert found.proven and found.cost == near(costs[met].min())


@settings(max_examples=300, deadline=None)
@given(problems())
def test_greedy_meets_the_target_without_anything_redundant_and_its_bound_holds(asked: CoverProblem) -> None:
    found = greedy(asked)
    _, costs, _, met = every(asked)
    assert consistent(asked, found) and asked.met(asked.covered_by(found.chosen))
    assert found.cost >= costs[met].min() * (1 - 1e-9)
    assert simple_bound(asked) <= costs[met].min() * (1 + 1e-9)
    for row in found.chosen:
        assert not asked.met(asked.covered_by(set(found.chosen) - {row}))


@settings(max_examples=100, deadline=None)
@given(problems(), st.randoms(use_true_random=False))
def test_order_of_candidates_and_defects_does_not_change_the_cost(asked: CoverProblem, shuffle: Random) -> None:
    rows, columns = list(range(len(asked.costs))), list(range(len(asked.weights)))
    shuffle.shuffle(rows)
    shuffle.shuffle(columns)
    other = replace(
        asked,
        covers=asked.covers[rows][:, columns],
        costs=asked.costs[rows],
        setups=asked.setups[rows],
        weights=asked.weights[columns],
    )
    one, two = minimum(asked), minimum(other)
    assert one.cost == near(two.cost) and len(one.chosen) == len(two.chosen)


@settings(max_examples=100, deadline=None)
@given(problems(), st.data())
def test_a_candidate_that_is_worse_than_another_changes_nothing(asked: CoverProblem, data: st.DataObject) -> None:
    better = data.draw(st.integers(0, len(asked.costs) - 1))
    fewer = (
        asked.covers[better]
        & np.array(data.draw(st.lists(st.booleans(), min_size=8, max_size=8)))[: len(asked.weights)]
    )
    other = replace(
        asked,
        covers=np.vstack([asked.covers, fewer]),
        costs=np.append(asked.costs, asked.costs[better] * data.draw(st.sampled_from([1.0, 1.5]))),
        setups=np.append(asked.setups, asked.setups[better]),
    )
    assert minimum(other) == minimum(asked)


@settings(max_examples=100, deadline=None)
@given(problems(most=8))
def test_pareto_is_what_trying_every_subset_finds(asked: CoverProblem) -> None:
    found = pareto(asked, points=1000)
    assert all(consistent(asked, one) and one.proven for one in found)
    assert [one.cost for one in found] == near([cost for cost, _ in curve(asked)])
    assert [one.covered_weight for one in found] == near([weight for _, weight in curve(asked)])


def larger(seed: int = 3, target: float = 1.0) -> CoverProblem:
    generator = np.random.default_rng(seed)
    return CoverProblem(
        generator.random((40, 60)) < 0.12,
        generator.uniform(1e-6, 3e-6, 40),
        generator.random(60),
        generator.integers(-1, 3, 40),
        np.full(3, 2e-6),
        target,
    )


@pytest.mark.parametrize("target", [1.0, 0.9])
def test_a_larger_problem_is_proven_and_comes_out_the_same_again(target: float) -> None:
    asked = larger(target=target)
    told: list[Selection] = []
    found = minimum(asked, on_progress=told.append)
    assert found.proven and found == minimum(asked) == told[-1]
    assert found.cost < greedy(asked).cost == told[0].cost
    costs, bounds = [one.cost for one in told], [one.bound for one in told]
    assert costs == sorted(costs, reverse=True) and bounds == sorted(bounds)


def test_without_time_there_is_a_cover_and_its_bound_holds() -> None:
    asked = larger()
    found, best = minimum(asked, time_limit_s=0), minimum(asked)
    assert asked.met(asked.covered_by(found.chosen))
    assert 0 < found.bound <= best.cost <= found.cost <= greedy(asked).cost
    assert not found.proven and found.gap == pytest.approx(1 - found.bound / found.cost)


def test_greedy_can_be_too_dear() -> None:
    asked = problem(["xxxxxxx.......", ".......xxxxxxx", "xxxx...xxxx...", "....xx.....xx.", "......x......x"], [1] * 5)
    assert greedy(asked).chosen == (2, 3, 4)
    assert minimum(asked).chosen == (0, 1)
    # Each defect is worth what the best buy of it costs.
    assert greedy(asked).bound == pytest.approx(8 / 8 + 6 / 7)


def test_greedy_drops_what_later_vectors_make_redundant() -> None:
    # The middle one comes first, then each side needs one of its own.
    asked = problem(["xxx...", "...xxx", ".xxxx."], [3, 3, 3.5])
    assert greedy(asked).chosen == minimum(asked).chosen == (0, 1)


def test_fewer_vectors_at_the_same_cost() -> None:
    found = minimum(problem(["xx..", "..xx", "xxxx"], [1, 1, 2]))
    assert (found.chosen, found.cost, found.bound) == ((2,), 2, 2)


def test_lower_indices_at_the_same_cost() -> None:
    assert minimum(problem(["xx", "xx", "xx"], [1, 1, 1])).chosen == (0,)
    assert minimum(problem(["x.x.", ".x.x", "xx..", "..xx"], [1, 1, 1, 1])).chosen == (0, 1)


def test_a_weight_that_is_just_too_little_is_too_little() -> None:
    # By less than what HiGHS takes for whole is off.
    weights = [0.7, 0.7 + 7e-7, 0.1**0.5]
    asked = problem(["x..", ".x.", "..x"], [1, 2, 2**0.5 * 7], weights, target=(0.7 + 5e-7) / sum(weights))
    assert minimum(asked).chosen == (1,)
    assert [one.chosen for one in pareto(asked)] == [(0,), (1,)]


def test_a_setup_is_paid_once() -> None:
    # A lone vector is dearer than one of the set-up, but two of them are worth it.
    rows = ["x.", ".x", "x.", ".x"]
    one = minimum(problem(rows, [1, 1, 3, 3], setups=[0, 0, -1, -1], setup_costs=(3,)))
    two = minimum(problem(rows, [1, 1, 3, 3], setups=[0, 1, -1, -1], setup_costs=(3, 3)))
    assert (one.chosen, one.cost) == ((0, 1), 5)
    assert (two.chosen, two.cost) == ((2, 3), 6)


def test_what_nothing_covers_is_not_asked_for() -> None:
    asked = problem(["x..", "..x"], [1, 2], weights=[1, 5, 1])
    assert asked.uncoverable == (1,)
    assert asked.coverable_weight == 2
    assert minimum(asked).covered == (0, 2)


def test_defects_without_weight_are_asked_for_only_by_a_target_of_1() -> None:
    asked = problem(["x.", ".x"], [1, 1], weights=[1, 0])
    assert minimum(asked).chosen == greedy(asked).chosen == (0, 1)
    assert minimum(replace(asked, target=0.999)).chosen == greedy(replace(asked, target=0.999)).chosen == (0,)
    assert [one.chosen for one in pareto(asked)] == [(0,), (0, 1)]


@pytest.mark.parametrize("rows", [[], ["..."], [""]])
def test_nothing_to_cover(rows: list[str]) -> None:
    asked = problem(rows, [1.0] * len(rows))
    for target in (1.0, 0.5):
        for found in (minimum(replace(asked, target=target)), greedy(replace(asked, target=target))):
            assert (found.chosen, found.cost, found.gap, found.proven) == ((), 0, 0, True)
        assert pareto(replace(asked, target=target)) == []


def test_pareto_keeps_to_the_points_asked_for_and_both_ends() -> None:
    asked = problem(["x....", ".x...", "..x..", "...x.", "....x"], [1, 2, 3, 4, 5])
    whole, some = pareto(asked), pareto(asked, points=3)
    assert [one.cost for one in whole] == [1, 3, 6, 10, 15]
    assert [one.cost for one in some] == [1, 6, 15]


def test_pareto_finds_what_lies_off_the_middle() -> None:
    asked = problem(["x..", ".x.", "..x"], [1, 2, 3], weights=[1, 2, 10])
    expected = [(1, 1), (2, 2), (3, 10), (4, 11), (5, 12), (6, 13)]
    assert [(one.cost, one.covered_weight) for one in pareto(asked)] == expected


def test_pareto_takes_the_heavier_of_costs_that_differ_by_rounding_only() -> None:
    asked = problem(["x..", ".xx"], [0.3, 0.1], setups=[-1, 0], setup_costs=(0.2,))
    assert [one.chosen for one in pareto(asked)] == [(1,), (0, 1)]


def test_pareto_of_nothing_of_weight() -> None:
    asked = problem(["x.", ".x"], [1, 1], weights=[0, 0])
    assert [one.chosen for one in pareto(asked)] == [(0, 1)]
    assert pareto(replace(asked, target=0.5)) == []


def test_pareto_without_time_says_that_nothing_is_certain() -> None:
    found = pareto(larger(), time_limit_s=0)
    assert found[-1].covered == minimum(larger()).covered and not found[-1].proven


def test_pareto_needs_three_points() -> None:
    with pytest.raises(ValueError, match="points has to be at least 3"):
        pareto(problem(["x"], [1]), points=2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"covers": np.ones((2, 3))}, "covers has to be a matrix of bool"),
        ({"covers": np.ones(3, dtype=bool)}, "covers has to be a matrix of bool"),
        ({"costs": np.ones(3)}, "costs has 3 entries where covers has 2"),
        ({"costs": np.array([1.0, 0.0])}, "costs have to be above 0"),
        ({"costs": np.array([1.0, np.nan])}, "costs has to be finite and not negative"),
        ({"costs": np.array([1, 2])}, "costs has to be a vector of float"),
        ({"weights": np.ones(2)}, "weights has 2 entries where covers has 3"),
        ({"weights": np.array([1.0, -1.0, 0.0])}, "weights has to be finite and not negative"),
        ({"setups": np.array([0, 1])}, "setups has to be from -1 to 0"),
        ({"setups": np.array([-2, 0])}, "setups has to be from -1 to 0"),
        ({"setups": np.array([0.0, 0.0])}, "setups has to be 2 integers"),
        ({"setup_costs": np.array([-1.0])}, "setup_costs has to be finite and not negative"),
        ({"target": 1.1}, "target has to be from 0 to 1"),
        ({"target": float("nan")}, "target has to be from 0 to 1"),
    ],
)
def test_what_is_no_problem_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(problem(["x..", ".xx"], [1, 1], setups=[0, -1], setup_costs=(1,)), **change)


def test_what_a_library_prints_below_python_does_not_reach_stdout(capfd: pytest.CaptureFixture[str]) -> None:
    with silenced():
        os.write(1, b"noise of a solver\n")
    os.write(1, b"data\n")
    assert capfd.readouterr().out == "data\n"
