"""Quantities given on the command line."""

from __future__ import annotations

import math
from typing import overload

from faultsim.errors import UsageError
from faultsim.fault_models.defect import Defect
from faultsim.units import parse_quantity


@overload
def positive(option: str, text: str | None, default: float) -> float: ...
@overload
def positive(option: str, text: str | None, default: None = None) -> float | None: ...
def positive(option: str, text: str | None, default: float | None = None) -> float | None:
    """Return the value of an option that has to be above zero and finite, or its default.

    Raises:
        UsageError: Not a quantity, not above zero, or too large for a float.
    """
    if text is None:
        return default
    value = _parsed(option, text)
    if not 0 < value < math.inf:
        raise UsageError(f"{option} {text}: has to be above zero and finite")
    return value


def severity(text: str | None, defect: Defect) -> float:
    """Return the severity of a defect as typed, or its default.

    Raises:
        UsageError: Not a quantity, not above zero, or outside of the range that the defect's file gives as its own.
    """
    spec = defect.definition.severity
    value = positive("--ohm, --severity", text, spec.default)
    if outside := spec.outside(value):
        raise UsageError(f"--ohm, --severity {text}: {defect.id}: {outside}")
    return value


def at_least_zero(option: str, text: str) -> float:
    """Return the value of an option that may be zero.

    Raises:
        UsageError: Not a quantity, below zero, or too large for a float.
    """
    value = _parsed(option, text)
    if not 0 <= value < math.inf:
        raise UsageError(f"{option} {text}: may not be below zero")
    return value


def _parsed(option: str, text: str) -> float:
    try:
        return parse_quantity(text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from error
