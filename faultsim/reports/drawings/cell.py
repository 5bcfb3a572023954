"""Drawings of cells: what their files say, and the way from a file to SVG text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from faultsim import library
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.network import Network
from faultsim.circuits.sites import Cut, Site
from faultsim.errors import Problem, SpecError, UsageError, did_you_mean
from faultsim.specfile import Spec, read_spec

Place = tuple[float, float]
Kind = Literal["nmos", "pmos", "mtj", "she_mtj", "resistor", "capacitor", "voltage", "current", "ammeter", "inverter"]
Side = Literal["left", "right", "above", "below"]


class PartSpec(Spec):
    """A symbol: one device of the subcircuit, or several that are drawn as one, such as an inverter."""

    symbol: Kind
    at: Place = Field(description="its middle, in units of half an inch; y points up")
    device: str = Field(default="", description="name of the element card")
    name: str = Field(default="", description="what wires call a symbol for several devices")
    joins: dict[str, list[str]] = Field(
        default_factory=dict, description="terminal of a symbol for several devices -> their element.terminal"
    )
    turn: Literal[0, 90, 180, 270] = Field(default=0, description="degrees, against the clock; after mirror")
    mirror: bool = Field(default=False, description="left and right exchanged")
    values: list[str] = Field(default_factory=list, description="parameters of the card to show, 'value' for an R or C")
    label: Side | None = Field(default=None, description="where the name stands, if not at the symbol's usual place")

    @model_validator(mode="after")
    def _one_meaning(self) -> Self:
        if bool(self.device) == bool(self.name) or bool(self.name) != bool(self.joins):
            raise ValueError("give device, or for several devices name and joins")
        return self

    @property
    def key(self) -> str:
        """Return the name by which wires join it."""
        return (self.device or self.name).lower()


class EndSpec(Spec):
    """What names a wire at one of its points."""

    at: Place | str = Field(description="a point of the wire, or part.terminal")
    mark: Literal["port", "supply", "ground"]
    side: Side = "left"
    note: str = ""


class WireSpec(Spec):
    """A connected piece of a net; the parts' terminals that its paths name are those that it joins."""

    net: str
    paths: list[list[Place | str]] = Field(
        min_length=1,
        description='points, part.terminal, and between two of them "-|" (first across) or "|-" (first up or down)',
    )
    ends: list[EndSpec] = Field(default_factory=list)


class OmitSpec(Spec):
    """Devices that are not drawn."""

    devices: list[str] = Field(min_length=1)
    reason: str


class HideSpec(Spec):
    """Terminals of drawn devices that are not drawn."""

    terminals: list[str] = Field(min_length=1, description="element.terminal; * stands for anything")
    net: str = Field(default="", description="the net that all of them have to be on")
    reason: str


class DrawingSpec(Spec):
    """The drawing of a subcircuit."""

    title: str
    source: str = ""
    cell: str = Field(description="the subcircuit; also the file's name")
    parts: list[PartSpec] = Field(min_length=1)
    wires: list[WireSpec] = Field(min_length=1)
    omit: list[OmitSpec] = Field(default_factory=list)
    hide: list[HideSpec] = Field(default_factory=list)


def cell_drawing(network: Network, cell: str, sites: Sequence[Site] = ()) -> str:
    """Draw a cell of a network (LATS 2024 Fig. 2), with the places of defects marked (Fig. 10).

    The drawing is checked against the deck: every device and every connection of the subcircuit is drawn or
    left out for a stated reason, and nothing else is.

    Args:
        network: The circuit.
        cell: Name of one of its subcircuits.
        sites: Those at a device of this cell, in whichever instance, are marked; others are passed over.

    Returns:
        SVG text, the same bytes for the same input.

    Raises:
        UsageError: No such drawing.
        SpecError: Everything in which drawing and deck disagree.
    """
    # schemdraw takes a third of a second to load.
    from faultsim.reports.drawings.agreement import check_against_deck
    from faultsim.reports.drawings.schematic import draw

    path = find_drawing(cell)
    spec = read_spec(path, DrawingSpec)
    hierarchy = Hierarchy(network.cards)
    _raise([*_layout_problems(spec, path), *check_against_deck(spec, hierarchy, str(path))])
    return draw(spec, hierarchy, [site for site in sites if _inside(site, spec.cell, hierarchy)])


def load_drawing(path: Path) -> DrawingSpec:
    """Read a drawing and check it by itself: its wires meet what they name and nothing else.

    Raises:
        SpecError: Everything that is wrong with it.
    """
    spec = read_spec(path, DrawingSpec)
    _raise(_layout_problems(spec, path))
    return spec


def find_drawing(cell: str) -> Path:
    """Return the drawing of a subcircuit: the working folder's, else the library's.

    Raises:
        UsageError: There is none.
    """
    for folder in _folders():
        if (folder / f"{cell.lower()}.toml").is_file():
            return folder / f"{cell.lower()}.toml"
    raise UsageError(f"no drawing of a cell {cell!r} ({did_you_mean(cell.lower(), drawn_cells())})")


def drawn_cells() -> list[str]:
    """Return the names of all cells that have a drawing."""
    return sorted({path.stem for folder in _folders() for path in folder.glob("*.toml")})


def _folders() -> tuple[Path, Path]:
    return Path.cwd() / "circuits" / "drawings", library.root() / "circuits" / "drawings"


def _layout_problems(spec: DrawingSpec, path: Path) -> list[Problem]:
    from faultsim.reports.drawings.layout import check_layout

    problems = list(check_layout(spec, str(path)))
    if spec.cell.lower() != path.stem.lower():
        problems.append(Problem(f"{path}: cell", f"{spec.cell!r} is not the file's name"))
    return problems


def _raise(problems: list[Problem]) -> None:
    if problems:
        raise SpecError(problems)


def _inside(site: Site, cell: str, hierarchy: Hierarchy) -> bool:
    # A window of the timing generator is at no device, and bridges are drawn at none.
    around = hierarchy.chain(site.device)[:-1] if isinstance(site, Cut) else []
    return bool(around) and around[-1].model == cell.lower()
