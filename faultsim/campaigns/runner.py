"""Runs a plan: baseline and its gate, the sweep over severity, then all thresholds; whatever is finished is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
from faultsim.campaigns.plan import Plan, Setting, ThresholdTask
from faultsim.campaigns.proof import Prover
from faultsim.campaigns.resemblance import Resemblance
from faultsim.campaigns.results import (
    EQUIVALENT,
    BaselineRow,
    CampaignResult,
    CurrentRow,
    Detection,
    EquivalentRow,
    NeuronRow,
    ResistorRow,
    ResponseRow,
    SettingKey,
    SettingRow,
    ThresholdRow,
    ToleranceRow,
    WaveformRow,
)
from faultsim.campaigns.stage import Labs
from faultsim.campaigns.sweeper import Sweeper
from faultsim.campaigns.threshold import Finding, find_threshold, predicted_index
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
        searched = {task.id: item for task, item in zip(self.plan.thresholds, self._threshold_items, strict=True)}
        prover = Prover(self.plan, self._labs, self.ledger, self.watcher)
        sweeper = Sweeper(self.plan, self._labs, self.ledger, self.watcher)
        resemblance = Resemblance(self.plan, self._labs, self.ledger, self.watcher)
        behaving = Behaving(self.plan, self._labs, self.ledger, self.watcher)
        drawer = Drawer(self.plan, self._labs, self.ledger, self.watcher, searched)
        stages = [
            self._baseline_items,
            self._setting_items,
            prover.healthy_items,
            sweeper.items,
            self._threshold_items,
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
            found = self._thresholds(pool, settings, currents, neurons)
            sampled = prover.confirm(pool, found)
            if not all(row.harmless for row in sampled):
                currents = sweeper.rows(pool, prover)
                found = self._thresholds(pool, settings, currents, neurons)
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

    def _thresholds(
        self,
        pool: ThreadPoolExecutor,
        settings: Sequence[SettingRow],
        currents: Sequence[CurrentRow],
        neurons: Sequence[NeuronRow],
    ) -> list[ThresholdRow]:
        """Search the first defect of every setting, then the others near where it predicts them.

        The first one is looked for where the neuron's threshold current has it, if that is known.
        """
        tasks = self.plan.thresholds
        self.watcher.stage("thresholds", len(tasks))
        items = dict(zip((task.id for task in tasks), self._threshold_items, strict=True))
        usable = {row.key for row in settings if row.usable}
        skipped = [task for task in tasks if task.setting.key not in usable]
        for task in skipped:
            self.ledger.finish(items[task.id], SKIPPED, ())
            self.watcher.advance()
        asked = [task for task in tasks if task.setting.key in usable]
        leaders = list({task.setting.key: task for task in reversed(asked)}.values())
        followers = [task for task in asked if task not in leaders]
        ahead = _predictor(self.plan, _threshold_currents(self.plan, currents, neurons), currents)
        first = list(pool.map(lambda task: self._finding(task, items[task.id], ahead(task)), leaders))
        levels = {task.setting.key: found.level for task, found in zip(leaders, first, strict=True)}
        guess = _predictor(self.plan, levels, currents)
        rest = list(pool.map(lambda task: self._finding(task, items[task.id], guess(task)), followers))
        rows = {task.id: found.row for task, found in zip([*leaders, *followers], [*first, *rest], strict=True)}
        return [rows[task.id] for task in asked]

    def _finding(self, task: ThresholdTask, item: Item, guess: int | None) -> Finding:
        stored, lab, setting = self.ledger.result(item), self._labs.of(task.setting), task.setting
        severe = Question(setting.stimulus, setting.conditions, task.defect, self.plan.grid(task.defect).severest)
        usable = stored not in (None, SKIPPED) and stored["verdict"] != Detection.UNKNOWN
        if not usable or stored["network"] != lab.network_kind(severe):
            found = find_threshold(self.plan, lab, task, guess)
            if found.row.verdict == Detection.UNKNOWN and found.row.network == EQUIVALENT:
                # Where only the equivalent fails, there is an answer all the same.
                found = find_threshold(self.plan, self.lab, task, guess)
            self.ledger.finish(item, {**asdict(found.row), "level": found.level}, found.transients)
        else:
            level = stored.pop("level")
            found = Finding(ThresholdRow(**stored), (), level)
        self.watcher.advance(found.row.verdict)
        return found

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

    @cached_property
    def _threshold_items(self) -> list[Item]:
        items = []
        for task in self.plan.thresholds:
            setting = task.setting
            healthy = Question(setting.stimulus, setting.conditions)
            grid = self.plan.grid(task.defect)
            severe = Question(setting.stimulus, setting.conditions, task.defect, grid.severest)
            rest = f"{setting.criteria} {grid!r} {self.plan.spec.currents!r} {self.plan.spec.equivalent!r}"
            items.append(Item("thresholds", task.id, f"{self._labs.keys([healthy, severe])} {rest}"))
        return items


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


def _threshold_currents(
    plan: Plan, currents: Sequence[CurrentRow], neurons: Sequence[NeuronRow]
) -> dict[SettingKey, float | None]:
    """Return the swept current at which the neuron ceases to spike, in the settings that ask for just that."""
    whole = next((row.im_wr_a for row in currents if row.r_ohm == 0), None)
    drives = {row.window: row.threshold_drive for row in neurons if row.monotone}
    if not isinstance(whole, int | float):
        return {}
    return {
        setting.key: drive * whole
        for setting in plan.settings
        if setting.observable == "spiked" and setting.conditions == plan.conditions[0] and not setting.stimulus.program
        if (drive := drives.get(setting.window)) is not None
    }


def _predictor(
    plan: Plan, levels: dict[SettingKey, float | None], currents: Sequence[CurrentRow]
) -> Callable[[ThresholdTask], int | None]:
    curves: dict[str, list[tuple[float, float]]] = {}
    for row in currents:
        if row.r_ohm > 0 and isinstance(row.im_wr_a, int | float):
            curves.setdefault(row.defect_id, []).append((row.r_ohm, float(row.im_wr_a)))

    def guess(task: ThresholdTask) -> int | None:
        level = levels.get(task.setting.key)
        grid, curve = plan.grid(task.defect), curves.get(task.defect.id, [])
        return None if level is None else predicted_index(grid, level, curve)

    return guess
