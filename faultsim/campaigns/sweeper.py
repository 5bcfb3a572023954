"""Measures a quantity over the severity of each defect; whatever is finished is kept."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cached_property, partial

from faultsim.campaigns.lab import Lab
from faultsim.campaigns.ledger import Item
from faultsim.campaigns.plan import Sweep
from faultsim.campaigns.proof import Prover
from faultsim.campaigns.question import Question
from faultsim.campaigns.results import CurrentRow
from faultsim.campaigns.stage import Stage
from faultsim.campaigns.stepping import stepped
from faultsim.fault_models.defect import Defect
from faultsim.spice.job import Job

Read = tuple[Job, Sequence[str]]
"""A transient, and the observables of it that are values of a curve, in the curve's order."""


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
        keys = [self._keys(sweep, defect) for defect in self.plan.swept]
        return [
            Item("currents", defect.id, f"{found} {spec!r}")
            for defect, found in zip(self.plan.swept, keys, strict=True)
        ]

    def _keys(self, sweep: Sweep, defect: Defect) -> str:
        """Return the store's keys of all that a curve may rest on."""
        labs = self.labs.consulted
        return " | ".join(" ".join(lab.service.key(job) for job, _ in _reads(sweep, lab, defect)) for lab in labs)

    def _rows(self, sweep: Sweep, lab: Lab, defect: Defect, item: Item) -> list[CurrentRow]:
        stored = self.ledger.result(item)
        network = lab.network_kind(_question(sweep, defect, sweep.severities[-1]))
        usable = stored is not None and all(row["im_wr_a"] is not None for row in stored["rows"])
        if usable and stored["network"] == network:
            rows = [CurrentRow(**row) for row in stored["rows"]]
        else:
            reads = _reads(sweep, lab, defect)
            answers = [(lab.service.submit(job), names) for job, names in reads]
            values = [answer.result().values.get(name) for answer, names in answers for name in names]
            name, severities = self.plan.network.name, (0.0, *sweep.severities)
            rows = [
                CurrentRow(name, defect.id, severity, value) for severity, value in zip(severities, values, strict=True)
            ]
            kept = {"network": network, "rows": [asdict(row) for row in rows]}
            self.ledger.finish(item, kept, [lab.service.key(job) for job, _ in reads])
        self.watcher.advance()
        return rows


def _reads(sweep: Sweep, lab: Lab, defect: Defect) -> list[Read]:
    """Return what a curve is read from: the fault-free transient, then one for all severities, or one each."""
    healthy = lab.job(Question(sweep.healthy, sweep.conditions))
    last = _question(sweep, defect, sweep.severities[-1])
    job = stepped(lab, last, sweep.severities, lab.observables[sweep.observable])
    names = [sweep.observable]
    if job is not None:
        return [(healthy, names), (job, [str(place) for place in range(len(sweep.severities))])]
    alone = [lab.job(_question(sweep, defect, severity)) for severity in sweep.severities]
    return [(asked, names) for asked in (healthy, *alone)]


def _question(sweep: Sweep, defect: Defect, severity: float) -> Question:
    return Question(sweep.stimulus, sweep.conditions, defect, severity, sweep.simulation)
