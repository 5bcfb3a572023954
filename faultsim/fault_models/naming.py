"""Which defects go by which name: those that a sidecar names, any of the universe, two at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from faultsim import library
from faultsim.circuits.circuit import Circuit
from faultsim.circuits.device import device_classes
from faultsim.circuits.sites import PLACES, Cut, Pair, Site
from faultsim.errors import UsageError, did_you_mean
from faultsim.fault_models.accounting import Accounting
from faultsim.fault_models.defect import Defect, Double
from faultsim.fault_models.definition import ConnectionEdit, load, load_file
from faultsim.fault_models.rules import UniverseSpec
from faultsim.fault_models.universe import Universe, nets_of_bridge
from faultsim.fault_models.universe_file import load_universe
from faultsim.units import parse_quantity

WIDEST = "devices"
"""The universe whose names are understood everywhere; bridges between any two nets are, too."""
_OF_NETWORKS = "network"
_FEW_DEVICES = 5000
_UNWEIGHED = Accounting(
    weight=0.0, origin="ours", justification="two defects at once: a universe is of single ones, and says no likelihood"
)


def default_universe(circuit: Circuit) -> str:
    """Return the universe of a circuit: with its wires and neighbours where a sidecar gives them."""
    layout = circuit.layout
    return _OF_NETWORKS if circuit.wires or layout.word_lines or layout.bit_lines else "2427"


def rules_for(circuit: Circuit, universe: str) -> UniverseSpec:
    """Return a universe, by name or file, whose classes are known to a circuit.

    Raises:
        UsageError: There is no such universe.
        SpecError: Everything that is wrong with it.
    """
    return load_universe(universe, device_classes(circuit.hierarchy).by_scope.values())


def named_defects(circuit: Circuit, files: Sequence[str] = (), folder: Path | None = None) -> dict[str, Defect]:
    """Return every kind of defect at every site of the sidecar that it fits, opens and bridges first.

    Args:
        circuit: Gives the sites.
        files: Further kinds, by the path of their file; names of the library are passed over.
        folder: Folder that these paths count from; the working folder where a file is not there.
    """
    universe = Universe(circuit, load_universe(WIDEST))
    found = {name: _usual(universe, name, site) for name, site in circuit.sites.items() if isinstance(site, Cut | Pair)}
    kinds = [kind for kind in library.names("defects") if load(kind).edit.at == "window"]
    for kind in (*kinds, *files):
        file = _file(kind, folder or Path())
        if kind not in kinds and file is None:
            continue
        definition = load(kind) if file is None else load_file(file)
        short = kind if file is None else file.stem
        for name, site in circuit.sites.items():
            if isinstance(site, PLACES[definition.edit.at]) and _has_terminals(definition.edit, site, circuit):
                identity = f"{name}:{short}"
                found[identity] = Defect(identity, definition, site, kind)
    return found


def find_defect(circuit: Circuit, name: str, universe: str = WIDEST) -> Defect:
    """Return a defect by id: one that the sidecar names, one of the universe, or two with a plus between.

    Args:
        circuit: Has it.
        name: Its id.
        universe: Name or file of the universe.

    Raises:
        UsageError: The circuit has no such defect, or there is no such universe.
        SpecError: Everything that is wrong with the universe.
    """
    named = _Named(named_defects(circuit), Universe(circuit, rules_for(circuit, universe)))
    found = named.find(name) or _double(named, name)
    if found is None:
        raise UsageError(f"{circuit.name} has no defect {name!r} ({_remedy(named, name)})")
    return found


@dataclass(frozen=True)
class _Named:
    """Every defect of a circuit that has a name.

    Attributes:
        known: What the sidecar names.
        universe: All others.
    """

    known: dict[str, Defect]
    universe: Universe

    def find(self, name: str) -> Defect | None:
        """Return the defect of a name, in capitals or not."""
        lowered = {identity.lower(): defect for identity, defect in self.known.items()}
        return self.known.get(name) or lowered.get(name.lower()) or self.universe.find(name)


def _remedy(named: _Named, name: str) -> str:
    """Return what is wrong with a name that no defect has."""
    one, at, _ = name.partition("@")
    if at and named.find(one):
        return f"a severity with @ is for one of two at once; here it is --severity, and the defect {one}"
    parts = name.split("+")
    if len(parts) > 2 and all(named.find(part.partition("@")[0]) for part in parts):
        return "no more than two at once"
    circuit = named.universe.circuit
    for first, second in nets_of_bridge(name):
        unknown = [net for net in (first, second) if net not in circuit.taps]
        if len(unknown) == 1:
            return f"it has no net {unknown[0]!r}: {did_you_mean(unknown[0], circuit.taps)}"
    few = len(circuit.devices) <= _FEW_DEVICES
    remedy = did_you_mean(name, {*named.known, *((defect.id for defect in named.universe) if few else ())})
    return remedy if remedy.startswith("did") else "faultsim sites lists them"


def _usual(universe: Universe, name: str, site: Cut | Pair) -> Defect:
    """Return the defect that goes by a site's own name, as in the papers: Rop1."""
    model = "open" if isinstance(site, Cut) else "bridge"
    return universe.find(name) or Defect(name, load(model), site, model)


def _has_terminals(edit: object, site: Site, circuit: Circuit) -> bool:
    """Return whether the device has the other terminals that an edit puts elements to."""
    if not isinstance(edit, ConnectionEdit) or not isinstance(site, Cut):
        return True
    return not edit.terminals or edit.terminals <= set(circuit.hierarchy.resolve(site.device).terminals)


def _file(kind: str, folder: Path) -> Path | None:
    if not kind.endswith(".toml"):
        return None
    beside = folder / kind
    return beside if beside.is_file() else Path(kind) if Path(kind).is_file() else None


def _double(named: _Named, name: str) -> Defect | None:
    for first, second in _halves(name):
        parts: list[Defect] = []
        fixed: list[float | None] = []
        for half in (first, second):
            identity, at, severity = half.partition("@")
            part = named.find(identity)
            if part is not None:
                parts.append(part)
                fixed.append(_severity(severity, name) if at else None)
        if len(parts) == 2:
            return double(parts[0], parts[1], (fixed[0], fixed[1]), name)
    return None


def double(
    first: Defect, second: Defect, fixed: tuple[float | None, float | None] = (None, None), name: str = ""
) -> Double:
    """Return two defects at once.

    Args:
        first: One of them.
        second: The other.
        fixed: The severity that each keeps, or None for one that the search or the command line gives.
        name: Their id; both ids with a plus between if none.

    Raises:
        UsageError: They are one and the same; or one severity cannot be both's.
    """
    name = name or f"{first.id}+{second.id}"
    if first.id == second.id:
        raise UsageError(f"{name}: these are one defect")
    for part, severity in zip((first, second), fixed, strict=True):
        if severity is not None and (outside := part.definition.severity.outside(severity)):
            raise UsageError(f"{name}: {part.id}: {outside}")
    free = [part for part, severity in zip((first, second), fixed, strict=True) if severity is None]
    kinds = {(part.unit, part.definition.severity.direction) for part in free}
    if len(kinds) > 1:
        example = f"{first.id}+{second.id}@{second.definition.severity.default:g}"
        raise UsageError(f"{name}: one severity cannot be both's; keep one at a value, as in {example}")
    lead = free[0] if free else first
    return Double(name, lead.definition, lead.site, lead.model, _UNWEIGHED, (first, second), fixed)


def _halves(name: str) -> Iterator[tuple[str, str]]:
    """Yield each way to read a name as two with a plus between; nets may have one in their names."""
    for place, character in enumerate(name):
        if character == "+":
            yield name[:place], name[place + 1 :]


def _severity(text: str, name: str) -> float:
    try:
        value = parse_quantity(text)
    except ValueError as error:
        raise UsageError(f"{name}: {error}") from error
    if value <= 0:
        raise UsageError(f"{name}: {text} has to be positive")
    return value
