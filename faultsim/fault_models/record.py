"""What is told of a defect and of a universe, after IEEE Std 2427-2025; fault_models/schema/ has the JSON Schema."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from faultsim.circuits.circuit import Circuit
from faultsim.circuits.deck import text_of
from faultsim.circuits.sites import Cut
from faultsim.fault_models.defect import Defect
from faultsim.fault_models.rules import UniverseSpec
from faultsim.fault_models.universe import Excluded

VERSION = 1


def row_of(defect: Defect) -> dict[str, Any]:
    """Return one defect as plain data."""
    site, accounting, severity = defect.site, defect.accounting, defect.definition.severity
    terminals = site.terminals
    if isinstance(site, Cut) and site.wire and site.scope:
        terminals = tuple((f"{site.scope}.{element}", terminal) for element, terminal in terminals)
    return {
        "id": defect.id,
        "kind": defect.definition.kind,
        "location": defect.location,
        "device": site.device if not isinstance(site, Cut) or not site.wire else "",
        "terminals": [f"{element}.{terminal}" for element, terminal in terminals],
        "nets": list(site.nets),
        "weight": accounting.weight,
        "merged": accounting.merged,
        "model": defect.model,
        "spice_model": accounting.spice_model,
        "multiplier": accounting.multiplier,
        "unit": severity.unit,
        "default": severity.default,
        "direction": severity.direction,
        "weight_origin": accounting.origin,
        "zero_weight_reason": accounting.justification,
        "group": accounting.group,
        "same_as": accounting.same_as,
        "undetectable": accounting.detectability.value,
        "undetectable_reason": accounting.reason,
        "cuts_off": list(site.cuts) if isinstance(site, Cut) and site.wire else [],
        "path": site.path,
        "source": site.source,
    }


@dataclass
class Count:
    """What a universe adds up to."""

    defects: int = 0
    circuits: int = 0
    weight: float = 0.0
    kinds: dict[str, int] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    undetectable: dict[str, int] = field(default_factory=dict)
    zero_weights: int = 0

    def add(self, defect: Defect) -> None:
        """Count a defect."""
        kind, accounting = defect.definition.kind, defect.accounting
        self.defects += 1
        self.circuits += not accounting.same_as
        self.weight += accounting.weight
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        self.weights[kind] = self.weights.get(kind, 0.0) + accounting.weight
        self.zero_weights += accounting.weight == 0
        if accounting.detectability:
            name = accounting.detectability.value
            self.undetectable[name] = self.undetectable.get(name, 0) + 1


def head(circuit: Circuit, name: str, spec: UniverseSpec, count: Count, excluded: Iterable[Excluded]) -> dict[str, Any]:
    """Return all of a record but its defects."""
    text = text_of(circuit.cards).encode("utf-8", "surrogateescape")
    return {
        "record": VERSION,
        "standard": "IEEE Std 2427-2025, our reading of it",
        "circuit": circuit.name,
        "deck_sha256": hashlib.sha256(text).hexdigest(),
        "universe": {"name": name, "title": spec.title, "source": spec.source},
        "rules": spec.model_dump(),
        "counts": {
            "devices": len(circuit.devices),
            "defects": count.defects,
            "circuits": count.circuits,
            "by_kind": count.kinds,
            "undetectable": count.undetectable,
            "zero_weights": count.zero_weights,
        },
        "weights": {"total": count.weight, "by_kind": count.weights},
        "excluded": [{"device": item.device, "reason": item.reason} for item in excluded],
    }
