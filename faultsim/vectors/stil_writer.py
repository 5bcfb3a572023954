"""Test programs as STIL, IEEE 1450-1999, and their levels as IEEE 1450.2-2002."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import groupby

from faultsim.vectors.levels import VDD, high_v
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

# Every word that STIL reserves begins with a capital or is a single letter.
_PLAIN = re.compile(r"[a-z_][A-Za-z0-9_]+")
_QUOTABLE = re.compile(r"[ !#-&(-\[\]-~]+")
_PREFIXES = (("", 0), ("m", -3), ("u", -6), ("n", -9), ("p", -12), ("f", -15))


def stil_text(program: TestProgram) -> str:
    """Return a program as STIL: one PatternExec per change of the level, one Pattern per vector; times are exact.

    What has an ``_s`` at the end of its name is written with its unit, every other variable as a number in SI units.
    Comments and title lose line ends and characters beyond ASCII, which become escapes.

    Args:
        program: A program that is consistent in itself, with at least one pin, table, level and vector.

    Raises:
        ValueError: A name cannot be written in STIL, or a value of a level is not finite.
    """
    return "\n".join(
        [
            "STIL 1.0;",
            *_header(program),
            *_signals(program),
            *_block("SignalGroups", [f"{_group(program)} = '{'+'.join(quoted(pin.name) for pin in program.pins)}';"]),
            *_block("Spec levels", (line for level in program.levels for line in _category(level))),
            *_block("Selector typical", (f"{quoted(name)} Typ;" for name in _variables(program))),
            *_block("Timing timing", (line for table in program.tables for line in _table(program, table))),
            *_executions(program),
            *(line for vector in program.vectors for line in _pattern(program, vector)),
            "",
        ]
    )


def levels_text(program: TestProgram) -> str:
    """Return the levels of a program as DCLevels and DCSets, one of each per level.

    Inputs swing from 0 V to their high level, outputs are compared with half of ``vdd_v``, supplies are forced. Nothing
    that reads IEEE 1450.2 was there to check it with.

    Raises:
        KeyError: A level has no ``vdd_v``.
        ValueError: As for stil_text.
    """
    return "\n".join(
        [
            "STIL 1.0 { DCLevels 2002; }",
            *_header(program),
            *_signals(program),
            *(line for level in program.levels for line in _levels(program, level)),
            *(line for level in program.levels for line in _level_set(level)),
            "",
        ]
    )


def quoted(name: str) -> str:
    """Return a name as STIL takes it: in quotes where it is not a plain identifier.

    Raises:
        ValueError: It is empty, or has a character that STIL's quotes do not hold: beyond ASCII, a quote, a backslash.
    """
    if _PLAIN.fullmatch(name):
        return name
    if not _QUOTABLE.fullmatch(name):
        raise ValueError(f"{name!r} cannot be a name in STIL; use printable ASCII without quotes and backslashes")
    return f'"{name}"'


def _block(head: str, lines: Iterable[str]) -> Iterator[str]:
    yield f"{head} {{"
    yield from (f"   {line}" for line in lines)
    yield "}"


def _header(program: TestProgram) -> Iterator[str]:
    title = _ascii(program.title).replace('"', "'").replace("\\", "/")
    return _block("Header", [f'Title "{title}";', 'Source "faultsim";'])


def _signals(program: TestProgram) -> Iterator[str]:
    return _block("Signals", (f"{quoted(signal.name)} {signal.kind};" for signal in program.signals))


def _group(program: TestProgram) -> str:
    """Return the name of the group of all pins, which no signal has."""
    name = "all"
    while any(signal.name == name for signal in program.signals):
        name += "_pins"
    return name


def _variables(program: TestProgram) -> list[str]:
    return sorted({name for level in program.levels for name in level.values})


def _category(level: Level) -> Iterator[str]:
    values = (f"{quoted(name)} = '{_value(name, value)}';" for name, value in sorted(level.values.items()))
    return _block(f"Category {quoted(level.name)}", values)


def _value(name: str, value: float) -> str:
    # Semi-ATE-STIL takes no unit but those of time and frequency.
    return _engineering(_exact(value), "s") if name.endswith("_s") else repr(float(_exact(value)))


def _levels(program: TestProgram, level: Level) -> Iterator[str]:
    return _block(f"DCLevels {quoted(level.name)}", (_levels_of(signal, level) for signal in program.signals))


def _level_set(level: Level) -> Iterator[str]:
    return _block(f"DCSets {quoted(f'set_{level.name}')}", [f"{quoted(level.name)};"])


def _levels_of(signal: Signal, level: Level) -> str:
    high = _engineering(_exact(high_v(level.values, signal.name)), "V")
    half = _engineering(_exact(level.values[VDD]) / 2, "V")
    values = {
        SignalKind.IN: f"VIL '0V'; VIH '{high}';",
        SignalKind.OUT: f"VOL '{half}'; VOH '{half}';",
        SignalKind.SUPPLY: f"VForce '{high}';",
    }
    return f"{quoted(signal.name)} {{ {values[signal.kind]} }}"


def _exact(value: float) -> Decimal:
    """Return the shortest decimal that reads back as a double.

    Raises:
        ValueError: It is not finite.
    """
    number = Decimal(repr(float(value)))
    if not number.is_finite():
        raise ValueError(f"{value} is no level")
    return number


def _engineering(number: Decimal, unit: str) -> str:
    """Return a number with the unit's largest prefix that leaves a digit before the point."""
    prefixes = _PREFIXES if number else _PREFIXES[:1]
    prefix, exponent = next((p for p in prefixes if abs(number.scaleb(-p[1])) >= 1), prefixes[-1])
    return f"{number.scaleb(-exponent).normalize():f}{prefix}{unit}"


def _time(time_fs: int) -> str:
    return f"'{time_fs}fs'" if time_fs % 1000 else f"'{time_fs // 1000}ps'"


def _table(program: TestProgram, table: WaveformTable) -> Iterator[str]:
    waves = (_waves(pin, table) for pin in program.pins if pin.name in table.waves)
    return _block(
        f"WaveformTable {quoted(table.name)}", [f"Period {_time(table.period_fs)};", *_block("Waveforms", waves)]
    )


def _waves(pin: Signal, table: WaveformTable) -> str:
    waves = (f"{character} {{ {_edges(edges)} }}" for character, edges in sorted(table.waves[pin.name].items()))
    return f"{quoted(pin.name)} {{ {' '.join(waves)} }}"


def _edges(edges: tuple[Edge, ...]) -> str:
    return " ".join(f"{_time(edge.time_fs)} {edge.event};" for edge in edges)


def _executions(program: TestProgram) -> Iterator[str]:
    """Yield a burst of all vectors up to each change of the level, and what executes it."""
    named: set[str] = set()
    for level, vectors in groupby(program.vectors, key=lambda vector: vector.level):
        name = next(name for name in numbered(level) if name not in named)
        named.add(name)
        burst, patterns = quoted(f"burst_{name}"), [f"{quoted(vector.name)};" for vector in vectors]
        yield from _block(f"PatternBurst {burst}", _block("PatList", patterns))
        yield from _block(
            f"PatternExec {quoted(f'exec_{name}')}",
            [f"Category {quoted(level)};", "Selector typical;", "Timing timing;", f"PatternBurst {burst};"],
        )


def _pattern(program: TestProgram, vector: Vector) -> Iterator[str]:
    comments = [f"// {_ascii(comment)}".rstrip() for comment in vector.comments]
    return _block(f"Pattern {quoted(vector.name)}", [*comments, *_cycles(_group(program), vector.cycles)])


def _cycles(group: str, cycles: tuple[Cycle, ...]) -> Iterator[str]:
    table = None
    for cycle in cycles:
        if cycle.table != table:
            table = cycle.table
            yield f"W {quoted(table)};"
        yield f"V {{ {group} = {cycle.characters}; }}"


def _ascii(text: str) -> str:
    line = " ".join(text.split()).encode("ascii", "backslashreplace").decode()
    return re.sub(r"[^ -~]", "?", line)
