"""A tester's program played to the circuit: what is in it, and nothing else, becomes a stimulus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from faultsim.circuits.bench import Conditions, nominal
from faultsim.circuits.network import Network
from faultsim.circuits.program import NO_PROGRAM, Programming, Span
from faultsim.circuits.sidecar import StimulusSpec
from faultsim.circuits.stimulus import Stimulus
from faultsim.vectors.assemble import CAPTURE, TRIGGER, whole_fs
from faultsim.vectors.levels import EDGE, VDD, high_v
from faultsim.vectors.program import Edge, SignalKind, TestProgram, Vector, WaveformTable, timeline

_WRITTEN = "written"


@dataclass(frozen=True)
class Compare:
    """What the latch on an output has to show.

    Attributes:
        pulse: After which capture, from 1.
        event: L or H.
        time_s: When the tester looks.
    """

    pulse: int
    event: str
    time_s: float


@dataclass(frozen=True)
class Played(Stimulus):
    """A stimulus as a tester drives it: pulses of every net, by their 50 % points.

    Attributes:
        pulses_s: Net, `CAPTURE` or `TRIGGER` -> its pulses.
        inputs: Input nets in the order of a pattern's symbols.
        lines: Depression lines in the same order.
        others: Role -> its net, of reads, programming and source.
        clock_nets: Clock -> its net.
        levels: The variables of the level.
    """

    pulses_s: Mapping[str, Sequence[Span]] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    others: Mapping[str, str] = field(default_factory=dict)
    clock_nets: Mapping[str, str] = field(default_factory=dict)
    levels: Mapping[str, float] = field(default_factory=dict)

    @property
    def programming(self) -> Programming:
        """Nothing: what programs is among the pulses."""
        return NO_PROGRAM

    @property
    def starts_s(self) -> list[float]:
        """Start of every coding window: an integrate window and the delay before its capture opens."""
        before = self.spec.integrate + self.spec.read_delay
        return [start - before for start, _ in self.strobes_s]

    @property
    def first_s(self) -> float:
        """Start of the first coding window."""
        return self.starts_s[0]

    @property
    def reads_s(self) -> list[Span]:
        """Start and end of every read pulse."""
        return self._of("read")

    @property
    def strobes_s(self) -> list[Span]:
        """While the capture is open."""
        return list(self.pulses_s[CAPTURE])

    @property
    def enables_s(self) -> list[Span]:
        """Start and end of every pulse that enables the programming transistors."""
        return self._of("program")

    @property
    def sources_s(self) -> list[Span]:
        """While the source line is high."""
        return self._of("source")

    def high_v(self, net: str, _share: float, _vdd_v: float) -> float:
        """Return the high level of a net, V, which the program says and not the circuit."""
        return high_v(self.levels, net)

    def clock_s(self, name: str) -> list[Span]:
        """Return start and end of every pulse of a clock."""
        return list(self.pulses_s[self.clock_nets[name]])

    def inputs_s(self, place: int) -> list[Span]:
        """Return start and end of every spike of an input."""
        return list(self.pulses_s[self.inputs[place]])

    def depressions_s(self, place: int) -> list[Span]:
        """Return while the depression line of an input is high."""
        return list(self.pulses_s[self.lines[place]])

    def scope(self, vdd_v: float) -> dict[str, Any]:
        """Return the names that expressions may use besides probes; currents are measured where the trigger rises."""
        triggers = [start for start, _ in self.pulses_s.get(TRIGGER, ())]
        return super().scope(vdd_v) | ({"mid_integrate": triggers} if triggers else {})

    def _of(self, role: str) -> list[Span]:
        return list(self.pulses_s[self.others[role]]) if role in self.others else []


@dataclass(frozen=True)
class Play:
    """A vector of a program, ready for the circuit.

    Attributes:
        name: Of the vector.
        stimulus: What is driven.
        conditions: The supply; the temperature is the circuit's own, which no tester program says.
        compares: What the output has to be.
        measures: A current is measured.
    """

    name: str
    stimulus: Played
    conditions: Conditions
    compares: tuple[Compare, ...]
    measures: bool


def play(network: Network, program: TestProgram, vector: Vector) -> Play:
    """Return a vector of a program as a stimulus; `check_fit` has found that it fits the circuit."""
    edges = timeline(program, vector)
    nets = _nets(network)
    pulses = pulses_of(program, vector)
    # What is written back behind the last coding window is for the next vector.
    *_, (begin_fs, table) = _captures(program, vector)
    over_s = seconds(begin_fs + table.period_fs)
    pulses = {name: tuple(span for span in spans if span[0] < over_s) for name, spans in pulses.items()}
    level = {level.name: level for level in program.levels}[vector.level].values
    stimulus = Played(
        pattern=_pattern(network, program, vector),
        spec=_spec(network, program, vector, level),
        program=_WRITTEN if any(pulses[net] for net in nets.writing) else "",
        pulses_s=pulses,
        inputs=tuple(network.inputs),
        lines=tuple(nets.lines),
        others=nets.others,
        clock_nets=nets.clocks,
        levels=level,
    )
    point = nominal(network)
    conditions = Conditions(level[VDD], point.temperature_c)
    return Play(vector.name, stimulus, conditions, _compares(program, edges, pulses), bool(pulses.get(TRIGGER)))


def pulses_of(program: TestProgram, vector: Vector) -> dict[str, tuple[Span, ...]]:
    """Return while each input is up, s."""
    edges, end_fs = timeline(program, vector), _length_fs(program, vector)
    return {pin.name: _pulses(edges[pin.name], end_fs) for pin in program.pins if pin.kind is SignalKind.IN}


def seconds(time_fs: int) -> float:
    """Return a time in s, as its digits say."""
    return float(f"{time_fs}e-15")


@dataclass(frozen=True)
class _Nets:
    """A circuit's driven nets by what they do."""

    lines: list[str]
    others: dict[str, str]
    clocks: dict[str, str]
    writing: list[str]


def _nets(network: Network) -> _Nets:
    clocks = {str(ports.clock): ports.nets[0] for ports in network.sidecar.ports if ports.role == "clock"}
    others = {role: nets[0] for role in ("read", "program", "source") if (nets := network.nets(role))}
    return _Nets(network.nets("depress"), others, clocks, network.nets("depress", "program"))


def _length_fs(program: TestProgram, vector: Vector) -> int:
    periods = {table.name: table.period_fs for table in program.tables}
    return sum(periods[cycle.table] for cycle in vector.cycles)


def _pulses(edges: Sequence[Edge], end_fs: int) -> tuple[Span, ...]:
    """Return while an input is up, s."""
    found: list[Span] = []
    since: int | None = None
    for edge in edges:
        if edge.event == "U" and since is None:
            since = edge.time_fs
        elif edge.event == "D" and since is not None:
            found.append((seconds(since), seconds(edge.time_fs)))
            since = None
    if since is not None:
        found.append((seconds(since), seconds(end_fs)))
    return tuple(found)


def _pattern(network: Network, program: TestProgram, vector: Vector) -> str:
    """Return the characters of the inputs in each cycle with a capture; the same in each of them once."""
    pins = [pin.name for pin in program.pins]
    places = [pins.index(net) for net in network.inputs]
    waves, capture = {table.name: table.waves for table in program.tables}, pins.index(CAPTURE)
    frames = [
        "".join(cycle.characters[place] for place in places)
        for cycle in vector.cycles
        if any(edge.event == "U" for edge in waves[cycle.table][CAPTURE][cycle.characters[capture]])
    ]
    return frames[0] if len(set(frames)) == 1 else ",".join(frames)


def _spec(network: Network, program: TestProgram, vector: Vector, level: Mapping[str, float]) -> StimulusSpec:
    """Return the timing of the windows, as the waveforms of the first one say; none of it is checked."""
    windows = list(_captures(program, vector))
    start_fs, table = windows[0]
    capture, read = (_first_pulse(table, name) for name in (CAPTURE, _nets(network).others.get("read", CAPTURE)))
    integrate_fs = next(
        (wave[1].time_fs for net in network.inputs for wave in table.waves[net].values() if _begins(wave)),
        whole_fs(network.sidecar.stimulus.integrate),
    )
    times_fs = {
        "start": start_fs,
        "integrate": integrate_fs,
        "leaky": table.period_fs - integrate_fs,
        "read_delay": capture[0] - integrate_fs,
        "read_width": read[1] - read[0],
        "strobe_width": capture[1] - capture[0],
    }
    update = {name: seconds(time_fs) for name, time_fs in times_fs.items()}
    own = network.sidecar.stimulus
    return own.model_copy(update={**update, "edge": level[EDGE], "pulses": len(windows)})


def _captures(program: TestProgram, vector: Vector) -> Iterator[tuple[int, WaveformTable]]:
    """Yield start and table of every cycle in which the capture opens."""
    tables = {table.name: table for table in program.tables}
    place = [pin.name for pin in program.pins].index(CAPTURE)
    start_fs = 0
    for cycle in vector.cycles:
        table = tables[cycle.table]
        if any(edge.event == "U" for edge in table.waves[CAPTURE][cycle.characters[place]]):
            yield start_fs, table
        start_fs += table.period_fs


def _first_pulse(table: WaveformTable, signal: str) -> tuple[int, int]:
    """Return start and end of the first pulse that a table has for a signal, fs."""
    for wave in table.waves[signal].values():
        rises = [edge.time_fs for edge in wave if edge.event == "U"]
        falls = [edge.time_fs for edge in wave if edge.event == "D" and rises and edge.time_fs > rises[0]]
        if rises:
            return rises[0], falls[0] if falls else table.period_fs
    return 0, 0


def _begins(wave: Sequence[Edge]) -> bool:
    """Return whether a waveform is a pulse from the start of the cycle on."""
    return len(wave) > 1 and wave[0] == Edge(0, "U") and wave[1].event == "D"


def _compares(
    program: TestProgram, edges: Mapping[str, Sequence[Edge]], pulses: Mapping[str, Sequence[Span]]
) -> tuple[Compare, ...]:
    """Return what outputs are compared with, each after the captures that closed before."""
    found = []
    for pin in program.pins:
        for edge in edges[pin.name]:
            if pin.kind is SignalKind.OUT and edge.event in "LH":
                time_s = seconds(edge.time_fs)
                pulse = sum(stop <= time_s for _, stop in pulses[CAPTURE])
                found.append(Compare(pulse, edge.event, time_s))
    return tuple(sorted(found, key=lambda compare: compare.time_s))
