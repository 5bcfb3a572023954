"""``faultsim generate``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from faultsim.circuits.crossbar_plan import CrossbarRequest
from faultsim.circuits.generator import Generated, generate_crossbar
from faultsim.circuits.symbols import abridged, spelled_out
from faultsim.cli.output import print_json, say
from faultsim.cli.quantities import at_least_zero
from faultsim.errors import UsageError


@dataclass(frozen=True)
class Request:
    """The options of ``generate crossbar``, as typed."""

    inputs: int
    outputs: int
    weights: str
    fires_from: int | None
    wire_ohm: str
    wire_farad: str
    neuron: str


def crossbar(request: Request, out: Path, campaign: Path | None, force: bool, json: bool) -> None:
    """Write a crossbar and say where it is.

    Raises:
        UsageError: Everything that is wrong with the options.
    """
    problems: list[str] = []
    ohm = _quantity("--wire-ohm", request.wire_ohm, problems)
    farad = _quantity("--wire-farad", request.wire_farad, problems)
    weights = spelled_out(request.weights)
    size = request.inputs, request.outputs, weights, request.fires_from
    try:
        generated = generate_crossbar(CrossbarRequest(*size, ohm, farad, request.neuron), out, campaign)
    except UsageError as error:
        problems.append(str(error))
    if problems:
        raise UsageError("\n".join(problems))
    generated.write(force)
    _show(generated, campaign, json)


def _quantity(option: str, text: str, problems: list[str]) -> float:
    try:
        return at_least_zero(option, text)
    except UsageError as error:
        problems.append(str(error))
        return 0.0


def _show(generated: Generated, campaign: Path | None, json: bool) -> None:
    plan = generated.plan
    if json:
        print_json(
            {
                "sidecar": str(generated.sidecar),
                "deck": str(generated.deck),
                "campaign": str(campaign) if campaign else None,
                "parts": [
                    str(path) for path in generated.files if path not in (generated.sidecar, generated.deck, campaign)
                ],
                "inputs": len(plan.rows),
                "outputs": len(plan.columns),
                "cells": len(plan.cells),
                "segments": len(list(plan.segments)),
                "fires_from": plan.fires_from,
                "scale": plan.scale,
            }
        )
        return
    say(f"{len(plan.cells)} cells; a neuron fires from {plan.fires_from} active inputs of weight 1 on")
    for pattern in plan.telling:
        if plan.first_spike(pattern) is None:
            say(f"whether {abridged(pattern)} spikes is too near to call; simulate it, and state it in baseline.spikes")
    print(generated.sidecar)
    if campaign is not None:
        print(campaign)
