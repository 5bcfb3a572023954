"""Candidates: everything that a tester could try on a circuit, rounded to what it can do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from faultsim.campaigns.plan import Plan, Setting
from faultsim.circuits import bench
from faultsim.circuits.bench import Conditions
from faultsim.circuits.network import Network
from faultsim.circuits.program import LEAVE, restoring
from faultsim.circuits.sidecar import StimulusSpec
from faultsim.circuits.stimulus import Stimulus
from faultsim.errors import SpecError
from faultsim.fault_models.defect import Defect
from faultsim.specfile import check_table
from faultsim.units import format_quantity
from faultsim.vectors.patterns import spelled
from faultsim.vectors.space import CurrentsSpec, SpaceSpec, SpikesSpec, WritesSpec
from faultsim.vectors.tester import Tester

SPIKE = "pulses_to_spike"
"""The observable of a vector that compares the output."""


@dataclass(frozen=True)
class Candidate:
    """Something that a tester could try: a stimulus at an operating point, and what it looks at.

    Attributes:
        id: What it is, in words.
        stimulus: As the tester applies it; of a spike vector with all coding windows in which one is waited for.
        conditions: As the tester applies them.
        observable: `SPIKE`, or what is measured.
        restores: What is written back once it is over, so that the next vector finds the weights of the deck.
    """

    id: str
    stimulus: Stimulus
    conditions: Conditions
    observable: str
    restores: str = ""

    @property
    def measures(self) -> bool:
        """Return whether it measures something."""
        return self.observable != SPIKE


@dataclass(frozen=True)
class Refused:
    """A candidate that the tester cannot apply, and why."""

    id: str
    reason: str


def candidates(
    network: Network, space: SpaceSpec, tester: Tester, plans: Sequence[Plan], defects: Sequence[Defect]
) -> tuple[list[Candidate], list[Refused]]:
    """Return all candidates of a space and of campaigns' tests, and what the tester cannot apply.

    Args:
        network: The circuit.
        space: What is tried.
        tester: Rounds and refuses.
        plans: Campaigns on the circuit, whose tests are tried as well.
        defects: What patterns may be aimed at.
    """
    tried = [*_of_plans(plans), *_of_space(network, space, defects)]
    found: dict[tuple[str, Conditions, str], Candidate] = {}
    refused: list[Refused] = []
    for candidate in tried:
        try:
            stimulus, conditions = tester.fitted(candidate.stimulus, candidate.conditions)
        except SpecError as error:
            refused.append(Refused(candidate.id, "; ".join(problem.message for problem in error.problems)))
            continue
        reasons = tester.refusals(stimulus, levels_v(network, conditions))
        if reasons:
            refused.append(Refused(candidate.id, "; ".join(reasons)))
            continue
        key = (repr(stimulus), conditions, candidate.observable)
        written = restoring(network.default_weights[: len(network.inputs)], stimulus.program)
        fitted = replace(candidate, stimulus=stimulus, conditions=conditions, restores=written)
        found.setdefault(key, fitted)
    return list(found.values()), refused


def levels_v(network: Network, conditions: Conditions) -> list[float]:
    """Return the voltages that a tester drives a circuit with, besides 0."""
    highs = dict.fromkeys(ports.high for ports in network.sidecar.ports if ports.role not in ("output", "low"))
    return [high * conditions.vdd_v for high in highs]


def _of_plans(plans: Sequence[Plan]) -> Iterator[Candidate]:
    """Yield the tests of campaigns at the nominal corner, as a tester begins: with the deck's own weights."""
    for plan in plans:
        for setting in plan.settings:
            if setting.conditions.corner == bench.nominal(plan.network).corner:
                yield _of_setting(plan, setting)


def _of_setting(plan: Plan, setting: Setting) -> Candidate:
    stimulus, default = setting.stimulus, plan.network.default_weights
    if stimulus.weights and stimulus.weights != default:
        # One output's weights are programmed; those of a larger array stay as they are.
        pairs = list(zip(stimulus.weights, default, strict=True))[: len(plan.network.inputs)]
        written = "".join(LEAVE if wanted == own else wanted for wanted, own in pairs)
        program = ",".join(filter(None, (written, stimulus.program)))
        stimulus = replace(stimulus, weights="", program=program)
    else:
        stimulus = replace(stimulus, weights="")
    point = setting.conditions
    name = ", ".join([plan.name, setting.test, setting.window])
    if len(plan.conditions) > 1:
        name += f", {point.vdd_v:g} V, {point.temperature_c:g} C"
    observable = SPIKE if setting.observable in ("spiked", SPIKE) else setting.observable
    return Candidate(name, stimulus, point, observable)


def _of_space(network: Network, space: SpaceSpec, defects: Sequence[Defect]) -> Iterator[Candidate]:
    for spikes in space.spikes:
        yield from _spikes(network, spikes, defects)
    for currents in space.currents:
        yield from _currents(network, currents, defects)
    for writes in space.writes:
        yield from _writes(network, writes)


def _spikes(network: Network, part: SpikesSpec, defects: Sequence[Defect]) -> Iterator[Candidate]:
    own = network.sidecar.stimulus
    lengths = [_leaky(network, leaky) for leaky in part.leaky]
    for vdd, integrate, leaky in product(part.vdd, part.integrate, lengths):
        windows = {"integrate": own.integrate * integrate, "leaky": leaky, "pulses": part.pulses}
        for pattern in spelled(network, part.patterns, defects):
            yield _candidate(network, SPIKE, pattern, {**part.stimulus, **windows}, vdd)


def _currents(network: Network, part: CurrentsSpec, defects: Sequence[Defect]) -> Iterator[Candidate]:
    for vdd in part.vdd:
        for pattern in spelled(network, part.patterns, defects):
            yield _candidate(network, part.observable, pattern, part.stimulus, vdd)


def _writes(network: Network, part: WritesSpec) -> Iterator[Candidate]:
    inputs = len(network.inputs)
    black, white = (spelled(network, [name], ())[0][0] for name in ("full", "silent"))
    groups = [[place] for place in range(inputs)] if "each" in part.cells else []
    groups += [list(range(inputs))] if "all" in part.cells else []
    for group in groups:
        pattern = "".join(black if place in group else white for place in range(inputs))
        for text in part.programs:
            steps = ["".join(bit if place in group else LEAVE for place in range(inputs)) for bit in text]
            yield _candidate(network, part.observable, pattern, part.stimulus, 1.0, ",".join(steps))


def _candidate(
    network: Network, observable: str, pattern: str, overrides: dict[str, Any], vdd: float, program: str = ""
) -> Candidate:
    point = bench.nominal(network)
    table = {**network.sidecar.stimulus.model_dump(), **overrides}
    spec = check_table(table, StimulusSpec, Path("candidates: stimulus"))
    conditions = replace(point, vdd_v=point.vdd_v * vdd)
    words = [pattern]
    words += [f"after writing {program}"] if program else []
    words += [_length("IW", spec.integrate), _length("LW", spec.leaky)] if observable == SPIKE else [observable]
    words += [f"{conditions.vdd_v:.4g} V"] if vdd != 1 else []
    return Candidate(", ".join(words), Stimulus(pattern, spec, "", program), conditions, observable)


def _length(name: str, window_s: float) -> str:
    return f"{name} {format_quantity(window_s, 's', digits=6)}"


def _leaky(network: Network, leaky: float | str) -> float:
    neuron = network.sidecar.neuron
    if isinstance(leaky, str):
        if neuron is None:
            raise SpecError([])
        return neuron.leaky[0] if leaky == "shortest" else neuron.leaky[1]
    return network.sidecar.stimulus.leaky * leaky
