"""Asks a service for many transients at once, and says how it gets on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from faultsim.campaigns.watcher import Watcher
from faultsim.spice.askers import askers
from faultsim.spice.job import Job, Outcome, Trace
from faultsim.spice.service import SimulationService

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Asking:
    """Who is asked, and how.

    Attributes:
        service: Answers transients.
        watcher: Is told what is finished.
        threads: Transients that are asked for at a time.
    """

    service: SimulationService
    watcher: Watcher
    threads: int

    def outcomes(self, stage: str, jobs: Sequence[Job]) -> list[Outcome]:
        """Return what transients show, in their order.

        Raises:
            Interrupted: Ctrl-C; what was finished is stored.
        """
        return self._asked(stage, jobs, self._outcome)

    def traces(self, stage: str, jobs: Sequence[Job]) -> list[Trace]:
        """Return what transients show with their waveforms, in their order.

        Raises:
            Interrupted: Ctrl-C; what was finished is stored.
        """
        return self._asked(stage, jobs, self._trace)

    def _asked(self, stage: str, jobs: Sequence[Job], ask: Callable[[Job], Answer]) -> list[Answer]:
        self.watcher.stage(stage, len(jobs))
        with askers(self.service, self.threads) as pool:
            return list(pool.map(ask, jobs))

    def _outcome(self, job: Job) -> Outcome:
        outcome = self.service.outcome(job)
        self.watcher.advance(outcome.status.value)
        return outcome

    def _trace(self, job: Job) -> Trace:
        trace = self.service.trace(job)
        self.watcher.advance(trace.outcome.status.value)
        return trace


def reason_of(outcome: Outcome) -> str:
    """Return why a transient shows nothing; nothing where it ended well."""
    return "" if outcome.ok else ": ".join([outcome.status.value, *outcome.log_tail.splitlines()[-1:]])
