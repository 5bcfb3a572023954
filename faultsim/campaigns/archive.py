"""The transients that a run rests on, each found by its defect, by its setting or by its key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from faultsim.campaigns.equals import with_equals
from faultsim.campaigns.evidence import SHORT, Evidence, Vault
from faultsim.campaigns.ledger import SKIPPED, Use
from faultsim.campaigns.origin import STAGES, Origin, Origins
from faultsim.campaigns.plan import Plan, Setting, ThresholdTask
from faultsim.campaigns.portrait import Side, pose_of
from faultsim.campaigns.results import WHOLE, EquivalentRow, SettingRow, ThresholdRow
from faultsim.campaigns.searcher import stored_row
from faultsim.campaigns.shard import Part
from faultsim.errors import UsageError
from faultsim.fault_models.defect import Defect
from faultsim.units import format_quantity

_LISTED = 5
"""Of the keys that a beginning may mean."""


@dataclass(frozen=True)
class Archive:
    """What a run has found so far, and the transients behind it.

    Attributes:
        plan: The campaign.
        vault: Where its transients are kept.
    """

    plan: Plan
    vault: Vault

    def of_defect(self, identity: str, settings: Sequence[Setting], at: Side | float | None) -> Evidence:
        """Return a transient of a defect in the one of some settings in which it is seen best.

        Args:
            identity: Id of a chosen defect; of one that is the same circuit as another, that one's is returned.
            settings: Where to look.
            at: A side of the threshold, or a severity, which need not have been simulated; of the threshold the side
                that fails if None, and where nothing fails the severest that passes.

        Raises:
            UsageError: Nothing is known of it there, or the threshold has no such side.
            StorageError: The store has lost the transient.
        """
        defect = self.plan.known[self.lead(identity)]
        rows = self._rows(identity, settings)
        pose = pose_of(rows)
        if isinstance(at, float):
            row = pose.row if pose else next(iter(rows), None)
            setting = self._setting(row) if row else settings[0]
            return self._at(ThresholdTask(defect, setting), row, at)
        if pose is None:
            return self._failed(identity, defect, rows, settings)
        row = pose.row
        severity = pose.severity if at in (None, pose.side) else row.passes_at
        if at is Side.FAILS and pose.side is not at:
            raise UsageError(f"--at fails: {identity} is not seen there up to its severest; --at passes shows that")
        if severity is None:
            raise UsageError(f"--at passes: {identity} {row.reason or 'passes nowhere'}; --at fails shows that")
        setting = self._setting(row)
        question = ThresholdTask(defect, setting).question(severity)
        return self.vault.kept(Origin(question, setting, row), row.network)

    def of_healthy(self, setting: Setting) -> Evidence:
        """Return the fault-free circuit in a setting.

        Raises:
            UsageError: It has not been simulated yet.
            StorageError: The store has lost the transient.
        """
        row = next((row for row in self.settings if row.key == setting.key), None)
        return self.vault.kept(Origin(setting.healthy, setting), row.network if row else WHOLE)

    def of_key(self, beginning: str) -> Evidence:
        """Return the transient whose key begins with some hexadecimal digits.

        Raises:
            UsageError: The run rests on none of them or on several, or on it rests nothing that can be shown.
            StorageError: The store has lost the transient.
        """
        uses = self.vault.ledger.uses(beginning)
        keys = list(dict.fromkeys(use.transient for use in uses))
        if not keys:
            raise UsageError(f"no finished result of this run rests on a transient whose key begins with {beginning}")
        if len(keys) > 1:
            raise UsageError("\n".join([f"{beginning} begins {len(keys)} keys:", *_listed(uses)]))
        for use in sorted(uses, key=_telling):
            if (found := self._of_use(use)) is not None:
                return found
        what = f"{keys[0][:SHORT]} is a transient of {uses[0].stage} {uses[0].title}"
        raise UsageError(f"{what}, which cannot be shown; those of {', '.join(STAGES)} can")

    def healthy(self, evidence: Evidence) -> Evidence:
        """Return the fault-free circuit in the setting of a transient, on the same network where that is stored."""
        setting = evidence.origin.setting
        if setting is None or evidence.defect is None:
            return evidence
        origin = Origin(setting.healthy, setting)
        networks = (evidence.lab, *self.vault.networks(WHOLE))
        return next(self.vault.stored(origin, networks), None) or self.vault.new(origin, evidence.lab)

    def lead(self, identity: str) -> str:
        """Return the chosen defect that was simulated for one: itself, or another one that makes the same circuit."""
        return next((lead for lead, others in self.plan.equals.items() if identity in others), identity)

    @cached_property
    def settings(self) -> list[SettingRow]:
        """What the fault-free circuit does in the settings that are finished."""
        return [SettingRow(**row) for row in self.vault.ledger.results("settings")]

    @cached_property
    def thresholds(self) -> list[ThresholdRow]:
        """The thresholds that are finished, those of equal circuits, too."""
        return with_equals(
            self.plan, [stored_row(row) for row in self.vault.ledger.results("thresholds") if row != SKIPPED]
        )

    @cached_property
    def _origins(self) -> Origins:
        compared = [EquivalentRow(**row) for rows in self.vault.ledger.results("equivalents") for row in rows]
        return Origins(self.plan, self.thresholds, compared)

    def _rows(self, identity: str, settings: Sequence[Setting]) -> list[ThresholdRow]:
        wanted = {setting.key for setting in settings}
        return [row for row in self.thresholds if row.defect_id == identity and row.setting in wanted]

    def _setting(self, row: ThresholdRow) -> Setting:
        return next(setting for setting in self.plan.settings if setting.key == row.setting)

    def _at(self, task: ThresholdTask, row: ThresholdRow | None, severity: float) -> Evidence:
        """Return the transient at a severity; a grid's that is written the same in four digits, if that is stored."""
        defect, grid = task.defect, self.plan.grid(task.defect)
        if outside := defect.definition.severity.outside(severity):
            raise UsageError(f"--at {format_quantity(severity)}: {defect.id}: {outside}")
        near, network = grid[grid.nearest(severity)], row.network if row else WHOLE
        alike = format_quantity(near) == format_quantity(severity)
        for value in (severity, near) if alike else (severity,):
            asked = task.question(value)
            # What was only drawn or compared was asked for whole.
            for question in (asked, replace(asked, reads=())):
                found = next(self.vault.stored(Origin(question, task.setting, row), self.vault.networks(network)), None)
                if found is not None:
                    return found
        lab = self.vault.networks(network)[0] if row else self.vault.labs.of(task.setting)
        return self.vault.new(Origin(task.question(severity), task.setting, row), lab)

    def _failed(
        self, identity: str, defect: Defect, rows: Sequence[ThresholdRow], settings: Sequence[Setting]
    ) -> Evidence:
        """Return the transient that left a verdict open."""
        for row in rows:
            title = ThresholdTask(defect, self._setting(row)).id
            for key in self.vault.ledger.transients_of("thresholds", title):
                outcome = self.vault.store.get(key)
                if outcome is not None and not outcome.ok:
                    found = self._of_use(Use(key, "thresholds", title))
                    if found is not None:
                        return found
        raise UsageError(f"{identity}: {self._why_none(identity, rows, settings)}")

    def _why_none(self, identity: str, rows: Sequence[ThresholdRow], settings: Sequence[Setting]) -> str:
        """Say why a defect has no transient in some settings."""
        if rows:
            return rows[0].reason
        names = (self.lead(identity), *self.plan.equals.get(self.lead(identity), ()))
        meant = {setting.key for setting in settings if any(map(setting.covers, names))}
        if not meant:
            tests = dict.fromkeys(one.test for one in self.plan.settings if any(map(one.covers, names)))
            return f"none of these tests looks at it; it is looked at in {', '.join(tests) or 'no test'}"
        unusable = [row for row in self.settings if row.key in meant and not row.usable]
        if len(unusable) == len(meant):
            return f"{unusable[0].test} at {unusable[0].window} cannot be used: {unusable[0].reason}"
        if isinstance(self.plan, Part) and self.lead(identity) not in {defect.id for defect in self.plan.simulated}:
            return f"another shard than {self.plan.shard} looks at it"
        return f"its thresholds are not finished; {self.vault.again} goes on"

    def _of_use(self, use: Use) -> Evidence | None:
        """Return a transient that a result rests on; None where nobody can say what it was asked for."""
        # All on the likely network first: a search has hundreds of severities to choose from.
        for place in range(len(self.vault.networks(WHOLE))):
            for origin in self._origins.of(use.stage, use.title):
                lab = self.vault.networks(origin.row.network if origin.row else WHOLE)[place]
                if lab.service.key(lab.job(origin.question)) == use.transient:
                    return self.vault.found(origin, lab, use.transient)
        return None


def _telling(use: Use) -> int:
    return STAGES.index(use.stage) if use.stage in STAGES else len(STAGES)


def _listed(uses: Sequence[Use]) -> list[str]:
    """Return a line for each of the first transients."""
    first = {use.transient: use for use in reversed(uses)}
    lines = [f"  {key[:SHORT]}  {use.stage} {use.title}" for key, use in list(first.items())[::-1]]
    more = [f"  and {len(lines) - _LISTED} more"] if len(lines) > _LISTED else []
    return [*lines[:_LISTED], *more]
