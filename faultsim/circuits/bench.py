"""The test bench around a network: sources, read pulses, analysis, saved probes; a network becomes a job."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from faultsim.circuits.deck import Cards, text_of
from faultsim.circuits.network import Network
from faultsim.circuits.sidecar import PortsSpec, SimulationSpec
from faultsim.circuits.stimulus import Stimulus, pulse_points
from faultsim.spice.job import Job

_STEPS_PER_PERIOD = 10


@dataclass(frozen=True)
class Conditions:
    """Operating point of one transient."""

    vdd_v: float
    temperature_c: float


def nominal(network: Network) -> Conditions:
    """Return the sidecar's operating point."""
    conditions = network.sidecar.conditions
    return Conditions(conditions.vdd_v, conditions.temperature_c)


def job(
    network: Network,
    stimulus: Stimulus,
    conditions: Conditions,
    simulation: SimulationSpec,
    cards: Cards | None = None,
    alters: Mapping[str, float] | None = None,
    observables: Mapping[str, str] | None = None,
) -> Job:
    """Return the transient of a network under a stimulus.

    Args:
        network: The circuit.
        stimulus: What the inputs do.
        conditions: Operating point.
        simulation: Time step and options.
        cards: The faulty deck in place of the network's own.
        alters: Elements set before the run, by flattened name.
        observables: Expressions in place of the sidecar's.
    """
    lines = [f"* {network.name} pattern {stimulus.pattern}, by faultsim"]
    body = text_of(network.cards if cards is None else cards)
    bench = [
        *_sources(network, stimulus, conditions),
        *_pacer(stimulus, simulation),
        *_analysis(network, stimulus, conditions, simulation),
    ]
    return Job(
        deck="\n".join(lines) + "\n" + body + "\n".join(bench) + "\n",
        stop_s=stimulus.stop_s,
        probes=network.sidecar.probes,
        observables=network.sidecar.observables if observables is None else observables,
        scope=stimulus.scope(conditions.vdd_v),
        alters=alters or {},
    )


def _sources(network: Network, stimulus: Stimulus, conditions: Conditions) -> Iterator[str]:
    symbols = dict(zip(network.inputs, stimulus.pattern, strict=True))
    yield "* test bench"
    for ports in network.sidecar.ports:
        for net in ports.nets:
            yield from _port(net, ports, symbols.get(net, ""), stimulus, conditions)


def _port(net: str, ports: PortsSpec, symbol: str, stimulus: Stimulus, conditions: Conditions) -> Iterator[str]:
    high = conditions.vdd_v * ports.high
    match ports.role:
        case "supply" | "high":
            yield f"VFS_{net} {net} 0 {_number(high)}"
            # Powered up long ago: charging gates through the write path at t = 0 would kick the free layer.
            yield f".ic v({net})={_number(high)}"
        case "low":
            yield f"VFS_{net} {net} 0 0"
        case "read":
            yield f"VFS_{net} {net} 0 {_pwl(stimulus.reads_s, stimulus, high)}"
        case "input":
            spikes = [(start, start + stimulus.spec.integrate) for start in stimulus.spikes_s(symbol)]
            yield f"VFS_{net} {net}_drv 0 {_pwl(spikes, stimulus, high)}"
            yield f"RFS_{net} {net}_drv {net} {_number(ports.driver_ohm or 0.0)}"
        case "output":
            return


def _pacer(stimulus: Stimulus, simulation: SimulationSpec) -> Iterator[str]:
    """Make ngspice take small steps inside the strobes, where a few millivolts are amplified to a verdict.

    ngspice has one largest step for a whole analysis. A sine on a capacitor, which touches nothing else, keeps its
    error control at about a tenth of the sine's period.
    """
    omega = 2 * math.pi / (_STEPS_PER_PERIOD * simulation.strobe_step)
    yield f"VFS_gate fs_gate 0 {_pwl(stimulus.strobes_s, stimulus, 1.0)}"
    # Never near zero while it runs: the error control is relative.
    yield f"BFS_pace fs_pace 0 V=v(fs_gate)*(2+sin({_number(omega)}*time))"
    yield "CFS_pace fs_pace 0 1f"


def _analysis(
    network: Network, stimulus: Stimulus, conditions: Conditions, simulation: SimulationSpec
) -> Iterator[str]:
    options = " ".join(f"{name}={_option(value)}" for name, value in simulation.options.items())
    yield f".options {options} temp={_number(conditions.temperature_c)}"
    yield ".save " + " ".join(network.sidecar.probes.values())
    yield f".tran {_number(simulation.step)} {_number(stimulus.stop_s)} 0 {_number(simulation.step)} uic"
    yield ".end"


def _pwl(windows_s: list[tuple[float, float]], stimulus: Stimulus, high: float) -> str:
    if not windows_s:
        return "0"
    points = pulse_points(windows_s, stimulus.spec.edge, high)
    return "PWL(" + " ".join(f"{_number(time)} {_number(level)}" for time, level in points) + ")"


def _option(value: float | str) -> str:
    return value if isinstance(value, str) else _number(value)


def _number(value: float) -> str:
    return f"{value:.12g}"
