"""Runs the networks of a fault map; each one that is finished is kept, and is not run again."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from threading import Event

import numpy as np

from faultsim.campaigns.watcher import Watcher
from faultsim.errors import Interrupted
from faultsim.learning.twin.academy import Academy
from faultsim.learning.twin.course import Course, Graduate, Stopped
from faultsim.learning.twin.fault import Fault
from faultsim.learning.twin.fault_spec import FaultMapSpec, Moment
from faultsim.learning.twin.recipe import Recipe
from faultsim.learning.twin.tally import Tally
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
        stop = Event()
        seeds, half = list(self.academy.spec.seeds), self.academy.spec.samples // 2
        with _workers(threads, stop) as run:
            watcher.stage("good networks", 2 * len(seeds))
            halves = run(lambda seed: self._grown(seed, half, stop, tally, watcher, fresh), seeds)
            wholes = run(lambda seed: self._grown(seed, 2 * half, stop, tally, watcher, fresh), seeds)
            good = {seed: (begun, whole) for seed, begun, whole in zip(seeds, halves, wholes, strict=True)}
            watcher.stage("faulty networks", len(self.points))
            found = run(lambda point: self._kept(point, good[point.seed], stop, tally, watcher, fresh), self.points)
        return [self._good(whole) for whole in wholes] + list(found)

    def _course(self, seed: int, samples: int, stop: Event) -> Course:
        spec = self.academy.spec.model_copy(update={"samples": samples, "measured_every": samples})
        folder = self.folder / "states" / str(samples)
        return Course(spec, self.recipe, self.academy.learned, self.academy.tested, seed, folder, stop)

    def _grown(self, seed: int, samples: int, stop: Event, tally: Tally, watcher: Watcher, fresh: bool) -> Graduate:
        return self._course(seed, samples, stop).run(tally, watcher, fresh)

    def _good(self, graduate: Graduate) -> FaultRow:
        row = graduate.rows[-1]
        return FaultRow("none", "", 0.0, graduate.seed, row.accuracy, row.silent)

    def _kept(
        self,
        point: Point,
        good: tuple[Graduate, Graduate],
        stop: Event,
        tally: Tally,
        watcher: Watcher,
        fresh: bool,
    ) -> FaultRow:
        """Return what a point showed before, or shows now."""
        file = self.folder / "points" / f"{self._key(point)}.json"
        row = None if fresh else _read(file)
        if row is None:
            row = self._row(point, good, stop, tally)
            write_file(file, json.dumps(asdict(row)) + "\n")
        watcher.advance()
        return row

    def _row(self, point: Point, good: tuple[Graduate, Graduate], stop: Event, tally: Tally) -> FaultRow:
        begun, whole = good
        half = self.academy.spec.samples // 2
        course = self._course(point.seed, 2 * half, stop)
        before = {"before": course.drawn(), "during": begun.crossbar, "after": whole.crossbar}[point.moment]
        crossbar = before.copied()
        point.fault.inject(crossbar, point.share, point.seed)
        shown = {"before": range(2 * half), "during": range(half, 2 * half), "after": range(0)}[point.moment]
        course.teach(crossbar, shown, tally)
        names = whole.names if point.moment == "after" else None
        row = course.examined(crossbar, 2 * half, names).row
        return FaultRow(point.fault.name, point.moment, point.share, point.seed, row.accuracy, row.silent)

    def _key(self, point: Point) -> str:
        course = self._course(point.seed, 2 * (self.academy.spec.samples // 2), Event())
        parts = [course.fingerprint, course.spec.samples, _VERSION, point.moment, point.share, repr(point.fault)]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _read(file: Path) -> FaultRow | None:
    try:
        return FaultRow(**json.loads(file.read_text()))
    except (OSError, ValueError, TypeError):
        return None


@contextmanager
def _workers(threads: int, stop: Event) -> Iterator[Callable[..., list]]:
    """Open a pool; Ctrl-C in the context stops what runs in it."""
    pool = ThreadPoolExecutor(threads)
    try:
        yield lambda work, items: list(pool.map(work, items))
    except (KeyboardInterrupt, Stopped) as error:
        raise Interrupted("stopped; what was finished is kept") from error
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


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
    (low, high), (lost_low, lost_high) = _interval(accuracies), _interval(lost)
    mean, mean_lost = float(accuracies.mean()), float(lost.mean())
    return FaultMeanRow(fault, moment, share, len(group), mean, low, high, mean_lost, lost_low, lost_high)


def _interval(values: np.ndarray) -> tuple[float, float] | tuple[None, None]:
    from scipy.stats import t

    if len(values) < 2:
        return None, None
    reach = t.ppf(_TWO_SIDED, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean() - reach), float(values.mean() + reach)
