"""Which vectors tell defects apart that a set does not."""

from __future__ import annotations

from dataclasses import replace

from faultsim.campaigns import spec
from faultsim.campaigns.grid import Grid
from faultsim.campaigns.limits import Range
from faultsim.campaigns.plan import make_plan
from faultsim.circuits.bench import nominal
from faultsim.circuits.stimulus import Stimulus
from faultsim.vectors.candidate import SPIKE, Candidate
from faultsim.vectors.check import Check
from faultsim.vectors.curves import Curves
from faultsim.vectors.matrix import Matrix, Seen
from faultsim.vectors.separation import Separation

PLAN = make_plan(*spec.load("lats2024"))
CIRCUIT = PLAN.network
DEFECTS = PLAN.simulated[:4]
GRID = Grid(10, 1e9, 1.1)
LAST = len(GRID) - 1
NO_CURVES = Curves({}, {})


def check(name: str, observable: str = SPIKE) -> Check:
    candidate = Candidate(name, Stimulus("1111", CIRCUIT.sidecar.stimulus), nominal(CIRCUIT), observable)
    return Check(candidate, Range(1, 3), Range(1, 3), 1e-4 if observable != SPIKE else 3)


def matrix(table: dict[str, list[int | None]], observable: str = SPIKE) -> Matrix:
    """Return a matrix: check -> for each defect from where on it is seen."""
    found = Matrix(
        [check(name, observable) for name in table],
        DEFECTS,
        {defect.id: GRID for defect in DEFECTS},
        {defect.id: 50 for defect in DEFECTS},
    )
    for name, firsts in table.items():
        for defect, first in zip(DEFECTS, firsts, strict=True):
            found.put(check(name, observable), defect, Seen(first))
    return found


def asked(found: Matrix, chosen: list[str], most: int = 10, curves: Curves = NO_CURVES) -> list[str]:
    separation = Separation(found, curves, (0.02, 1e-9))
    return [one.id for one in separation.more([one for one in found.checks if one.id in chosen], most)]


def test_the_vector_that_tells_most_comes_first_and_nothing_is_asked_for_twice() -> None:
    found = matrix(
        {
            "all": [0, 0, 0, 0],
            "one": [0, None, None, None],
            "two": [0, 0, None, None],
            "other two": [0, None, 0, None],
            "same two": [0, 0, None, None],
        }
    )
    assert asked(found, ["all"]) == ["two", "other two"]
    assert asked(found, ["all", "two"]) == ["other two"]
    assert asked(found, ["all", "two", "other two"]) == []
    assert asked(found, ["all"], most=1) == ["two"]


def test_what_is_not_known_tells_nothing_apart() -> None:
    found = matrix({"all": [0, 0, 0, 0], "two": [0, 0, None, None]})
    for defect in DEFECTS[:2]:
        # Seen at the severest, and of all below nothing is known.
        found.put(check("two"), defect, Seen(LAST, passes=-1))
    separation = Separation(found, NO_CURVES, (0.0, 0.0))
    assert [one.id for one in separation.more([found.checks[0]], 5)] == ["two"]
    for defect in DEFECTS[2:]:
        found.put(check("two"), defect, Seen(LAST, passes=-1))
    assert asked(found, ["all"]) == []


def test_defects_that_nothing_sees_are_not_told_apart() -> None:
    found = matrix({"all": [0, 0, None, None], "two": [0, 0, 0, None]})
    found.demanded[DEFECTS[2].id] = -1
    assert asked(found, ["all"]) == []


def test_measured_values_tell_apart_what_fails_alike() -> None:
    found = matrix({"all": [0, 0, 0, 0], "measured": [0, 0, 0, 0]}, "im_wr_a")
    severities = {defect.id: (GRID[0], GRID[LAST]) for defect in DEFECTS}
    levels = [0.2, 0.4, 0.6, 0.8]
    vdd_v = nominal(CIRCUIT).vdd_v
    shares = {("1111", vdd_v, defect.id): (level, level) for defect, level in zip(DEFECTS, levels, strict=True)}
    assert asked(found, [], curves=Curves(severities, shares)) == ["all"]
    near = {key: tuple(1 - 0.01 * share for share in pair) for key, pair in shares.items()}
    assert asked(found, [], curves=Curves(severities, near)) == []
    written = replace(found.checks[0].candidate.stimulus, program="0---")
    found.checks = [replace(one, candidate=replace(one.candidate, stimulus=written)) for one in found.checks]
    # What writing leaves behind no sweep knows.
    assert asked(found, [], curves=Curves(severities, shares)) == []
