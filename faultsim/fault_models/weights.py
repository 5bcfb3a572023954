"""Likelihoods: a rule's formula over a device's parameters, or what the user says."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from faultsim.circuits.flatten import FlatDevice
from faultsim.circuits.parameters import Values, evaluate
from faultsim.fault_models.globs import matches
from faultsim.fault_models.rules import OverrideSpec, WeightSpec


class Weight(NamedTuple):
    """How likely a defect is, relative to the others.

    Attributes:
        value: The weight.
        origin: Where it comes from.
        justification: Why it is zero; empty where it is not.
    """

    value: float
    origin: str
    justification: str = ""

    def with_another(self, other: Weight) -> Weight:
        """Return the weight of a defect that happens in either of two ways."""
        reasons = "; ".join(filter(None, (self.justification, other.justification)))
        origin = self.origin if self.origin == other.origin else f"{self.origin}; and {other.origin}"
        total = min(self.value + other.value, sys.float_info.max)
        return Weight(total, origin, "" if total else reasons)


@dataclass(frozen=True)
class Weigher:
    """Weighs defects.

    Attributes:
        overrides: The user's weights; the last one that matches counts.
    """

    overrides: Sequence[OverrideSpec] = ()
    _known: dict[tuple[int, int, float], Weight] = field(default_factory=dict)

    def of_device(self, rule: WeightSpec, device: FlatDevice) -> Weight:
        """Return a rule's weight of a device; one that stands for several is as many times as likely."""
        # Devices of the same card share one mapping of values.
        key = (id(rule), id(device.values), device.multiplier)
        if key not in self._known:
            self._known[key] = self.by_rule(rule, device.values, device.multiplier)
        return self._known[key]

    @staticmethod
    def by_rule(rule: WeightSpec, values: Mapping[str, float], multiplier: float = 1.0) -> Weight:
        """Return a rule's weight for parameters."""
        names = Values(given=dict(values))
        if rule.zero_when and evaluate(rule.zero_when, names):
            return Weight(0.0, rule.origin, rule.zero_reason)
        weight = (evaluate(rule.weight, names) or 0.0) * multiplier
        if not 0 < weight < math.inf:
            return Weight(
                rule.unknown * multiplier, f"{rule.origin}; {rule.unknown:g} because a parameter has no value"
            )
        return Weight(weight, rule.origin)

    def overridden(self, identity: str, weight: Weight) -> Weight:
        """Return the user's weight of a defect, where there is one."""
        for override in reversed(self.overrides):
            if matches(identity, override.defects):
                return Weight(override.weight, override.origin, override.zero_reason)
        return weight


@dataclass
class Unmatched:
    """The globs that no defect has matched so far.

    Attributes:
        globs: Them, in the order of their file.
    """

    globs: list[str]

    def see(self, identity: str) -> None:
        """Forget the globs that a defect matches."""
        self.globs = [glob for glob in self.globs if not matches(identity, glob)]
