"""``faultsim train`` of functional networks, and of maps of their faults."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from faultsim.cli.output import print_rows, say
from faultsim.cli.progress import ProgressView
from faultsim.cli.studies import StudyRequest, conclude, conduct
from faultsim.cli.study_log import StudyLog
from faultsim.errors import UsageError
from faultsim.learning.asking import Asking
from faultsim.learning.twin.academy import Academy
from faultsim.learning.twin.fault import Fault
from faultsim.learning.twin.fault_map import FaultMap
from faultsim.learning.twin.fault_spec import load_fault_map
from faultsim.learning.twin.network_spec import load_network
from faultsim.learning.twin.severities import read_behaviours
from faultsim.learning.twin.tally import Tally
from faultsim.learning.twin.update_law import UpdateLaw
from faultsim.reports.learning.fault_map import fault_map_study
from faultsim.reports.learning.network import network_study
from faultsim.reports.learning.study import Study
from faultsim.spice.service import SimulationService

_TIMEOUT_S = 600.0
_STATES = "states"


Learning = Callable[[UpdateLaw, Tally, ProgressView, int], Study]
"""Has networks learn by a law, so many at a time, and returns what is to be written."""


def learn(request: StudyRequest, path: Path, dry_run: bool, json: bool) -> int:
    """Have a network learn, write the folder and say what it recognises."""
    _check(request)
    if request.behaviours is not None:
        raise UsageError(f"--behaviours is about fault maps; {path} is a network")
    academy, folder = Academy.of(path, load_network(path), request.data), request.out or Path("runs") / path.stem
    if dry_run:
        samples = academy.spec.samples
        print_rows([{"seed": seed, "size": academy.size, "samples": samples} for seed in academy.spec.seeds], json)
        return 0

    def learned(law: UpdateLaw, tally: Tally, view: ProgressView, threads: int) -> Study:
        states = folder / _STATES
        graduates = academy.graduates(academy.recipe(law), states, tally, view, threads, request.fresh)
        return network_study(academy, law, graduates)

    return _conducted(request, folder, academy, Tally(academy.samples), learned, json)


def map_faults(request: StudyRequest, path: Path, dry_run: bool, json: bool) -> int:
    """Have networks learn with faults in them, write the folder and say what that costs."""
    _check(request)
    spec, file, network = load_fault_map(path)
    academy, folder = Academy.of(file, network, request.data), request.out or Path("runs") / path.stem
    behaviours = read_behaviours(request.behaviours) if request.behaviours is not None else []
    faults = [(Fault.of(one), spec.moments) for one in spec.faults]
    own = {one.fault.name: one.fault for one in behaviours if one.fault is not None}
    faults += [(fault, spec.moments) for fault in own.values()]

    if dry_run:
        networks = len(spec.shares) * len(academy.spec.seeds)
        rows = [{"fault": one.name, "moments": list(when), "networks": networks * len(when)} for one, when in faults]
        print_rows(rows, json)
        return 0

    def mapped(law: UpdateLaw, tally: Tally, view: ProgressView, threads: int) -> Study:
        made = FaultMap(spec, academy, academy.recipe(law), folder, faults)
        return fault_map_study(path, made, made.rows(tally, view, threads, request.fresh), behaviours)

    total = sum(_shown(moment, academy) for _, moments in faults for moment in moments) * len(spec.shares)
    good = academy.samples + academy.spec.initialisations * (academy.spec.samples // 2)
    return _conducted(request, folder, academy, Tally(total + good), mapped, json)


def _shown(moment: str, academy: Academy) -> int:
    """Return how many pictures networks are shown whose faults come at a moment, at one share."""
    half = academy.spec.samples // 2
    return academy.spec.initialisations * {"before": 2 * half, "during": half, "after": 0}[moment]


def _check(request: StudyRequest) -> None:
    request.check()
    if request.only != "*":
        raise UsageError("--only is about trainings in SPICE; functional networks differ in nothing but their seeds")


def _conducted(
    request: StudyRequest, folder: Path, academy: Academy, tally: Tally, learning: Learning, json: bool
) -> int:
    def work(service: SimulationService, threads: int, log: StudyLog) -> Study:
        with log.view() as view:
            law = academy.law(Asking(service, view, threads))
        with log.view(tally.__str__) as view:
            return learning(law, tally, view, request.jobs or os.cpu_count() or 1)

    study, page = conduct(request, folder, _TIMEOUT_S, work)
    if tally.per_s:
        say(f"{academy.size}: {tally.per_s:,.0f} pictures a second, examinations included")
    return conclude(study, page, json)
