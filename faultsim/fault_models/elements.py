"""The cards that a defect puts into a deck, as its definition writes them: with fields for nets and values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from faultsim.circuits.parameters import Values, evaluate

_FIELD = re.compile(r"\{([^{}]*)\}")
_SEVERITY = re.compile(r"\bseverity\b")
_PLACEHOLDER = "1"


def net_fields(elements: Sequence[str]) -> set[str]:
    """Return the fields that stand for nets."""
    return {field for line in elements for field in _FIELD.findall(line) if not _SEVERITY.search(field)}


def value_formulas(elements: Sequence[str]) -> dict[str, str]:
    """Return, for each element whose value follows the severity, the formula that it follows it by."""
    fields = ((line.split()[0].lower(), field) for line in elements for field in _FIELD.findall(line))
    return {name: field for name, field in fields if _SEVERITY.search(field)}


def filled(elements: Sequence[str], nets: Mapping[str, str], suffix: str) -> list[str]:
    """Return the cards with nets in their fields, a placeholder for each value, and a suffix at each name."""

    def content(match: re.Match[str]) -> str:
        return _PLACEHOLDER if _SEVERITY.search(match[1]) else nets[match[1]]

    named = (re.sub(r"^\s*(\S+)", rf"\g<1>{suffix}", line) for line in elements)
    return [_FIELD.sub(content, line) for line in named]


def values_at(formulas: Mapping[str, str], severity: float) -> dict[str, float]:
    """Return what elements are at a severity.

    Raises:
        ValueError: A formula has no value there.
    """
    names = Values(given={"severity": severity})
    values = {element: evaluate(formula, names) for element, formula in formulas.items()}
    for element, value in values.items():
        if value is None:
            raise ValueError(f"{element} has no value at a severity of {severity:g}: {{{formulas[element]}}}")
    return {element: value for element, value in values.items() if value is not None}
