"""The test bench around a network: sources, read pulses, analysis, saved probes; a network becomes a job."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from faultsim.circuits.blocks import Surroundings
from faultsim.circuits.bystander import leaves_alone
from faultsim.circuits.deck import Cards, text_of
from faultsim.circuits.network import Network
from faultsim.circuits.program import Span
from faultsim.circuits.sidecar import PortsSpec, SimulationSpec, is_inner_voltage
from faultsim.circuits.standins import StandIns
from faultsim.circuits.stimulus import Stimulus, pulse_points
from faultsim.circuits.variant import NOMINAL, Corner, EditedDeck
from faultsim.errors import UsageError
from faultsim.spice.expressions import looks_until
from faultsim.spice.job import Job
from faultsim.units import format_quantity

_STEPS_PER_PERIOD = 0.888
"""Steps in which ngspice follows a sine, times the cube root of the tolerance of its error control."""
_MOST_STEPS = 1e6
_TOLERANCES = {"reltol": 1e-3, "trtol": 7.0}
"""ngspice's own."""
_READING = ("edge", "read_delay", "read_width", "strobe_width")
"""Timing that moves the firing level."""
_ALWAYS_ON = ("supply", "high")


@dataclass(frozen=True)
class Conditions:
    """Operating point and process corner of one transient."""

    vdd_v: float
    temperature_c: float
    corner: Corner = NOMINAL


def nominal(network: Network) -> Conditions:
    """Return the sidecar's operating point."""
    conditions = network.sidecar.conditions
    return Conditions(conditions.vdd_v, conditions.temperature_c)


def job(
    network: Network,
    stimulus: Stimulus,
    conditions: Conditions,
    simulation: SimulationSpec,
    edited: EditedDeck | None = None,
    observables: Mapping[str, str] | None = None,
    more: Sequence[str] = (),
    reads: Collection[str] = (),
) -> Job:
    """Return the transient of a network under a stimulus.

    Args:
        network: The circuit.
        stimulus: What the inputs do.
        conditions: Operating point and corner.
        simulation: Time step and options.
        edited: The deck in place of the network's own, at the stimulus's weights and the corner already.
        observables: Expressions in place of the sidecar's.
        more: Further lines of the test bench.
        reads: Observables that are all that matters: the transient ends once they are certain. All of it if none.
    """
    step = simulation.largest_step(bool(stimulus.program))
    _check_length(stimulus, step)
    deck = edited or EditedDeck(variant(network, stimulus, conditions))
    lines = [f"* {network.name} pattern {stimulus.pattern}, by faultsim"]
    body = text_of(deck.cards)
    probes = {name: deck.merged.vector(vector) for name, vector in network.sidecar.probes.items()}
    scope = stimulus.scope(conditions.vdd_v)
    asked = network.sidecar.observables if observables is None else observables
    stop_s = stimulus.stop_s
    if reads:
        certain = {name: looks_until(text, scope) for name, text in asked.items()}
        end_s = max(certain[name] for name in reads)
        if 0 < end_s < stop_s:
            stop_s = end_s
            asked = {name: text for name, text in asked.items() if certain[name] <= end_s}
    near = _near(network, stimulus, conditions, simulation, edited)
    bench = [
        *_params(conditions, simulation, step),
        *_sources(network, stimulus, conditions, deck.merged),
        *_starts(network, stimulus, conditions, deck),
        *_pacer(stimulus, simulation, near),
        *more,
        *_analysis(stop_s, conditions, simulation, step, probes),
    ]
    return Job(
        deck="\n".join(lines) + "\n" + body + "\n".join(bench) + "\n",
        stop_s=stop_s,
        probes=probes,
        observables=asked,
        scope=scope,
        alters=deck.alters,
    )


def _check_length(stimulus: Stimulus, step_s: float) -> None:
    if stimulus.stop_s / step_s > _MOST_STEPS:
        lasts, step = (format_quantity(value, "s") for value in (stimulus.stop_s, step_s))
        asked = f"the transient would last {lasts}, in steps of at most {step}"
        raise UsageError(f"{asked}; is a suffix such as n missing in a time?")


def variant(network: Network, stimulus: Stimulus, conditions: Conditions) -> Cards:
    """Return the network's deck with the stimulus's weights and at the corner of the conditions."""
    return network.variant(stimulus.weights, conditions.corner)


def surroundings(network: Network, stimulus: Stimulus, conditions: Conditions) -> Surroundings:
    """Return what the test bench does to each net of a network."""
    held: dict[str, str] = {}
    fed: dict[str, str] = {}
    for ports in network.sidecar.ports:
        for place, net in enumerate(ports.nets):
            high = stimulus.high_v(net, ports.high, conditions.vdd_v)
            source = "\n".join(_port("*", place, ports, stimulus, high))
            if source:
                (fed if ports.role == "input" else held)[net.lower()] = source
    lines = frozenset(net.lower() for net in network.sidecar.layout.bit_lines)
    watched = frozenset(vector.lower() for vector in network.sidecar.probes.values())
    return Surroundings(lines, held, fed, _shares(network), watched=watched)


def _params(conditions: Conditions, simulation: SimulationSpec, step_s: float) -> Iterator[str]:
    """Yield what devices take from the test bench."""
    yield "* test bench"
    yield f".param temperature_c={_number(conditions.temperature_c)}"
    trapezoidal = simulation.options.get("method", "trap") == "trap"
    yield f".param time_step={_number(step_s if trapezoidal else 0.0)}"


def _sources(network: Network, stimulus: Stimulus, conditions: Conditions, merged: StandIns) -> Iterator[str]:
    for ports in network.sidecar.ports:
        for place, net in enumerate(ports.nets):
            if not merged.covers(net.lower()):
                high = stimulus.high_v(net, ports.high, conditions.vdd_v)
                yield from _port(net, place, ports, stimulus, high)


def _port(net: str, place: int, ports: PortsSpec, stimulus: Stimulus, high: float) -> Iterator[str]:
    def pulses(spans: list[Span]) -> str:
        return f"VFS_{net} {net} 0 {_pwl(spans, stimulus, high)}"

    match ports.role:
        case "supply" | "high":
            yield f"VFS_{net} {net} 0 {_number(high)}"
        case "low":
            yield f"VFS_{net} {net} 0 0"
        case "read":
            yield pulses(stimulus.reads_s)
        case "clock":
            yield pulses(stimulus.clock_s(str(ports.clock)))
        case "program":
            yield pulses(stimulus.enables_s)
        case "source":
            yield pulses(stimulus.sources_s)
        case "depress":
            yield pulses(stimulus.depressions_s(place))
        case "input":
            yield f"VFS_{net} {net}_drv 0 {_pwl(stimulus.inputs_s(place), stimulus, high)}"
            yield f"RFS_{net} {net}_drv {net} {_number(ports.driver_ohm or 0.0)}"
        case "output":
            return
        case _:
            assert_never(ports.role)


def _starts(network: Network, stimulus: Stimulus, conditions: Conditions, deck: EditedDeck) -> Iterator[str]:
    """Set what nets start from.

    The circuit was powered up long ago: charging gates through the write path at t = 0 would kick the free layer.
    """
    volts = {
        net.lower(): stimulus.high_v(net, ports.high, conditions.vdd_v)
        for ports in network.sidecar.ports
        if ports.role in _ALWAYS_ON
        for net in ports.nets
    }
    volts |= {net.lower(): share * conditions.vdd_v for net, share in network.sidecar.initial.items()}
    volts |= {net: volts[top] for net, top in deck.follows.items() if top in volts}
    for net, volt in volts.items():
        if not deck.merged.covers(net):
            yield f".ic v({net})={_number(volt)}"


def _shares(network: Network) -> dict[str, float]:
    """Return what nets start from, in VDD."""
    shares = {
        net.lower(): ports.high for ports in network.sidecar.ports if ports.role in _ALWAYS_ON for net in ports.nets
    }
    return shares | {net.lower(): share for net, share in network.sidecar.initial.items()}


def _near(
    network: Network, stimulus: Stimulus, conditions: Conditions, simulation: SimulationSpec, edited: EditedDeck | None
) -> str:
    """Return what is positive where the neuron is near its firing level, as ngspice writes it; 1 where that is open."""
    spec, own, given = simulation.near, network.sidecar.stimulus, stimulus.spec
    as_drawn = all(getattr(given, name) == getattr(own, name) for name in _READING)
    as_drawn = as_drawn and not any(_moved(network, stimulus, conditions))
    if spec is None or conditions != nominal(network) or not as_drawn:
        return "1"
    vector = network.sidecar.probes[spec.probe].lower()
    if not is_inner_voltage(vector):
        return "1"
    if edited is not None:
        instance = vector.partition("(")[2].partition(".")[0]
        around = surroundings(network, stimulus, conditions)
        drawn = variant(network, stimulus, conditions)
        if not leaves_alone(drawn, edited.cards, instance, {"0", *around.held, *around.lines}):
            return "1"
    level = _number(spec.level)
    return f"{level}-{vector}" if spec.side == "below" else f"{vector}-({level})"


def _moved(network: Network, stimulus: Stimulus, conditions: Conditions) -> Iterator[str]:
    """Yield the nets whose high level is not the sidecar's share of the supply."""
    for ports in network.sidecar.ports:
        for net in ports.nets:
            level_v = stimulus.high_v(net, ports.high, conditions.vdd_v)
            if _number(level_v) != _number(ports.high * conditions.vdd_v):
                yield net


def _pacer(stimulus: Stimulus, simulation: SimulationSpec, near: str) -> Iterator[str]:
    """Make ngspice take small steps inside the strobes, where a few millivolts are amplified to a verdict.

    ngspice has one largest step for a whole analysis. A sine on a capacitor, which touches nothing else, keeps its
    error control at a share of the sine's period. Most of the error is made while the read path charges, so that
    steps may be larger from then on. A neuron that is far from firing needs no small ones.
    """
    reltol, trtol = (simulation.number(name, usual) for name, usual in _TOLERANCES.items())
    steps = _STEPS_PER_PERIOD / (reltol * trtol) ** (1 / 3)
    if simulation.settles is None or simulation.settled_step is None:
        yield from _paced("pace", stimulus.strobes_s, stimulus, simulation.strobe_step, near, steps)
        return
    early = [(start, min(start + simulation.settles, stop)) for start, stop in stimulus.strobes_s]
    yield from _paced("pace", early, stimulus, simulation.strobe_step, near, steps)
    # From the start on, where the read pulse has its corners: each further one costs a dozen small steps.
    yield from _paced("rest", stimulus.strobes_s, stimulus, simulation.settled_step, near, steps)


def _paced(name: str, spans: list[Span], stimulus: Stimulus, step_s: float, near: str, steps: float) -> Iterator[str]:
    omega = 2 * math.pi / (steps * step_s)
    yield f"VFS_{name}d fs_{name}d 0 {_pwl(spans, stimulus, 1.0)}"
    # Never near zero while it runs: the error control is relative.
    yield f"BFS_{name} fs_{name} 0 V=v(fs_{name}d)*(2+u({near})*sin({_number(omega)}*time))"
    yield f"CFS_{name} fs_{name} 0 1f"


def _analysis(
    stop_s: float, conditions: Conditions, simulation: SimulationSpec, step_s: float, probes: Mapping[str, str]
) -> Iterator[str]:
    options = " ".join(f"{name}={_option(value)}" for name, value in simulation.options.items())
    yield f".options {options} temp={_number(conditions.temperature_c)}"
    yield ".save " + " ".join(dict.fromkeys(probes.values()))
    yield f".tran {_number(step_s)} {_number(stop_s)} 0 {_number(step_s)} uic"
    yield ".end"


def _pwl(windows_s: list[Span], stimulus: Stimulus, high: float) -> str:
    if not windows_s:
        return "0"
    points = pulse_points(windows_s, stimulus.spec.edge, high)
    return "PWL(" + " ".join(f"{_number(time)} {_number(level)}" for time, level in points) + ")"


def _option(value: float | str) -> str:
    return value if isinstance(value, str) else _number(value)


def _number(value: float) -> str:
    return f"{value:.12g}"
