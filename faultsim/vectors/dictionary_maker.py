"""Makes the dictionary of a set of vectors: what every usable candidate shows of every defect."""

from __future__ import annotations

from collections.abc import Mapping

from faultsim.campaigns.grid import Grid
from faultsim.campaigns.limits import first_pulse, number
from faultsim.spice.expressions import Value
from faultsim.vectors.check import Check, deviations, leak_deviations, own_deviations
from faultsim.vectors.dictionary_file import FORMAT, DictionaryRecord, Response, SeenRecord, SuspectRecord, TestRecord
from faultsim.vectors.matrix import Seen
from faultsim.vectors.named_set import NamedSet, finite
from faultsim.vectors.tester import Tester


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
    return DictionaryRecord(format=FORMAT, suspects=suspects, curves=curves, tests=tests)


def _test(named: NamedSet, check: Check, name: str) -> TestRecord:
    matrix, candidate, tester = named.vectors.matrix, check.candidate, named.vectors.subject.tester
    grids, expected = matrix.grids, number(check.expected)
    seen = {defect.id: _seen(matrix.get(check, defect), grids[defect.id]) for defect in matrix.defects}
    drifts = named.vectors.drifts.get(check.id)
    relative, absolute = _deviations(check, drifts, tester)
    responses = {
        identity: [_response(check, severity, value) for severity, value in certificate.values]
        for (test, identity), certificate in named.vectors.certificates.items()
        if test == check.id
    }
    pattern, vdd_v = candidate.stimulus.pattern, candidate.conditions.vdd_v
    return TestRecord(
        test=check.id,
        vector=name,
        time_s=named.time_s(check),
        expected=finite(expected),
        measures=candidate.measures,
        written=bool(candidate.stimulus.program),
        curve=_curve(pattern, vdd_v) if candidate.measures and not candidate.stimulus.program else "",
        relative=relative,
        absolute=absolute,
        drifts=dict(drifts or {}),
        seen=seen,
        responses=responses,
    )


def _deviations(check: Check, drifts: Mapping[str, float] | None, tester: Tester) -> tuple[float, float]:
    """Return by how much a value may be off by itself: as good circuits do where no drifts are known."""
    if not check.candidate.measures:
        return 0.0, 0.0
    if drifts is None:
        return deviations(check, tester)
    return own_deviations(tester) if drifts else leak_deviations(tester)


def _seen(own: Seen, grid: Grid) -> SeenRecord:
    last = len(grid) - 1
    passes = None if own.last_pass < 0 else grid[min(own.last_pass, last)]
    fails = None if own.first_fail > last else grid[own.first_fail]
    # What errors of the tester hide, or no transient says, is not certain.
    certain = own.certified and not own.reason
    return passes, fails, certain


def _response(check: Check, severity: float, value: Value) -> Response:
    """Return a response as a number: of a spike vector the pulse of the first spike, 0 for none."""
    shown = (number(value) or 0.0) if check.candidate.measures else float(first_pulse(value))
    return severity, shown, check.fails(value)


def _curve(pattern: str, vdd_v: float) -> str:
    """Return the name of the swept current of a pattern at a supply."""
    return f"{pattern} {vdd_v:.12g} V"
