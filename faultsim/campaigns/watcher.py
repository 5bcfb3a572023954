"""What is told how a run gets on."""

from __future__ import annotations

from typing import Protocol

from faultsim.campaigns.headway import Stale


class Watcher(Protocol):
    """A progress bar, a log, or nothing at all."""

    def planned(self, stale: Stale) -> None:
        """Say that the plan of a run is made, and which finished results it has no use for."""

    def stage(self, name: str, total: int) -> None:
        """Say that a stage begins."""

    def advance(self, verdict: str = "") -> None:
        """Say that one of its items is finished."""


class Quiet:
    """A watcher that tells nobody."""

    def planned(self, stale: Stale) -> None:
        """Begin a run."""

    def stage(self, name: str, total: int) -> None:
        """Begin a stage."""

    def advance(self, verdict: str = "") -> None:
        """Finish an item."""
