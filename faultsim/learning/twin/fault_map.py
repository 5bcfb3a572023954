"""Runs the networks of a fault map; each one that is finished is kept, and is not run again."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from threading import Event

import numpy as np

from faultsim.campaigns.watcher import Watcher
from faultsim.learning.twin.academy import Academy
from faultsim.learning.twin.course import Course, Graduate
from faultsim.learning.twin.fault import Fault
from faultsim.learning.twin.fault_spec import FaultMapSpec, Moment
from faultsim.learning.twin.recipe import Recipe
from faultsim.learning.twin.recognition import silent
from faultsim.learning.twin.tally import Tally
from faultsim.learning.twin.workers import workers
from faultsim.reports.files import write_file

_VERSION = 1
_TWO_SIDED = 0.975


@dataclass(frozen=True)
class Point:
    """One faulty network: which fault, how much of it, from when on, which seed."""

    fault: Fault
    moment: Moment
    share: float
    seed: int


@dataclass(frozen=True)
class FaultRow:
    """How well one network recognises with a fault in it.

    Attributes:
        fault: Its name.
        moment: When it came: before learning, during it, or after it; empty where there is none.
        share: Of the synapses or outputs that have it.
        seed: Of the network, and of which of them have it.
        accuracy: Share of the held-out pictures that are named right.
        silent: Share of them to which no output answers.
    """

    fault: str
    moment: str
    share: float
    seed: int
    accuracy: float
    silent: float


@dataclass(frozen=True)
class FaultMeanRow:
    """How well networks recognise with a fault in them, on average.

    Attributes:
        fault: Its name.
        moment: When it came.
        share: Of the synapses or outputs that have it.
        networks: Seeds that are averaged over.
        accuracy: Mean over them.
        low: Lower end of Student's 95 % interval of the mean; empty for one network.
        high: Its upper end.
        lost: By how much less it is than without a fault, seed by seed, on average.
        lost_low: Lower end of the interval of that.
        lost_high: Its upper end.
    """

    fault: str
    moment: str
    share: float
    networks: int
    accuracy: float
    low: float | None
    high: float | None
    lost: float
    lost_low: float | None
    lost_high: float | None


@dataclass(frozen=True)
class FaultMap:
    """A fault map that is to be made.

    Attributes:
        spec: What it says.
        academy: The network, as it is wanted.
        recipe: What its crossbars are made by.
        folder: Where states and finished points are kept.
        faults: What is looked at, with the moments at which it comes.
    """

    spec: FaultMapSpec
    academy: Academy
    recipe: Recipe
    folder: Path
    faults: Sequence[tuple[Fault, Sequence[Moment]]]

    @cached_property
    def points(self) -> list[Point]:
        """Every faulty network."""
        return [
            Point(fault, moment, share, seed)
            for fault, moments in self.faults
            for moment, share, seed in itertools.product(moments, self.spec.shares, self.academy.spec.seeds)
        ]

    def rows(self, tally: Tally, watcher: Watcher, threads: int, fresh: bool) -> list[FaultRow]:
        """Run all of them, and the networks without a fault; those come first.

        Raises:
            Interrupted: Ctrl-C; what was finished is kept.
            StorageError: Something cannot be written.
        """
        seeds = list(self.academy.spec.seeds)
        with workers(threads, self._stop) as run:
            watcher.stage("good networks", 2 * len(seeds))
            begun, whole = (
                dict(zip(seeds, run(lambda course: course.run(tally, watcher, fresh), own), strict=True))
                for own in ([self._halves[seed] for seed in seeds], [self._wholes[seed] for seed in seeds])
            )
            watcher.stage("faulty networks", len(self.points))

            def kept(point: Point) -> FaultRow:
                row = self._kept(point, begun[point.seed], whole[point.seed], tally, fresh)
                watcher.advance()
                return row

            return [*map(_good, whole.values()), *run(kept, self.points)]

    @property
    def _half(self) -> int:
        """Samples after which a fault comes that comes during learning."""
        return self.academy.spec.samples // 2

    @cached_property
    def _stop(self) -> Event:
        return Event()

    @cached_property
    def _halves(self) -> dict[int, Course]:
        """Seed -> the course of a good network that ends half-way."""
        return {seed: self._course(seed, self._half) for seed in self.academy.spec.seeds}

    @cached_property
    def _wholes(self) -> dict[int, Course]:
        """Seed -> the course of a good network."""
        return {seed: self._course(seed, 2 * self._half) for seed in self.academy.spec.seeds}

    def _course(self, seed: int, samples: int) -> Course:
        spec = self.academy.spec.model_copy(update={"samples": samples, "measured_every": samples})
        folder = self.folder / "states" / str(samples)
        return Course(spec, self.recipe, self.academy.learned, self.academy.tested, seed, folder, self._stop)

    def _kept(self, point: Point, begun: Graduate, whole: Graduate, tally: Tally, fresh: bool) -> FaultRow:
        """Return what a point showed before, or shows now."""
        file = self.folder / "points" / f"{self._key(point)}.json"
        row = None if fresh else _read(file)
        if row is None:
            row = self._row(point, begun, whole, tally)
            write_file(file, json.dumps(asdict(row)) + "\n")
        return row

    def _row(self, point: Point, begun: Graduate, whole: Graduate, tally: Tally) -> FaultRow:
        course, half = self._wholes[point.seed], self._half
        before = {"before": course.drawn(), "during": begun.crossbar, "after": whole.crossbar}[point.moment]
        crossbar = before.copied()
        point.fault.inject(crossbar, point.share, point.seed)
        shown = {"before": range(2 * half), "during": range(half, 2 * half), "after": range(0)}[point.moment]
        course.teach(crossbar, shown, tally)
        about = (point.fault.name, point.moment, point.share, point.seed)
        if point.moment == "after":
            said = course.said(crossbar, whole.names)
            return FaultRow(*about, course.accuracy(said), silent(said))
        row = course.examined(crossbar, 2 * half).row
        return FaultRow(*about, row.accuracy, row.silent)

    def _key(self, point: Point) -> str:
        course = self._wholes[point.seed]
        parts = [course.fingerprint, course.spec.samples, _VERSION, point.moment, point.share, repr(point.fault)]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _good(graduate: Graduate) -> FaultRow:
    row = graduate.rows[-1]
    return FaultRow("none", "", 0.0, graduate.seed, row.accuracy, row.silent)


def _read(file: Path) -> FaultRow | None:
    try:
        return FaultRow(**json.loads(file.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def mean_rows(rows: Sequence[FaultRow]) -> list[FaultMeanRow]:
    """Return means over seeds, with their intervals; the networks without a fault come first."""
    good = {row.seed: row.accuracy for row in rows if not row.moment}
    groups: dict[tuple[str, str, float], list[FaultRow]] = {}
    for row in rows:
        groups.setdefault((row.fault, row.moment, row.share), []).append(row)
    return [_mean(*key, group, good) for key, group in groups.items()]


def _mean(fault: str, moment: str, share: float, group: Sequence[FaultRow], good: Mapping[int, float]) -> FaultMeanRow:
    accuracies = np.array([row.accuracy for row in group])
    lost = np.array([good[row.seed] - row.accuracy for row in group])
    (low, high), (lost_low, lost_high) = _interval(accuracies, 0.0), _interval(lost, -1.0)
    mean, mean_lost = float(accuracies.mean()), float(lost.mean())
    return FaultMeanRow(fault, moment, share, len(group), mean, low, high, mean_lost, lost_low, lost_high)


def _interval(values: np.ndarray, least: float) -> tuple[float, float] | tuple[None, None]:
    """Return the interval of a mean, without what no share can be: below the least one, or above 1."""
    from scipy.stats import t

    if len(values) < 2:
        return None, None
    reach = t.ppf(_TWO_SIDED, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return max(least, float(values.mean() - reach)), min(1.0, float(values.mean() + reach))
