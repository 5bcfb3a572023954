"""What holds for every figure: axes are named, nothing is said by hue alone, the same figure is the same bytes."""

from __future__ import annotations

import io
import re
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from faultsim.reports.figures.canvas import DPI, blank, png_bytes, rendered, shortened, svg_text
from faultsim.reports.figures.palette import DEFECT, FAINT, curve_style
from tests.unit.sample_figures import FIGURES, drawn

LIGHT, DARK = 1.0, 0.0095
"""Luminance of the two papers."""
# A ratio, a number of vectors, a magnetisation and what is written on the axis itself have no unit.
WITHOUT_UNIT = re.compile(r"mz|inputs|m of the cells|.*relative to fault-free|")
SCHEDULES = ("coding", "timing")


def labels(figure: Any) -> list[tuple[str, str]]:
    """Return the labels of each pair of axes: its own, or those of the whole figure."""
    shared = [getattr(text, "get_text", str)() for text in (figure._supxlabel, figure._supylabel)]
    shown = []
    for axes in figure.axes:
        own = [axis.get_label_text() if axis.get_visible() else "" for axis in (axes.xaxis, axes.yaxis)]
        needed = [bool(axis.get_visible() and len(axis.get_ticklocs())) for axis in (axes.xaxis, axes.yaxis)]
        shown += [
            (which, mine or whole) for which, mine, whole, asked in zip("xy", own, shared, needed, strict=True) if asked
        ]
    return shown


def luminance(color: Any) -> float:
    """Return the relative luminance of a colour, as WCAG has it."""
    parts = [level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4 for level in to_rgb(color)]
    return float(np.dot(parts, (0.2126, 0.7152, 0.0722)))


def contrast(one: float, other: float) -> float:
    low, high = sorted((one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", [name for name in FIGURES if name not in SCHEDULES])
def test_every_axis_is_named_with_its_unit(name: str) -> None:
    figure = FIGURES[name]()
    found = labels(figure)
    assert found
    for which, text in found:
        # Below a stack of tracks the time is said once; beside a map, once for a row.
        assert text or which == "y", (name, found)
        assert WITHOUT_UNIT.fullmatch(text) or re.search(r"\([^)]+\)", text), (name, text)
    assert {which for which, text in found if text} == {"x", "y"}


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_names_its_time(name: str) -> None:
    assert any(axes.get_xlabel().startswith("time") and "(ns)" in axes.get_xlabel() for axes in FIGURES[name]().axes)


@pytest.mark.parametrize("name", FIGURES)
def test_the_same_figure_is_the_same_bytes_without_date_and_version(name: str) -> None:
    svg, png = drawn(name)
    assert rendered(FIGURES[name]()) == (svg, png)
    assert not re.search(rb"tIME|tEXt|iTXt|zTXt|matplotlib|pillow", png, re.IGNORECASE)
    assert not re.search(r"20\d\d-\d\d|<metadata|matplotlib v", svg)


@pytest.mark.parametrize("name", FIGURES)
def test_a_png_shows_the_whole_figure_on_white(name: str) -> None:
    picture = Image.open(io.BytesIO(drawn(name)[1]))
    assert picture.size == tuple(int(side * DPI) for side in FIGURES[name]().get_size_inches())
    assert picture.info["dpi"] == pytest.approx((DPI, DPI), abs=0.1)
    pixels = np.asarray(picture.convert("RGB"))
    edges = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    # Something that is cut off would reach the edge.
    assert (edges == 255).all()
    assert (pixels < 64).any()


def test_a_png_has_the_colours_of_the_figure() -> None:
    figure = blank(1, 1)
    wanted = [curve_style(number)["color"] for number in range(7)] + [DEFECT, FAINT]
    for number, color in enumerate(wanted):
        figure.add_artist(_box(number / 9, color))
    pixels = np.asarray(Image.open(io.BytesIO(png_bytes(figure))).convert("RGB"))[DPI // 2].astype(int)
    seen = [pixels[int((number + 0.5) / 9 * DPI)] for number in range(9)]
    for color, pixel in zip(wanted, seen, strict=True):
        assert np.abs(pixel - 255 * np.array(to_rgb(color))).max() <= 4, color


def _box(left: float, color: str) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((left, 0), 1 / 9, 1, facecolor=color, linewidth=0)


def test_curves_are_told_apart_without_their_colour_and_can_be_seen_on_both_papers() -> None:
    styles = [curve_style(number) for number in range(36)]
    assert len({(style["linestyle"], style["marker"]) for style in styles}) == 36
    for style in styles:
        shade = luminance(style["color"])
        assert min(contrast(shade, LIGHT), contrast(shade, DARK)) >= 3, style


@pytest.mark.parametrize("name", ["currents", "responses", "behaviours"])
def test_no_two_curves_or_points_differ_by_hue_alone(name: str) -> None:
    for axes in FIGURES[name]().axes:
        lines = [line for line in axes.lines if line.get_label()[:1] not in ("_", "")]
        for one, other in combinations(lines, 2):
            assert (one.get_linestyle(), one.get_marker()) != (other.get_linestyle(), other.get_marker())


def test_shades_of_maps_rise_in_luminance() -> None:
    scale = [luminance(patch.get_facecolor()[:3]) for patch in FIGURES["maps"]().axes[-1].patches]
    assert len(scale) == 8
    assert min(np.diff(scale)) > 0.01


def test_pulses_of_a_shmoo_rise_in_luminance_and_silence_has_an_outline() -> None:
    axes = FIGURES["shmoo"]().axes[0]
    cells, outline = axes.collections
    shades = sorted(luminance(shade[:3]) for shade in cells.get_facecolor())
    assert min(np.diff(shades)) > 0.05
    # Silent in one cell, failed in another: two edges of the first, three of the second.
    assert len(outline.get_segments()) == 5


def test_names_are_cut_to_what_there_is_room_for() -> None:
    assert shortened("Rop1", 6) == "Rop1"
    assert shortened("x" * 300, 6) == "xxx..."


def test_a_figure_is_drawn_again_after_it_was_drawn() -> None:
    figure = FIGURES["coding"]()
    assert (svg_text(figure), png_bytes(figure)) == (svg_text(figure), png_bytes(figure))
