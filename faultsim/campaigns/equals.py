"""Gives every chosen defect the rows of the one that was simulated for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from faultsim.campaigns.plan import Plan
from faultsim.campaigns.results import BehaviourRow, ThresholdRow

Row = TypeVar("Row", ThresholdRow, BehaviourRow)


def with_equals(plan: Plan, rows: Sequence[ThresholdRow]) -> list[ThresholdRow]:
    """Return a row for each defect, in plan order; those of defects that make the same circuit share the verdict."""
    places = {defect.id: place for place, defect in enumerate(plan.defects)}
    settings = {setting.key: place for place, setting in enumerate(plan.settings)}
    found = [row for lead in rows for row in (lead, *_shared(plan, lead))]
    return sorted(found, key=lambda row: (settings[row.setting], places[row.defect_id]))


def as_equal(plan: Plan, lead: Row, identity: str, **more: Any) -> Row:
    """Return the row of a defect that makes the same circuit as the one of another row."""
    defect = plan.known[identity]
    reason = "; ".join(filter(None, (f"the same circuit as {lead.defect_id}", lead.reason)))
    return replace(
        lead, defect_id=identity, kind=defect.definition.kind, location=defect.location, reason=reason, **more
    )


def _shared(plan: Plan, lead: ThresholdRow) -> Iterator[ThresholdRow]:
    setting = next(setting for setting in plan.settings if setting.key == lead.setting)
    for identity in plan.equals[lead.defect_id]:
        if setting.covers(identity):
            yield as_equal(plan, lead, identity, transients=0)
