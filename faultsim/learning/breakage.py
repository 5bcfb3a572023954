"""Crossbars that learn with a defect in them: do they still, how often has the picture to be shown, what is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from faultsim.circuits.learning_bench import LearningBench
from faultsim.errors import UsageError
from faultsim.fault_models.defect import Defect
from faultsim.fault_models.globs import matches_any
from faultsim.fault_models.rules import UniverseSpec
from faultsim.fault_models.universe import Universe
from faultsim.learning.application import Tester
from faultsim.learning.asking import Asking
from faultsim.learning.breakage_spec import BreakageSpec
from faultsim.learning.reading import Reading, ReadingBench, reading_of
from faultsim.learning.training import Verdict
from faultsim.learning.trial import Curriculum, Trial
from faultsim.learning.twin.recipe import junction_of
from faultsim.units import number_of

_MIDDLE = 0.5


@dataclass(frozen=True)
class BrokenRow:
    """A training with a defect in its crossbar; the one without a defect comes first.

    Attributes:
        training: Its name.
        defect_id: The defect; empty where there is none.
        kind: open, bridge, ...
        location: Where it is.
        severity: How large it is.
        unit: Of that.
        verdict: Whether every synapse ends on its pixel's side of mid-conductance, in the end.
        presentations: How often the picture had to be shown for that; empty where it never was enough.
        lost: Pixels whose synapses do not after one presentation, counted from 1.
        off: Pixels whose synapses conduct otherwise than in the good crossbar, by more than the tolerance.
        detected: Whether there is any such pixel.
        spikes: Of the output, during one presentation.
        first_spike_s: The first of them.
        reason: Why nothing is known.
    """

    training: str
    defect_id: str
    kind: str
    location: str
    severity: float | None
    unit: str
    verdict: Verdict
    presentations: int | None
    lost: tuple[int, ...]
    off: tuple[int, ...]
    detected: bool | None
    spikes: int | None
    first_spike_s: float | None
    reason: str


@dataclass(frozen=True)
class Break:
    """A training with one defect in it, or with none."""

    trial: Trial
    defect: Defect | None


@dataclass(frozen=True)
class Broken:
    """What became of a training with a defect in it, or with none.

    Attributes:
        trial: The training.
        defect: What is wrong; None in the good crossbar.
        presentation_s: How long a picture is shown.
        reading: What is read after one presentation.
        needed: Presentations that it took to learn; None where none of those that were tried sufficed.
        lost: Pixels whose synapses are not on their side after one.
        off: Pixels whose synapses conduct otherwise than in the good crossbar.
        detected: Whether there is any; None where that is not known.
    """

    trial: Trial
    defect: Defect | None
    presentation_s: float
    reading: Reading
    needed: int | None
    lost: tuple[int, ...]
    off: tuple[int, ...]
    detected: bool | None


@dataclass(frozen=True)
class Breakage:
    """Trainings with defects.

    Attributes:
        spec: What is asked for.
        curriculum: The trainings that it may choose from.
        universe: Where the defects are from.
    """

    spec: BreakageSpec
    curriculum: Curriculum
    universe: UniverseSpec

    @cached_property
    def explored(self) -> Curriculum:
        """The trainings that are broken with every defect.

        Raises:
            UsageError: ``--only`` has left none of them.
        """
        found = self.curriculum.called(self.spec.only)
        if not found:
            raise UsageError(f"--only: none of the trainings {self.spec.only} is called so (--dry-run lists them)")
        return replace(self.curriculum, trials=found)

    @cached_property
    def trials(self) -> list[Trial]:
        """Those, in crossbars that tell what flows through each synapse."""
        return [_sensed(one) for one in self.explored.trials]

    @cached_property
    def presented(self) -> dict[str, dict[str, Trial]]:
        """Crossbars that a test is applied to, by name: what presents each character that is explored to them."""
        found: dict[str, dict[str, Trial]] = {}
        for one in self.curriculum.called(self.spec.proof):
            found.setdefault(one.crossbar, {})[one.character] = _sensed(one)
        explored = {one.character for one in self.trials}
        return {name: trials for name, trials in found.items() if explored <= set(trials)}

    def tester(self, order: Sequence[str]) -> Tester:
        """Return who presents characters to those crossbars, in an order."""
        return Tester(self.presented, order)

    def defects(self, trial: Trial) -> list[Defect]:
        """Return the defects of a training's crossbar."""
        universe = Universe(trial.network().circuit, self.universe)
        return [one for one in universe if matches_any(one.id, self.spec.sites)]

    @cached_property
    def breaks(self) -> list[Break]:
        """Everything that is explored; the good crossbar of a training before its broken ones."""
        return [Break(one, defect) for one in self.trials for defect in (None, *self.defects(one))]

    def trained(self, asking: Asking, breaks: Sequence[Break]) -> list[Broken]:
        """Train those, each training's good crossbar before its broken ones, and again what has not learned.

        Raises:
            Interrupted: Ctrl-C; what was finished is stored.
        """
        first = self._readings(asking, breaks, 1)
        good = {one.trial.id: found for one, found in zip(breaks, first, strict=True) if one.defect is None}
        needed: dict[int, int] = {}
        waiting = [place for place, found in enumerate(first) if found.known]
        for presentations in range(1, self.spec.presentations + 1):
            again = [breaks[place] for place in waiting]
            found = [first[place] for place in waiting]
            if presentations > 1 and waiting:
                found = self._readings(asking, again, presentations)
            learned = [self.has_learned(one.trial, reading) for one, reading in zip(again, found, strict=True)]
            needed |= {place: presentations for place, right in zip(waiting, learned, strict=True) if right}
            waiting = [place for place in waiting if place not in needed]
        return [
            self._broken(one, reading, good[one.trial.id], needed.get(place))
            for place, (one, reading) in enumerate(zip(breaks, first, strict=True))
        ]

    def _readings(self, asking: Asking, breaks: Sequence[Break], presentations: int) -> list[Reading]:
        lasting_s = presentations * self.explored.duration_s
        benches = {one.id: ReadingBench.of(_lasting(one, lasting_s)) for one in _trials_of(breaks)}
        asking.watcher.stage("decks", len(breaks))
        jobs = []
        for one in breaks:
            jobs.append(benches[one.trial.id].job(one.defect))
            asking.watcher.advance()
        shown = number_of(presentations, "presentation")
        return [reading_of(outcome) for outcome in asking.outcomes(shown, jobs)]

    def has_learned(self, trial: Trial, reading: Reading) -> bool:
        """Return whether every synapse is on its pixel's side after a training."""
        return reading.known and not self._lost(trial, reading)

    def _lost(self, trial: Trial, reading: Reading) -> tuple[int, ...]:
        """Return the pixels whose synapses are not on their side; one that cannot be read is on none."""
        dark = np.array(trial.request.intensities) > _MIDDLE
        antiparallel_s, parallel_s = self._ends_s[trial.request.junctions]
        share = (reading.conductances_s - antiparallel_s) / (parallel_s - antiparallel_s)
        # Half a junction's share on its side: with as many junctions parallel as antiparallel it is on none.
        clear = _MIDDLE / 2 / trial.request.junctions
        return _pixels(~np.where(dark, share > _MIDDLE + clear, share < _MIDDLE - clear))

    def _off(self, reading: Reading, good: Reading) -> tuple[int, ...]:
        near = np.abs(reading.conductances_s / good.conductances_s - 1) <= self.spec.tolerance
        return _pixels(~near)

    @cached_property
    def _ends_s(self) -> dict[int, tuple[float, float]]:
        """Junctions of a synapse -> its conductance with all of them antiparallel, and parallel."""
        bench, found = LearningBench.load(), {}
        presented = (one for trials in self.presented.values() for one in trials.values())
        for request in {one.request.junctions: one.request for one in (*self.trials, *presented)}.values():
            junction = junction_of(bench.cells, bench.cells.with_chosen(bench.spec, request.settings))
            ends = (float(request.junctions * junction.conductance_s(0.0, state)) for state in (0, 1))
            found[request.junctions] = (next(ends), next(ends))
        return found

    def _broken(self, one: Break, reading: Reading, good: Reading, needed: int | None) -> Broken:
        compared = reading.known and good.known
        off = self._off(reading, good) if compared else ()
        return Broken(
            trial=one.trial,
            defect=one.defect,
            presentation_s=self.explored.duration_s,
            reading=reading,
            needed=needed,
            lost=self._lost(one.trial, reading) if reading.known else (),
            off=off,
            detected=bool(off) if compared else None,
        )


def broken_row(one: Broken) -> BrokenRow:
    """Return a training with a defect as a row of a table."""
    defect, reading = one.defect, one.reading
    verdict = Verdict.UNKNOWN if not reading.known else Verdict.LEARNED if one.needed else Verdict.NOT_LEARNED
    return BrokenRow(
        training=one.trial.id,
        defect_id=defect.id if defect else "",
        kind=defect.definition.kind if defect else "",
        location=defect.location if defect else "",
        severity=defect.definition.severity.default if defect else None,
        unit=defect.unit if defect else "",
        verdict=verdict,
        presentations=one.needed,
        lost=one.lost,
        off=one.off,
        detected=one.detected,
        spikes=reading.spikes,
        first_spike_s=reading.first_spike_s,
        reason=reading.reason,
    )


def _trials_of(breaks: Sequence[Break]) -> list[Trial]:
    return list({one.trial.id: one.trial for one in breaks}.values())


def _sensed(trial: Trial) -> Trial:
    return replace(trial, request=replace(trial.request, sense=True))


def _lasting(trial: Trial, duration_s: float) -> Trial:
    return replace(trial, request=replace(trial.request, duration_s=duration_s))


def _pixels(flags: np.ndarray) -> tuple[int, ...]:
    return tuple(int(place) + 1 for place in np.flatnonzero(flags))
