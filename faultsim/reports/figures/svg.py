"""SVG as a tree: read with styles as attributes, made small, written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

DATA = "data"
"""An id that begins so is kept: what is below shows data, and its colours mean something."""

XY = tuple[float, float]
"""A place in a drawing."""

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_INHERITED = re.compile(r"fill|stroke|(fill|stroke|font|text)-[a-z]+")
_PLACES = ("d", "x", "y", "points", "transform")
_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}(?:e-?\d+)?|-?\d+\.?\d*e-\d+")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_EVERYWHERE = re.compile(r"\s*\*\s*\{([^{}]*)\}\s*")


def read(text: str) -> Element:
    """Return an SVG text as a tree: names without namespaces, a style as the attributes that say the same."""
    root = ElementTree.fromstring(text)
    for element in root.iter():
        element.tag = _local(element.tag)
        styled = declarations(element.attrib.pop("style", ""))
        element.attrib = {**{_local(name): value for name, value in element.attrib.items()}, **styled}
    return root


def declarations(css: str) -> dict[str, str]:
    """Return CSS declarations by property."""
    pairs = (part.partition(":") for part in css.split(";") if part.strip())
    return {name.strip(): value.strip() for name, _, value in pairs}


def references(element: Element) -> Iterator[tuple[str, str]]:
    """Return the attributes by which an element refers to others, each with the other's id."""
    for name, value in element.attrib.items():
        if name == "href" and value.startswith("#"):
            yield name, value[1:]
        elif found := _REFERENCE.fullmatch(value):
            yield name, found[1]


def rename(root: Element, names: Mapping[str, str]) -> None:
    """Give elements and what refers to them other ids; those without a new one lose theirs, except for `DATA`."""
    for element in root.iter():
        for key, other in list(references(element)):
            new = names.get(other, other)
            element.set(key, f"#{new}" if key == "href" else f"url(#{new})")
        old = element.attrib.pop("id", "")
        if old in names or old.startswith(DATA):
            element.set("id", names.get(old, old))


def inline(root: Element) -> str:
    """Return a tree as text that stands in an HTML page."""
    return ElementTree.tostring(root, encoding="unicode")


def compact(text: str) -> str:
    """Return matplotlib's SVG with the same look in far fewer characters, a file of its own.

    Places are rounded to a hundredth of a point, what all members of a group share is said once, ids are short, and
    those that nothing refers to go.
    """
    root = read(text)
    _style_of_all_on_root(root)
    _font_on_root(root)
    used = dict.fromkeys(other for element in root.iter() for _, other in references(element))
    rename(root, {old: f"i{number}" for number, old in enumerate(used)})
    for element in root.iter():
        for name in _PLACES:
            if name in element.attrib:
                element.set(name, _short(element.attrib[name]))
        if element.get("transform", "").startswith("rotate(-0 "):
            del element.attrib["transform"]
    _fold(root)
    for element in root.iter():
        element.tail = None
        if "href" in element.attrib:
            # Programs that draw files, unlike browsers, may know this older way only.
            element.set("xlink:href", element.attrib.pop("href"))
    root.attrib |= {"xmlns": _SVG, "xmlns:xlink": _XLINK}
    return inline(root) + "\n"


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _style_of_all_on_root(root: Element) -> None:
    """Turn the style sheet that gives everything the same style into attributes, which are inherited."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag == "metadata":
                parent.remove(child)
            elif child.tag == "style" and (found := _EVERYWHERE.fullmatch(child.text or "")):
                root.attrib |= declarations(found[1])
                parent.remove(child)


def _font_on_root(root: Element) -> None:
    texts = list(root.iter("text"))
    fonts = {text.get("font-family") for text in texts}
    if len(fonts) == 1 and (font := fonts.pop()):
        root.set("font-family", font)
        for text in texts:
            del text.attrib["font-family"]


def _fold(parent: Element) -> None:
    """Say once what all children share, and put the children of groups that say nothing in their place."""
    children: list[Element] = []
    for child in parent:
        _fold(child)
        bare = child.tag in ("g", "defs") and not (child.attrib if child.tag == "g" else len(child))
        children += list(child) if bare else [child]
    parent[:] = children
    parent.text = parent.text if parent.tag in ("text", "tspan", "title", "style") else None
    if parent.tag != "g" or len(children) < 2:
        return
    first = children[0].attrib
    for name in [name for name in first if _INHERITED.fullmatch(name) and name not in parent.attrib]:
        if all(child.get(name) == first[name] for child in children[1:]):
            parent.set(name, first[name])
            for child in children:
                del child.attrib[name]


def _short(place: str) -> str:
    """Return coordinates with two decimals; the numbers of a scale are factors and stay."""
    text = " ".join(place.split())
    if "scale" in text or "matrix" in text:
        return text
    return _LONG_NUMBER.sub(lambda found: f"{round(float(found[0]), 2) + 0.0:g}", text)
