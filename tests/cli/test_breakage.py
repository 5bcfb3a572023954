"""train of crossbars with defects: what is lost, what is seen, that nothing is simulated twice."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from faultsim.campaigns.watcher import Quiet
from faultsim.learning.asking import Asking
from faultsim.learning.breakage import Breakage
from faultsim.learning.breakage_spec import load_breakage
from faultsim.learning.reading import ReadingBench, reading_of
from faultsim.spice.pool import WorkerPool
from faultsim.spice.service import SimulationService
from faultsim.spice.store import Store
from tests.cli.conftest import Shell, bytes_of
from tests.cli.test_train import GLYPHS, SPEC

LONGER = SPEC.replace('duration = "40m"', 'duration = "100m"')
"""Until all white pixels have sent a pulse or two."""
BREAKAGE = """\
kind = "breakage"
title = "A picture of four pixels, its crossbar broken"
trainings = "small.toml"
only = "*-2j-s2"
proof = "*-2j-s1"
sites = ["xs1_1.xj1:*", "xs2_1.xj1:stuck-*", "in1.xs1_1:open"]
presentations = 2
"""
LATER = "xs1_1.xj1:rim-damage"
"""Slow one way only: no picture shows it to the crossbar that is explored, one does to a crossbar in another state."""


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    shell = Shell(tmp_path_factory.mktemp("broken"))
    shell.write("small.toml", LONGER)
    shell.write("four.toml", GLYPHS)
    shell.write("broken.toml", BREAKAGE)
    done = shell("train", "broken.toml").succeeds()
    assert done.out.splitlines()[-1] == "runs/broken/report.html"
    return shell


@pytest.fixture(scope="module")
def rows(broken: Shell) -> dict[str, dict[str, str]]:
    with (broken.folder / "runs" / "broken" / "broken.csv").open(newline="") as file:
        return {row["defect_id"]: row for row in csv.DictReader(file) if row["training"] == "left-2j-s2"}


def test_the_good_crossbar_learns_and_differs_from_itself_nowhere(rows: dict[str, dict[str, str]]) -> None:
    good = rows[""]
    assert (good["verdict"], good["presentations"], good["lost"], good["off"]) == ("learned", "1", "", "")
    assert good["detected"] == "false"
    assert int(good["spikes"]) >= 2


@pytest.mark.parametrize(
    ("defect", "lost", "off"),
    [
        # The first pixel is black: its synapse is to conduct. The second is white.
        ("xs1_1.xj1:open", "1", "1"),
        ("in1.xs1_1:open", "1", "1"),
        ("xs1_1.xj1:stuck-antiparallel", "1", "1"),
        ("xs1_1.xj1:stuck-parallel", "", ""),
        ("xs1_1.xj1:short", "", "1"),
        ("xs2_1.xj1:stuck-parallel", "2", "2"),
        ("xs2_1.xj1:stuck-antiparallel", "", ""),
    ],
)
def test_a_defect_loses_its_pixel_or_is_not_seen(
    rows: dict[str, dict[str, str]], defect: str, lost: str, off: str
) -> None:
    row = rows[defect]
    assert (row["lost"], row["off"]) == (lost, off), row
    assert row["detected"] == ("true" if off else "false")
    assert row["verdict"] == ("not-learned" if lost else "learned")


def test_synapses_conduct_as_the_junction_says(broken: Shell, tmp_path: Path) -> None:
    made = Breakage(*load_breakage(broken.folder / "broken.toml"))
    trial = made.trials[0]
    with SimulationService(WorkerPool(1, timeout_s=600.0), Store(tmp_path / "store.sqlite")) as service:
        (outcome,) = Asking(service, Quiet(), 1).outcomes("one", [ReadingBench.of(trial).job(None)])
    found = reading_of(outcome).conductances_s
    dark = np.array(trial.request.intensities) > 0.5
    # Table 1 of the paper: 6.2 kohm parallel, 10.6 kohm antiparallel; the latter conducts better at a bias.
    assert found[dark] == pytest.approx(2 / 6217, rel=2e-3)
    assert found[~dark] == pytest.approx(2 / 10570, rel=0.02)


def test_a_second_run_simulates_nothing_and_writes_the_same_bytes(broken: Shell) -> None:
    folder = broken.folder / "runs" / "broken"
    before = bytes_of(folder)
    done = broken("train", "broken.toml").succeeds()
    assert "1 transient" not in done.err
    assert bytes_of(folder) == before


def test_page_and_shares_count_the_same(broken: Shell, rows: dict[str, dict[str, str]]) -> None:
    folder = broken.folder / "runs" / "broken"
    with (folder / "broken-shares.csv").open(newline="") as file:
        shares = list(csv.DictReader(file))
    shares = [row for row in shares if row["training"] == "left-2j-s2"]
    assert sum(int(row["defects"]) for row in shares) == len(rows) - 1
    assert sum(int(row["detected"]) for row in shares) == sum(row["detected"] == "true" for row in rows.values())


def test_two_pictures_show_what_one_does_not(broken: Shell, rows: dict[str, dict[str, str]]) -> None:
    """Left has the first pixel black and the second white; top has both black, so that stuck junctions need both."""
    folder = broken.folder / "runs" / "broken"
    with (folder / "exposures.csv").open(newline="") as file:
        shown = {(row["character"], row["defect_id"]): row["detected"] != "0" for row in csv.DictReader(file)}
    assert (shown["left", "xs2_1.xj1:stuck-parallel"], shown["top", "xs2_1.xj1:stuck-parallel"]) == (True, False)
    stuck = "xs2_1.xj1:stuck-antiparallel"
    assert (shown["left", stuck], shown["top", stuck]) == (False, True)
    with (folder / "presentations.csv").open(newline="") as file:
        chosen = list(csv.DictReader(file))
    assert {row["character"] for row in chosen} == {"left", "top"}
    assert {row["repetitions"] for row in chosen} == {"1"}
    seen = {defect for (_, defect), flag in shown.items() if flag}
    assert sum(int(row["first"]) for row in chosen) == len(seen)
    assert sum(int(row["failed"]) for row in chosen) == len(seen | {LATER})
    page = (folder / "report.html").read_text()
    assert f"2 presentations show {len(seen | {LATER})} of {len(rows) - 1} defects" in page
    # What a good crossbar leaves is within the limits.
    for row in chosen:
        low, high = (np.array(row[name].split(), dtype=float) for name in ("low_s", "high_s"))
        dark = np.array(row["pixels"].split(), dtype=float) > 0.5
        expected = np.where(dark, 2 / 6217, 2 / 10570)
        assert ((low < expected) & (expected < high)).all()


def test_the_test_is_applied_to_crossbars_in_another_state(broken: Shell, rows: dict[str, dict[str, str]]) -> None:
    folder = broken.folder / "runs" / "broken"
    with (folder / "exposures.csv").open(newline="") as file:
        seen = {row["defect_id"] for row in csv.DictReader(file) if row["detected"] != "0"}
    with (folder / "applications.csv").open(newline="") as file:
        applied = {row["defect_id"]: row for row in csv.DictReader(file)}
    assert {row["crossbar"] for row in applied.values()} == {"2j-s1"}
    assert set(applied) == set(rows)
    assert {defect for defect, row in applied.items() if row["shown_after"]} == seen | {LATER}
    assert LATER not in seen
    assert {row["presentations"] for row in applied.values() if not row["shown_after"]} == {"2", "6"}
    assert applied[""]["presentations"] == "6"
    # Stuck junctions: one of the pictures has their pixel the other way round.
    assert {applied[f"xs2_1.xj1:stuck-{name}"]["shown_by"] for name in ("parallel", "antiparallel")} == {"left", "top"}
    page = (folder / "report.html").read_text()
    assert f"2 presentations show what is shown in each of these states, {len(applied) - 3} defects" in page
    said = broken("train", "broken.toml", "--dry-run").succeeds().err
    assert "the test that is chosen is applied in 1 initial state" in said


def test_a_crossbar_goes_on_from_how_the_last_picture_left_it(broken: Shell, tmp_path: Path) -> None:
    made = Breakage(*load_breakage(broken.folder / "broken.toml"))
    (trials,) = made.presented.values()
    with SimulationService(WorkerPool(1, timeout_s=600.0), Store(tmp_path / "store.sqlite")) as service:
        (one,) = made.tester(["left", "top"]).apply(
            Asking(service, Quiet(), 1), [("2j-s1", None)], lambda so_far: len(so_far.readings) < 2
        )
    assert one.characters == ("left", "top")
    for character, reading in zip(one.characters, one.readings, strict=True):
        dark = [intensity > 0.5 for intensity in trials[character].request.intensities]
        assert reading.states == tuple(int(flag) for flag in dark for _ in range(2))
    begun = made.tester(["left", "top"]).next_trial(replace(one, characters=("left",), readings=one.readings[:1]))
    assert begun.request.states == one.readings[0].states
    assert begun.request.intensities == trials["top"].request.intensities
    assert begun.request.seed != trials["top"].request.seed


def test_what_does_not_fit_is_said(broken: Shell) -> None:
    listed = broken("train", "broken.toml", "--dry-run", "--json").succeeds().json
    assert [row["defect"] for row in listed][:2] == ["", "xs1_1.xj1:open"]
    broken.write("net.toml", 'kind = "network"\n')
    broken.write("short.toml", SPEC.replace('duration = "40m"', 'duration = "10m"'))
    elsewhere = BREAKAGE.replace('["xs1_1.xj1:*", "xs2_1.xj1:stuck-*", "in1.xs1_1:open"]', '["xs9:*"]')
    for text, code, *said in (
        (elsewhere, 3, "wrong.toml: sites: xs9:*: no defect of universe devices"),
        (BREAKAGE.replace('"in1.xs1_1:open"', '"*:opem"'), 3, "wrong.toml: sites: *:opem: no defect"),
        (BREAKAGE.replace("small.toml", "net.toml"), 3, "wrong.toml: trainings: net.toml is a network"),
        (BREAKAGE.replace("*-2j-s1", "left-2j-s1"), 3, "wrong.toml: proof: left-2j-s1: no training presents top to"),
        (BREAKAGE.replace("small.toml", "short.toml"), 3, "duration: in 0.01 s no pulse of pixel"),
        (BREAKAGE.replace("small.toml", "nothing"), 3, "wrong.toml: trainings: no training named 'nothing'"),
        (BREAKAGE.replace("*-2j-s2", "right*"), 3, "wrong.toml: only: right*: no training of"),
        (BREAKAGE.replace("*-2j-s1", "right*"), 3, "wrong.toml: proof: right*: no training of"),
        (f'{BREAKAGE}universe = "none"\n', 3, "wrong.toml: universe: no universe named 'none'"),
        (BREAKAGE.replace("presentations = 2", "presentations = 0"), 3, "wrong.toml:7: presentations"),
    ):
        broken.write("wrong.toml", text)
        broken("train", "wrong.toml").fails_with(code, *said)
        if "duration" not in said[0]:
            broken("validate", "wrong.toml").fails_with(code, *said)
    broken("train", "broken.toml", "--only", "*-s1").fails_with(2, "--only: none of the trainings *-2j-s2 is called so")
    broken("infer", "broken.toml").fails_with(2, "broken.toml")
