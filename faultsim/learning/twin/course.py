"""A course: one network learns pictures and is asked from time to time; it can be broken off and gone on with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Event

import numpy as np
from numpy.typing import NDArray

from faultsim.campaigns.watcher import Watcher
from faultsim.learning.twin.crossbar import Crossbar
from faultsim.learning.twin.images import Images
from faultsim.learning.twin.network_spec import NetworkSpec
from faultsim.learning.twin.recipe import Recipe
from faultsim.learning.twin.recognition import Names, answers_of, confusion, silent
from faultsim.learning.twin.state_file import State, read_state, write_state
from faultsim.learning.twin.tally import Tally
from faultsim.learning.twin.trains import Trains

Places = NDArray[np.int64]
Floats = NDArray[np.float64]
_VERSION = 1
"""Of what a network does: another one makes states of the one before useless."""


class Stopped(Exception):
    """Somebody asked a course to end."""


@dataclass(frozen=True)
class AccuracyRow:
    """How well a network recognises what it has not learned.

    Attributes:
        seed: Of the network.
        samples: Pictures that it had been shown.
        accuracy: Share of the held-out pictures that it named right.
        silent: Share of them to which no output answered.
        answering: Outputs that answer to any of the pictures that name them.
    """

    seed: int
    samples: int
    accuracy: float
    silent: float
    answering: int


@dataclass(frozen=True)
class Examined:
    """What an examination showed.

    Attributes:
        row: The accuracy.
        names: What the outputs stand for.
        confusion: As of a graduate.
    """

    row: AccuracyRow
    names: Names
    confusion: Places


@dataclass(frozen=True)
class Graduate:
    """A network that has learned.

    Attributes:
        seed: Its seed.
        crossbar: What it has learned.
        names: What its outputs stand for.
        rows: Its accuracy over the samples.
        confusion: Of the held-out pictures, how often each class was taken for each; the last column for no answer.
    """

    seed: int
    crossbar: Crossbar
    names: Names
    rows: tuple[AccuracyRow, ...]
    confusion: Places


@dataclass(frozen=True)
class Course:
    """One network's course.

    Attributes:
        spec: What it learns, and how long.
        recipe: What its crossbar is made by.
        learned: Pictures to learn.
        tested: Pictures that are held out.
        seed: What is drawn comes from it.
        folder: Where its state is kept.
        stop: Set by whoever wants it to end.
    """

    spec: NetworkSpec
    recipe: Recipe
    learned: Images
    tested: Images
    seed: int
    folder: Path
    stop: Event = field(default_factory=Event)

    def run(self, tally: Tally, watcher: Watcher, fresh: bool = False) -> Graduate:
        """Learn all samples, or what is left of them.

        Args:
            tally: Counts the pictures that are shown.
            watcher: Is told of each measurement.
            fresh: Begin anew.

        Raises:
            Stopped: It was asked to end; what was measured is kept.
            StorageError: Its state cannot be written.
        """
        crossbar = self.drawn()
        state = None if fresh else self._kept()
        if state is not None:
            state.restore(crossbar)
        rows = [AccuracyRow(**row) for row in state.rows] if state is not None else []
        samples = state.samples if state is not None else 0
        for _ in rows:
            watcher.advance()
        tally.found(samples)
        found: Examined | None = None
        while samples < self.spec.samples:
            stop = min(samples + self.spec.measured_every, self.spec.samples)
            self.teach(crossbar, range(samples, stop), tally)
            samples = stop
            found = self.examined(crossbar, samples)
            rows.append(found.row)
            watcher.advance()
            write_state(self._file, State.of(crossbar, samples, list(map(asdict, rows)), self.fingerprint))
        found = found or self.examined(crossbar, samples)
        return Graduate(self.seed, crossbar, found.names, tuple(rows), found.confusion)

    def _kept(self) -> State | None:
        """Return the state that is kept; None if it has learned more, or ended where this course is not measured."""
        state = read_state(self._file, self.fingerprint)
        if state is None or state.samples == self.spec.samples:
            return state
        measured = state.samples % self.spec.measured_every == 0
        return state if measured and state.samples < self.spec.samples else None

    def drawn(self) -> Crossbar:
        """Return the crossbar that it begins with."""
        return Crossbar.drawn(self.recipe, self.learned.intensities.shape[1], self.spec.outputs, self.seed)

    def teach(self, crossbar: Crossbar, numbers: range, tally: Tally) -> None:
        """Show the pictures of its order that have these numbers.

        Raises:
            Stopped: It was asked to end.
        """
        for number in numbers:
            if self.stop.is_set():
                raise Stopped
            crossbar.learn(self._coded(self.learned.intensities[self._order(number)]), number)
            tally.shown()

    def examined(self, crossbar: Crossbar, samples: int) -> Examined:
        """Name the outputs, and ask what the held-out pictures show.

        Args:
            crossbar: Who is asked.
            samples: How many pictures it had been shown.
        """
        classes = 1 + int(max(self.learned.labels.max(), self.tested.labels.max()))
        known = self.learned.first(self.spec.named_by)
        names = Names.of(answers_of(crossbar, known, self._coded), known.labels, classes)
        said = self.said(crossbar, names)
        row = AccuracyRow(
            seed=self.seed,
            samples=samples,
            accuracy=self.accuracy(said),
            silent=silent(said),
            answering=int(names.shares.any(axis=1).sum()),
        )
        return Examined(row, names, confusion(self.tested.labels, said, classes))

    def said(self, crossbar: Crossbar, names: Names) -> Places:
        """Return what a crossbar whose outputs have names says of each held-out picture; -1 where nothing."""
        return names.said(answers_of(crossbar, self.tested, self._coded))

    def accuracy(self, said: Places) -> float:
        """Return which share of the held-out pictures that is right."""
        return float(np.mean(said == self.tested.labels))

    def _order(self, number: int) -> int:
        """Return which picture is shown as the number-th one."""
        epoch, place = divmod(number, len(self.learned))
        return int(self._epoch(epoch)[place])

    def _epoch(self, epoch: int) -> Places:
        # Networks of one seed, good and faulty, may learn at the same time.
        found = self._epochs.get(epoch)
        if found is None:
            found = np.random.default_rng([self.seed, epoch]).permutation(len(self.learned))
            self._epochs.clear()
            self._epochs[epoch] = found
        return found

    @cached_property
    def _epochs(self) -> dict[int, Places]:
        return {}

    def _coded(self, intensities: Floats) -> Trains:
        return self.recipe.coding.trains(intensities)

    @property
    def _file(self) -> Path:
        return self.folder / f"seed-{self.seed}.npz"

    @cached_property
    def fingerprint(self) -> str:
        """What its state depends on, as a hash: another one begins anew."""
        left_out = {"title", "source", "notes", "initialisations", "first_seed", "samples"}
        said = json.dumps(self.spec.model_dump(mode="json", exclude=left_out), sort_keys=True)
        made = (self.recipe.coding, self.recipe.cell, self.recipe.output, self.recipe.threshold)
        content = hashlib.sha256("\n".join(map(str, (said, _VERSION, self.seed, *made))).encode())
        for array in self._arrays():
            content.update(np.ascontiguousarray(array).tobytes())
        return content.hexdigest()

    def _arrays(self) -> Iterator[NDArray[np.generic]]:
        yield from (self.recipe.law.up, self.recipe.law.down)
        for images in (self.learned, self.tested):
            yield from (images.intensities, images.labels)
