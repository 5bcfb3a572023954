"""Responses of vectors over the severity of defects: as many transients as it takes to know where they change."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from faultsim.campaigns.lab import Lab
from faultsim.campaigns.limits import first_pulse, number
from faultsim.campaigns.search import find_bracket
from faultsim.campaigns.watcher import Watcher
from faultsim.fault_models.defect import Defect
from faultsim.spice.expressions import Value
from faultsim.vectors.check import Check, deviations
from faultsim.vectors.curves import Curves
from faultsim.vectors.matrix import NEVER, Matrix, Seen
from faultsim.vectors.probe import Certificate, Probe
from faultsim.vectors.tester import Tester

Certificates = Mapping[tuple[str, str], Certificate]

_PARTS, _MOST_PARTS, _FINEST_PARTS = 2, 8, 16
"""Into how many parts severities are cut before it is looked where responses change: of what follows a current, and of
what a neuron or a write makes of it; and into how many there at most."""
_FINEST_DECADES = 0.1
"""How near two severities with different responses have to be at most."""
_APART = 3.0
"""By how many deviations measured values have to differ to be different."""


@dataclass(frozen=True)
class Scanner:
    """Looks at what some vectors show of each defect at all severities that any of them sees.

    A bracket says where a vector begins to fail; it says nothing about a verdict that changes back, about the pulse of
    a spike, or about a measured value elsewhere. Currents that are read without writing have sweeps; they are looked at
    where the defect has to be seen alone.

    Attributes:
        matrix: Grids of the defects.
        curves: What defects do to currents.
        still: Whether a defect changes nothing of what drives the neuron under a vector.
        in_neuron: Whether a defect is of the neuron itself.
        lab: Simulates.
        tester: Says how far measured values may be off.
        pool: Runs several at a time.
        watcher: Is told how it gets on.
    """

    matrix: Matrix
    curves: Curves
    still: Callable[[Check, Defect], bool]
    in_neuron: Callable[[Defect], bool]
    lab: Lab
    tester: Tester
    pool: ThreadPoolExecutor
    watcher: Watcher

    def scanned(
        self, checks: Sequence[Check], certificates: Certificates, misled: Collection[str]
    ) -> dict[tuple[str, str], Certificate]:
        """Return certificates whose values say where responses change, and whose brackets hold for all of them.

        Args:
            checks: The vectors.
            certificates: (check's id, defect's id) -> what brackets say, of each of the vectors and each defect.
            misled: Ids of defects whose sweeps are not to be believed.
        """
        pairs = list(self._pairs(checks, certificates))
        self.watcher.stage("pairs followed", len(pairs))

        def scan(pair: tuple[Check, Defect, int]) -> Certificate:
            check, defect, start = pair
            found = certificates[check.id, defect.id]
            probe = Probe(self.lab, check, defect, self.matrix.grids[defect.id])
            looks = Scan(probe, start, self.tester, found.values)
            looks.at(self.matrix.demanded[defect.id])
            parts = self._parts(check, defect, misled)
            if parts:
                looks.follow(parts)
            self.watcher.advance()
            return replace(looks.mended(found), values=looks.values)

        scans = self.pool.map(scan, pairs)
        return dict(certificates) | {(pair[0].id, pair[1].id): found for pair, found in zip(pairs, scans, strict=True)}

    def misled(self, checks: Sequence[Check], certificates: Certificates) -> set[str]:
        """Return ids of defects whose sweeps are not what transients show."""
        return {
            defect.id
            for defect in self.matrix.defects
            for check in checks
            if self._swept(check, defect) and not self._agrees(check, defect, certificates[check.id, defect.id])
        }

    def _swept(self, check: Check, defect: Defect) -> bool:
        candidate = check.candidate
        plain = candidate.measures and not candidate.stimulus.program
        return plain and self.curves.known(candidate.stimulus.pattern, candidate.conditions.vdd_v, defect.id)

    def _agrees(self, check: Check, defect: Defect, found: Certificate) -> bool:
        expected = number(check.expected)
        if not expected or abs(expected) <= self.tester.spec.current_resolution:
            return True
        points = [
            (severity, value / expected) for severity, shown in found.values if (value := number(shown)) is not None
        ]
        pattern, vdd_v = check.candidate.stimulus.pattern, check.candidate.conditions.vdd_v
        return self.curves.agree(pattern, vdd_v, defect.id, points)

    def _parts(self, check: Check, defect: Defect, misled: Collection[str]) -> int:
        """Return into how many parts severities are cut at first; 0 where a sweep says it all."""
        if check.candidate.stimulus.program:
            return _MOST_PARTS
        if check.candidate.measures:
            return 0 if self._swept(check, defect) and defect.id not in misled else _MOST_PARTS
        if self.in_neuron(defect):
            return _MOST_PARTS
        return 0 if self.still(check, defect) else _PARTS

    def _pairs(self, checks: Sequence[Check], certificates: Certificates) -> Iterator[tuple[Check, Defect, int]]:
        """Yield what to look at, from the mildest severity on that any of the vectors sees."""
        for defect in self.matrix.defects:
            grid = self.matrix.grids[defect.id]
            failing = [certificates[check.id, defect.id].fails_at for check in checks]
            seen = [round(grid.place(severity)) for severity in failing if severity is not None]
            if seen:
                yield from ((check, defect, min(seen)) for check in checks)


@dataclass
class Scan:
    """One vector and one defect.

    Attributes:
        probe: Simulates.
        start: Place on the grid from which on responses are wanted.
        tester: Says how far measured values may be off.
        known: Severities and responses that are known.
    """

    probe: Probe
    start: int
    tester: Tester
    known: Sequence[tuple[float, Value]]

    @cached_property
    def _seen(self) -> dict[int, Value]:
        return {round(self.probe.grid.place(severity)): value for severity, value in self.known}

    @property
    def values(self) -> tuple[tuple[float, Value], ...]:
        """Return severities and responses, rising in place."""
        return tuple((self.probe.grid[place], value) for place, value in sorted(self._seen.items()))

    def follow(self, parts: int) -> None:
        """Look at all severities, cut into some parts, until neighbours that differ are as near as is wanted."""
        last = len(self.probe.grid) - 1
        for part in range(parts + 1):
            self.at(self.start + round((last - self.start) * part / parts))
        places = sorted(place for place in self._seen if place >= self.start)
        for low, high in pairwise(places):
            self._close(low, high)

    def at(self, place: int) -> bool:
        """Look at one severity; return whether there is a response."""
        if place not in self._seen:
            outcome = self.probe.outcome(place)
            if not outcome.ok:
                return False
            self._seen[place] = outcome.values[self.probe.check.candidate.observable]
        return True

    def mended(self, found: Certificate) -> Certificate:
        """Return a certificate that says from which severity on nothing that was looked at passes."""
        first, check, grid = found.seen.first, self.probe.check, self.probe.grid
        if first is None or found.seen.reason:
            return found
        passing = [place for place, value in self._seen.items() if place > first and not check.fails(value)]
        if not passing:
            return found
        failing = min(place for place in self._seen if place > max(passing))
        bracket = find_bracket(self.probe.verdict, len(grid), None, between=(max(passing), failing))
        if bracket.unknown_at is not None:
            reason = (
                f"it passes at {grid[max(passing)]:.4g}, and the simulation at {grid[bracket.unknown_at]:.4g} failed"
            )
            return replace(found, seen=Seen(None, certified=True, reason=reason, passes=-1, fails=NEVER))
        self.at(bracket.last_pass)
        self.at(bracket.first_fail)
        seen = Seen(bracket.first_fail, certified=True, passes=bracket.last_pass)
        return replace(found, seen=seen, passes_at=grid[bracket.last_pass], fails_at=grid[bracket.first_fail])

    def _close(self, low: int, high: int) -> None:
        """Look between two places until those with different responses are near each other."""
        if high - low <= self._finest or not self._differ(self._seen[low], self._seen[high]):
            return
        middle = (low + high) // 2
        if self.at(middle):
            self._close(low, middle)
            self._close(middle, high)

    @cached_property
    def _finest(self) -> float:
        """How many places two different responses may be apart."""
        grid = self.probe.grid
        return max(1.0, min(_FINEST_DECADES / math.log10(grid.ratio), (len(grid) - 1 - self.start) / _FINEST_PARTS))

    def _differ(self, one: Value, other: Value) -> bool:
        check = self.probe.check
        if not check.candidate.measures:
            return first_pulse(one) != first_pulse(other)
        if check.limits.passes(check.expected, one) != check.limits.passes(check.expected, other):
            return True
        values = [number(value) or 0.0 for value in (one, other)]
        relative, absolute = deviations(check, self.tester)
        return abs(values[0] - values[1]) > _APART * (relative * max(map(abs, values)) + absolute)
