"""How responses are followed over severities: what changes is found, and brackets hold for all that was seen."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from faultsim.campaigns.grid import Grid
from faultsim.campaigns.limits import Range
from faultsim.campaigns.search import Verdict
from faultsim.circuits import network
from faultsim.circuits.bench import nominal
from faultsim.circuits.stimulus import Stimulus
from faultsim.spice.job import Outcome, Status
from faultsim.vectors.candidate import SPIKE, Candidate
from faultsim.vectors.check import Check
from faultsim.vectors.matrix import Seen
from faultsim.vectors.probe import Certificate
from faultsim.vectors.scan import Scan
from faultsim.vectors.tester import load_tester

CIRCUIT = network.load("crossbar4")
BENCH = load_tester("bench")
GRID = Grid(10, 1e9, 1.1)
LAST = len(GRID) - 1
CHECK = Check(
    Candidate("it", Stimulus("1111", CIRCUIT.sidecar.stimulus), nominal(CIRCUIT), SPIKE), *[Range(1, 3)] * 2, 3
)


@dataclass
class Shown:
    """A probe of a circuit of which everything is known: the pulse that it spikes on at each place."""

    pulses: list[int]
    grid: Grid = GRID
    check: Check = CHECK
    looks: set[int] = field(default_factory=set)

    def outcome(self, place: int) -> Outcome:
        self.looks.add(place)
        return Outcome(Status.OK, {SPIKE: self.pulses[place] or None})

    def verdict(self, place: int) -> Verdict:
        value = self.outcome(place).values[SPIKE]
        return Verdict.PASS if CHECK.limits.passes(CHECK.expected, value) else Verdict.FAIL


def scanned(shown: Shown, start: int, known: list[int], parts: int = 2) -> Scan:
    scan = Scan(shown, start, BENCH, [(GRID[place], shown.pulses[place] or None) for place in known])  # type: ignore[arg-type]
    scan.follow(parts)
    return scan


steps = st.lists(st.integers(20, LAST), min_size=1, max_size=3, unique=True).map(sorted)


@given(steps, st.integers(0, 20))
def test_neighbours_that_differ_are_near_each_other_and_nothing_is_looked_at_in_vain(
    ends: list[int], start: int
) -> None:
    pulses = [3 + sum(place >= end for end in ends) for place in range(LAST + 1)]
    shown = Shown(pulses)
    values = scanned(shown, start, []).values
    places = [round(GRID.place(severity)) for severity, _ in values]
    assert places == sorted(set(places))
    assert {start, LAST} <= set(places)
    for low, high in pairwise(places):
        # A tenth of a decade is two and a half steps of ten per cent.
        assert pulses[low] == pulses[high] or high - low <= 3
    assert len(shown.looks) <= 3 + 8 * len(ends)


@given(st.integers(30, 60), st.integers(70, 100))
def test_a_bracket_that_a_later_pass_contradicts_moves_behind_it(first: int, back: int) -> None:
    pulses = [3] * first + [5] * (back - first) + [3] * 10 + [5] * (LAST + 1 - back - 10)
    shown = Shown(pulses)
    before = Certificate(Seen(first, certified=True, passes=first - 1), GRID[first - 1], GRID[first], ())
    scan = scanned(shown, first, [first - 1, first, LAST])
    scan.at(back + 5)
    after = scan.mended(before)
    assert (after.seen.first, after.seen.last_pass, after.seen.first_fail) == (back + 10, back + 9, back + 10)
    assert (after.passes_at, after.fails_at) == (GRID[back + 9], GRID[back + 10])


def test_a_bracket_that_nothing_contradicts_stays() -> None:
    shown = Shown([3] * 50 + [5] * (LAST - 49))
    before = Certificate(Seen(50, certified=True, passes=49), GRID[49], GRID[50], ())
    assert scanned(shown, 50, [49, 50, LAST]).mended(before) is before
    unseen = Certificate(Seen(None, certified=True))
    assert scanned(shown, 50, [LAST]).mended(unseen) is unseen


def test_a_bracket_that_is_contradicted_and_not_found_anew_is_given_up() -> None:
    class Failing(Shown):
        def verdict(self, place: int) -> Verdict:
            return Verdict.UNKNOWN if 91 < place < 99 else super().verdict(place)

    shown = Failing([3] * 40 + [5] * 40 + [3] * 15 + [5] * (LAST - 94))
    scan = scanned(shown, 40, [39, 40, LAST])
    scan.at(90)
    after = scan.mended(Certificate(Seen(40, certified=True, passes=39), GRID[39], GRID[40], ()))
    assert after.seen.first is None
    assert "failed" in after.seen.reason


def test_what_cannot_be_simulated_is_left_out() -> None:
    class Failing(Shown):
        def outcome(self, place: int) -> Outcome:
            return super().outcome(place) if place == LAST else Outcome(Status.TIMEOUT)

    assert scanned(Failing([3] * (LAST + 1)), 10, []).values == ((GRID[LAST], 3),)
