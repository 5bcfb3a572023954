"""Tables of a set of vectors: the vectors, their limits, and the detection matrix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from faultsim.campaigns.limits import number
from faultsim.circuits.network import Network
from faultsim.vectors.check import Check
from faultsim.vectors.named_set import NamedSet
from faultsim.vectors.table import VectorRow


@dataclass(frozen=True)
class LimitRow:
    """Limits of one measured quantity, as the tester compares, and beyond which a response fails for certain."""

    vector: str
    test: str
    observable: str
    unit: str
    expected: float | None
    limit_low: float
    limit_high: float
    certain_low: float
    certain_high: float


@dataclass(frozen=True)
class MatrixRow:
    """What one usable candidate sees of one defect: every severity from ``seen_from`` on, to the severest."""

    test: str
    defect_id: str
    unit: str
    seen_from: float | None
    demanded: float
    covers: bool
    certified: bool
    reason: str


def vector_rows_of(named: NamedSet) -> list[VectorRow]:
    """Return a row for every vector."""
    network = named.vectors.subject.network
    return [
        _vector_row(
            network, name, check, named.time_s(check), " ".join(covered.exact for covered in named.covers(check))
        )
        for name, check in named.numbered
    ]


def _vector_row(network: Network, name: str, check: Check, time_s: float, covers: str) -> VectorRow:
    """Return the row of a vector that was chosen for a tester."""
    stimulus, point = check.candidate.stimulus, check.candidate.conditions
    spec = stimulus.spec
    return VectorRow(
        vector=name,
        test=check.id,
        circuit=network.name,
        time_s=time_s,
        weights=network.default_weights,
        program=stimulus.program,
        program_delay_s=spec.program.delay if spec.program and stimulus.program else None,
        pattern=stimulus.pattern,
        start_s=stimulus.first_s,
        integrate_window_s=spec.integrate,
        leaky_window_s=spec.leaky,
        pulses=spec.pulses,
        vdd_v=point.vdd_v,
        temperature_c=point.temperature_c,
        observable=check.candidate.observable,
        expected=check.expected,
        limit_low=check.limits.low,
        limit_high=None if check.silent else check.limits.high,
        expected_pulse=None if check.candidate.measures else check.expected,
        covers=covers,
    )


def limit_rows(named: NamedSet) -> Iterator[LimitRow]:
    """Yield the limits of every vector that measures."""
    for name, check in named.numbered:
        if check.candidate.measures:
            limits, certain = check.limits, check.certain
            yield LimitRow(
                name,
                check.id,
                check.candidate.observable,
                "A",
                number(check.expected),
                limits.low,
                limits.high,
                certain.low,
                certain.high,
            )


def matrix_rows(named: NamedSet) -> Iterator[MatrixRow]:
    """Yield what every usable candidate sees of every defect."""
    matrix = named.vectors.matrix
    for check in matrix.checks:
        for defect in matrix.defects:
            seen, grid = matrix.get(check, defect), matrix.grids[defect.id]
            yield MatrixRow(
                check.id,
                defect.id,
                defect.unit,
                None if seen.first is None else grid[seen.first],
                grid[matrix.demanded[defect.id]],
                matrix.covers(check, defect),
                seen.certified,
                seen.reason,
            )
