"""What a tester is told: signals, waveforms, cycles and levels, with every edge in whole femtoseconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count


class SignalKind(StrEnum):
    """What a tester does with a signal, in STIL's words."""

    IN = "In"
    OUT = "Out"
    SUPPLY = "Supply"


EVENTS = {SignalKind.IN: "DU", SignalKind.OUT: "HLX", SignalKind.SUPPLY: ""}
"""Which events a signal takes: down and up; high, low and do not look; none."""

_IDLE = "DX"


@dataclass(frozen=True)
class Signal:
    """A pin of the circuit; a supply has a level and no waveform."""

    name: str
    kind: SignalKind


@dataclass(frozen=True)
class Edge:
    """An event within a waveform.

    Attributes:
        time_fs: Since the start of the cycle, or of the vector in a timeline.
        event: One letter of EVENTS.
    """

    time_fs: int
    event: str


@dataclass(frozen=True)
class WaveformTable:
    """How the characters of a cycle look.

    Attributes:
        waves: By signal and character, the edges; rising in time and all before the period ends.
    """

    name: str
    period_fs: int
    waves: Mapping[str, Mapping[str, tuple[Edge, ...]]]


@dataclass(frozen=True)
class Cycle:
    """One period of a table, with one character per pin, in the order of the pins."""

    table: str
    characters: str


@dataclass(frozen=True)
class Vector:
    """One test: its cycles in order, the level that it runs at, and what people should read with it.

    Attributes:
        where: File and line that it was read from, for messages; empty where it was made.
    """

    name: str
    level: str
    cycles: tuple[Cycle, ...]
    comments: tuple[str, ...] = ()
    where: str = field(default="", compare=False)


@dataclass(frozen=True)
class Level:
    """Voltages and slopes.

    Attributes:
        values: Variables in SI units. ``vdd_v`` is the high level in V, ``edge_s`` the time of an edge in s and
            ``high_SIGNAL`` the high level in V of a signal whose level is not ``vdd_v``.
        where: File and line that it was read from, for messages; empty where it was made.
    """

    name: str
    values: Mapping[str, float]
    where: str = field(default="", compare=False)


@dataclass(frozen=True)
class TestProgram:
    """All that goes to a tester. Names are unique among their kind.

    Attributes:
        vectors: In the order in which they are applied.
        where: File that it was read from, for messages; empty where it was made.
    """

    # pytest takes what is called Test for a test case.
    __test__ = False

    title: str
    signals: tuple[Signal, ...]
    tables: tuple[WaveformTable, ...]
    levels: tuple[Level, ...]
    vectors: tuple[Vector, ...]
    where: str = field(default="", compare=False)

    @property
    def pins(self) -> tuple[Signal, ...]:
        """The inputs and outputs, which have waveforms, in the order of the signals."""
        return tuple(signal for signal in self.signals if signal.kind is not SignalKind.SUPPLY)


def timeline(program: TestProgram, vector: Vector) -> Mapping[str, tuple[Edge, ...]]:
    """Return the edges of every pin over all cycles of a vector, in fs since its start.

    A cycle begins where those before it end. An edge that changes nothing stays in.

    Raises:
        KeyError: A cycle is of a table that the program does not have, or has a character that the table does not have.
        ValueError: A cycle does not have one character per pin.
    """
    tables = {table.name: table for table in program.tables}
    edges: dict[str, list[Edge]] = {pin.name: [] for pin in program.pins}
    start_fs = 0
    for cycle in vector.cycles:
        table = tables[cycle.table]
        for pin, character in zip(edges, cycle.characters, strict=True):
            edges[pin] += [Edge(start_fs + edge.time_fs, edge.event) for edge in table.waves[pin][character]]
        start_fs += table.period_fs
    return {pin: tuple(found) for pin, found in edges.items()}


def numbered(name: str) -> Iterator[str]:
    """Yield a name, and then the same with numbers from 2 on, for what there may be several of."""
    yield name
    yield from (f"{name}_{number}" for number in count(2))


def periods_fs(program: TestProgram, vector: Vector) -> list[int]:
    """Return the length of each cycle of a vector."""
    lengths = {table.name: table.period_fs for table in program.tables}
    return [lengths[cycle.table] for cycle in vector.cycles]


def busy_fs(program: TestProgram, vector: Vector) -> tuple[list[int], int]:
    """Return the lengths of a vector's cycles up to the last that drives or compares, and how long it rests then."""
    waves = {table.name: table.waves for table in program.tables}
    pins, periods = [pin.name for pin in program.pins], periods_fs(program, vector)
    count = len(periods)
    for cycle in reversed(vector.cycles):
        drawn = [waves[cycle.table][pin][character] for pin, character in zip(pins, cycle.characters, strict=True)]
        if any(edge.event not in _IDLE for edges in drawn for edge in edges):
            break
        count -= 1
    return periods[:count], sum(periods[count:])


def edge_pairs(program: TestProgram, vector: Vector) -> dict[str, list[tuple[int, str]]]:
    """Return the timeline of a vector as plain data: signal -> time in fs and event of each edge."""
    found = timeline(program, vector)
    return {pin: [(edge.time_fs, edge.event) for edge in edges] for pin, edges in found.items()}
