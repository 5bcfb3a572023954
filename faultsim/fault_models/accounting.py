"""What a report has to say of a defect besides where it is: its weight, its equals, whether it can be detected."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Detectability(StrEnum):
    """Whether some test could detect a defect, as far as the circuit's structure says."""

    DETECTABLE = ""
    POTENTIALLY = "potentially undetectable"
    STRUCTURALLY = "structurally undetectable"


class Accounting(NamedTuple):
    """The accounting of one defect.

    Attributes:
        weight: Relative likelihood.
        origin: Where the weight comes from.
        justification: Why a weight of zero is right; empty for others.
        multiplier: How many devices its card stands for.
        merged: How many identical parallel devices it stands for.
        group: How many listed defects are the same circuit, itself included.
        same_as: Id of the one of them that is simulated; empty where it is this one.
        spice_model: Model of the device, as the deck calls it.
        detectability: Whether some test could detect it.
        reason: Why not.
    """

    weight: float = 1.0
    origin: str = ""
    justification: str = ""
    multiplier: float = 1.0
    merged: int = 1
    group: int = 1
    same_as: str = ""
    spice_model: str = ""
    detectability: Detectability = Detectability.DETECTABLE
    reason: str = ""


NOTHING_SAID = Accounting()
"""Of a defect that no universe lists."""
