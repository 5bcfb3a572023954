"""What the stages of a run share: the plan, the networks, the ledger, and who is told how they get on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from faultsim.campaigns.lab import Lab, Question
from faultsim.campaigns.ledger import Ledger
from faultsim.campaigns.plan import Plan, Setting
from faultsim.campaigns.results import SettingKey
from faultsim.campaigns.watcher import Watcher


@dataclass(frozen=True)
class Labs:
    """The whole network and its equivalent, and where the latter is to be trusted.

    Attributes:
        whole: Simulates the network as it is.
        lumped: Simulates its equivalent.
        asked: The campaign asks for the equivalent.
        trusted: Settings in which nothing has been seen to differ.
    """

    whole: Lab
    lumped: Lab
    asked: bool
    trusted: set[SettingKey] = field(default_factory=set)

    def of(self, setting: Setting) -> Lab:
        """Return what answers the questions of a setting."""
        return self.lumped if setting.key in self.trusted else self.whole

    def keys(self, questions: Sequence[Question]) -> str:
        """Return the store's keys of all that a result may rest on, whichever network answers in the end."""
        labs = [self.whole, self.lumped] if self.asked else [self.whole]
        return " | ".join(lab.keys(questions) for lab in labs)


@dataclass(frozen=True)
class Stage:
    """One stage of a run.

    Attributes:
        plan: The campaign.
        labs: Answer questions about the circuit.
        ledger: Keeps what is finished.
        watcher: Is told how it gets on.
    """

    plan: Plan
    labs: Labs
    ledger: Ledger
    watcher: Watcher
