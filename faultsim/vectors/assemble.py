"""Turns chosen checks into a tester's program: cycles, waveforms and what the output has to be."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from faultsim.circuits.bench import nominal
from faultsim.circuits.network import Network
from faultsim.circuits.program import Span, Step, depression_s, potentiation_s
from faultsim.circuits.stimulus import Stimulus, spike_delay_s
from faultsim.circuits.symbols import abridged
from faultsim.units import format_quantity
from faultsim.vectors.check import Check
from faultsim.vectors.levels import levels_of
from faultsim.vectors.program import (
    Cycle,
    Edge,
    Level,
    Signal,
    SignalKind,
    TestProgram,
    Vector,
    WaveformTable,
    numbered,
)
from faultsim.vectors.tester import FEMTO, Tester

INITIAL = "v000"
"""The vector that is not chosen: it writes the weights."""
CAPTURE, TRIGGER = "cap", "trig"
"""Signals of the tester itself: open while the latch on the output may be set; rises when a current is measured."""

IDLE, PULSE = "0", "1"
_DRIVEN = ("input", "read", "clock", "program", "source", "depress")
Waves = Mapping[str, Mapping[str, Sequence[Span]]]
"""Signal -> character -> pulses within a cycle, s."""


@dataclass
class Assembler:
    """Builds a program for one circuit and one tester.

    Attributes:
        network: The circuit.
        tester: Whose program it is.
        rest_s: Time after each vector.
    """

    network: Network
    tester: Tester
    rest_s: float
    _named: dict[str, WaveformTable] = field(default_factory=dict)
    _levels: dict[str, Level] = field(default_factory=dict)

    def program(self, title: str, checks: Sequence[Check], comments: Sequence[Sequence[str]]) -> TestProgram:
        """Return the program of some checks.

        Args:
            title: What it is.
            checks: The vectors, which are numbered from 1.
            comments: Of each, what people should read with it.
        """
        pairs = enumerate(zip(checks, comments, strict=True), start=1)
        vectors = [self._vector(vector_name(number), check, said) for number, (check, said) in pairs]
        vectors[:0] = self._initial(checks[:1])
        tables, levels = tuple(self._named.values()), tuple(self._levels.values())
        return TestProgram(title, self.signals, tables, levels, tuple(vectors))

    @cached_property
    def signals(self) -> tuple[Signal, ...]:
        """All pins: those of the circuit, the capture and the trigger, the output, the supplies."""
        driven = [*self.network.nets(*_DRIVEN), CAPTURE, TRIGGER]
        return (
            *(Signal(net, SignalKind.IN) for net in driven),
            *(Signal(net, SignalKind.OUT) for net in self.network.nets("output")),
            *(Signal(net, SignalKind.SUPPLY) for net in self.network.nets("supply", "high")),
        )

    def _initial(self, checks: Sequence[Check]) -> list[Vector]:
        """Return the vector that writes the weights that all others begin with, where they can be written."""
        stimulus = writing(self.network, self.tester)
        if not checks or stimulus is None:
            return []
        cycles = [self._pause(stimulus.spec.start), *self._written(stimulus), *self._rest()]
        said = f"{INITIAL}: {about_initial(self.network)}"
        return [Vector(INITIAL, self._level(checks[0]), tuple(cycles), (said,))]

    def _vector(self, name: str, check: Check, comments: Sequence[str]) -> Vector:
        stimulus = check.candidate.stimulus
        cycles = [self._pause(stimulus.spec.start)]
        cycles += self._written(stimulus)
        cycles += self._coding(check)
        if check.candidate.restores:
            cycles += self._written(replace(stimulus, program=check.candidate.restores))
        cycles += self._rest()
        return Vector(name, self._level(check), tuple(cycles), tuple(comments))

    def _pause(self, lasts_s: float) -> Cycle:
        return self._cycle(f"rest_{_worded(lasts_s)}", lasts_s, {}, {}, {})

    def _rest(self) -> list[Cycle]:
        """Return idle cycles, none of them longer than the tester's longest."""
        if not self.rest_s:
            return []
        count = math.ceil(self.rest_s / self.tester.spec.longest_period)
        step = self.tester.spec.time_resolution
        return [self._pause(math.ceil(self.rest_s / count / step - 1e-6) * step)] * count

    def _written(self, stimulus: Stimulus) -> list[Cycle]:
        """Return the cycles of a stimulus's programming sequence."""
        return [cycle for step in stimulus.programming.steps for cycle in self._writing(stimulus, step)]

    def _writing(self, stimulus: Stimulus, step: Step) -> list[Cycle]:
        """Return the cycles of a step of a programming sequence: the depression of 0s, then the potentiation of 1s."""
        timing, found = stimulus.spec.program, []
        assert timing is not None
        lines, inputs, enables = self.network.nets("depress"), self.network.inputs, self.network.nets("program")
        if step.depression_s is not None:
            whole = depression_s(timing)
            waves: dict[str, dict[str, list[Span]]] = {
                net: {PULSE: [(0.0, whole)]} for net in self.network.nets("source", "depress")
            }
            waves |= {net: {PULSE: [(timing.lead, timing.lead + timing.depress_width)]} for net in enables}
            chosen = {line: PULSE for place, line in enumerate(lines) if step.weights[place] == "0"}
            on = dict.fromkeys(self.network.nets("source", "program"), PULSE)
            found.append(self._cycle("write_0", whole + timing.settle, waves, chosen | on, {}))
        if step.input_spike_s is not None:
            pulse = stimulus.spec.integrate
            waves = {net: {PULSE: [(0.0, pulse)]} for net in inputs}
            waves |= {net: {PULSE: [(timing.delay, timing.delay + timing.width)]} for net in enables}
            chosen = {net: PULSE for place, net in enumerate(inputs) if step.weights[place] == "1"}
            on = dict.fromkeys(enables, PULSE)
            lasts_s = potentiation_s(timing, pulse) + timing.settle
            found.append(self._cycle("write_1", lasts_s, waves, chosen | on, {}))
        return found

    def _coding(self, check: Check) -> list[Cycle]:
        stimulus = check.candidate.stimulus
        waves = self._coding_waves(stimulus)
        closed = stimulus.spec.integrate + stimulus.spec.read_delay + stimulus.spec.strobe_width
        step = self.tester.spec.time_resolution
        compared_s = math.ceil((closed + self.tester.spec.strobe_guard) / step + 0.5) * step
        compares = {net: dict.fromkeys("LH", compared_s) for net in self.network.nets("output")}
        name = f"iw_{_worded(stimulus.spec.integrate)}_lw_{_worded(stimulus.spec.leaky)}"
        cycles = []
        for number in range(1, stimulus.spec.pulses + 1):
            frame = stimulus.frames[(number - 1) % len(stimulus.frames)]
            chosen = dict(zip(self.network.inputs, frame, strict=True))
            chosen |= dict.fromkeys([*self.network.nets("read"), *self.network.nets("clock"), CAPTURE], PULSE)
            chosen |= {TRIGGER: PULSE} if check.candidate.measures and number == 1 else {}
            chosen |= dict.fromkeys(self.network.nets("output"), _expected(check, number))
            cycles.append(self._cycle(name, stimulus.period_s, waves, chosen, compares))
        return cycles

    def _coding_waves(self, stimulus: Stimulus) -> dict[str, dict[str, list[Span]]]:
        spec = stimulus.spec
        spikes: dict[str, list[Span]] = {}
        for symbol in spec.coding.intensity:
            delay = spike_delay_s(spec.coding, symbol)
            sent = delay < spec.coding.t_max and delay + spec.integrate <= stimulus.period_s
            spikes[symbol] = [(delay, delay + spec.integrate)] if sent else []
        begins = spec.integrate + spec.read_delay
        waves = {net: dict(spikes) for net in self.network.inputs}
        waves |= {net: {PULSE: [(begins, begins + spec.read_width)]} for net in self.network.nets("read")}
        for ports in self.network.sidecar.ports:
            if ports.role != "clock":
                continue
            clock = spec.clocks[str(ports.clock)]
            waves |= {net: {PULSE: [(clock.delay, clock.delay + clock.width)]} for net in ports.nets}
        waves[CAPTURE] = {PULSE: [(begins, begins + spec.strobe_width)]}
        waves[TRIGGER] = {PULSE: [(self.tester.rounded_s(spec.integrate / 2), spec.integrate)]}
        return waves

    def _cycle(
        self,
        name: str,
        lasts_s: float,
        waves: Waves,
        chosen: Mapping[str, str],
        compares: Mapping[str, Mapping[str, float]],
    ) -> Cycle:
        """Return a cycle, its table made where there is none like it."""
        period_fs = whole_fs(lasts_s)
        found: dict[str, dict[str, tuple[Edge, ...]]] = {}
        pins = [signal for signal in self.signals if signal.kind is not SignalKind.SUPPLY]
        for pin in pins:
            if pin.kind is SignalKind.OUT:
                ends = compares.get(pin.name, {})
                found[pin.name] = {"X": (Edge(0, "X"),)}
                found[pin.name] |= {event: (Edge(0, "X"), Edge(whole_fs(end), event)) for event, end in ends.items()}
            else:
                shapes = {IDLE: [], **waves.get(pin.name, {})}
                found[pin.name] = {character: _wave(spans, period_fs) for character, spans in shapes.items()}
        table = self._table(name, period_fs, found)
        idle = {SignalKind.IN: IDLE, SignalKind.OUT: "X"}
        return Cycle(table, "".join(chosen.get(pin.name, idle[pin.kind]) for pin in pins))

    def _table(self, name: str, period_fs: int, waves: Mapping[str, Mapping[str, tuple[Edge, ...]]]) -> str:
        for called in numbered(name):
            table = WaveformTable(called, period_fs, waves)
            if self._named.setdefault(called, table) == table:
                return called
        raise AssertionError("numbers do not end")

    def _level(self, check: Check) -> str:
        conditions, edge_s = check.candidate.conditions, check.candidate.stimulus.spec.edge
        values = levels_of(self.network, conditions, edge_s)
        for name in numbered(f"vdd_{conditions.vdd_v:.12g}".replace(".", "v")):
            level = Level(name, values)
            if self._levels.setdefault(name, level) == level:
                return name
        raise AssertionError("numbers do not end")


def writing(network: Network, tester: Tester) -> Stimulus | None:
    """Return what writes the weights that all vectors begin with; None where they cannot be written."""
    spec, weights = network.sidecar.stimulus, network.default_weights
    if spec.program is None or len(weights) != len(network.inputs):
        return None
    return tester.fitted(Stimulus("", spec, program=weights), nominal(network))[0]


def about_initial(network: Network) -> str:
    """Return what the vector does that writes the weights, for people."""
    return f"writes the weights {abridged(network.default_weights)}, with which all vectors begin"


def vector_name(number: int) -> str:
    """Return the name of a vector."""
    return f"v{number:03d}"


def whole_fs(time_s: float) -> int:
    """Return a time in whole femtoseconds."""
    return round(time_s / FEMTO)


def _expected(check: Check, number: int) -> str:
    """Return what the latch has to show after a coding window: nothing yet, a spike by now, or anything."""
    if check.candidate.measures:
        return "X"
    if number < check.limits.low:
        return "L"
    return "H" if number == check.limits.high else "X"


def _wave(spans: Sequence[Span], period_fs: int) -> tuple[Edge, ...]:
    """Return the edges of pulses within a cycle; the next cycle's first edge ends one that lasts to its end."""
    edges = [] if spans and whole_fs(spans[0][0]) == 0 else [Edge(0, "D")]
    for start, stop in spans:
        edges.append(Edge(whole_fs(start), "U"))
        if whole_fs(stop) < period_fs:
            edges.append(Edge(whole_fs(stop), "D"))
    return tuple(edges)


def _worded(time_s: float) -> str:
    """Return a time as a part of a name."""
    return format_quantity(time_s, "s", digits=12).replace(" ", "").replace(".", "v")
