"""Boxes of a circuit map: the marks of an element, its devices in turn, on a grid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, inf

from faultsim.fault_models.defect import Defect
from faultsim.reports.circuit_map.ink import NOTE, TITLE, XY, Ink, brief
from faultsim.reports.circuit_map.places import Elsewhere, Inside, Place
from faultsim.reports.tracks.ink import width

HEAD = 17.0
"""Height of a box without marks: room for its title."""

_LONGEST_NAME, _LONGEST_TITLE = 110.0, 150.0
_PAD = 7.0
_PITCHES = ((48, 15.0), (110, 13.0))
_FINEST_PITCH = 11.0
_MOST, _MANY = 0.8, 12
"""Share of devices that a tab has room for, and most of the marks that this room is for."""
_KINDS = ("open", "short", "bridge", "device", "parametric")


@dataclass(frozen=True)
class Box:
    """An element with its defects.

    Attributes:
        title: What it is called.
        note: What it is.
        groups: Device in it -> its defects, of one kind after the other.
    """

    title: str
    note: str
    groups: Mapping[str, Sequence[Defect]]

    @property
    def heading(self) -> tuple[str, str]:
        """Return what is written at its upper edge: at the left and at the right."""
        return brief(self.title, _LONGEST_TITLE), brief(self.note, _LONGEST_NAME, NOTE)

    @property
    def count(self) -> int:
        """Return how many defects it has."""
        return sum(map(len, self.groups.values()))


@dataclass(frozen=True)
class Grid:
    """The grid of boxes of a sort: marks and names of devices stand in slots, devices begin at tabs.

    Attributes:
        pitch: From a slot to the next.
        name: How many slots a device's name takes.
        tab: How many slots there are from tab to tab.
        tabs: How many tabs a line has.
    """

    pitch: float
    name: int
    tab: int
    tabs: int

    @property
    def half(self) -> float:
        """Return half the width of a mark."""
        return (self.pitch - 6) / 2

    @property
    def slots(self) -> int:
        """Return how many slots a line has; the gap in front of the next tab is none."""
        return self.tab * self.tabs - 1

    @property
    def room(self) -> float:
        """Return the room for a device's name."""
        return self.name * self.pitch - 3

    def size(self, box: Box) -> XY:
        """Return how wide and high a box is."""
        title, note = box.heading
        least = ceil(width(title, TITLE) + (width(note, NOTE) + 8 if note else 0))
        if not box.count:
            return least + 2 * _PAD, HEAD
        lines = 1 + max(line for _, line, _ in self.packed(box))
        return max(least, self.slots * self.pitch) + 2 * _PAD, HEAD + lines * (self.pitch + 2) + 4

    def packed(self, box: Box) -> Iterator[tuple[int, int, str | Defect]]:
        """Return the slot and the line of each name of a device and each mark.

        A device that has no room in the rest of a line begins the next; its marks go on under each other.
        """
        slot, line = 0, 0
        for device, defects in box.groups.items():
            if slot and slot + self.name + len(defects) > self.slots:
                slot, line = 0, line + 1
            first = slot + self.name if device else slot
            if device:
                yield slot, line, device
            slot = first
            for defect in defects:
                if slot >= self.slots:
                    slot, line = first, line + 1
                yield slot, line, defect
                slot += 1
            slot = self.tab * ceil((slot + 1) / self.tab)


def pitch_for(boxes: Iterable[Box]) -> float:
    """Return how far marks are apart in a drawing: the nearer, the more the fullest box has."""
    fullest = max((box.count for box in boxes), default=0)
    return next((pitch for most, pitch in _PITCHES if fullest <= most), _FINEST_PITCH)


def grid_for(boxes: Sequence[Box], pitch: float, shape: float, most: float = inf) -> Grid:
    """Return the grid of boxes of a sort.

    Args:
        boxes: The boxes.
        pitch: From a slot to the next.
        shape: How many times as wide as high the fullest box is at least.
        most: Width that it does not exceed for that.
    """
    groups = [(device, len(defects)) for box in boxes for device, defects in box.groups.items()]
    names = [width(brief(device, _LONGEST_NAME, NOTE), NOTE) for device, _ in groups if device]
    name = ceil((max(names) + 5) / pitch) if names else 0
    counts = sorted(count for _, count in groups)
    usual = counts[ceil(_MOST * len(counts)) - 1] if counts else 1
    grid = Grid(pitch, name, name + min(usual, _MANY) + 1, 1)
    fullest = max(boxes, key=lambda box: box.count, default=Box("", "", {}))
    while grid.tabs < fullest.count:
        wide, high = grid.size(fullest)
        wider = replace(grid, tabs=grid.tabs + 1)
        if wide >= shape * high or wider.size(fullest)[0] > most:
            break
        grid = wider
    return grid


def boxes_of(places: Mapping[Place, Sequence[Defect]]) -> dict[str, dict[str, list[Defect]]]:
    """Return by owner the groups of its box."""
    inside = sorted((place for place in places if isinstance(place, Inside)), key=lambda place: place.rank)
    found: dict[str, dict[str, list[Defect]]] = {}
    for place in inside:
        group = found.setdefault(place.owner, {}).setdefault(place.device, [])
        group.extend(places[place])
    return {owner: {device: _sorted(group) for device, group in groups.items()} for owner, groups in found.items()}


def strip_of(places: Mapping[Place, Sequence[Defect]]) -> list[Box]:
    """Return a box per kind of place that is not drawn."""
    found: dict[str, dict[str, list[Defect]]] = {}
    for place, defects in places.items():
        if isinstance(place, Elsewhere):
            found.setdefault(place.kind, {}).setdefault(place.where, []).extend(defects)
    return [Box(kind, "", {where: _sorted(group) for where, group in groups.items()}) for kind, groups in found.items()]


def draw_box(ink: Ink, box: Box, grid: Grid, at: XY, size: XY, look: str = "box") -> None:
    """Draw a box with its marks."""
    x, y = at
    ink.box(at, size, look)
    title, note = box.heading
    ink.word((x + _PAD, y + 12.5), title, "label")
    ink.word((x + size[0] - _PAD, y + 12.5), note, anchor="end")
    for slot, line, what in grid.packed(box):
        left, middle = x + _PAD + slot * grid.pitch, y + HEAD + (line + 0.5) * (grid.pitch + 2)
        if isinstance(what, str):
            ink.word((left, middle + 3), brief(what, grid.room, NOTE))
        else:
            ink.mark(what, (left + grid.pitch / 2, middle), grid.half)


def draw_shelf(ink: Ink, boxes: Sequence[Box], pitch: float, at: XY, room: float, look: str = "box") -> XY:
    """Draw boxes beside and under each other; return the right and the lower edge."""
    (left, top), x, high, right = at, at[0], 0.0, 0.0
    for box in boxes:
        grid = grid_for([box], pitch, 3.0, room)
        wide, tall = grid.size(box)
        if x > left and x + wide > left + room:
            x, top, high = left, top + high + 10, 0.0
        draw_box(ink, box, grid, (x, top), (wide, tall), look)
        right, high = max(right, x + wide), max(high, tall)
        x += wide + 10
    return right, top + high


def _sorted(defects: Iterable[Defect]) -> list[Defect]:
    return sorted(defects, key=lambda defect: _KINDS.index(defect.definition.kind))
