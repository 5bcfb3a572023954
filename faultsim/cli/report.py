"""``faultsim report``."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from faultsim.campaigns.ledger import Ledger
from faultsim.campaigns.lock import FolderLock
from faultsim.campaigns.plan import Plan, make_plan
from faultsim.campaigns.runner import stored_result
from faultsim.campaigns.spec import CampaignSpec
from faultsim.cli.commands import command_of
from faultsim.cli.output import print_json
from faultsim.cli.status import open_ledger
from faultsim.errors import UsageError
from faultsim.reports.folder import fingerprint, write_folder
from faultsim.specfile import read_spec


def run(run: Path, json: bool) -> None:
    """Write the tables and the page again.

    Raises:
        UsageError: The run is under way or not finished, or its campaign or circuit has changed since.
    """
    with closing(open_ledger(run)) as ledger, FolderLock(run, "report"):
        facts = ledger.facts()
        plan = _plan(run, facts, ledger)
        stated = {name.removeprefix("version."): value for name, value in facts.items() if name.startswith("version.")}
        page = write_folder(run, plan, stored_result(ledger, plan), ledger, stated)
    if json:
        print_json({"report": str(page)})
    else:
        print(page)


def _plan(run: Path, facts: dict[str, str], ledger: Ledger) -> Plan:
    if facts.get("shard"):
        raise UsageError(f"{run} is only shard {facts['shard']} of a campaign; faultsim merge makes the report of all")
    progress = ledger.progress()
    missing = progress.missing
    whole = bool(facts.get("whole"))
    again = command_of(run, {"campaign": "CAMPAIGN", **facts})
    if missing or not progress.planned:
        raise UsageError(f"{run} is not finished ({missing} items to go); {again} resumes it")
    path = Path(facts["campaign"])
    if not path.is_file():
        raise UsageError(f"{run}: its campaign {path} is gone; {again} makes a new run once it is back")
    campaign = read_spec(path, CampaignSpec)
    plan = make_plan(path, campaign.without_equivalent() if whole else campaign, facts["only"])
    changed = [name.removesuffix("_sha256") for name, value in fingerprint(plan).items() if facts.get(name) != value]
    if changed:
        raise UsageError(f"{run}: {' and '.join(changed)} changed since this run; {again} brings it up to date")
    return plan
