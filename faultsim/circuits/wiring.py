"""Checks what a sidecar says of wires and neighbours against its deck."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.sidecar import LayoutSpec, WireSpec
from faultsim.circuits.sites import wire_taps
from faultsim.errors import Problem, SpecError, did_you_mean


def wiring_problems(
    path: Path, wires: Mapping[str, WireSpec], layout: LayoutSpec, hierarchy: Hierarchy
) -> Iterator[Problem]:
    """Yield what is wrong with wires and neighbours, which only a universe of defects looks at."""
    for name, wire in wires.items():
        try:
            wire_taps(wire, hierarchy)
        except SpecError as error:
            yield from (Problem(f"{path}: wires.{name}", str(problem)) for problem in error.problems)
    nets = hierarchy.nets("")
    for net in dict.fromkeys([*layout.word_lines, *layout.bit_lines, *layout.rails]):
        if net != "0" and net.lower() not in nets:
            yield Problem(f"{path}: layout", f"the deck has no top-level net {net!r}", did_you_mean(net, nets))
    resistors = [element.card.name for element in hierarchy.inside[""] if element.letter == "r"]
    for glob in layout.segments:
        if not any(fnmatchcase(name, glob.lower()) for name in resistors):
            remedy = did_you_mean(glob, resistors)
            yield Problem(f"{path}: layout.segments", f"{glob!r} matches no resistor of the top level", remedy)
