"""A defect: a definition at a site. It changes the deck or the timing, by a severity."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from faultsim import library
from faultsim.circuits.deck import Cards
from faultsim.circuits.edit import free_suffix
from faultsim.circuits.network import Network
from faultsim.circuits.sidecar import StimulusSpec
from faultsim.circuits.sites import Site
from faultsim.circuits.stimulus import Stimulus
from faultsim.circuits.variant import EditedDeck
from faultsim.errors import Problem, SpecError, UsageError, did_you_mean
from faultsim.fault_models.definition import ConnectionEdit, DefectDefinition, WindowEdit, load, load_file
from faultsim.specfile import check_table
from faultsim.units import format_quantity

_PLACEHOLDER = "1"
_FOUND_BY_SITE = "open"
"""The kind whose defects go by the site's own name, as in the papers: Rop1."""


@dataclass(frozen=True)
class Defect:
    """One defect of a universe.

    Attributes:
        id: Its name in tables.
        definition: What kind it is.
        site: Where it is.
        weight: Relative likelihood.
        model: Name of its definition.
    """

    id: str
    definition: DefectDefinition
    site: Site
    weight: float = 1.0
    model: str = _FOUND_BY_SITE

    @property
    def unit(self) -> str:
        """Unit of its severity."""
        return self.definition.severity.unit

    def inject(self, cards: Cards) -> FaultyDeck:
        """Return the deck with this defect, at a severity that ``alter`` sets; one of the timing leaves it as it is."""
        edit = self.definition.edit
        if not isinstance(edit, ConnectionEdit):
            return FaultyDeck(cards)
        split = self.site.split(cards)
        # Names that the deck has already would be defined twice.
        suffix = free_suffix(cards, [line.split()[0] for line in edit.elements])
        given = {"near": split.near, "far": split.far, "severity": _PLACEHOLDER}
        named = [re.sub(r"^\s*(\S+)", rf"\1{suffix}", line) for line in edit.elements]
        lines = [line.format(**given) for line in named]
        element = edit.severity_element.lower() + suffix
        # ngspice flattens RX of instance XA to r.xa.rx, and leaves top-level names as they are.
        flattened = f"{element[0]}.{split.prefix}{element}" if split.prefix else element
        return FaultyDeck(split.joined_by(lines), flattened, split.floating)

    def disturb(self, stimulus: Stimulus, severity: float) -> Stimulus:
        """Return the stimulus with this defect of the timing; one of the deck leaves it as it is.

        Raises:
            SpecError: Nothing is left of the window, or what has to happen in it does not fit any more.
        """
        edit = self.definition.edit
        if not isinstance(edit, WindowEdit):
            return stimulus
        table = stimulus.spec.model_dump()
        width = table[self.site.window]
        if edit.change == "shorter" and severity >= width:
            at, whole = (format_quantity(value, self.unit) for value in (severity, width))
            raise SpecError(
                [Problem(f"{self.id} at {at}", f"leaves nothing of the {self.site.window} window of {whole}")]
            )
        table[self.site.window] += severity if edit.change == "longer" else -severity
        spec = check_table(table, StimulusSpec, Path(f"{self.id} at {format_quantity(severity, self.unit)}"))
        return replace(stimulus, spec=spec)


@dataclass(frozen=True)
class FaultyDeck:
    """A deck with one defect in it.

    Attributes:
        cards: The deck.
        severity_element: Flattened name of the element whose value is the severity; empty where none is.
        follows: Net that the defect cuts off -> top-level net that it was a part of and starts at the voltage of.
    """

    cards: Cards
    severity_element: str = ""
    follows: Mapping[str, str] = field(default_factory=dict)

    def at(self, severity: float) -> EditedDeck:
        """Return the deck at a severity."""
        alters = {self.severity_element: severity} if self.severity_element else {}
        return EditedDeck(self.cards, alters, self.follows)


def named_defects(network: Network, files: Sequence[str] = (), folder: Path | None = None) -> dict[str, Defect]:
    """Return every kind of defect at every site of the sidecar that it fits, opens first.

    Args:
        network: Gives the sites.
        files: Further kinds, by the path of their file; names of the library are passed over.
        folder: Folder that these paths count from; the working folder where a file is not there.
    """
    kinds = sorted(library.names("defects"), key=lambda kind: (kind != _FOUND_BY_SITE, kind))
    definitions = {kind: (kind, load(kind)) for kind in kinds}
    for kind in files:
        beside = (folder or Path()) / kind
        if kind not in definitions and kind.endswith(".toml") and (beside.is_file() or Path(kind).is_file()):
            file = beside if beside.is_file() else Path(kind)
            definitions[kind] = (file.stem, load_file(file))
    found: dict[str, Defect] = {}
    for kind, (short, definition) in definitions.items():
        for name, site in network.sites.items():
            if (definition.edit.at == "window") == bool(site.window):
                identity = name if kind == _FOUND_BY_SITE else f"{name}:{short}"
                found[identity] = Defect(identity, definition, site, model=kind)
    return found


def find_defect(network: Network, name: str) -> Defect:
    """Return a defect by id.

    Raises:
        UsageError: The network has no such defect.
    """
    defects = named_defects(network)
    if name not in defects:
        raise UsageError(f"{network.name} has no defect {name!r} ({did_you_mean(name, defects)})")
    return defects[name]
