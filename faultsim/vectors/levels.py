"""Levels of a tester's program: what each signal is driven with, and whether a circuit's model can be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from faultsim.circuits.bench import Conditions
from faultsim.circuits.network import Network
from faultsim.circuits.sidecar import PortsSpec
from faultsim.errors import Problem, did_you_mean
from faultsim.units import format_quantity
from faultsim.vectors.program import Level, SignalKind, TestProgram

VDD, EDGE = "vdd_v", "edge_s"
_HIGH = "high_"


def levels_of(network: Network, conditions: Conditions, edge_s: float) -> dict[str, float]:
    """Return the variables of the level that a circuit is driven with: supply, edges, nets with one of their own."""
    highs = {_HIGH + net: float(f"{ports.high * conditions.vdd_v:.12g}") for ports, net in _apart(network)}
    return {VDD: conditions.vdd_v, EDGE: edge_s, **highs}


def value_of(values: Mapping[str, float], variable: str) -> float:
    """Return a variable of a level; the high level of a signal that has none of its own is that of the supply."""
    return values.get(variable, values[VDD])


def high_v(values: Mapping[str, float], signal: str) -> float:
    """Return the high level of a signal, V."""
    return value_of(values, _HIGH + signal)


def volts_of(values: Mapping[str, float]) -> dict[str, float]:
    """Return the variables of a level that are voltages."""
    return {variable: value for variable, value in values.items() if variable != EDGE}


def said(variable: str, value: float) -> str:
    """Return the value of a variable for people."""
    return format_quantity(value, "s" if variable == EDGE else "V", digits=12)


def own_signal(network: Network, variable: str) -> str:
    """Return the signal whose level a variable is, where it is the tester's own and not the circuit's; nothing else."""
    signal = variable.removeprefix(_HIGH)
    nets = {net for ports in network.sidecar.ports for net in ports.nets}
    return signal if variable.startswith(_HIGH) and signal not in nets else ""


def level_problems(network: Network, program: TestProgram, level: Level) -> Iterator[Problem]:
    """Yield what a level lacks for driving a circuit, and what of it would drive nothing."""
    needed = {VDD: "the supply", EDGE: "the time of an edge"}
    needed |= {_HIGH + net: f"the high level of {net}" for _, net in _apart(network)}
    for variable, what in needed.items():
        if variable not in level.values:
            yield Problem(level.where, f"Category {level.name} has no {variable}, {what}", "add it")
    known = {VDD, EDGE, *(_HIGH + signal.name for signal in program.signals if signal.kind is not SignalKind.OUT)}
    for variable in level.values:
        if variable not in known:
            yield Problem(level.where, f"{variable} drives nothing", did_you_mean(variable, known))
    if level.values.get(EDGE, 1.0) <= 0:
        yield Problem(level.where, f"{EDGE} is {said(EDGE, level.values[EDGE])}", "an edge takes some time")


def _apart(network: Network) -> Iterator[tuple[PortsSpec, str]]:
    """Yield the nets whose high level is not the supply."""
    for ports in network.sidecar.ports:
        if ports.role not in ("output", "low") and ports.high != 1:
            yield from ((ports, net) for net in ports.nets)
