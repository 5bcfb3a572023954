"""For each defect of a junction's physics the resistor that comes nearest, as a stage of a campaign."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial

from faultsim.campaigns.ledger import Item
from faultsim.campaigns.matching import Faulty, Matcher
from faultsim.campaigns.plan import Setting
from faultsim.campaigns.results import ResistorRow, SettingKey, SettingRow, ThresholdRow, best_threshold
from faultsim.campaigns.spec import ResistorsSpec
from faultsim.campaigns.stage import Stage
from faultsim.errors import GateError
from faultsim.fault_models.defect import Defect


@dataclass(frozen=True)
class Resemblance(Stage):
    """The search for equivalent resistors."""

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

    def check(self, settings: Sequence[SettingRow]) -> None:
        """Check that what is to be compared is measured: one number each, in the fault-free circuit.

        Raises:
            GateError: Observables that are something else.
        """
        spec = self.plan.spec.resistors
        usable = {row.key for row in settings if row.usable}
        first = next((setting for setting in self.plan.settings if setting.key in usable), None)
        if spec is None or not self._defects or first is None:
            return
        outcome = self.labs.whole.ask(first.healthy)[1]
        wrong = [name for name in spec.observables if outcome.ok and not isinstance(outcome.values.get(name), float)]
        if wrong:
            seen = [f"{name} is {outcome.values.get(name)} in test {first.test!r}" for name in wrong]
            where = f"{self.plan.path}: resistors.observables: only measured numbers can be compared, one each"
            raise GateError("\n".join([where, *seen]))

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
        spec, settings, grid = self.plan.spec, self._settings(defect), self.plan.grid(defect)
        healthy = [setting.healthy for setting in settings]
        severe = [replace(question, defect=defect, severity=grid.severest) for question in healthy]
        criteria = [setting.criteria for setting in settings]
        others = [resistor.id for resistor in self._resistors(defect)]
        default = defect.definition.severity.default
        rest = f"{criteria} {others} {grid!r} {default!r} {spec.resistors!r} {spec.search!r} {spec.equivalent!r}"
        return Item("resistors", defect.id, f"{self.labs.keys([*healthy, *severe])} {rest}")

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
        at, severity = ("threshold", threshold) if threshold else ("default", defect.definition.severity.default)
        stored = self.ledger.result(item)
        # One that rests on a failed simulation, or on another threshold, is looked for again.
        if stored is None or stored["failed"] or (stored["row"]["at"], stored["row"]["severity"]) != (at, severity):
            settings = [setting for setting in self._settings(defect) if setting.key in usable]
            matcher = Matcher(self.labs, settings, spec, self.plan.spec.search)
            row = self._row(matcher, Faulty(defect, severity), at)
            self.ledger.finish(item, {"row": asdict(row), "failed": matcher.failed}, list(matcher.keys))
        else:
            row = ResistorRow(**stored["row"])
        self.watcher.advance()
        return row

    def _row(self, matcher: Matcher, faulty: Faulty, at: str) -> ResistorRow:
        defect = faulty.defect
        row = ResistorRow(self.plan.network.name, defect.id, at, faulty.severity, defect.unit)
        effect = matcher.strongest(faulty)
        if effect is None:
            return replace(row, reason="no measured quantity moves")
        row = replace(row, matched=f"{effect.observable} of {effect.setting.test}", change=effect.share)
        best = matcher.nearest(faulty, effect, self._resistors(defect))
        if best is None:
            return replace(row, reason="no open or short at the device moves it as far")
        same = best.deviation <= matcher.spec.tolerance
        return replace(
            row,
            resistor_id=best.resistor.defect.id,
            r_ohm=best.resistor.severity,
            same=same,
            deviation=best.deviation if math.isfinite(best.deviation) else None,
            deviates_in=best.where,
            reason="" if same else best.what,
        )
