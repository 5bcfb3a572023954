"""The plan of a run folder that is finished, for the commands that go on from there."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from faultsim.campaigns.ledger import Ledger
from faultsim.campaigns.plan import Plan, make_plan
from faultsim.campaigns.shard import Shard
from faultsim.campaigns.spec import CampaignSpec
from faultsim.cli.commands import command_of
from faultsim.cli.status import open_ledger
from faultsim.errors import UsageError
from faultsim.reports.folder import fingerprint
from faultsim.specfile import read_spec


@dataclass(frozen=True)
class Finished:
    """A run that is finished, and follows from its campaign and circuit as they are now.

    Attributes:
        folder: The run folder.
        plan: What was run.
        facts: What its ledger remembers.
    """

    folder: Path
    plan: Plan
    facts: Mapping[str, str]

    @property
    def versions(self) -> dict[str, str]:
        """Return the versions of what it was run with."""
        prefix = "version."
        return {name.removeprefix(prefix): value for name, value in self.facts.items() if name.startswith(prefix)}


def finished(folder: Path) -> Finished:
    """Return a run that is finished.

    Raises:
        UsageError: It is no run folder, is under way or not finished, or its campaign or circuit has changed since.
    """
    with closing(open_ledger(folder)) as ledger:
        return finished_of(folder, ledger)


def finished_of(run: Path, ledger: Ledger) -> Finished:
    """Return the run of an open ledger.

    Raises:
        UsageError: As `finished`.
    """
    facts = ledger.facts()
    if facts.get("shard"):
        raise UsageError(f"{run} is only shard {facts['shard']} of a campaign; faultsim merge makes the report of all")
    progress = ledger.progress()
    missing = progress.missing
    again = command_of(run, {"campaign": "CAMPAIGN", **facts})
    if missing or not progress.planned:
        raise UsageError(f"{run} is not finished ({missing} items to go); {again} resumes it")
    return Finished(run, current_plan(run, facts), facts)


def current_plan(run: Path, facts: Mapping[str, str]) -> Plan:
    """Return the plan of a run that has begun, from its campaign and circuit as they are now.

    Args:
        run: The run folder.
        facts: What its ledger remembers.

    Raises:
        UsageError: The campaign is gone, or it or the circuit has changed since the run.
    """
    path, again = Path(facts["campaign"]), command_of(run, facts)
    if not path.is_file():
        raise UsageError(f"{run}: its campaign {path} is gone; {again} makes a new run once it is back")
    campaign = read_spec(path, CampaignSpec)
    plan = make_plan(path, campaign.without_equivalent() if facts.get("whole") else campaign, facts["only"])
    changed = [name.removesuffix("_sha256") for name, value in fingerprint(plan).items() if facts.get(name) != value]
    if changed:
        raise UsageError(f"{run}: {' and '.join(changed)} changed since this run; {again} brings it up to date")
    return Shard.parse(facts["shard"]).part(plan) if facts.get("shard") else plan
