"""What the fault-free circuit does: under each pattern of the baseline, and in every setting."""

from __future__ import annotations

from collections.abc import Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import cached_property

from faultsim.campaigns.gates import setting_row
from faultsim.campaigns.ledger import Item
from faultsim.campaigns.plan import Setting
from faultsim.campaigns.question import Question
from faultsim.campaigns.results import BaselineRow, SettingRow
from faultsim.campaigns.stage import Stage
from faultsim.circuits.stimulus import Stimulus
from faultsim.spice.job import Outcome, Status


@dataclass(frozen=True)
class Healthy(Stage):
    """The fault-free part of a run."""

    def ahead(self) -> None:
        """Ask for what is not known yet without waiting: it is simulated while the rest of the plan is worked out."""
        conditions = self.plan.conditions[0]
        asked = [Question(self._like(stimulus), conditions) for stimulus in self.plan.baseline]
        asked += [setting.healthy for setting in self.plan.settings]
        for item, question in zip([*self.baseline_items, *self.setting_items], asked, strict=True):
            if self.ledger.result(item) is None:
                self.labs.healthy.submit(question)

    def baseline(self, pool: ThreadPoolExecutor) -> list[BaselineRow]:
        """Return a row for each pattern; of those that make the same circuit with rows exchanged one is simulated."""
        self.watcher.stage("baseline", len(self.plan.baseline))
        both = list(zip(self.plan.baseline, self.baseline_items, strict=True))
        asked = [(stimulus, item) for stimulus, item in both if self._like(stimulus) == stimulus]
        rows = list(pool.map(lambda pair: self._baseline_row(*pair), asked))
        found = {_name(stimulus): row for (stimulus, _), row in zip(asked, rows, strict=True)}
        return [self._shared(stimulus, item, found[_name(self._like(stimulus))]) for stimulus, item in both]

    def settings(self, pool: ThreadPoolExecutor) -> list[SettingRow]:
        """Return a row for each setting."""
        settings = self.plan.settings
        self.watcher.stage("settings", len(settings))
        return list(pool.map(self._setting_row, settings, self.setting_items))

    def outcome(self, row: BaselineRow) -> Outcome:
        """Return how the transient of a baseline's row ended."""
        like = self._alike[row.pattern, row.weights]
        return self.labs.healthy.ask(Question(like, self.plan.conditions[0]))[1]

    def setting_outcome(self, setting: Setting) -> Outcome:
        """Return how the transient of a setting ended."""
        return self.labs.healthy.ask(setting.healthy)[1]

    @cached_property
    def baseline_items(self) -> list[Item]:
        """The ledger's item of every pattern."""
        questions = [Question(self._like(stimulus), self.plan.conditions[0]) for stimulus in self.plan.baseline]
        return [
            Item("baseline", stimulus.pattern, f"{self.labs.keys([question])} {stimulus!r}")
            for stimulus, question in zip(self.plan.baseline, questions, strict=True)
        ]

    @cached_property
    def setting_items(self) -> list[Item]:
        """The ledger's item of every setting."""
        return [
            Item("settings", "|".join(map(str, setting.key)), f"{self.labs.keys([setting.healthy])} {setting.criteria}")
            for setting in self.plan.settings
        ]

    def _like(self, stimulus: Stimulus) -> Stimulus:
        """Return the last stimulus in plan order that makes the same circuit: the one with its first inputs active."""
        return self._alike[_name(stimulus)]

    @cached_property
    def _alike(self) -> dict[tuple[str, str], Stimulus]:
        last: dict[Hashable, Stimulus] = {}
        kinds: dict[tuple[str, str], Hashable] = {}
        for stimulus in self.plan.baseline:
            name = _name(stimulus)
            kind = self.labs.whole.kind(Question(stimulus, self.plan.conditions[0]))
            kinds[name] = name if kind is None else kind
            last[kinds[name]] = stimulus
        return {name: last[kind] for name, kind in kinds.items()}

    def _baseline_row(self, stimulus: Stimulus, item: Item) -> BaselineRow:
        stored, lab = self.ledger.result(item), self.labs.healthy
        question = Question(stimulus, self.plan.conditions[0])
        network = lab.network_kind(question)
        # What failed is asked for again: the store answers at once, or runs what a hang or a crash cut short.
        if stored is None or stored["status"] != Status.OK or stored["network"] != network:
            key, outcome = lab.ask(question)
            row = BaselineRow(
                circuit=self.plan.network.name,
                pattern=stimulus.pattern,
                im_wr_a=outcome.values.get("im_wr_a"),
                spiked=outcome.values.get("spiked"),
                pulses_to_spike=outcome.values.get("pulses_to_spike"),
                status=outcome.status.value,
                weights=stimulus.weights,
                network=network,
            )
            self.ledger.finish(item, asdict(row), [key])
        else:
            row = BaselineRow(**stored)
        self.watcher.advance()
        return row

    def _shared(self, stimulus: Stimulus, item: Item, row: BaselineRow) -> BaselineRow:
        """Return the row of a stimulus, from that of the one that makes the same circuit."""
        if self._like(stimulus) == stimulus:
            return row
        shared = replace(row, pattern=stimulus.pattern, weights=stimulus.weights, same_as=row.pattern)
        key = self.labs.healthy.keys([Question(self._like(stimulus), self.plan.conditions[0])])
        self.ledger.finish(item, asdict(shared), [key])
        self.watcher.advance()
        return shared

    def _setting_row(self, setting: Setting, item: Item) -> SettingRow:
        stored = self.ledger.result(item)
        lab, question = self.labs.healthy, setting.healthy
        network = lab.network_kind(question)
        # One whose fault-free simulation failed is asked for again.
        if stored is None or stored["expected"] is None or stored["network"] != network:
            key, outcome = lab.ask(question)
            row = setting_row(self.plan, setting, outcome, network)
            self.ledger.finish(item, asdict(row), [key])
        else:
            row = SettingRow(**stored)
        self.watcher.advance()
        return row


def _name(stimulus: Stimulus) -> tuple[str, str]:
    """Return what tells the stimuli of a baseline apart."""
    return stimulus.pattern, stimulus.weights
