"""Which defects explain responses: thresholds, measured values, pulses, and what would tell defects apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultsim.campaigns.grid import Grid
from faultsim.vectors.diagnosis import explain
from faultsim.vectors.dictionary import Change, Dictionary, Entry, Floats, Measured, Suspect, changes_of, width_of
from faultsim.vectors.lot import TestResult
from faultsim.vectors.readings import Readings
from faultsim.vectors.suggestion import suggest

GRID = Grid(10, 1e9, 1.1)
LAST = len(GRID) - 1
NONE = np.zeros(0)


def from_place(place: float | None, odd: float = 1e-3) -> Entry:
    """Return what a vector shows that fails from a place on, or never."""
    changes = () if place is None else (Change(place - 1, place),)
    return Entry(changes, width_of(GRID, True), odd, NONE, NONE)


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


def test_a_verdict_that_changes_back_is_known_as_such() -> None:
    changes = changes_of([(20.0, False), (30.0, True), (40.0, True), (60.0, False)])
    assert changes == (Change(20.0, 30.0), Change(40.0, 60.0, fails=False))
    there = Entry(changes, width_of(GRID, True), 1e-3, NONE, NONE)
    places = np.array([0.0, 35.0, 50.0, float(LAST)])
    assert there.fails(places) == pytest.approx([1e-3, 1 - 1e-3, 0.5, 1e-3], abs=1e-3)
    assert changes_of([(0.0, True)]) == (Change(-1.0, 0.0),)


def test_between_what_passes_and_what_fails_nothing_is_known() -> None:
    gap = Entry((Change(20, 120),), width_of(GRID, True), 1e-3, NONE, NONE)
    places = np.array([0.0, 70.0, float(LAST)])
    assert gap.fails(places) == pytest.approx([1e-3, 0.5, 1 - 1e-3], abs=1e-3)


def measuring(ends: float, rough: float = 0.05) -> tuple[Entry, Floats]:
    """Return what a vector measures whose current falls from 100 uA to a share of it, and that at each place."""
    points = np.arange(-1.0, LAST + 5, 4.0)
    values = 1e-4 * (ends + (1 - ends) / (1 + 10 ** ((points - 100) / 25)))
    entry = Entry((), 1.0, 1e-2, points, values, rough=rough)
    return entry, entry.measures(np.arange(LAST + 1.0))[0]


def reading(name: str, value: float) -> TestResult:
    return TestResult(1, name, None, value, 0.9e-4, 1.1e-4, "A")


def test_a_measured_value_says_how_severe_a_defect_is() -> None:
    entry, values = measuring(0.0)
    known = dictionary(suspect("it", a=entry), measured={"a": Measured(0.02, 1e-9, 1e-4, {})})
    for place in (90, 100, 140):
        [found] = explain(known, [reading("a", float(values[place]))])
        assert found.low <= GRID[place] <= found.high
        assert found.high / found.low < 10


@given(st.floats(-2.5, 2.5), st.integers(60, 120))
def test_what_moves_all_currents_of_a_part_says_nothing_about_a_defect(drift: float, place: int) -> None:
    one, other = (suspect(name, a=measuring(a)[0], b=measuring(b)[0]) for name, a, b in (("a", 0, 1), ("both", 0, 0)))
    moving = {"wafer": 0.03}
    known = dictionary(one, other, measured={name: Measured(0.003, 1e-9, 1e-4, moving) for name in "ab"})
    # A wafer that is off by a few deviations: a current that the defect does not touch shows by how much.
    factor = 1 + 0.03 * drift
    shown = {"a": measuring(0)[1][place] * factor, "b": 1e-4 * factor}
    found = {one.suspect.id: one for one in explain(known, [reading(*pair) for pair in shown.items()])}
    assert found["a"].in_group
    assert found["a"].low <= GRID[place] <= found["a"].high
    # Where nothing is known to move both, the current that the defect leaves alone speaks against it.
    alone = dictionary(one, other, measured={name: Measured(0.003, 1e-9, 1e-4, {}) for name in "ab"})
    assert abs(drift) < 0.5 or Readings.of(alone, shown).logs(one).max() < -9


def test_readings_are_as_far_from_a_defect_as_the_covariance_says() -> None:
    """The identity that keeps the covariance small, against the covariance itself."""
    entries = {name: measuring(ends)[0] for name, ends in (("a", 0.0), ("b", 0.3), ("c", 0.8))}
    it = suspect("it", **entries)
    drifts = [{"wafer": 0.03, "metal": 0.01}, {"wafer": 0.028}, {"metal": -0.02, "level": 0.004}]
    measured = {name: Measured(0.003, 1e-9, 1e-4, own) for name, own in zip("abc", drifts, strict=True)}
    values = np.array([0.9e-4, 0.97e-4, 1.01e-4])
    found = Readings.of(dictionary(it, measured=measured), dict(zip("abc", values.tolist(), strict=True))).logs(it)
    names = ("wafer", "metal", "level")
    table = np.array([[own.get(name, 0.0) for name in names] for own in drifts])
    for place in (0, 60, 100, 150):
        shown, off = np.array([[ends[place] for ends in it.curve(name)] for name in "abc"]).T
        own = 0.5 * np.minimum(np.abs(shown / 1e-4 - 1), 1) * np.linalg.norm(table, axis=1)
        alone = (0.003**2 + own**2) * shown**2 + 1e-18 + off**2
        covariance = (shown[:, None] * table) @ (shown[:, None] * table).T + np.diag(alone)
        ways = [half_square(values - shown, covariance)]
        for left in range(3):
            # One reading may be anything, at a price.
            kept = [number for number in range(3) if number != left]
            ways.append(half_square((values - shown)[kept], covariance[np.ix_(kept, kept)]) + 9)
        assert found[place] == pytest.approx(-min(*ways, 27), rel=1e-3)


def half_square(rests: Floats, covariance: Floats) -> float:
    return float(rests @ np.linalg.solve(covariance, rests)) / 2


def test_one_reading_that_is_wrong_does_not_decide() -> None:
    entries = {name: measuring(ends)[0] for name, ends in (("a", 0.0), ("b", 0.3), ("c", 0.8), ("d", 1.0))}
    it, other = suspect("it", **entries), suspect("other", **dict(zip("abcd", [*entries.values()][::-1], strict=True)))
    known = dictionary(it, other, measured={name: Measured(0.003, 1e-9, 1e-4, {}) for name in "abcd"})
    shown = {name: float(it.curve(name)[0][110]) for name in "abcd"}
    for name in "abcd":
        [best, *_] = explain(known, [reading(*pair) for pair in (shown | {name: 3e-4}).items()])
        assert best.suspect.id == "it"
        assert best.low <= GRID[110] <= best.high


def test_a_suspect_of_which_no_value_is_known_is_judged_by_the_verdict() -> None:
    it, unknown = suspect("it", a=measuring(0.0)[0]), suspect("unknown", a=from_place(None))
    known = dictionary(it, unknown, measured={"a": Measured(0.003, 1e-9, 1e-4, {})})
    value = float(it.curve("a")[0][110])
    found = explain(known, [replace(reading("a", value), passed=False)])
    assert [one.suspect.id for one in found] == ["it", "unknown"]
    assert found[1].likelihood == pytest.approx(1e-3, rel=0.1)


def test_between_two_transients_a_value_may_be_off_where_writing_succeeds_or_fails() -> None:
    entry = Entry((), 1.0, 1e-3, np.array([10.0, 90.0]), np.array([5.0, 1.0]), rough=0.5)
    values, off = entry.measures(np.arange(101.0))
    assert values[[0, 10, 90, 100]].tolist() == [5.0, 5.0, 1.0, 1.0]
    assert off[50] == pytest.approx(2.0, rel=0.01)
    assert off[[0, 100]].tolist() == [0.0, 0.0]
    assert np.all(np.diff(values) <= 0)


def test_the_pulse_of_a_spike_tells_too_early_from_never() -> None:
    def spiking(pulse: int) -> Entry:
        return Entry((Change(49, 50),), width_of(GRID, True), 1e-3, NONE, NONE, ((50.0, pulse), (float(LAST), pulse)))

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


def test_values_that_are_nearly_equal_tell_nothing() -> None:
    entry, _ = measuring(0.0)
    near = Entry((), 1.0, 1e-2, entry.places, entry.values * (1 + 1e-7), rough=0.05)
    far = Entry((), 1.0, 1e-2, entry.places, entry.values * 1.5, rough=0.05)
    for other, bits in ((near, 0.0), (far, 1.0)):
        known = dictionary(suspect("it", a=entry), suspect("other", a=other))
        known = Dictionary(known.suspects, {"a": Measured(0.003, 1e-9, 1e-4, {})}, known.times_s)
        # Both are known to be of one severity.
        group = [replace(one, posterior=np.eye(LAST + 1)[60]) for one in explain(known, [])]
        assert sum(one.bits for one in suggest(known, group, [])) == pytest.approx(bits, abs=0.01)


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
