"""What a circuit map is drawn with: wires, boxes, words and marks. All looks are in ``circuit_map.css``, by class."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from faultsim.fault_models.defect import Defect
from faultsim.reports.tracks.ink import clean, width

TITLE, NOTE = 11.0, 9.0
"""Sizes of the words of class ``label`` and ``note``, as the style sheet has them."""
SHAPES = {"open": "open", "bridge": "bridge", "short": "bridge", "device": "device", "parametric": "parametric"}
"""Kind of defect -> shape of its mark."""

XY = tuple[float, float]

_UNSAYABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Ink:
    """The drawing as it grows: wires lie under boxes, these under words, these under marks."""

    def __init__(self, classes: Mapping[str, str]) -> None:
        """Begin an empty drawing.

        Args:
            classes: Id of a defect -> class of its mark besides ``mark``.
        """
        self._classes = classes
        self.root = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "class": "circuit-map", "role": "group"})
        self._wires: dict[str, list[str]] = {}
        self._layers = {name: Element("g") for name in ("wires", "boxes", "words", "marks")}

    def wire(self, *points: XY, look: str = "wire") -> None:
        """Draw a wire along points."""
        self._wires.setdefault(look, []).append(trail(*points))

    def arrow(self, tip: XY, angle_deg: float = 0.0) -> None:
        """Draw an arrow's head that points right, or is turned clockwise."""
        turned = f" rotate({angle_deg:g})" if angle_deg else ""
        self._add("wires", "path", "head", d="M-6-3.5L0 0L-6 3.5Z", transform=moved(tip) + turned)

    def dot(self, at: XY) -> None:
        """Draw the dot of a junction: a line without length and with round ends, which is short to write."""
        self._wires.setdefault("dot", []).append(trail(at) + "h0")

    def box(self, at: XY, size: XY, look: str = "box") -> None:
        """Draw a box by its upper left corner."""
        (x, y), (wide, high) = at, size
        self._add("boxes", "rect", look, x=number(x), y=number(y), width=number(wide), height=number(high))

    def word(self, at: XY, text: str, look: str = "note", anchor: str = "start") -> None:
        """Write a line by its baseline, if there is one."""
        if text:
            place = {} if anchor == "start" else {"text-anchor": anchor}
            self._add("words", "text", look, x=number(at[0]), y=number(at[1]), **place).text = sayable(text)

    def shape(self, at: XY, kind: str, half: float) -> None:
        """Draw the shape of a kind of defect where it stands for none, in a key."""
        _shape(self._add("boxes", "g", "sample", transform=moved(at)), kind, half, upright=False)

    def mark(
        self,
        defect: Defect,
        at: XY,
        half: float,
        leads: Sequence[Sequence[XY]] = (),
        ends: Sequence[XY] = (),
        on: str = "",
    ) -> None:
        """Mark a defect.

        Args:
            defect: The defect.
            at: The middle of its mark.
            half: Half the width of its mark.
            leads: Lines that lead from it to what it joins, seen from its middle.
            ends: Where it joins that, seen from its middle.
            on: ``across`` or ``down`` for a mark on a wire that runs so.
        """
        kind = defect.definition.kind
        look = f"mark {self._classes.get(defect.id, '')}".rstrip()
        group = self._add("marks", "g", look, transform=moved(at))
        group.attrib |= {"data-defect": sayable(defect.id), "tabindex": "0", "role": "button"}
        model = "" if defect.model == kind else f", {defect.model}"
        SubElement(group, "title").text = sayable(f"{defect.id}\n{kind}{model}\n{defect.location}")
        for lead in leads:
            SubElement(group, "path", {"class": "mark-lead", "d": trail(*lead)})
        for x, y in ends:
            SubElement(group, "circle", {"class": "mark-end", "cx": number(x), "cy": number(y), "r": "2"})
        if on:
            SubElement(group, "path", {"class": "mark-back", "d": _rectangle(half + 0.5)})
        _shape(group, SHAPES[kind], half, upright=on == "down")

    def svg(self, size: XY, scale: float, name: str) -> str:
        """Return the drawing as SVG text; the size is in its own units, the scale is how many pixels one is."""
        self.root.set("viewBox", "0 0 " + " ".join(map(number, size)))
        self.root.attrib |= {side: number(scale * value) for side, value in zip(("width", "height"), size, strict=True)}
        self.root.set("aria-label", sayable(name))
        paths = [Element("path", {"class": look, "d": "".join(trails)}) for look, trails in self._wires.items()]
        self._layers["wires"][:] = [*paths, *self._layers["wires"]]
        self.root[:] = [layer for layer in self._layers.values() if len(layer)]
        return tostring(self.root, encoding="unicode")

    def _add(self, layer: str, tag: str, look: str, **values: str) -> Element:
        return SubElement(self._layers[layer], tag, {"class": look, **values})


def number(value: float) -> str:
    """Return a coordinate."""
    return f"{round(value, 2):g}"


def moved(at: XY) -> str:
    """Return what moves an element."""
    return f"translate({number(at[0])} {number(at[1])})"


def trail(*points: XY) -> str:
    """Return a line along points."""
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)


def sayable(text: str) -> str:
    """Return text with an escape for each character that XML cannot hold."""
    return _UNSAYABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def brief(text: str, room: float, size: float = TITLE) -> str:
    """Return the beginning of a name that fits into a room, as a line."""
    # No character is narrower than a unit: what comes after so many is not looked at.
    text = " ".join(clean(text[: int(room) + 1]).split())
    if width(text, size) <= room:
        return text
    while text and width(text + "…", size) > room:
        text = text[:-1]
    return text + "…"


def _rectangle(x: float, y: float | None = None, at: XY = (0, 0)) -> str:
    """Return a rectangle by half its width and height, and its middle."""
    (left, top), y = at, x if y is None else y
    return f"M{number(left - x)} {number(top - y)}h{number(2 * x)}v{number(2 * y)}h{number(-2 * x)}z"


def _shape(parent: Element, kind: str, half: float, upright: bool) -> None:
    """Draw a shape: a wire's two ends with a gap, a lozenge, a disc, a triangle."""
    look = {"class": "mark-shape"}
    if kind == "device":
        SubElement(parent, "circle", {**look, "r": number(half)})
        return
    SubElement(parent, "path", {**look, "d": _outline(kind, half, upright)})


def _outline(kind: str, half: float, upright: bool) -> str:
    if kind == "open":
        far, thin = 0.6 * half, 0.4 * half
        if upright:
            return _rectangle(half, thin, (0, -far)) + _rectangle(half, thin, (0, far))
        return _rectangle(thin, half, (-far, 0)) + _rectangle(thin, half, (far, 0))
    if kind == "bridge":
        corner = 1.2 * half
        return trail((0, -corner), (corner, 0), (0, corner), (-corner, 0)) + "z"
    return trail((0, -1.1 * half), (1.15 * half, 0.9 * half), (-1.15 * half, 0.9 * half)) + "z"
