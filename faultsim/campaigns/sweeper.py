"""Measures a quantity over the severity of each defect; whatever is finished is kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cached_property, partial

from faultsim.campaigns.lab import Lab, Question
from faultsim.campaigns.ledger import Item
from faultsim.campaigns.plan import Sweep
from faultsim.campaigns.proof import Prover
from faultsim.campaigns.results import CurrentRow
from faultsim.campaigns.stage import Stage
from faultsim.fault_models.defect import Defect


@dataclass(frozen=True)
class Sweeper(Stage):
    """The sweep of a run."""

    def rows(self, pool: ThreadPoolExecutor, prover: Prover) -> list[CurrentRow]:
        """Return the points of all curves; asked again once the equivalent is no more to be trusted, they are new."""
        sweep = self.plan.sweep
        if sweep is None:
            return []
        lab = prover.sweep_lab(sweep)
        self.watcher.stage("currents", len(self.plan.swept))
        parts = pool.map(partial(self._rows, sweep, lab), self.plan.swept, self.items)
        return [row for part in parts for row in part]

    @cached_property
    def items(self) -> list[Item]:
        """The ledger's item of every curve."""
        sweep, spec = self.plan.sweep, self.plan.spec.equivalent
        if sweep is None:
            return []
        keys = [self.labs.keys(_questions(sweep, defect)) for defect in self.plan.swept]
        return [
            Item("currents", defect.id, f"{found} {spec!r}")
            for defect, found in zip(self.plan.swept, keys, strict=True)
        ]

    def _rows(self, sweep: Sweep, lab: Lab, defect: Defect, item: Item) -> list[CurrentRow]:
        stored, questions = self.ledger.result(item), _questions(sweep, defect)
        network = lab.network_kind(questions[-1])
        usable = stored is not None and all(row["im_wr_a"] is not None for row in stored["rows"])
        if usable and stored["network"] == network:
            rows = [CurrentRow(**row) for row in stored["rows"]]
        else:
            answers = [lab.submit(question) for question in questions]
            name = self.plan.network.name
            rows = [
                CurrentRow(name, defect.id, question.severity or 0.0, answer.result().values.get(sweep.observable))
                for question, answer in zip(questions, answers, strict=True)
            ]
            kept = {"network": network, "rows": [asdict(row) for row in rows]}
            self.ledger.finish(item, kept, lab.keys(questions).split())
        self.watcher.advance()
        return rows


def _questions(sweep: Sweep, defect: Defect) -> list[Question]:
    ask = partial(Question, sweep.stimulus, sweep.conditions, simulation=sweep.simulation)
    return [ask(), *(ask(defect=defect, severity=severity) for severity in sweep.severities)]
