"""The commands that messages tell to type: what goes on with a run, and what brings back a report that is replaced."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from faultsim.cli.commands import command_of
from faultsim.cli.predecessor import replacing
from faultsim.reports.folder import MANIFEST, spec_hash


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    path = tmp_path / "my campaign.toml"
    path.write_text("title = 1")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a complete run."""
    folder = tmp_path / "my run"
    folder.mkdir()
    (folder / MANIFEST).touch()
    return folder


def facts(campaign: Path, **other: str) -> dict[str, str]:
    same = {"only": "*", "whole": "", "shard": "", "deck_sha256": "1", "sidecar_sha256": "1"}
    return {**same, "campaign": str(campaign), "spec_sha256": spec_hash(campaign), **other}


def test_a_run_goes_on_with_all_that_its_ledger_remembers() -> None:
    remembered = {"campaign": "/my own.toml", "only": "R*", "whole": "yes", "shard": "1/2"}
    words = "faultsim run '/my own.toml' --out 'a b' --only 'R*' --shard 1/2 --whole"
    assert command_of(Path("a b"), remembered) == words
    assert shlex.split(command_of(Path("a b"), remembered, "mine"))[2] == "mine"


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        ({}, {"only": "R*"}, "the whole campaign, which that of --only 'R*' replaces"),
        ({"only": "S*"}, {"only": "R*"}, "--only 'S*', which that of --only 'R*' replaces"),
        ({}, {"whole": "yes"}, "the whole campaign, which that of the whole campaign and --whole replaces"),
    ],
)
def test_another_part_of_a_campaign_replaces_a_report(
    campaign: Path, folder: Path, before: dict[str, str], now: dict[str, str], words: str
) -> None:
    there = facts(campaign, **before)
    back = f"; {command_of(folder, there)} brings it back from what is stored, with nothing to simulate again"
    assert replacing(folder, there, facts(campaign, **now)) == f"{folder} held the report of {words}{back}"


def test_what_has_changed_since_does_not_come_back(campaign: Path, folder: Path) -> None:
    now = facts(campaign, only="R*", deck_sha256="2")
    assert replacing(folder, facts(campaign), now).endswith("which that of --only 'R*' replaces")
    there = facts(campaign)
    campaign.write_text("title = 2")
    assert replacing(folder, there, facts(campaign, only="R*")).endswith("which that of --only 'R*' replaces")


def test_another_campaign_is_named(campaign: Path, folder: Path) -> None:
    other = campaign.with_name("other.toml")
    other.write_text("title = 3")
    said = replacing(folder, facts(campaign), facts(other))
    assert f"the whole campaign of {campaign}, which that of the whole campaign of {other} replaces; faultsim" in said
    campaign.unlink()
    assert replacing(folder, {**facts(other), "campaign": str(campaign)}, facts(other)) == ""


def test_nothing_is_said_where_nothing_is_lost(campaign: Path, folder: Path) -> None:
    assert replacing(folder, {}, facts(campaign)) == ""
    assert replacing(folder, facts(campaign), facts(campaign, deck_sha256="2")) == ""
    (folder / MANIFEST).unlink()
    assert replacing(folder, facts(campaign), facts(campaign, only="R*")) == ""
