"""Responses that do not fit a defect."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Misfit:
    """A response that a defect does not explain.

    Attributes:
        vector: That gave it.
        passed: Its verdict; None where it is the value that does not fit.
        value: What was read, A; None where it is the verdict that does not fit.
        shown: What the defect would show, A.
        good: What the fault-free circuit shows, A.
        pulse: On which pulse the spike came, 0 for none, where that is what does not fit.
    """

    vector: str
    passed: bool | None = None
    value: float | None = None
    shown: float = 0.0
    good: float = 0.0
    pulse: int | None = None
