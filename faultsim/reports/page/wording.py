"""How values are written for people on the page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from faultsim.campaigns.results import ThresholdRow
from faultsim.units import format_quantity
from faultsim.vectors.table import VectorRow

if TYPE_CHECKING:
    from markupsafe import Markup

_JOINT = re.compile(r"(?<=[.:~|/_-])(?=\w)")
_COVER = re.compile(r"(.+)([<>]=)(.+)")


def covers(row: VectorRow, thresholds: Sequence[ThresholdRow]) -> str:
    """Return what a vector sees, from which severity on."""
    units = {found.defect_id: found.unit for found in thresholds}
    parts = [_COVER.fullmatch(item) for item in row.covers.split()]
    found = [(part[1], "from" if part[2] == ">=" else "up to", float(part[3])) for part in parts if part is not None]
    return ", ".join(f"{name} {word} {format_quantity(at, units.get(name, ''))}" for name, word, at in found)


def seen(value: Any) -> str:
    """Return what an observable showed."""
    if value is None:
        return "none"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def quantity(value: Any, unit: str = "") -> str:
    """Return a number with an SI prefix; other text as it is, nothing for None."""
    if value is None or value == "":
        return ""
    try:
        numbers = [float(part) for part in str(value).split(" to ")]
    except ValueError:
        return str(value)
    if not unit:
        return " to ".join(f"{number:g}" for number in numbers)
    return " to ".join(format_quantity(number, unit) for number in numbers)


def soft(text: str) -> Markup:
    """Return a name that a line may break at its joints, such as ``xcell1.mpot.d-g:short``, as safe HTML."""
    from markupsafe import Markup, escape

    return Markup("<wbr>").join(escape(part) for part in _JOINT.split(text))
