"""The neuron with the paper's own damping: magnitudes differ, the paper's trends hold."""

from __future__ import annotations

import pytest

BIT_LINE = ("Rop1", "Rop2", "Rop3")


def test_four_black_pixels_spike_on_the_third_of_five_pulses_and_nothing_else_does(lats2024_lif):
    rows = lats2024_lif.table("baseline.csv")
    assert {row["pattern"]: row["pulses_to_spike"] for row in rows if row["spiked"] == "true"} == {"1111": "3"}
    assert {row["pulses"] for row in lats2024_lif.table("thresholds.csv")} == {"5"}


@pytest.mark.parametrize("window", ["original", "IW 1.2 ns", "LW 8.9 ns"])
def test_the_more_cells_an_open_cuts_off_the_lower_its_threshold(lats2024_lif, window):
    first, second, third = (lats2024_lif.threshold_ohm(defect, window) for defect in BIT_LINE)
    assert first > second > third


@pytest.mark.parametrize("defect", BIT_LINE)
def test_thresholds_rise_with_the_integrate_window_and_fall_with_the_leaky_window(lats2024_lif, defect):
    original = lats2024_lif.threshold_ohm(defect, "original")
    assert lats2024_lif.threshold_ohm(defect, "IW 1.2 ns") > 1.1 * original
    assert lats2024_lif.threshold_ohm(defect, "LW 8.9 ns") > 1.02 * original


def test_the_comparison_says_which_published_values_the_smooth_neuron_misses(lats2024_lif):
    rows = {row["id"]: row for row in lats2024_lif.table("comparison.csv")}
    assert rows["VI-Rop1-IW"]["agrees"] == "false"
    assert rows["IV-Rop1"]["agrees"] == "true"
    assert all(row["ratio"] for row in rows.values() if row["id"] not in ("III-0000", "V-Rop5"))
