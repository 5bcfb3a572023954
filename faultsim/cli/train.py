"""``faultsim train`` and ``faultsim infer``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from faultsim import library
from faultsim.campaigns.pulse import spent_of
from faultsim.cli.breakage import break_and_train
from faultsim.cli.network import learn, map_faults
from faultsim.cli.output import print_json, print_rows, say
from faultsim.cli.studies import UNKNOWN_EXIT, StudyRequest, conclude, conduct
from faultsim.cli.study_log import StudyLog
from faultsim.errors import UsageError
from faultsim.learning import spec
from faultsim.learning.asking import Asking
from faultsim.learning.breakage_spec import is_breakage
from faultsim.learning.examination import Examination
from faultsim.learning.pace import Pace, paces
from faultsim.learning.results import share_rows
from faultsim.learning.school import School
from faultsim.learning.training import Training, Verdict
from faultsim.learning.trial import Curriculum, make_curriculum
from faultsim.learning.twin.fault_spec import is_fault_map
from faultsim.learning.twin.network_spec import is_network
from faultsim.reports.learning.inference import inference_study
from faultsim.reports.learning.study import Study
from faultsim.reports.learning.trainings import training_study
from faultsim.specfile import read_table
from faultsim.spice.service import SimulationService

_NOT_SHOWN = ("network", "fault-map", "breakage")


def train(request: StudyRequest, dry_run: bool, json: bool) -> int:
    """Train, write the folder and show what was learned; the exit code is 6 where a training failed to be simulated."""
    path = library.find("trainings", request.spec)
    table = read_table(path)
    if is_fault_map(table):
        return map_faults(request, path, dry_run, json)
    if is_network(table):
        return learn(request, path, dry_run, json)
    if request.data is not None or request.behaviours is not None:
        raise UsageError(f"--data and --behaviours are about functional networks; {path} has trainings in SPICE")
    if is_breakage(table):
        return break_and_train(request, path, dry_run, json)
    curriculum = _curriculum(request)
    folder = request.out or Path("runs") / curriculum.name
    if dry_run:
        _describe(curriculum, folder, json)
        return 0
    trainings: list[Training] = []

    def work(service: SimulationService, threads: int, log: StudyLog) -> Study:
        trainings.extend(_trained(curriculum, service, threads, log))
        say(f"writing the report of {len(trainings)} trainings")
        return training_study(curriculum, trainings)

    _, page = conduct(request, folder, curriculum.timeout_s, work)
    _conclude(trainings, page, json)
    return UNKNOWN_EXIT if any(one.verdict == Verdict.UNKNOWN for one in trainings) else 0


def infer(request: StudyRequest, json: bool) -> int:
    """Show characters to trained crossbars; the exit code is 6 where a transient failed."""
    path = library.find("trainings", request.spec)
    kind = read_table(path).get("kind")
    if kind in _NOT_SHOWN:
        raise UsageError(f"{path} is a {kind}; infer shows characters to trainings of crossbars without a defect")
    curriculum = _curriculum(request)
    folder = request.out or Path("runs") / f"{curriculum.name}-inference"

    def work(service: SimulationService, threads: int, log: StudyLog) -> Study:
        trainings = [one for one in _trained(curriculum, service, threads, log) if one.learners]
        with log.view(lambda: spent_of(service), estimating=True) as view:
            rows = Examination(curriculum, trainings).rows(Asking(service, view, threads))
        return inference_study(curriculum, trainings, rows)

    study, page = conduct(request, folder, curriculum.timeout_s, work)
    return conclude(study, page, json)


def _curriculum(request: StudyRequest) -> Curriculum:
    request.check()
    return make_curriculum(*spec.load(request.spec)).only(request.only)


def _trained(curriculum: Curriculum, service: SimulationService, threads: int, log: StudyLog) -> list[Training]:
    pace = Pace(service, [curriculum.duration_s] * len(curriculum.trials))
    with log.view(pace.__str__) as view:
        return School(curriculum, service, view, pace, threads).run()


def _describe(curriculum: Curriculum, folder: Path, json: bool) -> None:
    rows = [
        {"training": trial.id, "character": trial.character, "size": trial.size, "seed": trial.request.seed}
        for trial in curriculum.trials
    ]
    if not json:
        say(f"{len(rows)} trainings, for {folder}")
    print_rows(rows, json)


def _conclude(trainings: Sequence[Training], page: Path, json: bool) -> None:
    counts = {verdict.value: sum(one.verdict == verdict for one in trainings) for verdict in Verdict}
    simulated = paces(trainings)
    if json:
        not_learned = [one.trial.id for one in trainings if one.verdict == Verdict.NOT_LEARNED]
        speeds = {pace.size: pace.ms_per_s for pace in simulated}
        spent = {"simulated": sum(one.trace.seconds is not None for one in trainings), "ms_per_s": speeds}
        print_json({"report": str(page), "verdicts": counts, "not_learned": not_learned, **spent})
        return
    columns = ("character", "junctions", "outputs", "law", "explored", "trainings", "learned", "settled_s", "spikes")
    rows = [
        {name: getattr(row, name) or ("all" if name == "character" else "") for name in columns}
        for row in share_rows(trainings)
    ]
    print_rows(rows, json)
    say(", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    for pace in simulated:
        say(str(pace))
    print(page)
