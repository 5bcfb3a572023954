"""A circuit, a defect and a stimulus as they are typed, for the commands that simulate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from faultsim.circuits import bench
from faultsim.circuits.bench import Conditions
from faultsim.circuits.circuit import of_network
from faultsim.circuits.network import Network
from faultsim.circuits.sidecar import StimulusSpec
from faultsim.circuits.stimulus import Stimulus
from faultsim.circuits.symbols import spelled_out
from faultsim.cli.quantities import at_least_zero, positive, severity
from faultsim.errors import UsageError
from faultsim.fault_models.defect import Defect
from faultsim.fault_models.naming import WIDEST, find_defect
from faultsim.specfile import check_table


@dataclass(frozen=True)
class Request:
    """A circuit, and what is done to it, as typed."""

    circuit: str
    defect: str | None
    ohm: str | None
    pattern: str | None
    iw: str | None
    lw: str | None
    pulses: int | None
    weights: str
    program: str
    delay: str | None
    vdd: str | None
    temperature: float | None
    universe: str | None = None
    equivalent: bool = False


def default_pattern(circuit: Network) -> str:
    """Return the first pattern that the sidecar declares to spike, or all inputs on."""
    return next(iter(circuit.sidecar.baseline.spikes), "1" * len(circuit.inputs))


def asked_stimulus(circuit: Network, request: Request) -> Stimulus:
    """Return what the options ask for.

    Raises:
        SpecError: Pattern, weights or times do not fit.
        UsageError: A quantity that cannot be read.
    """
    pattern = spelled_out(request.pattern or default_pattern(circuit))
    weights, program = spelled_out(request.weights), spelled_out(request.program)
    circuit.check_pattern(pattern)
    circuit.check_weights(weights, program)
    given = {
        "integrate": positive("--iw", request.iw),
        "leaky": positive("--lw", request.lw),
        "pulses": request.pulses,
    }
    overrides = {key: value for key, value in given.items() if value is not None}
    table = {**circuit.sidecar.stimulus.model_dump(), **overrides}
    if request.delay is not None:
        if not request.program:
            raise UsageError("--delay needs --program")
        table["program"] = {**table["program"], "delay": at_least_zero("--delay", request.delay)}
    spec = check_table(table, StimulusSpec, Path("--iw, --lw, --pulses, --delay"))
    return Stimulus(pattern, spec, weights, program)


def asked_conditions(circuit: Network, request: Request) -> Conditions:
    """Return the operating point that the options ask for.

    Raises:
        UsageError: A quantity that cannot be read, or a temperature that there is not.
    """
    nominal = bench.nominal(circuit)
    temperature = nominal.temperature_c if request.temperature is None else request.temperature
    if not -273.15 < temperature < math.inf:
        raise UsageError(f"--temperature {temperature:g}: has to be above -273.15, absolute zero, and finite")
    return Conditions(positive("--vdd", request.vdd, nominal.vdd_v), temperature)


def asked_fault(circuit: Network, request: Request) -> tuple[Defect, float] | None:
    """Return the defect that the options ask for and its severity; None for the fault-free circuit.

    Raises:
        UsageError: A severity that cannot be read, is outside of the defect's range, or has no defect.
    """
    if request.defect is None:
        if request.ohm is not None:
            raise UsageError("--ohm, --severity needs --defect")
        if request.universe is not None:
            raise UsageError("--universe needs --defect")
        return None
    defect = find_defect(of_network(circuit), request.defect, request.universe or WIDEST)
    return defect, severity(request.ohm, defect)
