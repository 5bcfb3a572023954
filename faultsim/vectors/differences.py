"""Where a program is not what was certified: levels, vectors and their order, rests, cycles, edges."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, zip_longest
from typing import NamedTuple

from faultsim.circuits.network import Network
from faultsim.units import format_quantity, number_of
from faultsim.vectors.levels import own_signal, said, value_of, volts_of
from faultsim.vectors.played import seconds
from faultsim.vectors.program import TestProgram, Vector, busy_fs, edge_pairs, periods_fs
from faultsim.vectors.record import AppliedRecord, Edges, SetRecord

_NAMED = 3
_DOWN = "D"


class _Pair(NamedTuple):
    """A vector of the program, and how it was certified."""

    vector: Vector
    certified: AppliedRecord


def differences(network: Network, record: SetRecord, program: TestProgram) -> list[str]:
    """Return where a program is not what the certificates were simulated with, causes before what follows from them.

    What is the same in several vectors is told once. Of a vector whose cycles are others the edges are not told, and
    of a signal the first edge that differs.
    """
    vectors = {vector.name: vector for vector in program.vectors}
    pairs = [_Pair(vectors[one.name], one) for one in record.applied if one.name in vectors]
    return [
        *_grouped(_levels(network, program, pairs), len(pairs)),
        *_missing(record, vectors),
        *_order(program, pairs),
        *_grouped(_cycles(program, pairs), len(pairs)),
        *_grouped(_edges(record, program, pairs), len(pairs)),
    ]


def beyond(record: SetRecord, program: TestProgram) -> list[str]:
    """Return levels of a program that the tester of a set cannot drive."""
    low_v, high_v = record.tester_v or (-math.inf, math.inf)
    certified = {one.name for one in record.applied}
    used = {vector.level for vector in program.vectors if vector.name in certified}
    ends = f"{format_quantity(low_v, 'V')} to {format_quantity(high_v, 'V')}"
    return [
        f"{level.where}: {variable} of {said(variable, value)} is outside of what tester {record.tester} drives, {ends}"
        for level in program.levels
        if level.name in used
        for variable, value in volts_of(level.values).items()
        if not low_v <= value <= high_v
    ]


def _grouped(found: Iterable[tuple[str, str]], among: int) -> list[str]:
    """Return messages, each with the names of the vectors that it is true of.

    Args:
        found: Name of a vector and what is to be told of it.
        among: How many vectors there are.
    """
    named: dict[str, dict[str, None]] = {}
    for name, message in found:
        named.setdefault(message, {})[name] = None
    return [f"{_listed(list(names), among)}: {message}" for message, names in named.items()]


def _listed(names: Sequence[str], among: int) -> str:
    if len(names) == among and among > 1:
        return "all vectors"
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _levels(network: Network, program: TestProgram, pairs: Sequence[_Pair]) -> Iterator[tuple[str, str]]:
    levels = {level.name: level for level in program.levels}
    for vector, certified in pairs:
        level, wanted = levels[vector.level], certified.level
        for variable in sorted({*level.values, *wanted}):
            own, other = value_of(level.values, variable), value_of(wanted, variable)
            if own != other:
                signal = own_signal(network, variable)
                hint = f"; {network.name} has no net {signal}, so that its verdicts do not show it" if signal else ""
                told = f"{variable} is {said(variable, own)} ({level.where}), certified with {said(variable, other)}"
                yield vector.name, told + hint


def _missing(record: SetRecord, vectors: Mapping[str, Vector]) -> Iterator[str]:
    certified = {one.name for one in record.applied}
    yield from (f"{one.name} is not in the file" for one in record.applied if one.name not in vectors)
    yield from (f"{name} is in the file, and not among the vectors" for name in vectors if name not in certified)


def _order(program: TestProgram, pairs: Sequence[_Pair]) -> Iterator[str]:
    """Yield the first vector that comes where another one was certified; PatternExecs and PatLists say the order."""
    wanted = [certified.name for _, certified in pairs]
    own = [vector.name for vector in program.vectors if vector.name in wanted]
    for place, (seen, expected) in enumerate(zip(own, wanted, strict=True)):
        if seen != expected:
            after = f"after {own[place - 1]}" if place else "first"
            yield f"the order is another: {seen} comes {after}, where {expected} was certified"
            return


def _cycles(program: TestProgram, pairs: Sequence[_Pair]) -> Iterator[tuple[str, str]]:
    for vector, certified in pairs:
        (own, rest_fs), wanted = busy_fs(program, vector), certified.periods_fs
        if len(own) != len(wanted):
            yield vector.name, f"has {number_of(len(own), 'cycle')} before its rest, certified with {len(wanted)}"
        else:
            for cycle, seen_fs, expected_fs in zip(vector.cycles, own, wanted, strict=False):
                if seen_fs != expected_fs:
                    lasts, certain = _time(seen_fs), _time(expected_fs)
                    yield vector.name, f"a cycle of {cycle.table} lasts {lasts}, certified with {certain}"
        if rest_fs != certified.rest_fs:
            yield vector.name, f"rests {_time(rest_fs)} at its end, certified with {_time(certified.rest_fs)}"


def _edges(record: SetRecord, program: TestProgram, pairs: Sequence[_Pair]) -> Iterator[tuple[str, str]]:
    """Yield the first edge of each signal that differs; those behind it follow from it as a rule."""
    recorded = {vector.name: vector.edges for vector in record.vectors}
    for vector, certified in pairs:
        if busy_fs(program, vector)[0] != certified.periods_fs:
            continue
        wanted = recorded.get(vector.name, record.initial)
        for signal, edges in edge_pairs(program, vector).items():
            for expected, seen in zip_longest(changes(wanted.get(signal, [])), changes(edges)):
                if expected != seen:
                    yield vector.name, f"{signal}: {_moved(program, vector, seen, expected)}"
                    break


def changes(edges: Sequence[tuple[int, str]]) -> Edges:
    """Return the edges that change what is driven, and those that compare."""
    found: Edges = []
    up = _DOWN
    for time_fs, event in edges:
        if event in "LH" or (event in "UD" and event != up):
            found.append((time_fs, event))
        up = event if event in "UD" else up
    return found


def _moved(program: TestProgram, vector: Vector, seen: tuple[int, str] | None, expected: tuple[int, str] | None) -> str:
    """Return what an edge is and was, by the time in its cycle: the same in all cycles of a table that was changed."""
    starts = [0, *accumulate(periods_fs(program, vector))]
    first_fs = min(edge[0] for edge in (seen, expected) if edge is not None)
    place = min(bisect_right(starts, first_fs), len(vector.cycles)) - 1
    begin_fs, end_fs = starts[place], starts[place + 1]

    def told(edge: tuple[int, str] | None) -> str:
        inside = edge is not None and edge[0] < end_fs
        return f"{edge[1]} at {_time(edge[0] - begin_fs)}" if edge is not None and inside else "no edge"

    return f"{told(seen)} of {vector.cycles[place].table}, certified with {told(expected)}"


def _time(time_fs: int) -> str:
    return format_quantity(seconds(time_fs), "s", digits=12)
