"""SVG made small looks the same; in a page it takes the page's ink, and no name of it meets another's."""

from __future__ import annotations

import io
import re
from collections import Counter
from functools import cache
from typing import Any
from xml.etree import ElementTree

import matplotlib
import pytest

from faultsim.circuits import network
from faultsim.reports.drawings.gallery import drawings_of
from faultsim.reports.figures.svg import compact, declarations, read, references
from faultsim.reports.figures.theme import themed
from tests.unit.sample_figures import FIGURES, drawn

INK = re.compile(r"black|white|#000(000)?|#fff(fff)?|#([0-9a-f]{2})\3\3", re.IGNORECASE)

LARGE = ("currents", "waveforms", "maps", "shmoo", "behaviours")


@cache
def matplotlibs(name: str) -> str:
    """Return a figure as matplotlib writes it."""
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "faultsim", "svg.fonttype": "none"}):
        FIGURES[name]().savefig(buffer, format="svg")
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def shapes(root: Any) -> list[tuple[str, list[float]]]:
    """Return what is drawn, in order, with the numbers of its place."""
    found = []
    for element in root.iter():
        if element.tag in ("path", "use", "text"):
            place = " ".join(element.get(name, "") for name in ("d", "x", "y"))
            found.append((element.tag, [float(number) for number in re.findall(r"-?[\d.]+(?:e-?\d+)?", place)]))
    return found


def inherited(root: Any) -> list[tuple[str, ...]]:
    """Return the paint of everything that is drawn, its own or what it inherits."""
    names = ("fill", "stroke", "stroke-width", "stroke-opacity", "font-size", "font-family", "text-anchor")
    found: list[tuple[str, ...]] = []

    def walk(element: Any, around: dict[str, str]) -> None:
        here = {name: element.get(name, around[name]) for name in names}
        if element.tag in ("path", "use", "text"):
            # Only letters have a font.
            used = [value for name, value in here.items() if element.tag == "text" or not name.startswith("font")]
            found.append(tuple(used))
        for child in element:
            walk(child, here)

    walk(root, dict.fromkeys(names, ""))
    return found


@pytest.mark.parametrize("name", LARGE)
def test_compact_svg_draws_the_same_in_the_same_paint_to_a_hundredth_of_a_point(name: str) -> None:
    text = matplotlibs(name)
    before, after = read(text), read(compact(text))
    old, new = shapes(before), shapes(after)
    assert [tag for tag, _ in new] == [tag for tag, _ in old]
    for (_, places), (_, rounded) in zip(old, new, strict=True):
        assert rounded == pytest.approx(places, abs=0.00501)
    assert inherited(after) == inherited(before)
    assert ["".join(each.itertext()) for each in after.iter("text")] == [
        "".join(each.itertext()) for each in before.iter("text")
    ]


@pytest.mark.parametrize("name", LARGE)
def test_compact_svg_is_a_file_of_its_own_and_far_shorter(name: str) -> None:
    text = drawn(name)[0]
    assert text.startswith("<svg ")
    root = ElementTree.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert {other for element in read(text).iter() for _, other in references(element)} <= set(ids)
    assert not re.search(r"<style|\sstyle=", text)
    assert len(text) < 0.6 * len(matplotlibs(name))


@pytest.fixture(scope="module")
def drawings() -> dict[str, str]:
    """Every figure, and everything that is drawn of a circuit."""
    circuit = network.load("crossbar4")
    sketches = {name: each.svg() for name, each in drawings_of(circuit, circuit.sites.values()).items()}
    return {**sketches, **{f"sample-{name}": drawn(name)[0] for name in FIGURES}}


def test_themed_drawings_have_no_ink_of_their_own_but_that_of_data(drawings: dict[str, str]) -> None:
    for name, svg in drawings.items():
        root = read(themed(svg, name))
        data = {
            each for group in root.iter() if group.get("id", "").startswith(f"{name}-data") for each in group.iter()
        }
        assert bool(data) is (name in ("coding", "sample-coding"))
        for element in set(root.iter()) - data:
            for paint in ("fill", "stroke"):
                assert not INK.fullmatch(element.get(paint, "")), (name, ElementTree.tostring(element))
        assert root.get("fill") == "currentColor"


def test_themed_drawings_pass_a_content_security_policy_and_load_nothing(drawings: dict[str, str]) -> None:
    for name, svg in drawings.items():
        text = themed(svg, name)
        assert not re.search(r"<style|\sstyle=|xmlns|xlink|url\((?!#)|href=\"(?!#)|<image|<script", text), name


def test_ids_of_themed_drawings_are_unique_in_a_page_and_every_reference_is_met(drawings: dict[str, str]) -> None:
    # The same figure twice, as two campaigns of one page would have it.
    page = [read(themed(svg, name)) for name, svg in drawings.items()]
    page += [read(themed(svg, f"again-{name}")) for name, svg in drawings.items()]
    ids = [element.get("id", "") for root in page for element in root.iter() if element.get("id")]
    assert [name for name, times in Counter(ids).items() if times > 1] == []
    for root in page:
        own = {element.get("id") for element in root.iter()}
        assert {other for element in root.iter() for _, other in references(element)} <= own


def test_themed_drawings_have_no_background(drawings: dict[str, str]) -> None:
    for name, svg in drawings.items():
        width, height = map(float, read(svg).get("viewBox", "").split()[2:])
        for element in read(themed(svg, name)).iter():
            if element.tag in ("path", "polygon") and element.get("fill", "").startswith("var(--paper"):
                numbers = [
                    float(number)
                    for number in re.findall(r"-?[\d.]+", element.get("d", "") or element.get("points", ""))
                ]
                size = max(numbers[::2]) - min(numbers[::2]), max(numbers[1::2]) - min(numbers[1::2])
                assert size[0] < width or size[1] < height, name


def svg(body: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path fill="white" d="M0 0h9v9z"/>{body}</svg>'


@pytest.mark.parametrize(
    ("body", "drawn"),
    [
        ('<path stroke="black"/>', '<path stroke="currentColor" />'),
        ('<path style="stroke: #000; fill: none"/>', '<path stroke="currentColor" fill="none" />'),
        ('<path fill="#fff"/>', '<path fill="var(--paper, white)" />'),
        ('<path fill="#666666"/>', '<path fill="currentColor" fill-opacity="0.6" />'),
        ('<path fill="#b2b2b2" fill-opacity="0.5"/>', '<path fill="currentColor" fill-opacity="0.151" />'),
        ('<path fill="#b00000"/>', '<path fill="var(--defect, #b00000)" />'),
        ('<path fill="#1f6fb4"/>', '<path fill="#1f6fb4" />'),
        ('<g fill="#666666"><path fill="#1f6fb4"/></g>', '<path fill="#1f6fb4" fill-opacity="1" />'),
        ('<g id="data-1"><path fill="#666666"/></g>', '<g id="n-data-1" fill="black"><path fill="#666666" /></g>'),
        ("<text>a &lt;b&gt; &amp; c</text>", "<text>a &lt;b&gt; &amp; c</text>"),
    ],
)
def test_ink_of_a_page(body: str, drawn: str) -> None:
    text = themed(svg(body), "n")
    assert drawn in text
    assert "M0 0h9v9z" not in text


def test_declarations_are_read_by_name() -> None:
    assert declarations("fill: none; stroke:#000;;") == {"fill": "none", "stroke": "#000"}
