"""Which defects explain responses: thresholds, measured values, pulses, and what would tell defects apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultsim.campaigns.grid import Grid
from faultsim.vectors.diagnosis import explain, suggest
from faultsim.vectors.dictionary import Dictionary, Entry, Measured, Suspect, width_of
from faultsim.vectors.lot import TestResult

GRID = Grid(10, 1e9, 1.1)
LAST = len(GRID) - 1
NONE = np.zeros(0)


def from_place(place: float | None, odd: float = 1e-3) -> Entry:
    """Return what a vector shows that fails from a place on, or never."""
    fails = np.inf if place is None else place - 0.5
    return Entry(fails, fails, width_of(GRID, True), odd, NONE, NONE)


def suspect(name: str, weight: float = 1.0, **entries: Entry) -> Suspect:
    return Suspect(name, "ohm", GRID, weight, entries)


def passed(name: str) -> TestResult:
    return TestResult(1, name, True)


def failed(name: str, pulse: int | None = None) -> TestResult:
    return TestResult(1, name, False, spike_pulse=pulse)


def dictionary(*suspects: Suspect, measured: dict[str, Measured] | None = None) -> Dictionary:
    names = {name for one in suspects for name in one.entries}
    return Dictionary(list(suspects), measured or {}, dict.fromkeys(sorted(names), 1e-6))


@given(st.integers(20, 60), st.integers(80, 140), st.integers(0, LAST))
def test_the_range_of_a_severity_is_between_a_vector_that_passes_and_one_that_fails(
    low: int, high: int, place: int
) -> None:
    it = suspect("it", a=from_place(low), b=from_place(high))
    results = [failed(name) if place >= first else passed(name) for name, first in (("a", low), ("b", high))]
    [found] = explain(dictionary(it), results)
    ends = [0 if place < low else low if place < high else high, low if place < low else high if place < high else LAST]
    # A threshold is a few hundredths of a decade wide.
    assert GRID[max(ends[0] - 3, 0)] <= found.low <= GRID[min(ends[0] + 2, LAST)]
    assert GRID[max(ends[1] - 3, 0)] <= found.high <= GRID[min(ends[1] + 2, LAST)]
    assert found.low <= GRID[place] * 1.2 and GRID[place] / 1.2 <= found.high
    assert found.in_group


def test_a_defect_that_cannot_have_done_it_comes_last_and_likelier_ones_first() -> None:
    defects = [
        suspect("both", 1.0, a=from_place(50), b=from_place(30)),
        suspect("a alone", 1.0, a=from_place(50), b=from_place(None)),
        suspect("a alone, likelier", 3.0, a=from_place(60), b=from_place(None)),
        suspect("never", 9.0, a=from_place(None), b=from_place(None)),
    ]
    found = explain(dictionary(*defects), [failed("a"), passed("b")])
    assert [one.suspect.id for one in found][:2] == ["a alone, likelier", "a alone"]
    assert {one.suspect.id for one in found if one.in_group} == {"a alone, likelier", "a alone"}


def test_between_what_passes_and_what_fails_nothing_is_known() -> None:
    gap = Entry(20.5, 119.5, width_of(GRID, True), 1e-3, NONE, NONE)
    places = np.array([0.0, 70.0, float(LAST)])
    assert gap.fails(places) == pytest.approx([1e-3, 0.5, 1 - 1e-3], abs=1e-3)


def test_a_measured_value_says_how_severe_a_defect_is() -> None:
    places = np.arange(0.0, LAST + 1, 4.0)
    values = 1e-4 / (1 + 10 ** ((places - 100) / 25))
    it = suspect("it", a=Entry(np.inf, np.inf, 1.0, 1e-2, places, values))
    for place in (90, 100, 140):
        value = float(np.interp(place, places, values))
        result = TestResult(1, "a", None, value, 0.9e-4, 1.1e-4, "A")
        [found] = explain(dictionary(it, measured={"a": Measured(0.02, 1e-9)}), [result])
        assert found.low <= GRID[place] <= found.high
        assert found.high / found.low < 10


def test_between_two_transients_a_value_may_be_any_between_theirs() -> None:
    entry = Entry(0, 0, 1.0, 1e-3, np.array([10.0, 90.0]), np.array([5.0, 1.0]))
    low, high = entry.measures(np.array([0.0, 10.0, 50.0, 90.0, 100.0]))
    assert low.tolist() == [5.0, 5.0, 1.0, 1.0, 1.0]
    assert high.tolist() == [5.0, 5.0, 5.0, 5.0, 1.0]


def test_the_pulse_of_a_spike_tells_too_early_from_never() -> None:
    def spiking(pulse: int) -> Entry:
        return Entry(49.5, 49.5, width_of(GRID, True), 1e-3, NONE, NONE, ((50.0, pulse), (float(LAST), pulse)))

    known = dictionary(suspect("early", a=spiking(1)), suspect("never", a=spiking(0)))
    assert [one.suspect.id for one in explain(known, [failed("a", 1)])] == ["early", "never"]
    assert [one.suspect.id for one in explain(known, [failed("a", 0)])] == ["never", "early"]
    alike = explain(known, [failed("a")])
    assert alike[0].likelihood == alike[1].likelihood


def test_the_vector_that_halves_a_group_is_suggested_and_what_tells_nothing_is_not() -> None:
    defects = [
        suspect(f"d{k}", a=from_place(0), halves=from_place(0 if k < 2 else None), one=from_place(0 if k else None))
        for k in range(4)
    ]
    known = dictionary(*defects)
    group = explain(known, [failed("a")])
    suggested = suggest(known, group, ["a"])
    assert [one.vector for one in suggested] == ["halves", "one"]
    assert suggested[0].bits == pytest.approx(1.0, abs=0.05)
    after = [one for one in explain(known, [failed("a"), failed("halves")]) if one.in_group]
    assert {one.suspect.id for one in after} == {"d0", "d1"}
    assert [one.vector for one in suggest(known, after, ["a", "halves"])] == ["one"]


def test_a_vector_that_takes_longer_has_to_tell_more() -> None:
    defects = [
        suspect(f"d{k}", halves=from_place(0 if k < 2 else None), one=from_place(0 if k else None)) for k in range(4)
    ]
    known = Dictionary(defects, {}, {"halves": 1e-3, "one": 1e-6})
    assert [one.vector for one in suggest(known, explain(known, []), [])] == ["one", "halves"]


def test_responses_to_unknown_vectors_and_none_at_all_say_nothing() -> None:
    known = dictionary(suspect("it", a=from_place(5)), suspect("other", a=from_place(9)))
    for results in ([], [failed("unknown")], [TestResult(1, "a", None)]):
        assert {one.likelihood for one in explain(known, results)} == {1.0}
