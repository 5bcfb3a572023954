"""Quantities with SPICE suffixes: ``1n``, ``16k``, ``1meg``; counts in words."""

from __future__ import annotations

import math
import re

_EXPONENTS = {"t": 12, "g": 9, "meg": 6, "k": 3, "": 0, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18}
_MIL_M = 25.4e-6
_UNIT_PREFIXES = {"t": "T", "g": "G", "meg": "M"}
_MANTISSA = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?:meg|[tgkmunpf])?", re.IGNORECASE)
_QUANTITY = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+))(e[+-]?\d+)?(meg|mil|[tgkmunpfa])?[a-z]*\s*", re.IGNORECASE)


def parse_quantity(text: str | float) -> float:
    """Return the SI value of a SPICE number.

    Args:
        text: A number, or a string such as ``16k``, ``1.2ns`` or ``1meg``; letters after the suffix are ignored,
            as in SPICE.

    Raises:
        ValueError: The text is not a number with an optional SPICE suffix.
    """
    if isinstance(text, int | float) and not isinstance(text, bool):
        return float(text)
    match = _QUANTITY.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"{text!r} is not a quantity; write a number with an optional SPICE suffix, such as 1n or 16k")
    mantissa, exponent, suffix = match.groups()
    suffix = (suffix or "").lower()
    if suffix == "mil":
        return float(mantissa + (exponent or "")) * _MIL_M
    # One decimal literal, so that 0.1n is the double nearest to 1e-10 and not a product that is rounded twice.
    return float(f"{mantissa}e{int((exponent or 'e0')[1:]) + _EXPONENTS[suffix]}")


def quantity_in(unit: str, text: str | float) -> float:
    """Return the SI value of a quantity whose unit is known: ``1n``, ``1ns``; any other unit is an error.

    Args:
        unit: Symbol of the unit, such as ``s``.
        text: A number, or a string with an optional SPICE suffix and the unit, or neither.

    Raises:
        ValueError: It is not.
    """
    number = text
    if isinstance(text, str):
        bare = text.strip()
        # An A is the unit here, and no atto.
        number = bare[: -len(unit)] if bare.lower().endswith(unit.lower()) else bare
        if _MANTISSA.fullmatch(number) is None:
            wanted = f"write a number with an optional SPICE suffix, such as 1n or 1n{unit}"
            raise ValueError(f"{text!r} is not a quantity in {unit}; {wanted}")
    return parse_quantity(number)


def number_of(count: int, noun: str) -> str:
    """Return a count for people: ``1 vector``, ``2,000 vectors``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def format_quantity(value: float, unit: str = "", digits: int = 4) -> str:
    """Return a value for people: ``16000.0`` gives ``16k``, in SPICE's suffixes, and with a unit ``16 kohm``.

    A unit that begins with "of" makes it a share, which has no prefix: ``0.01 of area``.
    """
    if unit.startswith("of "):
        return f"{value:.{digits}g} {unit}"
    if value == 0 or not math.isfinite(value):
        return f"{value:g} {unit}".rstrip()
    exponent = min(12, max(-18, 3 * math.floor(math.log10(abs(value)) / 3)))
    text = f"{value / 10.0**exponent:.{digits}g}"
    if abs(float(text)) >= 1000 and exponent < 12:
        exponent += 3
        text = f"{value / 10.0**exponent:.{digits}g}"
    suffix = next(name for name, power in _EXPONENTS.items() if power == exponent)
    if not unit:
        return text + suffix
    return f"{text} {_UNIT_PREFIXES.get(suffix, suffix)}{unit}"
