"""Values of parameters: what a name means in a subcircuit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from faultsim.circuits.formula import NoValue, parse_formula

if TYPE_CHECKING:
    from faultsim.circuits.element import Element
    from faultsim.circuits.hierarchy import Hierarchy


@dataclass
class Values:
    """What parameter names mean in one place of the hierarchy.

    Attributes:
        texts: Parameter -> its definition there, or what the instance gives it, as written.
        given: Parameter that the instance gives -> its value.
        outer: What names mean that are not defined there.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, float | None] = field(default_factory=dict)
    outer: Values | None = None
    _known: dict[str, float | None] = field(default_factory=dict)

    def inside(self, hierarchy: Hierarchy, instance: Element | None) -> Values:
        """Return what names mean in the body of an instance; at the top level without one.

        In ngspice that holds for what the instance gives, too: of ``x1 a cell w={w} l={w}`` the length is the new
        width.
        """
        scope = instance.body if instance is not None else ""
        texts = hierarchy.scopes[scope].defaults | hierarchy.parameters(scope)
        if instance is None:
            return Values(texts)
        inner = Values(texts | instance.texts, outer=self)
        return replace(inner, given={name: inner.value(name) for name in instance.texts})

    def value(self, name: str) -> float | None:
        """Return the value of a parameter, or None where it has none that can be worked out."""
        if name not in self._known:
            # Where a parameter is defined by itself, the one outside is meant.
            self._known[name] = self.outer.value(name) if self.outer is not None and name in self.texts else None
            self._known[name] = self._value(name)
        return self._known[name]

    def _value(self, name: str) -> float | None:
        if name in self.given:
            return self.given[name]
        if name in self.texts:
            return evaluate(self.texts[name], self)
        return self.outer.value(name) if self.outer is not None else None


def evaluate(text: str, values: Values) -> float | None:
    """Return the value of an expression, in braces, quotes or neither; None where it cannot be worked out."""

    def look_up(name: str) -> float:
        value = values.value(name)
        if value is None:
            raise NoValue(name)
        return value

    try:
        value = float(parse_formula(text.strip().lower())(look_up))
    except (NoValue, ArithmeticError, ValueError, TypeError, RecursionError):
        return None
    return value if math.isfinite(value) else None
