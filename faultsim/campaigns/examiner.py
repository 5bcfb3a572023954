"""Measures the signature of a circuit with a defect, each quantity relative to the fault-free circuit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from faultsim.campaigns.causes import causes
from faultsim.campaigns.outside import Tester
from faultsim.campaigns.question import Question
from faultsim.campaigns.shmoo import UNKNOWN, Subject, Surveyor
from faultsim.campaigns.synapses import Synapses, synapses
from faultsim.circuits.neuron import Failed, NotApart
from faultsim.fault_models.behaviour import Quantity
from faultsim.magnetics.signature import Dynamics, dynamics

_GRID = 13
_NOT_TOGETHER = "not all inputs spike when the integrate window begins"


@dataclass(frozen=True)
class Signature:
    """What was measured of one circuit.

    Attributes:
        measured: Quantity of `faultsim.fault_models.behaviour.QUANTITIES` -> value; None where it has none.
        notes: Quantity -> why it has no value.
        causes: What the defect did to the neuron's drive, layer and read path, in words.
        by: What measured it: ``twin`` or ``SPICE``.
        failed: A simulation on the way failed, so that another run may know more.
    """

    measured: Mapping[str, Quantity]
    notes: Mapping[str, str]
    causes: tuple[str, ...] = ()
    by: str = "twin"
    failed: bool = False


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

    def signature(self, question: Question, pulse: int | None = None) -> Signature:
        """Return the signature of a circuit with a defect.

        Args:
            question: The circuit; its stimulus is that of the fault-free one, whatever the windows.
            pulse: On which pulse a full transient at the windows spikes, 0 for none; a twin that does not is no twin.
        """
        subject, table = self.surveyor.faulty(question, self.healthy), _Table()
        if pulse is None:
            table.absent(["spikes_when_driven"], "there is no full transient")
        else:
            table["spikes_when_driven"] = pulse > 0
        if subject.twin is not None and pulse is not None and not subject.twin.spikes_on(pulse, *self.windows):
            ours = int(subject.twin.run(*self.windows).fired[0])
            said = [f"spikes on pulse {one}" if one else "does not spike" for one in (ours, pulse)]
            subject = Subject(question, None, f"apart from its circuit it {said[0]}, in it it {said[1]}")
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
        by = "twin" if subject.twin else "SPICE"
        return Signature(table.values, table.notes, tuple(shown), by, table.failed or subject.failed)

    @cached_property
    def _tester(self) -> Tester:
        return Tester(self.surveyor, self.healthy, self.windows)

    @cached_property
    def _rested(self) -> Dynamics | None:
        """What the fault-free neuron does in one coding window."""
        return self._dynamics(self.healthy)

    def _dynamics(self, subject: Subject) -> Dynamics | None:
        if subject.twin is None or self.healthy.twin is None or not subject.twin.recording.together:
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
            apart = subject.twin and self.healthy.twin
            table.absent(names, _NOT_TOGETHER if apart else subject.reason or "the fault-free circuit has no twin")
            return
        table["integration_gain"] = found.integration_rad / rested.integration_rad
        table["leak_retention"] = found.retention / rested.retention
        table["phase_advance_rad"] = found.phase_rad - rested.phase_rad
        reader, normal = subject.twin.neuron.reader, self.healthy.twin.neuron.reader
        table["spikes_at_any_state"], table["spikes_at_no_state"] = (
            math.isinf(reader.level) and (reader.level > 0) == spikes for spikes in (True, False)
        )
        if reader.axis != normal.axis:
            table.absent(["level_shift"], "its fixed layer points elsewhere")
        elif math.isinf(reader.level):
            table.absent(["level_shift"], "it has no firing level")
        else:
            table["level_shift"] = (reader.level - normal.level) * normal.sign

    def _outside(self, table: _Table, subject: Subject) -> None:
        """Measure what a tester sees: windows at which the neuron spikes."""
        try:
            found, normal = self._tester.found(subject), self._tester.normal
            table["spikes_anywhere"] = found.anywhere or self._spikes_on_grid(subject)
        except NotApart as reason:
            names = ["spikes_anywhere", "smallest_integrate_s", "largest_leaky_s", "integrate_ratio", "leak_ratio"]
            table.missing(names, reason)
            return
        table["smallest_integrate_s"], table["largest_leaky_s"] = found.smallest_s, found.largest_s
        if found.fit is None or normal.fit is None:
            why = found.reason if found.fit is None else f"of the fault-free circuit: {normal.reason}"
            table.absent(["integrate_ratio", "leak_ratio"], why)
            if found.always and normal.smallest_s is not None:
                # Enough to be called fast: the fault-free neuron does not spike there.
                table["integrate_ratio"] = normal.smallest_s / self.surveyor.plane.integrate_s[0]
                table.notes["integrate_ratio"] = "is about this much or more: it spikes at the shortest windows"
            return
        table["integrate_ratio"] = found.fit.gain / normal.fit.gain
        table["leak_ratio"] = found.fit.time / normal.fit.time

    def _spikes_on_grid(self, subject: Subject) -> bool:
        """Return whether it spikes anywhere on a grid of the plane; without a twin, at its corner or at the windows.

        Raises:
            Failed: A simulation failed.
        """
        integrate_s, leaky_s = self.surveyor.plane.integrate_s, self.surveyor.plane.leaky_s
        if subject.twin is not None:
            integrate, leaky = np.meshgrid(np.linspace(*integrate_s, _GRID), np.linspace(*leaky_s, _GRID))
            served = subject.twin.serves(integrate, leaky)
            return bool((subject.twin.run(integrate[served], leaky[served]).fired > 0).any())
        points = [(integrate_s[1], leaky_s[0]), self.windows]
        maps = [self.surveyor.map(subject, np.array([iw]), np.array([lw])) for iw, lw in points]
        pulses = [int(found.first_spike[0, 0]) for found in maps]
        if max(pulses) <= 0 and UNKNOWN in pulses:
            raise Failed("the simulation at the strongest windows failed")
        return max(pulses) > 0

    def _silence(self, table: _Table, subject: Subject) -> None:
        """See whether it spikes without an input."""
        try:
            table["spikes_when_silent"] = self.surveyor.spikes_silent(subject, self.windows)
        except NotApart as reason:
            table.missing(["spikes_when_silent"], reason)

    def _synapses(self, table: _Table, question: Question) -> None:
        names = ["weakest_synapse", "switched_synapse"]
        if isinstance(self._healthy_synapses, NotApart):
            table.missing(names, self._healthy_synapses)
            return
        try:
            found = synapses(self.surveyor.maker, question)
        except NotApart as reason:
            table.missing(names, reason)
            return
        normal = self._healthy_synapses
        table["weakest_synapse"] = float(np.min(found.before / normal.before))
        contrasts = [1 - measured.after / measured.before for measured in (found, normal)]
        table["switched_synapse"] = float(np.min(contrasts[0] / contrasts[1]))

    @cached_property
    def _healthy_synapses(self) -> Synapses | NotApart:
        try:
            return synapses(self.surveyor.maker, self.healthy.question)
        except NotApart as reason:
            return reason


@dataclass
class _Table:
    """A signature while it is measured."""

    values: dict[str, Quantity] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    failed: bool = False

    def __setitem__(self, name: str, value: Quantity) -> None:
        """Note a value; numbers as Python's own."""
        self.values[name] = value if isinstance(value, bool) or value is None else float(value)

    def missing(self, names: Iterable[str], reason: NotApart) -> None:
        """Note that there is no value, and why; also where that is because a simulation failed."""
        self.absent(names, str(reason))
        self.failed = self.failed or isinstance(reason, Failed)

    def absent(self, names: Iterable[str], reason: str) -> None:
        """Note that there is no value, and why."""
        for name in names:
            self.values[name], self.notes[name] = None, reason
