"""What a tester compares with: between which conductances a character leaves the synapses of good crossbars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faultsim.learning.reading import Reading

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Limits:
    """Limits of a test.

    Attributes:
        by_character: Character -> least and largest conductance of each pixel's synapse that passes, S.
    """

    by_character: Mapping[str, tuple[Floats, Floats]]

    @classmethod
    def of(cls, good: Iterable[tuple[str, Reading]], tolerance: float) -> Limits:
        """Return those that all good crossbars are within.

        Args:
            good: Characters, each with what a good crossbar was read as after it; what is not known does not count.
            tolerance: By how much a conductance may differ from a good crossbar's.
        """
        found: dict[str, list[Floats]] = {}
        for character, reading in good:
            if reading.known:
                found.setdefault(character, []).append(reading.conductances_s)
        return cls(
            {
                character: (np.min(own, axis=0) * (1 - tolerance), np.max(own, axis=0) * (1 + tolerance))
                for character, own in found.items()
            }
        )

    def fails(self, character: str, reading: Reading) -> bool | None:
        """Return whether a conductance is outside of them, or is none; None where that is not known."""
        if character not in self.by_character or not reading.known:
            return None
        low_s, high_s = self.by_character[character]
        within = (low_s <= reading.conductances_s) & (reading.conductances_s <= high_s)
        return not bool(np.all(within))
