"""What is said of a stage: its own verdicts, and how many transients there have been."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest

from faultsim.campaigns.pulse import spent_of
from faultsim.cli import progress


@dataclass
class Spent:
    simulated: int
    reused: int


def test_verdicts_are_of_their_stage_and_transients_are_counted_as_they_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "_BEAT_EVERY_S", 0.01)
    monkeypatch.setattr(progress, "_LINE_EVERY_S", 0.0)
    spent = Spent(1, 0)

    def lines_of(name: str) -> set[str]:
        time.sleep(0.1)
        return {line.partition(" s  ")[2] for line in capsys.readouterr().err.splitlines() if name in line}

    with progress.ProgressView(telling=lambda: spent_of(spent)) as view:
        view.stage("pairs certified", 2)
        view.advance("detected")
        assert "pairs certified: 1 of 2  1 detected; 1 transient" in lines_of("certified")
        view.stage("pairs followed", 3)
        spent.simulated, spent.reused = 7, 2
        assert "pairs followed: 0 of 3  7 transients, 2 reused" in lines_of("followed")
