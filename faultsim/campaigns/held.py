"""From which magnetisation on a neuron spikes: read pulses while sources hold its free layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from faultsim.circuits.neuron import NeuronSite, NotApart
from faultsim.circuits.stimulus import Stimulus
from faultsim.magnetics.layer import NO_MEMORY, Memory, Reader

LEVEL_WIDTH = 1e-3
"""How far a level may be off, of the magnetisation's 2."""

_RESTS_S = 0.5e-9
_COARSE = (1.0, 0.5, 0.0, -0.5, -1.0)
_WIDTHS = (0.03, 0.12, 0.4)
_AT_A_TIME = 2

_AROUND, _FIRST_LOOK, _DEEPEST = 1.5, (1.5, 8.0, 32.0), 500.0
_BEFORE = (0.05, 0.3)
_LONGER_S, _MOST_PERIODS = 0.4e-9, 8

Ask = Callable[[Sequence[Sequence[float]], float], list[list[bool]]]
"""Rows of projections and the period in s -> rows of spikes; each row is a transient, its first read a rested one."""


def reads(stimulus: Stimulus, count: int, period_s: float) -> Stimulus:
    """Return a stimulus with as many reads, a period apart; its inputs spike, because that is what a read follows."""
    spec = stimulus.spec
    shortest = spec.read_delay + spec.strobe_width + 2 * spec.edge
    pulse = min(spec.integrate, period_s - shortest)
    update = {"pulses": count, "start": _RESTS_S, "integrate": pulse, "leaky": period_s - pulse}
    if spec.clocks:
        raise NotApart("clocks act on the neuron besides the reads")
    return replace(stimulus, pattern=stimulus.frames[0], spec=spec.model_copy(update=update))


def holders(site: NeuronSite, stimulus: Stimulus, projections: Sequence[float]) -> Iterator[str]:
    """Yield sources that hold the magnetisation: at each read another projection on the fixed layer's direction."""
    axis = np.array(site.fixed_layer)
    across = np.cross(axis, np.eye(3)[int(np.argmin(np.abs(axis)))])
    across /= np.linalg.norm(across)
    states = [value * axis + math.sqrt(1 - value * value) * across for value in projections]
    for component, net in enumerate(site.magnetisation):
        points = [(0.0, states[0][component])]
        for start, before, after in zip(stimulus.starts_s[1:], states, states[1:], strict=False):
            points += [(start, before[component]), (start + stimulus.spec.edge, after[component])]
        yield f"VFS_hold{component} {net} 0 PWL({' '.join(f'{time:.12g} {value:.12g}' for time, value in points)})"


def find_level(site: NeuronSite, ask: Ask, period_s: float, near: Reader | None = None) -> Reader:
    """Return at which level the output of a rested read path spikes.

    Args:
        site: The neuron.
        ask: Reads a held magnetisation, one row of projections a transient, at a period.
        period_s: The shortest time between reads that counts.
        near: Look around the level of this reader first.

    Raises:
        NotApart: It spikes in more than one range of the magnetisation.
    """
    found = _around(near, ask, period_s) if near is not None and math.isfinite(near.level) else None
    if found is not None and near is not None:
        return replace(near, level=_narrowed(*found, lambda value: [value], ask, period_s), memory=NO_MEMORY)
    fires = [row[0] for row in ask([[value] for value in _COARSE], period_s)]
    changes = [place for place in range(1, len(fires)) if fires[place] != fires[place - 1]]
    if not changes:
        return Reader(site.fixed_layer, math.inf if fires[0] else -math.inf)
    if len(changes) > 1:
        raise NotApart("its output spikes in more than one range of the magnetisation")
    silent, spiking = _COARSE[changes[0] - 1], _COARSE[changes[0]]
    below = fires[-1]
    if not below:
        silent, spiking = spiking, silent
    return Reader(site.fixed_layer, _narrowed(silent, spiking, lambda value: [value], ask, period_s), below)


def _around(near: Reader, ask: Ask, period_s: float) -> tuple[float, float] | None:
    """Return a silent and a spiking projection around a level, ever further away; None where it is not around there."""
    silent = spiking = near.level
    for width in _WIDTHS:
        ends = [_inside(near.level + near.sign * width), _inside(near.level - near.sign * width)]
        first, second = (row[0] for row in ask([[end] for end in ends], period_s))
        if not first and second:
            # What was seen closer by is an end as well.
            return (ends[0] if silent == near.level else silent), (ends[1] if spiking == near.level else spiking)
        if first and second:
            spiking = ends[0]
        elif not first:
            silent = ends[1]
        else:
            return None
    return None


def _narrowed(silent: float, spiking: float, row: Callable[[float], list[float]], ask: Ask, period_s: float) -> float:
    """Return where between a silent and a spiking projection the last of a row of reads begins to spike."""
    while abs(silent - spiking) > LEVEL_WIDTH:
        inside = [silent + (spiking - silent) * step / (_AT_A_TIME + 1) for step in range(1, _AT_A_TIME + 1)]
        answers = [answer[-1] for answer in ask([row(value) for value in inside], period_s)]
        ends = [silent, *inside, spiking]
        place = next((step for step, answer in enumerate(answers, 1) if answer), len(ends) - 1)
        silent, spiking = ends[place - 1], ends[place]
    return (silent + spiking) / 2


def find_memory(reader: Reader, ask: Ask, period_s: float) -> Memory:
    """Measure what a read does to the next: at the shortest period behind two distances, then until nothing is left."""
    if math.isinf(reader.level):
        return NO_MEMORY
    near, far = (_loss(reader, ask, period_s, before) for before in _BEFORE)
    if max(near, far) < _AROUND * LEVEL_WIDTH:
        return NO_MEMORY
    slope = (far - near) / (_BEFORE[1] * near - _BEFORE[0] * far)
    periods, losses = [period_s], [near]
    while losses[-1] > _AROUND * LEVEL_WIDTH and len(losses) < _MOST_PERIODS:
        periods.append(periods[-1] + _LONGER_S)
        losses.append(_loss(reader, ask, periods[-1], _BEFORE[0]))
    return Memory(tuple(periods), tuple(value / (1 + slope * _BEFORE[0]) for value in losses), slope)


def _loss(reader: Reader, ask: Ask, period_s: float, before: float) -> float:
    """Return how far the level is lowered by a read at a distance before it; a first look says about how far."""

    def row(value: float) -> list[float]:
        return [_inside(value + reader.sign * before), value]

    def down(steps: float) -> float:
        return _inside(reader.level - reader.sign * steps * LEVEL_WIDTH)

    answers = [answer[-1] for answer in ask([row(down(steps)) for steps in _FIRST_LOOK], period_s)]
    place = next((number for number, answer in enumerate(answers) if answer), len(answers))
    ends = (-_AROUND, *_FIRST_LOOK, _DEEPEST)
    return max(
        0.0, reader.sign * (reader.level - _narrowed(down(ends[place]), down(ends[place + 1]), row, ask, period_s))
    )


def _inside(value: float) -> float:
    return min(1.0, max(-1.0, value))


def probes_of(reader: Reader, period_s: float) -> tuple[list[float], list[bool]]:
    """Return projections to read one after another, and what each is to give if the level is where it is said to be."""
    if math.isinf(reader.level):
        return [1.0, 0.0, -1.0], [reader.level > 0] * 3
    near, off = _BEFORE[0], _AROUND * LEVEL_WIDTH * reader.sign
    memory = reader.memory
    lowered = reader.level - reader.sign * float(memory.loss(np.array(period_s))) * (1 + memory.slope * near)
    rows = [reader.level + reader.sign * near, lowered + off, lowered - off]
    return [_inside(value) for value in rows], [False, False, True]
