"""The file models of what a process may be off by: corners of one parameter, and tolerances of several together."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from faultsim.specfile import Quantity, Spec


class ProcessSpec(Spec):
    """The two corners of a parameter of the process: what is added to it, or what it is multiplied with."""

    min_shift: Quantity = 0.0
    max_shift: Quantity = 0.0
    min_scale: float = Field(default=1.0, gt=0)
    max_scale: float = Field(default=1.0, gt=0)
    source: str = Field(min_length=1, description="where the corners come from")

    @model_validator(mode="after")
    def _moves(self) -> Self:
        if (self.min_shift, self.min_scale) == (0.0, 1.0) or (self.max_shift, self.max_scale) == (0.0, 1.0):
            raise ValueError("each corner has to shift or scale the parameter")
        return self


class ToleranceSpec(ProcessSpec):
    """How far a good circuit may be off in one respect: parameters of the process that move together."""

    parameters: list[str] = Field(min_length=1, description=".param of the deck")
