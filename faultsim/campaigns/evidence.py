"""One transient of a run, and where it is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from faultsim.campaigns.lab import Lab
from faultsim.campaigns.ledger import Ledger
from faultsim.campaigns.origin import Origin
from faultsim.campaigns.results import WHOLE
from faultsim.campaigns.search import Verdict
from faultsim.campaigns.stage import Labs
from faultsim.campaigns.threshold import judge_response
from faultsim.errors import StorageError, UsageError
from faultsim.fault_models.defect import Defect
from faultsim.spice.job import Outcome
from faultsim.spice.store import Store

SHORT = 12
"""Digits of a key that people need to see of it."""


@dataclass(frozen=True)
class Evidence:
    """One transient, and what is stored of it.

    Attributes:
        origin: What was asked, in which setting, for which threshold.
        lab: The network that answers it.
        key: Its key in the store.
        stored: Its outcome; None of one that nothing of the run rests on.
    """

    origin: Origin
    lab: Lab
    key: str
    stored: Outcome | None

    @property
    def defect(self) -> Defect | None:
        """The defect that was simulated; None for the fault-free circuit."""
        return self.origin.question.defect

    @property
    def severity(self) -> float | None:
        """Of the defect, in its unit."""
        return self.origin.question.severity

    def verdict(self, outcome: Outcome, healthy: Outcome) -> Verdict | None:
        """Return what the test says; None of the fault-free circuit.

        Args:
            outcome: What this transient shows.
            healthy: What the fault-free circuit shows in the same setting.
        """
        setting = self.origin.setting
        if setting is None or self.defect is None:
            return None
        return judge_response(setting, healthy, outcome) if healthy.ok else Verdict.UNKNOWN


@dataclass(frozen=True)
class Vault:
    """Where the transients of a run are kept; nothing is simulated or written here.

    Attributes:
        labs: The networks, at the simulator of the run.
        ledger: Which transients the run rests on.
        store: What they show.
        again: The command that brings the run up to date.
    """

    labs: Labs
    ledger: Ledger
    store: Store
    again: str

    def kept(self, origin: Origin, network: str) -> Evidence:
        """Return a transient that a result of this run has to rest on.

        Args:
            origin: What was asked.
            network: Which network is likely to have answered.

        Raises:
            UsageError: None does.
            StorageError: The store has lost it.
        """
        found = next(self.stored(origin, self.networks(network)), None)
        if found is None:
            raise UsageError(
                "the transient is none that this run rests on: it is not finished, or was made by another version of "
                f"faultsim; {self.again} brings it up to date"
            )
        return found

    def stored(self, origin: Origin, labs: Sequence[Lab]) -> Iterator[Evidence]:
        """Yield the transients of an origin that results of this run rest on, of one network or the other."""
        for lab in labs:
            key = lab.service.key(lab.job(origin.question))
            if key in self._keys:
                yield self.found(origin, lab, key)

    def found(self, origin: Origin, lab: Lab, key: str) -> Evidence:
        """Return a transient that a result of this run rests on.

        Raises:
            StorageError: The store has lost it.
        """
        outcome = self.store.get(key)
        if outcome is None:
            raise StorageError(f"the store has no transient {key[:SHORT]} any more; {self.again} finds it again")
        return Evidence(origin, lab, key, outcome)

    def new(self, origin: Origin, lab: Lab) -> Evidence:
        """Return a transient that the run has not asked for."""
        return Evidence(origin, lab, lab.service.key(lab.job(origin.question)), None)

    def networks(self, network: str) -> list[Lab]:
        """Return what may have answered, what is likely first."""
        both = [self.labs.whole, self.labs.lumped] if self.labs.asked else [self.labs.whole]
        return both if network == WHOLE else both[::-1]

    @cached_property
    def _keys(self) -> set[str]:
        return self.ledger.transients()
