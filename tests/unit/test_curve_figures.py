"""Curves over resistance, coverage and the map of behaviours: what is drawn together, what is named, what is said."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from faultsim.campaigns.results import CurrentRow
from faultsim.reports.figures.behaviours import behaviour_figure
from faultsim.reports.figures.canvas import svg_text
from faultsim.reports.figures.coverage import cost_figure, resistance_figure
from faultsim.reports.figures.curves import current_figure
from tests.unit.sample_figures import behaviour, chosen_set, currents, over_resistance, tolerances
from tests.unit.test_planes import HOSTILE, texts


def named(axes: Any) -> list[str]:
    """Return what the legend of a panel says."""
    return [text.get_text() for text in axes.get_legend().get_texts()]


def drawn(curves: dict[str, float], kind: str = "open") -> Any:
    return current_figure(currents(curves), "im_wr_a", dict.fromkeys(curves, kind))


def test_curves_that_do_the_same_are_one_and_the_fault_free_value_is_a_line() -> None:
    figure = drawn({"Rop1": 5e-5, "Rop2": 5.01e-5, "Rop3": 4e-5, "Rop4": 5.02e-5, "Rop5": 4.99e-5, "Rop6": 5e-5})
    [axes] = figure.axes
    assert named(axes) == ["Rop1, Rop2, Rop4, Rop5, Rop6", "Rop3", "fault-free"]
    assert axes.lines[0].get_ydata()[-1] == pytest.approx(50)
    assert axes.lines[-1].get_ydata()[0] == pytest.approx(100)
    assert axes.get_ylabel() == "im_wr (uA)"


def test_many_that_do_the_same_are_counted() -> None:
    figure = drawn({f"in{number}~in{number + 1}:bridge": 5e-5 for number in range(40)}, "bridge")
    assert named(figure.axes[0]) == ["in0~in1:bridge and 39 more", "fault-free"]
    assert figure.axes[0].get_xlabel() == "resistance of the bridges and shorts (ohm)"


def test_of_too_many_curves_those_far_from_fault_free_are_named() -> None:
    figure = drawn({f"R{number:02}": 1e-4 * (1 - 0.02 * number) for number in range(40)})
    names = named(figure.axes[0])
    assert len(names) == 13
    # In their own order, however far each is.
    assert names[:-2] == [f"R{number}" for number in range(29, 40)]
    assert names[-2:] == ["29 others, nearer to fault-free", "fault-free"]
    assert len(figure.axes[0].lines) == 41


def test_opens_and_bridges_are_apart_and_a_wide_range_is_logarithmic() -> None:
    kinds = {"Rop1": "open", "bl~vdd:bridge": "bridge", "m1.d-s:short": "short"}
    curves = {"Rop1": 5e-5, "bl~vdd:bridge": 2.5e-3, "m1.d-s:short": 2e-3}
    opens, bridges = current_figure(currents(curves), "im_wr_a", kinds).axes
    assert (named(opens), named(bridges)) == (
        ["Rop1", "fault-free"],
        ["bl~vdd:bridge", "m1.d-s:short", "fault-free"],
    )
    assert (opens.get_yscale(), bridges.get_yscale()) == ("linear", "log")


def test_points_that_failed_and_quantities_without_a_unit_are_drawn_too() -> None:
    rows = [CurrentRow("c", "Rop1", ohm, value) for ohm, value in ((0.0, None), (1e3, None), (1e4, True))]
    [axes] = current_figure(rows, "spiked", {}).axes
    values = axes.lines[0].get_ydata()
    assert math.isnan(values[0])
    assert values[1] == 1
    assert (axes.get_ylabel(), named(axes)) == ("spiked", ["Rop1"])


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_drawn_as_they_are(name: str) -> None:
    written = texts(svg_text(drawn({name: 5e-5, "other": 2e-5})))
    assert any(text == name or (text.endswith("...") and name.startswith(text[:-3])) for text in written)
    places = texts(svg_text(behaviour_figure([behaviour(name, 0.6, 1.0, name)], [])))
    assert any(name[:20] in text and text.startswith("1 ") for text in places)


def test_no_curve_at_all_is_an_empty_figure() -> None:
    assert "<svg" in svg_text(current_figure([], "im_wr_a", {}))


def test_coverage_over_resistance_has_a_band_where_it_is_unknown_and_dashes_where_weights_matter() -> None:
    figure = resistance_figure(over_resistance())
    [axes], [legend] = figure.axes, figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "opens (5)",
        "opens, unknown",
        "opens, by weight",
        "bridges and shorts (5)",
    ]
    assert axes.lines[0].get_ydata() == pytest.approx([0, 40, 100])
    [band] = axes.collections
    assert band.get_paths()[0].vertices[:, 1].max() == pytest.approx(100)


def test_coverage_against_cost_rises_in_steps_to_all_that_can_be_covered() -> None:
    figure = cost_figure(chosen_set())
    [axes] = figure.axes
    steps, proven, found, most = axes.lines
    assert steps.get_ydata() == pytest.approx([25, 50, 75])
    assert steps.get_drawstyle() == "steps-post"
    assert [list(line.get_ydata()) for line in (proven, found)] == [[25, 75], [50]]
    assert most.get_ydata()[0] == 75
    assert "chosen: 2 vectors" in texts(svg_text(figure))
    assert axes.get_xlabel() == "time on the tester (s)"


def test_where_vectors_are_counted_the_cost_is_their_number() -> None:
    assert cost_figure(chosen_set("fewest vectors")).axes[0].get_xlabel() == "vectors (count)"


CROWD = [
    behaviour(f"xcell{number}.m{number % 7}:open", 0.4 + number / 80, 0.8 + (number * 7 % 50) / 100)
    for number in range(80)
]


def test_eighty_defects_have_numbers_that_do_not_overlap_and_a_key_that_is_whole() -> None:
    figure = behaviour_figure(CROWD, tolerances())
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts if text.get_text().isdigit()]
    assert len(boxes) == 24
    assert not [pair for pair in combinations(boxes, 2) if pair[0].overlaps(pair[1])]
    [legend] = figure.legends
    whole = figure.bbox
    for text in legend.get_texts():
        box = text.get_window_extent()
        assert whole.x0 <= box.x0 and box.x1 <= whole.x1 and whole.y0 <= box.y0 and box.y1 <= whole.y1, text


def test_places_of_one_spot_share_a_number_the_furthest_first() -> None:
    rows = [behaviour("near", 1.001, 1.0), behaviour("far", 0.5, 1.0), behaviour("beside", 0.5, 1.001)]
    figure = behaviour_figure(rows, [])
    said = [text.get_text() for text in figure.legends[0].get_texts()]
    assert said == ["Slow-to-Integrate (3)", "1  far and 1 more", "2  near"]
    assert [text.get_text() for text in figure.axes[0].texts if text.get_text().isdigit()] == ["1", "2"]


def test_what_lies_beyond_the_axes_is_drawn_at_their_ends_and_nearer_axes_show_more() -> None:
    wide = behaviour_figure([behaviour("dead", 0.0, 1.0), behaviour("fast", 9.0, 0.2)], []).axes[0]
    assert {float(x) for line in wide.lines for x in line.get_xdata()} == {0.3, 2.0}
    near = behaviour_figure([behaviour("near", 1.05, 1.0)], []).axes[0]
    assert near.get_xlim()[0] > 0.8
    assert near.get_xlim()[1] < 1.3
