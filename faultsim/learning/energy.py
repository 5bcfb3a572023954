"""Power of synapses over a presentation, on a bench of their own: eq. (2) and Fig. 9 of the paper."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from faultsim.circuits.learning_bench import LearningBench
from faultsim.circuits.learning_cells import written
from faultsim.circuits.learning_plan import LARGEST_SEED
from faultsim.learning.asking import Asking, reason_of
from faultsim.learning.measure_spec import EnergySpec, VariationSpec
from faultsim.learning.training import spikes_of
from faultsim.spice.job import Job, Trace
from faultsim.spice.waveform import FloatArray

_TEMPLATE = "synapse.cir.j2"
TRAINING, INFERENCE = "training", "inference"


@dataclass(frozen=True)
class Load:
    """A synapse, how it is driven, and whether its output answers.

    Attributes:
        variation: Name of what is varied.
        junctions: Of the synapse.
        frequency_hz: Of the input's pulses.
        mode: training or inference.
    """

    variation: str
    junctions: int
    frequency_hz: float
    mode: str


@dataclass(frozen=True)
class PowerRow:
    """Power of a synapse on its bench, averaged over initialisations.

    Attributes:
        variation: What is varied.
        junctions: Of the synapse.
        frequency_hz: Of the input's pulses.
        mode: training or inference.
        initialisations: How many are averaged over; 0 where a transient failed.
        dissipated_w: Voltage across the synapse times its current, averaged over the presentation (eq. 2).
        dissipated_sd_w: Standard deviation over initialisations.
        drawn_w: What the input neuron delivers.
        input_spikes: In a presentation.
        output_spikes: Likewise, averaged.
        energy_as_published_j: Power times the paper's duration of a spike; of what it takes for the synapse's power.
        energy_per_input_spike_j: The same power times the presentation, over the pulses in it.
        energy_per_output_spike_j: Dissipated in a presentation, over the output's spikes: one update of the weight.
        reason: Why nothing is known.
    """

    variation: str
    junctions: int
    frequency_hz: float
    mode: str
    initialisations: int
    dissipated_w: float | None
    dissipated_sd_w: float | None
    drawn_w: float | None
    input_spikes: int | None
    output_spikes: float | None
    energy_as_published_j: float | None
    energy_per_input_spike_j: float | None
    energy_per_output_spike_j: float | None
    reason: str


@dataclass(frozen=True)
class Spent:
    """What one transient shows.

    Attributes:
        dissipated_w: As in a row.
        drawn_w: Likewise.
        output_spikes: Likewise.
    """

    dissipated_w: float
    drawn_w: float
    output_spikes: int


@dataclass(frozen=True)
class Energy:
    """A measurement of power on a bench of one synapse.

    Attributes:
        spec: What is asked for.
    """

    spec: EnergySpec

    def rows(self, asking: Asking) -> list[PowerRow]:
        """Simulate every load from every initialisation."""
        seeds = range(self.spec.first_seed, self.spec.first_seed + self.spec.initialisations)
        wanted = [(load, seed) for load in self.loads for seed in seeds]
        traces = asking.traces("synapses", [self.job(load, seed) for load, seed in wanted])
        found: defaultdict[Load, list[Trace]] = defaultdict(list)
        for (load, _), trace in zip(wanted, traces, strict=True):
            found[load].append(trace)
        return [self._row(load, found[load]) for load in self.loads]

    @cached_property
    def loads(self) -> list[Load]:
        """Every load that is asked for, each once."""
        return list(
            dict.fromkeys(
                Load(variation.name, junctions, frequency, mode)
                for variation in self.spec.variations
                for sweep in self.spec.sweeps
                for mode in sweep.modes
                for junctions in sweep.junctions
                for frequency in sweep.frequencies
            )
        )

    def job(self, load: Load, seed: int) -> Job:
        """Return the transient of a load."""
        drawn = random.Random(f"{seed} {load.junctions}")
        numbers = range(load.junctions)
        shown = {
            "junctions": load.junctions,
            # Half of them parallel: no pulse leaves the synapse where it began for long.
            "starts": drawn.sample([n % 2 for n in numbers], load.junctions),
            "seeds": [drawn.randint(1, LARGEST_SEED) for _ in numbers],
            "step_s": self.spec.step,
            "stop_s": self.spec.duration,
        }
        pulses = {"fbias": f"{load.frequency_hz:g}", "fmax": f"{load.frequency_hz:g}"}
        settings = settings_of(self._variation(load.variation), load.mode)
        settings["input"] = {**settings.get("input", {}), **pulses}
        deck = self._bench.deck(_TEMPLATE, settings, shown)
        probes = {"pre": "v(pre)", "post": "v(post)", "current": "i(vs)", "turn": "v(turn)"}
        return Job(deck, self.spec.duration, probes, observables={}, scope={})

    @cached_property
    def _bench(self) -> LearningBench:
        return LearningBench.load()

    def _variation(self, name: str) -> VariationSpec:
        return next(one for one in self.spec.variations if one.name == name)

    def _row(self, load: Load, traces: Sequence[Trace]) -> PowerRow:
        failed = next((trace.outcome for trace in traces if not trace.outcome.ok), None)
        if failed is not None:
            nothing = (None,) * 8
            return PowerRow(
                load.variation, load.junctions, load.frequency_hz, load.mode, 0, *nothing, reason_of(failed)
            )
        found = [spent_in(trace, "pre", "post", "current", "turn") for trace in traces]
        dissipated = np.array([one.dissipated_w for one in found])
        drawn_w = float(np.mean([one.drawn_w for one in found]))
        outputs = float(np.mean([one.output_spikes for one in found]))
        # A pulse that begins within the presentation counts.
        inputs = int(np.ceil(self.spec.duration * load.frequency_hz - 1e-9))
        power_w = float(dissipated.mean()) if load.mode == TRAINING else drawn_w
        return PowerRow(
            variation=load.variation,
            junctions=load.junctions,
            frequency_hz=load.frequency_hz,
            mode=load.mode,
            initialisations=len(found),
            dissipated_w=float(dissipated.mean()),
            dissipated_sd_w=float(dissipated.std(ddof=1)) if len(found) > 1 else None,
            drawn_w=drawn_w,
            input_spikes=inputs,
            output_spikes=outputs,
            energy_as_published_j=power_w * self.spec.spike,
            energy_per_input_spike_j=power_w * self.spec.duration / inputs,
            energy_per_output_spike_j=float(dissipated.mean()) * self.spec.duration / outputs if outputs else None,
            reason="",
        )


def settings_of(variation: VariationSpec, mode: str) -> dict[str, dict[str, str]]:
    """Return the settings of cells for a variation; in inference the output's spike does not come back."""
    settings = written(variation.settings)
    if mode == INFERENCE:
        settings["output"] = {**settings.get("output", {}), "feedback": "0"}
    return settings


def spent_in(trace: Trace, pre: str, post: str, current: str, turn: str) -> Spent:
    """Return the power of a synapse in a transient, from the simulator's own time points.

    Args:
        trace: With its waveforms.
        pre: Probe of its input.
        post: Of its output.
        current: Of the current into it.
        turn: Of the spikes of its output.
    """
    before, after, amperes = (trace.waveforms[name] for name in (pre, post, current))
    time_s = before.time_s
    return Spent(
        dissipated_w=mean_of((before.values - after.values) * amperes.values, time_s),
        drawn_w=mean_of(before.values * amperes.values, time_s),
        output_spikes=int(spikes_of(trace.waveforms[turn]).size),
    )


def mean_of(values: FloatArray, time_s: FloatArray) -> float:
    """Return the average of a quantity over time."""
    return float(np.trapezoid(values, time_s) / (time_s[-1] - time_s[0]))
