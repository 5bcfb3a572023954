"""The map of a circuit for the page of a run: the circuit as a drawing, and a mark for each defect where it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from faultsim.circuits.network import Network
from faultsim.fault_models.defect import Defect
from faultsim.reports.circuit_map.boxes import Box, boxes_of, draw_shelf, pitch_for, strip_of
from faultsim.reports.circuit_map.cutting import arranged
from faultsim.reports.circuit_map.ink import NOTE, SHAPES, Ink
from faultsim.reports.circuit_map.lattice import Lattice, lattice_of
from faultsim.reports.circuit_map.panel import PanelPen
from faultsim.reports.circuit_map.places import TOP_LEVEL, places
from faultsim.reports.tracks.ink import width

_ROOM = 1080.0
"""Width that a drawing keeps to where it can, in pixels."""
_MARGIN, _GAP = 4.0, 22.0
_LEAST = 640.0
"""Least room for boxes beside each other, in pixels."""
_FEW_IDLE = 24
_LARGEST, _HIGH = 1.3, 900.0
"""How much a small drawing is enlarged, and no more than to this height in pixels."""
_NAMES = {"open": "open", "bridge": "short or bridge", "device": "device", "parametric": "parameter or timing"}


def circuit_map(network: Network, defects: Sequence[Defect], classes: Mapping[str, str] | None = None) -> str:
    """Draw a circuit with a mark for each defect at its place.

    A crossbar is drawn as rows and columns; rows and columns without defects are folded where there are many. Any
    other circuit is a box per instance of its top level. What is at nothing that is drawn stands under the drawing.

    Args:
        network: The circuit.
        defects: The defects, each marked once, in a group of class ``mark`` that has its id in ``data-defect``.
        classes: Id of a defect -> another class of its mark, such as its verdict.

    Returns:
        SVG text whose looks are in ``circuit_map.css``; the same bytes for the same input.
    """
    lattice = lattice_of(network)
    found = places(network, lattice, defects)
    ink = Ink(classes or {})
    wide, lower = _draw_key(ink, defects)
    if lattice.columns:
        arrangement = arranged(lattice, found, _ROOM - 2 * _MARGIN)
        for panel, (x, y) in arrangement.panels:
            PanelPen(ink, panel, (_MARGIN + x, lower + y)).draw()
        wide, lower = max(wide, _MARGIN + arrangement.size[0]), lower + arrangement.size[1] + _GAP
    for title, boxes, look in (
        ("", _instances(lattice, boxes_of(found)), "box"),
        ("Elsewhere", strip_of(found), "box apart"),
    ):
        if boxes:
            ink.word((_MARGIN, lower + 12), title, "label")
            lower += 20 if title else 0
            across, lower = draw_shelf(ink, boxes, pitch_for(boxes), (_MARGIN, lower), max(wide, _LEAST), look)
            wide, lower = max(wide, across), lower + _GAP
    wide += _MARGIN
    scale = max(1.0, min(_LARGEST, _ROOM / wide, _HIGH / lower))
    return ink.svg((wide, lower), scale, f"{network.sidecar.title}: {len(defects)} defects")


def _draw_key(ink: Ink, defects: Sequence[Defect]) -> tuple[float, float]:
    """Draw which shape is which kind, of those that are there; return how wide it is, and its lower edge."""
    kinds = {SHAPES[defect.definition.kind] for defect in defects}
    x = _MARGIN
    for kind, name in _NAMES.items():
        if kind in kinds:
            ink.shape((x + 5, 10), kind, 4.5)
            ink.word((x + 14, 13.5), name)
            x += 0.85 * width(name, NOTE) + 34
    return x, 26.0 if kinds else _MARGIN


def _instances(lattice: Lattice, groups: Mapping[str, Mapping[str, Sequence[Defect]]]) -> list[Box]:
    """Return the instances that stand at no line, those without defects only where they are few."""
    found = [Box(name, lattice.top[name].model, groups.get(name, {})) for name in lattice.others]
    idle = sum(not box.count for box in found)
    boxes = [box for box in found if box.count or idle <= _FEW_IDLE]
    if TOP_LEVEL in groups:
        boxes.append(Box("top level", "", groups[TOP_LEVEL]))
    return boxes
