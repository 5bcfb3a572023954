"""The file models of window settings: single ones, and all of a plane."""

from __future__ import annotations

from itertools import product
from typing import Any, Self

from pydantic import Field, model_validator

from faultsim.specfile import Quantity, Spec
from faultsim.units import format_quantity

PLANE = "plane"


class Steps(Spec):
    """A range of windows on a straight grid."""

    start: Quantity = Field(gt=0)
    stop: Quantity = Field(gt=0)
    points: int = Field(ge=2, le=100)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.start >= self.stop:
            raise ValueError("start has to be below stop")
        return self

    @property
    def values_s(self) -> list[float]:
        """Return the windows, to the femtosecond, so that their names are short."""
        step = (self.stop - self.start) / (self.points - 1)
        return [round(self.start + number * step, 15) for number in range(self.points)]


class WindowSpec(Spec):
    """One window setting; 50 % to 50 %."""

    name: str
    integrate: Quantity = Field(gt=0)
    leaky: Quantity = Field(gt=0)


class PlaneSpec(Spec):
    """Windows on a straight grid: every integrate window with every leaky window.

    Each becomes a window of its own, called by its two lengths; a test that lists ``plane`` is run in all of them.
    """

    integrate: Steps
    leaky: Steps

    def windows(self) -> list[WindowSpec]:
        """Return the windows, the shortest first."""
        pairs = product(self.integrate.values_s, self.leaky.values_s)
        return [WindowSpec(name=f"IW {_length(iw)} LW {_length(lw)}", integrate=iw, leaky=lw) for iw, lw in pairs]


def _length(window_s: float) -> str:
    """Return a window with all digits that it has."""
    return format_quantity(window_s, "s", digits=12)


def with_plane(test: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """Return a test that is run in all windows of the plane where it asks for it."""
    if not isinstance(test["windows"], list) or PLANE not in test["windows"]:
        return test
    listed = [name for name in test["windows"] if name != PLANE]
    return {**test, "windows": list(dict.fromkeys([*listed, *names]))}
