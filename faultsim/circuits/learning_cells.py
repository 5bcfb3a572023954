"""The subcircuits that learning crossbars are made of, with the parameters that can be set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from faultsim.circuits.deck import Cards
from faultsim.circuits.hierarchy import Hierarchy
from faultsim.circuits.learning_plan import LearningSpec
from faultsim.circuits.reading import read_cards
from faultsim.errors import Problem, did_you_mean
from faultsim.units import parse_quantity

CELLS = ("input", "output", "synapse")
_OURS = {"input": {"intensity", "slot"}, "output": set[str](), "synapse": {"p0", "seed"}}
"""Parameters that the generator sets from a pixel, or from the seed."""

Settings = Mapping[str, Mapping[str, str]]
"""input, output or synapse -> parameter of that cell -> value."""


@dataclass(frozen=True)
class LearningCells:
    """The subcircuits that a crossbar is made of.

    Attributes:
        names: input, output or synapse -> subcircuit; of a synapse that of its junctions.
        defaults: The same -> parameter on its card -> default.
    """

    names: Mapping[str, str]
    defaults: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, spec: LearningSpec, cards: Cards) -> LearningCells:
        """Return those of some cards."""
        hierarchy = Hierarchy(cards, part=True)
        names = {"input": spec.input, "output": spec.output, "synapse": spec.junction}
        return cls(names, {cell: hierarchy.scopes[name].defaults for cell, name in names.items()})

    def with_chosen(self, spec: LearningSpec, settings: Settings) -> dict[str, dict[str, str]]:
        """Return settings on top of what is chosen for all crossbars."""
        return {cell: {**spec.chosen.get(cell, {}), **settings.get(cell, {})} for cell in {**spec.chosen, **settings}}

    def problems(self, settings: Settings) -> Iterator[Problem]:
        """Yield what is wrong with settings."""
        for cell, values in settings.items():
            if cell not in CELLS:
                yield Problem(f"--set {cell}.", "is no part of it", did_you_mean(cell, CELLS))
                continue
            known = set(self.defaults[cell]) - _OURS[cell]
            for name, value in values.items():
                where = f"--set {cell}.{name}={value}"
                if name not in known:
                    yield Problem(where, f"{self.names[cell]} has no such parameter", did_you_mean(name, known))
                    continue
                try:
                    parse_quantity(value)
                except ValueError as error:
                    yield Problem(where, str(error))

    def value(self, cell: str, name: str, settings: Settings) -> float:
        """Return a parameter's value."""
        return parse_quantity(settings.get(cell, {}).get(name, self.defaults[cell][name]))

    def values(self, cell: str, settings: Settings) -> dict[str, float]:
        """Return the values of all parameters of a cell."""
        texts = {**self.defaults[cell], **settings.get(cell, {})}
        return {name: parse_quantity(text) for name, text in texts.items()}

    def text(self, cell: str, settings: Settings) -> str:
        """Return settings of a cell as they stand on its card."""
        return "".join(f" {name}={value}" for name, value in settings.get(cell, {}).items())


def written(settings: Mapping[str, Mapping[str, str | float]]) -> dict[str, dict[str, str]]:
    """Return settings of a file as they stand on cards: numbers as short as they are exact."""
    return {cell: {name: setting(value) for name, value in own.items()} for cell, own in settings.items()}


def setting(value: str | float) -> str:
    """Return one of them."""
    return value if isinstance(value, str) else f"{value:.12g}"


def cards_of(files: Iterable[Path]) -> Cards:
    """Return the cards of files that decks include, one after the other."""
    return tuple(card for file in files for card in read_cards(file, part=True))
