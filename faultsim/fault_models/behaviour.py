"""The file model of a behaviour, and what a measured signature is called by such files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from faultsim import library
from faultsim.errors import Problem, SpecError, did_you_mean
from faultsim.specfile import Spec, read_spec

View = Literal["simulator", "tester"]
Quantity = float | bool | None
"""A measured quantity; None where it could not be measured."""

QUANTITIES: Mapping[str, Mapping[str, str]] = {
    "banded": {
        "integration_gain": "tilt that one integrate window adds from rest, over the fault-free one",
        "leak_retention": "share of the tilt that is left after the leaky window, over the fault-free one",
        "phase_advance_rad": "precession in the leaky window, less the fault-free one",
        "level_shift": "how much sooner the output spikes, in m along the fixed layer; less than 0 is later",
        "integrate_ratio": "how much faster it integrates, by how its boundary is the fault-free one stretched",
        "leak_ratio": "how much longer its tilt lasts, by how its boundary is the fault-free one stretched",
    },
    "number": {
        "weakest_synapse": "smallest current of a synapse alone, over the fault-free one",
        "switched_synapse": "smallest relative change of a synapse's current by programming, over the fault-free one",
    },
    "truth": {
        "spikes_at_any_state": "the output spikes whatever the magnetisation",
        "spikes_at_no_state": "the output spikes at no magnetisation",
        "spikes_anywhere": "it spikes at some windows of the plane",
        "spikes_when_driven": "it spikes for its inputs at the windows of the row",
        "spikes_when_silent": "it spikes with no input",
    },
}
"""What conditions may be about: numbers with a tolerance band, other numbers, and what is true or false."""

INSIDE = frozenset(
    {
        "integration_gain",
        "leak_retention",
        "phase_advance_rad",
        "level_shift",
        "spikes_at_any_state",
        "spikes_at_no_state",
    }
)
"""The quantities that only a simulator sees: of the magnetisation."""

SEPARATOR = " + "
"""What stands between the names of a combination."""

_KINDS = {name: kind for kind, names in QUANTITIES.items() for name in names}
_ASKED = {"banded": ("band", "below", "above"), "number": ("below", "above"), "truth": ("equals",)}


@dataclass(frozen=True)
class Band:
    """What a good circuit may measure, from the smallest value to the largest."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Return whether a value is inside."""
        return self.low <= value <= self.high


Bands = Mapping[str, Band]


class ConditionSpec(Spec):
    """One condition on one quantity: beside its tolerance band, beside a number, or true or false."""

    quantity: str
    band: Literal["below", "inside", "above", "outside"] | None = None
    below: float | None = None
    above: float | None = None
    equals: bool | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.quantity not in _KINDS:
            raise ValueError(f"no quantity {self.quantity!r} ({did_you_mean(self.quantity, _KINDS)})")
        fitting = _ASKED[_KINDS[self.quantity]]
        given = [name for name in ("band", "below", "above", "equals") if getattr(self, name) is not None]
        if len(given) != 1 or given[0] not in fitting:
            raise ValueError(f"{self.quantity} takes {'one of ' if len(fitting) > 1 else ''}{', '.join(fitting)}")
        return self

    def met(self, value: Quantity, bands: Bands) -> bool:
        """Return whether a value meets it; one that is not measured meets nothing."""
        if value is None:
            return False
        if self.equals is not None or isinstance(value, bool):
            return value is self.equals
        if self.below is not None or self.above is not None:
            return value < self.below if self.below is not None else value > (self.above or 0.0)
        if self.quantity not in bands:
            return False
        band = bands[self.quantity]
        sides = {"below": value < band.low, "inside": band.holds(value), "above": value > band.high}
        return sides.get(self.band or "", not band.holds(value))


class ViewSpec(Spec):
    """When a view calls it so: all of some conditions, and any of others where there are such."""

    all: list[ConditionSpec] = Field(default_factory=list)
    any: list[ConditionSpec] = Field(default_factory=list)

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.all and not self.any:
            raise ValueError("give conditions: all, any")
        return self

    def met(self, measured: Mapping[str, Quantity], bands: Bands) -> bool:
        """Return whether a signature meets it."""
        every = all(condition.met(measured.get(condition.quantity), bands) for condition in self.all)
        return every and (not self.any or any(one.met(measured.get(one.quantity), bands) for one in self.any))

    @cached_property
    def quantities(self) -> list[str]:
        """What it is about."""
        return list(dict.fromkeys(condition.quantity for condition in (*self.all, *self.any)))


class BehaviourSpec(Spec):
    """A behaviour: how a faulty neuron or synapse is called, and when."""

    title: str = Field(min_length=1)
    about: str
    because: str = Field(description="the physics, for the row of a defect that behaves so")
    order: int = Field(description="behaviours are looked at and listed in this order")
    alone: bool = Field(default=False, description="where it is met, nothing behind it is said")
    hidden: bool = Field(
        default=False, description="a tester alone cannot tell it from another, such as leak from phase"
    )
    last: bool = Field(default=False, description="said only where no other is met")
    otherwise: bool = Field(default=False, description="said where no other is met")
    network: Literal["always-spiking", "dead-neuron", "dead-synapse", "stuck"] | None = Field(
        default=None,
        description="the fault that it is to a functional network; else its integration gain and leak retention are",
    )
    simulator: ViewSpec | None = None
    tester: ViewSpec | None = None

    @model_validator(mode="after")
    def _seen(self) -> Self:
        if self.otherwise == bool(self.simulator or self.tester):
            raise ValueError("give simulator or tester conditions, or otherwise = true")
        if SEPARATOR in self.title:
            raise ValueError(f"title {self.title!r}: {SEPARATOR.strip()!r} stands between the names of a combination")
        unseen = sorted(INSIDE & set(self.tester.quantities)) if self.tester else []
        if unseen:
            seen = ", ".join(sorted(set(_KINDS) - INSIDE))
            raise ValueError(f"tester: only a simulator sees {', '.join(unseen)}; a tester sees {seen}")
        return self

    def view(self, view: View) -> ViewSpec | None:
        """Return its conditions in a view."""
        return self.simulator if view == "simulator" else self.tester


@dataclass(frozen=True)
class Behaviours:
    """All behaviours that a signature can be called by.

    Attributes:
        specs: In their order.
    """

    specs: tuple[BehaviourSpec, ...]

    def names(self, view: View, measured: Mapping[str, Quantity], bands: Bands) -> tuple[str, ...]:
        """Return what a signature is called in a view."""
        met = [spec for spec in self.specs if (rules := spec.view(view)) is not None and rules.met(measured, bands)]
        found = [spec for spec in met if not spec.last] or met
        alone = next((place for place, spec in enumerate(found) if spec.alone), len(found))
        return tuple(spec.title for spec in found[: alone + 1]) or self.otherwise

    @property
    def otherwise(self) -> tuple[str, ...]:
        """Return what is said where nothing else is."""
        return tuple(spec.title for spec in self.specs if spec.otherwise)

    def spec(self, title: str) -> BehaviourSpec:
        """Return a behaviour by its title."""
        return next(spec for spec in self.specs if spec.title == title)


_OWN_NAME = "a file of the same name replaces it"


def load_behaviours() -> Behaviours:
    """Load all behaviours of the library and of the working folder.

    Raises:
        SpecError: Everything that is wrong with their files.
    """
    problems: list[Problem] = []
    specs: list[BehaviourSpec] = []
    titles: dict[str, Path] = {}
    for name in library.names("behaviours"):
        path = library.find("behaviours", name)
        try:
            spec = load_behaviour(path)
        except SpecError as error:
            problems += error.problems
            continue
        if spec.title in titles:
            taken = f"{spec.title!r} is the title of {titles[spec.title]}"
            problems.append(Problem(f"{path}: title", taken, _OWN_NAME))
        titles.setdefault(spec.title, path)
        specs.append(spec)
    if problems:
        raise SpecError(problems)
    return Behaviours(tuple(sorted(specs, key=lambda spec: (spec.order, spec.title))))


def load_behaviour(path: Path) -> BehaviourSpec:
    """Load one behaviour.

    Raises:
        SpecError: Everything that is wrong with the file.
    """
    return read_spec(path, BehaviourSpec)
