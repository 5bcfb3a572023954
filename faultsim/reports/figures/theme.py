"""Drawings that take ink and paper from the page around them, so that they are readable in light, dark and print.

The page may set ``--paper``, what lies behind its figures, and ``--defect``, the colour in which drawings of circuits
mark defects; ink is its text's.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from faultsim.reports.figures.palette import DEFECT, INK
from faultsim.reports.figures.svg import DATA, inline, read, rename

_THEMED_INK, _PAPER, _MARK = "currentColor", "var(--paper, white)", f"var(--defect, {DEFECT})"
_NAMED = {"black": "#000000", "white": "#ffffff"}
_GREY = re.compile(r"#([0-9a-f]{2})\1\1")
_SHORT = re.compile(r"#[0-9a-f]{3}")
_SHAPES = ("path", "polygon", "rect")


def themed(svg: str, name: str) -> str:
    """Return a stand-alone drawing as a part of a page.

    Black becomes the page's ink, greys as much of it as they are black, white its paper; the background goes. Colours
    of data (`faultsim.reports.svg.DATA`) stay. Styles are attributes, which a content security policy lets pass.

    Args:
        svg: SVG text with black ink on white.
        name: Unlike that of any other drawing of the page; its ids begin with it.
    """
    root = read(svg)
    _bare(root)
    rename(root, {old: f"{name}-{old}" for element in root.iter() if (old := element.get("id", ""))})
    root.attrib.setdefault("fill", _THEMED_INK)
    for child in root:
        _ink(child, {"fill": 1.0, "stroke": 1.0}, f"{name}-{DATA}")
    return inline(root)


def _bare(root: Element) -> None:
    """Take the background away: the white shape that is drawn first."""
    for parent in root.iter():
        for child in parent:
            if child.tag in _SHAPES and _hex(child.get("fill", "")) == "#ffffff":
                parent.remove(child)
                return


def _ink(element: Element, around: dict[str, float], data: str) -> None:
    """Change the colours of an element and what is in it.

    Args:
        element: The element.
        around: Opacity that it would inherit, for fill and stroke.
        data: How ids of what shows data begin.
    """
    if element.get("id", "").startswith(data):
        # What says no colour is black, here as well.
        element.attrib.setdefault("fill", INK)
        return
    here = dict(around)
    for kind in around:
        opacity = f"{kind}-opacity"
        if kind in element.attrib:
            own = float(element.attrib.pop(opacity, 1.0))
            color, share = _themed(element.attrib[kind])
            element.set(kind, color)
            here[kind] = own * share
        elif opacity in element.attrib:
            here[kind] = float(element.attrib.pop(opacity))
        if here[kind] != around[kind]:
            element.set(opacity, f"{here[kind]:.3g}")
    for child in element:
        _ink(child, here, data)


def _themed(color: str) -> tuple[str, float]:
    """Return the colour in a page, and how much of it."""
    plain = _hex(color)
    if plain == "#ffffff":
        return _PAPER, 1.0
    if found := _GREY.fullmatch(plain):
        return _THEMED_INK, 1 - int(found[1], 16) / 255
    return (_MARK, 1.0) if plain == DEFECT else (color, 1.0)


def _hex(color: str) -> str:
    """Return a colour as six hexadecimal digits, where it is one of these or black or white."""
    plain = _NAMED.get(color, color).lower()
    return "#" + "".join(2 * digit for digit in plain[1:]) if _SHORT.fullmatch(plain) else plain
