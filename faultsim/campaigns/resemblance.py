"""For each defect of a junction's physics the resistor that comes nearest, as a stage of a campaign."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial

from faultsim.campaigns.ledger import Item, Ledger
from faultsim.campaigns.matching import Faulty, Matcher
from faultsim.campaigns.plan import Plan, Setting
from faultsim.campaigns.proof import Labs
from faultsim.campaigns.results import ResistorRow, SettingKey, SettingRow, ThresholdRow, best_threshold
from faultsim.campaigns.spec import ResistorsSpec
from faultsim.campaigns.watcher import Watcher
from faultsim.fault_models.defect import Defect


@dataclass(frozen=True)
class Resemblance:
    """The search for equivalent resistors.

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

    def rows(
        self, pool: ThreadPoolExecutor, settings: Sequence[SettingRow], thresholds: Sequence[ThresholdRow]
    ) -> list[ResistorRow]:
        """Return a row for each defect of a junction's physics: where it is first seen, or at its default severity."""
        spec = self.plan.spec.resistors
        if spec is None or not self._defects:
            return []
        self.watcher.stage("resistors", len(self._defects))
        usable = {row.key for row in settings if row.usable}
        found: dict[str, list[ThresholdRow]] = {}
        for row in thresholds:
            found.setdefault(row.defect_id, []).append(row)
        best = [best_threshold(found.get(defect.id, [])) for defect in self._defects]
        return list(pool.map(partial(self._finished, spec, usable), self._defects, self.items, best))

    @cached_property
    def items(self) -> list[Item]:
        """The ledger's item of every defect."""
        return [self._item(defect) for defect in self._defects]

    @cached_property
    def _defects(self) -> list[Defect]:
        if self.plan.spec.resistors is None:
            return []
        return [defect for defect in self.plan.simulated if defect.definition.kind == "device"]

    def _item(self, defect: Defect) -> Item:
        spec, settings = self.plan.spec, self._settings(defect)
        assert spec.resistors is not None
        matcher = Matcher(self.labs, settings, spec.resistors, spec.search)
        asked = [question for _, question in matcher.questions([Faulty(defect, self.plan.grid(defect).severest)])]
        criteria = [setting.criteria for setting in settings]
        others = [resistor.id for resistor in self._resistors(defect)]
        rest = f"{criteria} {others} {spec.resistors!r} {spec.search!r} {spec.equivalent!r}"
        return Item("resistors", defect.id, f"{self.labs.whole.keys(asked)} {rest}")

    def _settings(self, defect: Defect) -> list[Setting]:
        return [setting for setting in self.plan.settings if setting.covers(defect.id)]

    def _resistors(self, defect: Defect) -> list[Defect]:
        """Return the opens and shorts at a defect's device; of those that are the same circuit one."""
        at = defect.site.device
        known = [item for item in self.plan.known.values() if item.site.device == at and item.unit == "ohm"]
        kept = [item for item in known if item.definition.kind in ("open", "short")]
        return list({item.accounting.same_as or item.id: item for item in reversed(kept)}.values())[::-1]

    def _finished(
        self, spec: ResistorsSpec, usable: set[SettingKey], defect: Defect, item: Item, threshold: float | None
    ) -> ResistorRow:
        stored = self.ledger.result(item)
        if stored is None:
            settings = [setting for setting in self._settings(defect) if setting.key in usable]
            matcher = Matcher(self.labs, settings, spec, self.plan.spec.search)
            row, compared = self._row(matcher, defect, threshold)
            keys = {self.labs.of(setting).keys([question]): None for setting, question in matcher.questions(compared)}
            self.ledger.finish(item, asdict(row), list(keys))
        else:
            row = ResistorRow(**stored)
        self.watcher.advance()
        return row

    def _row(self, matcher: Matcher, defect: Defect, threshold: float | None) -> tuple[ResistorRow, list[Faulty]]:
        """Return a defect's row, and what was compared for it."""
        at, severity = ("threshold", threshold) if threshold else ("default", defect.definition.severity.default)
        faulty = Faulty(defect, severity)
        row = ResistorRow(self.plan.network.name, defect.id, at, severity, defect.unit)
        effect = matcher.strongest(faulty)
        if effect is None:
            return replace(row, reason="no measured quantity moves"), [faulty]
        row = replace(row, matched=f"{effect.observable} of {effect.setting.test}", change=effect.share)
        best = matcher.nearest(faulty, effect, self._resistors(defect))
        if best is None:
            return replace(row, reason="no open or short at the device moves it as far"), [faulty]
        same = best.deviation <= matcher.spec.tolerance
        row = replace(
            row,
            resistor_id=best.resistor.defect.id,
            r_ohm=best.resistor.severity,
            same=same,
            deviation=best.deviation if math.isfinite(best.deviation) else None,
            deviates_in=best.where,
            reason="" if same else best.what,
        )
        return row, [faulty, best.resistor]
