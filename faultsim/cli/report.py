"""``faultsim report``."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from faultsim.cli.output import print_json, say
from faultsim.cli.tables import FORMATS, print_tables, print_typeset, write_typeset
from faultsim.errors import GateError, UsageError, did_you_mean
from faultsim.reports.coverage_gate import check_coverage, check_limit
from faultsim.reports.typesetting.typeset import Table

_NAMED = 5


@dataclass(frozen=True)
class Request:
    """The options of ``report``, as typed."""

    runs: list[Path]
    format: str | None = None
    table: str | None = None
    out: Path | None = None
    fail_under: float | None = None
    fail_on_loss: bool = False


def run(request: Request, json: bool) -> None:
    """Write the tables and the page of a run again, or print its tables, or what changed from one run to another.

    Raises:
        UsageError: A run is under way or not finished; the page is asked for, and the campaign or circuit has changed
            since; or options that do not go together.
        GateError: The coverage is too low, or a detection was lost.
    """
    _check(request, json)
    if len(request.runs) == 2:
        _compare(request, json)
        return
    [folder] = request.runs
    if request.format is None:
        _write_again(folder, json)
    else:
        _typeset(request, folder, json)
    if request.fail_under is not None:
        from faultsim.reports.run_folders.run import load_run

        check_coverage(load_run(folder).summary.coverage, request.fail_under)


def _check(request: Request, json: bool) -> None:
    check_limit(request.fail_under)
    two = len(request.runs) == 2
    if len(request.runs) > 2:
        raise UsageError("report takes one run, or two to say what changed from the first to the second")
    if request.format is not None and request.format not in FORMATS:
        raise UsageError(f"--format {request.format!r} is not known ({did_you_mean(request.format, FORMATS)})")
    if request.fail_on_loss and not two:
        raise UsageError("--fail-on-loss compares two runs: faultsim report BEFORE AFTER --fail-on-loss")
    if request.format is None and (request.out is not None or (request.table is not None and not two)):
        raise UsageError(f"-o and --table are about tables to print; say as what, with --format {'|'.join(FORMATS)}")
    if json and request.format is not None and request.out is None:
        raise UsageError("--json and --format are two forms of the same; give one of them")


def _write_again(run: Path, json: bool) -> None:
    # All that makes a campaign; to print tables takes none of it.
    from faultsim.campaigns.lock import FolderLock
    from faultsim.campaigns.runner import stored_result
    from faultsim.cli.finished import finished_of
    from faultsim.cli.status import open_ledger
    from faultsim.reports.folder import write_folder
    from faultsim.reports.run_folders.run import load_run

    with closing(open_ledger(run)) as ledger, FolderLock(run, "report"):
        found = finished_of(run, ledger)
        say(f"writing the report of {len(found.plan.defects)} defects")
        page = write_folder(run, found.plan, stored_result(ledger, found.plan), ledger, found.versions)
    if json:
        manifest = load_run(run).manifest
        print_json({"report": str(page), "coverage": manifest["coverage"], "counts": manifest["counts"]})
    else:
        print(page)


def _typeset(request: Request, folder: Path, json: bool) -> None:
    from faultsim.reports.run_folders.run import load_run
    from faultsim.reports.typesetting.paper_tables import KINDS, paper_tables

    run = load_run(folder)
    tables = {kind: paper_tables(run, kind) for kind in _wanted(request, KINDS)}
    if request.table is not None and not tables[request.table]:
        raise UsageError(f"{folder} has nothing for --table {request.table}; its campaign does not ask for it")
    _put(request, tables, run.name, json)


def _compare(request: Request, json: bool) -> None:
    from faultsim.reports.run_folders.change_tables import KINDS, change_tables
    from faultsim.reports.run_folders.run import load_run

    before, after = map(load_run, request.runs)
    changes = after.changes_since(before)
    tables = {kind: change_tables(changes, kind) for kind in _wanted(request, KINDS)}
    if request.format is not None:
        _put(request, tables, f"{before.name}-{after.name}", json)
    elif json:
        print_json(changes.record)
    else:
        print(changes.headline)
        print_tables([table for found in tables.values() for table in found])
    failed = _lost(changes.lost) if request.fail_on_loss else []
    try:
        if request.fail_under is not None:
            check_coverage(after.summary.coverage, request.fail_under)
    except GateError as error:
        failed.append(str(error))
    if failed:
        raise GateError("\n".join(failed))


def _lost(lost: list[str]) -> list[str]:
    if not lost:
        return []
    names = ", ".join([*lost[:_NAMED], *["..."] * (len(lost) > _NAMED)])
    return [f"{len(lost)} {'detection was' if len(lost) == 1 else 'detections were'} lost: {names}"]


def _wanted(request: Request, kinds: tuple[str, ...]) -> tuple[str, ...]:
    if request.table is None:
        return kinds
    if request.table not in kinds:
        of = "two runs have" if len(request.runs) == 2 else "a run has"
        raise UsageError(f"--table {request.table!r}: {of} no such table ({did_you_mean(request.table, kinds)})")
    return (request.table,)


def _put(request: Request, tables: dict[str, list[Table]], label: str, json: bool) -> None:
    if request.format is None or request.out is None:
        print_typeset(tables, request.format or FORMATS[0], label)
        return
    files = write_typeset(tables, request.format, label, request.out)
    if json:
        print_json({"files": [str(path) for path in files]})
    else:
        print("\n".join(map(str, files)))
