"""Shmoo maps: on which pulse a circuit spikes over integrate window and leaky window."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from faultsim.campaigns.lab import Lab, first_spike
from faultsim.campaigns.question import Question
from faultsim.campaigns.recording import RESTS_S, Plane, at_windows, silenced
from faultsim.campaigns.twin import Twin, TwinMaker
from faultsim.campaigns.watcher import Watcher
from faultsim.circuits.neuron import Failed, NotApart
from faultsim.circuits.variant import Corner
from faultsim.errors import SpecError
from faultsim.magnetics.boundary import Boundary, boundary
from faultsim.magnetics.train import Floats, Integers
from faultsim.spice.job import Outcome, Status

Line = Callable[[Floats], tuple[Floats, Floats]]
"""Windows along a line -> integrate windows and leaky windows."""

UNKNOWN = -1
_LOOKS, _ROUNDS = 65, 2
_LOOKS_IN_SPICE, _ROUNDS_IN_SPICE = 7, 1
_SILENT_PULSES = 3
_AT_A_TIME = 20_000
"""Windows between two signs of progress."""


@dataclass(frozen=True, eq=False)
class ShmooMap:
    """What a circuit does over a grid of windows.

    Attributes:
        integrate_s: Integrate windows, shape (I,).
        leaky_s: Leaky windows, shape (L,).
        first_spike: Pulse of the first spike, from 1; 0 for none, -1 where the simulation failed. Shape (I, L).
        in_spice: Whether a full transient said so, and not the batch engine. Shape (I, L).
        reason: Why there are such points.
    """

    integrate_s: Floats
    leaky_s: Floats
    first_spike: Integers
    in_spice: NDArray[np.bool_]
    reason: str = ""

    @property
    def spiking_share(self) -> float:
        """Return the share of the windows at which it spikes."""
        return float((self.first_spike > 0).mean())


@dataclass(frozen=True)
class Subject:
    """A circuit to look at: by its twin, or in SPICE where it has none.

    Attributes:
        question: The circuit and its stimulus.
        twin: Stands for it.
        reason: Why it has no twin.
        failed: Because a simulation failed, so that another run may find one.
    """

    question: Question
    twin: Twin | None
    reason: str = ""
    failed: bool = False


@dataclass(frozen=True)
class Surveyor:
    """Looks at circuits over the windows of a plane.

    Attributes:
        maker: Makes twins for the plane.
        watcher: Is told how many full transients are finished.
        always_spice: Simulate every point.

    All that one surveyor is asked about has the same stimulus, but for its windows.
    """

    maker: TwinMaker
    watcher: Watcher
    always_spice: bool = False
    _met: dict[tuple[str, float | None, Corner], Subject] = field(default_factory=dict)

    @property
    def lab(self) -> Lab:
        """What simulates."""
        return self.maker.lab

    @property
    def plane(self) -> Plane:
        """The windows."""
        return self.maker.plane

    def healthy(self, question: Question) -> Subject:
        """Return the fault-free circuit as a subject."""
        if self.always_spice:
            return Subject(question, None, "asked for")
        self.watcher.stage("drive and firing level", 1)
        try:
            return Subject(question, self.maker.healthy(question))
        except NotApart as reason:
            return Subject(question, None, str(reason), isinstance(reason, Failed))
        finally:
            self.watcher.advance()

    def faulty(self, question: Question, healthy: Subject, checked: bool = True) -> Subject:
        """Return a circuit with a defect, or at a corner, as a subject; without a healthy twin it has none."""
        key = (question.defect.id if question.defect else "", question.severity, question.conditions.corner)
        if key not in self._met:
            self._met[key] = self._faulty(question, healthy, checked)
        return self._met[key]

    def _faulty(self, question: Question, healthy: Subject, checked: bool) -> Subject:
        if healthy.twin is None:
            return Subject(question, None, healthy.reason, healthy.failed)
        try:
            return Subject(question, self.maker.faulty(question, healthy.twin, checked))
        except (NotApart, SpecError) as reason:
            return Subject(question, None, str(reason), isinstance(reason, Failed))

    def map(self, subject: Subject, integrate_s: Floats, leaky_s: Floats) -> ShmooMap:
        """Return on which pulse a subject spikes at every pair of windows."""
        integrate, leaky = np.meshgrid(integrate_s, leaky_s, indexing="ij")
        spikes, in_spice = self._first_spikes(subject, integrate.ravel(), leaky.ravel())
        shape = integrate.shape
        reason = subject.reason or ("events change their order there" if in_spice.any() else "")
        return ShmooMap(integrate_s, leaky_s, spikes.reshape(shape), in_spice.reshape(shape), reason)

    def smallest_integrate(self, subject: Subject, leaky_s: float) -> Boundary:
        """Return the smallest integrate window that spikes, at a leaky window.

        Raises:
            Failed: A simulation failed.
        """

        def line(windows: Floats) -> tuple[Floats, Floats]:
            return windows, np.full(windows.size, leaky_s)

        return self._along(subject, line, self.plane.integrate_s, spikes_first=False)

    def largest_leaky(self, subject: Subject, integrate_s: float) -> Boundary:
        """Return the largest leaky window that still spikes, at an integrate window.

        Raises:
            Failed: A simulation failed.
        """

        def line(windows: Floats) -> tuple[Floats, Floats]:
            return np.full(windows.size, integrate_s), windows

        return self._along(subject, line, self.plane.leaky_s, spikes_first=True)

    def spikes_silent(self, subject: Subject, windows: tuple[float, float]) -> bool:
        """Return whether a subject spikes with no input, by a full transient of a few coding windows.

        Its twin cannot say: the firing level is measured behind spikes.

        Raises:
            NotApart: The coding has no silent symbol.
            Failed: The simulation failed.
        """
        stimulus = silenced(subject.question.stimulus)
        update = {"start": min(stimulus.spec.start, RESTS_S), "pulses": min(stimulus.spec.pulses, _SILENT_PULSES)}
        stimulus = replace(stimulus, spec=stimulus.spec.model_copy(update=update))
        [pulse] = self._simulated(replace(subject.question, stimulus=stimulus), [windows])
        if pulse == UNKNOWN:
            raise Failed("the simulation without an input failed")
        return pulse > 0

    def _along(self, subject: Subject, line: Line, ends: tuple[float, float], spikes_first: bool) -> Boundary:
        apart = subject.twin is not None and bool(subject.twin.serves(*line(np.linspace(*ends, _LOOKS))).all())
        looks, rounds = (_LOOKS, _ROUNDS) if apart else (_LOOKS_IN_SPICE, _ROUNDS_IN_SPICE)

        def spikes(windows: Floats) -> NDArray[np.bool_]:
            found = self._first_spikes(subject, *line(windows))[0]
            if (found == UNKNOWN).any():
                raise Failed("a simulation on the way to the boundary failed")
            return found > 0

        return boundary(spikes, *ends, looks, rounds, spikes_first)

    def _first_spikes(
        self, subject: Subject, integrate_s: Floats, leaky_s: Floats
    ) -> tuple[Integers, NDArray[np.bool_]]:
        """Return the pulse of the first spike at each pair of windows, and where SPICE said so."""
        found = np.full(integrate_s.size, UNKNOWN)
        left = np.ones(integrate_s.size, dtype=bool)
        if subject.twin is not None:
            served = subject.twin.serves(integrate_s, leaky_s)
            parts = np.array_split(np.flatnonzero(served), -(-max(1, served.sum()) // _AT_A_TIME))
            if len(parts) > 1:
                self.watcher.stage(f"{served.sum()} windows", len(parts))
            for part in parts:
                found[part] = subject.twin.run(integrate_s[part], leaky_s[part]).fired
                if len(parts) > 1:
                    self.watcher.advance()
            left = ~served
        found[left] = list(self._simulated(subject.question, zip(integrate_s[left], leaky_s[left], strict=True)))
        return found, left

    def _simulated(self, question: Question, windows: Iterable[tuple[float, float]]) -> list[int]:
        asked = [replace(question, stimulus=at_windows(question.stimulus, iw, lw)) for iw, lw in windows]
        if asked:
            self.watcher.stage("windows in SPICE", len(asked))
        answers = [self._asked(one) for one in asked]
        return [self._pulse(answer) for answer in answers]

    def _asked(self, question: Question) -> Future[Outcome] | None:
        """Ask for a transient; none where a defect of the timing leaves nothing of a window."""
        try:
            return self.lab.submit(question)
        except SpecError:
            return None

    def _pulse(self, answer: Future[Outcome] | None) -> int:
        outcome = answer.result() if answer is not None else Outcome(Status.BAD_OUTPUT)
        self.watcher.advance()
        pulse = first_spike(outcome)
        return UNKNOWN if pulse is None else pulse
