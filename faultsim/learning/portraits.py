"""Waveforms of synapses and neurons, as the paper draws them: Figs. 2, 3 and 4."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from faultsim.circuits.learning_bench import LearningBench
from faultsim.circuits.learning_cells import Settings
from faultsim.learning.asking import Asking
from faultsim.learning.plasticity import Plasticity
from faultsim.spice.job import Job, Trace

_TEMPLATE = "neurons.cir.j2"
_INTENSITIES = (1.0, 0.5, 0.0)
_COLUMN_V, _REST_S = 0.06, 2e-3
_STOP_S, _STEP_S = 0.15, 20e-6
NEURONS = {
    **{f"intensity {intensity:g}": f"v(pre{place})" for place, intensity in enumerate(_INTENSITIES, 1)},
    "column": "v(col)",
    "membrane": "v(vm)",
    "turn": "v(turn)",
}


@dataclass(frozen=True)
class Portraits:
    """What is drawn.

    Attributes:
        delays_s: Of the outputs' spikes in `pairs`.
        pairs: Input and output of one synapse, for each delay (Fig. 2).
        neurons: Three input neurons, and an output neuron whose column a source holds (Figs. 3 and 4).
    """

    delays_s: tuple[float, ...]
    pairs: tuple[Trace, ...]
    neurons: Trace


def portraits(measure: Plasticity, delays_s: Sequence[float], asking: Asking) -> Portraits:
    """Simulate what is drawn: a synapse of the first curve, and neurons."""
    jobs = [measure.pair_job(measure.spec.curves[0], delay_s) for delay_s in delays_s]
    *pairs, neurons = asking.traces("waveforms", [*jobs, neurons_job(measure.settings)])
    return Portraits(tuple(delays_s), tuple(pairs), neurons)


def neurons_job(settings: Settings) -> Job:
    """Return the transient of neurons."""
    shown = {
        "intensities": _INTENSITIES,
        "column_v": _COLUMN_V,
        "rest_s": _REST_S,
        "step_s": _STEP_S,
        "stop_s": _STOP_S,
    }
    return Job(LearningBench.load().deck(_TEMPLATE, settings, shown), _STOP_S, NEURONS, observables={}, scope={})
