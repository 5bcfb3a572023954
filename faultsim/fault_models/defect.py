"""A defect: a definition at a site. It changes the deck or the timing, by a severity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from faultsim.circuits.deck import Cards, generated
from faultsim.circuits.device_edit import DeviceChange, changed_device
from faultsim.circuits.edit import free_suffix, one_of_each
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.sidecar import StimulusSpec
from faultsim.circuits.sites import Cut, DeviceSite, Pair, Parameter, Site, Window
from faultsim.circuits.standins import NONE, StandIns
from faultsim.circuits.stimulus import Stimulus
from faultsim.circuits.variant import Corner, EditedDeck, at_corner
from faultsim.errors import Problem, SpecError
from faultsim.fault_models.accounting import NOTHING_SAID, Accounting
from faultsim.fault_models.definition import ConnectionEdit, DefectDefinition, DeviceEdit, NetsEdit, WindowEdit
from faultsim.fault_models.elements import filled, value_formulas, values_at
from faultsim.specfile import check_table
from faultsim.units import format_quantity


@dataclass(frozen=True)
class FaultyDeck:
    """A deck with a defect in it.

    Attributes:
        cards: The deck.
        formulas: Flattened name of an element -> its value as a formula of the severity.
        fixed: Flattened name of an element -> its value, whatever the severity.
        follows: Net that the defect cuts off -> net that it was a part of and starts at the voltage of.
        moved: The parameter of the process that the severity moves, where one is.
        devices: The devices that the severity changes.
        merged: What is gone, and what stands for it.
    """

    cards: Cards
    formulas: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, float] = field(default_factory=dict)
    follows: Mapping[str, str] = field(default_factory=dict)
    moved: Parameter | None = None
    devices: tuple[DeviceChange, ...] = ()
    merged: StandIns = NONE

    @property
    def touched(self) -> frozenset[str]:
        """Return what the severity changes without a trace on a card: devices, and all that a path to one may mean."""
        paths = [*self.formulas, *self.fixed, *(change.path for change in self.devices)]
        steps = [path.lower().split(".") for path in paths]
        # A flattened name begins with the device's letter, and names may have dots of their own.
        return frozenset(
            ".".join(path[first:last]) for path in steps for first in (0, 1) for last in range(first + 1, len(path) + 1)
        )

    def cornered(self, severity: float) -> FaultyDeck:
        """Return the deck with the parameter of the process, where it moves one, at a severity for good.

        Raises:
            SpecError: The parameter would be scaled to nothing, or the deck does not define it.
        """
        if self.moved is None:
            return self
        return replace(self, cards=at_corner(self.cards, _corner(self.moved, severity)), moved=None)

    def at(self, severity: float) -> EditedDeck:
        """Return the deck at a severity.

        Raises:
            SpecError: A parameter would be scaled to nothing, or the deck does not define it.
        """
        alters = {**values_at(self.formulas, severity), **self.fixed}
        cards = self.cornered(severity).cards
        for change in self.devices:
            cards = replace(change, cards=cards).at(severity)
        return EditedDeck(cards, alters, self.follows, self.merged)


@dataclass(frozen=True, slots=True)
class Defect:
    """One defect of a universe.

    Attributes:
        id: Its name in tables.
        definition: What kind it is.
        site: Where it is.
        model: Name of its definition.
        accounting: How likely it is, and whether anything could detect it.
    """

    id: str
    definition: DefectDefinition
    site: Site
    model: str
    accounting: Accounting = NOTHING_SAID

    @property
    def unit(self) -> str:
        """Return the unit of its severity."""
        return self.definition.severity.unit

    @property
    def weight(self) -> float:
        """Return its relative likelihood."""
        return self.accounting.weight

    @property
    def location(self) -> str:
        """Return where it is, for people and tables."""
        return self.site.location

    def inject(self, cards: Cards) -> FaultyDeck:
        """Return the deck with this defect, at a severity that ``alter`` sets; one of the timing leaves it as it is."""
        edit, site = self.definition.edit, self.site
        if isinstance(edit, ConnectionEdit) and isinstance(site, Cut):
            return _opened(cards, edit, site)
        if isinstance(edit, NetsEdit) and isinstance(site, Pair):
            return _bridged(cards, edit, site)
        if isinstance(site, DeviceSite):
            change = _changed(cards, edit, site)
            return FaultyDeck(change.cards, devices=(change,))
        return FaultyDeck(cards, moved=site if isinstance(site, Parameter) else None)

    def disturb(self, stimulus: Stimulus, severity: float) -> Stimulus:
        """Return the stimulus with this defect of the timing; one of the deck leaves it as it is.

        Raises:
            SpecError: Nothing is left of the window, or what has to happen in it does not fit any more.
        """
        edit, site = self.definition.edit, self.site
        if not isinstance(edit, WindowEdit) or not isinstance(site, Window):
            return stimulus
        table = stimulus.spec.model_dump()
        width = table[site.window]
        if edit.change == "shorter" and severity >= width:
            at, whole = (format_quantity(value, self.unit) for value in (severity, width))
            raise SpecError([Problem(f"{self.id} at {at}", f"leaves nothing of the {site.window} window of {whole}")])
        table[site.window] += severity if edit.change == "longer" else -severity
        spec = check_table(table, StimulusSpec, Path(f"{self.id} at {format_quantity(severity, self.unit)}"))
        return replace(stimulus, spec=spec)


def _opened(cards: Cards, edit: ConnectionEdit, site: Cut) -> FaultyDeck:
    split = site.split(cards)
    nets = {"near": split.near, "far": split.far, **{terminal: split.net(terminal) for terminal in edit.terminals}}
    lines, formulas = _written(cards, edit.elements, nets)
    joined = split.joined_by(lines)
    whole = Hierarchy(joined)
    named = {whole.spice_name(split.prefix + element): formula for element, formula in formulas.items()}
    return FaultyDeck(joined, named, follows=split.floating)


def _bridged(cards: Cards, edit: NetsEdit, site: Pair) -> FaultyDeck:
    """Put a bridge at the top level, where ngspice knows inner nets by their flattened names."""
    cards, (first, second) = one_of_each(cards, site.nets)
    lines, formulas = _written(cards, edit.elements, {"a": first, "b": second})
    end = next((place for place, card in enumerate(cards) if card.name == ".end"), len(cards))
    return FaultyDeck((*cards[:end], *generated(lines), *cards[end:]), formulas)


def _changed(cards: Cards, edit: object, site: DeviceSite) -> DeviceChange:
    if isinstance(edit, DeviceEdit):
        return changed_device(cards, site.device, edit.parameters, edit.elements.get(site.kind, ()))
    name = site.parameter
    moves = f"{name}*(1+severity*({site.scale!r}-1))+severity*({site.shift!r})"
    return changed_device(cards, site.device, {name: moves})


def _written(cards: Cards, elements: Sequence[str], nets: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """Return element lines, and the formulas of their values, by names that the deck does not have yet."""
    suffix = free_suffix(cards, [line.split()[0] for line in elements])
    formulas = {name + suffix: formula for name, formula in value_formulas(elements).items()}
    return filled(elements, nets, suffix), formulas


def _corner(parameter: Parameter, severity: float) -> Corner:
    scale = 1 + severity * (parameter.scale - 1)
    if scale <= 0:
        at = f"{parameter.name} at {severity:g} of the way"
        raise SpecError([Problem(at, "scales the parameter to nothing", "lower the severity")])
    shift = severity * parameter.shift
    return Corner(
        f"{parameter.name} {severity:.12g}",
        {parameter.parameter: scale} if parameter.scale != 1 else {},
        {parameter.parameter: shift} if parameter.shift else {},
    )


@dataclass(frozen=True, slots=True)
class Double(Defect):
    """Two defects at once.

    Attributes:
        parts: The two; the definition is that of the first whose severity is searched.
        fixed: The severity of each that stays, or None.
    """

    parts: tuple[Defect, ...] = ()
    fixed: tuple[float | None, ...] = ()

    @property
    def location(self) -> str:
        """Return where they are."""
        return " + ".join(part.location for part in self.parts)

    def inject(self, cards: Cards) -> FaultyDeck:
        """Return the deck with both; of two cuts of one wire the one that cuts off more comes first."""
        given = sorted(zip(self.parts, self.fixed, strict=True), key=lambda pair: -len(pair[0].site.terminals))
        deck = FaultyDeck(cards)
        for part, fixed in given:
            added = part.inject(deck.cards)
            if (added.moved is not None or added.devices) and fixed is not None:
                added = FaultyDeck(added.at(fixed).cards)
            stays = {} if fixed is None else values_at(added.formulas, fixed)
            deck = FaultyDeck(
                added.cards,
                {**deck.formulas, **({} if stays else added.formulas)},
                {**deck.fixed, **stays},
                {**deck.follows, **{net: deck.follows.get(whole, whole) for net, whole in added.follows.items()}},
                added.moved or deck.moved,
                (*deck.devices, *added.devices),
            )
        return deck

    def disturb(self, stimulus: Stimulus, severity: float) -> Stimulus:
        """Return the stimulus with those of the two that are of the timing."""
        for part, fixed in zip(self.parts, self.fixed, strict=True):
            stimulus = part.disturb(stimulus, severity if fixed is None else fixed)
        return stimulus
