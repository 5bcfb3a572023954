"""Thresholds side by side over operating points and corners, by rows that are made by hand."""

from __future__ import annotations

from typing import Any

from faultsim.campaigns.results import SettingRow, ThresholdRow
from faultsim.reports.points import PointRow, point_rows


def setting(vdd_v: float = 1.1, corner: str = "nominal", usable: bool = True, window: str = "w") -> SettingRow:
    return SettingRow(
        "c",
        "t",
        window,
        corner,
        vdd_v,
        27.0,
        "",
        "",
        None,
        "1111",
        1e-8,
        1e-9,
        9e-9,
        3,
        usable,
        "",
        "spiked",
        None,
        usable,
        usable,
        3,
        1e-4,
    )


def threshold(at: SettingRow, value: float | None, defect: str = "R1") -> ThresholdRow:
    return ThresholdRow(
        circuit="c",
        defect_id=defect,
        kind="open",
        location="bl",
        test=at.test,
        window=at.window,
        observable="spiked",
        corner=at.corner,
        vdd_v=at.vdd_v,
        temperature_c=at.temperature_c,
        weights="",
        program="",
        pattern="1111",
        integrate_window_s=1e-9,
        leaky_window_s=9e-9,
        pulses=3,
        verdict="undetected" if value is None else "detected",
        direction="fails_above",
        unit="ohm",
        passes_at=None,
        fails_at=value,
        threshold=value,
        r_pass_ohm=None,
        r_fail_ohm=value,
        threshold_ohm=value,
        crossings=0,
        transients=2,
        network="whole",
        reason="",
    )


def told(rows: list[PointRow]) -> list[tuple[Any, ...]]:
    return [(row.vdd_v, row.corner, row.verdict, row.threshold, row.ratio, row.lowest) for row in rows]


def test_one_operating_point_has_nothing_beside_it() -> None:
    only = setting()
    assert point_rows([only], [threshold(only, 1e3)]) == []
    windows = [setting(), setting(window="x")]
    assert point_rows(windows, [threshold(at, 1e3) for at in windows]) == []


def test_each_point_is_compared_with_the_first_and_the_lowest_is_marked() -> None:
    points = [setting(1.1), setting(1.0), setting(1.2)]
    rows = point_rows(points, [threshold(at, value) for at, value in zip(points, (2e3, 1e3, None), strict=True)])
    assert told(rows) == [
        (1.1, "nominal", "detected", 2e3, 1.0, False),
        (1.0, "nominal", "detected", 1e3, 0.5, True),
        (1.2, "nominal", "undetected", None, None, False),
    ]


def test_a_setting_that_cannot_be_used_says_so() -> None:
    points = [setting(1.1), setting(0.9, usable=False)]
    assert told(point_rows(points, [threshold(points[0], 2e3)]))[1] == (0.9, "nominal", "unusable", None, None, False)


def test_a_corner_is_nothing_that_a_tester_sets_so_it_is_never_the_lowest() -> None:
    points = [setting(), setting(corner="fast")]
    rows = point_rows(points, [threshold(points[0], 2e3), threshold(points[1], 1e3)])
    assert [(row.ratio, row.lowest) for row in rows] == [(1.0, True), (0.5, False)]
