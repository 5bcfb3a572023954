"""``faultsim status``."""

from __future__ import annotations

from pathlib import Path

from faultsim.campaigns.ledger import Ledger
from faultsim.cli.output import print_json
from faultsim.errors import UsageError
from faultsim.reports.folder import MANIFEST


def open_ledger(run: Path) -> Ledger:
    """Open the ledger of a run folder.

    Raises:
        UsageError: It is not a run folder.
    """
    if not (run / "campaign.sqlite").is_file():
        raise UsageError(f"{run} is not a run folder: it has no campaign.sqlite; faultsim run makes one")
    return Ledger(run / "campaign.sqlite")


def run(run: Path, json: bool) -> None:
    """Print how far a run is."""
    ledger = open_ledger(run)
    progress = ledger.progress()
    ledger.close()
    complete = (run / MANIFEST).is_file()
    if json:
        stages = {stage: [progress.finished[stage], total] for stage, total in progress.planned.items()}
        print_json({"complete": complete, "stages": stages, "verdicts": dict(progress.verdicts)})
        return
    for stage, total in progress.planned.items():
        print(f"{stage}: {progress.finished[stage]} of {total}")
    for verdict, count in sorted(progress.verdicts.items()):
        print(f"{verdict}: {count}")
    print("complete" if complete else "not complete; faultsim run resumes it")
