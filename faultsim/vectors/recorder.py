"""Makes the record of a set of vectors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from faultsim.campaigns.limits import number
from faultsim.circuits.network import Network
from faultsim.fault_models.defect import Defect
from faultsim.vectors.assemble import CAPTURE, INITIAL, PULSE, about_initial
from faultsim.vectors.check import Check
from faultsim.vectors.matrix import Seen
from faultsim.vectors.named_set import NamedSet, finite
from faultsim.vectors.program import SignalKind, TestProgram, Vector, busy_fs, edge_pairs
from faultsim.vectors.record import (
    AppliedRecord,
    DefectRecord,
    Edges,
    PairRecord,
    ParetoRecord,
    SelectionRecord,
    SetRecord,
    VectorRecord,
)


@dataclass(frozen=True)
class Recorder:
    """Says what a set is made of.

    Attributes:
        named: The set.
        only: Of each campaign, the glob that its run was narrowed down by.
        fingerprints: Hashes of what the runs followed from.
        versions: Of the programs.
    """

    named: NamedSet
    only: Sequence[str]
    fingerprints: Mapping[str, str]
    versions: Mapping[str, str]

    @property
    def record(self) -> SetRecord:
        """The record."""
        found, subject = self.named.vectors, self.named.vectors.subject
        return SetRecord(
            circuit=subject.network.name,
            campaigns=[str(plan.path.resolve()) for plan in subject.plans],
            only=list(self.only),
            candidates=subject.space.title,
            tester=subject.tester.name,
            tester_v=(subject.tester.spec.lowest_v, subject.tester.spec.highest_v),
            rest_s=subject.space.rest,
            versions=dict(self.versions),
            fingerprints=dict(self.fingerprints),
            selection=self._selection(),
            pareto=[
                ParetoRecord(
                    cost=point.cost,
                    covered_weight=point.covered_weight,
                    proven=point.proven,
                    vectors=[found.choice.rows[row].id for row in point.chosen],
                )
                for point in found.pareto
            ],
            applied=list(applied_records(subject.network, self.named.program)),
            initial=self._initial(),
            vectors=[self._vector(*pair) for pair in self.named.numbered],
            defects=[self._defect(defect) for defect in found.matrix.defects],
            refused={one.id: one.reason for one in found.refused},
            withdrawn=list(found.choice.withdrawn),
        )

    def _selection(self) -> SelectionRecord:
        found, choice = self.named.vectors, self.named.vectors.choice
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

    def _initial(self) -> dict[str, Edges]:
        program = self.named.program
        return {
            signal: edges
            for vector in program.vectors
            if vector.name == INITIAL
            for signal, edges in edge_pairs(program, vector).items()
        }

    def _vector(self, name: str, check: Check) -> VectorRecord:
        vector = next(vector for vector in self.named.program.vectors if vector.name == name)
        return VectorRecord(
            name=name,
            test=check.id,
            observable=check.candidate.observable,
            limit_low=finite(check.limits.low),
            limit_high=finite(check.limits.high),
            certain_low=finite(check.certain.low),
            certain_high=finite(check.certain.high),
            expected=finite(number(check.expected)),
            time_s=self.named.time_s(check),
            purpose=self.named.purpose(check),
            edges=edge_pairs(self.named.program, vector),
            compares=list(_compares(self.named.program, vector)),
            pairs=list(self._pairs(check)),
        )

    def _pairs(self, check: Check) -> Iterator[PairRecord]:
        matrix = self.named.vectors.matrix
        for defect in matrix.defects:
            found = self.named.vectors.certificates.get((check.id, defect.id))
            if found is not None:
                yield PairRecord(
                    defect_id=defect.id,
                    unit=defect.unit,
                    demanded=matrix.grids[defect.id][matrix.demanded[defect.id]],
                    passes_at=found.passes_at,
                    fails_at=found.fails_at,
                    covered=self.named.counts(defect, found),
                    responses=[(severity, finite(number(value))) for severity, value in found.values],
                    reason=found.seen.reason,
                )

    def _defect(self, defect: Defect) -> DefectRecord:
        matrix, certificates = self.named.vectors.matrix, self.named.vectors.certificates
        covering = [
            name
            for name, check in self.named.numbered
            if (found := certificates.get((check.id, defect.id))) is not None and self.named.counts(defect, found)
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
            same_as=" ".join(self.named.vectors.subject.equals[defect.id]),
            reason="" if covering else self._why_not(defect),
        )

    def _why_not(self, defect: Defect) -> str:
        """Say why nothing covers a defect: nothing sees it, the target was lower, or simulations failed."""
        matrix = self.named.vectors.matrix
        seen = [matrix.get(check, defect) for check in matrix.checks]
        failed = list(dict.fromkeys(one.reason for one in seen if one.reason))
        if any(matrix.covers(check, defect) for check in matrix.checks):
            return "left out: the target is met without it"
        return "; ".join([f"none of {len(seen)} candidates sees it, {_how(seen)}", *failed])


def applied_records(network: Network, program: TestProgram) -> Iterator[AppliedRecord]:
    """Yield how each vector of a program is applied, in order."""
    levels = {level.name: level.values for level in program.levels}
    for vector in program.vectors:
        about, level = about_initial(network) if vector.name == INITIAL else "", dict(levels[vector.level])
        periods_fs, rest_fs = busy_fs(program, vector)
        yield AppliedRecord(name=vector.name, about=about, level=level, periods_fs=periods_fs, rest_fs=rest_fs)


def _compares(program: TestProgram, vector: Vector) -> Iterator[tuple[int, int, str]]:
    """Yield cycle, pulse and event of every comparison of an output."""
    outputs = [place for place, pin in enumerate(program.pins) if pin.kind is SignalKind.OUT]
    capture = [pin.name for pin in program.pins].index(CAPTURE)
    pulse = 0
    for count, cycle in enumerate(vector.cycles, start=1):
        pulse += cycle.characters[capture] == PULSE
        events = {cycle.characters[place] for place in outputs} - {"X"}
        yield from ((count, pulse, event) for event in sorted(events))


def _how(seen: Sequence[Seen]) -> str:
    certified = sum(one.certified for one in seen)
    return f"{certified} by transients of their own and {len(seen) - certified} as estimated (matrix.csv)"
