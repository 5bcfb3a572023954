"""``faultsim measure``."""

from __future__ import annotations

from pathlib import Path

from faultsim.campaigns.pulse import spent_of
from faultsim.cli.studies import StudyRequest, conclude, conduct
from faultsim.cli.study_log import StudyLog
from faultsim.learning.asking import Asking
from faultsim.learning.measure_spec import load_measure
from faultsim.reports.learning.measures import measuring
from faultsim.reports.learning.study import Study
from faultsim.spice.service import SimulationService

_TIMEOUT_S = 600.0


def run(request: StudyRequest, json: bool) -> int:
    """Measure, write the folder and say what came of it; the exit code is 6 where a transient failed."""
    request.check()
    path, spec = load_measure(request.spec)
    measure = measuring(path, spec)

    def work(service: SimulationService, threads: int, log: StudyLog) -> Study:
        with log.view(lambda: spent_of(service), estimating=True) as view:
            return measure(Asking(service, view, threads))

    study, page = conduct(request, request.out or Path("runs") / path.stem, _TIMEOUT_S, work)
    return conclude(study, page, json)
