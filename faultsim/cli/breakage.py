"""``faultsim train`` of crossbars with defects."""

from __future__ import annotations

from pathlib import Path

from faultsim.campaigns.pulse import spent_of
from faultsim.cli.output import print_rows, say
from faultsim.cli.studies import StudyRequest, conclude, conduct
from faultsim.cli.study_log import StudyLog
from faultsim.learning.asking import Asking
from faultsim.learning.breakage import Breakage
from faultsim.learning.breakage_spec import load_breakage
from faultsim.learning.proof import broken_trainings
from faultsim.reports.learning.breakage import breakage_study
from faultsim.reports.learning.study import Study
from faultsim.spice.service import SimulationService
from faultsim.units import number_of


def break_and_train(request: StudyRequest, path: Path, dry_run: bool, json: bool) -> int:
    """Train with defects, write the folder and say what came of it; the exit code is 6 where a transient failed."""
    request.check()
    spec, curriculum, universe = load_breakage(path)
    made = Breakage(spec, curriculum.only(request.only), universe)
    lasting_s = spec.presentations * made.explored.timeout_s
    folder = request.out or Path("runs") / path.stem
    if dry_run:
        if not json:
            say(f"{len(made.breaks)} trainings, for {folder}{_application(made)}")
        rows = [{"training": one.trial.id, "defect": one.defect.id if one.defect else ""} for one in made.breaks]
        print_rows(rows, json)
        return 0

    def work(service: SimulationService, threads: int, log: StudyLog) -> Study:
        with log.view(lambda: spent_of(service), estimating=True) as view:
            trained = broken_trainings(made, Asking(service, view, threads))
        say(f"writing the report of {len(trained.all)} trainings")
        return breakage_study(path, made, trained)

    study, page = conduct(request, folder, lasting_s, work)
    return conclude(study, page, json)


def _application(made: Breakage) -> str:
    count = len(made.presented)
    return f"; the test that is chosen is applied in {number_of(count, 'initial state')}" if count else ""
