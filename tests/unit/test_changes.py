"""What changed between two runs: coverage, verdicts, thresholds that moved, and what the runs were made with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from math import log
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultsim.campaigns.results import BaselineRow, SettingRow, ThresholdRow
from faultsim.errors import UsageError
from faultsim.reports.coverage import CoverageRow
from faultsim.reports.run_folders.change_tables import KINDS, change_tables
from faultsim.reports.run_folders.changes import Changes, Difference
from faultsim.reports.run_folders.moves import Moves, moves_between
from faultsim.reports.run_folders.run import load_run
from faultsim.reports.typesetting.typeset import Quantity, Share
from tests.unit.run_folders import covered, setting, threshold, write_run

BELOW = {"kind": "bridge", "direction": "fails_below"}


def moves(before: ThresholdRow, after: ThresholdRow) -> Moves:
    return moves_between([before], [after])


def changed(
    tmp_path: Path,
    before: Sequence[CoverageRow],
    after: Sequence[CoverageRow],
    settings: Sequence[Sequence[SettingRow]] = ((), ()),
    baseline: Sequence[Sequence[BaselineRow]] = ((), ()),
    manifests: Sequence[dict[str, object]] = ({}, {}),
) -> Changes:
    sides = zip(("before", "after"), (before, after), settings, baseline, manifests, strict=True)
    runs = [
        load_run(
            write_run(
                tmp_path / name,
                coverage=rows,
                settings=tested,
                baseline=healthy,
                campaign="c",
                **manifest,
            )
        )
        for name, rows, tested, healthy, manifest in sides
    ]
    return runs[1].changes_since(runs[0].folder)


@pytest.mark.parametrize("factor", [1.0, 1.01, 1 / 1.01])
def test_a_threshold_within_a_step_of_the_search_is_where_it_was(factor: float) -> None:
    found = moves(threshold(ohm=16e3), threshold(ohm=16e3 * factor))
    assert (found.found, found.unchanged) == ((), 1)


@pytest.mark.parametrize(("factor", "opens", "bridges"), [(1.0201, "less", "more"), (1 / 1.0201, "more", "less")])
def test_two_steps_are_a_move_and_it_is_said_whether_the_test_sees_more(
    factor: float, opens: str, bridges: str
) -> None:
    (move,) = moves(threshold(ohm=16e3), threshold(ohm=16e3 * factor)).found
    assert move.ratio == pytest.approx(factor)
    assert move.size == pytest.approx(abs(log(factor)))
    assert move.sees == opens
    below = [threshold(ohm=ohm, passes_at=ohm * 1.01, **BELOW) for ohm in (16e3, 16e3 * factor)]
    assert moves(*below).found[0].sees == bridges


def test_the_wider_of_the_two_brackets_is_what_can_be_resolved() -> None:
    coarse = threshold(ohm=16e3, passes_at=8e3)
    assert moves(coarse, threshold(ohm=9e3)).found == ()
    assert len(moves(coarse, threshold(ohm=7.9e3)).found) == 1


def test_where_the_first_severity_fails_there_is_no_bracket_and_only_the_same_threshold_is_unchanged() -> None:
    first = threshold(ohm=10.0, passes_at=None)
    assert moves(first, first).unchanged == 1
    assert moves(first, replace(first, threshold=10.1)).unchanged == 0


@pytest.mark.parametrize(
    ("before", "after", "sees"),
    [("detected", "undetected", "less"), ("undetected", "detected", "more"), ("detected", "unknown", "")],
)
def test_a_threshold_that_came_or_went_has_no_ratio_and_comes_first(before: str, after: str, sees: str) -> None:
    def row(verdict: str) -> ThresholdRow:
        return threshold("R2", 16e3 if verdict == "detected" else None, verdict=verdict)

    found = moves_between([threshold("R1", 1e3), row(before)], [threshold("R1", 9e3), row(after)]).found
    assert [move.defect_id for move in found] == ["R2", "R1"]
    assert (found[0].ratio, found[0].sees, found[0].verdict_after) == (None, sees, after)


def test_thresholds_are_told_apart_by_test_window_point_and_corner_and_those_of_one_run_are_counted() -> None:
    kept = threshold()
    others = [
        replace(kept, **{name: value}, threshold=5e3)
        for name, value in {"test": "u", "window": "v", "vdd_v": 1.0, "temperature_c": 85.0, "corner": "ss"}.items()
    ]
    found = moves_between([kept], [kept, *others])
    assert (found.found, found.unchanged, found.only_before, found.only_after) == ((), 1, 0, 5)
    assert moves_between([kept, *others], [kept]).only_before == 5


OHMS = st.floats(10, 1e9)


@given(st.lists(st.tuples(OHMS, OHMS), max_size=8))
def test_moves_are_sorted_and_turning_time_round_turns_every_ratio_round(pairs: list[tuple[float, float]]) -> None:
    sides = [[threshold(f"R{n}", pair[side]) for n, pair in enumerate(pairs)] for side in (0, 1)]
    there, back = moves_between(*sides), moves_between(sides[1], sides[0])
    sizes = [move.size for move in there.found]
    assert sizes == sorted(sizes, reverse=True)
    assert there.unchanged == back.unchanged == len(pairs) - len(sizes)
    ratios = {move.defect_id: move.ratio for move in there.found}
    for move in back.found:
        assert move.ratio is not None
        assert ratios[move.defect_id] == pytest.approx(1 / move.ratio)
    assert {move.sees for move in there.found} <= {"more", "less"}


@pytest.mark.parametrize(
    ("before", "after", "change", "lost"),
    [
        ("undetected", "detected", "detected now", False),
        ("unknown", "detected", "detected now", False),
        ("detected", "undetected", "not detected any more", True),
        ("detected", "unknown", "unknown now", True),
        ("undetected", "unknown", "unknown now", False),
        ("unknown", "undetected", "known now", False),
    ],
)
def test_every_change_of_a_verdict_is_named_and_only_a_detection_can_be_lost(
    tmp_path: Path, before: str, after: str, change: str, lost: bool
) -> None:
    changes = changed(tmp_path, [covered("R1", before)], [covered("R1", after)])
    (verdict,) = changes.verdicts
    assert (verdict.change, verdict.lost) == (change, lost)
    assert changes.lost == ["R1"] * lost


def test_coverage_stands_before_and_after_with_its_bounds_and_by_kind(tmp_path: Path) -> None:
    changes = changed(
        tmp_path,
        [covered("R1"), covered("R2", "undetected", weight=3.0)],
        [covered("R1"), covered("R2", "unknown", weight=3.0), covered("B", kind="bridge")],
    )
    whole, opens, bridges = changes.coverage
    assert (whole.of, opens.of, bridges.of) == ("all", "open", "bridge")
    assert (whole.before.weighted_low, whole.before.weighted_high) == (0.25, 0.25)
    assert (whole.after.weighted_low, whole.after.weighted_high) == (0.4, 1.0)
    assert (bridges.before.total, bridges.after.total) == (0, 1)
    (table,) = change_tables(changes, "coverage")
    assert table.rows[0] == ("all", 2, 3, Share(0.5, 0.5), Share(2 / 3, 1), Share(0.25, 0.25), Share(0.4, 1.0))
    assert table.rows[2][3] is None


def test_defects_that_came_or_went_and_what_is_told_of_the_others(tmp_path: Path) -> None:
    changes = changed(
        tmp_path,
        [covered("R1"), covered("gone"), covered("unseen", "undetected")],
        [covered("R1", weight=2.0, default=1e6), covered("new", "undetected")],
    )
    # A detection is lost as well where nobody looks for its defect any more.
    assert (changes.added, changes.removed, changes.lost) == (("new",), ("gone", "unseen"), ["gone"])
    assert changes.defects == (Difference("R1: weight", 1.0, 2.0), Difference("R1: default", 1e9, 1e6))


def test_what_the_fault_free_circuit_does_is_compared_as_far_as_simulators_agree(tmp_path: Path) -> None:
    healthy = BaselineRow("c", "0111", 1e-4, True, 3, "ok")
    changes = changed(
        tmp_path,
        [],
        [],
        settings=(
            [setting(im_wr_a=1e-4, expected=[True, False]), setting(window="old")],
            [setting(im_wr_a=1.00001e-4, expected=[True, True]), setting(window="new", corner="ss")],
        ),
        baseline=(
            [healthy, replace(healthy, weights="0001")],
            [replace(healthy, im_wr_a=1.001e-4, pulses_to_spike=None), replace(healthy, weights="0001", network="x")],
        ),
    )
    assert changes.baseline == (
        Difference("pattern 0111: im_wr_a", 1e-4, 1.001e-4),
        Difference("pattern 0111: pulses_to_spike", 3.0, None),
    )
    assert changes.settings == (
        Difference("t, w, 1.1 V, 27 C: expected", (True, False), (True, True)),
        Difference("t, new, 1.1 V, 27 C, ss", "not there", "there"),
        Difference("t, old, 1.1 V, 27 C", "there", "not there"),
    )


def test_what_the_runs_were_made_with_is_told_by_the_names_in_their_manifests(tmp_path: Path) -> None:
    changes = changed(
        tmp_path,
        [],
        [],
        manifests=(
            {"deck_sha256": "a" * 64, "versions": {"simulator": "ngspice-39"}, "counts": {"defects": 1}},
            {"deck_sha256": "b" * 64, "versions": {"simulator": "ngspice-44", "numpy": "2"}, "counts": {}},
        ),
    )
    assert changes.sources == (
        Difference("deck_sha256", "a" * 64, "b" * 64),
        Difference("versions.simulator", "ngspice-39", "ngspice-44"),
        Difference("versions.numpy", None, "2"),
    )
    (table,) = change_tables(changes, "sources")
    assert table.rows[0] == ("deck_sha256", "a" * 12, "b" * 12)


def test_a_run_beside_itself_has_not_changed(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", [threshold(), threshold("R2", None)], [covered()], [setting()])
    changes = load_run(folder).changes_since(folder)
    assert changes.nothing
    assert changes.headline == "Nothing changed; 2 thresholds are where they were."
    assert [kind for kind in KINDS if change_tables(changes, kind)] == ["coverage"]


def test_the_headline_counts_and_the_record_is_plain_data(tmp_path: Path) -> None:
    before = write_run(tmp_path / "a", [threshold("R1", 1e3), threshold("R2")], [covered("R1"), covered("R2")])
    after = write_run(
        tmp_path / "b",
        [threshold("R1", 4e3), threshold("R2", None)],
        [covered("R1"), covered("R2", "undetected"), covered("R3")],
        campaign="a",
    )
    changes = load_run(after).changes_since(load_run(before))
    assert changes.headline == "0 detections won, 1 lost; 1 defect added, 0 removed; 2 of 2 thresholds moved."
    record = json.loads(json.dumps(changes.record))
    assert record["lost"] == ["R2"]
    assert [move["ratio"] for move in record["thresholds"]["found"]] == [None, 4.0]
    (table,) = change_tables(changes, "thresholds")
    assert table.rows[1] == ("R1", "t", "w", Quantity(1e3, "ohm"), Quantity(4e3, "ohm"), 4.0, "less")
    assert table.rows[0][3:] == (Quantity(16e3, "ohm"), "undetected", None, "less")
    frame = changes.frame("thresholds")
    assert frame["defect_id"].tolist() == ["R2", "R1"]
    assert list(changes.frame("settings")) == ["what", "before", "after"]
    with pytest.raises(UsageError, match="no table 'treshold'"):
        changes.frame("treshold")
