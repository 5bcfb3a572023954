"""The tester's view of a neuron: windows at which it begins or ceases to spike, and what they tell of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from faultsim.campaigns.shmoo import Subject, Surveyor
from faultsim.campaigns.twin import Twin
from faultsim.magnetics.boundary import Boundary, boundary
from faultsim.magnetics.curve import BoundaryCurve, Stretch
from faultsim.magnetics.train import Floats

_APART = 2.0
"""How much longer than the shortest leaky window that of the second point is at least."""
_BEYOND, _CURVE_POINTS, _CURVE_LOOKS, _FEWEST = 3.0, 48, 129, 8
"""The fault-free boundary: how far beyond the plane it is followed, and how closely."""


@dataclass(frozen=True)
class Outside:
    """What a tester finds of one circuit.

    Attributes:
        smallest_s: Smallest integrate window that spikes, at the shortest leaky window.
        largest_s: Largest leaky window that spikes, at the integrate window of the stimulus.
        fit: How the fault-free boundary is stretched.
        anywhere: It spikes somewhere on one of the two lines.
        always: It spikes at the shortest integrate window already, so that there is no boundary.
        reason: Why it is not.
    """

    smallest_s: float | None
    largest_s: float | None
    fit: Stretch | None = None
    anywhere: bool = False
    always: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Tester:
    """Compares boundaries with that of one fault-free circuit.

    Attributes:
        surveyor: Looks at circuits over windows.
        healthy: The fault-free circuit.
        windows: Integrate and leaky window of the stimulus, s.
    """

    surveyor: Surveyor
    healthy: Subject
    windows: tuple[float, float]

    @cached_property
    def normal(self) -> Outside:
        """What is found of the fault-free circuit."""
        return self.found(self.healthy)

    def found(self, subject: Subject) -> Outside:
        """Find two points of the boundary: at the shortest leaky window, and at the integrate window of the stimulus.

        Where that one has no boundary, or one that is hardly further, the second is at a leaky window not much longer.
        """
        own_iw, shortest = self.windows[0], self.surveyor.plane.leaky_s[0]
        first = self.surveyor.smallest_integrate(subject, shortest)
        second = self.surveyor.largest_leaky(subject, own_iw)
        ends = [line.at_s if line.monotone else None for line in (first, second)]
        somewhere = any(line.changes or line.spikes_first for line in (first, second))
        found = Outside(ends[0], ends[1], anywhere=somewhere)
        if first.at_s is None:
            return replace(found, always=first.spikes_first, reason=_no_edge(first, "integrate window"))
        for line, over in ((first, "integrate"), (second, "leaky")):
            if not line.monotone:
                return replace(found, reason=f"over the {over} window {line.trouble}")
        point = (own_iw, second.at_s)
        if second.at_s is None or second.at_s < _APART * shortest:
            third = self.surveyor.smallest_integrate(subject, _APART * shortest)
            if third.at_s is None or not third.monotone:
                return replace(found, reason=_no_edge(third, "integrate window"))
            point = (third.at_s, _APART * shortest)
        if isinstance(self._curve, str):
            return replace(found, reason=self._curve)
        fit = self._curve.stretch((first.at_s, shortest), (point[0], point[1] or 0.0))
        return replace(found, fit=fit, reason="" if fit else "its boundary is not the fault-free one stretched")

    @cached_property
    def _curve(self) -> BoundaryCurve | str:
        """The fault-free boundary, some way beyond the plane's leaky windows."""
        if self.healthy.twin is None:
            return "the fault-free circuit has no twin"
        shortest, longest = self.surveyor.plane.leaky_s
        windows = np.geomspace(shortest / _BEYOND, longest * _BEYOND, _CURVE_POINTS)
        twin = replace(self.healthy.twin, neuron=self.healthy.twin.neuron.rested)
        low, high = self.surveyor.plane.integrate_s
        edges = [
            boundary(partial(_spikes, twin, leaky), low / _BEYOND, high * _BEYOND, _CURVE_LOOKS, 1) for leaky in windows
        ]
        seen = [edge.at_s is not None and edge.monotone for edge in edges]
        own = int(np.argmin(np.abs(windows - self.windows[1])))
        if not seen[own]:
            return "the fault-free circuit has no boundary of its own there"
        # What is connected with the windows of the stimulus.
        first = max([0, *(place + 1 for place in range(own) if not seen[place])])
        stop = min([len(seen), *(place for place in range(own, len(seen)) if not seen[place])])
        integrate = [edge.at_s for edge in edges[first:stop]]
        if len(integrate) < _FEWEST:
            return "the fault-free circuit has hardly a boundary of its own there"
        return BoundaryCurve(windows[first:stop], np.array(integrate, dtype=float))


def _spikes(twin: Twin, leaky_s: float, integrate_s: Floats) -> NDArray[np.bool_]:
    return np.asarray(twin.run(integrate_s, leaky_s).fired > 0)


def _no_edge(line: Boundary, what: str) -> str:
    if line.trouble:
        return f"over the {what} {line.trouble}"
    return f"the circuit spikes {'all along' if line.spikes_first else 'nowhere on'} the line over the {what}"
