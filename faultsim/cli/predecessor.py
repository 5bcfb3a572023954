"""What a run folder holds before another run replaces it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from faultsim.cli.commands import command_of
from faultsim.reports.folder import MANIFEST, spec_hash

_SAME_CAMPAIGN = ("campaign", "spec_sha256")
_CIRCUIT = ("deck_sha256", "sidecar_sha256")


def replacing(folder: Path, before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Return what a run takes away from a folder, and the command that brings it back; nothing where that is nothing.

    Args:
        folder: The run folder.
        before: What its ledger remembers.
        now: What it will remember.
    """
    if "campaign" not in before or not (folder / MANIFEST).is_file():
        return ""
    # A campaign's file may have been moved, or edited.
    same = any(before.get(name) == now.get(name) for name in _SAME_CAMPAIGN)
    held, comes = _part(before), _part(now)
    if same and held == comes:
        return ""
    if not same:
        held, comes = f"{held} of {before['campaign']}", f"{comes} of {now['campaign']}"
    text = f"{folder} held the report of {held}, which that of {comes} replaces"
    if not _is_as_it_was(before, now if same else before):
        return text
    return f"{text}; {command_of(folder, before)} brings it back from what is stored, with nothing to simulate again"


def _is_as_it_was(before: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Return whether a campaign that was run before is still the same, as far as can be told."""
    path = Path(before["campaign"])
    same_circuit = all(before.get(name) == now.get(name) for name in _CIRCUIT)
    return same_circuit and path.is_file() and spec_hash(path) == before.get("spec_sha256")


def _part(facts: Mapping[str, str]) -> str:
    """Return which part of a campaign a run is about, in words."""
    only = facts.get("only", "*")
    part = "the whole campaign" if only == "*" else f"--only {shlex.quote(only)}"
    return f"{part} and --whole" if facts.get("whole") else part
