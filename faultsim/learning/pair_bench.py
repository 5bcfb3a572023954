"""Synapses between an input and an output that spikes after a delay, each between neurons of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from faultsim.circuits.learning_bench import LearningBench
from faultsim.circuits.learning_cells import CELLS, Settings
from faultsim.circuits.learning_plan import Junction
from faultsim.spice.job import Job

PAIR = {"input": "v(pre0)", "output": "v(post0)", "turn": "v(turn0)"}
"""Probes of the first synapse's neurons."""
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
class PairBench:
    """The bench of one pulse.

    Attributes:
        bench: Template and cells, with the junction of a law.
        settings: Of the cells, in place of their own parameters.
        width_s: Of the input's pulse.
    """

    bench: LearningBench
    settings: Settings
    width_s: float

    @property
    def onset_s(self) -> float:
        """When the input's pulse begins."""
        return _ONSET * self.width_s

    @property
    def rise_s(self) -> float:
        """How long that pulse takes to jump, and to return."""
        return self.bench.cells.value("input", "rise", self.settings)

    def job(self, delay_s: float, synapses: Sequence[Sequence[Junction]]) -> Job:
        """Return the transient of a delay, from the onset of the pulse to the current that makes the output spike.

        Its values are 1 V for each junction that ends parallel, those of a synapse one after the other.
        """
        names = [f"p{copy}_{n}" for copy, junctions in enumerate(synapses) for n in range(len(junctions))]
        stop_s = self._stop_s(delay_s)
        probes = {name: f"v({name})" for name in names}
        ends = {name: f"at({name}, stop)" for name in names}
        return Job(self._deck(delay_s, synapses), stop_s, probes, ends, {"stop": stop_s})

    def pair_job(self, delay_s: float, junctions: Sequence[Junction]) -> Job:
        """Return the transient of one synapse, for the waveforms of its neurons."""
        return Job(self._deck(delay_s, [junctions]), self._stop_s(delay_s), PAIR, observables={}, scope={})

    def _deck(self, delay_s: float, synapses: Sequence[Sequence[Junction]]) -> str:
        own = {
            # One pulse only, and that one late enough.
            "input": {
                "width": f"{self.width_s:g}",
                "fbias": f"{0.1 / self.width_s:g}",
                "lag": f"{self.onset_s:g}",
                "intensity": "0",
            },
            "output": {"rcharge": _OPEN},
        }
        settings = {cell: {**self.settings.get(cell, {}), **own.get(cell, {})} for cell in CELLS}
        membrane = [self.bench.cells.value("output", name, settings) for name in ("c", "vth")]
        shown = {
            "synapses": synapses,
            "kick_s": self.onset_s + delay_s,
            "kick_a": _KICK * membrane[0] * membrane[1] / _KICK_S,
            "step_s": self.width_s / _STEPS,
            "stop_s": self._stop_s(delay_s),
        }
        return self.bench.deck(_TEMPLATE, settings, shown)

    def _stop_s(self, delay_s: float) -> float:
        return max(self.onset_s + delay_s, 0.0) + _AFTER_S


def parallel(values: Mapping[str, object]) -> list[bool]:
    """Return which junctions ended parallel."""
    return [float(str(value)) > _MIDDLE for value in values.values()]
