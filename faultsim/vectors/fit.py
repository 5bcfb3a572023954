"""Whether a tester's program can be played to a circuit at all: its signals, its levels, its captures."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from faultsim.circuits.network import Network
from faultsim.errors import Problem, SpecError, did_you_mean
from faultsim.units import format_quantity
from faultsim.vectors.assemble import CAPTURE, INITIAL, TRIGGER
from faultsim.vectors.levels import EDGE, level_problems, said
from faultsim.vectors.played import pulses_of
from faultsim.vectors.program import SignalKind, TestProgram, Vector


def check_fit(network: Network, program: TestProgram, names: Collection[str]) -> None:
    """Check that a program fits a circuit.

    Args:
        network: The circuit.
        program: What is to be played.
        names: The vectors of it that are.

    Raises:
        SpecError: Everything that does not fit, each with its place in the file.
    """
    problems = list(_signals(network, program))
    vectors = [vector for vector in program.vectors if vector.name in names]
    used = {vector.level for vector in vectors}
    for level in program.levels:
        if level.name in used:
            problems += level_problems(network, program, level)
    if not problems:
        problems += (problem for vector in vectors for problem in _pulses(program, vector))
    if problems:
        raise SpecError(problems)


def _signals(network: Network, program: TestProgram) -> Iterator[Problem]:
    """Yield the nets of a circuit that are not driven or compared, and signals of no net."""
    ports = [ports for ports in network.sidecar.ports if ports.role != "low"]
    nets = {net: ports.role for ports in ports for net in ports.nets} | {CAPTURE: "the latch", TRIGGER: "measuring"}
    kinds = {signal.name: signal.kind for signal in program.signals}
    for net, role in nets.items():
        wanted = _kind_of(role)
        if net not in kinds:
            yield Problem(program.where, f"there is no signal {net}, the {wanted} of {network.name} for {role}")
        elif kinds[net] is not wanted:
            yield Problem(program.where, f"signal {net} is {kinds[net]}, and has to be {wanted} for {network.name}")
    for name in kinds:
        if name not in nets:
            yield Problem(program.where, f"{network.name} has no net for signal {name}", did_you_mean(name, nets))


def _kind_of(role: str) -> SignalKind:
    kinds = {"output": SignalKind.OUT, "supply": SignalKind.SUPPLY, "high": SignalKind.SUPPLY}
    return kinds.get(role, SignalKind.IN)


def _pulses(program: TestProgram, vector: Vector) -> Iterator[Problem]:
    """Yield what keeps a vector's pulses from being played: none for the latch, or one that edges leave nothing of."""
    pulses = pulses_of(program, vector)
    if not pulses[CAPTURE] and vector.name != INITIAL:
        message = f"vector {vector.name} never opens the capture, signal {CAPTURE}, so that nothing can be compared"
        yield Problem(vector.where, message)
    [level] = [level for level in program.levels if level.name == vector.level]
    edge_s = level.values[EDGE]
    lengths = [(stop - start, name) for name, spans in pulses.items() for start, stop in spans]
    if lengths and min(lengths)[0] <= edge_s:
        shortest_s, name = min(lengths)
        short = f"a pulse of {name} in {vector.name} is {format_quantity(shortest_s, 's')} long"
        yield Problem(level.where, f"{EDGE} is {said(EDGE, edge_s)}, and {short}", "edges are shorter than pulses")
