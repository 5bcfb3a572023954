"""What the stages of a run share: the plan, the networks, the ledger, and who is told how they get on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from faultsim.campaigns.drawn import drawn_subjects
from faultsim.campaigns.lab import Lab
from faultsim.campaigns.ledger import Ledger
from faultsim.campaigns.plan import Plan, Setting
from faultsim.campaigns.question import Question
from faultsim.campaigns.results import SettingKey
from faultsim.campaigns.watcher import Watcher


@dataclass(frozen=True)
class Labs:
    """The whole network and its equivalent, and where the latter is to be trusted.

    Attributes:
        whole: Simulates the network as it is.
        lumped: Simulates its equivalent.
        asked: The campaign asks for the equivalent.
        trusted: Settings in which nothing has been seen to differ. Where the equivalent has to be exact these are all,
            from the start.
    """

    whole: Lab
    lumped: Lab
    asked: bool
    trusted: set[SettingKey] = field(default_factory=set)

    @property
    def healthy(self) -> Lab:
        """What answers questions about the fault-free circuit: what an equivalent has to be measured by."""
        return self.lumped if self.lumped.exact and self.trusted else self.whole

    def of(self, setting: Setting) -> Lab:
        """Return what answers the questions of a setting."""
        return self.lumped if setting.key in self.trusted else self.whole

    @property
    def consulted(self) -> list[Lab]:
        """What a result may rest on; what an exact equivalent leaves out is a copy of what it has."""
        if not self.asked:
            return [self.whole]
        return [self.lumped] if self.lumped.exact else [self.whole, self.lumped]

    def keys(self, questions: Sequence[Question]) -> str:
        """Return the store's keys of all that a result may rest on, whichever network answers in the end."""
        return " | ".join(lab.keys(questions) for lab in self.consulted)


def labs_of(plan: Plan, lab: Lab) -> Labs:
    """Return both networks of a plan; of what will be drawn they simulate all, although a test may look at less."""
    whole = replace(lab, kept=drawn_subjects(plan.complete))
    spec = plan.spec.equivalent
    exact = spec is not None and spec.proof == "structure"
    trusted = {setting.key for setting in plan.settings} if exact else set()
    return Labs(whole, replace(whole, lumped=True, exact=exact), spec is not None, trusted)


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
