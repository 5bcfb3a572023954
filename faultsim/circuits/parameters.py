"""Values of parameters: what a name means in a subcircuit."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from faultsim.circuits.formula import NoValue, parse_formula

if TYPE_CHECKING:
    from faultsim.circuits.element import Element
    from faultsim.circuits.hierarchy import Hierarchy

_NAME = re.compile(r"[a-z_][\w.]*")


@dataclass
class Values:
    """What parameter names mean in one place of the hierarchy.

    Attributes:
        texts: Parameter -> its definition there, as written.
        given: Parameter -> its value there, where that is known.
        outer: What names mean that are not defined there.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, float | None] = field(default_factory=dict)
    outer: Values | None = None
    _known: dict[str, float | None] = field(default_factory=dict)

    def inside(self, hierarchy: Hierarchy, instance: Element | None) -> Values:
        """Return what names mean in the body of an instance; at the top level without one."""
        if instance is None:
            return Values(given=_given(hierarchy.defaults(""), {}, Values()))
        return Values(given=_given(hierarchy.defaults(instance.body), instance.texts, self), outer=self)

    def value(self, name: str) -> float | None:
        """Return the value of a parameter, or None where it has none that can be worked out."""
        if name not in self._known:
            # A parameter that is defined by itself has no value.
            self._known[name] = None
            self._known[name] = self._value(name)
        return self._known[name]

    def _value(self, name: str) -> float | None:
        if name in self.given:
            return self.given[name]
        if name in self.texts:
            return evaluate(self.texts[name], self)
        return self.outer.value(name) if self.outer is not None else None


def in_order(texts: Mapping[str, str]) -> dict[str, str]:
    """Return parameters so that each stands behind those that its definition names; otherwise they stay in order."""
    needs = {name: set(_NAME.findall(text)) & texts.keys() for name, text in texts.items()}
    levels: dict[str, int] = {}
    for root in texts:
        # A walk that keeps its own trail: a hostile deck may be very deep. Circles are cut where they close.
        trail = {root: None}
        while trail:
            name = next(reversed(trail))
            waiting = next((other for other in needs[name] if other not in levels and other not in trail), None)
            if waiting is not None:
                trail[waiting] = None
                continue
            levels[name] = 1 + max((levels.get(other, 0) for other in needs[name] - {name}), default=0)
            del trail[name]
    return {name: texts[name] for name in sorted(texts, key=levels.__getitem__)}


def _given(defaults: Mapping[str, str], texts: Mapping[str, str], outer: Values) -> dict[str, float | None]:
    """Return what parameters are in the body of an instance, worked out in ngspice's order.

    Numbers come first, then expressions one after another: what they name is what has been worked out in the body, or
    else what it is outside. So with ``x1 a cell w=2u l={w}`` the length is two micrometers whatever w is outside.
    """
    found: dict[str, float | None] = {}
    later: list[tuple[str, str]] = []
    for name, text in {**defaults, **texts}.items():
        number = evaluate(text, Values())
        if number is None:
            later.append((name, text))
        else:
            found[name] = number
    for name, text in later:
        found[name] = evaluate(text, Values(given=found, outer=outer))
    return found


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
