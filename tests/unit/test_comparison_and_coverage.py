"""What a report says about rows that are made by hand: agreement, sides, coverage and the tables' bytes."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultsim.campaigns.results import BaselineRow, CampaignResult, ThresholdRow
from faultsim.circuits.sites import Cut
from faultsim.fault_models.accounting import Accounting
from faultsim.fault_models.defect import Defect
from faultsim.fault_models.definition import load
from faultsim.reports.comparison import ComparisonRow, Side, compare, take_sides
from faultsim.reports.coverage import CoverageRow, coverage_of, coverage_rows
from faultsim.reports.published import PublishedSpec
from faultsim.reports.tables import table_text, write_table


def threshold(defect: str = "R1", ohm: float | None = 16e3, **changed: Any) -> ThresholdRow:
    """Return a row; without a resistance its defect is undetected."""
    row: dict[str, Any] = {
        "circuit": "c",
        "defect_id": defect,
        "kind": "open",
        "location": "bl",
        "test": "t",
        "window": "w",
        "observable": "spiked",
        "corner": "nominal",
        "weights": "",
        "program": "",
        "vdd_v": 1.1,
        "temperature_c": 27.0,
        "pattern": "1111",
        "integrate_window_s": 1e-9,
        "leaky_window_s": 9e-9,
        "pulses": 3,
        "verdict": "undetected" if ohm is None else "detected",
        "direction": "fails_above",
        "unit": "ohm",
        "passes_at": 1e9 if ohm is None else None,
        "fails_at": ohm,
        "threshold": ohm,
        "r_pass_ohm": 1e9 if ohm is None else None,
        "r_fail_ohm": ohm,
        "threshold_ohm": ohm,
        "crossings": 0 if ohm is None else 1,
        "transients": 3,
        "network": "whole",
        "reason": "as fault-free" if ohm is None else "",
    }
    return ThresholdRow(**{**row, **changed})


UNKNOWN = {"verdict": "unknown", "reason": "no convergence"}


def baseline(pattern: str, im_wr_a: Any = 27e-6, spiked: Any = True, pulses: Any = 3) -> BaselineRow:
    return BaselineRow("c", pattern, im_wr_a, spiked, pulses, "ok")


def result(*rows: ThresholdRow | BaselineRow) -> CampaignResult:
    return CampaignResult(
        baseline=tuple(row for row in rows if isinstance(row, BaselineRow)),
        currents=(),
        thresholds=tuple(row for row in rows if isinstance(row, ThresholdRow)),
        settings=(),
    )


def compared(value: dict[str, Any], *rows: ThresholdRow | BaselineRow) -> ComparisonRow | None:
    """Return the comparison of one published value, R1's threshold unless it says otherwise."""
    source = {"source": {"defect": "R1", "window": "w"}, "unit": "ohm"}
    table = {"id": "1", "table": "T", "item": "i", **source, **value}
    found = compare(PublishedSpec.model_validate({"title": "t", "values": [table]}), result(*rows))
    return found[0] if found else None


@pytest.mark.parametrize(
    ("published", "ours", "ratio"),
    [
        ([16e3, 16e3], 16e3, 1.0),
        ([16e3, 16e3], 20e3, 1.25),
        ([16e3, 16e3], 8e3, 0.5),
        ([3e3, 4e3], 3.5e3, 1.0),
        ([3e3, 4e3], 3e3, 1.0),
        ([3e3, 4e3], 6e3, 1.5),
        ([3e3, 4e3], 1.5e3, 0.5),
    ],
)
def test_the_ratio_is_to_the_nearer_end_of_the_range(published: list[float], ours: float, ratio: float) -> None:
    row = compared({"published": published, "tolerance": 0.25}, threshold(ohm=ours))
    assert row is not None
    assert row.ratio == ratio
    assert (row.ours, row.agrees) == (repr(ours), 0.75 <= ratio <= 1.25)


@pytest.mark.parametrize(
    ("ours", "agrees", "why"),
    [
        (1.25, True, "+25.0%, within 25%"),
        (0.75, True, "-25.0%, within 25%"),
        (1.2501, False, "+25.0%, outside 25%"),
        (0.7499, False, "-25.0%, outside 25%"),
        (1.0, True, "+0.0%, within 25%"),
    ],
)
def test_a_relative_tolerance_includes_its_edges(ours: float, agrees: bool, why: str) -> None:
    row = compared({"published": [1, 1], "tolerance": 0.25}, threshold(ohm=ours))
    assert row is not None
    assert (row.agrees, row.why) == (agrees, why)


@pytest.mark.parametrize(("ours", "agrees"), [(0.0, True), (1e-7, True), (-1e-7, True), (1.001e-7, False)])
def test_around_zero_an_absolute_tolerance_includes_its_edges(ours: float, agrees: bool) -> None:
    source = {"source": {"baseline": "0000", "column": "im_wr_a"}, "unit": "A"}
    row = compared({"published": [0, 0], "absolute_tolerance": 1e-7, **source}, baseline("0000", ours))
    assert row is not None
    assert (row.agrees, row.ratio) == (agrees, None)
    assert row.why == f"{'within' if agrees else 'outside'} 100 nA"


def test_a_count_without_tolerance_has_to_be_equal() -> None:
    value = {"published": [3, 3], "absolute_tolerance": 0, "source": {"baseline": "1", "column": "pulses_to_spike"}}
    assert [getattr(compared(value, baseline("1", pulses=pulses)), "agrees", None) for pulses in (3, 4)] == [
        True,
        False,
    ]


def test_a_published_verdict_is_compared_as_such() -> None:
    value = {"verdict": "undetected"}
    agreeing, differing = compared(value, threshold(ohm=None)), compared(value, threshold(ohm=1e3))
    assert agreeing is not None
    assert differing is not None
    assert (agreeing.agrees, agreeing.ours, agreeing.why) == (True, "undetected", "as fault-free")
    assert (differing.agrees, differing.ours) == (False, "detected")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (threshold(ohm=None), "undetected: as fault-free"),
        (threshold(ohm=None, **UNKNOWN), "unknown: no convergence"),
    ],
)
def test_a_threshold_that_we_do_not_have_disagrees_with_the_reason(row: ThresholdRow, why: str) -> None:
    found = compared({"published": [16e3, 16e3], "tolerance": 0.25}, row)
    assert found is not None
    assert (found.ours, found.ratio, found.agrees, found.why) == ("", None, False, why)


def test_a_current_that_was_not_measured_disagrees() -> None:
    value = {"published": [1, 1], "tolerance": 0.1, "source": {"baseline": "1", "column": "im_wr_a"}}
    row = compared(value, baseline("1", im_wr_a=None))
    assert row is not None
    assert (row.ours, row.agrees, row.why) == ("", False, "no value")


@pytest.mark.parametrize("row", [threshold("R2"), threshold(window="other"), baseline("1111")])
def test_what_the_campaign_does_not_cover_is_left_out(row: ThresholdRow | BaselineRow) -> None:
    assert compared({"published": [1, 1], "tolerance": 0.1}, row) is None
    assert compared({"verdict": "detected"}, row) is None


def sides(readings: list[dict[str, Any]], *rows: ThresholdRow) -> list[Side]:
    contradiction = {"id": "1", "text": "text", "readings": readings}
    spec = PublishedSpec.model_validate({"title": "t", "values": [], "contradictions": [contradiction]})
    return take_sides(spec, result(*rows))


def reading(name: str, *values: tuple[str, float, float]) -> dict[str, Any]:
    listed = [{"defect": defect, "window": "w", "published": [low, high]} for defect, low, high in values]
    return {"name": name, "values": listed}


@pytest.mark.parametrize(
    ("ohm", "side"), [(3.0e3, "Table VI"), (3.5e3, "Table VI"), (3.6e3, "Table IV"), (9e3, "Table IV")]
)
def test_a_contradiction_falls_to_the_reading_that_is_nearest_on_the_logarithmic_scale(ohm: float, side: str) -> None:
    (found,) = sides(
        [reading("Table IV", ("R1", 4e3, 4e3)), reading("Table VI", ("R1", 3.1e3, 3.1e3))], threshold(ohm=ohm)
    )
    assert found.side == f"nearest to: {side}"


def test_the_distance_is_zero_inside_a_range_and_the_root_mean_square_of_logarithms_outside() -> None:
    readings = [reading("inside", ("R1", 1, 3)), reading("outside", ("R1", 1, 1), ("R2", 3, 3))]
    (found,) = sides(readings, threshold("R1", 2.0), threshold("R2", 12.0))
    # ln 2 and ln 4
    assert dict(found.distances) == pytest.approx({"inside": 0.0, "outside": 0.6931471805599453 * 2.5**0.5})
    assert found.side == "nearest to: inside"


@pytest.mark.parametrize("row", [threshold("R2"), threshold(ohm=None), threshold(ohm=None, **UNKNOWN)])
def test_a_contradiction_whose_numbers_are_missing_is_left_out(row: ThresholdRow) -> None:
    assert sides([reading("one", ("R1", 1, 1))], row) == []


def test_a_contradiction_that_no_number_decides_says_what_ours_does() -> None:
    contradiction = {"id": "1", "text": "text", "ours": "Ours is shortened."}
    spec = PublishedSpec.model_validate({"title": "t", "values": [], "contradictions": [contradiction]})
    assert take_sides(spec, result()) == [Side("1", "text", "Ours is shortened.", ())]


def defect(name: str, weight: float = 1.0) -> Defect:
    site = Cut(name, "x1.r1", (("x1.r1", "1"),), "bl", cuts=("x1.r1",), path="read")
    return Defect(name, load("open"), site, "open", Accounting(weight))


def verdicts(*rows: ThresholdRow) -> list[tuple[str, float | None, str, str]]:
    found = coverage_rows([defect("R1")], rows)
    return [(row.verdict, row.best_threshold_ohm, row.seen_by, row.reason) for row in found]


def test_a_defect_is_detected_where_any_test_fails_at_its_default_severity() -> None:
    rows = [threshold(ohm=None), threshold(ohm=5e3, test="u"), threshold(ohm=2e3, window="v"), threshold("R2", 1.0)]
    assert verdicts(*rows) == [("detected", 2e3, "u, w; t, v", "")]


@pytest.mark.parametrize(("factor", "verdict"), [(0.5, "detected"), (1.0, "detected"), (1.001, "undetected")])
def test_a_threshold_counts_up_to_the_default_severity(factor: float, verdict: str) -> None:
    default = load("open").severity.default
    assert verdicts(threshold(ohm=factor * default))[0][0] == verdict


def test_a_failed_simulation_leaves_a_defect_unknown_unless_another_test_sees_it() -> None:
    unknown = threshold(ohm=None, **UNKNOWN)
    assert verdicts(threshold(ohm=None), unknown) == [("unknown", None, "", "no convergence")]
    assert verdicts(unknown, threshold(ohm=1e3)) == [("detected", 1e3, "t, w", "")]


def test_a_defect_that_was_not_simulated_at_its_default_severity_is_unknown() -> None:
    unknown = [("unknown", None, "", "no test was simulated at the default severity")]
    assert verdicts() == [("unknown", None, "", "no usable test is searched for it")]
    assert verdicts(threshold(ohm=None, passes_at=1e4)) == unknown


def test_unknown_defects_are_the_distance_between_the_bounds() -> None:
    defects = [defect("R1", 1.0), defect("R2", 2.0), defect("R3", 5.0), defect("R4", 0.0)]
    rows = [threshold("R1"), threshold("R2", None, **UNKNOWN), threshold("R3", None), threshold("R4")]
    found = coverage_of(coverage_rows(defects, rows))
    assert (found.low, found.high, found.total) == (2 / 4, 3 / 4, 4)
    assert (found.weighted_low, found.weighted_high) == (1 / 8, 3 / 8)


marked = st.tuples(st.sampled_from(["detected", "undetected", "unknown"]), st.floats(0.1, 10))


def covered(verdict: str, weight: float) -> CoverageRow:
    return CoverageRow(
        "c", "R", "open", "bl", weight, "ohm", "fails_above", 1e9, 1e9, verdict, None, None, "", "", "", ""
    )


@given(st.lists(marked, min_size=1, max_size=20))
def test_coverage_lies_between_bounds_that_meet_where_nothing_is_unknown(marks: list[tuple[str, float]]) -> None:
    rows = [covered(verdict, weight) for verdict, weight in marks]
    found = coverage_of(rows)
    unknown = any(verdict == "unknown" for verdict, _ in marks)
    for low, high in ((found.low, found.high), (found.weighted_low, found.weighted_high)):
        assert 0 <= low <= high <= 1 + 1e-12
        assert (low < high) == unknown


@pytest.mark.parametrize(("verdict", "fraction"), [("detected", 1.0), ("undetected", 0.0)])
def test_equal_verdicts_score_exactly_all_or_nothing(verdict: str, fraction: float) -> None:
    rows = [covered(verdict, weight) for weight in (0.1, 0.2, 0.7)]
    found = coverage_of(rows)
    assert {found.low, found.high, found.weighted_low, found.weighted_high} == {fraction}


@dataclass(frozen=True)
class Row:
    name: str
    value: Any


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (1.0, "1.0"),
        (1e-9, "1e-09"),
        (0.1 + 0.2, "0.30000000000000004"),
        (3, "3"),
        ([True, None, 2.5], "true  2.5"),
        ((1, 2), "1 2"),
        ([], ""),
        ("a, b", '"a, b"'),
        ('say "no"', '"say ""no"""'),
    ],
)
def test_a_cell_is_written_plainly(value: Any, cell: str) -> None:
    assert table_text(Row, [Row("x", value)]) == f"name,value\nx,{cell}\n"


def test_an_empty_table_has_its_header(tmp_path: Path) -> None:
    path = tmp_path / "new" / "thresholds.csv"
    write_table(path, ThresholdRow, [])
    text = path.read_text()
    assert text.startswith("circuit,defect_id,kind,location,")
    assert text.count("\n") == 1


@given(
    st.lists(st.floats(allow_nan=False), max_size=5),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=20),
)
def test_a_table_is_read_back_to_the_last_bit(values: list[float], name: str) -> None:
    text = table_text(Row, [Row(name, value) for value in values])
    read = list(csv.DictReader(io.StringIO(text, newline="")))
    shown = f"'{name}" if name[:1] in tuple("=+-@\t\r") else name
    assert [(row["name"], float(row["value"])) for row in read] == [(shown, value) for value in values]
