"""Calls what was measured by its name: signatures, bands and rules become the rows of behaviours.csv."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from faultsim.campaigns.equals import as_equal
from faultsim.campaigns.examiner import Signature
from faultsim.campaigns.plan import Plan, Setting
from faultsim.campaigns.results import BehaviourRow, ToleranceRow
from faultsim.fault_models.behaviour import SEPARATOR, Band, Bands, Behaviours
from faultsim.spice.expressions import Value
from faultsim.spice.job import Status

_NO_BANDS = "the sidecar declares no [tolerance], so that there is nothing to compare with"
_THRESHOLD = "threshold"
_OVERKILL = "the test fails here, and so it may of a good circuit within its tolerances"
_COLUMNS = (
    "integration_gain",
    "leak_retention",
    "phase_advance_rad",
    "level_shift",
    "integrate_ratio",
    "leak_ratio",
    "smallest_integrate_s",
    "largest_leaky_s",
    "weakest_synapse",
    "switched_synapse",
    "spikes_anywhere",
    "spikes_when_silent",
)


@dataclass(frozen=True)
class Seen:
    """What was measured of one defect at one severity and window, before anybody gives it a name."""

    defect_id: str
    test: str
    window: str
    at: str
    severity: float
    signature: Signature
    pulses_to_spike: Value
    time_to_spike_s: Value
    transient: str = Status.OK

    @property
    def failed(self) -> bool:
        """Whether the full transient, or a simulation on the way to the signature, failed."""
        return self.transient != Status.OK or self.signature.failed

    def table(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return asdict(self)

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Self:
        """Return what was kept."""
        signature = table["signature"]
        kept = Signature(**{**signature, "causes": tuple(signature["causes"])})
        return cls(**{**table, "signature": kept})


def behaviour_rows(
    plan: Plan, seen: Sequence[Seen], tolerances: Sequence[ToleranceRow], behaviours: Behaviours
) -> list[BehaviourRow]:
    """Return the rows of all defects; those that make the same circuit share what was measured."""
    bands = {window: _bands(window, tolerances) for window in dict.fromkeys(one.window for one in seen)}
    settings = {(setting.test, setting.window): setting for setting in reversed(plan.settings)}
    found = []
    for one in seen:
        row = _row(plan, one, settings[one.test, one.window], bands[one.window], behaviours)
        found += [row, *(as_equal(plan, row, identity) for identity in plan.equals[row.defect_id])]
    places = {defect.id: place for place, defect in enumerate(plan.defects)}
    windows = {window: place for place, window in enumerate(bands)}
    return sorted(found, key=lambda row: (windows[row.window], places[row.defect_id]))


def _bands(window: str, tolerances: Sequence[ToleranceRow]) -> Bands:
    return {
        row.quantity: Band(
            -math.inf if row.low is None else row.low,
            math.inf if row.high is None else row.high,
        )
        for row in tolerances
        if row.window == window
    }


def _row(plan: Plan, seen: Seen, setting: Setting, bands: Bands, behaviours: Behaviours) -> BehaviourRow:
    defect, measured = plan.known[seen.defect_id], seen.signature.measured
    inside, outside = (behaviours.names(view, measured, bands) for view in ("simulator", "tester"))
    blind = measured.get("integration_gain") is None
    called = _outside_alone(outside, behaviours) if blind else inside
    spec = setting.stimulus.spec
    notes = [] if bands else [_NO_BANDS]
    if seen.at == _THRESHOLD and all(behaviours.spec(name).last for name in called):
        notes.append(_OVERKILL)
    return BehaviourRow(
        circuit=plan.network.name,
        defect_id=defect.id,
        kind=defect.definition.kind,
        location=defect.location,
        test=setting.test,
        window=seen.window,
        integrate_window_s=spec.integrate,
        leaky_window_s=spec.leaky,
        at=seen.at,
        severity=seen.severity,
        unit=defect.unit,
        r_ohm=seen.severity if defect.unit == "ohm" else None,
        **{name: measured.get(name) for name in _COLUMNS},
        pulses_to_spike=seen.pulses_to_spike,
        time_to_spike_s=seen.time_to_spike_s,
        transient=seen.transient,
        behaviours=SEPARATOR.join(called),
        simulator_view="" if blind else SEPARATOR.join(inside),
        tester_view=SEPARATOR.join(outside),
        confirmed=SEPARATOR.join(name for name in called if not blind and name in outside),
        measured_by=seen.signature.by,
        explanation=_explanation(called, seen.signature, behaviours),
        reason="; ".join([*notes, *_reasons(seen, inside, outside, blind)]),
    )


def _outside_alone(names: Sequence[str], behaviours: Behaviours) -> tuple[str, ...]:
    """Return what can be said from the tester's view alone: whether a leak or a phase has changed is not among it."""
    certain = tuple(name for name in names if not behaviours.spec(name).hidden)
    return certain or behaviours.otherwise


def _explanation(names: Sequence[str], signature: Signature, behaviours: Behaviours) -> str:
    because = " ".join(behaviours.spec(name).because for name in names)
    return f"{_sentence('; '.join(signature.causes))} {because}".strip()


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _reasons(seen: Seen, inside: Sequence[str], outside: Sequence[str], blind: bool) -> Iterator[str]:
    """Yield why quantities are missing or bounds, and in what the views differ."""
    missing: dict[str, list[str]] = {}
    for name, note in seen.signature.notes.items():
        missing.setdefault(note, []).append(name)
    for note, names in missing.items():
        known = all(seen.signature.measured.get(name) is not None for name in names)
        yield f"{', '.join(names)} {note}" if known else f"no {', '.join(names)}: {note}"
    if not blind and set(inside) != set(outside):
        yield f"the tester would say {SEPARATOR.join(outside)}"
    if seen.transient != Status.OK:
        yield f"the full transient ended with {seen.transient}"
