"""Where a drawing's parts and wires lie, and whether its lines say what it claims."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise

from faultsim.errors import Problem, did_you_mean
from faultsim.reports.drawings.cell import DrawingSpec, PartSpec, WireSpec
from faultsim.reports.drawings.symbols import SYMBOLS, Lead
from faultsim.reports.figures.svg import XY

CORNERS = ("-|", "|-")


@dataclass(frozen=True)
class Run:
    """One straight piece of a wire, along an axis."""

    start: XY
    stop: XY

    def covers(self, point: XY) -> bool:
        """Return whether a point lies on it."""
        (x0, y0), (x1, y1) = self.start, self.stop
        return min(x0, x1) <= point[0] <= max(x0, x1) and min(y0, y1) <= point[1] <= max(y0, y1)


def turned(part: PartSpec, vector: XY) -> XY:
    """Return a vector of a symbol's own frame as it lies in the drawing."""
    x, y = (-vector[0] if part.mirror else vector[0]), vector[1]
    for _ in range(part.turn // 90):
        x, y = -y, x
    return x, y


def placed(part: PartSpec, point: XY) -> XY:
    """Return where a point of a symbol's own frame lies in the drawing."""
    x, y = turned(part, point)
    return part.at[0] + x, part.at[1] + y


def lead_of(part: PartSpec, terminal: str) -> Lead:
    """Return a terminal's lead as it lies in the drawing."""
    lead = SYMBOLS[part.symbol].leads[terminal]
    return Lead(placed(part, lead.outer), placed(part, lead.inner), turned(part, lead.side))


def terminals(spec: DrawingSpec) -> dict[str, XY]:
    """Return where every drawn ``part.terminal`` lies."""
    return {
        f"{part.key}.{terminal}": lead_of(part, terminal).outer
        for part in spec.parts
        for terminal in SYMBOLS[part.symbol].leads
    }


def named(wire: WireSpec) -> list[str]:
    """Return the ``part.terminal`` that a wire's paths name, each once."""
    steps = [step.lower() for path in wire.paths for step in path if isinstance(step, str) and step not in CORNERS]
    return list(dict.fromkeys(steps))


def point_of(step: XY | str, known: dict[str, XY]) -> XY:
    """Return the place of a point or a ``part.terminal``."""
    return known[step.lower()] if isinstance(step, str) else step


def points_of(path: list[XY | str], known: dict[str, XY]) -> list[XY]:
    """Return a path's corners."""
    points: list[XY] = []
    for number, step in enumerate(path):
        if isinstance(step, str) and step in CORNERS:
            before, after = point_of(path[number - 1], known), point_of(path[number + 1], known)
            points.append((after[0], before[1]) if step == "-|" else (before[0], after[1]))
        else:
            points.append(point_of(step, known))
    return points


def runs_of(wire: WireSpec, known: dict[str, XY]) -> list[Run]:
    """Return a wire's straight pieces; a path between two terminals at one place is a piece without length."""
    return [Run(*pair) for path in wire.paths for pair in pairwise(points_of(path, known))]


def junctions(spec: DrawingSpec, wire: WireSpec, known: dict[str, XY]) -> list[XY]:
    """Return where at least three lines of a wire meet."""
    runs = [run for run in runs_of(wire, known) if run.start != run.stop]
    leads = [lead_of(part, name) for part in spec.parts for name in SYMBOLS[part.symbol].leads]
    runs += [Run(lead.outer, lead.inner) for lead in leads if any(lead.outer == known[name] for name in named(wire))]
    points = dict.fromkeys(point for run in runs for point in (run.start, run.stop))
    return [point for point in points if len({way for run in runs for way in _ways(run, point)}) > 2]


def check_layout(spec: DrawingSpec, path: str) -> Iterator[Problem]:
    """Yield what is wrong with a drawing's lines, the deck apart."""
    known = terminals(spec)
    keys = [part.key for part in spec.parts]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        yield Problem(f"{path}: parts", f"{key} is drawn twice")
    for part in spec.parts:
        odd = set(part.joins) ^ set(SYMBOLS[part.symbol].leads) if part.joins else set()
        if odd:
            yield Problem(f"{path}: parts.{part.key}.joins", f"{', '.join(sorted(odd))}: not as the symbol has them")
    bad = False
    for wire in spec.wires:
        for message, remedy in _path_problems(wire, known):
            bad = True
            yield Problem(f"{path}: wires of net {wire.net}", message, remedy)
    if not bad:
        yield from _line_problems(spec, known, path)


def _path_problems(wire: WireSpec, known: dict[str, XY]) -> Iterator[tuple[str, str]]:
    for path in wire.paths:
        corners = [number for number, step in enumerate(path) if step in CORNERS]
        if len(path) < 2 or any(number in (0, len(path) - 1) or path[number + 1] in CORNERS for number in corners):
            yield f"the path {path} does not lead from point to point", '"-|" and "|-" stand between two points'
    steps = [*named(wire), *(end.at.lower() for end in wire.ends if isinstance(end.at, str))]
    for name in dict.fromkeys(steps):
        if name not in known:
            yield f"{name!r} is no terminal of a drawn part", did_you_mean(name, known)


def _line_problems(spec: DrawingSpec, known: dict[str, XY], path: str) -> Iterator[Problem]:
    for wire in spec.wires:
        where, runs = f"{path}: wires of net {wire.net}", runs_of(wire, known)
        for run in runs:
            if run.start[0] != run.stop[0] and run.start[1] != run.stop[1]:
                yield Problem(where, f"{run.start} to {run.stop} is neither across nor up or down", 'use "-|" or "|-"')
        if not _connected(runs):
            yield Problem(where, "its paths do not touch each other", "make them several wires, each with an end")
        for end in wire.ends:
            if not any(run.covers(point_of(end.at, known)) for run in runs):
                yield Problem(where, f"the end at {end.at} is not on the wire")
        for name, point in known.items():
            if name not in named(wire) and any(run.covers(point) for run in runs):
                yield Problem(where, f"passes {name} at {point} without joining it")
    for one, other in combinations(spec.wires, 2):
        first, second = runs_of(one, known), runs_of(other, known)
        if any(_touch(run, another) for run in first for another in second):
            yield Problem(f"{path}: wires", f"net {one.net} and net {other.net} touch", "wires may only cross")


def _connected(runs: list[Run]) -> bool:
    reached, rest = [runs[0]], runs[1:]
    while found := [run for run in rest if any(_touch(run, other) for other in reached)]:
        reached += found
        rest = [run for run in rest if run not in found]
    return not rest


def _touch(one: Run, other: Run) -> bool:
    """Return whether an end of one piece lies on the other; crossing is not touching."""
    ends = (one.covers(other.start), one.covers(other.stop), other.covers(one.start), other.covers(one.stop))
    return any(ends)


def _ways(run: Run, point: XY) -> Iterator[tuple[int, int]]:
    """Yield the directions in which a piece leads away from a point."""
    if run.covers(point):
        for end in (run.start, run.stop):
            if end != point:
                yield (end[0] > point[0]) - (end[0] < point[0]), (end[1] > point[1]) - (end[1] < point[1])
