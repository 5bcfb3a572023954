"""Plays a STIL file to the circuit, without and with each covered defect, and compares with what it is said to show."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from faultsim.campaigns.lab import Lab
from faultsim.campaigns.limits import Range, first_pulse, number
from faultsim.campaigns.question import Question
from faultsim.campaigns.watcher import Watcher
from faultsim.errors import UsageError
from faultsim.fault_models.defect import Defect
from faultsim.spice.expressions import Value
from faultsim.spice.job import Outcome, Status
from faultsim.units import format_quantity
from faultsim.vectors.assemble import INITIAL
from faultsim.vectors.candidate import SPIKE
from faultsim.vectors.check import latch_shows
from faultsim.vectors.played import Compare, Play, play
from faultsim.vectors.program import TestProgram, Vector
from faultsim.vectors.record import PairRecord, SetRecord, VectorRecord

PASS, FAIL, UNKNOWN = "pass", "fail", "unknown"


@dataclass(frozen=True)
class ReplayRow:
    """One transient of a replay: a vector of the file, and the circuit without a defect or with one."""

    vector: str
    defect_id: str
    severity: float | None
    unit: str
    expected: str
    seen: str
    response: float | None
    agrees: bool
    reason: str = ""


@dataclass(frozen=True)
class Replay:
    """Plays a program.

    Attributes:
        lab: Simulates.
        record: What the program is said to show.
        defects: Id -> defect.
        pool: Runs several at a time.
        watcher: Is told how it gets on.
    """

    lab: Lab
    record: SetRecord
    defects: Mapping[str, Defect]
    pool: ThreadPoolExecutor
    watcher: Watcher

    def rows(self, program: TestProgram) -> list[ReplayRow]:
        """Return what every vector shows, fault-free and on both sides of the threshold of each covered defect.

        Args:
            program: One that fits the circuit, as `check_fit` finds.
        """
        said = {vector.name: vector for vector in self.record.vectors}
        known = [vector for vector in program.vectors if vector.name in said]
        played = [(said[vector.name], play(self.lab.network, program, vector)) for vector in known]
        asked = list(self._initial(program, known))
        asked += [one for vector, ready in played for one in self._asked(vector, ready)]
        self.watcher.stage("transients replayed", len(asked))
        return list(self.pool.map(self._row, asked))

    def _initial(self, program: TestProgram, vectors: Sequence[Vector]) -> Iterator[_Asked]:
        """Yield a vector behind the one that writes the weights, of a circuit whose weights are all others."""
        said = {vector.name: vector for vector in self.record.vectors}
        # A current does not depend on what writing has left the neuron in, so that the rest can be left out.
        order = sorted(vectors, key=lambda vector: said[vector.name].observable == SPIKE)
        others = self._other_weights()
        for before, after in zip([one for one in program.vectors if one.name == INITIAL], order, strict=False):
            cycles = list(before.cycles)
            while cycles and cycles[-1] == before.cycles[-1] and said[after.name].observable != SPIKE:
                cycles.pop()
            ready = play(self.lab.network, program, replace(after, cycles=(*cycles, *after.cycles)))
            stimulus = replace(ready.stimulus, weights=others)
            yield _Asked(said[after.name], replace(ready, name=INITIAL, stimulus=stimulus), None, None, PASS)

    def _other_weights(self) -> str:
        """Return the weights that the deck does not have."""
        network = self.lab.network
        values = list(network.sidecar.weights.values) if network.sidecar.weights else []
        return "".join(next(value for value in values if value != own) for own in network.default_weights)

    def _asked(self, vector: VectorRecord, ready: Play) -> Iterator[_Asked]:
        yield _Asked(vector, ready, None, None, PASS)
        for pair in vector.pairs:
            if not pair.covered:
                continue
            sides = {pair.passes_at: PASS, pair.fails_at: FAIL, pair.demanded: FAIL}
            for severity, expected in sides.items():
                if severity is not None:
                    yield _Asked(vector, ready, pair, severity, expected)

    def _row(self, asked: _Asked) -> ReplayRow:
        pair, ready = asked.pair, asked.ready
        defect = self.defects[pair.defect_id] if pair else None
        name = asked.vector.observable
        question = Question(ready.stimulus, ready.conditions, defect, asked.severity, reads=(name,))
        reason = ""
        try:
            outcome = self.lab.ask(question)[1]
        except UsageError as error:
            # A cycle may last as long as nobody would simulate.
            outcome, reason = Outcome(Status.BAD_OUTPUT), str(error)
        seen = _verdict(asked, outcome)
        self.watcher.advance()
        return ReplayRow(
            vector=ready.name,
            defect_id=defect.id if defect else "",
            severity=asked.severity,
            unit=pair.unit if pair else "",
            expected=asked.expected,
            seen=seen,
            response=number(outcome.values.get(name)),
            agrees=seen == asked.expected,
            reason="" if outcome.ok else reason or f"the simulation ended with {outcome.status}",
        )


@dataclass(frozen=True)
class _Asked:
    """One transient of a replay."""

    vector: VectorRecord
    ready: Play
    pair: PairRecord | None
    severity: float | None
    expected: str


def _verdict(asked: _Asked, outcome: Outcome) -> str:
    if not outcome.ok:
        return UNKNOWN
    vector, value = asked.vector, outcome.values[asked.vector.observable]
    if vector.observable == SPIKE:
        return PASS if shown(asked.ready.compares, value) else FAIL
    # A good circuit has to be within what the tester compares with, a bad one outside whatever the tester's error.
    ends = (vector.certain_low, vector.certain_high) if asked.pair else (vector.limit_low, vector.limit_high)
    low, high = -math.inf if ends[0] is None else ends[0], math.inf if ends[1] is None else ends[1]
    return PASS if Range(low, high, math.nan).passes(None, value) else FAIL


def shown(compares: Sequence[Compare], value: Value) -> bool:
    """Return whether the latch on the output shows what is compared, when the circuit first spikes on a pulse."""
    first = first_pulse(value)
    return all(latch_shows(compare.event, compare.pulse, first) for compare in compares)


def told(row: ReplayRow) -> str:
    """Return a mismatch in words."""
    at = f" of {format_quantity(row.severity, row.unit)}" if row.severity is not None else ""
    who = f"{row.defect_id}{at}" if row.defect_id else "the fault-free circuit"
    return f"{row.vector}: {who} should {row.expected}, and is {row.seen}" + (f": {row.reason}" if row.reason else "")
