"""Power of synapses in a crossbar, where current flows back through all the others (sneak paths)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from faultsim import library
from faultsim.circuits.deck import text_of
from faultsim.circuits.glyphs import load_glyphs
from faultsim.circuits.learning_plan import LearningRequest
from faultsim.learning.asking import Asking, reason_of
from faultsim.learning.energy import mean_of, settings_of
from faultsim.learning.measure_spec import ArraySpec, EnergySpec
from faultsim.learning.training import SPIKE_FROM, SPIKE_TO, spikes_of
from faultsim.learning.trial import Trial
from faultsim.spice.job import Job, Trace

_COLUMN, _TURN = "column", "turn"
_MIDDLE = 0.5


@dataclass(frozen=True)
class ArrayRow:
    """Power of the synapses of a crossbar.

    Attributes:
        variation: What is varied.
        junctions: Of each synapse.
        mode: training or inference.
        pixels: dark or light.
        synapses: How many.
        initialisations: How many are averaged over; 0 where a transient failed.
        dissipated_w: Average of a synapse, eq. (2).
        between_spikes_w: The same without the output's spikes: what flows through sneak paths.
        drawn_w: What an input neuron delivers.
        output_spikes: In a presentation, averaged.
        reason: Why nothing is known.
    """

    variation: str
    junctions: int
    mode: str
    pixels: str
    synapses: int
    initialisations: int
    dissipated_w: float | None
    between_spikes_w: float | None
    drawn_w: float | None
    output_spikes: float | None
    reason: str


@dataclass(frozen=True)
class ArrayEnergy:
    """A measurement of power in crossbars; only with the first variation, for a crossbar has to learn.

    Attributes:
        spec: What is asked for.
        array: The crossbars.
    """

    spec: EnergySpec
    array: ArraySpec

    def rows(self, asking: Asking) -> list[ArrayRow]:
        """Simulate every crossbar from every initialisation."""
        kinds = [(junctions, mode) for mode in self.array.modes for junctions in self.array.junctions]
        seeds = range(self.spec.first_seed, self.spec.first_seed + self.spec.initialisations)
        trials = [self.trial(*kind, seed) for kind in kinds for seed in seeds]
        traces = asking.traces("crossbars", [_job(trial) for trial in trials])
        rows: list[ArrayRow] = []
        for place, (junctions, mode) in enumerate(kinds):
            own = slice(place * len(seeds), (place + 1) * len(seeds))
            rows += self._rows(junctions, mode, trials[own][0], traces[own])
        return rows

    def trial(self, junctions: int, mode: str, seed: int) -> Trial:
        """Return a crossbar with one output."""
        file, _, character = self.array.glyph.rpartition(":")
        request = LearningRequest(
            intensities=load_glyphs(library.find("glyphs", file)).intensities(character),
            junctions=junctions,
            seed=seed,
            settings=settings_of(self.spec.variations[0], mode),
            duration_s=self.spec.duration,
            sense=True,
        )
        return Trial(character, request, {})

    def _rows(self, junctions: int, mode: str, trial: Trial, traces: Sequence[Trace]) -> Iterator[ArrayRow]:
        dark = np.array(trial.request.intensities) > _MIDDLE
        variation = self.spec.variations[0].name
        failed = next((trace.outcome for trace in traces if not trace.outcome.ok), None)
        for pixels, picked in (("dark", dark), ("light", ~dark)):
            kind = variation, junctions, mode, pixels, int(picked.sum())
            if failed is not None:
                yield ArrayRow(*kind, 0, None, None, None, None, reason_of(failed))
                continue
            places = [int(place) + 1 for place in np.flatnonzero(picked)]
            found = np.mean([_powers(trace, place) for trace in traces for place in places], axis=0)
            dissipated, between, drawn = map(float, found)
            spikes = float(np.mean([spikes_of(trace.waveforms[_TURN]).size for trace in traces]))
            yield ArrayRow(*kind, len(traces), dissipated, between, drawn, spikes, "")


def _job(trial: Trial) -> Job:
    network = trial.network()
    sidecar = network.sidecar
    probes = {f"pre{place}": f"v({net})" for place, net in enumerate(sidecar.inputs, 1)}
    currents = {synapse.input: f"i(v.{synapse.instance}.vs)" for synapse in sidecar.synapses}
    probes |= {f"current{place}": currents[net] for place, net in enumerate(sidecar.inputs, 1)}
    probes |= {_COLUMN: f"v({sidecar.outputs[0].net})", _TURN: f"v({sidecar.outputs[0].turn})"}
    return Job(text_of(network.cards), sidecar.simulation.duration, probes, observables={}, scope={})


def _powers(trace: Trace, place: int) -> tuple[float, float, float]:
    """Return what the synapse of a pixel dissipates, what of that between spikes, and what its input delivers."""
    waves = trace.waveforms
    pre, amperes = waves[f"pre{place}"], waves[f"current{place}"].values
    watts = (pre.values - waves[_COLUMN].values) * amperes
    phase = waves[_TURN].values % 1
    quiet = (phase < SPIKE_FROM) | (phase > SPIKE_TO)
    parts = (watts, np.where(quiet, watts, 0.0), pre.values * amperes)
    dissipated, between, drawn = (mean_of(values, pre.time_s) for values in parts)
    return dissipated, between, drawn
