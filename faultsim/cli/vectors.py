"""``faultsim vectors``."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from faultsim.campaigns.lab import Lab
from faultsim.campaigns.lock import FolderLock
from faultsim.campaigns.pulse import spent_of
from faultsim.circuits.network import Network
from faultsim.cli.commands import spelled
from faultsim.cli.executors import check_address, open_executor
from faultsim.cli.finished import Finished, finished
from faultsim.cli.interrupts import Interrupts
from faultsim.cli.output import print_json, print_rows, say
from faultsim.cli.progress import ProgressView
from faultsim.cli.status import check_run, is_run
from faultsim.errors import GateError, Interrupted, StorageError, UsageError
from faultsim.reports.files import check_writable
from faultsim.spice.service import SimulationService
from faultsim.spice.store import Store
from faultsim.units import format_quantity, number_of
from faultsim.vectors.chooser import Aim
from faultsim.vectors.named_set import PURPOSES, NamedSet
from faultsim.vectors.output import Output
from faultsim.vectors.patterns import MOST_INPUTS
from faultsim.vectors.record import RECORD, REPLAY, SetRecord
from faultsim.vectors.recorder import Recorder
from faultsim.vectors.space import check_space, load_space
from faultsim.vectors.tester import FEMTO, load_tester
from faultsim.vectors.vector_set import Subject, VectorSet, make_set

FOLDER = "vectors"
_STORE = "store.sqlite"
_PROVEN = 1e-9


@dataclass(frozen=True)
class Request:
    """The options of ``vectors``, as typed."""

    runs: list[Path]
    tester: str
    candidates: str | None
    fewest: bool
    coverage: float
    diagnosis: bool
    out: Path | None
    jobs: int | None
    dask: str | None


def run(request: Request, json: bool) -> None:
    """Choose vectors for the defects of some runs and write the tester's files."""
    if request.dask is not None:
        check_address(request.dask)
    runs = [finished(folder) for folder in request.runs]
    subject = _subject(runs, request)
    folder = request.out or runs[0].folder / FOLDER
    again = _command(request, json)
    with FolderLock(runs[0].folder, "vectors"), Interrupts(again):
        try:
            check_writable(folder)
            found, simulated = _made(subject, request, runs[0].folder)
            only = [one.facts["only"] for one in runs]
            named = NamedSet(found)
            _check_tables(named)
            output = Output(Recorder(named, only, _fingerprints(runs), runs[0].versions))
            replayed = (folder / REPLAY).is_file()
            output.write(folder)
        except (Interrupted, KeyboardInterrupt) as error:
            raise Interrupted(f"stopped; what was simulated is stored; resume with: {again}") from error
        except StorageError as error:
            raise StorageError(f"{error}; then go on with: {again}") from error
    if replayed:
        say(f"{folder / REPLAY} was of the vectors before, and is deleted; faultsim replay makes it anew")
    _conclude(found, output, folder, simulated, json)
    if request.out is None:
        say(f"{spelled('report', [runs[0].folder], {}, {})} shows them on the run's page")


def _made(subject: Subject, request: Request, run: Path) -> tuple[VectorSet, int]:
    """Return the set, and how many transients it took.

    Raises:
        Interrupted: Ctrl-C.
    """
    try:
        with opened(run, subject.network, request.jobs, request.dask) as (lab, pool, view):
            aim = Aim(request.fewest, request.coverage / 100)
            return make_set(subject, aim, request.diagnosis, lab, pool, view), lab.service.simulated
    except CancelledError as error:
        raise Interrupted("stopped") from error


class Bench(NamedTuple):
    """What simulates a circuit for a command.

    Attributes:
        lab: Answers questions; rows that are the same circuit are simulated as one.
        pool: Threads that wait for answers.
        view: Shows how it gets on.
    """

    lab: Lab
    pool: ThreadPoolExecutor
    view: ProgressView


@contextmanager
def opened(run: Path, network: Network, jobs: int | None, dask: str | None, fresh: bool = False) -> Iterator[Bench]:
    """Open a bench on the store of a run.

    Args:
        run: The run folder.
        network: The circuit.
        jobs: Worker processes.
        dask: Address of a scheduler in place of these.
        fresh: Simulate everything again.
    """
    simulation = network.sidecar.simulation
    store = Store(run.resolve().parent / _STORE)
    executor, threads = open_executor(dask, jobs, simulation.timeout)
    generation = store.begin_generation() if fresh else 0
    pool = ThreadPoolExecutor(2 * threads)
    with SimulationService(executor, store, generation) as service, _view(service) as view:
        try:
            observables = dict(network.sidecar.observables)
            yield Bench(Lab(network, service, simulation, observables, lumped=True, exact=True), pool, view)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            service.close()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _view(service: SimulationService) -> ProgressView:
    return ProgressView(telling=lambda: spent_of(service))


def _subject(runs: list[Finished], request: Request) -> Subject:
    network = runs[0].plan.network
    size = "small" if len(network.inputs) <= MOST_INPUTS else "large"
    path, space = load_space(request.candidates or size)
    check_space(path, space, network)
    subject = Subject([one.plan for one in runs], space, load_tester(request.tester))
    subject.check()
    return subject


def _check_tables(named: NamedSet) -> None:
    """Check that the tester has room for the program's waveform tables.

    Raises:
        GateError: It has not.
    """
    tester, needed = named.vectors.subject.tester, len(named.program.tables)
    if needed > tester.spec.tables:
        remedy = "leave windows out of the candidate space, or programs that are written"
        raise GateError(
            f"the program has {needed} waveform tables, and tester {tester.name} {tester.spec.tables}; {remedy}"
        )


def _fingerprints(runs: list[Finished]) -> dict[str, str]:
    """Return what the runs followed from: hashes of campaigns, circuit and rules."""
    return {
        f"{one.plan.name}.{name}": value
        for one in runs
        for name, value in one.facts.items()
        if name.endswith("_sha256")
    }


def _command(request: Request, json: bool) -> str:
    options = {
        "--tester": request.tester,
        "--candidates": request.candidates,
        "--coverage": None if request.coverage == 100 else f"{request.coverage:g}",
        "--out": request.out,
        "--jobs": request.jobs,
        "--dask": request.dask,
    }
    flags = {"--fewest": request.fewest, "--no-diagnosis": not request.diagnosis, "--json": json}
    return spelled("vectors", request.runs, options, flags)


def _conclude(found: VectorSet, output: Output, folder: Path, simulated: int, json: bool) -> None:
    record = output.record
    chosen, defects = record.selection, record.defects
    covered = sum(bool(defect.covered_by) for defect in defects)
    of = f"{covered} of {len(defects)} circuits with a defect"
    verb = "covers" if len(record.vectors) == 1 else "cover"
    say(f"{number_of(len(record.vectors), 'vector')} {verb} {of}; {number_of(simulated, 'transient')} simulated")
    dearer = f"at most {chosen.gap:.1%} dearer than the cheapest"
    proof = "no cheaper set covers as much" if chosen.gap <= _PROVEN else dearer
    cost, greedy = (_cost(found, value) for value in (chosen.cost, chosen.greedy_cost))
    say(f"cost {cost}, {proof} (greedy: {greedy})")
    for line in _times(found, record):
        say(line)
    if record.refused:
        tried = chosen.candidates + len(record.refused)
        say(f"the tester cannot apply {len(record.refused)} of {number_of(tried, 'candidate')} (vectors.json)")
    for defect in defects:
        if not defect.covered_by:
            say(f"not covered: {defect.defect_id}: {defect.reason}")
    rows = [
        {
            "vector": one.name,
            "purpose": one.purpose,
            "test": one.test,
            "time_s": one.time_s,
            "covers": sum(pair.covered for pair in one.pairs),
        }
        for one in record.vectors
    ]
    if json:
        print_json({"folder": str(folder), **record.model_dump(include={"selection", "defects"}), "vectors": rows})
        return
    print_rows(rows, json=False)
    print(folder)


def _times(found: VectorSet, record: SetRecord) -> Iterator[str]:
    """Yield what the cost is made of, and what is not in it."""
    times_s = {purpose: [one.time_s for one in record.vectors if one.purpose == purpose] for purpose in PURPOSES}
    detecting, diagnosing = (times_s[purpose] for purpose in PURPOSES)
    if detecting and not found.choice.aim.fewest:
        supplies = len({check.candidate.conditions.vdd_v for check in found.choice.checks})
        spent = format_quantity(sum(detecting), "s")
        level = format_quantity(found.subject.tester.spec.overheads.level, "s")
        each = f"{level} for the supply" if supplies == 1 else f"{level} for each of {supplies} supplies"
        yield f"that is {spent} in {number_of(len(detecting), 'vector')} for detection and {each}"
    if diagnosing:
        spent = format_quantity(sum(diagnosing), "s")
        yield f"not in the cost: {spent} in {number_of(len(diagnosing), 'vector')} for diagnosis"
    for one in record.applied:
        if one.about:
            lasts = format_quantity((sum(one.periods_fs) + one.rest_fs) * FEMTO, "s")
            yield f"not in the cost, nor in vectors.csv: {lasts} of {one.name}, which {one.about}"


def _cost(found: VectorSet, value: float) -> str:
    return f"{value:g} vectors" if found.choice.aim.fewest else format_quantity(value, "s")


def load_record_folder(run: Path, out: Path | None) -> Path:
    """Return where the vectors of a run are.

    Raises:
        UsageError: There are none.
    """
    folder = out or run / FOLDER
    if (folder / RECORD).is_file():
        return folder
    if folder.is_file():
        raise UsageError(f"{folder} is a file, not a folder of vectors")
    if out is None and (run / RECORD).is_file():
        above = run.parent if is_run(run.parent) else Path("RUN")
        way = "" if is_run(run.parent) else f" --out {shlex.quote(str(run))}"
        raise UsageError(f"{run} is a folder of vectors, not the run that they are for; give {above}{way} in its place")
    check_run(run)
    raise UsageError(f"{folder} has no {RECORD}; {vectors_command(run, out)} makes it")


def vectors_command(run: Path, out: Path | None) -> str:
    """Return the command that makes the vectors of a run."""
    return spelled("vectors", [run], {"--out": out}, {})
