"""What ``train``, ``infer`` and ``measure`` have in common: folder, store, lock, Ctrl-C, and how to resume."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from faultsim.campaigns.lock import FolderLock
from faultsim.cli.commands import spelled
from faultsim.cli.executors import check_executor, open_executor
from faultsim.cli.interrupts import Interrupts
from faultsim.cli.output import print_json, say
from faultsim.cli.study_log import StudyLog, manifest_of
from faultsim.cli.versions import versions
from faultsim.errors import Interrupted, StorageError, UsageError
from faultsim.reports.learning.study import Study, begin_study, write_study
from faultsim.spice.service import SimulationService
from faultsim.spice.store import Store

_STORE = "store.sqlite"
UNKNOWN_EXIT = 6
Work = Callable[[SimulationService, int, StudyLog], Study]
"""Asks a service, so many transients at a time, and returns what is to be written; its progress views are the log's."""


@dataclass(frozen=True)
class StudyRequest:
    """The options of a study, as typed.

    Attributes:
        verb: train, infer or measure.
        spec: The file that says what it is about.
        out: Its folder; below runs if None.
        jobs: Processes on this machine.
        fresh: Simulate everything again.
        dask: Address of a scheduler.
        only: Pattern of names.
        data: Folder of pictures as MNIST has them, for functional networks.
        behaviours: Folder of a campaign's run, whose behaviours are faults of a functional network.
    """

    verb: str
    spec: str
    out: Path | None
    jobs: int | None
    fresh: bool
    dask: str | None
    only: str = "*"
    data: Path | None = None
    behaviours: Path | None = None

    def check(self) -> None:
        """Check what does not depend on the file.

        Raises:
            UsageError: Options that exclude each other, or an address that is none.
        """
        check_executor(self.dask, self.jobs)

    @property
    def command(self) -> str:
        """Return the command that goes on with it."""
        only = None if self.only == "*" else self.only
        folders = {"--out": self.out, "--data": self.data, "--behaviours": self.behaviours}
        options = {**folders, "--only": only, "--jobs": self.jobs, "--dask": self.dask}
        return spelled(self.verb, [self.spec], options, {})


def conduct(request: StudyRequest, folder: Path, timeout_s: float, work: Work) -> tuple[Study, Path]:
    """Do a study and write its folder.

    Returns:
        The study, and the path of its page.

    Raises:
        UsageError: The folder is of something else.
        Interrupted: Ctrl-C; what was finished is stored.
        StorageError: Something cannot be written.
    """
    again = request.command
    log = StudyLog(folder, again)
    _check_folder(folder, Path(request.spec).stem)
    with FolderLock(folder, request.verb), Interrupts(again):
        try:
            store = Store(folder.parent / _STORE)
            generation = store.begin_generation() if request.fresh else 0
            executor, threads = open_executor(request.dask, request.jobs, timeout_s)
            with SimulationService(executor, store, generation) as service:
                stated = versions(service.simulator)
                # Only now: where nothing can be simulated, an earlier report stays as it is.
                begin_study(folder)
                log.begin()
                study = _told_of(request.only, work(service, threads, log))
            page = write_study(folder, study, stated)
            log.end()
            return study, page
        except (Interrupted, KeyboardInterrupt) as error:
            stopped = str(error) or "stopped; what was finished is stored"
            raise Interrupted(f"{stopped}; resume with: {again}") from error
        except StorageError as error:
            raise StorageError(f"{error}; then go on with: {again}") from error


def _check_folder(folder: Path, name: str) -> None:
    """Check that a folder is not that of a campaign, or of a study by another name.

    Raises:
        UsageError: It is.
    """
    manifest = manifest_of(folder)
    if "campaign" in manifest or (manifest and manifest.get("name") != name):
        of = manifest.get("campaign") or f"{manifest.get('kind')} {manifest.get('name')}"
        raise UsageError(f"{folder} is the folder of {of}; choose another --out, or delete it")


def _told_of(only: str, study: Study) -> Study:
    """Return a study that says which of its trainings it is about, where these are not all."""
    if only == "*":
        return study
    return replace(study, notes=[*study.notes, f"Only {only}, by --only."], counts={**study.counts, "only": only})


def conclude(study: Study, page: Path, json: bool) -> int:
    """Say what came of a study, and return the exit code: 6 where something is unknown."""
    if json:
        print_json({"report": str(page), "verdict": study.verdict, **study.counts})
    else:
        say(study.verdict)
        print(page)
    return UNKNOWN_EXIT if study.counts["unknown"] else 0
