"""All points of a sweep over a resistance in one transient: it steps up while the inputs stay active."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from faultsim.campaigns.lab import Lab
from faultsim.campaigns.question import Question
from faultsim.circuits.bench import job
from faultsim.fault_models.defect import FaultyDeck
from faultsim.spice.expressions import renamed
from faultsim.spice.job import Job
from faultsim.spice.reference import with_text

_PLATEAU_S, _STEP_S = 0.2e-9, 0.03e-9
"""How long the resistance keeps a value, and how long it takes to the next: both long beside the read path's times."""
_RESISTANCE = "severity"
_CONTROL = "fs_severity"


def stepped(lab: Lab, question: Question, severities: Sequence[float], observable: str) -> Job | None:
    """Return the transient whose observable ``0``, ``1`` ... is a measured quantity at the first, second ... severity.

    Args:
        lab: Knows the circuit.
        question: The defect, and a stimulus of one pulse that says what is active and when it begins.
        severities: Resistances in ohm.
        observable: Expression about the middle of the integrate window, which is the end of a plateau here.

    Returns:
        None for a defect that is not just one resistance.
    """
    deck = lab.deck(question)
    resistor = _resistor(deck)
    if resistor is None or question.simulation is None:
        return None
    spec = question.stimulus.spec
    every = _PLATEAU_S + _STEP_S
    # The first value stays twice as long: the edge of the inputs sets the cells' layers trembling.
    length = {"integrate": _PLATEAU_S + every * len(severities), "pulses": 1}
    stimulus = replace(question.stimulus, spec=spec.model_copy(update=length))
    begin_s = stimulus.first_s + _PLATEAU_S
    ends = [begin_s + every * (place + 1) - _STEP_S for place in range(len(severities))]
    asked = job(lab.network, stimulus, question.conditions, question.simulation, deck.at(severities[0]), {}, ())
    names, scope = _scopes(asked.scope, ends)
    return replace(
        asked,
        deck=_controlled(asked.deck, resistor, ends, severities),
        observables={str(place): renamed(observable, name) for place, name in enumerate(names)},
        scope=scope,
        alters={name: value for name, value in asked.alters.items() if name != resistor},
    )


def _resistor(deck: FaultyDeck) -> str | None:
    """Return the flattened name of the only thing that the severity is the value of."""
    if deck.moved is not None or deck.devices or list(deck.formulas.values()) != [_RESISTANCE]:
        return None
    [name] = deck.formulas
    return name if name.lower().startswith("r") else None


def _controlled(deck: str, resistor: str, ends_s: Sequence[float], severities: Sequence[float]) -> str:
    """Return the deck with the resistor at what a source says: the logarithm, which steps in straight lines."""
    deck = with_text(deck, resistor, f"r='exp(v({_CONTROL}))'")
    points = [(0.0, severities[0])]
    for end, before, after in zip(ends_s, severities, severities[1:], strict=False):
        points += [(end, before), (end + _STEP_S, after)]
    corners = " ".join(f"{time:.12g} {math.log(value):.12g}" for time, value in points)
    title, _, rest = deck.partition("\n")
    return f"{title}\n.global {_CONTROL}\nVFS_severity {_CONTROL} 0 PWL({corners})\n{rest}"


def _scopes(scope: Mapping[str, Any], ends_s: Sequence[float]) -> tuple[list[dict[str, str]], dict[str, Any]]:
    """Return, for every plateau, which name stands for which, and the scope of all of them."""
    names: list[dict[str, str]] = []
    found = dict(scope)
    for place, end in enumerate(ends_s):
        own = {"mid_integrate": [end], "integrate": [(end - _PLATEAU_S, end)]}
        found |= {f"{name}_{place}": value for name, value in own.items()}
        names.append({name: f"{name}_{place}" for name in own})
    return names, found
