"""What is told how a run gets on."""

from __future__ import annotations

from typing import Protocol


class Watcher(Protocol):
    """A progress bar, a log, or nothing at all."""

    def stage(self, name: str, total: int) -> None:
        """Say that a stage begins."""

    def advance(self, verdict: str = "") -> None:
        """Say that one of its items is finished."""


class Quiet:
    """A watcher that tells nobody."""

    def stage(self, name: str, total: int) -> None:
        """Begin a stage."""

    def advance(self, verdict: str = "") -> None:
        """Finish an item."""
