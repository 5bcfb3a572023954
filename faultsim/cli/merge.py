"""``faultsim merge``."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from faultsim.campaigns import spec
from faultsim.campaigns.plan import Plan, make_plan
from faultsim.campaigns.shard import Shard
from faultsim.cli import run as whole_run
from faultsim.cli.commands import command_of
from faultsim.cli.output import say
from faultsim.cli.status import open_ledger
from faultsim.cli.versions import versions
from faultsim.errors import SimulatorError, UsageError
from faultsim.reports.coverage_gate import check_limit
from faultsim.reports.folder import fingerprint, spec_hash
from faultsim.spice.absorbing import absorb
from faultsim.spice.pool import WorkerPool

_LEDGER = "campaign.sqlite"


@dataclass(frozen=True)
class Request:
    """The options of ``merge``, as typed."""

    campaign: str
    folders: Sequence[Path]
    out: Path | None
    jobs: int | None
    fail_under: float | None = None


@dataclass(frozen=True)
class ShardRun:
    """The run folder of a shard.

    Attributes:
        folder: Its path; the store is beside it.
        shard: Which share of the work it is.
        missing: How many of its items are not finished.
        facts: What its ledger remembers.
    """

    folder: Path
    shard: Shard
    missing: int
    facts: Mapping[str, str]


def run(request: Request, json: bool) -> int:
    """Put the stores of a campaign's shards into one, and run the campaign on that; the exit code is that of ``run``.

    Raises:
        UsageError: A folder is no shard's, or not of this campaign as it is now; or they are not of the same run.
        GateError: The coverage is below what ``--fail-under`` asks for.
        SimulatorError: The shards were simulated with another simulator than the one here.
    """
    check_limit(request.fail_under)
    path, campaign = spec.load(request.campaign)
    runs = _each_once([_shard_run(folder, path.stem, request.campaign) for folder in request.folders])
    for one in runs:
        _check_campaign(one, path)
    first = runs[0]
    only, whole = first.facts["only"], bool(first.facts["whole"])
    plan = make_plan(path, campaign.without_equivalent() if whole else campaign, only)
    for one in runs:
        _check(one, first)
        _check_unchanged(one, plan, request.campaign)
    _check_simulator(runs, plan)
    out = request.out or Path("runs") / plan.name
    for one in runs:
        absorb(out.parent / "store.sqlite", one.folder.parent / "store.sqlite")
    for gap in _gaps(runs):
        say(f"{gap}; what is missing is simulated now")
    again = whole_run.Request(
        request.campaign, request.out, request.jobs, only, False, False, whole, fail_under=request.fail_under
    )
    return whole_run.run(again, json)


def _shard_run(given: Path, name: str, campaign: str) -> ShardRun:
    folder = _run_folder(given, name)
    with closing(open_ledger(folder)) as ledger:
        facts, missing = ledger.facts(), ledger.progress().missing
    if not facts.get("shard"):
        makes = shlex.join(["faultsim", "run", campaign, "--shard"])
        raise UsageError(f"{folder} is not the run of a shard; {makes} I/N makes one")
    return ShardRun(folder, Shard.parse(facts["shard"]), missing, facts)


def _run_folder(given: Path, name: str) -> Path:
    """Return a folder, or the run folder in it: of this campaign, or the only one that there is."""
    inside = [given / name, given, *sorted(path.parent for path in given.glob(f"*/{_LEDGER}"))]
    return next((folder for folder in inside if (folder / _LEDGER).is_file()), given)


def _each_once(runs: Sequence[ShardRun]) -> list[ShardRun]:
    """Return runs without those that are given twice, and say which shards are there more than once."""
    folders: dict[Path, ShardRun] = {}
    for one in runs:
        before = folders.setdefault(one.folder.resolve(), one)
        if before is not one:
            say(f"{one.folder} is given twice; once is enough")
    found: dict[str, ShardRun] = {}
    for one in folders.values():
        before = found.setdefault(str(one.shard), one)
        if before is not one:
            say(f"{before.folder} and {one.folder} are both shard {one.shard}; one of them is enough")
    return list(folders.values())


def _check_campaign(one: ShardRun, path: Path) -> None:
    """Check that a shard is not of another campaign: by its name, as far as its file is not the same under another."""
    there = Path(one.facts["campaign"])
    if there.stem != path.stem and one.facts["spec_sha256"] != spec_hash(path):
        raise UsageError(f"{one.folder} is shard {one.shard} of {there.stem} ({there}), not of {path.stem} ({path})")


def _check(one: ShardRun, first: ShardRun) -> None:
    if one.shard.count != first.shard.count:
        raise UsageError(f"{first.folder} is shard {first.shard}, and {one.folder} {one.shard}: not of the same run")
    for option in ("only", "whole"):
        if one.facts[option] != first.facts[option]:
            raise UsageError(f"{first.folder} and {one.folder} were run with another --{option}")


def _check_unchanged(one: ShardRun, plan: Plan, campaign: str) -> None:
    changed = [name.removesuffix("_sha256") for name, value in fingerprint(plan).items() if one.facts[name] != value]
    if changed:
        run = f"{one.folder}, of {one.facts['campaign']}: {' and '.join(changed)} changed since this run"
        raise UsageError(f"{run}; {command_of(one.folder, one.facts, campaign)} brings it up to date")


def _check_simulator(runs: Sequence[ShardRun], plan: Plan) -> None:
    """Check that what the shards have simulated is what would be simulated here; if not, none of it would be found."""
    with WorkerPool(1, plan.network.sidecar.simulation.timeout) as pool:
        here = _simulated_by({f"version.{name}": value for name, value in versions(pool.simulator).items()})
    for one in runs:
        there = _simulated_by(one.facts)
        if there != here:
            raise SimulatorError(f"{one.folder} was simulated by {there}, and here is {here}; merge where the same is")


def _simulated_by(facts: Mapping[str, str]) -> str:
    return f"{facts['version.simulator']} (engine {facts['version.engine']})"


def _gaps(runs: Sequence[ShardRun]) -> list[str]:
    """Return what is not there, in words."""
    count = runs[0].shard.count
    there = {one.shard.index for one in runs}
    absent = [str(Shard(index, count)) for index in range(1, count + 1) if index not in there]
    gaps = [f"{one.folder} is not finished ({one.missing} items to go)" for one in runs if one.missing]
    return [*gaps, *([f"no folder of shard {', '.join(absent)} is given"] if absent else [])]
