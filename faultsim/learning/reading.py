"""What a tester reads of a crossbar that has learned: the conductance of each synapse, and when its output spiked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faultsim.circuits.deck import text_of
from faultsim.circuits.learning_bench import LearningBench
from faultsim.circuits.learning_network import LearningNetwork
from faultsim.circuits.learning_plan import state_net
from faultsim.errors import Problem, SpecError
from faultsim.fault_models.defect import Defect
from faultsim.learning.asking import reason_of
from faultsim.learning.training import SPIKE_FROM
from faultsim.learning.trial import Trial
from faultsim.learning.twin.trains import Coding
from faultsim.spice.job import Job, Outcome
from faultsim.spice.reference import with_values

Floats = NDArray[np.float64]
_AGE = 0.3
"""Of an input's pulse when its synapse is read, in its widths: long after the output's spike, and above its column."""
_CONDUCTANCE, _STATE = "g", "m"


@dataclass(frozen=True)
class Reading:
    """What was read.

    Attributes:
        conductances_s: Of each pixel's synapse with the first output, S; nan where no voltage is across it.
        spikes: Of that output; None where the transient failed.
        first_spike_s: The first of them; None where there is none.
        reason: Why nothing is known.
        states: In which each junction ended, 1 if parallel; none where that was not asked for.
    """

    conductances_s: Floats
    spikes: int | None
    first_spike_s: float | None
    reason: str
    states: tuple[int, ...] = ()

    @property
    def known(self) -> bool:
        """Whether the transient ended well."""
        return not self.reason


@dataclass(frozen=True)
class ReadingBench:
    """A training at the end of which the synapses of its first output are read.

    Attributes:
        network: The crossbar, which records the currents of its synapses.
        reads_s: When the synapse of each pixel is.
        states: Nets of the junctions' states that are read as well.
    """

    network: LearningNetwork
    reads_s: Sequence[float]
    states: Sequence[str] = ()

    @classmethod
    def of(cls, trial: Trial) -> ReadingBench:
        """Return that of a training, whose request has the currents of synapses recorded.

        Where it has the states of junctions recorded, in which of them they end is read as well.

        Raises:
            SpecError: A presentation is too short for that.
        """
        network = trial.network()
        numbers = range(1, trial.request.junctions + 1) if trial.request.follow else ()
        states = [state_net(synapse.instance, number) for synapse in network.sidecar.synapses for number in numbers]
        return cls(network, _reads_s(trial, network.sidecar.simulation.duration), states)

    def job(self, defect: Defect | None) -> Job:
        """Return the transient with a defect at its default severity in the crossbar; with none if None."""
        sidecar, output = self.network.sidecar, self.network.sidecar.outputs[0]
        own = {synapse.input: synapse for synapse in sidecar.synapses if synapse.output == output.net}
        stop_s = sidecar.simulation.duration
        probes = {"turn": f"v({output.turn})", "column": f"v({output.net})"}
        scope: dict[str, float | list[list[float]]] = {"stop": stop_s, "all": [[0.0, stop_s]]}
        observables = {"spikes": "at(turn, stop)", "first": f"earliest(rise_times(turn, {SPIKE_FROM}, all))"}
        for place, (net, read_s) in enumerate(zip(sidecar.inputs, self.reads_s, strict=True), 1):
            probes |= {f"v{place}": f"v({net})", f"i{place}": f"i(v.{own[net].instance}.vs)"}
            scope[f"t{place}"] = read_s
            across = f"(at(v{place}, t{place}) - at(column, t{place}))"
            observables[f"{_CONDUCTANCE}{place}"] = f"at(i{place}, t{place}) / {across}"
        for place, net in enumerate(self.states, 1):
            probes[f"{_STATE}{place}"] = f"v({net})"
            observables[f"{_STATE}{place}"] = f"at({_STATE}{place}, stop)"
        return Job(self._deck(defect), stop_s, probes, observables, scope)

    def _deck(self, defect: Defect | None) -> str:
        if defect is None:
            return text_of(self.network.cards)
        edited = defect.inject(self.network.cards).at(defect.definition.severity.default)
        return with_values(text_of(edited.cards), dict(edited.alters))


def _reads_s(trial: Trial, stop_s: float) -> list[float]:
    """Return when each pixel's synapse is read: at that age of the last of its pulses that gets so old.

    Raises:
        SpecError: One has none.
    """
    bench = LearningBench.load(trial.request.law)
    coding = Coding.of(bench.cells, bench.cells.with_chosen(bench.spec, trial.request.settings))
    trains, age_s = coding.trains(trial.request.intensities), _AGE * coding.width_s
    first_s, period_s = trains.first_s[trains.kinds], trains.period_s[trains.kinds]
    pulses = np.floor((stop_s - age_s - first_s) / period_s)
    if (pulses < 0).any():
        pixel = int(np.flatnonzero(pulses < 0)[0]) + 1
        said = f"in {stop_s:g} s no pulse of pixel {pixel} gets {age_s:g} s old, by which its synapse is read"
        raise SpecError([Problem("duration", said, f"{float((first_s + age_s).max()):.3g} s or more")])
    return [float(time_s) for time_s in first_s + pulses * period_s + age_s]


def reading_of(outcome: Outcome) -> Reading:
    """Return what a transient showed."""
    if reason := reason_of(outcome):
        return Reading(np.empty(0), None, None, reason)
    values = [value for name, value in outcome.values.items() if name.startswith(_CONDUCTANCE)]
    conductances_s = np.array([math.nan if value is None else float(str(value)) for value in values])
    spikes, first = outcome.values["spikes"], outcome.values["first"]
    states = tuple(round(float(str(value))) for name, value in outcome.values.items() if name.startswith(_STATE))
    return Reading(conductances_s, int(float(str(spikes))), None if first is None else float(str(first)), "", states)
