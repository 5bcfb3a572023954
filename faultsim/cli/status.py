"""``faultsim status``."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from faultsim.campaigns.headway import Headway
from faultsim.campaigns.ledger import Ledger
from faultsim.campaigns.lock import Holder, holder_of
from faultsim.campaigns.pulse import Pulse, duration, last_pulse
from faultsim.campaigns.shard import Shard
from faultsim.cli.commands import command_of
from faultsim.cli.output import print_json
from faultsim.cli.study_log import is_study, print_study
from faultsim.errors import UsageError
from faultsim.reports.folder import MANIFEST
from faultsim.spice.store import Store

_LEDGER = "campaign.sqlite"


@dataclass(frozen=True)
class Standing:
    """All that can be said of a run from outside.

    Attributes:
        complete: Everything that it consists of is written.
        only: The defects that it is about, as a pattern.
        shard: Which share of a campaign it does, and what merges all of them; None for a whole one.
        resume: The command that goes on with it.
        headway: How far it is.
        verdicts: How many thresholds have which verdict.
        transients: How many of those that finished results rest on ended in which way.
        holder: The process that writes the folder right now.
        pulse: What the last run said of itself.
    """

    complete: bool
    only: str
    shard: tuple[Shard, str] | None
    resume: str
    headway: Headway
    verdicts: dict[str, int]
    transients: dict[str, int]
    holder: Holder | None
    pulse: Pulse | None


def open_ledger(run: Path) -> Ledger:
    """Open the ledger of a run folder.

    Raises:
        UsageError: It is not a run folder.
    """
    check_run(run)
    return Ledger(run / _LEDGER)


def check_run(folder: Path) -> None:
    """Check that a folder is one of a run.

    Raises:
        UsageError: It is not.
    """
    if not is_run(folder) and is_study(folder):
        raise UsageError(f"{folder} is no run of a campaign; what train, infer and measure leave has its page already")
    if not is_run(folder):
        raise UsageError(f"{folder} is not a run folder: it has no {_LEDGER}; faultsim run makes one")


def is_run(folder: Path) -> bool:
    """Return whether a folder is one of a run."""
    return (folder / _LEDGER).is_file()


def run(run: Path, json: bool) -> None:
    """Print how far a run is, of a campaign or of a study."""
    if not is_run(run) and is_study(run):
        print_study(run, json)
        return
    standing = _standing(run)
    if json:
        print_json(_record(standing))
    else:
        print("\n".join(_lines(standing)))


def _standing(run: Path) -> Standing:
    # Asked first: a run that ends meanwhile is then seen as under way and complete, not as neither.
    holder = holder_of(run)
    with closing(open_ledger(run)) as ledger:
        transients, facts, headway = ledger.transients(), ledger.facts(), ledger.progress()
        shard = _shard(run, facts) if facts.get("shard") else None
        return Standing(
            # A share has no report of its own: it is complete once nothing is missing.
            complete=bool(headway.planned) and not headway.missing if shard else (run / MANIFEST).is_file(),
            only=facts.get("only", "*"),
            shard=shard,
            resume=command_of(run, {"campaign": "CAMPAIGN", **facts}),
            headway=headway,
            verdicts=ledger.verdicts(),
            transients=_statuses(run.resolve().parent / "store.sqlite", transients),
            holder=holder,
            pulse=last_pulse(ledger),
        )


def _shard(run: Path, facts: Mapping[str, str]) -> tuple[Shard, str]:
    """Return which share of a campaign a run does, and the command that merges all of them."""
    shard, campaign = Shard.parse(facts["shard"]), Path(facts["campaign"])
    return shard, shard.merge_command(str(campaign), campaign.stem, run)


def _statuses(path: Path, keys: set[str]) -> dict[str, int]:
    if not path.is_file():
        return {}
    with closing(Store(path)) as store:
        return store.statuses(keys)


def _record(standing: Standing) -> dict[str, Any]:
    headway, running = standing.headway, None
    if standing.holder is not None:
        running = {**asdict(standing.holder), **(asdict(standing.pulse) if standing.pulse else {})}
    return {
        "complete": standing.complete,
        "only": standing.only,
        "shard": str(standing.shard[0]) if standing.shard else None,
        "resume": None if standing.complete else standing.resume,
        "stages": {stage: [headway.finished[stage], total] for stage, total in headway.planned.items()},
        "verdicts": standing.verdicts,
        "transients": standing.transients,
        "running": running,
    }


def _lines(standing: Standing) -> list[str]:
    headway = standing.headway
    lines = [f"{stage}: {headway.finished[stage]} of {total}" for stage, total in headway.planned.items()]
    lines += [f"{verdict}: {count}" for verdict, count in standing.verdicts.items()]
    if standing.transients:
        ended = ", ".join(f"{count} {status}" for status, count in standing.transients.items())
        lines.append(f"transients of finished results: {ended}")
    if standing.only != "*":
        lines.append(f"only: {standing.only}")
    if standing.holder is not None:
        lines.append(f"under way: {standing.holder}{_pace(standing.pulse)}")
    elif standing.complete and standing.shard:
        lines.append("complete: shard {}; when all are: {}".format(*standing.shard))
    elif standing.complete:
        lines.append("complete")
    else:
        lines.append(f"not complete; resume with: {standing.resume}")
    return lines


def _pace(pulse: Pulse | None) -> str:
    return "" if pulse is None else f"; at {pulse.stage} after {duration(pulse.elapsed_s)}: {pulse}"
