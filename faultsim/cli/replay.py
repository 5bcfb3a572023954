"""``faultsim replay``."""

from __future__ import annotations

from concurrent.futures import CancelledError
from dataclasses import dataclass
from pathlib import Path

from faultsim.campaigns.plan import Plan, make_plan
from faultsim.campaigns.spec import CampaignSpec
from faultsim.cli.commands import spelled
from faultsim.cli.interrupts import Interrupts
from faultsim.cli.output import print_json, say
from faultsim.cli.status import check_run
from faultsim.cli.vectors import load_record_folder, opened, vectors_command
from faultsim.errors import GateError, Interrupted, StorageError, UsageError
from faultsim.fault_models.defect import Defect
from faultsim.reports.files import check_writable
from faultsim.reports.tables import write_table
from faultsim.specfile import read_spec
from faultsim.units import number_of
from faultsim.vectors.differences import beyond, differences
from faultsim.vectors.fit import check_fit
from faultsim.vectors.record import RECORD, REPLAY, STIL, SetRecord, read_record
from faultsim.vectors.replay import Replay, ReplayRow, told
from faultsim.vectors.stil_reader import read_stil

_SHOWN = 20


@dataclass(frozen=True)
class Request:
    """The options of ``replay``, as typed."""

    run: Path
    stil: Path | None
    fresh: bool
    out: Path | None
    jobs: int | None
    dask: str | None


def run(request: Request, json: bool) -> None:
    """Play the vectors' file to the circuit and compare with what the vectors are said to show.

    Raises:
        GateError: Something differs.
    """
    folder = load_record_folder(request.run, request.out)
    # The store lies beside the run folder.
    check_run(request.run)
    record = read_record(folder)
    if not record.applied:
        again = vectors_command(request.run, request.out)
        raise UsageError(f"{folder / RECORD} is of another version of faultsim; {again} makes it anew")
    path = request.stil or folder / STIL
    program = read_stil(path)
    plans = plans_of(record)
    network, defects = plans[0].network, known_defects(plans)
    check_fit(network, program, [one.name for one in record.applied])
    wrong, refused = differences(network, record, program), beyond(record, program)
    if refused:
        raise GateError(_differing(path, [*_shown(wrong, "--json lists them"), *refused, "nothing was simulated"], []))
    table = _table(path, folder)
    _check_table(table)
    again = _command(request, json)
    try:
        bench = opened(request.run, network, request.jobs, request.dask, request.fresh)
        with Interrupts(again), bench as (lab, pool, view):
            rows = Replay(lab, record, defects, pool, view).rows(program)
            simulated = lab.service.simulated
    except (KeyboardInterrupt, CancelledError) as error:
        raise Interrupted(f"stopped; what was simulated is stored; resume with: {again}") from error
    write_table(table, ReplayRow, rows)
    differ = [told(row) for row in rows if not row.agrees]
    if json:
        print_json({"stil": str(path), "transients": len(rows), "differences": wrong, "mismatches": differ})
    _conclude(path, wrong, len(rows) - len(differ), len(rows))
    say(f"{number_of(simulated, 'transient')} simulated, the others stored")
    if wrong or differ:
        raise GateError(_differing(path, _shown(wrong, "--json lists them"), _shown(differ, str(table))))
    if not json:
        print(table)


def _table(stil: Path, folder: Path) -> Path:
    """Return where a replay's table goes: that of a file that is not the vectors' own lies beside the file."""
    own = folder / STIL
    if own.is_file() and stil.is_file() and own.samefile(stil):
        return folder / REPLAY
    return stil.with_suffix(f".{REPLAY}")


def _check_table(table: Path) -> None:
    """Check that a replay's table can be written.

    Raises:
        StorageError: It cannot.
    """
    try:
        check_writable(table.parent)
    except StorageError as error:
        # Where the table goes is up to the STIL file, and not to --out.
        remedy = "make the folder writable, or copy the STIL file to another one and replay it there with --stil"
        raise StorageError(f"{table}: cannot be written; {remedy}") from error


def _command(request: Request, json: bool) -> str:
    """Return the command that goes on with a replay; with --fresh it would begin anew."""
    options = {"--stil": request.stil, "--out": request.out, "--jobs": request.jobs, "--dask": request.dask}
    return spelled("replay", [request.run], options, {"--json": json})


def _conclude(path: Path, wrong: list[str], agree: int, count: int) -> None:
    """Say what the circuit shows: of a file that is not as certified, how it does when it is driven by that."""
    shows = f"{agree:,} of {number_of(count, 'transient')} show what they should"
    if wrong:
        say(f"driven as {path} says, which is not what was certified, {shows}")
    else:
        say(shows)


def _differing(path: Path, wrong: list[str], differ: list[str]) -> str:
    lines = [f"{path} is not what was certified:", *wrong] if wrong else []
    return "\n".join([*lines, *([f"{path} does not do what the vectors were chosen for:", *differ] if differ else [])])


def _shown(lines: list[str], where: str) -> list[str]:
    """Return the first of some lines, and where the others are."""
    more = len(lines) - _SHOWN
    return [*lines[:_SHOWN], *([f"... and {more} more ({where})"] if more > 0 else [])]


def plans_of(record: SetRecord) -> list[Plan]:
    """Return the plans of the campaigns that a set of vectors is for.

    Raises:
        UsageError: A campaign's file is gone.
    """
    found = []
    for name, only in zip(record.campaigns, record.only, strict=True):
        path = Path(name)
        if not path.is_file():
            raise UsageError(f"the campaign {path}, which the vectors are for, is gone; put it back there")
        found.append(make_plan(path, read_spec(path, CampaignSpec), only))
    return found


def known_defects(plans: list[Plan]) -> dict[str, Defect]:
    """Return every defect that campaigns can name, by its id."""
    return {identity: defect for plan in plans for identity, defect in plan.known.items()}
