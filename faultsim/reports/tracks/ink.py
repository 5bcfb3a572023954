"""What a track diagram is drawn with: SVG elements, and text as it is written there."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import east_asian_width
from xml.etree.ElementTree import Element, SubElement

from faultsim.reports.figures.palette import DEFECT, INK
from faultsim.reports.figures.svg import XY

UNDETECTABLE = "#8a8a8a"
"""Colour of the mark of what nothing could detect."""
SMALL = 7.0
"""Size of the names of terminals."""
LONGEST = 60
"""A name of more characters is cut."""

_SIZE = 8.0


def add(
    parent: Element, tag: str, says: tuple[str, str] = ("", ""), title: Sequence[str] = (), **values: float | str
) -> Element:
    """Add an element; one that stands for something says of which kind it is, and its name."""
    said = {"class": says[0], "data-name": clean(says[1])} if says[0] else {}
    plain = {key: value if isinstance(value, str) else f"{value:.6g}" for key, value in values.items()}
    node = SubElement(parent, tag, {**said, **{key.replace("_", "-"): value for key, value in plain.items()}})
    if title:
        SubElement(node, "title").text = "\n".join(title)
    return node


def write(
    parent: Element,
    at: XY,
    text: str,
    anchor: str = "start",
    size: float = _SIZE,
    color: str = INK,
    upright: bool = False,
) -> None:
    """Write a line, if there is one."""
    if text:
        turn = {"transform": f"rotate(-90 {at[0]:.6g} {at[1]:.6g})"} if upright else {}
        node = add(parent, "text", x=at[0], y=at[1], font_size=size, fill=color, stroke="none", text_anchor=anchor)
        node.attrib |= turn
        node.text = text


def path_of(*points: XY) -> str:
    """Return the data of a path along points."""
    return "M" + " L".join(f"{x:.6g},{y:.6g}" for x, y in points)


def dot(parent: Element, at: XY, radius: float, fill: str, stroke: str) -> None:
    """Draw a disc with an edge."""
    add(parent, "circle", cx=at[0], cy=at[1], r=radius, fill=fill, stroke=stroke, stroke_width=0.8)


def cross(node: Element, at: XY, hollow: bool) -> None:
    """Draw the mark of an open, in a ring if it is hollow."""
    (x, y), arm = at, 3
    if hollow:
        dot(node, at, 3.6, "white", UNDETECTABLE)
    strokes = path_of((x - arm, y - arm), (x + arm, y + arm)), path_of((x - arm, y + arm), (x + arm, y - arm))
    add(node, "path", d=" ".join(strokes))


def zigzag(node: Element, x: float, top: float, bottom: float, hollow: bool) -> None:
    """Draw the mark of a short or a bridge, from one height down to another."""
    middle = (top + bottom) / 2
    teeth = [(x + (-2.5, 2.5)[tooth % 2], middle + 1.5 * (tooth - 2.5)) for tooth in range(6)]
    add(node, "path", d=path_of((x, top), (x, middle - 5), *teeth, (x, middle + 5), (x, bottom)), stroke_width=1.1)
    for y in (top, bottom):
        dot(node, (x, y), 1.7, "white" if hollow else DEFECT, UNDETECTABLE if hollow else DEFECT)


def clean(text: str) -> str:
    """Return text without characters that XML cannot hold."""
    return "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in text)


def short(text: str, most: int = LONGEST) -> str:
    """Return a name as it is drawn."""
    text = clean(text)
    return text if len(text) <= most else f"{text[: most - 3]}..."


def width(text: str, size: float = _SIZE) -> float:
    """Return about how wide a text is."""
    return size * sum(1.1 if east_asian_width(each) in "WF" else 1 if each in "mwMW@%" else 0.62 for each in text)
