"""``faultsim run``."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from faultsim.campaigns import spec
from faultsim.campaigns.lab import Lab
from faultsim.campaigns.ledger import Ledger
from faultsim.campaigns.lock import FolderLock
from faultsim.campaigns.plan import Plan, make_plan
from faultsim.campaigns.pulse import Monitor
from faultsim.campaigns.results import EQUIVALENT, WHOLE, CampaignResult, Detection
from faultsim.campaigns.runner import Runner
from faultsim.campaigns.shard import Part, Shard
from faultsim.cli.commands import run_command
from faultsim.cli.executors import check_executor, open_executor
from faultsim.cli.interrupts import Interrupts
from faultsim.cli.output import print_json, say
from faultsim.cli.predecessor import replacing
from faultsim.cli.progress import ProgressView
from faultsim.cli.versions import versions
from faultsim.errors import Interrupted, StorageError, UsageError
from faultsim.reports.coverage import coverage_of, coverage_rows
from faultsim.reports.coverage_gate import check_coverage, check_limit
from faultsim.reports.figures.pictures import load_drawing
from faultsim.reports.folder import begin_folder, fingerprint, write_folder
from faultsim.spice.service import SimulationService
from faultsim.spice.store import Store

_STORE = "store.sqlite"
_UNKNOWN_EXIT = 6


@dataclass(frozen=True)
class Request:
    """The options of ``run``, as typed."""

    campaign: str
    out: Path | None
    jobs: int | None
    only: str
    dry_run: bool
    fresh: bool
    whole: bool = False
    dask: str | None = None
    shard: Shard | None = None
    fail_under: float | None = None


def run(request: Request, json: bool) -> int:
    """Run a campaign and write its folder; the exit code is 6 where a verdict is unknown.

    Raises:
        GateError: The coverage is below what ``--fail-under`` asks for.
    """
    check_limit(request.fail_under)
    if request.fail_under is not None and request.shard is not None:
        raise UsageError("--fail-under is about the whole campaign; faultsim merge takes it")
    check_executor(request.dask, request.jobs)
    path, campaign = spec.load(request.campaign)
    campaign = campaign.without_equivalent() if request.whole else campaign
    plan = make_plan(path, campaign, request.only)
    folder = request.out or Path("runs") / plan.name
    if request.shard is not None:
        plan = request.shard.part(plan)
        folder = request.out or request.shard.folder(plan.name)
    if isinstance(plan, Part) and not plan.own:
        say(_without_own(plan))
    if request.dry_run:
        _describe(plan, folder, json)
        return 0
    again = run_command(
        request.campaign,
        request.out,
        request.only,
        request.jobs,
        request.whole,
        request.dask,
        request.shard,
        request.fail_under,
    )
    with FolderLock(folder, "run"), Interrupts(again):
        try:
            with closing(Ledger(folder / "campaign.sqlite")) as ledger:
                result, page, simulated = _run(request, plan, folder, ledger)
        except (Interrupted, KeyboardInterrupt) as error:
            stopped = str(error) or "stopped; what was finished is stored"
            raise Interrupted(f"{stopped}; resume with: {again}") from error
        except StorageError as error:
            raise StorageError(f"{error}; then go on with: {again}") from error
    _conclude(result, page, simulated, json)
    if request.shard is not None:
        merge = request.shard.merge_command(request.campaign, plan.name, folder)
        say(f"shard {request.shard} has no report of its own; when all are finished: {merge}")
    if request.fail_under is not None:
        check_coverage(coverage_of(coverage_rows(plan.defects, result.thresholds)), request.fail_under)
    return _UNKNOWN_EXIT if any(row.verdict == Detection.UNKNOWN for row in result.thresholds) else 0


def _run(request: Request, plan: Plan, folder: Path, ledger: Ledger) -> tuple[CampaignResult, Path, int]:
    shard = str(request.shard or "")
    if "campaign" in (before := ledger.facts()) and before.get("shard", "") != shard:
        raise UsageError(
            f"{folder} is of {_words(before.get('shard', ''))}, not of {_words(shard)}; choose another --out"
        )
    store = Store(folder.parent / _STORE)
    simulation = plan.network.sidecar.simulation
    asked = {
        "campaign": str(plan.path.resolve()),
        "only": request.only,
        "whole": "yes" if request.whole else "",
        "shard": shard,
        **fingerprint(plan),
    }
    if replaced := replacing(folder, before, asked):
        say(replaced)
    # Until the end the folder is not complete, even if an earlier run of it was.
    begin_folder(folder)
    if request.fresh:
        ledger.begin_fresh(store.begin_generation())
    elif lost := store.missing(ledger.references()):
        count = ledger.forget(lost)
        say(f"{count} finished results rest on transients that are no more in the store; they are found again")
    executor, threads = open_executor(request.dask, request.jobs, simulation.timeout)
    with SimulationService(executor, store, ledger.generation) as service:
        stated = versions(service.simulator)
        lab = Lab(plan.network, service, simulation, plan.observables)
        if not shard:
            # No daemon: a run that ends early would take the interpreter away from under a library's own code.
            Thread(target=load_drawing).start()
        with ProgressView(Monitor(ledger, service)) as view:
            # Two searches for each worker: one waits for its transient while the other decides what to ask next.
            runner = Runner(plan, lab, ledger, view, threads=2 * threads)
            result = runner.run({**asked, **_prefixed(stated)})
        ledger.conclude()
        if not shard:
            say(f"writing the report of {len(plan.defects)} defects")
        # Tables of a shard would look like those of the campaign.
        page = folder if shard else write_folder(folder, plan, result, ledger, stated)
        return result, page, service.simulated


def _without_own(part: Part) -> str:
    share = f"shard {part.shard} has no defects of its own, because there are {len(part.whole.simulated)}"
    return f"{share}: it does only what every shard does"


def _words(shard: str) -> str:
    return f"shard {shard}" if shard else "the whole campaign"


def _prefixed(stated: dict[str, str]) -> dict[str, str]:
    return {f"version.{name}": value for name, value in stated.items()}


def _describe(plan: Plan, folder: Path, json: bool) -> None:
    defects = plan.own if isinstance(plan, Part) else plan.defects
    counts = {
        "campaign": plan.name,
        "circuit": plan.network.name,
        "folder": str(folder),
        "store": str(folder.parent / _STORE),
        "shard": str(plan.shard) if isinstance(plan, Part) else None,
        "defects": [defect.id for defect in defects],
        "baseline_patterns": len(plan.baseline),
        "settings": len(plan.settings),
        "thresholds": len(plan.thresholds),
        "network": _network(plan),
        "resistors_of": sum(item.definition.kind == "device" for item in plan.simulated) if plan.spec.resistors else 0,
        "grid_points": {defect.unit: len(plan.grid(defect)) for defect in defects},
    }
    if json:
        print_json(counts)
    else:
        print("\n".join(f"{name}: {value}" for name, value in counts.items() if value is not None))


def _network(plan: Plan) -> str:
    """Return what is to be simulated."""
    spec = plan.spec.equivalent
    if spec is None:
        return WHOLE
    if spec.proof == "structure":
        return f"{EQUIVALENT} in which rows only stand for others that are the same circuit, driven the same way"
    sampled = f"{spec.sample} thresholds of each setting"
    return f"{EQUIVALENT}, where the fault-free circuit and {sampled} show within {spec.tolerance:g} that it may be"


def _conclude(result: CampaignResult, page: Path, simulated: int, json: bool) -> None:
    verdicts = {verdict.value: sum(row.verdict == verdict for row in result.thresholds) for verdict in Detection}
    unusable = sum(not row.usable for row in result.settings)
    skipped = f"; {unusable} settings cannot be used (settings.csv)" if unusable else ""
    counts = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items())
    say(f"{counts}{skipped}; {simulated} transients simulated")
    if json:
        print_json({"report": str(page), "verdicts": verdicts, "simulated": simulated})
    else:
        print(page)
