"""Test benches around junctions and neurons of learning crossbars, where a whole one would hide what is measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from faultsim import library
from faultsim.circuits.deck import Cards, text_of
from faultsim.circuits.learning_cells import CELLS, LearningCells, Settings, cards_of
from faultsim.circuits.learning_generator import load_learning_spec
from faultsim.circuits.learning_plan import LearningSpec
from faultsim.circuits.templates import templates


@dataclass(frozen=True)
class LearningBench:
    """What benches are filled with.

    Attributes:
        spec: What learning crossbars are generated from.
        folder: Where its templates are.
        law: Which of the junctions.
    """

    spec: LearningSpec
    folder: Path
    law: str

    @classmethod
    def load(cls, law: str = "law") -> LearningBench:
        """Load the library's.

        Raises:
            SpecError: Everything that is wrong with it.
        """
        file = library.generator("learning")
        return cls(load_learning_spec(file), file.parent, law)

    @cached_property
    def cells(self) -> LearningCells:
        """The cells and their parameters."""
        return LearningCells.of(self.spec, self._cards)

    @cached_property
    def _cards(self) -> Cards:
        return cards_of(self.folder.parent / name for name in (self.spec.junctions[self.law], *self.spec.parts))

    def deck(self, template: str, settings: Settings, shown: Mapping[str, Any]) -> str:
        """Return a deck that stands alone.

        Args:
            template: In the folder.
            settings: Of the cells, in place of their own parameters.
            shown: What else the template shows.
        """
        parts = text_of(self._cards)
        cards = {cell: self.cells.text(cell, settings) for cell in CELLS}
        fill = templates(self.folder)
        return fill(
            template, {"spec": self.spec, "cells": self.cells.names, "parts": parts, "settings": cards, **shown}
        )


def benches(laws: Iterable[str]) -> dict[str, LearningBench]:
    """Return a bench for each law, for all transients of a measurement.

    Raises:
        SpecError: Everything that is wrong with the library's.
    """
    return {law: LearningBench.load(law) for law in dict.fromkeys(laws)}
