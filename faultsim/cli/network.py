"""``faultsim train`` of a functional network."""

from __future__ import annotations

import os
from pathlib import Path

from faultsim.cli.output import print_rows, say
from faultsim.cli.progress import ProgressView
from faultsim.cli.studies import StudyRequest, conclude, conduct
from faultsim.errors import UsageError
from faultsim.learning.asking import Asking
from faultsim.learning.twin.academy import Academy
from faultsim.learning.twin.network_spec import load_network
from faultsim.learning.twin.tally import Tally
from faultsim.reports.learning.network import network_study
from faultsim.reports.learning.study import Study
from faultsim.spice.service import SimulationService

_TIMEOUT_S = 600.0
_STATES = "states"


def learn(request: StudyRequest, path: Path, data: Path | None, dry_run: bool, json: bool) -> int:
    """Have a network learn, write the folder and say what it recognises."""
    request.check()
    if request.only != "*":
        raise UsageError(f"--only is about trainings; the networks of {path} differ in nothing but their seeds")
    academy = Academy.of(path, load_network(path), data)
    folder = request.out or Path("runs") / path.stem
    if dry_run:
        rows = [
            {"network": f"seed {seed}", "size": academy.size, "samples": academy.spec.samples}
            for seed in academy.spec.seeds
        ]
        print_rows(rows, json)
        return 0
    tally = Tally(academy.samples)

    def work(service: SimulationService, threads: int) -> Study:
        with ProgressView() as view:
            law = academy.law(Asking(service, view, threads))
        with ProgressView(telling=tally.__str__) as view:
            recipe, learners = academy.recipe(law), request.jobs or os.cpu_count() or 1
            graduates = academy.graduates(recipe, folder / _STATES, tally, view, learners, request.fresh)
        say("writing the report")
        return network_study(academy, law, graduates)

    study, page = conduct(request, folder, _TIMEOUT_S, work)
    if tally.per_s:
        say(f"{academy.size}: {tally.per_s:,.0f} pictures a second, measurements included")
    return conclude(study, page, json)
