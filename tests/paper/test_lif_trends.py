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


def timing(lats2024_lif, test):
    rows = [row for row in lats2024_lif.table("thresholds.csv") if row["test"] == test]
    return {row["defect_id"]: row["threshold"] and float(row["threshold"]) for row in rows}


def test_a_window_of_the_generator_that_goes_wrong_is_seen_from_the_side_that_it_hurts(lats2024_lif):
    """Section V as a defect: a short IW or a long LW loses a spike, a long IW makes one where none belongs."""
    lost, made = timing(lats2024_lif, "four spike"), timing(lats2024_lif, "three stay silent")
    assert set(lost) == set(made) == {"Tiw:shrink", "Tiw:stretch", "Tlw:shrink", "Tlw:stretch"}
    assert lost["Tiw:shrink"] == pytest.approx(0.115e-9, rel=0.1)
    assert lost["Tlw:stretch"] == pytest.approx(1.4e-9, rel=0.1)
    assert made["Tiw:stretch"] == pytest.approx(0.21e-9, rel=0.1)
    assert lost["Tiw:stretch"] == lost["Tlw:shrink"] == made["Tiw:shrink"] == made["Tlw:stretch"] == ""


def test_thresholds_of_the_timing_are_in_seconds_and_bracketed_on_their_own_grid(lats2024_lif):
    rows = [row for row in lats2024_lif.table("thresholds.csv") if row["kind"] == "parametric"]
    assert {row["unit"] for row in rows} == {"s"}
    assert {row["threshold_ohm"] for row in rows} == {""}
    found = [row for row in rows if row["verdict"] == "detected"]
    assert len(found) == 3
    for row in found:
        assert float(row["fails_at"]) / float(row["passes_at"]) == pytest.approx(1.01, rel=1e-9)


def test_the_comparison_says_which_published_values_the_smooth_neuron_misses(lats2024_lif):
    rows = {row["id"]: row for row in lats2024_lif.table("comparison.csv")}
    assert rows["VI-Rop1-IW"]["agrees"] == "false"
    assert rows["IV-Rop1"]["agrees"] == "true"
    assert rows["Fig-8"]["agrees"] == rows["Fig-11a"]["agrees"] == "true"
    assert all(
        row["ratio"] for row in rows.values() if row["id"] not in ("III-0000", "V-Rop5") and "Fig" not in row["id"]
    )
