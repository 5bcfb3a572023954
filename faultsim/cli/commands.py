"""The commands that messages tell to type, ready for a shell."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from faultsim.campaigns.shard import Shard


def spelled(verb: str, arguments: Sequence[object], options: Mapping[str, object], flags: Mapping[str, bool]) -> str:
    """Return a command.

    Args:
        verb: Of faultsim.
        arguments: What follows it.
        options: Their values; those that are None are left out.
        flags: Those that are set.
    """
    given = [word for name, value in options.items() if value is not None for word in (name, str(value))]
    words = ["faultsim", verb, *map(str, arguments), *given, *(name for name, is_set in flags.items() if is_set)]
    return shlex.join(words)


def run_command(
    campaign: str,
    out: Path | None,
    only: str,
    jobs: int | None = None,
    whole: bool = False,
    dask: str | None = None,
    shard: Shard | None = None,
    fail_under: float | None = None,
) -> str:
    """Return the command that starts a run, or goes on with it."""
    options = {
        "--out": out,
        "--only": None if only == "*" else only,
        "--jobs": jobs,
        "--dask": dask,
        "--shard": shard,
        "--fail-under": None if fail_under is None else f"{fail_under:g}",
    }
    return spelled("run", [campaign], options, {"--whole": whole})


def command_of(folder: Path, facts: Mapping[str, str], campaign: str = "") -> str:
    """Return the command that goes on with the run of a folder.

    Args:
        folder: The run folder.
        facts: What its ledger remembers.
        campaign: As the user named it; by its path if not.
    """
    name, shard = campaign or facts["campaign"], Shard.parse(facts["shard"]) if facts.get("shard") else None
    return run_command(name, folder, facts.get("only", "*"), whole=bool(facts.get("whole")), shard=shard)
