"""LATS 2024 Tables III to VI, by the bars that this project set itself; written out here, not read from content."""

from __future__ import annotations

from itertools import pairwise

import pytest

SUMS_UA = {"1000": 27.07, "1100": 54.17, "1110": 81.3, "1111": 108.44}

# (defect, window): range that the paper prints, kohm
THRESHOLDS_KOHM = {
    ("Rop1", "original"): (16.0, 16.0),
    ("Rop2", "original"): (3.1, 4.0),
    ("Rop3", "original"): (1.0, 1.0),
    ("Rop4", "original"): (67.0, 67.0),
    ("Rop6", "original"): (19.0, 19.0),
    ("Rop7", "original"): (19.0, 19.0),
    ("Rop1", "IW 1.2 ns"): (33.0, 33.0),
    ("Rop2", "IW 1.2 ns"): (3.9, 3.9),
    ("Rop3", "IW 1.2 ns"): (1.5, 1.5),
    ("Rop1", "LW 8.9 ns"): (25.0, 25.0),
    ("Rop2", "LW 8.9 ns"): (3.3, 3.3),
    ("Rop3", "LW 8.9 ns"): (1.5, 1.5),
}


@pytest.mark.parametrize("pattern", SUMS_UA)
def test_currents_add_up_as_in_table_iii(lats2024, pattern):
    ours = {row["pattern"]: float(row["im_wr_a"]) * 1e6 for row in lats2024.table("baseline.csv")}
    tolerance = 0.01 if pattern == "1111" else 0.05
    assert ours[pattern] == pytest.approx(SUMS_UA[pattern], rel=tolerance)
    same_weight = [current for other, current in ours.items() if other.count("1") == pattern.count("1")]
    assert same_weight == pytest.approx([ours[pattern]] * len(same_weight), rel=1e-3)


def test_no_input_gives_no_current(lats2024):
    silent = next(row for row in lats2024.table("baseline.csv") if row["pattern"] == "0000")
    assert abs(float(silent["im_wr_a"])) < 0.1e-6


def test_only_four_black_pixels_spike_and_they_do_so_on_the_third_pulse(lats2024):
    rows = lats2024.table("baseline.csv")
    assert len(rows) == 16
    assert {row["pattern"]: row["pulses_to_spike"] for row in rows if row["spiked"] == "true"} == {"1111": "3"}


@pytest.mark.parametrize(("defect", "window"), THRESHOLDS_KOHM)
def test_minimum_detectable_resistance_is_within_25_percent_of_the_paper(lats2024, defect, window):
    low, high = THRESHOLDS_KOHM[defect, window]
    ours = lats2024.threshold_ohm(defect, window) / 1e3
    assert 0.75 * low <= ours <= 1.25 * high


def test_both_sides_of_the_junction_have_the_same_threshold(lats2024):
    assert lats2024.threshold_ohm("Rop6", "original") == pytest.approx(
        lats2024.threshold_ohm("Rop7", "original"), rel=0.02
    )


def test_the_programming_path_open_is_undetected_at_one_gigaohm_with_the_reason(lats2024):
    rows = lats2024.table("thresholds.csv")
    rows = [row for row in rows if (row["defect_id"], row["test"]) == ("Rop5", "inference")]
    assert len(rows) == 3
    for row in rows:
        assert row["verdict"] == "undetected"
        assert row["threshold_ohm"] == ""
        assert float(row["r_pass_ohm"]) == 1e9
        assert "programming path" in row["reason"]


def test_every_threshold_is_bracketed_by_two_neighbours_of_the_grid(lats2024):
    rows = [row for row in lats2024.table("thresholds.csv") if row["verdict"] == "detected"]
    # Six opens of the read path in three windows, five of the programming path by the second test.
    assert len(rows) == 18 + 5
    for row in rows:
        assert float(row["r_fail_ohm"]) / float(row["r_pass_ohm"]) == pytest.approx(1.01, rel=1e-9)


def test_comparison_shows_every_published_number_and_agrees(lats2024):
    rows = lats2024.table("comparison.csv")
    figures = ["Fig-7", "Fig-8", "Fig-11a", "Fig-12a"]
    assert len(rows) == len(SUMS_UA) + 1 + 1 + len(THRESHOLDS_KOHM) + 1 + len(figures)
    assert [row["id"] for row in rows if row["id"].startswith("Fig")] == figures
    assert all(row["agrees"] == "true" for row in rows), [row["id"] for row in rows if row["agrees"] != "true"]


def test_the_report_states_what_a_reader_has_to_know(lats2024):
    text = (lats2024.folder / "report.html").read_text()
    for statement in ("phase-locked", "No magnetisation reversal", "Table VI prints 33 kohm", "nearest to:", "<svg"):
        assert statement in text
    for table in ("Table III", "Table IV", "Table V", "Table VI"):
        assert table in text


def test_currents_over_resistance_fall_from_the_healthy_sum_to_the_cells_that_are_left(lats2024):
    """Fig. 9: with n of four cells cut off, an open ends at the current of the 4 - n others."""
    sums = {row["pattern"].count("1"): float(row["im_wr_a"]) for row in lats2024.table("baseline.csv")}
    curves: dict[str, list[float]] = {}
    for row in lats2024.table("currents.csv"):
        curves.setdefault(row["defect_id"], []).append(float(row["im_wr_a"]))
    left = {"Rop1": 3, "Rop2": 2, "Rop3": 1, "Rop4": 3, "Rop5": 4, "Rop6": 3, "Rop7": 3}
    for defect, cells in left.items():
        curve = curves[defect]
        assert curve[-1] == pytest.approx(sums[cells], rel=2e-3), defect
        assert curve[0] == pytest.approx(sums[4], rel=1e-3), defect
        # The cells' layers tremble while the resistance steps up.
        assert all(later <= earlier * (1 + 5e-4) for earlier, later in pairwise(curve)), defect
