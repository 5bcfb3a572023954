"""Defects of junctions in a campaign: thresholds in their own unit, on a coarse grid, for a few."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.conftest import LONG_PATIENCE_S, REPOSITORY, Shell, table

CAMPAIGN = (REPOSITORY / "campaigns" / "devices4.toml").read_text()
Row = dict[str, str]


def without(text: str, *beginnings: str) -> str:
    """Return a campaign without the tables that begin so; what is said about the next one in between goes along."""
    tables = re.split(r"(?m)^(?=\[)", text)
    return "".join(table for table in tables if not table.startswith(beginnings))


@dataclass(frozen=True)
class Runs:
    """The folder of a run of a few defects, that of a pinhole's shunts, and the shunt of it at each tolerance."""

    few: Path
    shunts: Path
    found: list[Row]


def begin(folder: Path) -> Runs:
    """Run both campaigns at once: each waits for one transient at a time where it fits a resistor or halves a range."""
    with ThreadPoolExecutor() as threads:
        few, shunts = threads.submit(run_few, folder / "few"), threads.submit(run_shunts, folder / "shunts")
        return Runs(few.result(), *shunts.result())


def run_few(folder: Path) -> Path:
    shell = Shell(folder / "my work", LONG_PATIENCE_S)
    text = CAMPAIGN.replace("ratio = 1.01", "ratio = 1.5").replace("scan = 12", "scan = 4")
    text = text.replace(
        'sites = ["xcell1.*", "xneuron.*"]',
        'sites = ["xcell1.*:pinhole", "xcell1.*:stuck*", "xneuron.xmtj:redeposition", "xneuron.xref:saf-flip"]',
    )
    text = text.replace('defects = ["xneuron.xmtj:*", "xcell1.xmtj:pinhole"]', "defects = []")
    shell.write("devices.toml", without(text, "[resistors]"))
    shell("run", "devices.toml", "--out", "run").succeeds()
    return shell.folder / "run"


def run_shunts(folder: Path) -> tuple[Path, list[Row]]:
    shell = Shell(folder / "my work", LONG_PATIENCE_S)
    left_out = ['[[tests]]\nname = "inference"', '[[tests]]\nname = "write 1, read"']
    text = without(CAMPAIGN, *left_out).replace("ratio = 1.01", "ratio = 3")
    text = text.replace('sites = ["xcell1.*", "xneuron.*"]', 'sites = ["xcell1.xmtj:pinhole"]')
    text = text.replace(', "xneuron.xmtj*"]', "]")
    text = text.replace('defects = ["xneuron.xmtj:*", "xcell1.xmtj:pinhole"]', "defects = []")
    text = text.replace('low = 10\nhigh = "1g"', 'low = 500\nhigh = "1meg"').replace("scan = 12", "scan = 1")
    found = []
    # It is one within some per cent of what it does, and not within a hundredth of one.
    for tolerance in ("0.05", "1e-4"):
        shell.write("shunts.toml", text.replace("tolerance = 0.05", f"tolerance = {tolerance}"))
        shell("run", "shunts.toml", "--out", "run").succeeds()
        found += table(shell.folder / "run" / "resistors.csv")
    return shell.folder / "run", found


@pytest.fixture(scope="module")
def rows(begun: Runs) -> dict[tuple[str, str], Row]:
    return {(row["defect_id"], row["test"]): row for row in table(begun.few / "thresholds.csv")}


def test_a_pinhole_of_a_cell_brings_current_and_its_threshold_is_a_share_of_the_area(
    rows: dict[tuple[str, str], Row],
) -> None:
    row = rows["xcell1.xmtj:pinhole", "current"]
    assert (row["verdict"], row["unit"], row["kind"], row["threshold_ohm"]) == ("detected", "of area", "device", "")
    assert 0.003 < float(row["threshold"]) < 0.03
    assert float(row["passes_at"]) < float(row["threshold"]) <= 1.5001 * float(row["passes_at"])


def test_what_is_stuck_is_seen_where_the_other_state_is_written(rows: dict[tuple[str, str], Row]) -> None:
    verdicts = {
        (state, written): rows[f"xcell1.xmtj:stuck-{state}", f"write {written}, read"]["verdict"]
        for state in ("parallel", "antiparallel")
        for written in "01"
    }
    assert verdicts == {
        ("parallel", "0"): "detected",
        ("parallel", "1"): "undetected",
        ("antiparallel", "0"): "undetected",
        ("antiparallel", "1"): "detected",
    }


def test_a_defect_that_passes_again_where_it_is_worse_has_the_threshold_of_the_mildest_failure(
    rows: dict[tuple[str, str], Row],
) -> None:
    row = rows["xneuron.xmtj:redeposition", "inference"]
    assert row["verdict"] == "detected"
    assert float(row["threshold"]) < 0.3
    assert re.search(r"passes again from 0\.9\d* of anisotropy on", row["reason"])


def test_the_fixed_layers_of_the_reference_are_seen_by_the_spike(rows: dict[tuple[str, str], Row]) -> None:
    assert rows["xneuron.xref:saf-flip", "inference"]["verdict"] == "detected"


def test_they_are_in_the_same_report_and_coverage(begun: Runs) -> None:
    report = (begun.few / "report.html").read_text()
    assert "xcell1.xmtj:pinhole" in report
    assert "of area" in report
    coverage = json.loads((begun.few / "coverage.json").read_text())
    assert {item["id"] for item in coverage["defects"]} >= {"xcell1.xmtj:pinhole", "xneuron.xref:saf-flip"}


def test_a_pinhole_of_a_junction_that_is_written_through_its_metal_is_a_shunt(begun: Runs) -> None:
    like, unlike = begun.found
    assert (like["resistor_id"], like["same"], unlike["same"]) == ("xcell1.xmtj.pil-ha:short", "true", "false")
    assert "of the defect's largest change" in unlike["reason"]
    # 0.44 ohm um2 over its share of 45 nm x 45 nm, beside a barrier that has become smaller by as much.
    assert float(like["r_ohm"]) * float(like["severity"]) == pytest.approx(0.44e-12 / 45e-9**2, rel=0.1)
    page = (begun.shunts / "report.html").read_text()
    assert "<h2>Junction defects and the resistors that do the same</h2>" in page
