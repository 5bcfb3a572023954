"""Families of input patterns: what a tester tries on the rows of a crossbar."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product

from faultsim.circuits.network import Network
from faultsim.circuits.sidecar import CodingSpec
from faultsim.errors import Problem, SpecError
from faultsim.fault_models.defect import Defect, Double

MOST_INPUTS = 6
"""Up to so many inputs ``all`` is every pattern; above, those of the families that it stands for then."""

_COUNTS = 8
"""Of a large crossbar's cumulative patterns: so many, evenly spaced."""

Family = Callable[[int, CodingSpec], Iterator[str]]


def spelled(network: Network, names: Sequence[str], defects: Sequence[Defect]) -> list[str]:
    """Return the patterns of families, and those that are written out, each once.

    Args:
        network: The circuit.
        names: Families or patterns.
        defects: What ``targeted`` aims at.

    Raises:
        SpecError: The coding has no symbol that a family needs.
    """
    found: list[str] = []
    for name in names:
        found += _family(network, name, defects) if name in FAMILIES else [name]
    return list(dict.fromkeys(found))


def full_pattern(network: Network) -> str:
    """Return the pattern with all inputs on."""
    return next(_full(len(network.inputs), network.sidecar.stimulus.coding))


def _family(network: Network, name: str, defects: Sequence[Defect]) -> list[str]:
    inputs, coding = len(network.inputs), network.sidecar.stimulus.coding
    if name == "targeted":
        return [pattern for defect in defects for pattern in _targeted(network, defect)]
    if name == "all" and inputs > MOST_INPUTS:
        names = ("full", "single", "walking", "cumulative", "silent", "targeted")
        return [pattern for one in names for pattern in _family(network, one, defects)]
    return list(FAMILIES[name](inputs, coding))


def _symbols(coding: CodingSpec) -> tuple[str, str]:
    """Return the symbols of a black pixel and of a white one."""
    return _symbol(coding, coding.i_max, "a black pixel"), _symbol(coding, 0.0, "a white pixel")


def _symbol(coding: CodingSpec, intensity: float, noun: str) -> str:
    symbol = coding.symbol(intensity)
    if symbol is None:
        raise SpecError([Problem("stimulus.coding.intensity", f"has no symbol of {noun}, intensity {intensity:g}")])
    return symbol


def _all(inputs: int, coding: CodingSpec) -> Iterator[str]:
    black, white = _symbols(coding)
    return ("".join(symbols) for symbols in product(white + black, repeat=inputs))


def _full(inputs: int, coding: CodingSpec) -> Iterator[str]:
    yield _symbols(coding)[0] * inputs


def _silent(inputs: int, coding: CodingSpec) -> Iterator[str]:
    yield _symbols(coding)[1] * inputs


def _single(inputs: int, coding: CodingSpec) -> Iterator[str]:
    black, white = _symbols(coding)
    return (white * place + black + white * (inputs - place - 1) for place in range(inputs))


def _walking(inputs: int, coding: CodingSpec) -> Iterator[str]:
    """Yield all inputs but one."""
    black, white = _symbols(coding)
    return (black * place + white + black * (inputs - place - 1) for place in range(inputs))


def _cumulative(inputs: int, coding: CodingSpec) -> Iterator[str]:
    """Yield the first inputs up to each; of many inputs up to some."""
    black, white = _symbols(coding)
    counts = {max(1, round(inputs * step / _COUNTS)) for step in range(1, _COUNTS + 1)}
    return (black * count + white * (inputs - count) for count in sorted(counts))


def _checkerboard(inputs: int, coding: CodingSpec) -> Iterator[str]:
    pair = _symbols(coding)
    for first in range(2):
        yield "".join(pair[(first + place) % 2] for place in range(inputs))


def _staggered(inputs: int, coding: CodingSpec) -> Iterator[str]:
    """Yield pixels that spike at different times: one black and the rest grey, the rest black, and in turns."""
    black, grey = _symbols(coding)[0], _grey(coding)
    if inputs < 2:
        return
    yield black + grey * (inputs - 1)
    yield grey + black * (inputs - 1)
    yield ((black + grey) * inputs)[:inputs]
    yield ((grey + black) * inputs)[:inputs]


def _grey(coding: CodingSpec) -> str:
    between = [symbol for symbol, value in coding.intensity.items() if 0 < value < coding.i_max]
    if not between:
        raise SpecError([Problem("stimulus.coding.intensity", "has no symbol of a grey pixel")])
    return between[0]


def _targeted(network: Network, defect: Defect) -> list[str]:
    """Return the rows that a defect touches alone, one by one and together, and all but these."""
    rows = rows_of(network, defect)
    inputs, coding = len(network.inputs), network.sidecar.stimulus.coding
    if not rows or len(rows) == inputs:
        return []
    black, white = _symbols(coding)
    chosen = [{row} for row in rows] + [set(rows)]
    alone = ["".join(black if place in some else white for place in range(inputs)) for some in chosen]
    return [*alone, "".join(white if place in rows else black for place in range(inputs))]


def rows_of(network: Network, defect: Defect) -> list[int]:
    """Return the rows that a defect touches: by its inputs' nets and by the cells that it is in."""
    if isinstance(defect, Double):
        return sorted({row for part in defect.parts for row in rows_of(network, part)})
    cells = network.sidecar.weights.cells if network.sidecar.weights else []
    site, inputs = defect.site, [net.lower() for net in network.inputs]
    touched = {site.device.lower(), *(element.lower() for element, _ in site.terminals)}
    # Of a wire's segment the terminals are all that is on the near side; next to the cut is the last of them.
    if getattr(site, "cuts", ()) and getattr(site, "wire", ""):
        touched = {site.terminals[-1][0].lower()}
    instances = {name.split(".")[0] for name in touched if name}
    nets = {net.lower() for net in site.nets}
    found = {place % len(inputs) for place, cell in enumerate(cells) if cell.lower() in instances}
    return sorted(found | {place for place, net in enumerate(inputs) if net in nets})


FAMILIES: Mapping[str, Family] = {
    "all": _all,
    "full": _full,
    "silent": _silent,
    "single": _single,
    "walking": _walking,
    "cumulative": _cumulative,
    "checkerboard": _checkerboard,
    "staggered": _staggered,
    "targeted": lambda _inputs, _coding: iter(()),
}
"""Name -> its patterns; those that are targeted depend on the defects."""
