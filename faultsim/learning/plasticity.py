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
from faultsim.circuits.learning_plan import LARGEST_SEED
from faultsim.learning.asking import Asking, reason_of
from faultsim.learning.measure_spec import PlasticitySpec, PulseSpec
from faultsim.learning.switching import TOGETHER
from faultsim.spice.job import Job, Outcome

_TEMPLATE = "stdp.cir.j2"
_ONSET = 0.2
"""Of the input's pulse, in its widths: an output may spike before it."""
_OPEN = "1t"
"""Charging resistance of an output that only a current makes spike."""
_KICK, _KICK_S = 2.5, 1e-6
"""What charges a membrane, in its thresholds, and how long."""
_AFTER_S = 50e-6
_STEPS = 20
_MIDDLE = 0.5


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
        seeds = [drawn.randint(1, LARGEST_SEED) for _ in range(self.spec.copies * self.spec.junctions)]
        some = max(1, TOGETHER // self.spec.junctions) * self.spec.junctions
        return [self._job(curve, delay_s, seeds[first : first + some]) for first in range(0, len(seeds), some)]

    def _job(self, curve: PulseSpec, delay_s: float, seeds: Sequence[int]) -> Job:
        onset_s, bench = _ONSET * curve.width, self._benches[curve.law]
        own = {
            # One pulse only, and that one late enough.
            "input": {
                "width": f"{curve.width:g}",
                "fbias": f"{0.1 / curve.width:g}",
                "lag": f"{onset_s:g}",
                "intensity": "0",
            },
            "output": {"rcharge": _OPEN},
        }
        cells = {"input", "output", "synapse"}
        settings = {cell: {**self.settings.get(cell, {}), **own.get(cell, {})} for cell in cells}
        membrane = [bench.cells.value("output", name, settings) for name in ("c", "vth")]
        kick_s = onset_s + delay_s
        stop_s = max(kick_s, 0.0) + _AFTER_S
        copies, junctions = len(seeds) // self.spec.junctions, self.spec.junctions
        shown = {
            "copies": copies,
            "junctions": junctions,
            "seeds": seeds,
            "kick_s": kick_s,
            "kick_a": _KICK * membrane[0] * membrane[1] / _KICK_S,
            "step_s": curve.width / _STEPS,
            "stop_s": stop_s,
        }
        probes = {f"p{copy}_{n}": f"v(p{copy}_{n})" for copy in range(copies) for n in range(junctions)}
        observables = {name: f"at({name}, stop)" for name in probes}
        return Job(bench.deck(_TEMPLATE, settings, shown), stop_s, probes, observables, {"stop": stop_s})

    @cached_property
    def _benches(self) -> dict[str, LearningBench]:
        return benches(curve.law for curve in self.spec.curves)

    def _row(self, curve: PulseSpec, delay_s: float, outcomes: Sequence[Outcome]) -> ChangeRow:
        whole = all(outcome.ok for outcome in outcomes)
        values = chain.from_iterable(outcome.values.items() for outcome in outcomes if whole)
        ended = [(self._began_parallel(name), float(str(value)) > _MIDDLE) for name, value in values]
        up = [parallel for began, parallel in ended if not began]
        down = [not parallel for began, parallel in ended if began]
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

    @staticmethod
    def _began_parallel(name: str) -> bool:
        return int(name.rpartition("_")[2]) % 2 == 1
