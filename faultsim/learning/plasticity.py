"""Spike-timing dependent plasticity in SPICE: how a synapse changes over the delay between its two spikes (Fig. 2)."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice

import numpy as np

from faultsim.circuits.learning_bench import LearningBench, benches
from faultsim.circuits.learning_cells import Settings
from faultsim.circuits.learning_plan import LARGEST_SEED, Junction
from faultsim.learning.asking import Asking, reason_of
from faultsim.learning.measure_spec import PlasticitySpec, PulseSpec
from faultsim.learning.pair_bench import PairBench, parallel
from faultsim.learning.switching import TOGETHER
from faultsim.spice.job import Job, Outcome


@dataclass(frozen=True)
class ChangeRow:
    """What an output's spike did to synapses at one delay.

    Attributes:
        law: Of the junctions.
        width_s: Of the input's pulse.
        delay_s: From the onset of that to the onset of the output's spike.
        antiparallel: Junctions that began antiparallel; 0 where the transient failed.
        potentiated: Those of them that became parallel.
        parallel: Junctions that began parallel.
        depressed: Those of them that became antiparallel.
        change: Share that was potentiated less share that was depressed, -1 to 1.
        error: Standard error of that.
        reason: Why nothing is known.
    """

    law: str
    width_s: float
    delay_s: float
    antiparallel: int
    potentiated: int
    parallel: int
    depressed: int
    change: float | None
    error: float | None
    reason: str


@dataclass(frozen=True)
class Plasticity:
    """A measurement of plasticity.

    Attributes:
        spec: What is asked for.
        settings: Of the cells.
    """

    spec: PlasticitySpec
    settings: Settings

    def rows(self, asking: Asking) -> list[ChangeRow]:
        """Simulate every delay of every curve."""
        wanted = [(curve, delay_s) for curve in self.spec.curves for delay_s in self.delays_s(curve)]
        jobs = [self.jobs(curve, delay_s) for curve, delay_s in wanted]
        outcomes = iter(asking.outcomes("transients", list(chain.from_iterable(jobs))))
        return [self._row(*one, list(islice(outcomes, len(own)))) for one, own in zip(wanted, jobs, strict=True)]

    def delays_s(self, curve: PulseSpec) -> list[float]:
        """Return the delays of a curve."""
        shares = np.linspace(self.spec.first, self.spec.last, self.spec.delays)
        return [float(f"{share * curve.width:.9g}") for share in shares]

    def jobs(self, curve: PulseSpec, delay_s: float) -> list[Job]:
        """Return the transients of one delay, each of some of the synapses."""
        drawn = random.Random(f"{self.spec.first_seed} {curve.width:g} {delay_s:g}")
        synapses = [self._synapse(drawn) for _ in range(self.spec.copies)]
        some = max(1, TOGETHER // self.spec.junctions)
        bench = self.bench(curve)
        return [bench.job(delay_s, synapses[first : first + some]) for first in range(0, len(synapses), some)]

    def pair_job(self, curve: PulseSpec, delay_s: float) -> Job:
        """Return the transient of one synapse's neurons."""
        drawn = random.Random(f"{self.spec.first_seed} {curve.width:g} {delay_s:g}")
        return self.bench(curve).pair_job(delay_s, self._synapse(drawn))

    def bench(self, curve: PulseSpec) -> PairBench:
        """Return the bench of a curve."""
        return PairBench(self._benches[curve.law], self.settings, curve.width)

    def _synapse(self, drawn: random.Random) -> list[Junction]:
        """Return the junctions of a synapse: every other one begins parallel."""
        numbers = range(self.spec.junctions)
        return [Junction(number, drawn.randint(1, LARGEST_SEED), number % 2) for number in numbers]

    @cached_property
    def _benches(self) -> dict[str, LearningBench]:
        return benches(curve.law for curve in self.spec.curves)

    def _row(self, curve: PulseSpec, delay_s: float, outcomes: Sequence[Outcome]) -> ChangeRow:
        whole = all(outcome.ok for outcome in outcomes)
        ended = list(chain.from_iterable(parallel(outcome.values) for outcome in outcomes if whole))
        began = [number % 2 for _ in ended[:: self.spec.junctions] for number in range(self.spec.junctions)]
        up = [one for one, start in zip(ended, began, strict=True) if not start]
        down = [not one for one, start in zip(ended, began, strict=True) if start]
        potentiated, depressed = (sum(found) / len(found) if found else 0.0 for found in (up, down))
        spread = [share * (1 - share) / len(found) for share, found in ((potentiated, up), (depressed, down)) if found]
        return ChangeRow(
            law=curve.law,
            width_s=curve.width,
            delay_s=delay_s,
            antiparallel=len(up),
            potentiated=sum(up),
            parallel=len(down),
            depressed=sum(down),
            change=potentiated - depressed if ended else None,
            error=float(np.sqrt(sum(spread))) if ended else None,
            reason=next(filter(None, map(reason_of, outcomes)), ""),
        )
