"""Runs a plan: baseline and its gate, the sweep over severity, then all thresholds; whatever is finished is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from faultsim.campaigns.behaving import Behaving
from faultsim.campaigns.calling import Seen, behaviour_rows
from faultsim.campaigns.drawer import Drawer
from faultsim.campaigns.equals import with_equals
from faultsim.campaigns.gates import check_baseline, check_settings
from faultsim.campaigns.healthy import Healthy
from faultsim.campaigns.lab import Lab
from faultsim.campaigns.ledger import SKIPPED, Ledger
from faultsim.campaigns.plan import Plan
from faultsim.campaigns.portraitist import Portraitist
from faultsim.campaigns.proof import Prover
from faultsim.campaigns.resemblance import Resemblance
from faultsim.campaigns.results import (
    BaselineRow,
    CampaignResult,
    CurrentRow,
    EquivalentRow,
    NeuronRow,
    PortraitRow,
    ResistorRow,
    ResponseRow,
    SettingRow,
    ToleranceRow,
    WaveformRow,
)
from faultsim.campaigns.searcher import Searcher, stored_row
from faultsim.campaigns.stage import Labs, labs_of
from faultsim.campaigns.sweeper import Sweeper
from faultsim.campaigns.watcher import Watcher
from faultsim.spice.askers import askers


@dataclass(frozen=True)
class Runner:
    """One run of one plan.

    Attributes:
        plan: What to do.
        lab: Answers questions about the circuit.
        ledger: Keeps what is finished.
        watcher: Is told how it gets on.
        threads: Searches that are under way at a time.
    """

    plan: Plan
    lab: Lab
    ledger: Ledger
    watcher: Watcher
    threads: int

    def run(self, facts: Mapping[str, str]) -> CampaignResult:
        """Run what is not finished yet.

        Args:
            facts: What the plan follows from, for the ledger to remember.

        Raises:
            GateError: The fault-free circuit does not do what its sidecar declares, or cannot be simulated.
            Interrupted: Ctrl-C; what was finished is stored.
            StorageError: A result cannot be stored; what was finished before is.
        """
        healthy = Healthy(self.plan, self._labs, self.ledger, self.watcher)
        prover = Prover(self.plan, self._labs, self.ledger, self.watcher)
        sweeper = Sweeper(self.plan, self._labs, self.ledger, self.watcher)
        searcher = Searcher(self.plan, self._labs, self.ledger, self.watcher)
        resemblance = Resemblance(self.plan, self._labs, self.ledger, self.watcher)
        behaving = Behaving(self.plan, self._labs, self.ledger, self.watcher)
        drawer = Drawer(self.plan, self._labs, self.ledger, self.watcher, searcher.by_task)
        portraitist = Portraitist(self.plan, self._labs, self.ledger, self.watcher, searcher.by_task)
        prover.known()
        prover.ahead()
        healthy.ahead()
        stages = [
            healthy.baseline_items,
            healthy.setting_items,
            prover.healthy_items,
            sweeper.items,
            searcher.items,
            prover.sample_items,
            resemblance.items,
            behaving.neuron_items,
            behaving.tolerance_items,
            behaving.items,
            drawer.waveform_items,
            drawer.response_items,
            portraitist.items,
        ]
        self.watcher.planned(self.ledger.plan([item for stage in stages for item in stage], facts))
        with askers(self.lab.service, self.threads) as pool:
            begun = pool.submit(prover.begin)
            baseline = healthy.baseline(pool)
            equivalents = begun.result()
            if not all(row.harmless for row in equivalents):
                self._labs.trusted.clear()
                baseline = healthy.baseline(pool)
            check_baseline(self.plan, baseline, healthy.outcome)
            settings = healthy.settings(pool)
            check_settings(self.plan, settings, healthy.setting_outcome)
            resemblance.check(settings)
            equivalents += prover.compare(pool)
            currents = sweeper.rows(pool, prover)
            neurons = behaving.neurons(settings)
            found = searcher.rows(pool, settings, currents, neurons)
            sampled = prover.confirm(pool, found)
            if not all(row.harmless for row in sampled):
                currents = sweeper.rows(pool, prover)
                found = searcher.rows(pool, settings, currents, neurons)
            thresholds = with_equals(self.plan, found)
            resistors = resemblance.rows(pool, settings, found)
            tolerances = behaving.tolerances(pool, settings)
            behaviours = behaving.rows(pool, settings, found, tolerances)
            waveforms = drawer.waveforms(pool, thresholds)
            responses = drawer.responses(pool)
            portraits = portraitist.rows(pool, thresholds)
        return CampaignResult(
            baseline=tuple(baseline),
            currents=tuple(currents),
            thresholds=tuple(thresholds),
            settings=tuple(settings),
            waveforms=tuple(waveforms),
            responses=tuple(responses),
            equivalents=(*equivalents, *sampled),
            resistors=tuple(resistors),
            neurons=tuple(neurons),
            tolerances=tuple(tolerances),
            behaviours=tuple(behaviours),
            portraits=tuple(portraits),
        )

    @cached_property
    def _labs(self) -> Labs:
        return labs_of(self.plan, self.lab)


def stored_result(ledger: Ledger, plan: Plan) -> CampaignResult:
    """Return what a run folder holds, without simulating anything."""
    thresholds = [stored_row(row) for row in ledger.results("thresholds") if row != SKIPPED]
    tolerances = [ToleranceRow(**row) for rows in ledger.results("tolerance") for row in rows]
    seen = [Seen.of(table) for stored in ledger.results("behaviours") for table in stored["rows"]]
    return CampaignResult(
        baseline=tuple(BaselineRow(**row) for row in ledger.results("baseline")),
        currents=tuple(CurrentRow(**row) for stored in ledger.results("currents") for row in stored["rows"]),
        thresholds=tuple(with_equals(plan, thresholds)),
        settings=tuple(SettingRow(**row) for row in ledger.results("settings")),
        responses=tuple(ResponseRow(**row) for rows in ledger.results("responses") for row in rows),
        equivalents=tuple(EquivalentRow(**row) for rows in ledger.results("equivalents") for row in rows),
        resistors=tuple(ResistorRow(**stored["row"]) for stored in ledger.results("resistors")),
        waveforms=tuple(WaveformRow(**row) for row in ledger.results("waveforms") if row != SKIPPED),
        neurons=tuple(NeuronRow(**row) for rows in ledger.results("neurons") for row in rows),
        tolerances=tuple(tolerances),
        behaviours=tuple(behaviour_rows(plan, seen, tolerances, plan.behaviours)),
        portraits=tuple(PortraitRow(**row) for row in ledger.results("portraits") if row != SKIPPED),
    )
