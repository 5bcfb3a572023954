"""Writes the files of a set of vectors: tables, STIL, levels, PWL, STDF, and the record, which comes last."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from faultsim.campaigns.limits import number
from faultsim.circuits.stimulus import pulse_points
from faultsim.fault_models.defect import Defect
from faultsim.reports.files import remove, write_bytes, write_file
from faultsim.reports.tables import write_table
from faultsim.spice.expressions import Value
from faultsim.units import format_quantity
from faultsim.vectors.assemble import CAPTURE, PULSE, Assembler, vector_name
from faultsim.vectors.check import Check
from faultsim.vectors.lot import Lot
from faultsim.vectors.lots import faulty_lot, golden_lot
from faultsim.vectors.matrix import Seen
from faultsim.vectors.played import play
from faultsim.vectors.probe import Certificate
from faultsim.vectors.program import SignalKind, TestProgram, Vector, timeline
from faultsim.vectors.record import (
    RECORD,
    DefectRecord,
    PairRecord,
    ParetoRecord,
    SelectionRecord,
    SetRecord,
    VectorRecord,
    record_text,
)
from faultsim.vectors.stdf_writer import stdf_bytes
from faultsim.vectors.stil_writer import levels_text, stil_text
from faultsim.vectors.table import VectorRow, check_row
from faultsim.vectors.vector_set import VectorSet

STIL, LEVELS = "vectors.stil", "levels.stil"


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


@dataclass(frozen=True)
class Output:
    """The files of a set.

    Attributes:
        vectors: The set.
        only: Of each campaign, the glob that its run was narrowed down by.
        fingerprints: Hashes of what the runs followed from.
        versions: Of the programs.
    """

    vectors: VectorSet
    only: Sequence[str]
    fingerprints: Mapping[str, str]
    versions: Mapping[str, str]

    def write(self, folder: Path) -> None:
        """Write all files; those of an earlier set go, its record first.

        Raises:
            StorageError: One cannot be written.
        """
        clear(folder)
        write_table(folder / "vectors.csv", VectorRow, [self._row(*pair) for pair in self._numbered])
        write_table(folder / "limits.csv", LimitRow, list(self._limits()))
        write_table(folder / "matrix.csv", MatrixRow, list(self._matrix()))
        write_file(folder / STIL, stil_text(self.program))
        write_file(folder / LEVELS, levels_text(self.program))
        for name, text in self._pwl():
            write_file(folder / "pwl" / name, text)
        lots: Iterable[tuple[str, Lot]] = (
            ("golden.stdf", golden_lot(self.record)),
            ("faulty.stdf", faulty_lot(self.record)),
        )
        for name, lot in lots:
            write_bytes(folder / name, stdf_bytes(lot))
        write_file(folder / RECORD, record_text(self.record))

    @cached_property
    def program(self) -> TestProgram:
        """What the tester is told."""
        subject = self.vectors.subject
        assembler = Assembler(subject.network, subject.tester, subject.space.rest)
        title = (
            f"{subject.network.name}: {', '.join(plan.name for plan in subject.plans)}, tester {subject.tester.name}"
        )
        return assembler.program(title, self.vectors.checks, [list(self._comments(*pair)) for pair in self._numbered])

    @cached_property
    def record(self) -> SetRecord:
        """The record."""
        found, subject = self.vectors, self.vectors.subject
        return SetRecord(
            circuit=subject.network.name,
            campaigns=[str(plan.path.resolve()) for plan in subject.plans],
            only=list(self.only),
            candidates=subject.space.title,
            tester=subject.tester.name,
            rest_s=subject.space.rest,
            versions=dict(self.versions),
            fingerprints=dict(self.fingerprints),
            selection=self._selection(),
            pareto=[
                ParetoRecord(
                    cost=point.cost,
                    covered_weight=point.covered_weight,
                    proven=point.proven,
                    vectors=[found.matrix.checks[row].id for row in point.chosen],
                )
                for point in found.pareto
            ],
            vectors=[self._vector(*pair) for pair in self._numbered],
            defects=[self._defect(defect) for defect in found.matrix.defects],
            refused={one.id: one.reason for one in found.refused},
            withdrawn=list(found.choice.withdrawn),
        )

    @property
    def _numbered(self) -> list[tuple[str, Check]]:
        return [(vector_name(number), check) for number, check in enumerate(self.vectors.checks, start=1)]

    def _row(self, name: str, check: Check) -> VectorRow:
        subject = self.vectors.subject
        return check_row(subject.network, name, check, self._time_s(check), " ".join(self._covers(check)))

    def _time_s(self, check: Check) -> float:
        subject = self.vectors.subject
        return float(f"{check.time_s(subject.tester, subject.space.rest):.12g}")

    def _covers(self, check: Check) -> Iterator[str]:
        """Yield what a vector covers, with the severity from which on it is seen."""
        for defect in self.vectors.matrix.defects:
            found = self.vectors.certificates.get((check.id, defect.id))
            if found is not None and self._counts(defect, found):
                sign = "<=" if self.vectors.matrix.grids[defect.id].falling else ">="
                for identity in (defect.id, *self.vectors.subject.equals[defect.id]):
                    yield f"{identity}{sign}{found.fails_at!r}"

    def _counts(self, defect: Defect, found: Certificate) -> bool:
        """Return whether a certificate covers a defect."""
        first = found.seen.first
        return first is not None and first <= self.vectors.matrix.demanded[defect.id]

    def _comments(self, name: str, check: Check) -> Iterator[str]:
        yield f"{name}: {check.id}"
        low, high = check.limits.low, check.limits.high
        if check.candidate.measures:
            ends = " to ".join(format_quantity(end, "A", 6) for end in (low, high))
            yield f"measure {check.candidate.observable} where the trigger rises: {ends} (limits.csv)"
        elif check.silent:
            yield f"no spike in {check.candidate.stimulus.spec.pulses} windows"
        else:
            yield f"the first spike in window {low:g} to {high:g}"
        for covered in self._covers(check):
            yield f"covers {covered}"

    def _limits(self) -> Iterator[LimitRow]:
        for name, check in self._numbered:
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

    def _matrix(self) -> Iterator[MatrixRow]:
        matrix = self.vectors.matrix
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

    def _pwl(self) -> Iterator[tuple[str, str]]:
        """Yield a file for every driven signal of every vector: corners of what a source has to play."""
        network, program = self.vectors.subject.network, self.program
        highs = {net: ports.high for ports in network.sidecar.ports for net in ports.nets}
        for vector in program.vectors:
            ready = play(network, program, vector)
            for signal, spans in ready.stimulus.pulses_s.items():
                high = highs.get(signal, 1.0) * ready.conditions.vdd_v
                points = pulse_points(list(spans), ready.stimulus.spec.edge, high)
                lines = [f"{time_s:.12g} {level:.12g}" for time_s, level in points]
                yield f"{vector.name}.{signal}.pwl", "\n".join(lines) + "\n"

    def _selection(self) -> SelectionRecord:
        found, choice = self.vectors, self.vectors.choice
        entries = [found.matrix.get(check, defect) for check in found.matrix.checks for defect in found.matrix.defects]
        return SelectionRecord(
            aim="fewest vectors" if choice.aim.fewest else "least time, s",
            target=choice.aim.target,
            candidates=found.candidates,
            usable=len(found.matrix.checks),
            defects=len(found.matrix.defects),
            cost=choice.selection.cost,
            bound=choice.selection.bound,
            gap=choice.selection.gap,
            greedy_cost=choice.greedy.cost,
            rounds=choice.rounds,
            entries=len(entries),
            certified=sum(entry.certified for entry in entries),
        )

    def _vector(self, name: str, check: Check) -> VectorRecord:
        vector = next(vector for vector in self.program.vectors if vector.name == name)
        edges = timeline(self.program, vector)
        return VectorRecord(
            name=name,
            test=check.id,
            observable=check.candidate.observable,
            limit_low=_finite(check.limits.low),
            limit_high=_finite(check.limits.high),
            certain_low=_finite(check.certain.low),
            certain_high=_finite(check.certain.high),
            expected=_finite(number(check.expected)),
            time_s=self._time_s(check),
            edges={signal: [(edge.time_fs, edge.event) for edge in own] for signal, own in edges.items()},
            compares=list(_compares(self.program, vector)),
            pairs=list(self._pairs(check)),
        )

    def _pairs(self, check: Check) -> Iterator[PairRecord]:
        matrix = self.vectors.matrix
        for defect in matrix.defects:
            found = self.vectors.certificates.get((check.id, defect.id))
            if found is not None:
                yield PairRecord(
                    defect_id=defect.id,
                    unit=defect.unit,
                    demanded=matrix.grids[defect.id][matrix.demanded[defect.id]],
                    passes_at=found.passes_at,
                    fails_at=found.fails_at,
                    covered=self._counts(defect, found),
                    responses=[(severity, _response(value)) for severity, value in found.values],
                    reason=found.seen.reason,
                )

    def _defect(self, defect: Defect) -> DefectRecord:
        matrix, certificates = self.vectors.matrix, self.vectors.certificates
        covering = [
            name
            for name, check in self._numbered
            if (found := certificates.get((check.id, defect.id))) is not None and self._counts(defect, found)
        ]
        grid, severity = matrix.grids[defect.id], defect.definition.severity
        return DefectRecord(
            defect_id=defect.id,
            weight=defect.weight,
            unit=defect.unit,
            direction=severity.direction,
            default=severity.default,
            demanded=grid[matrix.demanded[defect.id]] if covering else None,
            covered_by=covering,
            same_as=" ".join(self.vectors.subject.equals[defect.id]),
            reason="" if covering else self._why_not(defect),
        )

    def _why_not(self, defect: Defect) -> str:
        """Say why nothing covers a defect: nothing sees it, the target was lower, or simulations failed."""
        matrix = self.vectors.matrix
        seen = [matrix.get(check, defect) for check in matrix.checks]
        failed = list(dict.fromkeys(one.reason for one in seen if one.reason))
        if any(matrix.covers(check, defect) for check in matrix.checks):
            return "left out: the target is met without it"
        return "; ".join([f"none of {len(seen)} candidates sees it, {_how(seen)}", *failed])


def _compares(program: TestProgram, vector: Vector) -> Iterator[tuple[int, int, str]]:
    """Yield cycle, pulse and event of every comparison of an output."""
    outputs = [place for place, pin in enumerate(program.pins) if pin.kind is SignalKind.OUT]
    capture = [pin.name for pin in program.pins].index(CAPTURE)
    pulse = 0
    for count, cycle in enumerate(vector.cycles, start=1):
        pulse += cycle.characters[capture] == PULSE
        events = {cycle.characters[place] for place in outputs} - {"X"}
        yield from ((count, pulse, event) for event in sorted(events))


def clear(folder: Path) -> None:
    """Take away the files of an earlier set, the record that says that it is whole first.

    Raises:
        StorageError: One cannot be removed.
    """
    remove(folder / RECORD)
    for pattern in ("*.csv", "*.stil", "*.stdf", "pwl/*.pwl"):
        for path in folder.glob(pattern):
            remove(path)


def _how(seen: Sequence[Seen]) -> str:
    certified = sum(one.certified for one in seen)
    return f"{certified} by transients of their own and {len(seen) - certified} as estimated (matrix.csv)"


def _response(value: Value) -> float | None:
    return _finite(number(value))


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
