"""Measures the signature of a circuit with a defect, each quantity relative to the fault-free circuit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from faultsim.campaigns.causes import causes
from faultsim.campaigns.lab import Question
from faultsim.campaigns.shmoo import Subject, Surveyor
from faultsim.campaigns.synapses import Synapses, synapses
from faultsim.circuits.neuron import NotApart
from faultsim.fault_models.behaviour import Quantity
from faultsim.magnetics.boundary import Boundary
from faultsim.magnetics.signature import Dynamics, dynamics
from faultsim.units import format_quantity


@dataclass(frozen=True)
class Signature:
    """What was measured of one circuit.

    Attributes:
        measured: Quantity of `faultsim.fault_models.behaviour.QUANTITIES` -> value; None where it has none.
        notes: Quantity -> why it has no value.
        causes: What the defect did to the neuron's drive, layer and read path, in words.
        by: What measured it: ``twin`` or ``SPICE``.
    """

    measured: Mapping[str, Quantity]
    notes: Mapping[str, str]
    causes: tuple[str, ...] = ()
    by: str = "twin"


@dataclass(frozen=True)
class Examiner:
    """Compares circuits with one fault-free circuit at one pair of windows.

    Attributes:
        surveyor: Looks at circuits over windows.
        healthy: The fault-free circuit.
        windows: Integrate and leaky window, s.
    """

    surveyor: Surveyor
    healthy: Subject
    windows: tuple[float, float]

    def signature(self, question: Question) -> Signature:
        """Return the signature of a circuit with a defect.

        Args:
            question: The circuit; its stimulus is that of the fault-free one, whatever the windows.
        """
        subject, table = self.surveyor.faulty(question, self.healthy), _Table()
        self._inside(table, subject)
        self._outside(table, subject)
        self._silence(table, subject)
        self._synapses(table, question)
        return self._finished(table, subject)

    def good(self, question: Question) -> Signature:
        """Return what a circuit at a tolerance corner measures; nobody doubts that it can be taken apart."""
        return self.measured(self.surveyor.faulty(question, self.healthy, checked=False))

    def inside(self, subject: Subject) -> Signature:
        """Return what only a simulator sees of a neuron."""
        table = _Table()
        self._inside(table, subject)
        return self._finished(table, subject)

    def measured(self, subject: Subject) -> Signature:
        """Return what is seen of a neuron with all inputs on."""
        table = _Table()
        self._inside(table, subject)
        self._outside(table, subject)
        return self._finished(table, subject)

    def _finished(self, table: _Table, subject: Subject) -> Signature:
        shown = causes(subject, self.healthy, *self.windows) if subject.twin and self.healthy.twin else ()
        return Signature(table.values, table.notes, tuple(shown), "twin" if subject.twin else "SPICE")

    @cached_property
    def _rested(self) -> Dynamics | None:
        """What the fault-free neuron does in one coding window."""
        return self._dynamics(self.healthy)

    def _dynamics(self, subject: Subject) -> Dynamics | None:
        if subject.twin is None or self.healthy.twin is None:
            return None
        integrate, leaky = subject.twin.windows(*self.windows)
        made = float(integrate), float(leaky)
        [found] = dynamics([subject.twin.neuron], self.healthy.twin.neuron, *self.windows, made)
        return found

    def _inside(self, table: _Table, subject: Subject) -> None:
        """Measure what only a simulator sees."""
        names = ("integration_gain", "leak_retention", "phase_advance_rad", "level_shift")
        found, rested = self._dynamics(subject), self._rested
        if found is None or rested is None or subject.twin is None or self.healthy.twin is None:
            table.absent(names, subject.reason or "the fault-free circuit has no twin")
            return
        table["integration_gain"] = found.integration_rad / rested.integration_rad
        table["leak_retention"] = found.retention / rested.retention
        table["phase_advance_rad"] = found.phase_rad - rested.phase_rad
        reader, normal = subject.twin.neuron.reader, self.healthy.twin.neuron.reader
        table["spikes_at_any_state"], table["spikes_at_no_state"] = (
            math.isinf(reader.level) and (reader.level > 0) == spikes for spikes in (True, False)
        )
        if math.isinf(reader.level):
            table.absent(["level_shift"], "it has no firing level")
        else:
            table["level_shift"] = (reader.level - normal.level) * normal.sign

    def _outside(self, table: _Table, subject: Subject) -> None:
        """Measure what a tester sees: windows at which the neuron spikes."""
        plane, own = self.surveyor.plane, self.windows[0]
        strongest = self.surveyor.map(subject, np.array([plane.integrate_s[1]]), np.array([plane.leaky_s[0]]))
        table["spikes_at_strongest"] = bool(strongest.first_spike[0, 0] > 0)
        shortest = [self._shortest(one) for one in (self.healthy, subject)]
        ratio = _quotient(shortest[0], shortest[1])
        if isinstance(ratio, str):
            table.absent(["integrate_ratio", "leak_ratio"], ratio)
            return
        table["integrate_ratio"] = ratio
        normal, longest = self._longest(self.healthy, own), self._longest(subject, own / ratio)
        leak = _quotient(longest, normal)
        if isinstance(leak, str):
            table.absent(["leak_ratio"], leak)
        else:
            table["leak_ratio"] = leak

    def _shortest(self, subject: Subject) -> float | str:
        """Return the smallest integrate window that spikes, or why there is none."""
        line = self.surveyor.smallest_integrate(subject, self.surveyor.plane.leaky_s[0])
        return _edge(line, subject, "integrate window")

    def _longest(self, subject: Subject, integrate_s: float) -> float | str:
        """Return the largest leaky window that spikes, or why there is none."""
        low, high = self.surveyor.plane.integrate_s
        if not low <= integrate_s <= high:
            at = format_quantity(integrate_s, "s")
            return f"the integrate window that would integrate alike, {at}, is outside of the plane"
        return _edge(self.surveyor.largest_leaky(subject, integrate_s), subject, "leaky window")

    def _silence(self, table: _Table, subject: Subject) -> None:
        """See whether it spikes without an input."""
        try:
            if subject.twin is not None:
                silent = self.surveyor.maker.silent(subject.question, subject.twin)
                table["spikes_when_silent"] = bool(silent.run(*self.windows).fired[0] > 0)
            else:
                table["spikes_when_silent"] = self.surveyor.spikes_silent(subject, self.windows)
        except NotApart as reason:
            table.absent(["spikes_when_silent"], str(reason))

    def _synapses(self, table: _Table, question: Question) -> None:
        names = ["weakest_synapse", "switched_synapse"]
        if isinstance(self._healthy_synapses, str):
            table.absent(names, self._healthy_synapses)
            return
        try:
            found = synapses(self.surveyor.maker, question)
        except NotApart as reason:
            table.absent(names, str(reason))
            return
        normal = self._healthy_synapses
        table["weakest_synapse"] = float(np.min(found.before / normal.before))
        contrasts = [1 - measured.after / measured.before for measured in (found, normal)]
        table["switched_synapse"] = float(np.min(contrasts[0] / contrasts[1]))

    @cached_property
    def _healthy_synapses(self) -> Synapses | str:
        try:
            return synapses(self.surveyor.maker, self.healthy.question)
        except NotApart as reason:
            return str(reason)


@dataclass
class _Table:
    """A signature while it is measured."""

    values: dict[str, Quantity] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    def __setitem__(self, name: str, value: Quantity) -> None:
        """Note a value; numbers as Python's own."""
        self.values[name] = value if isinstance(value, bool) or value is None else float(value)

    def absent(self, names: Iterable[str], reason: str) -> None:
        """Note that there is no value, and why."""
        for name in names:
            self.values[name], self.notes[name] = None, reason


def _quotient(one: float | str, other: float | str) -> float | str:
    """Return a quotient of two boundaries, or why one of them is none."""
    if isinstance(one, str) or isinstance(other, str):
        return one if isinstance(one, str) else str(other)
    return one / other


def _edge(line: Boundary, subject: Subject, what: str) -> float | str:
    whose = "the circuit" if subject.question.fault else "the fault-free circuit"
    if line.at_s is None:
        return f"{whose} spikes {'all along' if line.spikes_first else 'nowhere on'} the line over the {what}"
    if not line.monotone:
        return f"the verdict of {whose} changes {line.changes} times over the {what}"
    return line.at_s
