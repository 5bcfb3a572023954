"""``faultsim replay``."""

from __future__ import annotations

import shlex
from concurrent.futures import CancelledError
from dataclasses import dataclass
from pathlib import Path

from faultsim.campaigns.plan import Plan, make_plan
from faultsim.campaigns.spec import CampaignSpec
from faultsim.cli.interrupts import Interrupts
from faultsim.cli.output import print_json, say
from faultsim.cli.vectors import load_record_folder, opened
from faultsim.errors import GateError, Interrupted, UsageError
from faultsim.fault_models.defect import Defect
from faultsim.reports.tables import write_table
from faultsim.specfile import read_spec
from faultsim.vectors.output import STIL
from faultsim.vectors.record import SetRecord, read_record
from faultsim.vectors.replay import Replay, ReplayRow, edge_mismatches, told
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
    record = read_record(folder)
    path = request.stil or folder / STIL
    program = read_stil(path)
    plans = plans_of(record)
    defects = known_defects(plans)
    again = shlex.join(["faultsim", "replay", str(request.run)])
    wrong = edge_mismatches(record, program)
    try:
        bench = opened(request.run, plans[0].network, request.jobs, request.dask, request.fresh)
        with Interrupts(again), bench as (lab, pool, view):
            rows = Replay(lab, record, defects, pool, view).rows(program)
            simulated = lab.service.simulated
    except (KeyboardInterrupt, CancelledError) as error:
        raise Interrupted(f"stopped; what was simulated is stored; resume with: {again}") from error
    write_table(folder / "replay.csv", ReplayRow, rows)
    differ = [row for row in rows if not row.agrees]
    if json:
        mismatches = [told(row) for row in differ]
        print_json({"stil": str(path), "transients": len(rows), "edges": wrong, "mismatches": mismatches})
    agree = f"{len(rows) - len(differ)} of {len(rows)} transients show what they should"
    say(f"{agree}; {simulated} simulated, the others stored")
    if wrong or differ:
        lines = [*wrong, *map(told, differ)]
        more = [f"... and {len(lines) - _SHOWN} more (replay.csv)"] if len(lines) > _SHOWN else []
        raise GateError("\n".join([f"{path} does not do what the vectors were chosen for:", *lines[:_SHOWN], *more]))
    if not json:
        print(folder / "replay.csv")


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
