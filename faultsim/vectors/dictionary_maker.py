"""Makes the dictionary of a set of vectors: what every usable candidate shows of every defect."""

from __future__ import annotations

from faultsim.campaigns.limits import number
from faultsim.vectors.check import Check, first_pulse
from faultsim.vectors.dictionary_file import DictionaryRecord, SuspectRecord, TestRecord
from faultsim.vectors.named_set import NamedSet, finite

_SIGMAS = 2.0
"""Of a good circuit's current: by how many of its deviations limits are wide, which hold single tolerances' ends."""


def dictionary_record(named: NamedSet) -> DictionaryRecord:
    """Return what every usable candidate shows of every defect."""
    found, names = named.vectors, {check.id: name for name, check in named.numbered}
    tests = [_test(named, check, names.get(check.id, "")) for check in found.matrix.checks]
    suspects = {}
    for defect in found.matrix.defects:
        grid = found.matrix.grids[defect.id]
        suspects[defect.id] = SuspectRecord(
            low=grid.low,
            high=grid.high,
            ratio=grid.ratio,
            falling=grid.falling,
            unit=defect.unit,
            weight=defect.weight,
            same_as=list(found.subject.equals[defect.id]),
            swept=list(found.curves.severities[defect.id]),
        )
    curves: dict[str, dict[str, list[float | None]]] = {}
    for (pattern, vdd_v, identity), shares in found.curves.shares.items():
        curves.setdefault(_curve(pattern, vdd_v), {})[identity] = [finite(share) for share in shares]
    return DictionaryRecord(suspects=suspects, curves=curves, tests=tests)


def _test(named: NamedSet, check: Check, name: str) -> TestRecord:
    matrix, candidate, tester = named.vectors.matrix, check.candidate, named.vectors.subject.tester
    grids, expected = matrix.grids, number(check.expected)
    seen = {}
    for defect in matrix.defects:
        own = matrix.get(check, defect)
        seen[defect.id] = (None if own.first is None else grids[defect.id][own.first], own.certified)
    half = (check.limits.high - check.limits.low) / 2 if candidate.measures else 0.0
    pulses = {
        identity: [(severity, first_pulse(value)) for severity, value in certificate.values]
        for (test, identity), certificate in named.vectors.certificates.items()
        if test == check.id and not candidate.measures
    }
    return TestRecord(
        test=check.id,
        vector=name,
        time_s=named.time_s(check),
        expected=finite(expected),
        curve=_curve(candidate.stimulus.pattern, candidate.conditions.vdd_v) if candidate.measures else "",
        relative=half / abs(expected) / _SIGMAS if expected else 0.0,
        absolute=tester.spec.current_resolution,
        seen=seen,
        pulses=pulses,
    )


def _curve(pattern: str, vdd_v: float) -> str:
    """Return the name of the swept current of a pattern at a supply."""
    return f"{pattern} {vdd_v:.12g} V"
