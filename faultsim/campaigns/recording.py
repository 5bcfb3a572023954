"""What drives a neuron, recorded once, so that the batch engine can play it at any windows of a plane."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from faultsim.circuits.neuron import NotApart
from faultsim.circuits.stimulus import Stimulus, spike_delay_s
from faultsim.magnetics.train import Floats, Mark, Piece, PulseTrain, pulse_train
from faultsim.spice.waveform import Waveform

RESTS_S, _SETTLED_S = 0.5e-9, 2.5e-9
"""A recording's time before the first integrate window, and after the last edge of one."""

_FINE_STEP_S, _GROWTH = 2e-12, 1.15
_THINNED = 3e-4


@dataclass(frozen=True)
class Plane:
    """A rectangle of windows: integrate windows and leaky windows from low to high, s."""

    integrate_s: tuple[float, float]
    leaky_s: tuple[float, float]

    def corner(self, stimulus: Stimulus, end: int) -> Stimulus:
        """Return a stimulus at the shortest windows (end 0) or the longest (end 1)."""
        return at_windows(stimulus, self.integrate_s[end], self.leaky_s[end])


def at_windows(stimulus: Stimulus, integrate_s: float, leaky_s: float) -> Stimulus:
    """Return a stimulus at other windows."""
    return replace(stimulus, spec=stimulus.spec.model_copy(update={"integrate": integrate_s, "leaky": leaky_s}))


def silenced(stimulus: Stimulus) -> Stimulus:
    """Return a stimulus in which no input spikes.

    Raises:
        NotApart: The coding has no symbol for that.
    """
    symbol = stimulus.spec.coding.symbol(0)
    if symbol is None:
        raise NotApart("the coding has no symbol of intensity 0")
    return replace(stimulus, pattern=symbol * len(stimulus.frames[0]))


@dataclass(frozen=True)
class Edge:
    """An instant at which the test bench does something, as in `PulseTrain`."""

    pulse: int
    offset_s: float
    share: float

    def time_s(self, stimulus: Stimulus) -> float:
        """Return when it is, under a stimulus."""
        return stimulus.first_s + self.pulse * stimulus.period_s + self.offset_s + self.share * stimulus.spec.integrate


@dataclass(frozen=True)
class Recording:
    """A recording to make, and what becomes of it.

    Attributes:
        stimulus: What the train is to stand for, at any windows of the plane.
        plane: The windows.
    """

    stimulus: Stimulus
    plane: Plane

    @cached_property
    def played(self) -> Stimulus:
        """The stimulus that is recorded: the longest windows, as far as anything still happens in them.

        Raises:
            NotApart: The windows move more than edges.
        """
        if self.stimulus.program:
            raise NotApart("a programming sequence depends on the integrate window")
        long, spec = self.plane.corner(self.stimulus, 1), self.stimulus.spec
        # Of every frame: the last edge of the first one may be far from that of another.
        all_frames = replace(long, spec=long.spec.model_copy(update={"pulses": len(self.stimulus.frames)}))
        last = max(edge.offset_s + edge.share * self.plane.integrate_s[1] for edge in _edges(all_frames))
        settled = last + _SETTLED_S - self.plane.integrate_s[1]
        leaky = min(self.plane.leaky_s[1], settled)
        # Where the plane ends sooner a late spike may end with it: half an edge before it the last edge has begun.
        margin = spec.edge * (2 if settled <= self.plane.leaky_s[1] else 1.25)
        update = {
            "leaky": leaky,
            "pulses": min(spec.pulses, len(self.stimulus.frames) + 1),
            "start": min(spec.start, RESTS_S),
            # The strobe ends the simulation; nobody looks at the output here.
            "strobe_width": leaky - spec.read_delay - margin,
        }
        return replace(long, spec=long.spec.model_copy(update=update))

    @cached_property
    def edges(self) -> list[Edge]:
        """The edges of inputs, reads and clocks in the recording."""
        return _edges(self.played)

    @cached_property
    def samples_s(self) -> list[list[float]]:
        """When to look, after each edge."""
        times = [edge.time_s(self.played) for edge in self.edges]
        return [_samples_s(gap, self.played.spec.edge) for gap in np.diff([*times, self.played.stop_s])]

    @property
    def times_s(self) -> list[float]:
        """When to look, in the recording's own time."""
        pairs = zip(self.edges, self.samples_s, strict=True)
        return [edge.time_s(self.played) + offset for edge, row in pairs for offset in row]

    def train(self, metal_v: Sequence[float], pillar_a: Sequence[float], rested_s: float) -> PulseTrain:
        """Return the train, from what was seen at `times_s`.

        Args:
            metal_v: Voltage along the metal.
            pillar_a: Current into the pillar.
            rested_s: Time before the first integrate window.
        """
        knots, place = {}, 0
        for edge, row in zip(self.edges, self.samples_s, strict=True):
            part = slice(place, place + len(row))
            knots[edge] = _thinned(np.array(row), np.array(metal_v[part]), np.array(pillar_a[part]))
            place += len(row)
        return pulse_train(list(self._pieces(knots, rested_s)))

    def serves(self, integrate_s: ArrayLike, leaky_s: ArrayLike) -> NDArray[np.bool_]:
        """Return at which windows the same spikes are sent as in the recording."""
        _, leaky = np.broadcast_arrays(integrate_s, np.asarray(leaky_s, float))
        same = np.ones(leaky.shape, dtype=bool)
        for delay in self._sent_s:
            same &= (delay <= leaky) == (delay <= self.plane.leaky_s[1])
        return same

    @property
    def shortest_leaky_s(self) -> float:
        """The shortest leaky window of the plane at which the same spikes are sent as in the recording."""
        shortest, longest = self.plane.leaky_s
        # Two edges more, so that the last spike of a coding window does not touch the first of the next.
        needed = [delay + 2 * self.stimulus.spec.edge for delay in self._sent_s if 0 < delay <= longest]
        return min(longest, max([shortest, *needed]))

    @property
    def together(self) -> bool:
        """Whether all spikes begin with the integrate window."""
        return not any(self._sent_s)

    @cached_property
    def _sent_s(self) -> list[float]:
        """When in a coding window spikes are sent, of all frames."""
        return sorted({delay for frame in self.stimulus.frames for delay in _delays_s(self.stimulus, frame)})

    def _pieces(self, knots: Mapping[Edge, Sequence[tuple[float, float, float]]], rested_s: float) -> Iterator[Piece]:
        """Yield the events of a train; coding windows after those that were recorded repeat them."""
        spec, half, period = self.stimulus.spec, self.stimulus.spec.edge / 2, len(self.stimulus.frames)
        yield Piece(0, -rested_s, knots=[(0.0, 0.0, 0.0)])
        read = spec.read_delay + spec.read_width / 2
        for pulse in range(spec.pulses):
            source = pulse if pulse < self.played.spec.pulses else 1 + (pulse - 1) % period
            pieces = [
                Piece(pulse, edge.offset_s, edge.share, knots=rows)
                for edge, rows in knots.items()
                if edge.pulse == source
            ]
            pieces += [
                Piece(pulse, -half, mark=Mark.BEGIN),
                Piece(pulse, half, 1.0, Mark.INTEGRATED),
                Piece(pulse, read, 1.0, Mark.READ),
            ]
            yield from sorted(pieces, key=lambda piece: piece.offset_s + piece.share * self.played.spec.integrate)
            yield Piece(pulse + 1, -half, mark=Mark.LEAKED)


def _edges(stimulus: Stimulus) -> list[Edge]:
    """Return the edges of inputs, reads and clocks, each where it begins, in the order in which they happen."""
    spec, half = stimulus.spec, stimulus.spec.edge / 2
    read, found = spec.read_delay - half, []
    for pulse in range(spec.pulses):
        sent = [
            delay for delay in _delays_s(stimulus, stimulus.frames[pulse % len(stimulus.frames)]) if delay <= spec.leaky
        ]
        instants = [(delay - half, share) for delay in sent for share in (0.0, 1.0)]
        instants += [(read, 1.0), (read + spec.read_width, 1.0)]
        for clock in spec.clocks.values():
            instants += [(clock.delay - half, 0.0), (clock.delay + clock.width - half, 0.0)]
        found += [Edge(pulse, offset, share) for offset, share in instants]
    return sorted(dict.fromkeys(found), key=lambda edge: edge.time_s(stimulus))


def _delays_s(stimulus: Stimulus, frame: str) -> list[float]:
    """Return when in a coding window a frame's inputs spike, those that never do left out; see `Stimulus.spikes_s`."""
    coding = stimulus.spec.coding
    return sorted({delay for symbol in frame if (delay := spike_delay_s(coding, symbol)) < coding.t_max})


def _samples_s(gap_s: float, edge_s: float) -> list[float]:
    """Return when to look after an edge: close at first, then ever more rarely, until the next one."""
    times, step = [0.0], _FINE_STEP_S
    while times[-1] + step < gap_s:
        times.append(times[-1] + step)
        if times[-1] > 2 * edge_s:
            step *= _GROWTH
    return [*times, gap_s] if gap_s > 0 else times


def _thinned(times: Floats, metal: Floats, pillar: Floats) -> list[tuple[float, float, float]]:
    if times.size < 2:
        return list(zip(times.tolist(), metal.tolist(), pillar.tolist(), strict=True))
    kept = np.union1d(*(Waveform(times, values).thinned(_THINNED).time_s for values in (metal, pillar)))
    chosen = np.isin(times, kept)
    return list(zip(times[chosen].tolist(), metal[chosen].tolist(), pillar[chosen].tolist(), strict=True))
