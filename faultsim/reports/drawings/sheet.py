"""A sheet to draw on: lines, boxes, text and markers in one style, given back as SVG text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal
from xml.etree import ElementTree

from schemdraw import Drawing, svgconfig
from schemdraw.elements import Element
from schemdraw.segments import Segment, SegmentCircle, SegmentPoly, SegmentText
from schemdraw.types import BBox

from faultsim.reports.figures.palette import DEFECT, FONT, INK
from faultsim.reports.figures.svg import XY

Align = Literal["left", "center", "right"]

POINTS_PER_UNIT = 36.0

_NUMBER = re.compile(r"-?\d+\.\d{3,}(?:e-?\d+)?|-?\d+\.?\d*e-\d+")
_TEETH = 3


class Sheet:
    """Collects what is drawn; a unit is half an inch, y points up."""

    def __init__(self) -> None:
        # The canvas is named here and not with schemdraw.use(), which would set it for the whole process.
        self._drawing = Drawing(canvas="svg", show=False, lw=1.3, fontsize=10, font=FONT, margin=0.3)
        self._reach: list[float] = []

    def place(self, element: Element) -> None:
        """Add a schemdraw element that is positioned already."""
        self._drawing.add(element)

    def line(self, points: Sequence[XY], width: float = 1.3) -> None:
        """Draw a polyline."""
        self._add(Segment(list(points), color=INK, lw=width, zorder=2))

    def arrow(self, start: XY, end: XY) -> None:
        """Draw a line that ends in an arrow head."""
        self._add(Segment([start, end], color=INK, lw=1.3, arrow="->", arrowwidth=0.14, arrowlength=0.2, zorder=2))

    def box(self, low: XY, high: XY) -> None:
        """Draw a rectangle by two opposite corners."""
        corners = [low, (high[0], low[1]), high, (low[0], high[1])]
        self._add(SegmentPoly(corners, fill="white", color=INK, lw=1.3, zorder=3))

    def dot(self, at: XY, radius: float = 0.07, fill: str = INK) -> None:
        """Draw a junction, or a port where the fill is white."""
        self._add(SegmentCircle(at, radius, fill=fill, color=INK, lw=1.1, zorder=7))

    def text(self, at: XY, text: str, align: Align = "left", size: float = 10, color: str = INK) -> None:
        """Write one line, its middle at the height of a point."""
        # Not every SVG renderer knows dominant-baseline; from the base line all of them agree.
        base = (at[0], at[1] - 0.36 * size / POINTS_PER_UNIT)
        # schemdraw takes letters for narrower than they are in this font.
        width = 0.64 * size / POINTS_PER_UNIT * len(text)
        start = at[0] - {"left": 0.0, "center": 0.5, "right": 1.0}[align] * width
        self._reach += [start, start + width]
        # schemdraw escapes < and > alone.
        escaped = text.replace("&", "&amp;")
        self._add(SegmentText(base, escaped, (align, "base"), color=color, fontsize=size, font=FONT, zorder=8))

    def open(self, start: XY, end: XY) -> None:
        """Replace a straight piece of a wire by the resistor of an open."""
        length = abs(end[0] - start[0]) + abs(end[1] - start[1])
        along = ((end[0] - start[0]) / length, (end[1] - start[1]) / length)
        self._add(Segment([start, end], color="white", lw=4, capstyle="butt", zorder=5))
        body = min(length, 0.7)
        skip = (length - body) / 2

        def point(distance: float, aside: float) -> XY:
            return (
                start[0] + along[0] * distance - along[1] * aside,
                start[1] + along[1] * distance + along[0] * aside,
            )

        steps = [(step + 0.5) / (2 * _TEETH) for step in range(2 * _TEETH)]
        zigzag = [point(skip + body * step, 0.13 if number % 2 else -0.13) for number, step in enumerate(steps)]
        path = [start, point(skip, 0), *zigzag, point(skip + body, 0), end]
        self._add(Segment(path, color=DEFECT, lw=1.7, joinstyle="miter", zorder=6))

    def svg(self, title: str) -> str:
        """Return the drawing: the same bytes for the same calls, text as text, on white."""
        # Where ziamath happens to be installed, schemdraw would write letters as outlines.
        svgconfig.text = "text"
        figure = self._drawing.draw(show=False)
        drawn = self._drawing.get_bbox()
        left, right = min([drawn.xmin, *self._reach]), max([drawn.xmax, *self._reach])
        figure.set_bbox(BBox(left, drawn.ymin, right, drawn.ymax))
        box = figure.bbox
        corners = [(box.xmin, box.ymin), (box.xmax, box.ymin), (box.xmax, box.ymax), (box.xmin, box.ymax)]
        figure.poly(corners, color="none", fill="white", zorder=-1)
        root = figure.getsvg()
        heading = ElementTree.Element("title")
        heading.text = title
        root.insert(0, heading)
        # schemdraw writes a solid line's dashes as "-", which is no CSS.
        text = ElementTree.tostring(root, encoding="unicode").replace("stroke-dasharray:-;", "")
        # The last digits of a float may differ from machine to machine.
        return _NUMBER.sub(_rounded, text) + "\n"

    def _add(self, segment: Segment | SegmentCircle | SegmentPoly | SegmentText) -> None:
        element = Element()
        element.segments.append(segment)
        self._drawing.add(element.at((0, 0)).theta(0))


def _rounded(match: re.Match[str]) -> str:
    return f"{round(float(match[0]), 2) + 0.0:g}"
