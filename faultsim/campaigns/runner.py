"""Runs a plan: baseline and its gate, the sweep over severity, then all thresholds; whatever is finished is kept."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cached_property

from faultsim.campaigns.behaving import Behaving
from faultsim.campaigns.calling import Seen, behaviour_rows
from faultsim.campaigns.drawer import Drawer
from faultsim.campaigns.equals import with_equals
from faultsim.campaigns.gates import check_baseline, check_settings, setting_row
from faultsim.campaigns.lab import Lab, Question
from faultsim.campaigns.ledger import SKIPPED, Item, Ledger
from faultsim.campaigns.plan import Plan, Setting
from faultsim.campaigns.proof import Prover
from faultsim.campaigns.resemblance import Resemblance
from faultsim.campaigns.results import (
    BaselineRow,
    CampaignResult,
    CurrentRow,
    EquivalentRow,
    NeuronRow,
    ResistorRow,
    ResponseRow,
    SettingRow,
    ThresholdRow,
    ToleranceRow,
    WaveformRow,
)
from faultsim.campaigns.searcher import Searcher
from faultsim.campaigns.stage import Labs
from faultsim.campaigns.sweeper import Sweeper
from faultsim.campaigns.watcher import Watcher
from faultsim.circuits.stimulus import Stimulus
from faultsim.errors import Interrupted
from faultsim.spice.job import Status


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

    def run(self, fresh: bool = False) -> CampaignResult:
        """Run what is not finished yet.

        Raises:
            GateError: The fault-free circuit does not do what its sidecar declares.
            Interrupted: Ctrl-C; what was finished is stored.
        """
        prover = Prover(self.plan, self._labs, self.ledger, self.watcher)
        sweeper = Sweeper(self.plan, self._labs, self.ledger, self.watcher)
        searcher = Searcher(self.plan, self._labs, self.ledger, self.watcher)
        resemblance = Resemblance(self.plan, self._labs, self.ledger, self.watcher)
        behaving = Behaving(self.plan, self._labs, self.ledger, self.watcher)
        drawer = Drawer(self.plan, self._labs, self.ledger, self.watcher, searcher.by_task)
        stages = [
            self._baseline_items,
            self._setting_items,
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
        ]
        self.ledger.plan([item for stage in stages for item in stage], fresh)
        with self._pool() as pool:
            baseline = self._baseline(pool)
            check_baseline(self.plan, baseline)
            settings = self._settings(pool)
            check_settings(self.plan, settings)
            resemblance.check(settings)
            equivalents = prover.compare(pool)
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
        )

    @cached_property
    def _labs(self) -> Labs:
        return Labs(self.lab, replace(self.lab, lumped=True), self.plan.spec.equivalent is not None)

    @contextmanager
    def _pool(self) -> Iterator[ThreadPoolExecutor]:
        pool = ThreadPoolExecutor(self.threads)
        try:
            yield pool
        except (KeyboardInterrupt, CancelledError) as error:
            # The service drops what is queued, so that the searches waiting for it end.
            pool.shutdown(wait=False, cancel_futures=True)
            self.lab.service.close()
            raise Interrupted("stopped; what was finished is stored") from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _baseline(self, pool: ThreadPoolExecutor) -> list[BaselineRow]:
        self.watcher.stage("baseline", len(self.plan.baseline))
        return list(pool.map(self._baseline_row, self.plan.baseline, self._baseline_items))

    def _baseline_row(self, stimulus: Stimulus, item: Item) -> BaselineRow:
        stored = self.ledger.result(item)
        # What failed is asked for again: the store answers at once, or runs what a hang or a crash cut short.
        if stored is None or stored["status"] != Status.OK:
            key, outcome = self.lab.ask(Question(stimulus, self.plan.conditions[0]))
            values = {name: outcome.values.get(name) for name in ("im_wr_a", "spiked", "pulses_to_spike")}
            name, status, weights = self.plan.network.name, outcome.status.value, stimulus.weights
            row = BaselineRow(name, stimulus.pattern, **values, status=status, weights=weights)
            self.ledger.finish(item, asdict(row), [key])
        else:
            row = BaselineRow(**stored)
        self.watcher.advance()
        return row

    def _settings(self, pool: ThreadPoolExecutor) -> list[SettingRow]:
        """Ask the fault-free circuit what it does in every setting."""
        settings = self.plan.settings
        self.watcher.stage("settings", len(settings))
        return list(pool.map(self._setting_row, settings, self._setting_items))

    def _setting_row(self, setting: Setting, item: Item) -> SettingRow:
        stored = self.ledger.result(item)
        # One whose fault-free simulation failed is asked for again.
        if stored is None or stored["expected"] is None:
            key, outcome = self.lab.ask(Question(setting.stimulus, setting.conditions))
            row = setting_row(self.plan, setting, outcome)
            self.ledger.finish(item, asdict(row), [key])
        else:
            row = SettingRow(**stored)
        self.watcher.advance()
        return row

    @cached_property
    def _baseline_items(self) -> list[Item]:
        questions = [Question(stimulus, self.plan.conditions[0]) for stimulus in self.plan.baseline]
        return [Item("baseline", question.stimulus.pattern, self.lab.keys([question])) for question in questions]

    @cached_property
    def _setting_items(self) -> list[Item]:
        asked = [(setting, Question(setting.stimulus, setting.conditions)) for setting in self.plan.settings]
        return [
            Item("settings", "|".join(map(str, setting.key)), f"{self.lab.keys([question])} {setting.criteria}")
            for setting, question in asked
        ]


def stored_result(ledger: Ledger, plan: Plan) -> CampaignResult:
    """Return what a run folder holds, without simulating anything."""
    thresholds = [
        {name: value for name, value in row.items() if name != "level"}
        for row in ledger.results("thresholds")
        if row != SKIPPED
    ]
    tolerances = [ToleranceRow(**row) for rows in ledger.results("tolerance") for row in rows]
    seen = [Seen.of(table) for stored in ledger.results("behaviours") for table in stored["rows"]]
    return CampaignResult(
        baseline=tuple(BaselineRow(**row) for row in ledger.results("baseline")),
        currents=tuple(CurrentRow(**row) for stored in ledger.results("currents") for row in stored["rows"]),
        thresholds=tuple(with_equals(plan, [ThresholdRow(**row) for row in thresholds])),
        settings=tuple(SettingRow(**row) for row in ledger.results("settings")),
        responses=tuple(ResponseRow(**row) for rows in ledger.results("responses") for row in rows),
        equivalents=tuple(EquivalentRow(**row) for rows in ledger.results("equivalents") for row in rows),
        resistors=tuple(ResistorRow(**stored["row"]) for stored in ledger.results("resistors")),
        waveforms=tuple(WaveformRow(**row) for row in ledger.results("waveforms") if row != SKIPPED),
        neurons=tuple(NeuronRow(**row) for rows in ledger.results("neurons") for row in rows),
        tolerances=tuple(tolerances),
        behaviours=tuple(behaviour_rows(plan, seen, tolerances, plan.behaviours)),
    )
