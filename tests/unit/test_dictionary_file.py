"""What dictionary.json says of verdicts: what brackets certify, what transients show, what neither does."""

from __future__ import annotations

import numpy as np
import pytest

from faultsim.campaigns.grid import Grid
from faultsim.vectors import dictionary_file
from faultsim.vectors.diagnosis import explain
from faultsim.vectors.dictionary import CERTIFIED, Entry
from faultsim.vectors.dictionary_file import (
    DictionaryRecord,
    Response,
    SeenRecord,
    SuspectRecord,
    dictionary_of,
)
from faultsim.vectors.lot import TestResult

GRID = Grid(10, 1e9, 1.01)
DOUBT = 0.05


def record(measures: bool, seen: SeenRecord, responses: list[Response]) -> DictionaryRecord:
    own = SuspectRecord(
        low=GRID.low, high=GRID.high, ratio=GRID.ratio, falling=False, unit="ohm", weight=1.0, same_as=[], swept=[]
    )
    test = dictionary_file.TestRecord(
        test="a",
        vector="v001",
        time_s=1e-6,
        expected=27e-6 if measures else 2.0,
        measures=measures,
        written=measures,
        curve="",
        relative=0.003,
        absolute=1e-8,
        drifts={},
        seen={"it": seen},
        responses={"it": responses},
    )
    return DictionaryRecord(format=2, suspects={"it": own}, curves={}, tests=[test])


def entry(measures: bool, seen: SeenRecord, responses: list[Response]) -> Entry:
    [suspect] = dictionary_of(record(measures, seen, responses)).suspects
    return suspect.entries["v001"]


def fails(found: Entry, *severities: float) -> list[float]:
    return found.fails(np.array([GRID.place(severity) for severity in severities])).tolist()


def near(place: int) -> float:
    return GRID[place]


BRACKET = (near(480), near(481), True)
# A measurement next to its limits: the tester's errors decide, so that the bracket's milder side is not known.
UNSURE: list[Response] = [(near(477), 25.97e-6, None), (near(480), 25.93e-6, None)]
FAILING: list[Response] = [(near(481), 25.91e-6, True), (near(700), 20e-6, True), (1e9, 1e-9, True)]


def test_what_is_milder_than_a_bracket_by_more_than_the_testers_errors_passes() -> None:
    found = entry(True, BRACKET, [*UNSURE, *FAILING])
    mild = near(477) / 10 ** (2 * DOUBT)
    assert fails(found, 10, 100, mild) == pytest.approx([CERTIFIED] * 3, abs=1e-3)
    assert fails(found, near(481) * 1.02, 1e9) == pytest.approx([1 - CERTIFIED] * 2, abs=1e-3)
    assert fails(found, near(478)) == pytest.approx([0.5], abs=0.01)


def test_a_verdict_alone_says_that_a_defect_is_severer_than_the_bracket() -> None:
    known = dictionary_of(record(True, BRACKET, [*UNSURE, *FAILING]))
    [failing] = explain(known, [TestResult(1, "v001", False)])
    assert near(477) / 10 ** (2 * DOUBT) < failing.low < near(481)
    assert failing.high == 1e9
    [passing] = explain(known, [TestResult(1, "v001", True)])
    assert passing.low == 10
    assert passing.high <= near(482)


def test_the_bracket_itself_is_enough_where_nothing_milder_was_kept() -> None:
    assert fails(entry(True, BRACKET, FAILING), near(480) / 10 ** (2 * DOUBT))[0] == pytest.approx(CERTIFIED, abs=1e-3)


def test_what_was_seen_to_fail_below_a_bracket_fails_there() -> None:
    pocket: list[Response] = [(near(300), 20e-6, True), (near(320), 27e-6, False), *UNSURE, *FAILING]
    found = entry(True, BRACKET, pocket)
    assert fails(found, near(300), near(330)) == pytest.approx([1 - CERTIFIED, CERTIFIED], abs=0.05)
    # What is milder than that nobody knows.
    assert fails(found, near(150)) == pytest.approx([0.5], abs=0.01)


def test_what_is_milder_than_all_that_a_neuron_was_looked_at_is_as_good_as_fault_free() -> None:
    found = entry(False, (1e9, None, True), [(near(900), 2.0, False), (1e9, 3.0, False)])
    assert fails(found, 10, near(500)) == [CERTIFIED] * 2
    # Far from two looks it may have a pocket.
    assert fails(found, near(1400))[0] > 10 * CERTIFIED
