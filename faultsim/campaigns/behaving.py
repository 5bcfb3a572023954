"""Measures how defects make the neuron behave, as a stage of a campaign; whatever is finished is kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from typing import Any

from faultsim.campaigns.calling import Seen, behaviour_rows
from faultsim.campaigns.examiner import Examiner, Signature
from faultsim.campaigns.lab import first_spike
from faultsim.campaigns.ledger import Item
from faultsim.campaigns.plan import Setting
from faultsim.campaigns.question import Question
from faultsim.campaigns.recording import Plane, at_windows
from faultsim.campaigns.results import (
    BehaviourRow,
    NeuronRow,
    SettingKey,
    SettingRow,
    ThresholdRow,
    ToleranceRow,
    best_threshold,
)
from faultsim.campaigns.shmoo import Subject, Surveyor
from faultsim.campaigns.stage import Stage
from faultsim.campaigns.tolerance import BandRow, Measure, bands
from faultsim.campaigns.twin import TwinMaker
from faultsim.campaigns.watcher import Quiet
from faultsim.circuits.stimulus import Stimulus
from faultsim.circuits.variant import Corner
from faultsim.errors import SpecError
from faultsim.fault_models.defect import Defect
from faultsim.fault_models.globs import matches_any
from faultsim.magnetics.signature import dynamics
from faultsim.magnetics.threshold import thresholds

_METHOD = 3
"""Part of every item; raised whenever the same transients could give another signature."""


@dataclass(frozen=True)
class Look:
    """One look at a defect: at a window of the test, and at a severity that has a name."""

    setting: Setting
    at: str
    severity: float


@dataclass(frozen=True)
class Behaving(Stage):
    """The behaviours of a run's defects, at every window of one test."""

    def neurons(self, settings: Sequence[SettingRow]) -> list[NeuronRow]:
        """Return what the fault-free neuron does at every window, where that is asked for and it can be taken out."""
        if not self._defects and self.plan.spec.plane is None:
            return []
        usable = {row.key for row in settings if row.expected is not None}
        rows = []
        for setting, item in zip(self._windows, self.neuron_items, strict=True):
            if setting.key in usable:
                stored = self.ledger.result(item)
                if stored is None:
                    with self.labs.whole.service.noting() as keys:
                        stored = self._neuron_at(setting)
                    self.ledger.finish(item, stored, sorted(keys))
                rows += [NeuronRow(**row) for row in stored]
        return rows

    def tolerances(self, pool: ThreadPoolExecutor, settings: Sequence[SettingRow]) -> list[ToleranceRow]:
        """Return the bands of every window; the corners of one are those of the next."""
        usable, rows = self._usable(settings), []
        for setting, item in zip(self._settings, self.tolerance_items, strict=True):
            if setting in usable:
                rows += self._bands(pool, setting, item)
        return rows

    def rows(
        self,
        pool: ThreadPoolExecutor,
        settings: Sequence[SettingRow],
        thresholds: Sequence[ThresholdRow],
        tolerances: Sequence[ToleranceRow],
    ) -> list[BehaviourRow]:
        """Return a row for each defect, severity and window."""
        usable = self._usable(settings)
        if not usable or not self._defects:
            return []
        self.watcher.stage("behaviours", len(self._defects))
        found: dict[str, list[ThresholdRow]] = {}
        for row in thresholds:
            found.setdefault(row.defect_id, []).append(row)
        wanted = [
            [
                Look(setting, *at)
                for setting in usable
                for at in self._severities(defect, usable[0], found.get(defect.id, []))
            ]
            for defect in self._defects
        ]
        parts = pool.map(self._finished, self._defects, self.items, wanted)
        seen = [one for part in parts for one in part]
        return behaviour_rows(self.plan, seen, tolerances, self.plan.behaviours)

    @cached_property
    def items(self) -> list[Item]:
        """The ledger's item of every defect."""
        return [self._item(defect) for defect in self._defects]

    @cached_property
    def tolerance_items(self) -> list[Item]:
        """The ledger's item of every window's bands."""
        declared = self.plan.network.sidecar.tolerance
        return [
            Item("tolerance", setting.window, f"{self._keys(setting, [])} {declared!r} {self._neuron!r} {_METHOD}")
            for setting in self._settings
        ]

    @cached_property
    def neuron_items(self) -> list[Item]:
        """The ledger's item of the fault-free neuron at every window."""
        return [
            Item("neurons", setting.window, f"{self._keys(setting, [])} {self._neuron!r} {_METHOD}")
            for setting in (self._windows if self._defects or self.plan.spec.plane else ())
        ]

    @property
    def _settings(self) -> list[Setting]:
        """The windows at which defects are looked at."""
        return self._windows if self._defects else []

    @cached_property
    def _windows(self) -> list[Setting]:
        """The windows of the test, at the first operating point."""
        spec, plan = self.plan.spec.behaviours, self.plan
        if plan.network.sidecar.neuron is None:
            return []
        free = [test.name for test in plan.spec.tests if not test.program]
        test = spec.test or next(iter(free), "")
        chosen = [setting for setting in plan.settings if setting.test == test]
        return [setting for setting in chosen if setting.conditions == plan.conditions[0]]

    @cached_property
    def _defects(self) -> list[Defect]:
        globs = self.plan.spec.behaviours.defects
        return [defect for defect in self.plan.simulated if matches_any(defect.id, globs)]

    @property
    def _neuron(self) -> Any:
        return self.plan.network.sidecar.neuron

    def _usable(self, settings: Sequence[SettingRow]) -> list[Setting]:
        usable = {row.key for row in settings if row.usable}
        return [setting for setting in self._settings if setting.key in usable]

    def _keys(self, setting: Setting, more: Sequence[Question]) -> str:
        return self.labs.keys([Question(self._full(setting), setting.conditions), *more])

    def _item(self, defect: Defect) -> Item:
        keys = []
        for setting in self._settings:
            default = defect.definition.severity.default
            asked = [Question(self._full(setting), setting.conditions, defect, default)]
            keys.append(self._keys(setting, asked if self._applies(defect, default) else []))
        rest = f"{self.plan.spec.behaviours!r} {self._neuron!r} {self.plan.spec.equivalent!r} {_METHOD}"
        return Item("behaviours", defect.id, f"{' '.join(keys)} {rest}")

    def _full(self, setting: Setting) -> Stimulus:
        """Return the stimulus of a setting with as many pulses, and from the same time on, as the circuit's own."""
        own, stimulus = self.plan.network.sidecar.stimulus, setting.stimulus
        update = {"pulses": max(own.pulses, stimulus.spec.pulses), "start": max(own.start, stimulus.spec.start)}
        return replace(stimulus, spec=stimulus.spec.model_copy(update=update))

    def _severities(
        self, defect: Defect, first: Setting, thresholds: Sequence[ThresholdRow]
    ) -> list[tuple[str, float]]:
        """Return where a defect is looked at, the same in all windows; what two words mean is looked at once."""
        default = defect.definition.severity.default
        # Where the first window has none, that of another one; never that of another test.
        own = [row for row in thresholds if row.test == first.test]
        threshold = best_threshold([row for row in own if row.setting == first.key]) or best_threshold(own)
        known = {
            "threshold": ("threshold", threshold) if threshold else ("default", default),
            "default": ("default", default),
            "severest": ("severest", self.plan.grid(defect).severest),
        }
        chosen = [known[at] for at in self.plan.spec.behaviours.severities]
        chosen = [(at, severity) for at, severity in chosen if self._applies(defect, severity)]
        return list({severity: (at, severity) for at, severity in reversed(chosen)}.values())[::-1]

    def _neuron_at(self, setting: Setting) -> list[dict[str, Any]]:
        """Return the fault-free neuron's row at a window; none without a twin that serves it."""
        twin, spec = self._healthy.twin, setting.stimulus.spec
        windows = spec.integrate, spec.leaky
        if twin is None or not twin.serves(*windows):
            return []
        [found] = dynamics([twin.neuron], twin.neuron, *windows)
        limit = thresholds(twin.neuron, *windows)
        drive = float(limit.drive)
        row = NeuronRow(
            circuit=self.plan.network.name,
            window=setting.window,
            integrate_window_s=windows[0],
            leaky_window_s=windows[1],
            pulses=twin.neuron.train.pulses,
            first_spike=int(twin.run(*windows).fired[0]),
            threshold_drive=None if math.isnan(drive) else drive,
            monotone=bool(limit.monotone),
            tilt_rad=found.integration_rad,
            retention=found.retention,
            turns=found.phase_rad / (2 * math.pi),
        )
        return [asdict(row)]

    def _applies(self, defect: Defect, severity: float) -> bool:
        """Return whether a defect leaves something of every window; only one of the timing may not."""
        try:
            for setting in self._settings:
                defect.disturb(self._full(setting), severity)
        except SpecError:
            return False
        return True

    def _bands(self, pool: ThreadPoolExecutor, setting: Setting, item: Item) -> list[ToleranceRow]:
        stored = self.ledger.result(item)
        if stored is None:
            met: dict[Corner, tuple[Signature, set[str]]] = {}

            def run(measure: Measure, corners: Sequence[Corner]) -> list[Signature]:
                self.watcher.stage(f"tolerance at {setting.window}", len(corners))
                return list(pool.map(measure, corners))

            rows = bands(self.plan.network, partial(self._good, setting, met), run)
            stored = [_tolerance_row(self.plan.network.name, setting.window, row) for row in rows]
            # What rests on a failed simulation is measured again by the next run.
            if not any(found.failed for found, _ in met.values()):
                self.ledger.finish(item, stored, sorted(set().union(*(keys for _, keys in met.values()))))
        return [ToleranceRow(**row) for row in stored]

    def _good(self, setting: Setting, met: dict[Corner, tuple[Signature, set[str]]], corner: Corner) -> Signature:
        """Return what a good circuit measures at a corner, and note it with the transients that it rests on."""
        question = self._base(setting)
        conditions = replace(question.conditions, corner=question.conditions.corner.along(corner))
        with self.labs.whole.service.noting() as keys:
            found = self._examiner(setting).good(replace(question, conditions=conditions))
        met[corner] = (found, keys)
        self.watcher.advance()
        return found

    def _finished(self, defect: Defect, item: Item, looks: Sequence[Look]) -> list[Seen]:
        stored, wanted = self.ledger.result(item), [[look.setting.window, look.at, look.severity] for look in looks]
        if stored is None or stored["failed"] or stored["looks"] != wanted:
            with self.labs.whole.service.noting() as keys:
                seen = [self._seen(defect, look) for look in looks]
            failed = any(one.failed for one in seen)
            kept = {"looks": wanted, "failed": failed, "rows": [one.table() for one in seen]}
            self.ledger.finish(item, kept, sorted(keys))
        else:
            seen = [Seen.of(table) for table in stored["rows"]]
        self.watcher.advance()
        return seen

    def _seen(self, defect: Defect, look: Look) -> Seen:
        setting = look.setting
        asked = Question(self._full(setting), setting.conditions, defect, look.severity)
        outcome = self.labs.of(setting).submit(asked).result()
        base = replace(self._base(setting), defect=defect, severity=look.severity)
        return Seen(
            defect_id=defect.id,
            test=setting.test,
            window=setting.window,
            at=look.at,
            severity=look.severity,
            signature=self._examiner(setting).signature(base, first_spike(outcome)),
            pulses_to_spike=outcome.values.get("pulses_to_spike"),
            time_to_spike_s=outcome.values.get("time_to_spike_s"),
            transient=outcome.status.value,
        )

    def _base(self, setting: Setting) -> Question:
        """Return the question that twins are made for: the circuit's own windows, whatever the setting's."""
        own = self.plan.network.sidecar.stimulus
        return Question(at_windows(self._full(setting), own.integrate, own.leaky), setting.conditions)

    def _examiner(self, setting: Setting) -> Examiner:
        return self._examiners[setting.key]

    @cached_property
    def _examiners(self) -> dict[SettingKey, Examiner]:
        """What measures at each window; all know the same twins."""
        windows = {setting.key: setting.stimulus.spec for setting in self._settings}
        return {
            key: Examiner(self._surveyor, self._healthy, (spec.integrate, spec.leaky)) for key, spec in windows.items()
        }

    @cached_property
    def _surveyor(self) -> Surveyor:
        neuron = self.plan.network.sidecar.neuron
        assert neuron is not None
        lab = self.labs.of(self._windows[0])
        return Surveyor(TwinMaker(lab, Plane(neuron.integrate, neuron.leaky)), Quiet())

    @cached_property
    def _healthy(self) -> Subject:
        return self._surveyor.healthy(self._base(self._windows[0]))


def _tolerance_row(circuit: str, window: str, row: BandRow) -> dict[str, Any]:
    table = {"circuit": circuit, "window": window, **asdict(row)}
    return {name: None if isinstance(value, float) and math.isinf(value) else value for name, value in table.items()}
