"""``faultsim report``."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from faultsim.campaigns.lock import FolderLock
from faultsim.campaigns.runner import stored_result
from faultsim.cli.finished import finished_of
from faultsim.cli.output import print_json
from faultsim.cli.status import open_ledger
from faultsim.reports.folder import write_folder


def run(run: Path, json: bool) -> None:
    """Write the tables and the page again.

    Raises:
        UsageError: The run is under way or not finished, or its campaign or circuit has changed since.
    """
    with closing(open_ledger(run)) as ledger, FolderLock(run, "report"):
        found = finished_of(run, ledger)
        page = write_folder(run, found.plan, stored_result(ledger, found.plan), ledger, found.versions)
    if json:
        print_json({"report": str(page)})
    else:
        print(page)
