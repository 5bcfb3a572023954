"""From which magnetisation on a neuron spikes, found by reads while its free layer is held."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from faultsim.circuits.neuron import NotApart
from faultsim.magnetics.layer import NO_MEMORY, Memory, Reader
from faultsim.magnetics.macrospin import Vector

LEVEL_WIDTH = 1e-3
"""The bracket of a level, of the magnetisation's 2."""

SAME_LEVEL = 1.5 * LEVEL_WIDTH
"""How far a level may be off where it was only seen to be about there."""

_COARSE = (1.0, 0.5, 0.0, -0.5, -1.0)
_WIDTHS = (0.006, 0.03)

_AROUND, _FIRST_LOOK, _DEEPEST = SAME_LEVEL / LEVEL_WIDTH, (1.5, 8.0, 32.0), 500.0
_BEFORE = (0.05, 0.3)
_LONGER_S, _MOST_PERIODS = 0.4e-9, 8

Fires = Callable[[Sequence[float], float], list[bool]]
"""Projections to read one after another and the period in s -> which reads fire; the first is that of a rested path."""


def find_level(axis: Vector, fires: Fires, period_s: float, near: Reader | None = None) -> Reader:
    """Return at which level the output of a rested read path spikes.

    Args:
        axis: Direction of the fixed layer.
        fires: Reads a held magnetisation.
        period_s: The shortest time between reads that counts.
        near: Look around the level of this reader first.

    Raises:
        NotApart: It spikes in more than one range of the magnetisation.
    """

    @cache
    def spikes(value: float) -> bool:
        return fires([value], period_s)[-1]

    looks: tuple[float, ...] = _COARSE
    if near is not None and math.isfinite(near.level):
        last, spiking = near.level, spikes(near.level)
        # On which side of the old level the new one has to be.
        side = near.sign if spiking else -near.sign
        for width in _WIDTHS:
            end = _inside(near.level + side * width)
            if spikes(end) != spiking:
                ends = (end, last) if spiking else (last, end)
                return replace(near, axis=axis, level=_narrowed(*ends, spikes), memory=NO_MEMORY)
            last = end
        looks = tuple(sorted((1.0, near.level, last, -1.0), reverse=True))
    fired = [spikes(value) for value in looks]
    changes = [place for place in range(1, len(fired)) if fired[place] != fired[place - 1]]
    if not changes:
        return Reader(axis, math.inf if fired[0] else -math.inf)
    if len(changes) > 1:
        raise NotApart("its output spikes in more than one range of the magnetisation")
    ends, below = (looks[changes[0] - 1], looks[changes[0]]), fired[-1]
    return Reader(axis, _narrowed(*(ends if below else ends[::-1]), spikes), below)


def _narrowed(silent: float, spiking: float, spikes: Callable[[float], bool]) -> float:
    """Return where between a silent and a spiking projection it begins to spike."""
    while abs(silent - spiking) > LEVEL_WIDTH:
        middle = (silent + spiking) / 2
        if spikes(middle):
            spiking = middle
        else:
            silent = middle
    return (silent + spiking) / 2


def find_memory(reader: Reader, fires: Fires, period_s: float) -> Memory:
    """Measure what a read does to the next: at the shortest period behind two distances, then until nothing is left.

    Raises:
        NotApart: Something is left after the longest period that is looked at, or it is not as `Memory` has it.
    """
    if math.isinf(reader.level):
        return NO_MEMORY
    longest_s = period_s + (_MOST_PERIODS - 1) * _LONGER_S
    if not _fires_behind(reader, fires, longest_s, _BEFORE[0], _AROUND):
        raise NotApart(f"its read path remembers a read for more than {longest_s * 1e9:.3g} ns")
    near, far = (_drop(reader, fires, period_s, before) for before in _BEFORE)
    if max(near, far) < SAME_LEVEL:
        return NO_MEMORY
    periods, drops = [period_s], [near]
    while drops[-1] > SAME_LEVEL and len(drops) < _MOST_PERIODS:
        periods.append(periods[-1] + _LONGER_S)
        drops.append(_drop(reader, fires, periods[-1], _BEFORE[0]))
    # A drop d behind a read at a distance b is loss (1 + slope (b + d)).
    (b, c), apart = _BEFORE, (_BEFORE[1] + far) - (_BEFORE[0] + near)
    both = (far - near) / apart if apart else math.inf
    loss = near - both * (b + near)
    if not 0 < loss < math.inf or both >= 1 or 1 + both / loss * (c + far) <= 0:
        raise NotApart("what a read leaves for the next one is not in proportion to where it was")
    slope = both / loss
    return Memory(tuple(periods), tuple(drop / (1 + slope * (b + drop)) for drop in drops), slope)


def _drop(reader: Reader, fires: Fires, period_s: float, before: float) -> float:
    """Return how far the level is lowered by a read at a distance before it; a few looks say about how far."""

    def lower(steps: float) -> bool:
        return _fires_behind(reader, fires, period_s, before, steps)

    ends = (-_AROUND, *_FIRST_LOOK, _DEEPEST)
    place = next((number for number, steps in enumerate(_FIRST_LOOK) if lower(steps)), len(_FIRST_LOOK))
    silent, spiking = ends[place], ends[place + 1]
    while spiking - silent > 1:
        middle = (silent + spiking) / 2
        silent, spiking = (silent, middle) if lower(middle) else (middle, spiking)
    return max(0.0, (silent + spiking) / 2 * LEVEL_WIDTH)


def _fires_behind(reader: Reader, fires: Fires, period_s: float, before: float, steps: float) -> bool:
    """Return whether a read fires some steps below the level, behind another one at a distance before it."""
    first, then = before, -steps * LEVEL_WIDTH
    return fires([_inside(reader.level + reader.sign * value) for value in (first, then)], period_s)[-1]


def _inside(value: float) -> float:
    return min(1.0, max(-1.0, value))


def probes_of(reader: Reader, period_s: float) -> tuple[list[float], list[bool]]:
    """Return projections to read one after another, and what each is to give if the level is where it is said to be."""
    if math.isinf(reader.level):
        return [1.0, 0.0, -1.0], [reader.level > 0] * 3
    off, sign = SAME_LEVEL, reader.sign
    first = sign * reader.level + _BEFORE[0]
    second = _level_behind(reader, first, period_s) + off
    third = _level_behind(reader, second, period_s) - off
    return [_inside(sign * value) for value in (first, second, third)], [False, False, True]


def _level_behind(reader: Reader, last: float, period_s: float) -> float:
    """Return the level behind a read at a projection, both times the reader's sign; see `Memory`."""
    loss, slope = float(reader.memory.loss(np.array(period_s))), reader.memory.slope
    return (reader.sign * reader.level - loss * (1 + slope * last)) / (1 - loss * slope)
