"""How often junctions switch under a pulse in SPICE, against their law, and whether the time step matters."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from faultsim.circuits.learning_bench import LearningBench, benches
from faultsim.circuits.learning_cells import Settings
from faultsim.circuits.learning_plan import LARGEST_SEED
from faultsim.learning.asking import Asking, reason_of
from faultsim.learning.measure_spec import SwitchingSpec
from faultsim.magnetics.two_state import TwoStateJunction
from faultsim.spice.job import Job, Outcome

_TEMPLATE = "switching.cir.j2"
_BEGIN_S, _EDGE_S = 20e-9, 1e-9
_SETTLE_S = 5e-6
"""After the pulse: until a state that has begun to cross over has done so."""
_MIDDLE = 0.5
TOGETHER = 50
"""Junctions in one circuit: each that crosses over shortens the steps of all of them."""
_FEWEST = 5
"""Expected count of a cell from which on the chi-square distribution is one."""


@dataclass(frozen=True)
class Pulse:
    """A pulse on many junctions.

    Attributes:
        law: Of the junctions.
        bias_v: Height; above 0 it drives antiparallel to parallel.
        width_s: Width.
    """

    law: str
    bias_v: float
    width_s: float


@dataclass(frozen=True)
class SwitchingRow:
    """What a pulse did, at one largest time step.

    Attributes:
        law: Of the junctions.
        bias_v: Height of the pulse.
        width_s: Its width.
        step_s: Largest time step.
        trials: Junctions under it; 0 where the transient failed.
        switched: Those that crossed over.
        share: The share of them.
        low: Lower end of Wilson's 95 % interval.
        high: Its upper end.
        expected: Probability by the law.
        p_value: That so many or fewer, or so many or more, would switch by the law, two-sided (binomial, exact).
        unlike: Trials that ended otherwise than with the first step, of the same random numbers.
        reason: Why nothing is known.
    """

    law: str
    bias_v: float
    width_s: float
    step_s: float
    trials: int
    switched: int
    share: float | None
    low: float | None
    high: float | None
    expected: float
    p_value: float | None
    unlike: int | None
    reason: str


@dataclass(frozen=True)
class AgreementRow:
    """All pulses at one step together.

    Attributes:
        law: Of the junctions.
        finer: By how much steps are divided.
        pulses: How many are counted: 5 trials at least are expected to switch, and not to.
        trials: Of these.
        chi_square: Pearson's, summed over them.
        p_value: That it would be as large by chance.
        smallest_p: Of all pulses, by the exact test.
        unlike: Trials that ended otherwise than with the first step, of all pulses.
        all_trials: Of all pulses.
    """

    law: str
    finer: int
    pulses: int
    trials: int
    chi_square: float
    p_value: float
    smallest_p: float
    unlike: int
    all_trials: int


@dataclass(frozen=True)
class Switching:
    """A measurement of switching.

    Attributes:
        spec: What is asked for.
        settings: Of the junctions.
    """

    spec: SwitchingSpec
    settings: Settings

    def rows(self, asking: Asking) -> list[SwitchingRow]:
        """Simulate every pulse with every step."""
        wanted = list(itertools.product(self.pulses, self.spec.finer))
        jobs = {one: self.jobs(*one) for one in wanted}
        outcomes = iter(asking.outcomes("transients", list(itertools.chain.from_iterable(jobs.values()))))
        found = {one: list(itertools.islice(outcomes, len(own))) for one, own in jobs.items()}
        return [self._row(pulse, finer, found) for pulse, finer in wanted]

    @cached_property
    def pulses(self) -> list[Pulse]:
        """Every pulse that is asked for, each once."""
        sweeps = [(one, itertools.product(one.heights, one.widths)) for one in self.spec.sweeps]
        return list(dict.fromkeys(Pulse(one.law, *pair) for one, pairs in sweeps for pair in pairs))

    def jobs(self, pulse: Pulse, finer: int) -> list[Job]:
        """Return the transients of a pulse; its junctions have the same random numbers whatever the step."""
        drawn = random.Random(f"{self.spec.first_seed} {pulse.bias_v:g} {pulse.width_s:g}")
        seeds = [drawn.randint(1, LARGEST_SEED) for _ in range(self.spec.trials)]
        parts = range(0, len(seeds), TOGETHER)
        return [self._job(pulse, finer, seeds[first : first + TOGETHER]) for first in parts]

    def _job(self, pulse: Pulse, finer: int, seeds: Sequence[int]) -> Job:
        stop_s = _BEGIN_S + pulse.width_s + _EDGE_S + _SETTLE_S
        shown = {
            "bias_v": pulse.bias_v,
            "width_s": pulse.width_s,
            "begin_s": _BEGIN_S,
            "edge_s": _EDGE_S,
            "start": int(pulse.bias_v < 0),
            "seeds": seeds,
            "step_s": self._step_s(pulse, finer),
            "stop_s": stop_s,
        }
        deck = self._benches[pulse.law].deck(_TEMPLATE, self.settings, shown)
        probes = {f"p{trial}": f"v(p{trial})" for trial in range(1, len(seeds) + 1)}
        return Job(deck, stop_s, probes, {name: f"at({name}, stop)" for name in probes}, {"stop": stop_s})

    def expected(self, pulse: Pulse) -> float:
        """Return how likely a junction switches, by the law."""
        junction, redraw_s = self._junctions[pulse.law]
        return float(junction.switching_probability(pulse.bias_v, pulse.width_s, redraw_s))

    @cached_property
    def _benches(self) -> dict[str, LearningBench]:
        return benches(sweep.law for sweep in self.spec.sweeps)

    @cached_property
    def _junctions(self) -> dict[str, tuple[TwoStateJunction, float]]:
        """The junction of each law, and the time step in which it draws anew; 0 if it does not."""
        return {law: self._junction(bench) for law, bench in self._benches.items()}

    def _junction(self, bench: LearningBench) -> tuple[TwoStateJunction, float]:
        values = bench.cells.values("synapse", self.settings)
        return TwoStateJunction.of_deck(values), values.get("redraw", 0.0)

    def _step_s(self, pulse: Pulse, finer: int) -> float:
        return pulse.width_s / self.spec.steps / finer

    def _row(self, pulse: Pulse, finer: int, found: Mapping[tuple[Pulse, int], Sequence[Outcome]]) -> SwitchingRow:
        from scipy.stats import binomtest

        outcomes, first = found[pulse, finer], found[pulse, self.spec.finer[0]]
        ended, at_first = self._switched(pulse, outcomes), self._switched(pulse, first)
        trials, count, expected = len(ended), sum(ended), self.expected(pulse)
        share = binomtest(count, trials, expected) if trials else None
        interval = share.proportion_ci(0.95, method="wilson") if share else None
        return SwitchingRow(
            law=pulse.law,
            bias_v=pulse.bias_v,
            width_s=pulse.width_s,
            step_s=self._step_s(pulse, finer),
            trials=trials,
            switched=count,
            share=count / trials if trials else None,
            low=float(interval.low) if interval else None,
            high=float(interval.high) if interval else None,
            expected=expected,
            p_value=float(share.pvalue) if share else None,
            unlike=sum(one != other for one, other in zip(ended, at_first, strict=True))
            if ended and at_first
            else None,
            reason=next(filter(None, map(reason_of, outcomes)), ""),
        )

    def _switched(self, pulse: Pulse, outcomes: Sequence[Outcome]) -> list[bool]:
        """Return which trials ended in the other state; none where a transient failed."""
        if not all(outcome.ok for outcome in outcomes):
            return []
        values = itertools.chain.from_iterable(outcome.values.values() for outcome in outcomes)
        return [(float(str(value)) > _MIDDLE) != (pulse.bias_v < 0) for value in values]


def agreement_rows(spec: SwitchingSpec, rows: Sequence[SwitchingRow]) -> list[AgreementRow]:
    """Return how well all pulses together agree with the law, law by law and step by step."""
    groups: defaultdict[tuple[str, int], list[SwitchingRow]] = defaultdict(list)
    for row, finer in zip(rows, itertools.cycle(spec.finer)):
        if row.trials:
            groups[row.law, finer].append(row)
    return [_agreement(law, finer, group) for (law, finer), group in groups.items()]


def _agreement(law: str, finer: int, rows: Sequence[SwitchingRow]) -> AgreementRow:
    from scipy.stats import chi2

    counted = [row for row in rows if min(row.expected, 1 - row.expected) * row.trials >= _FEWEST]
    total = sum(_pearson(counted))
    return AgreementRow(
        law=law,
        finer=finer,
        pulses=len(counted),
        trials=sum(row.trials for row in counted),
        chi_square=total,
        p_value=float(chi2.sf(total, len(counted))),
        smallest_p=min(row.p_value for row in rows if row.p_value is not None),
        unlike=sum(row.unlike or 0 for row in rows),
        all_trials=sum(row.trials for row in rows),
    )


def _pearson(rows: Iterable[SwitchingRow]) -> Iterable[float]:
    for row in rows:
        mean, spread = row.trials * row.expected, row.trials * row.expected * (1 - row.expected)
        yield (row.switched - mean) ** 2 / spread
