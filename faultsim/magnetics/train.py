"""Drives that hang on the edges of a stimulus, so that one recording serves every pair of windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Mark(IntEnum):
    """An instant of a coding window at which the state is noted."""

    NONE = -1
    BEGIN = 0
    """The integrate window begins: its first edge starts to rise."""
    INTEGRATED = 1
    """The integrate window is over: its last edge has fallen. The leaky window begins."""
    READ = 2
    """The output is decided."""
    LEAKED = 3
    """The leaky window is over: the next edge is about to rise. Its event counts to the next coding window."""


MARKS = 4


@dataclass(frozen=True, eq=False)
class PulseTrain:
    """Events in the order in which they happen, and what drives the layer after each.

    An event of coding window n happens at n (IW + LW) + offset + share IW after the start of the first integrate
    window. From then on the drive follows the knots of the event, holds their last value, and is cut off by the next
    event that has knots.

    Attributes:
        pulse: Coding window of each event, from 0, shape (E,).
        offset_s: Its fixed part, shape (E,).
        share: Its part in integrate windows, shape (E,).
        mark: The `Mark` that is noted, shape (E,).
        first, stop: The event's knots, a range of indices; an empty one leaves the drive as it is. Shape (E,).
        time_s: Of each knot, after its event, shape (K,).
        metal_v: Voltage along the heavy metal, shape (K,).
        pillar_a: Current into the pillar, shape (K,).
    """

    pulse: Integers
    offset_s: Floats
    share: Floats
    mark: Integers
    first: Integers
    stop: Integers
    time_s: Floats
    metal_v: Floats
    pillar_a: Floats

    @property
    def pulses(self) -> int:
        """Return how many coding windows it has."""
        return int(np.count_nonzero(self.mark == Mark.INTEGRATED))

    def times_s(self, integrate_s: ArrayLike, leaky_s: ArrayLike) -> Floats:
        """Return when each event happens, shape (..., E) for windows of shape (...)."""
        integrate, leaky = np.asarray(integrate_s, float)[..., None], np.asarray(leaky_s, float)[..., None]
        return np.asarray(self.pulse * (integrate + leaky) + self.offset_s + self.share * integrate)

    def metal_at(self, times_s: Floats, integrate_s: float, leaky_s: float) -> Floats:
        """Return the metal's voltage at times after the start of the first integrate window."""
        events = self.times_s(integrate_s, leaky_s)
        own = np.flatnonzero(self.stop > self.first)
        places = own[np.clip(np.searchsorted(events[own], times_s, side="right") - 1, 0, None)]
        values = np.empty(times_s.size)
        for place in np.unique(places):
            inside, knots = places == place, slice(self.first[place], self.stop[place])
            values[inside] = np.interp(times_s[inside] - events[place], self.time_s[knots], self.metal_v[knots])
        return values

    def in_order(self, integrate_s: ArrayLike, leaky_s: ArrayLike) -> NDArray[np.bool_]:
        """Return where the events happen in the same order as in the recording, for windows of shape (...)."""
        return np.asarray((np.diff(self.times_s(integrate_s, leaky_s), axis=-1) >= -_SAME_INSTANT_S).all(axis=-1))


_SAME_INSTANT_S = 1e-18


@dataclass(frozen=True)
class Piece:
    """One event, in the words of the one who makes a train.

    Attributes:
        pulse: Coding window, from 0.
        offset_s: Fixed part of its time.
        share: Part in integrate windows.
        mark: What is noted.
        knots: (time after the event in s, metal in V, pillar in A), none to leave the drive as it is.
    """

    pulse: int
    offset_s: float
    share: float = 0.0
    mark: Mark = Mark.NONE
    knots: Sequence[tuple[float, float, float]] = ()


def pulse_train(pieces: Sequence[Piece]) -> PulseTrain:
    """Put a train together; pieces in the order in which they happen, the first of them where the drive begins."""
    counts = np.array([len(piece.knots) for piece in pieces])
    stop = np.cumsum(counts)
    knots = np.array([knot for piece in pieces for knot in piece.knots], dtype=float).reshape(-1, 3)
    return PulseTrain(
        pulse=np.array([piece.pulse for piece in pieces]),
        offset_s=np.array([piece.offset_s for piece in pieces], dtype=float),
        share=np.array([piece.share for piece in pieces], dtype=float),
        mark=np.array([int(piece.mark) for piece in pieces]),
        first=stop - counts,
        stop=stop,
        time_s=knots[:, 0],
        metal_v=knots[:, 1],
        pillar_a=knots[:, 2],
    )


def rectangular(amplitude: float, pulses: int, start_s: float, edge_s: float, read_s: float) -> PulseTrain:
    """Return trapezoids of the metal's drive, one in every coding window and as long as the integrate window.

    Args:
        amplitude: Height, in whatever unit the layer's coefficients are per.
        pulses: Coding windows.
        start_s: Time without a drive before the first one.
        edge_s: Rise and fall time; the window is measured at half the height.
        read_s: From the end of an integrate window to the instant at which the output is decided.
    """
    up, down = [(0.0, 0.0, 0.0), (edge_s, amplitude, 0.0)], [(0.0, amplitude, 0.0), (edge_s, 0.0, 0.0)]
    half = edge_s / 2
    pieces = [Piece(0, -start_s, knots=[(0.0, 0.0, 0.0)])]
    for pulse in range(pulses):
        pieces += [
            Piece(pulse, -half, mark=Mark.BEGIN, knots=up),
            Piece(pulse, -half, 1.0, knots=down),
            Piece(pulse, half, 1.0, Mark.INTEGRATED),
            Piece(pulse, read_s, 1.0, Mark.READ),
            Piece(pulse + 1, -half, mark=Mark.LEAKED),
        ]
    return pulse_train(pieces)
