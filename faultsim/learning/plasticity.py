"""Spike-timing dependent plasticity in SPICE: how a synapse changes over the delay between its two spikes (Fig. 2)."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from faultsim.circuits.learning_bench import LearningBench, benches
from faultsim.circuits.learning_cells import Settings
from faultsim.circuits.learning_plan import LARGEST_SEED
from faultsim.learning.asking import Asking, reason_of
from faultsim.learning.measure_spec import PlasticitySpec, PulseSpec
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
        outcomes = asking.outcomes("delays", [self.job(curve, delay_s) for curve, delay_s in wanted])
        return [self._row(*one, outcome) for one, outcome in zip(wanted, outcomes, strict=True)]

    def delays_s(self, curve: PulseSpec) -> list[float]:
        """Return the delays of a curve."""
        shares = np.linspace(self.spec.first, self.spec.last, self.spec.delays)
        return [float(f"{share * curve.width:.9g}") for share in shares]

    def job(self, curve: PulseSpec, delay_s: float) -> Job:
        """Return the transient of one delay."""
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
        copies, junctions = self.spec.copies, self.spec.junctions
        drawn = random.Random(f"{self.spec.first_seed} {curve.width:g} {delay_s:g}")
        shown = {
            "copies": copies,
            "junctions": junctions,
            "seeds": [drawn.randint(1, LARGEST_SEED) for _ in range(copies * junctions)],
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

    def _row(self, curve: PulseSpec, delay_s: float, outcome: Outcome) -> ChangeRow:
        ended = {name: float(str(value)) > _MIDDLE for name, value in outcome.values.items()}
        up = [parallel for name, parallel in ended.items() if not self._began_parallel(name)]
        down = [not parallel for name, parallel in ended.items() if self._began_parallel(name)]
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
            reason=reason_of(outcome),
        )

    @staticmethod
    def _began_parallel(name: str) -> bool:
        return int(name.rpartition("_")[2]) % 2 == 1
