"""Schematic symbols: what schemdraw has, and the magnetic tunnel junctions that it has not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from schemdraw import elements
from schemdraw.elements import Element
from schemdraw.segments import Segment, SegmentCircle, SegmentPoly

from faultsim.reports.figures.svg import XY

_FREE, _BARRIER, _FIXED, _METAL = "white", "#333333", "#bdbdbd", "#e4e4e4"


@dataclass(frozen=True)
class Lead:
    """One terminal of a symbol, in its own frame: centre at the origin, not turned.

    Attributes:
        outer: Where a wire joins.
        inner: Where the body begins.
        side: Direction in which there is room for a label.
    """

    outer: XY
    inner: XY
    side: XY


@dataclass(frozen=True)
class Symbol:
    """How a kind of device is drawn.

    Attributes:
        leads: Terminal of the deck -> its lead.
        label: Where the device's name stands.
        make: Returns a new element; its anchor ``center`` is the origin of the frame.
        texts: What is written inside: where, what, how large. They stay upright however the symbol is turned.
    """

    leads: Mapping[str, Lead]
    label: XY
    make: Callable[[], Element]
    texts: tuple[tuple[XY, str, float], ...] = ()


class Pillar(Element):
    """Two-terminal MTJ: fixed layer, barrier and free layer, the fixed layer's side up."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors["center"] = (0, 0)
        self.segments += [Segment([(0, 1), (0, 0.4)]), Segment([(0, -0.4), (0, -1)]), *_layers(-0.4)]


class SheMtj(Element):
    """Three-terminal MTJ: the pillar, free layer down, on a heavy-metal bar (LATS 2024 Fig. 1b)."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors["center"] = (0, 0)
        self.segments += [Segment([(-1.5, 0), (-1, 0)]), Segment([(1, 0), (1.5, 0)]), Segment([(0, 1.5), (0, 1)])]
        self.segments += [_slab(-1, -0.2, 1, 0.2, _METAL), *_layers(0.2)]


class Inverter(Element):
    """Inverter, from left to right."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors["center"] = (0, 0)
        self.segments += [Segment([(-1, 0), (-0.5, 0)]), Segment([(0.56, 0), (1, 0)])]
        self.segments.append(SegmentPoly([(-0.5, 0.5), (-0.5, -0.5), (0.4, 0)], fill="white", zorder=3))
        self.segments.append(SegmentCircle((0.48, 0), 0.08, fill="white", zorder=3))


class Ammeter(Element):
    """Ammeter: a source of 0 V whose current is measured."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors["center"] = (0, 0)
        self.segments += [Segment([(0, 1), (0, 0.4)]), Segment([(0, -0.4), (0, -1)])]
        self.segments.append(SegmentCircle((0, 0), 0.4, fill="white", zorder=3))


def _slab(left: float, bottom: float, right: float, top: float, fill: str) -> SegmentPoly:
    return SegmentPoly([(left, bottom), (right, bottom), (right, top), (left, top)], fill=fill, lw=1, zorder=3)


def _layers(bottom: float) -> list[SegmentPoly]:
    """Return the pillar's layers, 0.8 high: free, barrier, fixed."""
    return [
        _slab(-0.45, bottom, 0.45, bottom + 0.34, _FREE),
        _slab(-0.45, bottom + 0.34, 0.45, bottom + 0.46, _BARRIER),
        _slab(-0.45, bottom + 0.46, 0.45, bottom + 0.8, _FIXED),
    ]


def _transistor(make: Callable[[], Element], upper: str, lower: str) -> Symbol:
    """Return a transistor with its gate at the right, brought from schemdraw's size onto the grid."""
    leads = {
        upper: Lead((0, 1), (0, 0.5), (-1, 0)),
        "g": Lead((1, 0), (0.55, 0), (0, 1)),
        lower: Lead((0, -1), (0, -0.5), (-1, 0)),
    }
    return Symbol(leads, (-0.2, 0), lambda: make().scalex(12 / 11).scaley(1.2))


def _layer_names(bottom: float) -> tuple[tuple[XY, str, float], ...]:
    """Return free and fixed layer as LATS 2024 Fig. 1 calls them."""
    return ((0, bottom + 0.17), "FL", 7.5), ((0, bottom + 0.63), "FX", 7.5)


def _upright(
    make: Callable[[], Element],
    first: str,
    second: str,
    body: float,
    down: bool = True,
    texts: tuple[tuple[XY, str, float], ...] = (),
) -> Symbol:
    """Return a two-terminal symbol from its first to its second terminal, 2 units long."""
    sign = 1 if down else -1
    leads = {
        first: Lead((0, sign), (0, sign * body), (1, 0)),
        second: Lead((0, -sign), (0, -sign * body), (1, 0)),
    }
    return Symbol(leads, (0.6, 0), make, texts)


_SHE_MTJ = {
    "pil": Lead((0, 1.5), (0, 1), (1, 0)),
    "ha": Lead((-1.5, 0), (-1, 0), (0, 1)),
    "hb": Lead((1.5, 0), (1, 0), (0, 1)),
}
_INVERTER = {"in": Lead((-1, 0), (-0.5, 0), (0, 1)), "out": Lead((1, 0), (0.56, 0), (0, -1))}

SYMBOLS: Mapping[str, Symbol] = MappingProxyType(
    {
        "nmos": _transistor(lambda: elements.AnalogNFet(offset_gate=False), "d", "s"),
        "pmos": _transistor(lambda: elements.AnalogPFet(offset_gate=False), "s", "d"),
        "mtj": _upright(Pillar, "fix", "free", 0.4, texts=_layer_names(-0.4)),
        "she_mtj": Symbol(_SHE_MTJ, (0.6, 0.75), SheMtj, (*_layer_names(0.2), ((0, 0), "heavy metal", 8))),
        "resistor": _upright(elements.ResistorIEEE, "1", "2", 0.5),
        "capacitor": _upright(elements.Capacitor, "1", "2", 0.09),
        "voltage": _upright(elements.SourceV, "n", "p", 0.5, down=False),
        "current": _upright(elements.SourceI, "p", "n", 0.5),
        "ammeter": _upright(Ammeter, "p", "n", 0.4, texts=(((0, 0), "A", 11),)),
        "inverter": Symbol(_INVERTER, (0, -0.75), Inverter),
    }
)
"""Symbols by the names that drawings use."""
