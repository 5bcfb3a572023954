"""Windows on a plane: what a campaign may say, maps of thresholds and their trends, shmoo maps drawn and written."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultsim.campaigns.plan import Plan, make_plan
from faultsim.campaigns.results import Detection, NeuronRow, SettingRow, ThresholdRow
from faultsim.campaigns.shmoo import UNKNOWN, ShmooMap
from faultsim.campaigns.spec import CampaignSpec
from faultsim.campaigns.windows import Steps
from faultsim.errors import SpecError
from faultsim.reports.figures.canvas import rendered, svg_text
from faultsim.reports.figures.maps import MARKS, MOST_MAPS, map_figure, map_sheets
from faultsim.reports.figures.shmoo import shmoo_csv, shmoo_figure, shmoo_text
from faultsim.reports.planes import PlaneMap, TrendRow, fault_free_maps, plane_maps, trend_rows
from faultsim.specfile import read_spec
from tests.cli.conftest import Shell

INTEGRATE = 'integrate = { start = "0.8n", stop = "1.2n", points = 3 }\n'
LEAKY = 'leaky = { start = "8n", stop = "10n", points = 2 }\n'
PLANE = f"[plane]\n{INTEGRATE}{LEAKY}"
CAMPAIGN = f"""\
title = "A plane"
circuit = "crossbar4-lif"
[[windows]]
name = "original"
integrate = "1n"
leaky = "9n"
{PLANE}[baseline]
patterns = ["1111"]
[[defects]]
kind = "open"
sites = ["Rop1", "Rop2"]
[[tests]]
name = "inference"
pattern = "1111"
windows = ["plane"]
observable = "spiked"
[search]
low = 10
high = "1g"
ratio = 2
"""
NAMES = [f"IW {iw} LW {lw}" for iw in ("800 ps", "1 ns", "1.2 ns") for lw in ("8 ns", "10 ns")]
IWS, LWS = (0.8e-9, 1e-9, 1.2e-9), (8e-9, 10e-9)


def campaign(folder: Path, old: str = "", new: str = "") -> CampaignSpec:
    """Read the campaign, a part of it replaced."""
    assert not old or CAMPAIGN.count(old) == 1
    file = folder / "plane.toml"
    file.write_text(CAMPAIGN.replace(old, new) if old else CAMPAIGN)
    return read_spec(file, CampaignSpec)


def test_every_pair_of_windows_is_one_of_its_own_called_by_its_lengths(tmp_path: Path) -> None:
    spec = campaign(tmp_path)
    assert [window.name for window in spec.windows] == ["original", *NAMES]
    cells = [(window.integrate, window.leaky) for window in spec.windows[1:]]
    assert cells == [(iw, lw) for iw in IWS for lw in LWS]


@pytest.mark.parametrize(
    ("listed", "windows"),
    [
        ('["plane"]', NAMES),
        ('["original", "plane"]', ["original", *NAMES]),
        ('["plane", "original"]', ["original", *NAMES]),
        ('["IW 1 ns LW 8 ns", "plane"]', ["IW 1 ns LW 8 ns", *(name for name in NAMES if name != "IW 1 ns LW 8 ns")]),
        ('["plane", "plane"]', NAMES),
        ('["original"]', ["original"]),
        ('["IW 1.2 ns LW 10 ns"]', ["IW 1.2 ns LW 10 ns"]),
    ],
)
def test_a_test_lists_the_plane_as_one_window(tmp_path: Path, listed: str, windows: list[str]) -> None:
    assert campaign(tmp_path, '["plane"]', listed).tests[0].windows == windows


def test_a_window_that_the_campaign_lists_itself_is_not_added_again(tmp_path: Path) -> None:
    spec = campaign(tmp_path, '"original"', '"IW 1 ns LW 10 ns"')
    assert sorted(window.name for window in spec.windows) == sorted(NAMES)


def test_an_equivalent_less_copy_keeps_the_plane_s_windows(tmp_path: Path) -> None:
    spec = campaign(tmp_path)
    assert spec.without_equivalent().windows == spec.windows


@given(
    start=st.floats(0.1e-9, 5e-9), width=st.floats(1e-12, 5e-9), points=st.integers(2, 100)
)  # fmt: skip
def test_steps_are_straight_rise_and_end_where_they_are_said_to(start: float, width: float, points: int) -> None:
    values = Steps(start=start, stop=start + width, points=points).values_s
    assert len(values) == points
    assert values == pytest.approx(np.linspace(start, start + width, points).tolist(), rel=0, abs=1e-15)
    assert values == sorted(values)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (INTEGRATE, 'integrate = { start = "2n", stop = "1n", points = 3 }\n', ":8: plane.integrate: start has to be"),
        (INTEGRATE, 'integrate = { start = "1n", stop = "1n", points = 3 }\n', ":8: plane.integrate: start has to be"),
        (LEAKY, 'leaky = { start = "8n", stop = "10n", points = 1 }\n', ":9: plane.leaky.points: 1: "),
        (LEAKY, 'leaky = { start = "8n", stop = "10n", points = 101 }\n', ":9: plane.leaky.points: 101: "),
        (LEAKY, 'leaky = { start = "8n", stop = "10n", points = 2.5 }\n', ":9: plane.leaky.points: 2.5: "),
        (LEAKY, 'leaky = { start = "-8n", stop = "10n", points = 2 }\n', ":9: plane.leaky.start: -8e-09: "),
        (LEAKY, 'leaky = { start = "soon", stop = "10n", points = 2 }\n', ":9: plane.leaky.start: 'soon': "),
        (LEAKY, 'leaky = { start = nan, stop = "10n", points = 2 }\n', ":9: plane.leaky.start: nan: "),
        (LEAKY, 'leaky = { start = "8n", points = 2 }\n', ":9: plane.leaky.stop: is missing"),
        (LEAKY, 'leaky = { start = "8n", stp = "10n", points = 2 }\n', ":9: plane.leaky.stp: unknown key (did you"),
        (LEAKY, 'leaky = "9n"\n', ":9: plane.leaky: '9n': "),
        (LEAKY, "", ":7: plane.leaky: is missing"),
        ("leaky = {", "lekay = {", ":9: plane.lekay: unknown key (did you mean leaky?)"),
        (PLANE, "", ": test 'inference' names unknown windows ['plane']; there are ['original']"),
        ('windows = ["plane"]', "", ":15: tests.0.windows: is missing"),
        ('windows = ["plane"]', "windows = [3]", ":18: tests.0.windows.0: 3: "),
        ('name = "original"\n', "", ":3: windows.0.name: is missing"),
        ('windows = ["plane"]', 'windows = "plane"', ":18: tests.0.windows: 'plane': Input should be a valid list"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_plane_is_said_with_file_and_key(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        campaign(tmp_path, old, new)
    assert any(line.startswith(f"{tmp_path / 'plane.toml'}{said}") for line in str(caught.value).splitlines())


@pytest.mark.parametrize("key", ["windows", "tests", "plane"])
@pytest.mark.parametrize("value", ["3", '"text"', "[3]", "{ a = 3 }", "[{ name = [3] }]", "[{ windows = 3 }]"])
def test_a_campaign_of_another_shape_altogether_is_no_traceback(tmp_path: Path, key: str, value: str) -> None:
    tables = [part for part in CAMPAIGN.split("\n[") if not part.lstrip("[").startswith(f"{key}]")]
    file = tmp_path / "plane.toml"
    file.write_text(f"{key} = {value}\n" + "\n[".join(tables))
    with pytest.raises(SpecError, match=rf"plane\.toml:1: {key}"):
        read_spec(file, CampaignSpec)


def test_windows_into_which_the_strobe_does_not_fit_are_refused_by_validate(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "my work")
    shell.write("plane.toml", CAMPAIGN.replace('start = "8n"', 'start = "0.3n"'))
    shell("validate", "plane.toml").fails_with(3, "plane.toml: the read pulse has to fit into the strobe")


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    folder = tmp_path_factory.mktemp("plan")
    return make_plan(folder / "plane.toml", campaign(folder))


Cell = tuple[float, float]


def setting(cell: Cell, **changed: Any) -> SettingRow:
    row = SettingRow(
        circuit="crossbar4-lif",
        test="inference",
        window=f"{cell}",
        corner="nominal",
        vdd_v=1.1,
        temperature_c=27.0,
        weights="",
        program="",
        program_delay_s=None,
        pattern="1111",
        start_s=10e-9,
        integrate_window_s=cell[0],
        leaky_window_s=cell[1],
        pulses=5,
        usable=True,
        reason="",
        observable="spiked",
        limits_relative=None,
        expected=True,
        spiked=True,
        pulses_to_spike=3,
        im_wr_a=1e-4,
    )
    return replace(row, **changed)


def threshold(cell: Cell, value: float | None, **changed: Any) -> ThresholdRow:
    row = ThresholdRow(
        circuit="crossbar4-lif",
        defect_id="Rop1",
        kind="open",
        location="bl",
        test="inference",
        window=f"{cell}",
        observable="spiked",
        corner="nominal",
        vdd_v=1.1,
        temperature_c=27.0,
        weights="",
        program="",
        pattern="1111",
        integrate_window_s=cell[0],
        leaky_window_s=cell[1],
        pulses=5,
        verdict=Detection.UNDETECTED if value is None else Detection.DETECTED,
        direction="fails_above",
        unit="ohm",
        passes_at=None,
        fails_at=None,
        threshold=value,
        r_pass_ohm=None,
        r_fail_ohm=None,
        threshold_ohm=value,
        crossings=1,
        transients=9,
        network="whole",
        reason="",
    )
    return replace(row, **changed)


CELLS = [(iw, lw) for iw in IWS for lw in LWS]
# Longer leaky windows behind shorter ones: 12k, 13k at the shortest integrate window and so on.
RISING = dict(zip(CELLS, [14e3, 12e3, 15e3, 13e3, 16e3, 14e3], strict=True))


def found_in(plan: Plan, values: Mapping[Cell, float | None], **changed: Any) -> PlaneMap:
    """Return the map of thresholds at cells; those that are left out are unusable."""
    settings = [
        setting(cell) if cell in values else setting(cell, usable=False, reason="stays silent", pulses_to_spike=None)
        for cell in CELLS
    ]
    [found] = plane_maps(plan, settings, [threshold(cell, value, **changed) for cell, value in values.items()])
    return found


def trends(plan: Plan, values: Mapping[Cell, float | None], neurons: Sequence[NeuronRow] = ()) -> dict[Cell, TrendRow]:
    rows = trend_rows(plan, [found_in(plan, values)], neurons)
    return {(row.integrate_window_s, row.leaky_window_s): row for row in rows}


def test_thresholds_that_rise_with_iw_and_as_lw_shrinks(plan: Plan) -> None:
    rows = trends(plan, RISING)
    assert list(rows) == CELLS
    assert [rows[cell].rises_with_iw for cell in CELLS] == [None, None, True, True, True, True]
    assert [rows[cell].rises_as_lw_shrinks for cell in CELLS] == [True, None] * 3
    row = rows[CELLS[0]]
    assert (row.circuit, row.defect_id, row.test, row.verdict) == ("crossbar4-lif", "Rop1", "inference", "detected")
    assert (row.threshold_ohm, row.pulses_to_spike, row.reason) == (14e3, 3, "")


def test_thresholds_that_fall_or_stay(plan: Plan) -> None:
    values = dict(zip(CELLS, [12e3, 12e3, 11e3, 13e3, 11e3, 12e3], strict=True))
    rows = trends(plan, values)
    assert [rows[cell].rises_with_iw for cell in CELLS] == [None, None, False, True, True, False]
    assert [rows[cell].rises_as_lw_shrinks for cell in CELLS] == [True, None, False, None, False, None]


def test_what_is_not_detected_counts_as_the_largest(plan: Plan) -> None:
    values = dict(zip(CELLS, [None, 12e3, 15e3, None, None, None], strict=True))
    rows = trends(plan, values)
    assert [rows[cell].rises_with_iw for cell in CELLS] == [None, None, False, True, True, True]
    assert [rows[cell].rises_as_lw_shrinks for cell in CELLS] == [True, None, False, None, True, None]
    assert (rows[CELLS[0]].verdict, rows[CELLS[0]].threshold_ohm) == ("undetected", None)


def test_beside_an_unusable_cell_there_is_no_trend_and_the_cell_says_why(plan: Plan) -> None:
    rows = trends(plan, {cell: value for cell, value in RISING.items() if cell != CELLS[2]})
    assert [rows[cell].rises_with_iw for cell in CELLS] == [None, None, None, True, None, True]
    assert [rows[cell].rises_as_lw_shrinks for cell in CELLS] == [True, None, None, None, True, None]
    row = rows[CELLS[2]]
    assert (row.verdict, row.threshold_ohm, row.pulses_to_spike) == ("unusable", None, None)
    assert row.reason == "stays silent"


def test_a_search_that_failed_says_nothing_about_trends(plan: Plan) -> None:
    settings = [setting(cell) for cell in CELLS]
    thresholds = [threshold(cell, value) for cell, value in RISING.items()]
    thresholds[2] = threshold(CELLS[2], None, verdict=Detection.UNKNOWN, reason="the simulation failed")
    rows = {row.integrate_window_s: row for row in trend_rows(plan, plane_maps(plan, settings, thresholds), [])[::2]}
    assert rows[1e-9].verdict == "unknown"
    assert rows[1e-9].rises_with_iw is None
    assert rows[1.2e-9].rises_with_iw is None


def neuron(cell: Cell, drive: float | None, turns: float) -> NeuronRow:
    return NeuronRow(
        circuit="crossbar4-lif",
        window=f"{cell}",
        integrate_window_s=cell[0],
        leaky_window_s=cell[1],
        pulses=5,
        first_spike=3,
        threshold_drive=drive,
        monotone=True,
        tilt_rad=0.5,
        retention=0.3,
        turns=turns,
    )


def test_where_a_trend_stops_the_fault_free_neuron_says_why(plan: Plan) -> None:
    values = {**RISING, CELLS[2]: 11e3}
    neurons = [neuron(cell, 0.8, 0.2) for cell in CELLS]
    neurons[2] = neuron(CELLS[2], 0.88, 0.2)
    rows = trends(plan, values, neurons)
    row = rows[CELLS[2]]
    assert (row.rises_with_iw, row.rises_as_lw_shrinks) == (False, False)
    assert (row.threshold_drive, row.turns) == (0.88, 0.2)
    assert row.reason.split("; ") == ["the neuron's threshold current is +10.0% beside its neighbour's"] * 2
    assert all(other.reason == "" for cell, other in rows.items() if cell != CELLS[2])


def test_a_precession_that_ends_elsewhere_is_part_of_the_reason(plan: Plan) -> None:
    neurons = [neuron(cell, 0.8, 1.0 + place) for place, cell in enumerate(CELLS)]
    reason = trends(plan, {**RISING, CELLS[3]: 11e3}, neurons)[CELLS[3]].reason
    assert reason.endswith("+0.0% beside its neighbour's: it precesses 4.00 turns in the leaky window in place of 2.00")


def test_a_neuron_without_a_threshold_gives_no_reason(plan: Plan) -> None:
    neurons = [neuron(cell, None if cell == CELLS[1] else 0.8, 0.2) for cell in CELLS]
    row = trends(plan, {**RISING, CELLS[3]: 11e3}, neurons)[CELLS[3]]
    assert (row.rises_with_iw, row.reason) == (False, "")


def test_maps_are_of_one_defect_and_one_test_and_of_the_plane_alone(plan: Plan) -> None:
    settings = [*map(setting, CELLS), setting((1e-9, 9e-9)), *(setting(cell, test="other") for cell in CELLS)]
    thresholds = [threshold(cell, 1e3, defect_id=name) for name in ("Rop1", "Rop2") for cell in CELLS]
    thresholds += [threshold((1e-9, 9e-9), 2e3), threshold(CELLS[0], 3e3, test="other")]
    first, second = plane_maps(plan, settings, thresholds)
    assert [(found.defect_id, found.test) for found in (first, second)] == [
        ("Rop1", "inference"),
        ("Rop2", "inference"),
    ]
    for found in (first, second):
        assert list(found.thresholds) == list(found.settings) == CELLS
        assert {found.value(cell) for cell in CELLS} == {1e3}
    assert first.value((1e-9, 9e-9)) is None


def test_a_map_is_of_the_first_operating_point(plan: Plan) -> None:
    points = ({}, {"vdd_v": 1.0}, {"temperature_c": 125.0}, {"corner": "slow"})
    settings = [setting(cell, **point) for point in points for cell in CELLS]
    thresholds = [
        threshold(cell, (1 + place) * 1e3, **point) for place, point in enumerate(points) for cell in CELLS
    ]  # fmt: skip
    [found] = plane_maps(plan, settings, thresholds)
    assert {found.value(cell) for cell in CELLS} == {1e3}


def test_without_a_plane_or_with_one_cell_of_it_there_is_no_map(plan: Plan) -> None:
    settings, thresholds = [setting(cell) for cell in CELLS], [threshold(cell, 1e3) for cell in CELLS]
    bare = replace(plan, spec=plan.spec.model_copy(update={"plane": None}))
    assert plane_maps(bare, settings, thresholds) == []
    assert plane_maps(plan, settings[:1], thresholds[:1]) == []
    assert plane_maps(plan, [], []) == []
    assert trend_rows(plan, [], []) == []


def texts(svg: str) -> list[str]:
    """Return what is written in a picture that is XML."""
    root = ElementTree.fromstring(svg)
    assert root.tag.endswith("svg")
    return ["".join(element.itertext()).strip() for element in root.iter() if element.tag.endswith("text")]


def sheet_of(plan: Plan, maps: Sequence[PlaneMap]) -> Any:
    """Return the figure of maps that fit on one sheet."""
    [sheet] = map_sheets(maps)
    assert plan.spec.plane is not None
    return map_figure(plan.spec.plane, sheet)


def marks(figure: Any) -> str:
    """Return the mark of every marked cell, in alphabetical order."""
    signs = {meaning: sign for sign, meaning in MARKS.items()}
    lines = [line for axes in figure.axes for line in axes.lines]
    return "".join(sorted("".join(signs[line.get_label()] * len(line.get_xdata()) for line in lines)))


def test_a_map_is_drawn_with_its_axes_its_scale_and_what_its_marks_mean(plan: Plan) -> None:
    values = {**RISING, CELLS[1]: None, CELLS[3]: None}
    del values[CELLS[5]]
    figure = sheet_of(plan, [found_in(plan, values)])
    written = texts(svg_text(figure))
    assert {"integrate window (ns)", "leaky window (ns)", "threshold (ohm)", "Rop1"} <= set(written)
    assert {"not detected", "unusable"} <= set(written)
    assert "unknown" not in written
    assert marks(figure) == "uux"
    assert rendered(figure) == rendered(sheet_of(plan, [found_in(plan, values)]))


@pytest.mark.parametrize(("value", "mark"), [(None, "u" * 6), (1e3, "")])
def test_a_map_of_one_threshold_or_of_none_is_drawn_too(plan: Plan, value: float | None, mark: str) -> None:
    figure = sheet_of(plan, [found_in(plan, dict.fromkeys(CELLS, value))])
    assert marks(figure) == mark
    written = texts(svg_text(figure))
    assert "integrate window (ns)" in written
    assert ("1k" in written) is (value is not None)


def test_cells_that_cannot_be_used_and_unknown_ones_are_marked_apart(plan: Plan) -> None:
    rows = {CELLS[0]: threshold(CELLS[0], None, verdict=Detection.UNKNOWN)}
    found = PlaneMap("Rop1", "inference", rows, {cell: setting(cell) for cell in CELLS})
    figure = sheet_of(plan, [found])
    assert marks(figure) == "?xxxxx"


def test_many_maps_share_sheets_a_test_and_a_unit_each(plan: Plan) -> None:
    maps = [found_in(plan, RISING, defect_id=f"open {number}") for number in range(MOST_MAPS + 3)]
    maps += [found_in(plan, RISING, defect_id="Tiw:shrink", unit="s"), replace(maps[0], test="other")]
    sheets = map_sheets(maps)
    assert [(sheet.test, sheet.number, sheet.unit, len(sheet.maps)) for sheet in sheets] == [
        ("inference", 1, "ohm", MOST_MAPS),
        ("inference", 2, "ohm", 3),
        ("inference", 3, "s", 1),
        ("other", 1, "ohm", 1),
    ]
    assert [found.defect_id for sheet in sheets for found in sheet.maps] == [found.defect_id for found in maps]


def test_maps_of_a_sheet_have_one_scale(plan: Plan) -> None:
    low, high = (dict.fromkeys(CELLS, value) for value in (1e3, 8e3))
    figure = sheet_of(plan, [found_in(plan, low), found_in(plan, high, defect_id="Rop2")])
    shades = [tuple(axes.collections[0].get_facecolor()[0]) for axes in figure.axes[:2]]
    scale = [tuple(patch.get_facecolor()) for patch in figure.axes[2].patches]
    assert shades == [scale[0], scale[-1]]
    ends = [text.get_text() for text in figure.axes[2].get_yticklabels()]
    assert (ends[0], ends[-1]) == ("1k", "8k")


HOSTILE = ["_net_1", "<b>&amp;", "a$b", "$1~$2:bridge", r"$\nothing$", "x" * 300]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_of_defects_are_drawn_as_they_are(plan: Plan, name: str) -> None:
    written = texts(svg_text(sheet_of(plan, [found_in(plan, RISING, defect_id=name)])))
    assert any(text == name or (text.endswith("...") and name.startswith(text[:-3])) for text in written)


def test_a_severity_in_another_unit_is_not_called_ohm(plan: Plan) -> None:
    values = {cell: value * 1e-15 for cell, value in RISING.items()}
    figure = sheet_of(plan, [found_in(plan, values, defect_id="Tiw:shrink", unit="s", threshold_ohm=None)])
    written = texts(svg_text(figure))
    assert "threshold (s)" in written
    assert not [text for text in written if "ohm" in text]


def test_the_fault_free_circuit_s_map_is_of_the_settings_and_tests_that_do_the_same_share_one(plan: Plan) -> None:
    spikes = dict(zip(CELLS, [3, None, 2, 3, 2, 2], strict=True))
    settings = [
        setting(cell, test=test, pulses_to_spike=pulse, spiked=pulse is not None)
        for test in ("inference", "other")
        for cell, pulse in spikes.items()
    ]
    settings.append(setting((1e-9, 9e-9), pulses_to_spike=1))
    tests = [plan.spec.tests[0], plan.spec.tests[0].model_copy(update={"name": "other"})]
    both = replace(plan, spec=plan.spec.model_copy(update={"tests": tests}))
    [(named, found)] = fault_free_maps(both, settings)
    assert named == "inference, other"
    assert found.first_spike.tolist() == [[3, 0], [2, 3], [2, 2]]
    assert (found.integrate_s.tolist(), found.leaky_s.tolist()) == (list(IWS), list(LWS))
    settings[0] = replace(settings[0], spiked=None, pulses_to_spike=None)
    (first, failed), (second, _) = fault_free_maps(both, settings)
    assert (first, second, failed.first_spike[0, 0]) == ("inference", "other", UNKNOWN)


def test_without_a_plane_or_with_a_part_of_it_there_is_no_fault_free_map(plan: Plan) -> None:
    settings = [setting(cell) for cell in CELLS]
    bare = replace(plan, spec=plan.spec.model_copy(update={"plane": None}))
    assert fault_free_maps(bare, settings) == []
    assert fault_free_maps(plan, settings[1:]) == []


def shmoo(first_spike: list[list[int]], **changed: Any) -> ShmooMap:
    """Return a map; a row of spikes for each integrate window."""
    spikes = np.array(first_spike)
    windows = [np.linspace(*ends, count) for ends, count in zip(((0.6e-9, 1.4e-9), (5e-9, 13e-9)), spikes.shape)]  # noqa: B905
    return replace(ShmooMap(*windows, spikes, np.zeros(spikes.shape, dtype=bool)), **changed)


MIXED = shmoo([[5, 0, 0], [2, 3, UNKNOWN], [2, 2, 2]])


@pytest.mark.parametrize("name", HOSTILE)
def test_a_shmoo_map_names_its_axes_its_pulses_and_what_it_is_of(name: str) -> None:
    title = f"{name} 20 kohm"
    svg = svg_text(shmoo_figure([("fault-free", MIXED), (title, MIXED)], (1e-9, 9e-9), 5))
    written = texts(svg)
    assert {"fault-free", title, "integrate window (ns)", "leaky window (ns)"} <= set(written)
    assert {"simulation failed", "no spike in 5", "pulse 2", "pulse 3", "pulse 5"} <= set(written)
    assert not {"pulse 1", "pulse 4"} & set(written)


@pytest.mark.parametrize("spikes", [[[0]], [[1], [0]], [[UNKNOWN, UNKNOWN]], [[20, 0], [0, 1]]])
def test_small_and_uniform_shmoo_maps_are_drawn_and_written(spikes: list[list[int]]) -> None:
    found = shmoo(spikes)
    texts(svg_text(shmoo_figure([("one", found)], (1e-9, 9e-9), 20)))
    assert len(shmoo_text(found)) == 2 + len(spikes[0])
    assert len(shmoo_csv([("one", found)]).splitlines()) == 1 + found.first_spike.size


def test_the_same_shmoo_map_is_the_same_picture() -> None:
    one, other = (svg_text(shmoo_figure([("t", MIXED)], (1e-9, 9e-9), 5)) for _ in range(2))
    assert one == other


def test_in_a_terminal_the_longest_leaky_window_is_on_top_and_integrate_windows_run_to_the_right() -> None:
    assert shmoo_text(MIXED) == [
        "      13 ns  .?2",
        "       9 ns  .32",
        "       5 ns  522",
        "      LW     0.6 ns ... IW ... 1.4 ns",
        "             1 first spike on pulse 1, . none, ? simulation failed",
    ]


def test_late_pulses_are_letters_and_then_stars() -> None:
    lines = shmoo_text(shmoo([[9], [10], [11], [35], [36], [99]]))
    assert lines[0].split()[-1] == "9abz**"


def test_a_large_map_is_thinned_for_the_terminal_in_equal_steps_and_says_so() -> None:
    spikes = np.ones((200, 100), dtype=int)
    spikes[0, 0], spikes[196, 96] = 0, 2
    found = shmoo(spikes.tolist())
    *lines, scale, key = shmoo_text(found)
    assert len(lines) == 25
    assert {len(line.split()[-1]) for line in lines} == {50}
    assert (lines[0][-1], lines[-1].split()[-1][0]) == ("2", ".")
    steps = np.diff([float(line.split()[0]) for line in lines])
    assert steps == pytest.approx(steps[0], abs=0.011)
    assert scale.split() == ["LW", "0.6", "ns", "...", "IW", "...", f"{found.integrate_s[196] * 1e9:.4g}", "ns"]
    assert key.endswith("; 50 of 200 IW x 25 of 100 LW")


def test_the_table_has_a_row_for_each_pair_and_says_where_spice_was_asked() -> None:
    in_spice = MIXED.first_spike == UNKNOWN
    faulty = replace(MIXED, first_spike=np.where(in_spice, 4, MIXED.first_spike), in_spice=in_spice)
    header, *rows = csv.reader(io.StringIO(shmoo_csv([("fault_free", MIXED), ("faulty", faulty)])))
    assert header == [
        "integrate_window_s",
        "leaky_window_s",
        "fault_free_first_spike",
        "fault_free_in_spice",
        "faulty_first_spike",
        "faulty_in_spice",
    ]
    assert [tuple(map(float, row[:2])) for row in rows] == [
        (pytest.approx(iw), pytest.approx(lw)) for iw in MIXED.integrate_s for lw in MIXED.leaky_s
    ]
    assert [int(row[2]) for row in rows] == MIXED.first_spike.ravel().tolist()
    assert [[cell.lower() for cell in row[3:]] for row in rows if row[4] == "4"] == [["false", "4", "true"]]


def test_the_share_that_spikes_counts_no_failures() -> None:
    assert MIXED.spiking_share == pytest.approx(6 / 9)
