"""Bridges of the crossbar beside its opens: which way each threshold goes, and with which window."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import LONG_PATIENCE_S, REPOSITORY, Shell, table

CAMPAIGN = (REPOSITORY / "campaigns" / "bridges4.toml").read_text()


def begin(folder: Path) -> Path:
    """Run the campaign for a few bridges, on a coarse grid and without its sweep."""
    shell = Shell(folder / "my work", LONG_PATIENCE_S)
    text = CAMPAIGN.replace("ratio = 1.01", "ratio = 1.2").replace('patterns = "all"', 'patterns = ["1111"]')
    text = text.replace('sites = ["*~*"]', 'sites = ["bl~*", "in1~bl", "in4~bl", "in1~in2"]')
    text = text.replace('sites = ["xcell1.*"]', 'sites = ["xcell1.ma2.g-s"]').replace(
        'sites = ["Rop*"]', 'sites = ["Rop3"]'
    )
    text = text.replace('defects = ["xcell1.*"]', 'defects = ["xcell1.ma2.*"]')
    text = text.replace('"IW 1.2 ns", "LW 8.9 ns"]', '"IW 1.2 ns"]')
    text = (
        text[: text.index("# The electrical network")]
        + text[text.index("[search]") :]
        + "\n[behaviours]\ndefects = []\n"
    )
    shell.write("bridges.toml", text)
    shell("run", "bridges.toml", "--out", "run").succeeds()
    return shell.folder / "run"


@pytest.fixture(scope="module")
def thresholds(begun: Path) -> dict[tuple[str, str, str], dict[str, str]]:
    return {(row["defect_id"], row["test"], row["window"]): row for row in table(begun / "thresholds.csv")}


def at(thresholds: dict[tuple[str, str, str], dict[str, str]], defect: str, window: str = "original") -> float:
    return float(thresholds[defect, "inference", window]["threshold_ohm"])


def test_a_bridge_fails_below_its_threshold_and_an_open_above(
    thresholds: dict[tuple[str, str, str], dict[str, str]],
) -> None:
    for (defect, _, _), row in thresholds.items():
        if row["verdict"] != "detected":
            continue
        low, high = float(row["r_fail_ohm"]), float(row["r_pass_ohm"])
        assert row["direction"] == ("fails_above" if defect == "Rop3" else "fails_below")
        assert (low > high) == (defect == "Rop3")
        assert 1 < max(low, high) / min(low, high) <= 1.2 * (1 + 1e-9)


def test_a_longer_window_sees_what_brings_current_better_and_what_takes_it_worse(
    thresholds: dict[tuple[str, str, str], dict[str, str]],
) -> None:
    for brings in ("bl~vdd:bridge", "in4~bl:bridge"):
        assert at(thresholds, brings, "IW 1.2 ns") > 1.5 * at(thresholds, brings)
    assert at(thresholds, "bl~0:bridge", "IW 1.2 ns") < at(thresholds, "bl~0:bridge")
    assert at(thresholds, "Rop3", "IW 1.2 ns") > at(thresholds, "Rop3")


def test_rows_are_alike_and_equal_circuits_are_one(thresholds: dict[tuple[str, str, str], dict[str, str]]) -> None:
    assert at(thresholds, "in1~bl:bridge") == at(thresholds, "in4~bl:bridge")
    shared = thresholds["in1~bl:bridge", "inference", "original"]
    assert shared["transients"] == "0"
    assert shared["reason"].startswith("the same circuit as xcell1.ma2.g-s:short")


def test_two_word_lines_that_do_the_same_do_not_show_that_they_touch(
    thresholds: dict[tuple[str, str, str], dict[str, str]],
) -> None:
    assert thresholds["in1~in2:bridge", "inference", "original"]["verdict"] == "undetected"
    assert thresholds["in1~in2:bridge", "every second row", "original"]["verdict"] == "detected"
