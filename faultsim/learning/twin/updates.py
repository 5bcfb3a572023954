"""Updates of compound synapses by an output's spike: in SPICE, by the twin's law, and as the twin draws them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, groupby, islice

import numpy as np

from faultsim.circuits.learning_bench import LearningBench
from faultsim.circuits.learning_cells import Settings
from faultsim.circuits.learning_plan import LARGEST_SEED, Junction
from faultsim.learning.asking import Asking, reason_of
from faultsim.learning.measure_spec import UpdateSpec
from faultsim.learning.pair_bench import PairBench, parallel
from faultsim.learning.switching import TOGETHER
from faultsim.learning.twin import kernel
from faultsim.learning.twin.recipe import junction_of
from faultsim.learning.twin.update_law import UpdateLaw, update_law
from faultsim.spice.job import Job, Outcome

_FEWEST = 5
"""Expected count of a cell from which on the chi-square distribution is one; smaller ones are counted together."""

Counts = Counter[tuple[int, int]]
"""(parallel junctions before, after) -> synapses."""


@dataclass(frozen=True)
class UpdateRow:
    """Synapses of one age and start that ended with so many parallel junctions.

    Attributes:
        age_s: Of the input's pulse at the onset of the output's spike.
        before: Parallel junctions before.
        after: Parallel junctions after.
        spice: Synapses of which SPICE says so; None where a transient failed.
        twin: Those of which the twin says so, that draws for itself.
        expected: How many there would be by the law.
        reason: Why nothing is known.
    """

    age_s: float
    before: int
    after: int
    spice: int | None
    twin: int
    expected: float
    reason: str


@dataclass(frozen=True)
class UpdateAgreementRow:
    """How well updates agree with the law, all together.

    Attributes:
        source: spice or twin.
        updates: How many there are.
        chi_square: Pearson's, over all cells with 5 expected ones at least; smaller ones count together.
        freedom: Degrees of freedom.
        p_value: That it would be as large by chance.
    """

    source: str
    updates: int
    chi_square: float
    freedom: int
    p_value: float


@dataclass(frozen=True)
class Updates:
    """A measurement of updates.

    Attributes:
        spec: What is asked for.
        settings: Of the cells.
    """

    spec: UpdateSpec
    settings: Settings

    def law(self, asking: Asking) -> UpdateLaw:
        """Return the twin's law."""
        return update_law(self.bench, junction_of(self.bench.bench.cells, self.settings), asking)

    @cached_property
    def bench(self) -> PairBench:
        """The bench, with the pulse that the cells have."""
        bench = LearningBench.load()
        return PairBench(bench, self.settings, bench.cells.value("input", "width", self.settings))

    @cached_property
    def delays_s(self) -> list[float]:
        """From the onset of the input's pulse to what makes the output spike."""
        return [float(f"{age * self.bench.width_s:.9g}") for age in self.spec.ages]

    def rows(self, law: UpdateLaw, asking: Asking) -> list[UpdateRow]:
        """Simulate all updates, and have the twin draw as many."""
        drawn = {delay_s: self._drawn(delay_s) for delay_s in self.delays_s}
        jobs = {delay_s: list(self._jobs(delay_s, synapses)) for delay_s, synapses in drawn.items()}
        outcomes = iter(asking.outcomes("transients", list(chain.from_iterable(jobs.values()))))
        rows: list[UpdateRow] = []
        for delay_s, synapses in drawn.items():
            own = list(islice(outcomes, len(jobs[delay_s])))
            rows += self._rows(delay_s + law.wait_s, synapses, own, law)
        return rows

    def _drawn(self, delay_s: float) -> list[list[Junction]]:
        """Return the synapses of an age; each number of parallel junctions is as frequent as any other."""
        source, numbers = random.Random(f"{self.spec.first_seed} {delay_s:g}"), range(self.spec.junctions)
        return [
            [Junction(n, source.randint(1, LARGEST_SEED), int(n < copy % (self.spec.junctions + 1))) for n in numbers]
            for copy in range(self.spec.updates)
        ]

    def _jobs(self, delay_s: float, synapses: Sequence[Sequence[Junction]]) -> Iterator[Job]:
        some = max(1, TOGETHER // self.spec.junctions)
        return (self.bench.job(delay_s, synapses[first : first + some]) for first in range(0, len(synapses), some))

    def _rows(
        self, age_s: float, synapses: Sequence[Sequence[Junction]], outcomes: Sequence[Outcome], law: UpdateLaw
    ) -> Iterator[UpdateRow]:
        reason = next(filter(None, map(reason_of, outcomes)), "")
        befores = [sum(junction.start for junction in junctions) for junctions in synapses]
        spice, twin = self._spice(befores, outcomes), self._twin(befores, age_s, law)
        chances, starts = law.after(age_s, self.spec.junctions), Counter(befores)
        for before in sorted(starts):
            for after in range(self.spec.junctions + 1):
                yield UpdateRow(
                    age_s=age_s,
                    before=before,
                    after=after,
                    spice=None if reason else spice[before, after],
                    twin=twin[before, after],
                    expected=float(starts[before] * chances[before, after]),
                    reason=reason,
                )

    def _spice(self, befores: Sequence[int], outcomes: Sequence[Outcome]) -> Counts:
        """Return how many synapses went from where to where; none where a transient failed."""
        ended = list(chain.from_iterable(parallel(outcome.values) for outcome in outcomes if outcome.ok))
        afters = [
            sum(ended[first : first + self.spec.junctions]) for first in range(0, len(ended), self.spec.junctions)
        ]
        return Counter(zip(befores, afters, strict=False))

    def _twin(self, befores: Sequence[int], age_s: float, law: UpdateLaw) -> Counts:
        """Return the same, as the functional twin's loop draws it."""
        junctions, found = self.spec.junctions, Counter[tuple[int, int]]()
        up, down = (float(np.interp(age_s, law.ages_s, values)) for values in (law.up, law.down))
        key = np.uint64(kernel.key_of(np.uint64(self.spec.first_seed), np.uint64(0), np.uint64(round(age_s * 1e9))))
        free = np.uint64((1 << junctions) - 1)
        for place, before in enumerate(befores):
            bits = np.uint64((1 << before) - 1)
            ended = np.uint64(kernel.switched(bits, free, junctions, up, down, key, place))
            found[before, kernel.count(ended)] += 1
        return found


def update_agreement(rows: Sequence[UpdateRow]) -> list[UpdateAgreementRow]:
    """Return how well SPICE and the twin agree with the law."""
    known = [row for row in rows if row.spice is not None]
    counted = {"spice": [(row, row.spice or 0) for row in known], "twin": [(row, row.twin) for row in rows]}
    return [_agreement(source, seen) for source, seen in counted.items() if seen]


def _agreement(source: str, seen: Sequence[tuple[UpdateRow, int]]) -> UpdateAgreementRow:
    from scipy.stats import chi2

    total, freedom = 0.0, 0
    for _, group in groupby(seen, key=lambda one: (one[0].age_s, one[0].before)):
        cells = _pooled([(row.expected, count) for row, count in group])
        total += sum((count - expected) ** 2 / expected for expected, count in cells)
        freedom += len(cells) - 1
    p_value = float(chi2.sf(total, freedom)) if freedom else 1.0
    return UpdateAgreementRow(source, sum(count for _, count in seen), total, freedom, p_value)


def _pooled(cells: Sequence[tuple[float, int]]) -> list[tuple[float, int]]:
    """Return cells with what is expected in each, the small ones in one; without that where it is still small."""
    large = [cell for cell in cells if cell[0] >= _FEWEST]
    small = [cell for cell in cells if cell[0] < _FEWEST]
    rest = (sum(expected for expected, _ in small), sum(count for _, count in small))
    if rest[0] >= _FEWEST:
        return [*large, rest]
    # What is rare counts with the likeliest, so that all of the synapses are counted.
    large.sort()
    return [*large[:-1], (large[-1][0] + rest[0], large[-1][1] + rest[1])]
