"""Measures what a file asks for, and makes a study of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from faultsim.learning.array_energy import ArrayEnergy
from faultsim.learning.asking import Asking
from faultsim.learning.bench_settings import checked_settings
from faultsim.learning.energy import Energy
from faultsim.learning.measure_spec import EnergySpec, MeasureSpec, PlasticitySpec, SwitchingSpec, UpdateSpec
from faultsim.learning.plasticity import Plasticity
from faultsim.learning.portraits import portraits
from faultsim.learning.switching import Switching
from faultsim.learning.twin.updates import Updates
from faultsim.reports.learning.energy import energy_study
from faultsim.reports.learning.plasticity import plasticity_study
from faultsim.reports.learning.study import Study
from faultsim.reports.learning.switching import switching_study
from faultsim.reports.learning.update import update_study

Measuring = Callable[[Asking], Study]


def measuring(path: Path, spec: MeasureSpec) -> Measuring:
    """Return what measures.

    Raises:
        SpecError: Settings that do not fit.
    """
    match spec:
        case SwitchingSpec():
            return _switching(path, spec)
        case PlasticitySpec():
            return _plasticity(path, spec)
        case UpdateSpec():
            return _update(path, spec)
        case EnergySpec():
            return _energy(path, spec)


def _switching(path: Path, spec: SwitchingSpec) -> Measuring:
    measure = Switching(spec, checked_settings(path, spec.settings))
    return lambda asking: switching_study(path, measure, measure.rows(asking))


def _plasticity(path: Path, spec: PlasticitySpec) -> Measuring:
    measure = Plasticity(spec, checked_settings(path, spec.settings))

    def measured(asking: Asking) -> Study:
        rows = measure.rows(asking)
        delays_s = [share * spec.curves[0].width for share in spec.drawn]
        return plasticity_study(path, measure, rows, portraits(measure, delays_s, asking))

    return measured


def _update(path: Path, spec: UpdateSpec) -> Measuring:
    measure = Updates(spec, checked_settings(path, spec.settings))

    def measured(asking: Asking) -> Study:
        law = measure.law(asking)
        return update_study(path, measure, law, measure.rows(law, asking))

    return measured


def _energy(path: Path, spec: EnergySpec) -> Measuring:
    for variation in spec.variations:
        checked_settings(path, variation.settings)
    measure = Energy(spec)

    def measured(asking: Asking) -> Study:
        rows = measure.rows(asking)
        array = ArrayEnergy(spec, spec.array).rows(asking) if spec.array is not None else []
        return energy_study(path, measure, rows, array)

    return measured
