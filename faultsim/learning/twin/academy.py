"""Runs the courses of a network's file: one for each seed, several at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Event

import numpy as np

from faultsim.campaigns.watcher import Watcher
from faultsim.circuits.learning_bench import LearningBench
from faultsim.circuits.learning_cells import Settings
from faultsim.errors import Problem, SpecError
from faultsim.learning.asking import Asking
from faultsim.learning.bench_settings import checked_settings
from faultsim.learning.pair_bench import PairBench
from faultsim.learning.twin.course import Course, Graduate
from faultsim.learning.twin.images import Images, digits, read_idx_folder
from faultsim.learning.twin.network_spec import NetworkSpec
from faultsim.learning.twin.recipe import Recipe, Threshold, cell_of, junction_of, law_of, output_of
from faultsim.learning.twin.tally import Tally
from faultsim.learning.twin.trains import Coding
from faultsim.learning.twin.update_law import UpdateLaw, update_law
from faultsim.learning.twin.workers import workers


@dataclass(frozen=True)
class Academy:
    """What a network's file asks for, ready to be learned.

    Attributes:
        path: The file.
        spec: What it says.
        learned: Pictures to learn.
        tested: Pictures that are held out.
    """

    path: Path
    spec: NetworkSpec
    learned: Images
    tested: Images

    @classmethod
    def of(cls, path: Path, spec: NetworkSpec, data: Path | None) -> Academy:
        """Return that of a file.

        Args:
            path: The file.
            spec: What it says.
            data: Folder of the pictures, where the file wants one.

        Raises:
            SpecError: Pictures that are not there.
        """
        learned, tested = images_of(path, spec, data)
        if spec.black_from is not None:
            learned, tested = (one.in_black_and_white(spec.black_from) for one in (learned, tested))
        return cls(path, spec, learned, tested)

    @property
    def size(self) -> str:
        """Inputs x outputs x junctions."""
        return f"{self.learned.intensities.shape[1]} x {self.spec.outputs} x {self.spec.junctions}"

    def law(self, asking: Asking) -> UpdateLaw:
        """Return what a spike does to a junction, from SPICE."""
        bench, settings = self._bench, self._settings
        pairs = PairBench(bench, settings, bench.cells.value("input", "width", settings))
        return update_law(pairs, junction_of(bench.cells, settings), asking)

    def recipe(self, law: UpdateLaw) -> Recipe:
        """Return what the crossbars are made by."""
        cells, settings, spec = self._bench.cells, self._settings, self.spec
        threshold = Threshold(spec.threshold.rise, float(np.exp(-1 / spec.threshold.fades)))
        return Recipe(
            coding=Coding.of(cells, settings),
            cell=cell_of(junction_of(cells, settings), spec.junctions),
            output=output_of(cells, settings, spec.presentation, spec.step, threshold),
            law=law_of(law),
            threshold=threshold,
        )

    @cached_property
    def _bench(self) -> LearningBench:
        return LearningBench.load()

    @cached_property
    def _settings(self) -> Settings:
        bench = self._bench
        return bench.cells.with_chosen(bench.spec, checked_settings(self.path, self.spec.settings))

    @property
    def samples(self) -> int:
        """Pictures that are shown to all networks."""
        return self.spec.samples * self.spec.initialisations

    def graduates(
        self, recipe: Recipe, folder: Path, tally: Tally, watcher: Watcher, threads: int, fresh: bool
    ) -> list[Graduate]:
        """Have every seed's network learn.

        Args:
            recipe: What they are made by.
            folder: Where their states are kept.
            tally: Counts the pictures that are shown.
            watcher: Is told of each measurement.
            threads: How many learn at a time.
            fresh: Begin anew.

        Raises:
            Interrupted: Ctrl-C; what was measured is kept.
            StorageError: A state cannot be written.
        """
        watcher.stage("measurements", self.spec.initialisations * -(-self.spec.samples // self.spec.measured_every))
        stop = Event()
        courses = [Course(self.spec, recipe, self.learned, self.tested, seed, folder, stop) for seed in self.spec.seeds]
        with workers(threads, stop) as run:
            return run(lambda course: course.run(tally, watcher, fresh), courses)


def images_of(path: Path, spec: NetworkSpec, data: Path | None) -> tuple[Images, Images]:
    """Return the pictures to learn and those that are held out.

    Raises:
        SpecError: They are not there, or not what they should be.
    """
    if spec.data == "idx":
        if data is None:
            message = "the pictures are files of yours; nothing is downloaded"
            raise SpecError([Problem(f"{path}: data", message, "--data FOLDER with the four files of MNIST")])
        return read_idx_folder(data)
    if data is not None:
        raise SpecError([Problem(f"{path}: data", "the digits come with scikit-learn", "leave --data away")])
    return split(digits(), spec.held_out, spec.split_seed)


def split(images: Images, held_out: float, seed: int) -> tuple[Images, Images]:
    """Return pictures in two parts, drawn from a seed: what is left, and the share that is held out."""
    order = np.random.default_rng(seed).permutation(len(images))
    count = len(images) - round(held_out * len(images))
    return images.some(order[:count]), images.some(order[count:])


def mean_accuracy(graduates: Sequence[Graduate]) -> float:
    """Return the accuracy at the end, over all networks."""
    return float(np.mean([one.rows[-1].accuracy for one in graduates]))
