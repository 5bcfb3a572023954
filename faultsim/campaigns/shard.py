"""One of several runs that share the work of a campaign, each wherever it likes."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Self

from faultsim.campaigns.plan import Plan, ThresholdTask
from faultsim.campaigns.proof import samples
from faultsim.errors import UsageError
from faultsim.fault_models.defect import Defect


@dataclass(frozen=True)
class Shard:
    """Which share of the work a run does.

    Attributes:
        index: Which one, from 1.
        count: Of how many.
    """

    index: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return what is written as ``2/5``.

        Raises:
            UsageError: There is no such share.
        """
        found = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text)
        shard = cls(*map(int, found.groups())) if found else cls(0, 0)
        if not 1 <= shard.index <= shard.count:
            raise UsageError(f"--shard {text!r}: it is I/N, share I of N from 1/N to N/N, such as 2/5")
        return shard

    def takes(self, position: int) -> bool:
        """Return whether the piece of work at a position, from 0, is in this share."""
        return position % self.count == self.index - 1

    def folder(self, name: str) -> Path:
        """Return the default run folder, alone in another one: with a store of its own it can be moved as a whole."""
        return Path("runs") / f"{name}-shard-{self.index}-of-{self.count}" / name

    def merge_command(self, campaign: str, name: str, run: Path) -> str:
        """Return the command that makes one run of all shards, ready for a shell if their folders are the default ones.

        Args:
            campaign: As the user named it.
            name: Of the campaign.
            run: The run folder of this shard.
        """
        usual = self.folder(name).parts[1:]
        folders = f"{shlex.quote(f'runs/{name}-shard-')}*-of-{self.count}"
        is_usual = run.resolve().parts[-len(usual) :] == usual
        return f"faultsim merge {shlex.quote(campaign)} {folders if is_usual else 'SHARD...'}"

    def part(self, plan: Plan) -> Part:
        """Return what this share has of a plan."""
        places = {
            identity: place
            for place, defect in enumerate(plan.simulated)
            for identity in (defect.id, *plan.equals[defect.id])
        }
        drawn = {
            # A waveform may be at a threshold, which only its defect's share finds.
            "waveforms": [
                wanted
                for position, wanted in enumerate(plan.spec.waveforms)
                if self.takes(places.get(wanted.defect, position))
            ],
            "responses": [wanted for position, wanted in enumerate(plan.spec.responses) if self.takes(position)],
        }
        same = {one.name: getattr(plan, one.name) for one in fields(Plan)}
        return Part(**{**same, "spec": plan.spec.model_copy(update=drawn)}, whole=plan, shard=self)

    def __str__(self) -> str:
        """Return it as it is written."""
        return f"{self.index}/{self.count}"


@dataclass(frozen=True)
class Part(Plan):
    """A plan for some of the defects, with all that is asked about each.

    What is asked about a defect rests on a few thresholds of others, and those are in every part: the first one of each
    setting, and the ones that tell whether the equivalent network is to be trusted. So a part asks what the whole asks.

    Attributes:
        whole: The whole plan.
        shard: Which share of it this is.
    """

    whole: Plan = field(kw_only=True)
    shard: Shard = field(kw_only=True)

    @property
    def complete(self) -> Plan:
        """The whole."""
        return self.whole

    @cached_property
    def simulated(self) -> list[Defect]:
        """This part's of those of the whole."""
        return [defect for position, defect in enumerate(self.whole.simulated) if self.shard.takes(position)]

    @property
    def own(self) -> list[Defect]:
        """The chosen defects that nobody else's share has."""
        names = {name for defect in self.simulated for name in (defect.id, *self.equals[defect.id])}
        return [defect for defect in self.defects if defect.id in names]

    @cached_property
    def thresholds(self) -> list[ThresholdTask]:
        """Those of this part's defects, and those that are in every part."""
        tasks, own = self.whole.thresholds, {defect.id for defect in self.simulated}
        first = {task.setting.key: task.id for task in reversed(tasks)}
        sampled = [task.id for chosen in samples(self.whole).values() for task in chosen]
        shared = {*first.values(), *sampled}
        return [task for task in tasks if task.defect.id in own or task.id in shared]
